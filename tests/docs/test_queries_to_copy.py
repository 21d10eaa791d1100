"""The SQL that pages offer to copy, pasted into the embedded BigQuery: with its values, it runs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import Outcome
from plumbline.gx.context import open_workspace
from plumbline.models.copied_sql import with_values
from plumbline.models.drilldown import FailingGroups
from plumbline.project import Project, Target
from plumbline.run.jobs import MonitorJobs
from plumbline.run.request import AsOf, RunRequest
from plumbline.run.runner import run_checkpoint
from plumbline.warehouse.client import open_client
from support.pages import ROOT

pytestmark = pytest.mark.warehouse

PROJECT = Project(ROOT)
SEEDS_DAY = datetime(2026, 2, 3, 5, tzinfo=UTC)
MONITORS = PROJECT.checkpoint("health_check_full").monitors
DRILLED = tuple(
    name for name in PROJECT.monitor_names() if PROJECT.suite_of(name).drilldown is not None
)


@pytest.fixture(scope="module")
def jobs(season: Target) -> MonitorJobs:
    return MonitorJobs(PROJECT, season, SEEDS_DAY)


def texts(rows: object) -> list[str]:
    return sorted(repr(sorted(dict(row).items())) for row in rows)  # type: ignore[attr-defined]


@pytest.mark.parametrize("monitor", MONITORS)
def test_a_monitors_sql_gives_the_rows_that_were_judged(monitor: str, jobs: MonitorJobs) -> None:
    data = jobs.data(monitor)
    sql = jobs.sql(monitor)
    assert sql is not None
    assert texts(open_client(jobs.target).query(sql).result()) == texts(data.result.rows)


@pytest.mark.parametrize("monitor", DRILLED)
def test_each_drilldown_is_a_query_whatever_fails(monitor: str, jobs: MonitorJobs) -> None:
    suite, data = PROJECT.suite_of(monitor), jobs.data(monitor)
    columns = suite.group_columns.union(data.compiled.grain)
    groups = FailingGroups(
        keys=[GroupKey.of({name: row[name] for name in columns}) for row in data.result.rows],
        columns=columns,
        types={column.name: column.type for column in data.result.schema},
    )
    sql = with_values(jobs.compile_drilldown(suite, groups))
    open_client(jobs.target).query(sql).result()


def failing_at(as_of: str, season: Target, *monitors: str) -> dict[str, Outcome]:
    instant = datetime.fromisoformat(as_of)
    request = RunRequest(
        project=PROJECT,
        target=season,
        as_of=AsOf(instant, "given"),
        checkpoint="health_check_full",
        select=monitors,
        docs=False,
    )
    report = run_checkpoint(request, now=instant, open_workspace=open_workspace)
    assert all(outcome.status in ("WARNING", "CRITICAL") for outcome in report.outcomes)
    return {outcome.monitor: outcome for outcome in report.outcomes}


# How many rows fail, as the outcome's numbers have it: what is missing of the whole, or the whole.
MISSING, COUNTED = "missing", "counted"


@pytest.mark.parametrize(
    ("as_of", "counts"),
    [
        (
            "2026-02-03T05:00:00+00:00",
            {
                "line_coverage": MISSING,
                "grading_completeness": MISSING,
                "grading_latest": MISSING,
                "duplicate_rows": COUNTED,
                "game_status_lag": MISSING,
            },
        ),
        ("2026-01-27T05:00:00+00:00", {"bdb_coverage": MISSING, "recent_predictions": 7 * 265}),
        ("2026-02-11T05:00:00+00:00", {"feature_quality": 147}),
    ],
)
def test_a_drilldown_returns_the_rows_that_fail(
    as_of: str, counts: dict[str, str | int], season: Target
) -> None:
    for monitor, outcome in failing_at(as_of, season, *counts).items():
        bad = [group for group in outcome.groups if group.status.is_failing]
        counted = {
            MISSING: sum((one.denominator or 0) - (one.numerator or 0) for one in bad),
            COUNTED: sum(one.numerator or 0 for one in bad),
        }
        assert outcome.drilldown is not None
        rows = list(open_client(season).query(outcome.drilldown).result())
        assert len(rows) == counted.get(str(counts[monitor]), counts[monitor]), monitor
