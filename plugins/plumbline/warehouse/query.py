"""One query as one BigQuery job: submit, wait, read, within a budget of seconds.

Everything that is particular about speaking to BigQuery is here; `jobs.JobRunner` adds threads.

The job's id is ours, so that an insert whose answer was lost is picked up instead of repeated.
``client.query(...).result()`` is the path taken: ``query_and_wait`` swallows the errors of the
embedded warehouse and answers with no rows.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from plumbline.errors import WarehouseError
from plumbline.warehouse.failures import Call, explain_failure
from plumbline.warehouse.labels import job_labels
from plumbline.warehouse.result import Column, QueryResult
from plumbline.warehouse.transport import seconds_left, time_budget

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.cloud import bigquery

PAGE_ROWS = 10_000
"""Rows of a page: a monitor's answer comes whole with the poll that finds it ready."""

PATIENCE = {"embedded": 3.0, "bigquery": 15.0}
"""Seconds for which a call is repeated that was refused or answered 5xx. A server on this machine
does not come back; a network may. Below the 20 s in which an unreachable warehouse must be told."""

INSERT_SECONDS = 15.0
"""How long BigQuery may take to accept a job. (The embedded one accepts and answers in one.)"""

EARLY_SECONDS = 0.5
"""A timeout with more than this left of the deadline is not the deadline's."""

NO_STATEMENT = (None, "", "SELECT", "SCRIPT")
"""Types of a statement that must answer with columns."""

LEGACY_NAMES = {
    "INTEGER": "INT64",
    "FLOAT": "FLOAT64",
    "BOOLEAN": "BOOL",
    "RECORD": "STRUCT",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}


class Parameter(Protocol):
    """A query parameter, as a compiled model has it."""

    @property
    def name(self) -> str:
        """Without the ``@``."""

    @property
    def type(self) -> str:
        """``INT64``, ``DATE``, ``ARRAY<STRING>``, ..."""

    @property
    def value(self) -> Any:
        """A Python value of that type; a sequence for an array."""


@dataclass(frozen=True)
class QueryRequest:
    """What is to be asked."""

    name: str
    """Whose query it is: the monitor."""
    sql: str
    parameters: Sequence[Parameter] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    deadline_seconds: float | None = None
    """None is the target's own limit."""
    dry_run: bool = False
    """Only ask what it would read: no rows, nothing billed."""


def new_job_id(name: str) -> str:
    """An id for a job of ours: unlike any other, and telling in the console."""
    word = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name)
    return f"plumbline_{word[:100]}_{uuid.uuid4().hex}"


def run_query(
    client: bigquery.Client,
    request: QueryRequest,
    call: Call,
    *,
    job_id: str,
    labels: Mapping[str, str],
) -> QueryResult:
    """Run ``request`` as job ``job_id`` and read all its rows.

    Raises:
        WarehouseError: whatever went wrong, in one line.
    """
    began = time.monotonic()
    with time_budget(call.deadline_seconds):
        try:
            job = _insert(client, request, call, job_id=job_id, labels=labels)
            rows = job.result(
                page_size=PAGE_ROWS,
                retry=_retry(call),
                timeout=max(seconds_left() or 0.0, 0.001),
                job_retry=None,
            )
            read = [dict(row.items()) for row in rows]
        except Exception as fault:
            early = (seconds_left() or 0.0) > EARLY_SECONDS
            raise explain_failure(fault, call, early=early) from fault
    if not rows.schema and not request.dry_run and job.statement_type in NO_STATEMENT:
        # The embedded warehouse takes no SQL at all for a query that answers nothing.
        raise WarehouseError(
            "there is no SELECT in the query", job_id=job.job_id, reason="invalidQuery"
        )
    billed = call.target.kind != "embedded"
    return QueryResult(
        schema=tuple(Column(f.name, _type_name(f)) for f in rows.schema),
        rows=read,
        job_id=job.job_id,
        seconds=time.monotonic() - began,
        total_bytes_processed=job.total_bytes_processed if billed else None,
        total_bytes_billed=job.total_bytes_billed if billed else None,
    )


def _insert(
    client: bigquery.Client,
    request: QueryRequest,
    call: Call,
    *,
    job_id: str,
    labels: Mapping[str, str],
) -> bigquery.QueryJob:
    from google.api_core.exceptions import Conflict, NotFound
    from google.cloud import bigquery
    from google.cloud.bigquery.retry import DEFAULT_RETRY

    limits = call.target.limits
    config = bigquery.QueryJobConfig(
        query_parameters=[_query_parameter(parameter) for parameter in request.parameters],
        labels=job_labels(labels),
        maximum_bytes_billed=limits.maximum_bytes_billed,
        job_timeout_ms=int(call.deadline_seconds * 1000),
        use_legacy_sql=False,
        dry_run=request.dry_run,
    )
    longest = INSERT_SECONDS if call.target.kind == "bigquery" else call.deadline_seconds
    with time_budget(longest):
        try:
            return client.query(
                request.sql,
                job_config=config,
                job_id=job_id,
                location=call.target.location,
                retry=_retry(call),
                job_retry=None,
            )
        except Conflict:
            # The id is ours alone: an earlier attempt arrived, its answer did not. BigQuery may
            # say "not found" of such a job for an instant.
            retry = _retry(call).with_predicate(
                lambda fault: isinstance(fault, NotFound) or DEFAULT_RETRY._predicate(fault)
            )
            found = client.get_job(job_id, location=call.target.location, retry=retry)
            return cast("bigquery.QueryJob", found)


def _retry(call: Call) -> Retry:
    from google.cloud.bigquery.retry import DEFAULT_RETRY

    patience = min(PATIENCE[call.target.kind], max(seconds_left() or 0.0, 0.0))
    return DEFAULT_RETRY.with_delay(initial=0.2, maximum=4.0).with_timeout(patience)


def _query_parameter(parameter: Parameter) -> Any:
    from google.cloud import bigquery

    if parameter.type.startswith("ARRAY<"):
        inner = parameter.type.removeprefix("ARRAY<").removesuffix(">")
        return bigquery.ArrayQueryParameter(parameter.name, inner, list(parameter.value))
    return bigquery.ScalarQueryParameter(parameter.name, parameter.type, parameter.value)


def _type_name(column: bigquery.SchemaField) -> str:
    name = LEGACY_NAMES.get(column.field_type, column.field_type)
    return f"ARRAY<{name}>" if column.mode == "REPEATED" else name
