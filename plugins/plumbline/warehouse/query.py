"""One query as one BigQuery job: submit, wait, read, under one deadline.

Everything specific to BigQuery's API is here; `jobs.JobRunner` adds threads.

The job's id is ours, so that an insert whose answer was lost is picked up instead of repeated. A
job that failed for a reason that passes has burned its id; the query is then a new job, and paid
once all the same: BigQuery bills no query that ends in error.
``client.query(...).result()`` is the path taken: ``query_and_wait`` swallows the errors of the
embedded warehouse and answers with no rows.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from plumbline.core.errors import WarehouseError
from plumbline.core.group_key import interval_text
from plumbline.core.parameter import Parameter
from plumbline.net.deadline import can_repeat_after, deadline, seconds_left
from plumbline.warehouse.billing import limit_of
from plumbline.warehouse.failures import Call, explain_failure, tidy
from plumbline.warehouse.labels import job_labels
from plumbline.warehouse.result import JSON_NULL, QueryResult, ResultColumn
from plumbline.warehouse.retries import FIRST_WAIT_SECONDS, PASSING, PATIENCE, make_retry, once
from plumbline.warehouse.types import ALIASES

if TYPE_CHECKING:
    from google.cloud import bigquery

PAGE_ROWS = 10_000
"""Rows of a page: a monitor's answer comes whole with the poll that finds it ready."""

INSERT_SECONDS = 7.0
"""How long BigQuery may take to accept a job before it is asked again under the same id. (The
embedded one accepts and answers in one.)"""

POLL_SECONDS = 20.0
"""How long an answer to a poll may take. BigQuery holds it for 10 s where the job runs on."""

MOST_JOBS = 3
"""Jobs of one query, where the earlier ones failed for a reason that passes."""

EARLY_SECONDS = 0.5
"""A timeout with more than this left of the deadline is not the deadline's."""

NO_STATEMENT = (None, "", "SELECT", "SCRIPT")
"""Types of a statement that must answer with columns."""

LEGACY_NAMES = {**ALIASES, "RECORD": "STRUCT"}


@dataclass(frozen=True)
class QueryRequest:
    """A query to run."""

    name: str
    """Whose query it is: the monitor."""
    sql: str
    parameters: Sequence[Parameter] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    deadline_seconds: float | None = None
    """None is the target's own limit."""
    tables: int = 0
    """How many tables it reads: the limit of bytes leaves room for the rounding of each."""
    most_rows: int | None = None
    """How many rows of the answer are read, where it is enough to know how many there are."""
    dry_run: bool = False
    """Only estimate the bytes that it would read: no rows, nothing billed."""


def new_job_id(name: str) -> str:
    """A unique job id, with the name in it for BigQuery's console."""
    word = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name)
    return f"plumbline_{word[:100]}_{uuid.uuid4().hex}"


def run_query(
    client: bigquery.Client,
    request: QueryRequest,
    call: Call,
    *,
    job_id: str,
    labels: Mapping[str, str],
    submitted: Callable[[str], None] = lambda _: None,
) -> QueryResult:
    """Run ``request`` as job ``job_id`` and read all its rows.

    Args:
        job_id: of the first job; ``_1`` and ``_2`` are added for those after one that failed.
        submitted: called with the id of each job before it is sent.

    Raises:
        WarehouseError: whatever went wrong, in one line.
    """
    began = time.monotonic()
    with deadline(call.deadline_seconds):
        for number in range(MOST_JOBS):
            tried = replace(call, job_id=f"{job_id}_{number}" if number else job_id)
            submitted(str(tried.job_id))
            attempt = _Attempt(client, request, tried, labels)
            try:
                job, schema, rows, read = attempt.run()
                break
            except Exception as fault:
                early = (seconds_left() or 0.0) > EARLY_SECONDS
                wait = random.uniform(0.0, FIRST_WAIT_SECONDS * 2**number)
                again = number + 1 < MOST_JOBS and can_repeat_after(wait)
                if again and attempt.failed_in_passing:
                    time.sleep(wait)
                    continue
                raise explain_failure(fault, tried, early=early) from fault
    if not schema and not request.dry_run and job.statement_type in NO_STATEMENT:
        # The embedded warehouse takes no SQL at all for a query that answers nothing.
        raise WarehouseError("the query has no SELECT", job_id=job.job_id, reason="invalidQuery")
    _refuse_repeated_names([field.name for field in schema], job.job_id)
    billed = call.target.kind != "embedded"
    return QueryResult(
        schema=tuple(ResultColumn(f.name, type_name(f)) for f in schema),
        rows=read,
        row_count=len(read) if rows.total_rows is None else rows.total_rows,
        job_id=job.job_id,
        seconds=time.monotonic() - began,
        total_bytes_processed=job.total_bytes_processed if billed else None,
        total_bytes_billed=job.total_bytes_billed if billed else None,
    )


@dataclass
class _Attempt:
    """One job of a query."""

    client: bigquery.Client
    request: QueryRequest
    call: Call
    labels: Mapping[str, str]
    job: bigquery.QueryJob | None = None

    def run(self) -> tuple[bigquery.QueryJob, Sequence[Any], Any, list[dict[str, Any]]]:
        """The job, the columns, the client's iterator, and the rows read.

        Raises:
            Exception: whatever the Google client raises.
        """
        self.job = self._insert()
        on_bigquery = self.call.target.kind == "bigquery"
        rows = self.job.result(
            page_size=PAGE_ROWS,
            max_results=self.request.most_rows,
            retry=make_retry(
                self.call.target,
                patience=None if on_bigquery else PATIENCE["embedded"],
                attempt_seconds=POLL_SECONDS if on_bigquery else None,
                unless=self._has_failed,
            ),
            timeout=max(seconds_left() or 0.0, 0.001),
            job_retry=None,
        )
        schema = rows.schema
        answer = self.job._query_results  # None of a dry run
        if answer is not None and answer.total_rows is None and answer.schema:
            raise self._bad_answer("the answer has no number of rows")
        read = self._read(rows) if schema and not self.request.dry_run else []
        return self.job, schema, rows, read

    def _read(self, rows: Any) -> list[dict[str, Any]]:
        """Every row; a JSON ``null`` is `JSON_NULL`, where the client makes None of it as of NULL.

        Raises:
            WarehouseError: fewer or other rows arrived than there are: that can be a false PASS.
        """
        from google.cloud.bigquery import SchemaField

        documents = [
            field.name
            for field in rows.schema
            if field.field_type == "JSON" and field.mode != "REPEATED"
        ]
        if documents:
            # The client reads rows by this schema, and has no other way to hand out the text.
            rows._schema = [
                SchemaField(field.name, "STRING") if field.name in documents else field
                for field in rows.schema
            ]
        read = [dict(row.items()) for row in self._all_of(rows)]
        for row in read if documents else ():
            for name in documents:
                if isinstance(row[name], str):
                    value = json.loads(row[name])
                    row[name] = JSON_NULL if value is None else value
        return read

    def _all_of(self, rows: Any) -> Iterator[Any]:
        """The rows of every page, each page once."""
        total, most = rows.total_rows, self.request.most_rows
        expected = total if most is None else min(total, most)
        arrived, tokens = 0, set()
        for page in rows.pages:
            arrived += page.num_items
            token = rows.next_page_token
            if rows.total_rows != total or (token is not None and token in tokens):
                raise self._bad_answer("the answer is not the requested page of rows")
            if arrived > expected:
                raise self._bad_answer(f"more than {expected} rows arrived")
            tokens.add(token)
            yield from page
        if arrived < expected:
            raise self._bad_answer(f"only {arrived} of {expected} rows arrived")

    def _bad_answer(self, what: str) -> WarehouseError:
        return WarehouseError(what, job_id=self.call.job_id, reason="badAnswer")

    @property
    def failed_in_passing(self) -> bool:
        """Whether the job itself has failed, for a reason that passes."""
        result = self.job.error_result if self.job is not None else None
        return result is not None and result.get("reason") in PASSING

    def _has_failed(self) -> bool:
        """Whether the job itself failed; then polling is pointless."""
        if self.job is None:
            return False
        try:
            self.job.reload(retry=once(), timeout=max(seconds_left() or 0.0, 0.001))
        except Exception:  # noqa: BLE001 - the poll that comes next will say what is wrong
            return False
        return bool(self.job.error_result)

    def _insert(self) -> bigquery.QueryJob:
        from google.api_core.exceptions import Conflict, NotFound
        from google.cloud import bigquery

        target = self.call.target
        config = bigquery.QueryJobConfig(
            query_parameters=[_query_parameter(parameter) for parameter in self.request.parameters],
            labels=job_labels(self.labels),
            maximum_bytes_billed=limit_of(target.limits.maximum_bytes_billed, self.request.tables),
            job_timeout_ms=int(self.call.deadline_seconds * 1000),
            use_legacy_sql=False,
            dry_run=self.request.dry_run,
        )
        limits: dict[str, Any] = {
            "patience": PATIENCE[target.kind],
            "attempt_seconds": INSERT_SECONDS if target.kind == "bigquery" else None,
        }
        try:
            return self.client.query(
                self.request.sql,
                job_config=config,
                job_id=self.call.job_id,
                location=target.location,
                retry=make_retry(target, **limits),
                job_retry=None,
            )
        except Conflict:
            # The id is ours alone: an earlier attempt arrived, its answer did not. BigQuery may
            # say "not found" of such a job for an instant.
            limits["also"] = lambda fault: isinstance(fault, NotFound)
            job_id, retry = str(self.call.job_id), make_retry(target, **limits)
            found = self.client.get_job(job_id, location=target.location, retry=retry)
            return cast("bigquery.QueryJob", found)


def _refuse_repeated_names(names: Sequence[str], job_id: str | None) -> None:
    """BigQuery refuses these itself; the embedded warehouse does not, and one would be lost."""
    folded = [name.casefold() for name in names]
    repeated = sorted({name for name in names if folded.count(name.casefold()) > 1})
    if repeated:
        raise WarehouseError(
            f"the query returns two columns named {tidy(repeated[0])}",
            fix="give each column its own name",
            job_id=job_id,
            reason="invalidQuery",
        )


def _query_parameter(parameter: Parameter) -> Any:
    from google.cloud import bigquery

    name, value, kind = parameter.name, parameter.value, parameter.element_type or parameter.type
    # The client does not write an INTERVAL itself.
    write: Callable[[Any], Any] = interval_text if kind == "INTERVAL" else lambda one: one
    if isinstance(value, tuple):
        return bigquery.ArrayQueryParameter(name, kind, list(map(write, value)))
    return bigquery.ScalarQueryParameter(name, kind, write(value))


def type_name(column: bigquery.SchemaField) -> str:
    """A column's type as GoogleSQL writes it: ``INT64``, ``STRUCT<`city` STRING>``."""
    name = LEGACY_NAMES.get(column.field_type, column.field_type)
    if name == "STRUCT" and column.fields:
        inner = ", ".join(f"`{field.name}` {type_name(field)}" for field in column.fields)
        name = f"STRUCT<{inner}>"
    elif name == "RANGE" and column.range_element_type is not None:
        name = f"RANGE<{column.range_element_type.element_type}>"
    return f"ARRAY<{name}>" if column.mode == "REPEATED" else name
