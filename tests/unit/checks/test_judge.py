"""From evaluated expectations to a status, an observed number, groups and a sentence."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from plumbline.checks.bounds import Bounds, observe
from plumbline.checks.judge import Evidence, fault, judge, skip
from plumbline.checks.judged import JudgedExpectation, JudgedGroup
from plumbline.checks.verdict import SortedRows
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.project.suites import Suite, SuiteEntry

AS_OF = datetime(2026, 2, 3, 5, tzinfo=UTC)
PERCENT = {"column": "pct", "aggregate": "mean", "unit": "%"}


def suite(expectations: int = 1, observed: dict[str, Any] | None = None) -> Suite:
    raw = {
        "name": "coverage",
        "meta": {"monitor": {"model": "coverage", "observed": observed, "owner": "data"}},
        "expectations": [{"type": "expect_metric_to_be_between"}] * expectations,
    }
    return Suite("coverage", Path("coverage.json"), SuiteEntry.model_validate(raw), raw)


def expectation(
    rows: Sequence[dict[str, Any]], severity: str = "critical", **kwargs: Any
) -> JudgedExpectation:
    """Our expectation as GX would have evaluated it on ``rows``."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    bounds = Bounds(
        kwargs.get("min_value"), kwargs.get("max_value"), kwargs.get("strict_min", False)
    )
    found = observe(
        columns,
        column=kwargs["column"],
        aggregate=kwargs.get("aggregate"),
        group_by=kwargs.get("group_by") or (),
    )
    groups = tuple(
        JudgedGroup(
            key=group.key,
            success=bounds.keep(group.observed),
            observed=group.observed,
            numerator=group.numerator,
            denominator=group.denominator,
            threshold=bounds.broken_by(group.observed) or bounds.first,
        )
        for group in found
    )
    return JudgedExpectation(
        type="expect_metric_to_be_between",
        severity=severity,
        success=all(group.success for group in groups),
        kwargs=kwargs,
        observed=found[0].observed if len(found) == 1 else None,
        groups=groups,
    )


def judged(
    rows: Sequence[dict[str, Any]],
    results: Sequence[JudgedExpectation],
    observed: dict[str, Any] | None = None,
    grain: tuple[str, ...] = (),
    unknown: tuple[str, ...] = (),
    declared: int | None = None,
) -> Outcome:
    return judge(
        suite(len(results) if declared is None else declared, observed),
        SortedRows(judge=tuple(rows), skipped=(), unknown=unknown, notes=()),
        results,
        Evidence(as_of=AS_OF, grain=grain, rows=len(rows)),
    )


def two_levels(rows: Sequence[dict[str, Any]], **kwargs: Any) -> list[JudgedExpectation]:
    return [
        expectation(rows, "warning", min_value=80, **kwargs),
        expectation(rows, "critical", min_value=50, **kwargs),
    ]


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (80.0, Status.PASS),
        (79.99, Status.WARNING),
        (50.0, Status.WARNING),
        (49.99, Status.CRITICAL),
        (None, Status.CRITICAL),
    ],
)
def test_two_levels_on_one_number(value: float | None, status: Status) -> None:
    rows = [{"pct": value}]
    assert judged(rows, two_levels(rows, column="pct", aggregate="mean")).status is status


def test_a_failure_of_severity_info_changes_nothing() -> None:
    rows = [{"pct": 10.0}]
    outcome = judged(rows, [expectation(rows, "info", column="pct", min_value=50)])
    assert (outcome.status, outcome.failed) == (Status.PASS, 1)


@pytest.mark.parametrize("severity", ["info", "warning", "critical"])
def test_an_expectation_that_raised_is_error_whatever_its_severity(severity: str) -> None:
    raised = JudgedExpectation("expect_x", severity, success=False, kwargs={}, error="no column y")
    outcome = judged([{"pct": 99.0}], [raised], observed=PERCENT)
    assert outcome.status is Status.ERROR
    assert outcome.observed is None
    assert outcome.reason == "expect_x could not be evaluated: no column y"


def test_fewer_evaluated_than_declared_is_error() -> None:
    rows = [{"pct": 99.0}]
    outcome = judged(rows, two_levels(rows, column="pct"), declared=3)
    assert outcome.status is Status.ERROR
    assert outcome.reason == "2 of 3 declared expectations were evaluated"


def test_a_suite_that_evaluates_nothing_is_error() -> None:
    assert judged([{"pct": 99.0}], []).status is Status.ERROR


def test_what_the_sql_does_not_know_is_error_even_beside_a_finding() -> None:
    rows = [{"pct": 10.0}]
    outcome = judged(rows, two_levels(rows, column="pct"), unknown=("2 of 9 games final",))
    assert outcome.status is Status.ERROR
    assert outcome.reason == "2 of 9 games final; the other expectations are CRITICAL"


def test_a_skip_says_its_reason_and_has_no_number() -> None:
    verdict = SortedRows(judge=(), skipped=("no games 2026-02-14",), unknown=(), notes=())
    outcome = skip(suite(2), verdict, Evidence(as_of=AS_OF, sql_hash="abc", parameters={"days": 1}))
    assert (outcome.status, outcome.observed) == (Status.SKIPPED, None)
    assert outcome.reason == outcome.summary == "no games 2026-02-14"
    assert (outcome.declared, outcome.evaluated) == (2, 0)
    assert (outcome.sql_hash, outcome.parameters) == ("abc", {"days": 1})


def test_a_fault_is_error_also_where_the_suite_could_not_be_read() -> None:
    outcome = fault("coverage", "not JSON", suite=None, evidence=Evidence(as_of=AS_OF))
    assert (outcome.status, outcome.reason, outcome.observed) == (Status.ERROR, "not JSON", None)


def test_observed_is_unrounded_and_shown_with_one_decimal() -> None:
    rows = [{"pct": 200 / 3}]
    outcome = judged(rows, two_levels(rows, column="pct", aggregate="mean"), observed=PERCENT)
    assert outcome.observed == 200 / 3
    assert outcome.summary == "66.7 %; mean of pct must be at least 80 %"


SYSTEMS = [
    {"system_id": "a", "pct": 90.0, "numerator": 9, "denominator": 10},
    {"system_id": "b", "pct": 60.0, "numerator": 6, "denominator": 10},
    {"system_id": "c", "pct": 0.0, "numerator": 0, "denominator": 4},
]
COUNT = {"count_failing": "critical", "unit": "systems"}


def test_each_group_has_the_worst_status_that_an_expectation_gives_it() -> None:
    results = two_levels(SYSTEMS, column="pct", group_by=["system_id"])
    outcome = judged(SYSTEMS, results, observed=COUNT)
    assert [(group.key.label, group.status, group.threshold) for group in outcome.groups] == [
        ("c", Status.CRITICAL, 50),
        ("b", Status.WARNING, 80),
        ("a", Status.PASS, 80),
    ]
    assert (outcome.groups[0].numerator, outcome.groups[0].denominator) == (0.0, 4.0)


def test_count_failing_counts_the_groups_at_that_severity() -> None:
    results = two_levels(SYSTEMS, column="pct", group_by=["system_id"])
    outcome = judged(SYSTEMS, results, observed=COUNT)
    assert outcome.observed == 1.0
    assert outcome.summary.startswith("1 of 3 systems critical, 1 at warning; ")


def test_a_warning_does_not_read_as_nothing_found_where_critical_groups_are_counted() -> None:
    rows = SYSTEMS[:2]
    outcome = judged(rows, two_levels(rows, column="pct", group_by=["system_id"]), observed=COUNT)
    assert (outcome.status, outcome.observed) == (Status.WARNING, 0.0)
    assert outcome.summary.startswith("0 of 2 systems critical, 1 at warning; ")


def test_expectations_are_named_for_history_and_say_what_came_of_them() -> None:
    rows = [{"pct": 60.0}]
    twice = expectation(rows, "critical", min_value=10, column="pct")
    results = [*two_levels(rows, column="pct"), twice, unlooked()]
    warning, critical, second, skipped = judged(rows, results).expectations
    assert [one.result for one in (warning, critical, second)] == ["fail", "pass", "pass"]
    assert (skipped.result, skipped.skipped) == ("skip", unlooked().skipped)
    assert second.key == f"{critical.key}-2"
    assert len({warning.key, critical.key, skipped.key}) == 3


def test_totals_are_kept() -> None:
    results = two_levels(SYSTEMS, column="pct", group_by=["system_id"])
    outcome = judged(SYSTEMS, results, observed=COUNT)
    assert (outcome.numerator, outcome.denominator) == (15.0, 24.0)


def test_a_mean_names_the_dates_that_are_below_themselves() -> None:
    rows = [{"game_date": "02-01", "pct": 90.0}, {"game_date": "02-02", "pct": 6.0}]
    results = two_levels(rows, column="pct", aggregate="mean")
    outcome = judged(rows, results, observed=PERCENT, grain=("game_date",))
    assert outcome.status is Status.CRITICAL
    assert [(group.key.label, group.status) for group in outcome.groups] == [
        ("02-02", Status.CRITICAL)
    ]


def test_a_date_below_weighs_no_more_than_the_mean_that_passed() -> None:
    rows = [{"game_date": "02-01", "pct": 99.0}, {"game_date": "02-02", "pct": 79.0}]
    results = two_levels(rows, column="pct", aggregate="mean")
    outcome = judged(rows, results, observed=PERCENT, grain=("game_date",))
    assert outcome.status is Status.PASS
    assert [(group.key.label, group.status) for group in outcome.groups] == [("02-02", Status.PASS)]


def test_rows_of_one_key_are_one_group_with_their_own_mean() -> None:
    rows = [
        {"processor": processor, "pct": pct, "numerator": int(pct > 0), "denominator": 1}
        for processor, pct in (("p1", 0.0), ("p1", 100.0), ("p2", 0.0), ("p2", 0.0), ("p3", 100.0))
    ]
    results = two_levels(rows, column="pct", aggregate="mean")
    outcome = judged(rows, results, observed=PERCENT, grain=("processor",))
    assert outcome.observed == 40.0
    assert [
        (group.key.label, group.observed, group.numerator, group.denominator)
        for group in outcome.groups
    ] == [("p2", 0.0, 0, 2), ("p1", 50.0, 1, 2)]


def test_a_sum_names_what_is_short() -> None:
    rows = [
        {"processor": "p1", "complete": 1, "numerator": 1, "denominator": 1},
        {"processor": "p2", "complete": 0, "numerator": 0, "denominator": 1},
    ]
    results = [
        expectation(rows, "warning", column="complete", aggregate="sum", min_value=2),
        expectation(rows, "critical", column="complete", aggregate="sum", min_value=1),
    ]
    observed = {"column": "complete", "aggregate": "sum", "unit": "processors"}
    outcome = judged(rows, results, observed=observed, grain=("processor",))
    assert [(group.key.label, group.status) for group in outcome.groups] == [("p2", Status.WARNING)]
    assert outcome.summary == (
        "1 of 2 processors; sum of complete must be at least 2 processors: p2"
    )


def labels_judged(outcome: Outcome) -> list[str]:
    return [key.label for key in outcome.judged]


def test_every_group_that_was_evaluated_is_judged_failing_or_not() -> None:
    results = two_levels(SYSTEMS, column="pct", group_by=["system_id"])
    assert labels_judged(judged(SYSTEMS, results, observed=COUNT)) == ["a", "b", "c"]


def test_a_group_that_two_expectations_evaluate_is_judged_once() -> None:
    results = [
        *two_levels(SYSTEMS[:2], column="pct", group_by=["system_id"]),
        expectation(SYSTEMS[1:], "warning", column="pct", min_value=1, group_by=["system_id"]),
    ]
    assert labels_judged(judged(SYSTEMS, results, observed=COUNT)) == ["a", "b", "c"]


def test_without_group_by_the_rows_by_grain_are_judged() -> None:
    rows = [{"game_date": "02-01", "pct": 90.0}, {"game_date": "02-02", "pct": 6.0}]
    results = two_levels(rows, column="pct", aggregate="mean")
    outcome = judged(rows, results, observed=PERCENT, grain=("game_date",))
    assert labels_judged(outcome) == ["02-01", "02-02"]


@pytest.mark.parametrize(
    ("rows", "grain"),
    [
        ([{"pct": 90.0}], ()),
        ([{"pct": 90.0}], ("game_date",)),
        ([], ("game_date",)),
    ],
    ids=["no grain", "a grain that the rows do not have", "no rows"],
)
def test_where_no_row_has_a_key_no_group_is_judged(
    rows: list[dict[str, Any]], grain: tuple[str, ...]
) -> None:
    results = two_levels(rows, column="pct", aggregate="mean") if rows else []
    assert judged(rows, results, observed=PERCENT, grain=grain).judged == ()


def test_a_failing_group_is_always_among_the_judged() -> None:
    rows = [
        {"game_date": date(2026, 2, 1), "complete": 1, "numerator": 1, "denominator": 1},
        {"game_date": date(2026, 2, 2), "complete": 0, "numerator": 0, "denominator": 1},
    ]
    results = [expectation(rows, "warning", column="complete", aggregate="sum", min_value=2)]
    observed = {"column": "complete", "aggregate": "sum", "unit": "dates"}
    outcome = judged(rows, results, observed=observed, grain=("game_date",))
    assert {group.key for group in outcome.groups} <= set(outcome.judged)
    assert labels_judged(outcome) == ["2026-02-01", "2026-02-02"]


def test_a_missing_denominator_column_leaves_the_totals_empty() -> None:
    rows = [{"pct": 90.0}]
    outcome = judged(rows, two_levels(rows, column="pct"))
    assert (outcome.numerator, outcome.denominator) == (None, None)


def test_share_over_100_is_shown_as_it_is() -> None:
    rows = [{"pct": 120.0}]
    results = [expectation(rows, "critical", column="pct", aggregate="mean", max_value=100)]
    outcome = judged(rows, results, observed=PERCENT)
    assert outcome.status is Status.CRITICAL
    assert outcome.summary == "120.0 %; mean of pct must be at most 100 %"


def test_a_description_leads() -> None:
    failed = JudgedExpectation(
        "expect_column_values_to_not_be_null",
        "warning",
        success=False,
        kwargs={"column": "n"},
        description="Every game is final.",
        unexpected_count=1,
        element_count=4,
        unexpected_percent=25.0,
    )
    assert judged([{"n": 1}], [failed]).summary == (
        "0 of 1 expectation passes; Every game is final (n must not be NULL): "
        "1 of 4 rows (25 %) fails"
    )


def test_a_gx_expectation_of_its_own_is_judged_by_its_success() -> None:
    failed = JudgedExpectation(
        "expect_table_row_count_to_be_between",
        "warning",
        success=False,
        kwargs={"min_value": 1200},
        observed=3,
    )
    outcome = judged([{"pct": 1.0}], [failed])
    assert (outcome.status, outcome.observed) == (Status.WARNING, 3.0)
    assert outcome.summary == "3 rows; row count must be at least 1200: observed 3"


def test_without_a_declared_number_the_summary_counts_expectations() -> None:
    counted = JudgedExpectation(
        "expect_table_row_count_to_equal", "warning", success=True, kwargs={"value": 9}, observed=9
    )
    filled = JudgedExpectation(
        "expect_column_values_to_not_be_null", "warning", success=True, kwargs={"column": "a"}
    )
    outcome = judged([{"pct": 1.0}], [counted, filled])
    assert (outcome.observed, outcome.unit) == (9.0, "rows")
    assert outcome.summary == "2 of 2 expectations pass"


def test_a_whole_does_not_name_the_groups_of_another_expectation() -> None:
    rows = [{"total": 0, "system_id": "a", "n": 0}, {"total": 0, "system_id": "b", "n": 7}]
    results = [
        expectation(rows, "critical", column="total", aggregate="max", min_value=50),
        expectation(rows, "warning", column="n", min_value=1, group_by=["system_id"]),
    ]
    raw: dict[str, Any] = {
        "name": "coverage",
        "meta": {"monitor": {"observed": {"column": "total", "aggregate": "max", "unit": "rows"}}},
        "expectations": [
            {"type": result.type, "kwargs": dict(result.kwargs)} for result in results
        ],
    }
    outcome = judge(
        Suite("coverage", Path("coverage.json"), SuiteEntry.model_validate(raw), raw),
        SortedRows(judge=tuple(rows), skipped=(), unknown=(), notes=()),
        results,
        Evidence(as_of=AS_OF, grain=("system_id",)),
    )
    assert outcome.summary == (
        "0 rows; max of total must be at least 50 rows; n of each system_id must be at least 1: a 0"
    )


def test_an_override_that_matches_no_group_is_said() -> None:
    rows = [{"system": "moving_average", "pct": 70.0}]
    results = two_levels(
        rows,
        column="pct",
        group_by=["system"],
        overrides={"movin_average": {"min_value": 60}, "moving_average": {"min_value": 65}},
    )
    outcome = judged(rows, results)
    assert outcome.notes == (
        "the override for 'movin_average' matches no group; did you mean 'moving_average'?",
    )


def unlooked(why: str = "nothing was checked: no row meets it") -> JudgedExpectation:
    return JudgedExpectation(
        type="expect_column_values_to_not_be_null",
        severity="critical",
        success=True,
        kwargs={"column": "pct"},
        skipped=why,
    )


def test_what_looked_at_nothing_as_its_suite_expects_is_skipped() -> None:
    outcome = judged([{"pct": 90.0}], [unlooked()])
    assert outcome.status is Status.SKIPPED
    assert outcome.reason == "nothing was checked: no row meets it"


def test_beside_one_that_was_evaluated_it_is_a_note() -> None:
    rows = [{"pct": 40.0}]
    outcome = judged(rows, [unlooked(), expectation(rows, min_value=50, column="pct")])
    assert outcome.status is Status.CRITICAL
    assert (outcome.declared, outcome.evaluated) == (2, 1)
    assert outcome.notes == ("pct must not be NULL: nothing was checked: no row meets it",)
