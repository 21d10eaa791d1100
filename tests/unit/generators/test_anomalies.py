"""The page that compares baselines with fixed thresholds: what is replayed, and what it names.

What it finds needs a warehouse and minutes: ``python scripts/generators anomalies``.
"""

from __future__ import annotations

from typing import Any

import pytest

from generators import anomalies
from generators.anomalies import ALONE, NEVER, OTHERS, Settings, suite_that_follows
from generators.cli import ROOT
from generators.detection_time import season
from plumbline.checks.follows import faults_of_following
from plumbline.core.expectation_types import FOLLOWS_HISTORY, OURS
from plumbline.project import Project
from plumbline.project.labels import project_labels

PAGE = (ROOT / anomalies.PAGE).read_text()
WIDE = {"min_value": -NEVER, "max_value": NEVER}


def bounded(severity: str = "warning", **kwargs: Any) -> dict[str, Any]:
    return {"type": OURS, "severity": severity, "kwargs": kwargs}


def suite(*expectations: dict[str, Any], observed: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "name": "pct",
        "meta": {"monitor": {"model": "pct", "observed": observed or {}}},
        "expectations": list(expectations),
    }


OBSERVED = {"column": "pct", "aggregate": "mean", "unit": "%"}
BY_TEAM = {"column": "pct", "group_by": ["team"]}


@pytest.mark.parametrize(
    ("given", "followed"),
    [
        (suite(bounded(column="pct", min_value=80), observed=OBSERVED),
         [{"column": "pct", "aggregate": "mean", **WIDE}]),
        (suite(bounded(**BY_TEAM, min_value=80), bounded("critical", **BY_TEAM, min_value=50)),
         [{**BY_TEAM, **WIDE}]),
        (suite(bounded(column="other", max_value=0), observed=OBSERVED), []),
    ],
    ids=["the observed number", "each group once", "what history does not hold"],
)  # fmt: skip
def test_a_baseline_takes_the_place_of_bounds(
    given: dict[str, Any], followed: list[dict[str, Any]]
) -> None:
    found = suite_that_follows(given, ALONE)["expectations"]
    assert [one["kwargs"] for one in found] == followed
    assert {one["type"] for one in found} <= {FOLLOWS_HISTORY}


def test_the_critical_thresholds_may_stay_beside_it() -> None:
    critical = bounded("critical", **BY_TEAM, min_value=50)
    given = suite(bounded(**BY_TEAM, min_value=80), critical)
    follows, *kept = suite_that_follows(given, Settings("", keeps_critical=True))["expectations"]
    assert (follows["kwargs"], kept) == ({**BY_TEAM, **WIDE}, [critical])


@pytest.mark.parametrize("settings", [ALONE, *OTHERS], ids=lambda one: one.name)
def test_every_shipped_suite_can_follow_its_history(settings: Settings) -> None:
    project = anomalies.project_that_follows(Project(ROOT), settings)
    for name in project.suite_names():
        raw = project.suite(name).raw
        expectations = raw["expectations"]
        assert any(one["type"] == FOLLOWS_HISTORY for one in expectations), name
        bounds = {one["severity"] for one in expectations if one["type"] == OURS}
        assert bounds <= ({"critical"} if settings.keeps_critical else set()), name
        observed = raw["meta"]["monitor"].get("observed")
        assert list(faults_of_following(observed, expectations)) == [], name


def test_the_defaults_that_the_page_tells_are_those_of_the_expectation() -> None:
    from plumbline.evaluate.expectations.metric_history import ExpectMetricToFollowHistory

    fields = ExpectMetricToFollowHistory.__fields__
    assert {name: fields[name].default for name in anomalies.DEFAULTS} == anomalies.DEFAULTS


def test_the_page_names_each_monitor_and_each_labelled_incident() -> None:
    project = Project(ROOT)
    monitors = {
        name for one in season(project).checkpoints for name in project.checkpoint(one).monitors
    }
    assert [name for name in monitors if f"| `{name}` |" not in PAGE] == []
    plain = PAGE.replace("<!-- -->", "").replace("\\", "")
    titles = [label.title for label in project_labels(project, None) or ()]
    assert [title for title in titles if f"| {title} |" not in plain] == []
