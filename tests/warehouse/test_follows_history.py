"""A monitor against its own recorded past: usual passes, unusual fails, an outage never becomes
normal."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.outcome import Outcome
from plumbline.history.dataset import OwnDataset
from plumbline.project.targets import Target
from plumbline.warehouse.client import open_client
from support.projects import SmallMonitor, SmallProject, make_project

pytestmark = pytest.mark.warehouse

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
ACTIONS = [{"name": "alerts", "type": "plumbline_alerts"}]


def follows(severity: str = "critical", **kwargs: object) -> dict[str, object]:
    return {
        "type": "expect_metric_to_follow_history",
        "severity": severity,
        "kwargs": {
            "column": "pct",
            "aggregate": "mean",
            "min_value": 50,
            "max_value": 100,
            "minimum": 4,
            "runs": 8,
            "least_deviation": 2,
        }
        | kwargs,
    }


SAME = (None,) * 4
"""Four more days with the same number."""


class Live:
    """A monitor that runs once a day, and records what it finds."""

    def __init__(self, small: SmallProject, *expectations: dict[str, object]) -> None:
        self.small, self.expectations, self.day = small, list(expectations), 0
        self.events: list[str] = []
        self.notes: tuple[str, ...] = ()
        small.checkpoint("coverage", name="health", actions=ACTIONS)

    def run(self, sql: str) -> Outcome:
        self.small.add("coverage", SmallMonitor(sql, self.expectations))
        self.day += 1
        report = self.small.run_at(START + timedelta(days=self.day))
        (outcome,) = report.outcomes
        self.events += [str(line.event) for line in report.alerts]
        self.notes = report.notes
        return outcome

    def again(self, *observed: float | None) -> None:
        """Record the last run for each of the next days too, with that number; None: its own.

        A run of each would find the same, and take fifty times as long.
        """
        days = ", ".join(
            f"struct({n} as n, cast({value or 'null'} as float64) as value)"
            for n, value in enumerate(observed, start=1)
        )
        outcomes = f"`{self.small.target.project}.plumbline.outcomes`"
        with closing(open_client(self.small.target)) as client:
            client.query(
                f"insert into {outcomes} select found.* replace("
                "concat(event_id, '-', cast(n as string)) as event_id, "
                "timestamp_add(as_of, interval n day) as as_of, "
                "coalesce(value, observed) as observed) "
                f"from {outcomes} as found cross join unnest([{days}]) "
                f"where as_of = timestamp '{START + timedelta(days=self.day)}'"
            ).result()
        self.day += len(observed)


@pytest.fixture
def small(warehouse: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    monkeypatch.delenv("SLACK_WEBHOOK_URL", raising=False)
    return make_project(tmp_path, warehouse)


def test_until_there_is_a_past_its_bounds_are_held_alone(small: SmallProject) -> None:
    live = Live(small, follows())
    assert str(live.run("select 91.0 as pct").status) == "PASS"
    outcome = live.run("select 40.0 as pct")
    assert str(outcome.status) == "CRITICAL"
    said = "pct is checked by min_value and max_value only: 1 of 4 comparable good runs so far"
    assert said in outcome.summary


def test_it_may_be_an_error_until_then_that_says_how_to_get_a_past(small: SmallProject) -> None:
    outcome = Live(small, follows(until_then="error")).run("select 91.0 as pct")
    assert str(outcome.status) == "ERROR"
    assert "there are 0 comparable good runs before, and 4 are needed" in (outcome.reason or "")
    assert "backtest --record" in (outcome.reason or "")


def test_usual_passes_unusual_fails_and_says_what_is_usual(small: SmallProject) -> None:
    live = Live(small, follows())
    assert str(live.run("select 91.0 as pct").status) == "PASS"
    live.again(92, 90, 91, 92)
    assert str(live.run("select 89.5 as pct").status) == "PASS"
    outcome = live.run("select 70.0 as pct")
    assert str(outcome.status) == "CRITICAL"
    assert "pct is usually 91 ± " in outcome.summary
    assert "median of 6 runs since 2026-01-06" in outcome.summary


def test_an_outage_never_becomes_normal(small: SmallProject) -> None:
    live = Live(small, follows())
    live.run("select 91.0 as pct")
    live.again(*SAME)
    assert str(live.run("select 60.0 as pct").status) == "CRITICAL"
    live.again(*SAME, *SAME)  # all eight of the runs that are looked at
    assert str(live.run("select 60.0 as pct").status) == "CRITICAL"
    assert str(live.run("select 91.0 as pct").status) == "PASS"


def test_what_was_dead_from_its_first_day_never_becomes_normal(small: SmallProject) -> None:
    live = Live(small, follows())
    assert str(live.run("select 0.0 as pct").status) == "CRITICAL"
    live.again(*SAME)
    assert str(live.run("select 0.0 as pct").status) == "CRITICAL"


@pytest.mark.parametrize("open_side", ["min_value", "max_value"])
def test_a_side_without_a_bound_is_refused(small: SmallProject, open_side: str) -> None:
    outcome = Live(small, follows(**{open_side: None})).run("select 0.0 as pct")
    assert str(outcome.status) == "ERROR"
    assert f"{open_side} is missing: without it a long outage becomes normal" in str(outcome.reason)


def test_a_slow_change_is_followed_but_not_below_the_floor(small: SmallProject) -> None:
    live = Live(small, follows(deviations=3))
    values = [60.0 - number for number in range(14)]  # 60, 59, ... 47
    statuses = {value: str(live.run(f"select {value} as pct").status) for value in values}
    assert {statuses[value] for value in values if value >= 52} == {"PASS"}
    assert {statuses[value] for value in values if value < 50} == {"CRITICAL"}


def test_what_was_well_during_a_known_incident_teaches_nothing(small: SmallProject) -> None:
    live = Live(small, follows())
    live.run("select 91.0 as pct")
    live.again(92, 90, 91, 92, 91)
    (small.root / "checkpoints/incidents.yml").write_text(
        "incidents:\n"
        "  - id: half-the-rows\n"
        "    title: Half of the rows were missing, and the share looked well\n"
        "    dates: 2026-01-08..2026-01-11\n"
        "    began: 2026-01-08T00:00:00+00:00\n"
        "    mended: 2026-01-12T00:00:00+00:00\n"
        "    until: 2026-01-12T00:00:00+00:00\n"
        "    monitors: [coverage]\n"
    )
    outcome = live.run("select 60.0 as pct")
    assert str(outcome.status) == "PASS"  # two runs are left, and four are needed: the floor holds
    (small.root / "checkpoints/incidents.yml").unlink()
    assert str(live.run("select 60.0 as pct").status) == "CRITICAL"


def test_each_group_has_its_own_past(small: SmallProject) -> None:
    grouped = follows(aggregate=None, group_by=["system"], min_value=0)
    live = Live(small, grouped)
    usual = "select 'a' as system, 10.0 as pct union all select 'b', 90.0"
    assert str(live.run(usual).status) == "PASS"
    live.again(*SAME)
    outcome = live.run("select 'a' as system, 90.0 as pct union all select 'b', 90.0")
    assert {group.key.label: str(group.status) for group in outcome.groups} == {
        "a": "CRITICAL",
        "b": "PASS",
    }


def test_it_is_an_error_where_history_holds_another_number(small: SmallProject) -> None:
    live = Live(small, follows(column="other", min_value=0))
    for other in (40, 91):  # both would be held against the past of pct, which is 91
        outcome = live.run(f"select 91.0 as pct, {other}.0 as other")
        assert str(outcome.status) == "ERROR"
        assert "history holds the mean of 'pct' (meta.monitor.observed)" in (outcome.reason or "")
        assert "expectations/coverage.json: expectations[0].kwargs.column" in (outcome.reason or "")


def test_one_query_reads_the_past_of_all_that_follow_it(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    read = OwnDataset.read_if_there

    def spy(self: OwnDataset, name: str, *rest: Any) -> list[dict[str, Any]] | None:
        asked.append(name)
        return read(self, name, *rest)

    monkeypatch.setattr(OwnDataset, "read_if_there", spy)
    for name in ("one", "two"):
        small.add(name, SmallMonitor("select 91.0 as pct", [follows()]))
    small.add("plain", "select 91.0 as pct")
    small.checkpoint("plain", "one", "two", name="health", actions=ACTIONS)
    for day in range(5):
        small.run_at(START + timedelta(days=day))
    assert asked.count("past") == 5
    small.add("two", SmallMonitor("select 60.0 as pct", [follows()]))
    found = small.run_at(START + timedelta(days=6)).outcomes
    assert [str(one.status) for one in found] == ["PASS", "PASS", "CRITICAL"]
    small.checkpoint("plain", name="health", actions=ACTIONS)
    asked.clear()
    small.run_at(START + timedelta(days=7))
    assert "past" not in asked


def test_a_run_with_other_vars_neither_learns_nor_teaches(small: SmallProject) -> None:
    live = Live(small, follows())
    sql = "select 91.0 + 0 * {{ var('days') }} as pct"
    live.run(sql)
    live.again(91, 91, 91)
    other = small.run_at(START + timedelta(days=5), vars={"days": 7})
    assert "not stored in the history: --var changes what it measures" in str(other.notes)
    live.day = 5
    outcome = live.run("select 70.0 as pct")
    assert "median of 4 runs" in outcome.summary
    small.add("coverage", SmallMonitor("select 60.0 + 0 * {{ var('days') }} as pct", [follows()]))
    (alone,) = small.run_at(START + timedelta(days=7), vars={"days": 7}).outcomes
    assert str(alone.status) == "PASS", "60 is within its bounds, and 91 is of other vars"


def test_lint_knows_its_arguments(small: SmallProject) -> None:
    from plumbline.lint.linter import lint

    small.add("coverage", SmallMonitor("select 1.0 as pct", [follows(runz=3)]))
    found = [finding.what for finding in lint(small.project, names=["coverage"]).findings]
    assert any("runz" in what for what in found)


def test_alone_in_gx_it_says_that_it_knows_no_history() -> None:
    import great_expectations as gx
    import pandas as pd

    from plumbline.evaluate.expectations.metric_history import ExpectMetricToFollowHistory

    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("p").add_dataframe_asset("a")
    batch = asset.add_batch_definition_whole_dataframe("b").get_batch(
        {"dataframe": pd.DataFrame({"pct": [91.0]})}
    )
    result = batch.validate(
        ExpectMetricToFollowHistory(column="pct", aggregate="mean", min_value=50, max_value=100)
    )
    assert not result.success
    assert "needs the history, which only a run of a monitor has" in json.dumps(
        result.exception_info, default=str
    )


def test_a_group_that_vanishes_fails_until_it_is_retired(small: SmallProject) -> None:
    grouped = follows(aggregate=None, group_by=["country"], min_value=0)
    live = Live(small, grouped)
    live.run("select 'fr' as country, 90.0 as pct union all select 'us', 91.0")
    live.again(*SAME)
    outcome = live.run("select 'us' as country, 91.0 as pct")
    assert str(outcome.status) == "CRITICAL"
    assert (
        "pct of each country must be as usual: 1 of 2 groups (50 %) fails: fr no rows (usually 90 ± 2)"
        in outcome.summary
    )
    again = live.run("select 'us' as country, 91.0 as pct")
    assert str(again.status) == "CRITICAL", "its own absence is in the history now"
    retired = follows(aggregate=None, group_by=["country"], min_value=0, retired=["fr"])
    live.expectations = [retired]
    assert str(live.run("select 'us' as country, 91.0 as pct").status) == "PASS"
    live.expectations = [follows(aggregate=None, group_by=["country"], min_value=0, retired=["f"])]
    outcome = live.run("select 'us' as country, 91.0 as pct")
    assert str(outcome.status) == "ERROR"
    assert "retired names the group 'f', which was in no run" in (outcome.reason or "")


def test_an_incident_does_not_end_because_its_group_is_not_returned(small: SmallProject) -> None:
    level = {"column": "pct", "group_by": ["country"], "min_value": 50}
    live = Live(small, {**follows(), "type": "expect_metric_to_be_between", "kwargs": level})
    live.run("select 'fr' as country, 90.0 as pct union all select 'us', 91.0")
    live.run("select 'fr' as country, 10.0 as pct union all select 'us', 91.0")
    live.run("select 'us' as country, 91.0 as pct")
    assert live.events == ["opened"]
    assert "stays open: no longer returned: fr" in str(live.notes)
    live.run("select 'fr' as country, 90.0 as pct union all select 'us', 91.0")
    assert live.events == ["opened", "resolved"]


def test_a_missing_group_that_weighs_nothing_does_not_end_its_incident(small: SmallProject) -> None:
    level = {"column": "pct", "group_by": ["country"], "min_value": 50}
    live = Live(
        small,
        {"type": "expect_metric_to_be_between", "severity": "critical", "kwargs": level},
        follows("info", aggregate=None, group_by=["country"], min_value=0),
    )
    both = "select 'fr' as country, {} as pct union all select 'us', 91.0"
    live.run(both.format("90.0"))
    live.again(*SAME)
    live.run(both.format("10.0"))
    outcome = live.run("select 'us' as country, 91.0 as pct")
    assert str(outcome.status) == "PASS"
    assert live.events == ["opened"]
    assert "stays open: no longer returned: fr" in str(live.notes)
