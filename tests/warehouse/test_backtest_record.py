"""A backtest's outcomes in the history: once, beside live ones, and never in their place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plumbline.backtest.backtest import BacktestRequest, run_backtest
from plumbline.backtest.instants import Span
from plumbline.backtest.record import export_outcomes, record_outcomes
from plumbline.backtest.report import Backtest
from plumbline.history.dataset import OwnDataset
from plumbline.history.reader import (
    BACKTEST_PREFIX,
    PAGES,
    HistoryReader,
    open_history,
    read_file,
)
from plumbline.project import Target
from support.projects import SmallMonitor, SmallProject, between, make_project

pytestmark = pytest.mark.warehouse

START = datetime(2026, 2, 1, tzinfo=UTC)
NOW = datetime(2026, 2, 10, tzinfo=UTC)
SQL = """
select cast(instant as timestamp) as as_of, system_id, 90.0 as pct, 9 as numerator, 10 as denominator
from unnest({{ var('as_of') }}) as instant
cross join (select 'a' as system_id union all select 'b')
"""


@pytest.fixture
def small(tmp_path: Path, warehouse: Target) -> SmallProject:
    small = make_project(tmp_path / "project", warehouse)
    judged = between("critical", column="pct", min_value=50, group_by=["system_id"])
    small.add("coverage", SmallMonitor(SQL, [judged], {"count_failing": "critical"}))
    small.checkpoint(
        "coverage", name="health", actions=[{"name": "alerts", "type": "plumbline_alerts"}]
    )
    return small


def relived(small: SmallProject, runs: int = 8) -> Backtest:
    instants = tuple(START + run * timedelta(hours=6) for run in range(runs))
    span = Span(instants[0], instants[-1], instants, ZoneInfo("UTC"), "every 6h")
    return run_backtest(BacktestRequest(small.project, small.target, "health", span), now=NOW)


def rows(target: Target) -> list[dict[str, Any]]:
    return OwnDataset(target).read(
        "rows", "select * from `{dataset}.outcomes` order by as_of, group_key nulls first"
    )


def test_one_job_asks_for_the_whole_range(small: SmallProject) -> None:
    assert (relived(small).jobs, len(relived(small).outcomes["coverage"])) == (1, 8)


def test_very_many_instants_are_two_jobs(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = relived(small)
    monkeypatch.setattr("plumbline.backtest.fetch.MOST_INSTANTS_A_JOB", 5)
    parts = relived(small)
    assert parts.jobs == 2
    found = [[(one.as_of, one.status, one.groups) for one in run.outcomes["coverage"]]
             for run in (whole, parts)]  # fmt: skip
    assert found[0] == found[1]


def test_a_failing_query_is_told_once_and_the_others_go_on(small: SmallProject) -> None:
    small.add("broken", "select nothing as as_of, {{ var('as_of') }} as x")
    small.checkpoint("coverage", "broken", name="health")
    done = relived(small)
    assert done.exit_code == 3
    assert [one.judged for one in done.monitors] == [True, False]
    (note,) = [one for one in done.notes if one.startswith("broken could not be judged")]
    assert "at every instant" in note
    # one incident and its reminders, not one alert a run
    assert [one.incident.monitor for one in done.replay.incidents] == ["broken"]
    assert len(done.replay.sent) == 2


def test_every_outcome_is_recorded_with_its_groups(small: SmallProject) -> None:
    done = record_outcomes(relived(small), small.target, now=NOW)
    found = rows(small.target)
    assert len(found) == 8 * 3
    assert {row["run_id"][: len(BACKTEST_PREFIX)] for row in found} == {BACKTEST_PREFIX}
    assert [row["observed"] for row in found[:3]] == [0.0, 90.0, 90.0]
    assert {row["jobs"] for row in found if row["group_key"] is None} == {"[]"}
    assert done.notes[-1].startswith("8 outcomes were written into the history")


def test_recorded_again_it_writes_nothing(small: SmallProject) -> None:
    record_outcomes(relived(small), small.target, now=NOW)
    again = record_outcomes(relived(small, runs=10), small.target, now=NOW)
    assert len(rows(small.target)) == 10 * 3
    assert again.notes[-1] == (
        again.notes[-1].split(";")[0] + "; 8 were there already and stay as they are."
    )


def test_what_a_live_run_found_stays_the_last_word(small: SmallProject) -> None:
    live = START + timedelta(hours=6)
    small.run_at(live)
    record_outcomes(relived(small), small.target, now=NOW)
    of_live = [row for row in rows(small.target) if row["as_of"] == live]
    assert len(of_live) == 3
    assert not any(row["run_id"].startswith(BACKTEST_PREFIX) for row in of_live)


def test_a_backtest_is_no_run_that_cost_something(small: SmallProject) -> None:
    record_outcomes(relived(small), small.target, now=NOW)
    spent = HistoryReader(OwnDataset(small.target)).spent(
        now=NOW + timedelta(days=1), most=timedelta(days=30)
    )
    assert spent is not None
    assert spent.spent == ()


def test_the_history_is_read_as_it_was_recorded(small: SmallProject, tmp_path: Path) -> None:
    done = relived(small)
    record_outcomes(done, small.target, now=NOW)
    export_outcomes(done, tmp_path / "h.jsonl", now=NOW)
    with open_history(small.target) as history:
        found = history.outcomes(PAGES, since=START, until=NOW, monitors=["coverage"])
    assert found == read_file(tmp_path / "h.jsonl")
    assert [one.outcome.as_of for one in found] == list(done.span.instants)
    assert {group.key.label for group in found[0].outcome.groups} == {"a", "b"}


def test_where_nothing_was_recorded_the_history_is_empty(small: SmallProject) -> None:
    with open_history(small.target) as history:
        assert history.outcomes(since=START, until=NOW, monitors=["coverage"]) is None
