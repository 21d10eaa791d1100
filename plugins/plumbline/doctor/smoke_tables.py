"""Steps of the smoke test over tables: public ones, and ones that it makes in its own dataset."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from plumbline.core.errors import WarehouseError
from plumbline.core.parameter import Parameter
from plumbline.doctor.smoke_context import SECONDS, WRITE_DATASET, Seen, Shown, Smoke, seen
from plumbline.evaluate.pushdown.statement import CompiledTable, compile_table
from plumbline.models.relations import Relation
from plumbline.project.suites import Suite, SuiteEntry
from plumbline.warehouse.metadata import TableMetadata, table_metadata

OTHER_LOCATIONS = {"US": "EU"}
"""Where a job runs that is not to run in the target's location; else in the US."""

_PUBLIC = "`bigquery-public-data.noaa_gsod.gsod*`"
_NEEDS_WRITE = "it creates tables: allow that with --write"

COLUMNS, EXPECTATIONS = 2_000, 1_800
"""Of the widest table and the largest suite that are tried."""

DDL = {
    "sized": "create table {table} (id int64 not null, code string(8), price numeric(10, 2))",
    "by_day": "create table {table} (day date, n int64) partition by day "
    "options (require_partition_filter = true)",
    "ingested": "create table {table} (n int64) partition by _PARTITIONDATE",
    "days": "create table {table} (day date, n int64) partition by day",
    "wide": "create table {table} ({columns})",
}


def another_location_answers(smoke: Smoke) -> Seen:
    """A job runs in another location, and is found there."""
    location = OTHER_LOCATIONS.get(smoke.target.location, "US")
    result = smoke.ask("location", "select 1 as n", location=location).result()
    job = smoke.client.get_job(result.job_id, location=location, timeout=SECONDS)
    return seen(job.location == location, f"job {job.job_id} in {job.location}")


def a_suffix_limits_what_is_read(smoke: Smoke) -> Seen:
    """A parameter for `_TABLE_SUFFIX` limits what is read, by dry runs over public tables."""
    if smoke.target.location != "US":
        return Shown.NOT_SHOWN, f"the public tables are in the US, not in {smoke.target.location}"
    sql = f"select count(temp) as n from {_PUBLIC} where _TABLE_SUFFIX between @first and @last"
    try:
        one, several = (
            smoke.ask("suffix", sql, dry_run=True, parameters=_texts(first=first, last="2020"))
            .result()
            .total_bytes_processed
            for first in ("2020", "2011")
        )
    except WarehouseError as fault:
        if fault.reason not in ("accessDenied", "notFound"):
            raise
        return Shown.NOT_SHOWN, f"the public tables can't be read: {fault.what}"
    return seen(0 < one < several, f"a year: {one} bytes, ten years: {several} bytes")


def sizes_and_modes_are_named(smoke: Smoke) -> Seen:
    """Metadata name sizes and modes as `expect_schema_not_to_change` writes them."""
    if not smoke.write:
        return Shown.NOT_SHOWN, _NEEDS_WRITE
    with _table(smoke, "sized") as made:
        found = dict(table_metadata(smoke.client, smoke.target, made).fields)
    wanted = {"id": "INT64 NOT NULL", "code": "STRING(8)", "price": "NUMERIC(10,2)"}
    same = {name: kind.replace(" ", "") for name, kind in found.items()} == {
        name: kind.replace(" ", "") for name, kind in wanted.items()
    }
    return seen(same, f"{found}")


def a_missing_filter_is_told(smoke: Smoke) -> Seen:
    """A table that requires a partition filter says so in its metadata, and in the error."""
    if not smoke.write:
        return Shown.NOT_SHOWN, _NEEDS_WRITE
    with _table(smoke, "by_day") as made:
        column = table_metadata(smoke.client, smoke.target, made).needs_filter
        fault = smoke.ask("filter", f"select count(n) as n from {made}").exception()
    told = fault is not None and "day" in str(fault)
    return seen(column == "day" and told, f"metadata: {column}; error: {fault}")


def an_ingestion_date_limits_what_is_read(smoke: Smoke) -> Seen:
    """A parameter for `_PARTITIONDATE` limits what is read, by dry runs."""
    if not smoke.write:
        return Shown.NOT_SHOWN, _NEEDS_WRITE
    today = datetime.now(UTC).date()
    with _table(smoke, "ingested") as made:
        _fill_two_days(smoke, f"{made} (_PARTITIONTIME, n) select timestamp(day), 1", today)
        sql = f"select count(n) as n from {made} where _PARTITIONDATE between @first and @last"
        one, two = (
            smoke.ask("ingested", sql, dry_run=True, parameters=_dates(first, today))
            .result()
            .total_bytes_processed
            for first in (today, today - timedelta(days=1))
        )
    return seen(0 < one < two, f"a day: {one} bytes, two days: {two} bytes")


def a_suite_over_a_table_reads_its_window(smoke: Smoke) -> Seen:
    """The statement of a suite over a table reads the partitions of its window, by dry runs."""
    if not smoke.write:
        return Shown.NOT_SHOWN, _NEEDS_WRITE
    today = datetime.now(UTC).date()
    with _table(smoke, "days") as made:
        _fill_two_days(smoke, f"{made} (day, n) select day, 1", today)
        one, two = (
            _dry_bytes(smoke, _suite_over(smoke, made, ["n"], date_column="day", days=days))
            for days in (1, 2)
        )
    return seen(0 < one < two, f"a day: {one} bytes, two days: {two} bytes")


def a_large_suite_is_one_job(smoke: Smoke) -> Seen:
    """A suite with 1,800 expectations over a table of 2,000 columns is evaluated in one job."""
    if not smoke.write:
        return Shown.NOT_SHOWN, _NEEDS_WRITE
    names = [f"c{number}" for number in range(COLUMNS)]
    with _table(smoke, "wide", columns=", ".join(f"{name} int64" for name in names)) as made:
        compiled = _suite_over(smoke, made, names[:EXPECTATIONS])
        asked = [
            smoke.ask("large", one.sql, parameters=one.parameters).exception()
            for one in compiled.statements
        ]
    faults = [fault for fault in asked if fault is not None]
    said = f"{EXPECTATIONS} expectations, {COLUMNS} columns, {len(asked)} jobs"
    return seen(len(asked) == 1 and not faults, "; ".join([said, *map(str, faults)]))


TABLE_STEPS: tuple[Callable[[Smoke], Seen], ...] = (
    another_location_answers,
    a_suffix_limits_what_is_read,
    sizes_and_modes_are_named,
    a_missing_filter_is_told,
    an_ingestion_date_limits_what_is_read,
    a_suite_over_a_table_reads_its_window,
    a_large_suite_is_one_job,
)


def _fill_two_days(smoke: Smoke, what: str, last: date) -> None:
    """Insert ``what``, a selection from ``day``, for two days."""
    days = f"unnest([date '{last}', date '{last - timedelta(days=1)}']) as day"
    smoke.client.query(f"insert into {what} from {days}", location=smoke.target.location).result(
        timeout=SECONDS
    )


def _suite_over(
    smoke: Smoke, made: Relation, columns: Sequence[str], **rows: object
) -> CompiledTable:
    """The statement of a suite that bounds ``columns``, as a run compiles it.

    Args:
        rows: ``meta.monitor.rows``; none: the whole table.
    """
    monitor: dict[str, object] = {"table": made.key}
    if rows:
        monitor["rows"] = {**rows, "due_days": 0}
    raw = {
        "name": "smoke",
        "meta": {"monitor": monitor},
        "expectations": [
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": column, "min_value": 0},
            }
            for column in columns
        ],
    }
    metadata = table_metadata(smoke.client, smoke.target, made)

    def resolve(_name: str) -> tuple[Relation, TableMetadata]:
        return made, metadata

    return compile_table(
        Suite("smoke", Path("smoke.json"), SuiteEntry.model_validate(raw), raw),
        made,
        metadata.columns,
        fields=metadata.fields,
        as_of=[datetime.now(UTC)],
        zone=smoke.project.timezone,
        resolve=resolve,
        pseudo=metadata.pseudo_columns,
    )


def _dry_bytes(smoke: Smoke, compiled: CompiledTable) -> int:
    answer = smoke.ask("window", compiled.sql, dry_run=True, parameters=compiled.parameters)
    read: int = answer.result().total_bytes_processed
    return read


@contextmanager
def _table(smoke: Smoke, kind: str, **parts: str) -> Iterator[Relation]:
    """A table of `DDL` with a name of its own; removed in the end."""
    smoke.client.create_dataset(
        f"{smoke.target.project}.{WRITE_DATASET}", exists_ok=True, timeout=SECONDS
    )
    made = Relation(smoke.target.project, WRITE_DATASET, f"{kind}_{uuid.uuid4().hex[:8]}")
    smoke.client.query(
        DDL[kind].format(table=made, **parts), location=smoke.target.location
    ).result(timeout=SECONDS)
    try:
        yield made
    finally:
        smoke.client.delete_table(
            f"{made.project}.{made.dataset}.{made.table}", not_found_ok=True, timeout=SECONDS
        )


def _texts(**values: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, "STRING", value) for name, value in values.items())


def _dates(first: object, last: object) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(name, "DATE", value)  # type: ignore[arg-type]
        for name, value in (("first", first), ("last", last))
    )
