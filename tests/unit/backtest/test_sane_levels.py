"""Proposals that can do their work, whatever the history: a table of cases, and any history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from plumbline.backtest.calibrate import calibrate
from plumbline.backtest.calibration import Calibration, FamilyCalibration
from plumbline.backtest.write_levels import with_levels
from plumbline.checks.domain import Domain
from plumbline.checks.threshold_families import Family, families_of
from plumbline.core.errors import ConfigError
from plumbline.core.outcome import MetricOutcome, Outcome
from plumbline.core.status import Status
from plumbline.project import Suite
from plumbline.project.alerts import default_alerts
from plumbline.project.labels import Label
from plumbline.project.suites import read_suite
from support.documents import read_document
from support.projects import between
from unit.backtest.conftest import NEW_YORK, START, grouped, label, measured, write_suite


def by_day(history: Sequence[Outcome]) -> list[Outcome]:
    """A run a day, so that few runs are a long history."""
    return [
        Outcome(
            one.monitor,
            one.status,
            one.summary,
            START + run * timedelta(days=1),
            one.observed,
            unit="%",
            groups=one.groups,
        )
        for run, one in enumerate(history)
    ]


def calibrated(suite: Suite, history: Sequence[Outcome], *labels: Label) -> Calibration:
    return calibrate(
        suite, history, labels, zone=NEW_YORK, alerts=default_alerts(), checkpoint="health_check"
    )


@dataclass(frozen=True)
class Case:
    column: str
    side: str
    now: tuple[float | None, float | None]
    """WARNING and CRITICAL."""
    values: Sequence[float]
    proposed: dict[str, float] | None
    says: tuple[str, ...] = ()
    strict: bool = False
    incidents: Sequence[float] = field(default=())


LOW, HIGH = "min_value", "max_value"
VARIED = [90.0, 91.0, 92.0, 93.0] * 10
CASES = {
    "enough room on both sides":
        Case("pct", LOW, (80, 50), VARIED, {"warning": 88, "critical": 84}),
    "a critical below the least share stays where it is":
        Case("pct", LOW, (80, 5), [10.0, 80.0, 90.0, 99.0] * 10, {"warning": 7, "critical": 5},
             ("critical < -71 % can never fail, because no value is less than 0 %; "
              "today's < 5 % stays",)),
    "today's critical would fail before the new warning":
        Case("pct", LOW, (80, 50), [10.0, 80.0, 90.0, 99.0] * 10, {"warning": 7, "critical": 3},
             ("critical < -71 % can never fail, because no value is less than 0 %; "
              "< 3 %, halfway to 0 %, is proposed instead",)),
    "a count that is 0 on healthy days has no lower warning":
        Case("rows", LOW, (5, 1), [0.0, 40.0, 50.0, 60.0] * 10, {"warning": 5, "critical": 1},
             ("warning < 0 can never fail, because no value is less than 0; today's < 5 stays, "
              "although 25 % of the healthy values break it",
              "critical")),
    "nothing can be proposed where today's can't fail either":
        Case("rows", LOW, (0, 0), [0.0, 40.0, 50.0, 60.0] * 10, None,
             ("warning < 0 can never fail, because no value is less than 0; none is proposed",)),
    "at most 0 can fail where a bound itself fails":
        Case("rows", LOW, (5, 1), [1.0, 40.0, 50.0, 60.0] * 10, {"warning": 0, "critical": 0},
             ("critical ≤ -45 can never fail, because no value is less than 0; ≤ 0, halfway to 0",), strict=True),
    "a critical above a hundred percent":
        Case("late_pct", HIGH, (20, 90), [0.0, 10.0, 20.0, 70.0] * 10,
             {"warning": 88, "critical": 90},
             ("critical > 161 % can never fail, because no value is more than 100 %; "
              "today's > 90 % stays",)),
    "a warning above a hundred percent":
        Case("late_pct", HIGH, (20, 90), [0.0, 10.0, 20.0, 100.0] * 10,
             {"warning": 20, "critical": 90},
             ("warning > 125 % can never fail, because no value is more than 100 %; today's > 20 % "
              "stays, although 25 % of the healthy values break it", "critical")),
    "values above a hundred percent teach no lower bound above it":
        Case("pct", LOW, (80, 50), [180.0, 190.0, 200.0, 195.0] * 10,
             {"warning": 80, "critical": 50},
             ("every possible value breaks warning < 171 %; today's < 80 % stays", "every possible value")),
    "healthy values that never vary leave a warning that they keep":
        Case("pct", LOW, (90, 50), [100.0] * 40, {"warning": 90, "critical": 50},
             ("all healthy values are 100 %, so the history does not show which margin warning "
              "needs; today's < 90 % stays",
              "all healthy values are 100 %, so the history does not show which margin critical "
              "needs; today's < 50 % stays")),
    "but not one that they break":
        Case("pct", LOW, (80, 50), [70.0] * 40, {"warning": 70, "critical": 50}, ("all healthy",)),
    "and incidents say where critical is":
        Case("pct", LOW, (90, 50), [100.0] * 40, {"warning": 90, "critical": 60}, ("all healthy",),
             incidents=[20.0, 20.0, 20.0]),
    "a bound that fails on itself lies below values that never vary":
        Case("pct", LOW, (99, 50), [70.0] * 40, {"warning": 69, "critical": 50}, ("all healthy",),
             strict=True),
    "a warning alone":
        Case("rows", LOW, (5, None), [30.0, 40.0, 50.0, 60.0] * 10, {"warning": 22}),
    "a critical alone":
        Case("rows", LOW, (None, 5), [50.0, 60.0, 70.0, 80.0] * 10, {"critical": 9}),
    "a critical alone that could never fail":
        Case("rows", LOW, (None, 5), [3.0, 40.0, 50.0, 60.0] * 10, {"critical": 1},
             ("critical < -41 can never fail, because no value is less than 0; < 1, halfway to 0",)),
}  # fmt: skip


def suite_of(case: Case, folder: Path) -> Suite:
    strict = {f"strict_{case.side[:3]}": True} if case.strict else {}
    expectations = [
        between(severity, column=case.column, aggregate="mean", **{case.side: value}, **strict)
        for severity, value in zip(("warning", "critical"), case.now, strict=True)
        if value is not None
    ]
    observed = {"column": case.column, "aggregate": "mean"}
    if case.column == "pct":
        observed["unit"] = "%"
        expectations = [
            {**one, "kwargs": {**one["kwargs"], "column": "share_pct"}} for one in expectations
        ]
        observed["column"] = "share_pct"
    return write_suite(folder, *expectations, observed=observed)


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_proposal_that_can_not_work_is_replaced_and_it_says_by_what(
    tmp_path: Path, case: Case
) -> None:
    healthy = len(case.values)
    outage = label(began=4 * healthy, due=4 * healthy, ends=4 * healthy + 40)
    history = by_day(measured([*case.values, *case.incidents]))
    (family,) = calibrated(suite_of(case, tmp_path), history, outage).families
    assert family.levels == case.proposed, family.decisions
    assert len(family.decisions) == len(case.says)
    for said, expected in zip(family.decisions, case.says, strict=True):
        assert said.startswith(expected)


# Any history

VALUES = {
    "share_pct": st.one_of(st.sampled_from([0.0, 50.0, 100.0]), st.floats(0, 100), st.just(130.0)),
    "rows": st.one_of(st.integers(0, 3), st.integers(0, 5000)).map(float),
    "hours_late": st.floats(0, 30),
    "balance": st.floats(-100, 100),
}
LEVEL = st.one_of(st.sampled_from([-5.0, 0.0, 1.0, 100.0, 120.0]), st.floats(-10, 200))


@st.composite
def suites(draw: st.DrawFn) -> tuple[dict[str, Any], ...]:
    """Expectations on one number: levels in any order, strict or not, by group or not."""
    column = draw(st.sampled_from(sorted(VALUES)))
    side = draw(st.sampled_from([LOW, HIGH]))
    given_: dict[str, Any] = {"column": column}
    is_grouped = draw(st.booleans())
    given_ |= {"group_by": ["system_id"]} if is_grouped else {"aggregate": "mean"}
    found = []
    for severity in draw(st.sampled_from([("warning",), ("critical",), ("warning", "critical")])):
        kwargs = {**given_, side: draw(LEVEL), f"strict_{side[:3]}": draw(st.booleans())}
        if is_grouped and draw(st.booleans()):
            kwargs["overrides"] = {"a": {side: draw(LEVEL)}}
        if draw(st.booleans()):
            kwargs["per"] = {"column": "games", side: draw(LEVEL)}
        found.append(between(severity, **kwargs))
    return tuple(found)


@st.composite
def values(draw: st.DrawFn, column: str) -> list[tuple[float, float]]:
    """A day each, of two groups: a few values over and over, as monitors have them."""
    few = draw(st.lists(VALUES[column], min_size=1, max_size=6))
    pairs = st.tuples(st.sampled_from(few), st.sampled_from(few))
    return draw(st.lists(pairs, min_size=28, max_size=34))


@st.composite
def labels(draw: st.DrawFn) -> list[Label]:
    began = draw(st.integers(0, 30))
    lasts = draw(st.integers(0, 5))
    outage = label(began=4 * began, due=4 * began, ends=4 * (began + lasts))
    return draw(st.sampled_from([[], [outage]]))


@given(data=st.data(), expectations=suites())
@hypothesis_settings(max_examples=25, deadline=None)
def test_whatever_the_history_each_proposed_level_can_fail_and_critical_comes_last(
    data: st.DataObject, expectations: tuple[dict[str, Any], ...], tmp_path_factory: Any
) -> None:
    folder = tmp_path_factory.mktemp("suite", numbered=True)
    column = expectations[0]["kwargs"]["column"]
    is_grouped = "group_by" in expectations[0]["kwargs"]
    observed = (
        {"count_failing": "warning"} if is_grouped else {"column": column, "aggregate": "mean"}
    )
    suite = write_suite(folder, *expectations, observed=observed)
    numbers = data.draw(values(column))
    games = data.draw(st.lists(st.integers(0, 12), min_size=len(numbers), max_size=len(numbers)))
    history = [
        with_games(one, played)
        for one, played in zip(
            by_day(
                grouped([{"a": a, "b": b} for a, b in numbers])
                if is_grouped
                else measured([a for a, _ in numbers])
            ),
            games,
            strict=True,
        )
    ]
    found = calibrated(suite, history, *data.draw(labels()))
    for family in found.families:
        check(family, family.family, Domain.of(family.family, history))
    try:
        text = with_levels(suite.file.read_text(), suite.file, found.families)
    except ConfigError:
        return  # nothing is proposed
    suite.file.write_text(text)
    (before,), (after,) = (
        families_of(suite)[0],
        families_of(read_suite(read_document(suite.file)))[0],
    )
    for group in ("", "a", "b"):
        check_order(before, after, group)
    was, is_ = before.rates(), after.rates()
    if was is not None and is_ is not None:
        check_order(was, is_, "")


def with_games(one: Outcome, games: int) -> Outcome:
    """``one``, with the units of a bound per unit."""
    metrics = {"games": MetricOutcome(float(games), Status.PASS)}
    groups = tuple(replace(group, metrics=metrics) for group in one.groups)
    return replace(one, metrics=metrics, groups=groups)


def check(family: FamilyCalibration, of: Family, domain: Domain) -> None:
    """No proposed bound is one that no possible value breaks, or that each does."""
    for levels in (family.levels or {}, *family.overrides.values()):
        for level, value in levels.items():
            bounds = of.bounds(level, value)
            assert domain.can_break(bounds), (levels, family.decisions)
            assert domain.can_keep(bounds), (levels, family.decisions)


def check_order(before: Family, after: Family, group: str) -> None:
    """What is written never makes CRITICAL fail where WARNING doesn't, unless it did before."""
    if is_in_order(before, group):
        assert is_in_order(after, group), (group, after)


def is_in_order(family: Family, group: str) -> bool:
    bounds = {member.severity: member.bounds_for(group) for member in family.members}
    warning, critical = bounds.get("warning"), bounds.get("critical")
    if warning is None or critical is None:
        return True
    edges = [bound.first for bound in (warning, critical) if bound.first is not None]
    near = [edge + by for edge in edges for by in (-1e-6, 0, 1e-6)]
    return all(critical.keep(value) or not warning.keep(value) for value in near)
