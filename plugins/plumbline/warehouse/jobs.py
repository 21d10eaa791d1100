"""The jobs of a run, side by side, each with a deadline of its own.

A job runs in a daemon thread of its own, at most ``limits.concurrent_jobs`` at once. When its
deadline comes, it is answered with an error and its place is free, whatever its thread is caught
in: a server that stalls, or that drips a byte a second, holds up neither the other jobs nor the
end of the process. Used by the run (a job a monitor) and by GX's datasource.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from plumbline.core.errors import WarehouseError
from plumbline.core.host import start_thread
from plumbline.net.deadline import OutOfTimeError, call_within, deadline
from plumbline.warehouse.client import endpoint_of, open_client
from plumbline.warehouse.failures import (
    Call,
    explain_failure,
    timed_out,
    unreachable,
    why_disconnected,
)
from plumbline.warehouse.query import QueryRequest, new_job_id, run_query
from plumbline.warehouse.result import QueryResult
from plumbline.warehouse.retries import once

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

    from plumbline.project.targets import Target

REACH_SECONDS = 15.0
"""How long a server that we did not start may take to answer at all."""

CANCEL_SECONDS = 5.0


@dataclass(eq=False)
class _Job:
    request: QueryRequest
    call: Call
    job_id: str
    answer: Future[QueryResult] = field(default_factory=Future)

    def submitted(self, job_id: str) -> None:
        """The query is now the job of this id: the one to be cancelled."""
        self.job_id = job_id


class JobRunner:
    """Submits queries to one target.

    Args:
        labels: on every job: checkpoint, run, ... (``monitor`` is added from the request's name).
        endpoint: instead of the target's own, so that a proxy or a stand-in fits between.
        credentials: instead of the target's own.

    Raises:
        ConfigError: the credentials are missing or malformed.
    """

    def __init__(
        self,
        target: Target,
        labels: Mapping[str, str] | None = None,
        *,
        endpoint: str | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        self._target = target
        self._labels = dict(labels or {})
        self._endpoint = endpoint or endpoint_of(target)
        self._client = open_client(target, endpoint=self._endpoint, credentials=credentials)
        self._places = threading.BoundedSemaphore(target.limits.concurrent_jobs)
        self._reach_lock = threading.Lock()
        # Our own embedded server has just been seen to live. BigQuery accepts a job at once or is
        # unreachable. Only of a foreign emulator, which is silent while it works, we must ask.
        self._must_ask = target.kind == "embedded" and bool(target.emulator_host or endpoint)
        self._unreachable: str | None = None
        self._heard = False

    def submit(self, request: QueryRequest) -> Future[QueryResult]:
        """Start ``request``; its answer, or a `WarehouseError`, comes by its deadline.

        The deadline counts from when one of the concurrent places is free.
        """
        job_id = new_job_id(request.name)
        call = Call(
            target=self._target,
            endpoint=self._endpoint,
            deadline_seconds=request.deadline_seconds or self._target.limits.deadline_seconds,
            job_id=job_id,
        )
        job = _Job(request=request, call=call, job_id=job_id)
        start_thread(partial(self._take_place, job), job_id)
        return job.answer

    def run(self, request: QueryRequest) -> QueryResult:
        """`submit` and wait.

        Raises:
            WarehouseError: whatever went wrong.
        """
        return self.submit(request).result()

    @property
    def is_unreachable(self) -> bool:
        """Whether a job got no answer for as long as that is waited for, and no other got one."""
        return self._unreachable is not None and not self._heard

    def close(self) -> None:
        """Close idle connections, which would otherwise stay open until garbage collection.

        Running jobs keep theirs, and later jobs open new ones.
        """
        self._client.close()  # type: ignore[no-untyped-call]

    def _take_place(self, job: _Job) -> None:
        with self._places:
            if not job.answer.set_running_or_notify_cancel():
                return
            try:
                outcome = call_within(job.call.deadline_seconds, lambda: self._run(job))
            except OutOfTimeError:
                self._cancel(job)
                outcome = timed_out(job.call)
            except BaseException as fault:  # noqa: BLE001 - whoever waits must get an answer
                outcome = explain_failure(fault, job.call)
        if isinstance(outcome, WarehouseError):
            job.answer.set_exception(outcome)
        else:
            job.answer.set_result(outcome)

    def _run(self, job: _Job) -> QueryResult | WarehouseError:
        try:
            why = self._ask_once(job.call.deadline_seconds)
            if why is not None:
                return unreachable(job.call, why)
            labels = {**self._labels, "monitor": job.request.name, **job.request.labels}
            result = run_query(
                self._client,
                job.request,
                job.call,
                job_id=job.job_id,
                labels=labels,
                submitted=job.submitted,
            )
            self._heard = True
            return result
        except WarehouseError as fault:
            if fault.reason == "timeout":
                self._cancel(job)
            elif fault.reason == "unreachable" and not self._heard:
                # Those that still wait for a place need not find out one after the other.
                self._unreachable = "another job of this run got no answer"
            else:
                self._heard = True
            return fault
        except BaseException as fault:  # noqa: BLE001 - whoever waits must get an answer
            return explain_failure(fault, job.call)

    def _cancel(self, job: _Job) -> None:
        """Ask BigQuery to stop the job, without waiting for the answer."""

        def ask() -> None:
            try:
                with deadline(CANCEL_SECONDS):
                    self._client.cancel_job(
                        job.job_id,
                        location=self._target.location,
                        retry=once(),
                    )
            except Exception:  # noqa: BLE001, S110 - BigQuery stops it itself at job_timeout_ms
                pass

        start_thread(ask, f"cancel {job.job_id}")

    def _ask_once(self, deadline_seconds: float) -> str | None:
        """Why the warehouse cannot be reached; None as far as is known.

        Only a foreign emulator is asked, and only once.
        """
        with self._reach_lock:
            if self._must_ask:
                self._must_ask = False
                self._unreachable = self._why_unreachable(min(REACH_SECONDS, deadline_seconds))
            return self._unreachable

    def _why_unreachable(self, seconds: float) -> str | None:
        import requests.exceptions as http
        from google.auth.exceptions import GoogleAuthError

        url = f"{self._endpoint}/bigquery/v2/projects/{self._target.project}/datasets?maxResults=1"
        try:
            with deadline(seconds):
                self._client._http.get(url, timeout=seconds)
        except http.Timeout:
            return f"no answer within {seconds:g} s"
        except http.ConnectionError as fault:
            return why_disconnected(fault)
        except GoogleAuthError:
            pass  # it answered, if only with a refusal; the job will report it
        return None
