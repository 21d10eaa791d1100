"""Appending rows by load jobs, so that a write happens once however often it is tried.

A load is free, is all or nothing, and BigQuery refuses the id of a job that it has seen: two that
write the same under the same id write it once. Three things can happen besides:

* the answer is lost: the job is looked up, and sent again under the same id where it never arrived;
* the job failed: its id is burned, the write goes on under the next (``_1``, ``_2``, ...), and so
  does everybody else's who finds the failed one;
* the warehouse honours no job ids (the embedded one): after a lost answer the rows are looked for
  by their event ids.

Used by `outcomes` and by the store of the alerts' state.
"""

from __future__ import annotations

import io
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from plumbline.core.errors import WarehouseError
from plumbline.core.instants import exact_rfc3339
from plumbline.core.parameter import Parameter
from plumbline.history.dataset import SECONDS, OwnDataset
from plumbline.history.tables import OwnTable
from plumbline.net.deadline import can_repeat_after, deadline, seconds_left
from plumbline.net.secret import hide
from plumbline.warehouse.query import EARLY_SECONDS

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.cloud import bigquery

MOST_ATTEMPTS = 4
"""Uploads of one write by this process."""

UPLOAD_SECONDS = 20.0
"""One upload may take so long of the whole budget: a silent connection leaves time for another."""

MOST_BURNED = 100
"""Failed jobs of others that are stepped over."""

FIRST_WAIT_SECONDS = 0.2

PASSING = ("backendError", "internalError", "jobBackendError", "jobInternalError",
           "rateLimitExceeded", "unreachable", "badGateway")  # fmt: skip
"""Reasons for which the same write may work a moment later."""


@dataclass(frozen=True)
class Appended:
    """How a write came to be there."""

    job_id: str
    number: int
    """Of the id: 0 is the first, each burned one adds one."""
    found: bool
    """A job of that id was there and has written: somebody's, or ours whose answer was lost."""


class _BurnedError(Exception):
    """The job of this id failed: the id is of no more use."""

    def __init__(self, fault: WarehouseError, *, ours: bool) -> None:
        super().__init__(fault.what)
        self.fault = fault
        self.ours = ours


def append(
    dataset: OwnDataset,
    table: OwnTable,
    rows: Sequence[Mapping[str, Any]],
    *,
    job_id: str,
    first: int = 0,
    may_be_there: bool = False,
) -> Appended:
    """Append ``rows`` to ``table``, once.

    Args:
        rows: values by column; each row has an ``event_id``.
        job_id: the same for the same write.
        first: the number of the id to begin with (0: ``job_id`` itself).
        may_be_there: an earlier process may have written them; only asked where job ids do not
            tell.

    Raises:
        WarehouseError: they could not be written, or it can't be known.
    """
    content = ndjson(rows)
    ids = [str(row["event_id"]) for row in rows]
    write = _Write(dataset, table, content, ids)
    number, failures = first, 0
    with deadline(SECONDS):
        if may_be_there and not dataset.honours_job_ids and write.is_there():
            return Appended(job_id, number, found=True)
        while True:
            numbered = job_id if number == 0 else f"{job_id}_{number}"
            try:
                return Appended(numbered, number, found=write.once(numbered))
            except _BurnedError as burned:
                number += 1
                if burned.ours:
                    failures += 1
                    fixable = burned.fault.reason in PASSING or dataset.ensure()
                    if not fixable or failures >= MOST_ATTEMPTS:
                        raise burned.fault from None
                if number - first > MOST_BURNED:
                    raise burned.fault from None


def ndjson(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as BigQuery loads them: a JSON object a line, instants in UTC, no NaN."""
    lines = (
        json.dumps({k: _plain(v) for k, v in row.items()}, ensure_ascii=False, allow_nan=False)
        for row in rows
    )
    # A lone surrogate can't be written as UTF-8, and must not keep a whole run from being kept.
    return hide("".join(f"{line}\n" for line in lines)).encode("utf-8", errors="replace")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return exact_rfc3339(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


@dataclass(frozen=True)
class _Write:
    dataset: OwnDataset
    table: OwnTable
    content: bytes
    ids: Sequence[str]

    def once(self, job_id: str) -> bool:
        """Whether a job of that id had been there; it has written when this returns.

        Raises:
            _BurnedError: the job failed.
            WarehouseError: it is not known what became of it, or nothing came of it.
        """
        from google.api_core.exceptions import Conflict

        wait = FIRST_WAIT_SECONDS
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                job = self._upload(job_id)
            except Conflict:
                self._finish(self._known_job(job_id), ours=False)
                return True
            except Exception as lost:
                early = (seconds_left() or 0.0) > EARLY_SECONDS
                fault = self.dataset.explained(lost, "use", job_id, early=early)
                if self._arrived(job_id, fault):
                    return True
                if fault.reason not in PASSING and not self.dataset.ensure():
                    raise fault from lost
                if attempt == MOST_ATTEMPTS or not can_repeat_after(wait):
                    raise fault from lost
                time.sleep(wait)
                wait *= 2
            else:
                self._finish(job, ours=True)
                return False
        raise AssertionError("the loop returns or raises")

    def is_there(self) -> bool:
        """Whether the rows can be read."""
        rows = self.dataset.read(
            f"find_{self.table.name}",
            "select count(distinct event_id) as n "
            f"from `{{dataset}}.{self.table.name}` where event_id in unnest(@ids)",
            [Parameter("ids", "ARRAY<STRING>", tuple(sorted(set(self.ids))))],
        )
        return bool(rows[0]["n"] == len(set(self.ids)))

    def _upload(self, job_id: str) -> bigquery.LoadJob:
        from google.cloud import bigquery

        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            # A table that a load made would have no partitions.
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
        )
        # Without `size` the client makes a resumable upload; multipart ones are refused by the
        # embedded warehouse. No retries of its own: after a lost answer we look first.
        return self.dataset.client.load_table_from_file(
            io.BytesIO(self.content),
            self.dataset.table_id(self.table),
            job_id=job_id,
            job_config=config,
            location=self.dataset.target.location,
            num_retries=0,
            timeout=min(UPLOAD_SECONDS, max(seconds_left() or 0.0, 0.001)),
        )

    def _arrived(self, job_id: str, fault: WarehouseError) -> bool:
        """Whether an upload without an answer has written after all.

        Raises:
            WarehouseError: that can't be found out now: ``fault`` itself.
        """
        from google.api_core.exceptions import NotFound

        if fault.reason not in (*PASSING, "timeout", "badAnswer"):
            return False  # an answer, and a clear one
        try:
            if not self.dataset.honours_job_ids:
                return self.is_there()
            job = self._job(job_id)
        except NotFound:
            return False
        except Exception:  # noqa: BLE001 - the first fault says more than the second
            raise fault from None
        self._finish(job, ours=True)
        return True

    def _job(self, job_id: str, retry: Retry | None = None) -> bigquery.LoadJob:
        found: Any = self.dataset.client.get_job(
            job_id,
            location=self.dataset.target.location,
            retry=retry or self.dataset.retry(),
        )
        return found  # type: ignore[no-any-return]

    def _known_job(self, job_id: str) -> bigquery.LoadJob:
        """The job that is said to be there.

        Raises:
            WarehouseError: it can't be looked at.
        """
        from google.api_core.exceptions import NotFound

        # BigQuery may say "not found" for an instant of what it has just said to be there.
        retry = self.dataset.retry(also=lambda fault: isinstance(fault, NotFound))
        try:
            return self._job(job_id, retry)
        except Exception as fault:
            raise self.dataset.explained(fault, "use", job_id) from fault

    def _finish(self, job: bigquery.LoadJob, *, ours: bool) -> None:
        try:
            job.result(retry=self.dataset.retry(), timeout=seconds_left())
        except Exception as fault:
            said = self.dataset.explained(fault, "use", job.job_id)
            if job.state == "DONE" and job.error_result:
                raise _BurnedError(said, ours=ours) from fault
            raise said from fault
