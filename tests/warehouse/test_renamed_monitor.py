"""A monitor that was renamed keeps its history: whoever reads it reads both names as one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from plumbline.core.status import Status
from plumbline.history.dataset import OwnDataset
from plumbline.history.outcomes import append_outcomes
from plumbline.history.reader import HistoryReader
from plumbline.site.sync import News, read_news
from support.projects import NOW, SmallMonitor, make_project
from support.reports import outcome, report
from support.warehouse import running_warehouse

pytestmark = pytest.mark.warehouse

HOUR = timedelta(hours=1)
BEFORE, AFTER = NOW - HOUR, NOW + HOUR
"""Under the earlier name, and under the name now."""
WIDE = {"since": NOW - 9 * HOUR, "until": NOW + 9 * HOUR}


@pytest.fixture(scope="module")
def history(shared_state_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> HistoryReader:
    warehouse = running_warehouse(shared_state_dir)
    small = make_project(tmp_path_factory.mktemp("project") / "p", warehouse)
    sql = "select 100.0 as pct"
    small.add("lines", SmallMonitor(sql, meta={"renamed_from": ["coverage", "taken"]}))
    small.add("taken", sql)  # a name that another monitor has now
    dataset = OwnDataset(small.target)
    for at, name in ((BEFORE, "coverage"), (BEFORE, "taken"), (AFTER, "lines")):
        found = outcome(name, Status.PASS, bytes_billed=10, as_of=at)
        run = report(found, run_id=f"{name}-run", as_of=at)
        append_outcomes(dataset, run, run.outcomes, clock=lambda at=at: at)
    return HistoryReader(dataset)


def news(history: HistoryReader) -> News:
    return read_news(history.dataset.target, since=NOW - 9 * HOUR, recorded=None)


def test_its_outcomes_are_of_its_name_now(history: HistoryReader) -> None:
    found = history.outcomes(monitors=["lines"], **WIDE)
    assert found is not None
    assert [(one.outcome.monitor, one.outcome.as_of) for one in found] == [
        ("lines", BEFORE),
        ("lines", AFTER),
    ]


def test_a_name_that_is_another_monitors_now_stays_that_ones(history: HistoryReader) -> None:
    found = history.outcomes(**WIDE)
    assert found is not None
    assert sorted(one.outcome.monitor for one in found) == ["lines", "lines", "taken"]


def test_what_is_usual_is_learned_from_both_names(history: HistoryReader) -> None:
    found = history.past(["lines"], since=NOW - 9 * HOUR, before=NOW + 9 * HOUR)
    assert [(one.monitor, one.as_of) for one in found] == [("lines", BEFORE), ("lines", AFTER)]


def test_its_costs_are_of_one_monitor(history: HistoryReader) -> None:
    billed = history.billed(["lines"], since=BEFORE, other_than="another")
    assert billed == {"lines": 20}
    spent = history.spent(now=NOW + 9 * HOUR, most=timedelta(days=1))
    assert spent is not None
    assert {one.monitor for one in spent.spent} == {"lines", "taken"}


def test_a_backtest_does_not_record_what_its_earlier_name_has(history: HistoryReader) -> None:
    judged = history.judged("health_check", first=BEFORE, last=AFTER)
    assert ("lines", BEFORE) in judged


def test_the_site_shows_both_names_as_one(history: HistoryReader) -> None:
    assert {name: len(rows) for name, rows in news(history).rows.items()} == {
        "lines": 2,
        "taken": 1,
    }
