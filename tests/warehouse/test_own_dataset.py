"""Plumbline's own dataset: made when first needed, given new columns, and written once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plumbline.core.errors import WarehouseError
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, Outcome
from plumbline.core.revision import Revision
from plumbline.core.run import Run
from plumbline.core.status import Status
from plumbline.history import dataset as dataset_module
from plumbline.history.dataset import VERSION_LABEL, OwnDataset
from plumbline.history.loads import MOST_ATTEMPTS, Appended, append
from plumbline.history.outcomes import append_outcomes
from plumbline.history.reader import PAGES, HistoryReader
from plumbline.history.tables import OUTCOMES, SCHEMA_VERSION, STATE, TABLES, OwnColumn
from plumbline.project.targets import Target
from plumbline.warehouse.client import endpoint_of, open_client
from support.bigquery_proxy import BigQueryProxy, CutAfter, CutBefore, JobFails, Refused

pytestmark = [pytest.mark.warehouse, pytest.mark.usefixtures("short_waits")]

AS_OF = datetime(2026, 2, 3, 5, tzinfo=UTC)
REVISION = Revision("0123456789abcdef", dirty=True)
ROW = {
    "event_id": "1-w", "version": 1, "writer": "w", "written_at": AS_OF, "schema_version": 1,
    "snapshot": "{}",
}  # fmt: skip


@pytest.fixture
def proxy(warehouse: Target) -> Iterator[BigQueryProxy]:
    with BigQueryProxy(endpoint_of(warehouse)) as proxy:
        yield proxy


@pytest.fixture
def bigquery(warehouse: Target, proxy: BigQueryProxy) -> OwnDataset:
    """A dataset of a warehouse that takes a job id once."""
    return OwnDataset(warehouse, endpoint=proxy.url, honours_job_ids=True)


def rows(dataset: OwnDataset, sql: str) -> list[dict[str, Any]]:
    return dataset.read("test", sql)


def count(dataset: OwnDataset, table: str) -> int:
    found = rows(dataset, f"select count(*) as n from `{{dataset}}.{table}`")
    return int(found[0]["n"])


# Made when first needed


def test_the_first_write_makes_the_dataset_and_its_tables(warehouse: Target) -> None:
    dataset = OwnDataset(warehouse)

    append(dataset, STATE, [ROW], job_id="first")

    made = open_client(warehouse).get_dataset("plumbline")
    assert made.labels == {VERSION_LABEL: str(SCHEMA_VERSION)}
    assert made.location == "US"
    listed = {table.table_id for table in open_client(warehouse).list_tables("plumbline")}
    assert listed == {table.name for table in TABLES}
    assert count(dataset, "state") == 1


def test_the_first_read_makes_it_too_and_finds_nothing(warehouse: Target) -> None:
    assert rows(OwnDataset(warehouse), "select * from `{dataset}.state`") == []


def test_every_table_and_column_says_what_it_is_for(warehouse: Target) -> None:
    OwnDataset(warehouse).ensure()

    for table in TABLES:
        found = open_client(warehouse).get_table(OwnDataset(warehouse).table_id(table))
        assert found.description == table.description
        assert all(field.description for field in found.schema), table.name
        assert found.time_partitioning.field == table.partition_by
        assert found.clustering_fields == list(table.cluster_by)


def test_a_target_may_give_it_another_name(warehouse: Target) -> None:
    dataset = OwnDataset(replace(warehouse, datasets={"plumbline": "dq_dev"}))

    append(dataset, STATE, [ROW], job_id="first")

    names = [found.dataset_id for found in open_client(warehouse).list_datasets()]
    assert names == ["dq_dev"]
    assert dataset.job_id("state", 1) != OwnDataset(warehouse).job_id("state", 1)


def test_what_is_there_costs_no_request(warehouse: Target, proxy: BigQueryProxy) -> None:
    OwnDataset(warehouse).ensure()
    dataset = OwnDataset(warehouse, endpoint=proxy.url)

    append(dataset, STATE, [ROW], job_id="first")

    assert [request.split()[0] for request in proxy.requests] == ["POST", "PUT"]


def test_two_that_make_it_at_once_both_find_it_made(warehouse: Target) -> None:
    first, second = OwnDataset(warehouse), OwnDataset(warehouse)

    assert (first.ensure(), second.ensure(), first.ensure()) == (True, True, False)


def test_a_dataset_made_by_hand_gets_its_tables(warehouse: Target) -> None:
    open_client(warehouse).create_dataset("plumbline")

    append(OwnDataset(warehouse), STATE, [ROW], job_id="first")

    assert open_client(warehouse).get_dataset("plumbline").labels == {
        VERSION_LABEL: str(SCHEMA_VERSION)
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/datasets$", id="it may not be made"),
        pytest.param("GET", "/datasets/plumbline$", id="it may not be looked at"),
        pytest.param("POST", "/tables$", id="its tables may not be made"),
    ],
)
def test_who_may_not_make_it_is_told_the_roles(
    bigquery: OwnDataset, proxy: BigQueryProxy, method: str, path: str
) -> None:
    proxy.deny(method, path, Refused(403, "accessDenied", "Access Denied: no permission"))

    with pytest.raises(WarehouseError) as raised:
        append(bigquery, STATE, [ROW], job_id="first")

    assert f"{bigquery.target.project}.plumbline can't be created" in raised.value.what
    assert "roles/bigquery.user" in str(raised.value.fix)
    assert "roles/bigquery.dataOwner" in str(raised.value.fix)
    assert raised.value.reason == "accessDenied"


def test_who_may_not_label_a_dataset_made_by_hand_is_told_the_role(
    bigquery: OwnDataset, proxy: BigQueryProxy
) -> None:
    bigquery.client.create_dataset(f"{bigquery.target.project}.plumbline")
    proxy.deny("PATCH", "/datasets/plumbline$", Refused(403, "accessDenied", "datasets.update"))

    with pytest.raises(WarehouseError) as raised:
        append(bigquery, STATE, [ROW], job_id="first")

    assert "roles/bigquery.dataOwner" in str(raised.value.fix)


def test_who_may_not_write_is_told_the_roles(
    warehouse: Target, bigquery: OwnDataset, proxy: BigQueryProxy
) -> None:
    OwnDataset(warehouse).ensure()
    proxy.on("first", Refused(403, "accessDenied", "Access Denied: no permission", times=9))

    with pytest.raises(WarehouseError) as raised:
        append(bigquery, STATE, [ROW], job_id="first")

    assert "can't be used" in raised.value.what
    assert "roles/bigquery.jobUser" in str(raised.value.fix)


def test_what_may_not_be_read_never_looks_empty(
    warehouse: Target, bigquery: OwnDataset, proxy: BigQueryProxy
) -> None:
    append(OwnDataset(warehouse), STATE, [ROW], job_id="first")
    proxy.deny("POST", "^/bigquery/.*/jobs$", Refused(403, "accessDenied", "Access Denied: Table"))

    with pytest.raises(WarehouseError) as raised:
        rows(bigquery, "select * from `{dataset}.state`")

    assert "roles/bigquery.dataOwner" in str(raised.value.fix)


# Given new columns


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plumbline of tomorrow, which has a column more."""
    more = OwnColumn("mood", "STRING", 'Of "whoever" looked.')
    tables = tuple(
        replace(table, columns=(*table.columns, more)) if table is OUTCOMES else table
        for table in TABLES
    )
    monkeypatch.setattr(dataset_module, "TABLES", tables)
    monkeypatch.setattr(dataset_module, "SCHEMA_VERSION", SCHEMA_VERSION + 1)


@pytest.mark.usefixtures("newer")
def test_a_newer_plumbline_adds_its_columns_and_keeps_the_rows(
    warehouse: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as today:
        today.setattr(dataset_module, "TABLES", TABLES)
        today.setattr(dataset_module, "SCHEMA_VERSION", SCHEMA_VERSION)
        append_found(OwnDataset(warehouse), run())

    OwnDataset(warehouse).ensure()
    OwnDataset(warehouse).ensure()  # of another process

    dataset = OwnDataset(warehouse)
    assert {row["mood"] for row in rows(dataset, "select mood from `{dataset}.outcomes`")} == {None}
    assert open_client(warehouse).get_dataset("plumbline").labels == {
        VERSION_LABEL: str(SCHEMA_VERSION + 1)
    }


@pytest.mark.usefixtures("newer")
def test_an_older_plumbline_goes_on_writing_and_takes_nothing_back(
    warehouse: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    OwnDataset(warehouse).ensure()
    monkeypatch.undo()
    older = OwnDataset(warehouse)

    older.ensure()
    append_found(older, run())

    assert open_client(warehouse).get_dataset("plumbline").labels == {
        VERSION_LABEL: str(SCHEMA_VERSION + 1)
    }
    assert count(older, "outcomes") == 3


@pytest.mark.parametrize("missing", [("expectations",), ("metrics", "expectations")])
def test_the_numbers_of_an_earlier_version_are_read_without_its_missing_columns(
    warehouse: Target, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...]
) -> None:
    columns = tuple(column for column in OUTCOMES.columns if column.name not in missing)
    outcomes = replace(OUTCOMES, columns=columns)
    with monkeypatch.context() as past:
        tables = tuple(outcomes if table is OUTCOMES else table for table in TABLES)
        past.setattr(dataset_module, "TABLES", tables)
        dataset = OwnDataset(warehouse)
        dataset.ensure()
        dataset.client.query(
            f"insert into `{dataset.table_id(OUTCOMES)}` (event_id, as_of, recorded_at, run_id, "
            "checkpoint, target, monitor, status, observed, project) values ('1', "
            f"timestamp '{AS_OF:%F %T}+00', timestamp '{AS_OF:%F %T}+00', 'r', 'health_check', "
            f"'{warehouse.name}', 'coverage', 'PASS', 97.5, '{warehouse.plumbline_project}')"
        ).result()

    span = {"since": AS_OF - timedelta(days=1)}
    (earlier,) = HistoryReader(dataset).past(["coverage"], before=AS_OF + timedelta(1), **span)
    (stored,) = HistoryReader(dataset).outcomes(**span) or ()
    (shown,) = HistoryReader(dataset).outcomes(PAGES, **span) or ()

    assert (earlier.observed, stored.outcome.observed) == (97.5, 97.5)
    assert (shown.outcome.observed, shown.outcome.expectations) == (97.5, ())


# Written once


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(CutBefore(), id="it never arrived"),
        pytest.param(CutAfter(), id="its answer was lost"),
        pytest.param(JobFails(), id="its job failed"),
        pytest.param(Refused(503, "backendError", "later"), id="503"),
        pytest.param(Refused(429, "rateLimitExceeded", "slowly"), id="429"),
    ],
)
def test_a_load_that_meets_a_fault_is_written_once(
    bigquery: OwnDataset, proxy: BigQueryProxy, fault: Any
) -> None:
    bigquery.ensure()
    proxy.on("first", fault)

    append(bigquery, STATE, [ROW], job_id="first")

    assert count(bigquery, "state") == 1


def test_the_same_write_by_another_process_is_found_written(
    warehouse: Target, bigquery: OwnDataset, proxy: BigQueryProxy
) -> None:
    append(bigquery, STATE, [ROW], job_id="first")
    other = OwnDataset(warehouse, endpoint=proxy.url, honours_job_ids=True)

    assert append(other, STATE, [ROW], job_id="first").found
    assert count(bigquery, "state") == 1


def test_a_failed_job_burns_its_id_for_everybody(
    warehouse: Target, bigquery: OwnDataset, proxy: BigQueryProxy
) -> None:
    bigquery.ensure()
    proxy.on("first", JobFails(times=2))
    done = append(bigquery, STATE, [ROW], job_id="first")
    other = OwnDataset(warehouse, endpoint=proxy.url, honours_job_ids=True)

    again = append(other, STATE, [ROW], job_id="first")

    assert (done.job_id, done.found) == ("first_2", False)
    assert (again.job_id, again.found) == ("first_2", True)
    assert count(bigquery, "state") == 1


def test_a_job_that_fails_for_good_is_told_at_once(
    bigquery: OwnDataset, proxy: BigQueryProxy
) -> None:
    bigquery.ensure()
    proxy.on("first", JobFails("invalid", "Could not parse 'x' as INT64", times=9))

    with pytest.raises(WarehouseError, match="Could not parse") as raised:
        append(bigquery, STATE, [ROW], job_id="first")

    assert raised.value.job_id == "first"
    assert proxy.uploads("first") == ["first"]


def test_after_some_attempts_it_is_given_up(bigquery: OwnDataset, proxy: BigQueryProxy) -> None:
    bigquery.ensure()
    proxy.on("first", JobFails(times=99))

    with pytest.raises(WarehouseError):
        append(bigquery, STATE, [ROW], job_id="first")

    assert len(proxy.uploads("first")) == MOST_ATTEMPTS


def test_a_network_that_stays_cut_is_told(bigquery: OwnDataset, proxy: BigQueryProxy) -> None:
    bigquery.ensure()
    proxy.on("first", CutBefore(times=99))

    with pytest.raises(WarehouseError) as raised:
        append(bigquery, STATE, [ROW], job_id="first")

    assert raised.value.reason == "unreachable"


def test_where_what_became_of_it_cannot_be_asked_that_is_told(
    bigquery: OwnDataset, proxy: BigQueryProxy
) -> None:
    bigquery.ensure()
    proxy.on("first", CutAfter())
    proxy.deny("GET", "/jobs/first", Refused(403, "accessDenied", "no"))

    with pytest.raises(WarehouseError) as raised:
        append(bigquery, STATE, [ROW], job_id="first")

    assert raised.value.reason == "unreachable"


def test_rows_hold_what_json_cannot(warehouse: Target) -> None:
    dataset = OwnDataset(warehouse)
    row = outcome_row(observed=float("nan"), summary='a "b"\n\u2028 \ud800 é', threshold=1.5)

    append(dataset, OUTCOMES, [row], job_id="odd")

    (found,) = rows(dataset, "select observed, summary, threshold, as_of from `{dataset}.outcomes`")
    assert (found["observed"], found["threshold"], found["as_of"]) == (None, 1.5, AS_OF)
    assert found["summary"] == 'a "b"\n\u2028 ? é'


def outcome_row(**values: Any) -> dict[str, Any]:
    return {
        "event_id": "e", "run_id": "r", "checkpoint": "c", "target": "t", "as_of": AS_OF,
        "recorded_at": AS_OF, "monitor": "m", "status": "PASS",
    } | values  # fmt: skip


# Outcomes


@dataclass(frozen=True)
class Found(Run):
    run_id: str = "run-1"
    checkpoint: str = "health"
    target: str = "local"
    as_of: datetime = AS_OF
    revision: Revision | None = REVISION
    outcomes: tuple[Outcome, ...] = ()


def append_found(dataset: OwnDataset, found: Found, **options: Any) -> Appended | None:
    return append_outcomes(dataset, found, found.outcomes, **options)


def run(run_id: str = "run-1", **changes: Any) -> Found:
    groups = tuple(
        GroupOutcome(
            GroupKey.of({"system": name}), Status.WARNING, 70.0, 7, 10, threshold=80, unit="%"
        )
        for name in ("odds", "spread")
    )
    outcome = Outcome(
        monitor="coverage", status=Status.WARNING, summary="70 %", as_of=AS_OF, observed=70.0,
        unit="%", thresholds="warning < 80", groups=groups, rows=2, job_ids=("job-1",),
        bytes_billed=10, seconds=0.5, model="coverage", sql_hash="abc",
    )  # fmt: skip
    return Found(run_id, outcomes=(outcome,), **changes)


def test_an_outcome_is_a_row_and_so_is_each_of_its_groups(warehouse: Target) -> None:
    dataset = OwnDataset(warehouse)

    append_found(dataset, run(), clock=lambda: AS_OF + timedelta(minutes=1))

    whole, *groups = rows(
        dataset, "select * from `{dataset}.outcomes` order by group_key is not null, group_key"
    )
    assert (whole["group_key"], whole["thresholds"], whole["jobs"]) == (
        None, "warning < 80", '["job-1"]',
    )  # fmt: skip
    assert whole["recorded_at"] == AS_OF + timedelta(minutes=1)
    assert whole["suite_revision"] == "0123456789ab-dirty"
    assert (whole["threshold_lines"], whole["whole"]) == ("[]", True)
    assert [group["group_key"] for group in groups] == ['{"system":"odds"}', '{"system":"spread"}']
    assert {(group["threshold"], group["numerator"], group["unit"]) for group in groups} == {
        (80.0, 7.0, "%")
    }
    assert len({row["event_id"] for row in (whole, *groups)}) == 3


def test_the_outcomes_of_a_run_are_written_once(bigquery: OwnDataset, proxy: BigQueryProxy) -> None:
    bigquery.ensure()
    proxy.on("outcomes", CutAfter())
    append_found(bigquery, run())
    append_found(bigquery, run())

    assert count(bigquery, "outcomes") == 3


@pytest.mark.parametrize(
    ("again", "distinct"),
    [
        pytest.param(run("run-2"), 3, id="a repeated run counts once"),
        pytest.param(run("run-2", checkpoint="other"), 6, id="another checkpoint counts too"),
        pytest.param(run("run-2", target="prod"), 6, id="another target counts too"),
    ],
)
def test_what_counts_once(warehouse: Target, again: Found, distinct: int) -> None:
    dataset = OwnDataset(warehouse)
    append_found(dataset, run())
    append_found(dataset, again)

    assert count(dataset, "outcomes") == 6
    assert rows(dataset, "select count(distinct event_id) as n from `{dataset}.outcomes`") == [
        {"n": distinct}
    ]


def test_a_run_that_found_nothing_writes_nothing(warehouse: Target) -> None:
    assert append_found(OwnDataset(warehouse), Found()) is None
