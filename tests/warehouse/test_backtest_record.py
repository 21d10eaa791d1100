"""A backtest's outcomes in the history: once, beside live ones, and never in their place."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from plumbline.backtest.backtest import BacktestRequest, run_backtest
from plumbline.backtest.instants import ScheduledRuns, Span
from plumbline.backtest.record import export_outcomes, record_outcomes
from plumbline.backtest.report import Backtest
from plumbline.backtest.reports.backtest import backtest_dict, backtest_page
from plumbline.core.errors import ConfigError
from plumbline.history.dataset import OwnDataset
from plumbline.history.reader import (
    BACKTEST_PREFIX,
    PAGES,
    HistoryReader,
    open_history,
    read_file,
)
from plumbline.project import Target
from plumbline.report.terminal import as_text
from support.projects import SmallMonitor, SmallProject, between, make_project
from support.report_tables import assert_numbers_stand_right

pytestmark = pytest.mark.warehouse

SCHEMAS = Path(__file__).parents[2] / "schemas"
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


def every_six_hours(checkpoint: str = "health", runs: int = 8) -> ScheduledRuns:
    instants = tuple(START + run * timedelta(hours=6) for run in range(runs))
    return ScheduledRuns(checkpoint, "every 6h", ZoneInfo("UTC"), instants)


def relived(small: SmallProject, *others: ScheduledRuns, runs: int = 8) -> Backtest:
    schedule = every_six_hours(runs=runs)
    span = Span(schedule.instants[0], schedule.instants[-1], (schedule, *others))
    return run_backtest(BacktestRequest(small.project, small.target, span), now=NOW)


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


WITHOUT_A_PAST = {
    "failing": (SmallMonitor("select nothing as as_of, {{ var('as_of') }} as x"), "nothing"),
    "of_now": (
        SmallMonitor("select timestamp '2026-02-01' as as_of, 1.0 as pct"),
        "does not read var('as_of')",
    ),
    "unread": (SmallMonitor(SQL, [{"type": "expect_nothing", "kwargs": {}}]), "'expect_nothing'"),
    "query": (
        SmallMonitor(
            SQL,
            [{"type": "unexpected_rows_expectation",
              "kwargs": {"unexpected_rows_query": "select * from {batch} where pct < 0"}}],
            None,
        ),
        "a query over the rows of a model is not replayed",
    ),
}  # fmt: skip


def test_a_monitor_without_a_past_is_listed_and_nothing_is_recorded_or_sent_of_it(
    small: SmallProject,
) -> None:
    for name, (monitor, _) in WITHOUT_A_PAST.items():
        small.add(name, monitor)
    small.checkpoint("coverage", *WITHOUT_A_PAST, name="health")
    done = record_outcomes(relived(small), small.target, now=NOW)
    assert done.exit_code == 3
    assert [one.name for one in done.monitors] == ["coverage"]
    assert done.not_replayed.keys() == WITHOUT_A_PAST.keys()
    for name, (_, says) in WITHOUT_A_PAST.items():
        assert says in done.not_replayed[name].what, name
    assert (done.replay.incidents, done.score.alerts, done.score.messages.total) == ((), 0, 0)
    assert {row["monitor"] for row in rows(small.target)} == {"coverage"}
    assert_numbers_stand_right(backtest_page(done))
    page = as_text(backtest_page(done))
    assert "Not replayed" in page
    assert "could not be evaluated" not in page


def test_the_head_of_the_report_names_the_schedule_of_a_checkpoint_that_is_gone(
    small: SmallProject,
) -> None:
    (small.root / "checkpoints" / "schedule.yml").write_text(
        "schedules:\n"
        "  - {checkpoint: gone, cron: '0 6 * * *', timezone: UTC, deadline: 1h, notify: [slack]}\n"
    )
    done = relived(small)
    head, *others = backtest_page(done)
    assert "Ignored: there is no checkpoint 'gone'" in as_text([head])
    assert "Ignored" not in as_text(others)
    assert any("there is no checkpoint 'gone'" in note for note in backtest_dict(done)["notes"])


def test_each_checkpoint_runs_its_monitors_at_its_own_instants(small: SmallProject) -> None:
    small.add("volume", SmallMonitor(SQL))
    small.checkpoint("coverage", "volume", name="daily")
    noon = (START + timedelta(hours=7), START + timedelta(hours=31))
    daily = ScheduledRuns("daily", "0 7 * * * (UTC)", ZoneInfo("UTC"), noon)
    done = relived(small, daily)
    assert [(one.name, one.jobs, sum(one.counts.values())) for one in done.monitors] == [
        ("coverage", 1, 10), ("volume", 1, 2),
    ]  # fmt: skip
    record_outcomes(done, small.target, now=NOW)
    recorded = [row for row in rows(small.target) if row["group_key"] is None]
    assert Counter((row["checkpoint"], row["monitor"]) for row in recorded) == {
        ("health", "coverage"): 8, ("daily", "coverage"): 2, ("daily", "volume"): 2,
    }  # fmt: skip
    assert {row["as_of"] for row in recorded if row["checkpoint"] == "daily"} == set(noon)
    found = json.loads(json.dumps(backtest_dict(done)))
    schema = json.loads((SCHEMAS / "backtest.schema.json").read_text())
    Draft202012Validator(schema).validate(found)
    assert list(found) == schema["required"]
    assert found["checkpoint"] == "health, daily"
    assert [(one["checkpoint"], one["runs"]) for one in found["schedules"]] == [
        ("health", 8), ("daily", 2),
    ]  # fmt: skip


def test_selected_monitors_are_those_of_any_replayed_checkpoint(small: SmallProject) -> None:
    small.add("volume", SmallMonitor(SQL))
    small.checkpoint("volume", name="daily")
    schedules = (every_six_hours(), every_six_hours("daily", runs=2))
    span = Span(START, schedules[0].instants[-1], schedules)
    request = BacktestRequest(small.project, small.target, span, select=("volume",))
    assert list(run_backtest(request, now=NOW).outcomes) == ["volume"]
    for changed, says in (
        ({"select": ("volune",)}, "there is no monitor 'volune'"),
        (
            {"select": (), "exclude": ("coverage", "volume")},
            "--exclude leaves no monitor of checkpoints 'health', 'daily'",
        ),
    ):
        with pytest.raises(ConfigError, match=says):
            run_backtest(replace(request, **changed), now=NOW)


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
        again.notes[-1].split(";")[0] + "; 8 existed already and are unchanged."
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
