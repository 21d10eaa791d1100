"""Stored numbers held against other thresholds, and what the history can't tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.checks.bounds import observe
from plumbline.checks.check import checks_of
from plumbline.checks.judge import Evidence, judge
from plumbline.checks.metric_result import judge_check
from plumbline.checks.rejudge import rejudge, without_units
from plumbline.checks.threshold_families import families_of
from plumbline.checks.verdict import SortedRows
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, MetricOutcome, Outcome, ThresholdLine
from plumbline.core.status import Status
from plumbline.project import Suite
from plumbline.project.suites import MonitorEntry
from support.projects import between
from unit.backtest.conftest import grouped, measured, write_suite


def statuses(
    suite: Suite, history: list[Outcome], judged_by: Suite | None = None, **changed: float
) -> str:
    (family,) = families_of(suite)[0]
    stood = families_of(judged_by or suite)[0]
    return "".join(
        str(one.status)[0]
        for one in rejudge(suite, history, [family.with_levels(changed)], stood=stood)
    )


def test_other_bounds_give_other_statuses(suite: Suite) -> None:
    history = measured([90, 70, 40])
    assert statuses(suite, history) == "PWC"
    assert statuses(suite, history, warning=60.0, critical=30.0) == "PPW"


def test_what_was_skipped_or_could_not_be_checked_stays(suite: Suite) -> None:
    history = [*measured([None]), *measured([1.0], Status.ERROR)]
    assert statuses(suite, history, warning=0.0, critical=0.0) == "SE"


def test_what_made_it_fail_besides_the_bounds_stays(suite: Suite) -> None:
    doubtful = measured([90], Status.WARNING)  # a game is not final
    assert statuses(suite, doubtful, warning=50.0, critical=20.0) == "W"


def test_what_earlier_bounds_made_fail_is_no_other_reason(suite: Suite) -> None:
    (once,) = measured([85], Status.WARNING)
    once = replace(once, lines=(ThresholdLine("warning", 90.0),))
    assert statuses(suite, [once]) == "P"


@pytest.mark.parametrize(("is_strict", "status"), [(True, "P"), (False, "W")])
def test_a_value_on_an_earlier_strict_bound_failed_by_it(
    suite: Suite, is_strict: bool, status: str
) -> None:
    (once,) = measured([90], Status.WARNING)
    once = replace(once, lines=(ThresholdLine("warning", 90.0, "below", is_strict),))
    assert statuses(suite, [once]) == status


def test_a_null_fails_whatever_the_bounds(suite: Suite) -> None:
    (null,) = measured([None])
    assert statuses(suite, [replace(null, status=Status.CRITICAL)], warning=0.0) == "C"


def test_strict_bounds_stay_strict(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path,
        between("critical", column="pct", aggregate="mean", min_value=50, strict_min=True),
    )
    assert statuses(suite, measured([50, 50.1])) == "CP"
    assert statuses(suite, measured([60]), critical=60.0) == "C"


def test_groups_are_judged_each_by_its_own_bounds(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path,
        between("critical", column="pct", min_value=50, group_by=["system_id"],
                overrides={"b": {"min_value": 10}}),
        observed={"count_failing": "critical", "unit": "systems"},
    )  # fmt: skip
    (outcome,) = rejudge(suite, grouped([{"a": 40, "b": 40}]), families_of(suite)[0])
    assert {group.key.label: str(group.status) for group in outcome.groups} == {
        "a": "CRITICAL",
        "b": "PASS",
    }


@pytest.mark.parametrize(
    ("expectation", "subject"),
    [
        (between(column="pct", aggregate="mean", min_value=1), "mean of pct"),
        (between(column="pct", min_value=1, group_by=["game"]), "pct by game"),
        (between(column="pct", aggregate="min", min_value=1), None),
        (between(column="pct", min_value=1), None),
        (between(column="other", aggregate="mean", min_value=1), None),
        ({"type": "expect_column_max_to_be_between", "kwargs": {"column": "pct", "max_value": 1}}, None),
    ],
)  # fmt: skip
def test_only_what_the_history_holds_can_be_judged_again(
    tmp_path: Path, expectation: dict, subject: str | None
) -> None:
    families, beyond = families_of(write_suite(tmp_path, expectation))
    assert [family.subject for family in families] == ([subject] if subject else [])
    assert bool(beyond) == (subject is None)


@pytest.mark.parametrize(
    ("aggregate", "bounds", "stored"),
    [
        ("min", {"min_value": 1}, True),
        ("max", {"max_value": 9}, True),
        ("min", {"max_value": 9}, False),
        ("max", {"min_value": 1}, False),
        ("min", {"min_value": 1, "max_value": 9}, False),
        ("mean", {"min_value": 1}, False),
        ("sum", {"max_value": 9}, False),
    ],
)
def test_a_bound_of_each_row_is_one_of_the_worst_row(
    tmp_path: Path, aggregate: str, bounds: dict[str, float], stored: bool
) -> None:
    observed = {"column": "pct", "aggregate": aggregate}
    suite = write_suite(tmp_path, between("critical", column="pct", **bounds), observed=observed)
    families, beyond = families_of(suite)
    assert (len(families), len(beyond)) == ((1, 0) if stored else (0, 1))
    if stored:
        assert statuses(suite, measured([0, 5, 10])) == ("CPP" if "min_value" in bounds else "PPC")


def test_of_two_grouped_columns_the_history_holds_a_mixture(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path,
        between(column="pct", min_value=1, group_by=["game"]),
        between(column="rows", min_value=1, group_by=["game"]),
    )
    assert families_of(suite)[0] == ()


def test_two_levels_are_one_family(suite: Suite) -> None:
    (family,) = families_of(suite)[0]
    assert (family.level("warning"), family.level("critical"), family.side) == (80, 50, "below")


def test_a_bound_from_above_is_of_the_other_side(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, between(column="pct", aggregate="mean", max_value=6))
    (family,) = families_of(suite)[0]
    assert (family.side, family.level("critical")) == ("above", 6)
    assert statuses(suite, measured([6.0, 6.1])) == "PC"


def test_stored_groups_keep_their_numbers(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path, between("critical", column="pct", min_value=50, group_by=["system_id"])
    )
    (stored,) = grouped([{"a": 40, "b": 60}])
    counted = replace(stored.groups[0], numerator=4, denominator=10)
    stored = replace(stored, groups=(counted, stored.groups[1]))
    (outcome,) = rejudge(suite, [stored], families_of(suite)[0])
    worst = outcome.groups[0]
    assert (worst.observed, worst.numerator, worst.denominator, worst.threshold) == (40, 4, 10, 50)


@pytest.mark.parametrize("value", [None, 10.0, 49.9, 50.0, 79.9, 80.0, 100.0])
def test_a_stored_number_is_judged_like_a_row(suite: Suite, value: float | None) -> None:
    """``suite`` has a warning below 80 and a critical below 50."""
    (stored,) = measured([0.0])
    (again,) = rejudge(suite, [replace(stored, observed=value)], families_of(suite)[0])
    rows = observe({"pct": [value]}, column="pct", aggregate="mean", group_by=())
    live = judge(
        suite,
        SortedRows(judge=({"pct": value},), skipped=(), unknown=(), notes=()),
        [judge_check(rows, check) for check in checks_of(suite)],
        Evidence(as_of=stored.as_of),
    )
    assert again.status == live.status


def over_a_table(tmp_path: Path, *expectations: dict, group_by: tuple[str, ...] = ()) -> Suite:
    entry = MonitorEntry(table="shop.orders", group_by=list(group_by))
    return write_suite(tmp_path, *expectations).over(entry)


def rows_of_table(severity: str, least: float) -> dict:
    kind = "expect_table_row_count_to_be_between"
    return {"type": kind, "severity": severity, "kwargs": {"min_value": least}}


def stored_rows(count: float, status: Status = Status.PASS) -> dict[str, MetricOutcome]:
    return {"row_count": MetricOutcome(count, status)}


def test_numbers_of_a_table_are_judged_again_by_their_names(tmp_path: Path) -> None:
    unique = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}}
    suite = over_a_table(
        tmp_path, unique, rows_of_table("warning", 80), rows_of_table("critical", 50)
    )
    families, beyond = families_of(suite)
    assert [(one.subject, one.level("warning")) for one in families] == [("row_count", 80)]
    assert beyond == ("expect_column_values_to_be_unique on id",)
    history = [
        replace(one, status=status, metrics=stored_rows(rows))
        for one, rows, status in zip(
            measured([1, 1, 1]),
            [90, 70, 90],
            [Status.PASS, Status.WARNING, Status.CRITICAL],  # the last one: an id came twice
            strict=True,
        )
    ]
    assert statuses(suite, history) == "PWC"
    assert statuses(suite, history, warning=60.0, critical=30.0) == "PPC"


def test_numbers_of_groups_of_a_table_are_judged_again(tmp_path: Path) -> None:
    suite = over_a_table(tmp_path, rows_of_table("critical", 50), group_by=("country",))
    (family,) = families_of(suite)[0]
    assert family.subject == "row_count by country"
    (once,) = measured([1])
    groups = [
        GroupOutcome(GroupKey.of({"country": name}), Status.PASS, 0.0, metrics=stored_rows(rows))
        for name, rows in (("de", 60), ("fr", 40))
    ]
    (found,) = rejudge(suite, [replace(once, groups=tuple(groups))], [family])
    assert [(one.key.label, str(one.status), one.observed) for one in found.groups] == [
        ("fr", "CRITICAL", 40),
        ("de", "PASS", 60),
    ]


PER_GAME = {"column": "games", "min_value": 12.0}


def test_a_bound_per_unit_judges_stored_numbers_by_their_units(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path,
        between("critical", column="pct", aggregate="mean", min_value=100, per=PER_GAME),
    )
    history = [
        replace(one, metrics={"games": MetricOutcome(games, Status.PASS)})
        for one, games in zip(measured([90, 90, 110, 48]), [7, 8, 12, 4], strict=True)
    ]
    families = families_of(suite)[0]
    assert without_units(families, history) is None
    assert statuses(suite, history) == "PCPP"
    assert statuses(suite, history, critical=80.0) == "PPPP"


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (Status.PASS, "the history does not hold games, which bounds per unit need"),
        (Status.SKIPPED, None),
        (Status.ERROR, None),
    ],
)
def test_a_history_without_units_can_not_be_judged_by_them(
    tmp_path: Path, status: Status, says: str | None
) -> None:
    bounds = between("critical", column="pct", aggregate="mean", per=PER_GAME)
    families = families_of(write_suite(tmp_path, bounds))[0]
    assert without_units(families, measured([90], status)) == says


def test_of_groups_each_needs_its_units(tmp_path: Path) -> None:
    bounds = between("critical", column="pct", group_by=["system_id"], per=PER_GAME)
    families = families_of(write_suite(tmp_path, bounds))[0]
    assert families[0].side == "below"
    (found,) = grouped([{"a": 50.0, "b": 50.0}])
    games = {"games": MetricOutcome(4.0, Status.PASS)}
    first, second = found.groups
    half = replace(found, groups=(replace(first, metrics=games), second))
    whole = replace(found, groups=tuple(replace(one, metrics=games) for one in found.groups))
    assert without_units(families, [half]) is not None
    assert without_units(families, [whole]) is None
