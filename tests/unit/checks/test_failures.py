"""What failed, in words: counts, share, values, bound and condition of each kind of expectation."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from plumbline.checks.failures import failures_of, reported, unmeasured_failure
from plumbline.checks.judged import JudgedExpectation, JudgedGroup
from plumbline.core.failure import MOST_SAMPLES, Failure
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.project.suites import Suite, SuiteEntry

NOW = datetime(2026, 2, 3, tzinfo=UTC)


def suite(observed: dict[str, Any] | None = None) -> Suite:
    raw = {"name": "orders", "meta": {"monitor": {"observed": observed}}, "expectations": []}
    return Suite("orders", Path("orders.json"), SuiteEntry.model_validate(raw), raw)


def result(kind: str, severity: str = "critical", **others: Any) -> JudgedExpectation:
    """A failed expectation; what is no field of it is an argument."""
    fields = JudgedExpectation.__dataclass_fields__
    kwargs = {name: others.pop(name) for name in list(others) if name not in fields}
    return JudgedExpectation(f"expect_{kind}", severity, success=False, kwargs=kwargs, **others)


def counted(
    kind: str, unexpected: tuple[object, ...] = (), count: int = 3, of: int = 1204, **others: Any
) -> JudgedExpectation:
    """One that counts rows, as GX does."""
    missing = others.get("missing_count") or 0
    return result(
        kind,
        unexpected=unexpected,
        unexpected_count=count,
        element_count=of,
        unexpected_percent=100 * count / (of - missing),
        **others,
    )


def group(
    key: dict[str, Any], observed: float | None, threshold: float = 50, **others: Any
) -> JudgedGroup:
    success = observed is not None and observed >= threshold
    return JudgedGroup(GroupKey.of(key), success, observed, threshold=threshold, **others)


def only(judged: JudgedExpectation, observed: dict[str, Any] | None = None) -> Failure:
    (failure,) = failures_of(suite(observed), [judged])
    return failure


COUNTED = [
    (
        counted("column_values_to_be_unique", (17, 17, 18), column="order_id"),
        "order_id must be unique: 3 of 1,204 rows (0.2 %) fail: 17, 18",
    ),
    (
        counted("column_values_to_be_in_set", ("x",), 1, column="state", value_set=["paid", "open"]),
        "state must be one of 'paid', 'open': 1 of 1,204 rows (0.1 %) fails: 'x'",
    ),
    (
        counted("column_values_to_not_be_in_set", (5,), 1, 2, column="n", value_set=[5]),
        "n must not be 5: 1 of 2 rows (50 %) fails: 5",
    ),
    (
        counted("column_values_to_not_be_null", (None,) * 20, 100, column="email", mostly=0.95),
        "email must not be NULL in at least 95 % of rows: 100 of 1,204 rows (8.3 %) fail",
    ),
    (
        counted("column_values_to_be_between", ("2025-12-31",), 1, 1, column="day",
                min_value="2026-01-01"),
        "day must be at least 2026-01-01: 1 of 1 row (100 %) fails: '2025-12-31'",
    ),
    (
        counted("column_values_to_be_between", (-1.5,), 1, 8, column="n", min_value=0.0,
                max_value=1234567, strict_min=True),
        "n must be above 0 and at most 1234567: 1 of 8 rows (12.5 %) fails: -1.5",
    ),
    (
        counted("column_values_to_match_regex", ("a1",), 1, 9, missing_count=1, column="code",
                regex="^[a-z]+$", mostly=0.9),
        "code must match the regex '^[a-z]+$' in at least 90 % of values: "
        "1 of 9 rows (12.5 % of 8 non-NULL) fails: 'a1'",
    ),
    (
        counted("column_pair_values_a_to_be_greater_than_b", ((1, 3),), 1, 4, column_A="ends",
                column_B="begins", or_equal=True),
        "ends must be at least begins: 1 of 4 rows (25 %) fails: (ends=1, begins=3)",
    ),
    (
        counted("column_pair_values_to_be_in_set", ([1, None],), 1, 4, column_A="a", column_B="b",
                value_pairs_set=[(1, 1), [2, "x"]]),
        "a, b must be one of (1, 1), (2, 'x'): 1 of 4 rows (25 %) fails: (a=1, b=NULL)",
    ),
    (
        counted("compound_columns_to_be_unique", ({"a": 1, "b": date(2026, 2, 2)},) * 2, 2, 4,
                column_list=["a", "b"]),
        "a, b must be unique together: 2 of 4 rows (50 %) fail: (a=1, b=2026-02-02)",
    ),
    (
        counted("multicolumn_sum_to_equal", ({"a": 1, "b": 2},), 1, 4, column_list=["a", "b"],
                sum_total=100.0),
        "sum of a, b must be 100: 1 of 4 rows (25 %) fails: (a=1, b=2)",
    ),
    (
        counted("column_values_to_match_regex_list", (), 1, 4, column="a", regex_list=["x", "y"],
                match_on="all"),
        "a must match all of the regexes 'x', 'y': 1 of 4 rows (25 %) fails",
    ),
    (
        counted("column_of_a_plugin", (1,), 1, 4, column="a", batch_id="p-x", limit=9),
        "expect_column_of_a_plugin on a (limit 9): 1 of 4 rows (25 %) fails: 1",
    ),
]  # fmt: skip
OF_A_WHOLE = [
    (
        result("table_row_count_to_be_between", observed=6, min_value=1000),
        "row count must be at least 1000: observed 6",
    ),
    (
        result("column_mean_to_be_between", observed=49.997, column="pct", min_value=50),
        "mean of pct must be at least 50: observed 49.997",
    ),
    (
        result("column_max_to_be_between", observed=date(2026, 2, 2), column="day",
               max_value="2026-02-01"),
        "max of day must be at most 2026-02-01: observed 2026-02-02",
    ),
    (
        result("column_sum_to_be_between", observed=Decimal("90071992547409.93"), column="n",
               max_value=1),
        "sum of n must be at most 1: observed 90071992547409.93",
    ),
    (
        result("column_quantile_values_to_be_between", column="n",
               observed={"quantiles": [0.1, 0.5], "values": [1, 2]},
               quantile_ranges={"quantiles": [0.1, 0.5], "value_ranges": [[5, 6], [None, 1]]}),
        "quantiles of n must be: 0.1 between 5 and 6, 0.5 at most 1: observed 0.1 1, 0.5 2",
    ),
    (
        result("column_distinct_values_to_equal_set", unexpected=("q", "y"), unexpected_count=2,
               absent=("z",), column="s", value_set=["x", "z"]),
        "distinct values of s must be exactly 'x', 'z': 2 values fail: 'q', 'y'; missing 'z'",
    ),
    (
        result("column_most_common_value_to_be_in_set", observed=["x"], column="s",
               value_set=["q", "r"]),
        "most common value of s must be one of 'q', 'r': observed 'x'",
    ),
    (
        result("table_columns_to_match_set", observed=["a", "b"], unexpected=("b",), absent=("z",),
               column_set=["a", "z"]),
        "columns must be a, z: 1 of 2 columns (50 %) fails: b; missing z",
    ),
    (
        result("table_columns_to_match_ordered_list", observed=["b"], column_list=["a"],
               unexpected=({"position": 0, "expected": "a", "found": "b"},)),
        "columns must be, in this order, a: 1 of 1 column (100 %) fails: "
        "(position=0, expected=a, found=b)",
    ),
    (result("column_to_exist", column="nope"), "column nope must exist: not met"),
    (
        result("column_values_to_be_of_type", observed="STRING", column="n", type_="INT64"),
        "n must be of type INT64: observed STRING",
    ),
    (
        JudgedExpectation("unexpected_rows_expectation", "critical", success=False,
                          kwargs={"unexpected_rows_query": "select 1"}, observed=7,
                          unexpected_count=7, unexpected=({"id": 1},)),
        "the query of unexpected rows must return none: 7 rows fail: (id=1) and 6 more",
    ),
]  # fmt: skip
OURS = [
    (
        result("metric_to_be_between", column="pct_pct", aggregate="mean", min_value=50,
               groups=(group({}, 49.97),)),
        "mean of pct_pct must be at least 50 %: observed 49.97 %",
    ),
    (
        result("metric_to_be_between", column="graded_pct", min_value=50, group_by=["system"],
               groups=(group({"system": "a"}, 40.0), group({"system": "b"}, None),
                       group({"system": "c"}, 90.0), group({"system": "d"}, 0.0))),
        "graded_pct of each system must be at least 50 %: 3 of 4 groups (75 %) fail: "
        "b NULL, d 0.0 %, a 40.0 %",
    ),
    (
        result("metric_to_be_between", column="n", min_value=50, group_by=["system"],
               overrides={"a": {"min_value": 30}},
               groups=(group({"system": "a"}, 20.0, 30), group({"system": "b"}, 60.0))),
        "n of each system must be at least 50 (a at least 30): 1 of 2 groups (50 %) fails: a 20",
    ),
    (
        result("metric_to_be_between", column="n", min_value=50,
               groups=(group({}, 3.0), group({}, 70.0))),
        "n must be at least 50: 1 of 2 rows (50 %) fails: 3",
    ),
    (
        result("metric_to_be_between", column="h", min_value=50, group_by=["player"],
               groups=(group({"player": "masked-1"}, None, is_masked=True),)),
        "h of each player must be at least 50: 1 of 1 group (100 %) fails: masked-1 masked",
    ),
    (
        result("metric_to_be_between", column="n", min_value=50, element_count=0),
        "n must be at least 50: there are no rows",
    ),
    (
        result("metric_to_be_between", column="n", min_value=50),
        "n must be at least 50: not met",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("judged", "text"), [*COUNTED, *OF_A_WHOLE, *OURS])
def test_a_failure_is_one_line(judged: JudgedExpectation, text: str) -> None:
    assert only(judged).text() == text


@pytest.mark.parametrize(
    ("judged", "column"),
    [
        (COUNTED[0][0], "order_id"),
        (COUNTED[7][0], "ends, begins"),
        (COUNTED[9][0], "a, b"),
        (OF_A_WHOLE[0][0], None),
        (OF_A_WHOLE[8][0], None),
    ],
)
def test_its_columns_are_named(judged: JudgedExpectation, column: str | None) -> None:
    assert only(judged).column == column


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ('state == "paid"', 'state == "paid"'),
        ('col("state") ==\n "paid"', 'col("state") == "paid"'),
        ({"type": "pass_through", "pass_through_filter": "n > 1"}, "n > 1"),
        (
            {"type": "comparison", "column": {"name": "n"}, "operator": ">=", "parameter": 1},
            "n >= 1",
        ),
        (
            {
                "type": "comparison",
                "column": {"name": "s"},
                "operator": "NOT_IN",
                "parameter": ["a"],
            },
            "s not in ('a')",
        ),
        ({"type": "nullity", "column": {"name": "s"}, "is_null": False}, "s is not null"),
        (
            {
                "type": "or",
                "conditions": [
                    {"type": "nullity", "column": {"name": "s"}, "is_null": True},
                    {
                        "type": "and",
                        "conditions": [
                            {"type": "pass_through", "pass_through_filter": "a"},
                            {"type": "pass_through", "pass_through_filter": "b"},
                        ],
                    },
                ],
            },
            "s is null or (a and b)",
        ),
    ],
)
def test_the_condition_on_rows_is_said_whatever_its_syntax(condition: object, words: str) -> None:
    failure = only(counted("column_values_to_be_unique", column="id", row_condition=condition))
    assert failure.row_condition == words
    assert failure.text().startswith(f"id must be unique where {words}: 3 of 1,204 rows")


def test_the_suites_own_words_lead_and_the_bound_is_said_with_them() -> None:
    judged = counted("column_values_to_be_unique", column="id", description="An order comes once.")
    assert only(judged).text() == (
        "An order comes once (id must be unique): 3 of 1,204 rows (0.2 %) fail"
    )


@pytest.mark.parametrize(
    ("count", "of", "share"),
    [
        (1, 3, "33.3 %"), (1, 2, "50 %"), (1, 1_000_000, "< 0.1 %"),
        (999_999, 1_000_000, "> 99.9 %"), (7, 7, "100 %"),
    ],
)  # fmt: skip
def test_a_share_is_never_rounded_to_none_or_all(count: int, of: int, share: str) -> None:
    text = only(counted("column_values_to_be_unique", count=count, of=of, column="id")).text()
    assert f"({share})" in text


def test_without_counts_only_what_is_known_is_said() -> None:
    failure = only(result("column_values_to_be_unique", column="id"))
    assert failure.text() == "id must be unique: not met"
    counts = (failure.unexpected_count, failure.element_count, failure.unexpected_percent)
    assert (counts, failure.samples) == ((None, None, None), ())


def test_twenty_values_are_kept_and_the_others_counted() -> None:
    failure = only(counted("column_values_to_be_unique", tuple(range(300)), 300, column="id"))
    assert failure.samples == tuple(range(MOST_SAMPLES))
    assert failure.text().endswith("fail: " + ", ".join(map(str, range(20))) + " and 280 more")
    assert failure.text(most=2).endswith("fail: 0, 1 and 298 more")
    assert failure.text(most=0).endswith("fail")


def test_values_are_fit_for_json() -> None:
    values = (2**70, Decimal("0.1"), Decimal("90071992547409.93"), date(2026, 2, 2), time(7, 30),
              b"abc", {"a": [1]}, [1, 2], float("nan"), None, True)  # fmt: skip
    samples = only(counted("column_values_to_be_unique", values, 11, column="id")).samples
    assert samples == (
        2**70, 0.1, "90071992547409.93", "2026-02-02", "07:30:00",
        "3 bytes", '{"a": "[1]"}', "[1, 2]", "NaN", None, True,
    )  # fmt: skip
    json.dumps(samples, allow_nan=False)


def test_groups_are_samples_by_column() -> None:
    failure = only(OURS[1][0])
    assert (failure.unexpected_count, failure.element_count) == (3, 4)
    assert failure.unexpected_percent == 75
    assert failure.samples[0] == (("system", "b"), ("graded_pct", None))
    assert failure.samples[2] == (("system", "a"), ("graded_pct", 40.0))


def test_what_passed_or_could_not_be_evaluated_is_no_failure() -> None:
    passed = JudgedExpectation("expect_x", "critical", success=True, kwargs={})
    raised = JudgedExpectation(
        "expect_x", "critical", success=False, kwargs={}, error="no column y"
    )
    assert failures_of(suite(), [passed, raised]) == ()


def level(severity: str, **kwargs: Any) -> JudgedExpectation:
    return result("column_mean_to_be_between", severity, column="n", observed=1, **kwargs)


@pytest.mark.parametrize(
    ("results", "lines"),
    [
        ([level("warning", min_value=80), level("critical", min_value=50)], ["at least 50"]),
        (
            [level("warning", min_value=80, max_value=90), level("critical", min_value=50)],
            ["at least 50"],
        ),
        # Bounds on two sides, and two bounds of one severity, are two checks.
        (
            [level("warning", max_value=0), level("critical", min_value=50)],
            ["at least 50", "at most 0"],
        ),
        (
            [level("critical", min_value=80), level("critical", min_value=50)],
            ["at least 80", "at least 50"],
        ),
        # So is the same check of other rows.
        (
            [level("warning", min_value=80), level("critical", min_value=50, row_condition="x")],
            ["at least 50", "at least 80"],
        ),
    ],
)
def test_of_the_two_levels_of_one_check_the_worse_is_told(
    results: list[JudgedExpectation], lines: list[str]
) -> None:
    failures = failures_of(suite(), results)
    assert len(failures) == len(results)
    shown = [failure.text() for failure in reported(failures)]
    assert len(shown) == len(lines)
    for text, line in zip(shown, lines, strict=True):
        assert line in text


def test_levels_by_share_are_levels_too() -> None:
    results = [
        counted("column_values_to_not_be_null", severity="warning", column="n", mostly=0.99),
        counted("column_values_to_not_be_null", severity="critical", column="n", mostly=0.9),
    ]
    (shown,) = reported(failures_of(suite(), results))
    assert shown.severity == "critical"


def test_levels_of_what_follows_history_may_differ_in_their_bands() -> None:
    both = [
        result("metric_to_follow_history", severity, metric="row_count", deviations=deviations)
        for severity, deviations in (("warning", 3), ("critical", 6))
    ]
    assert [one.severity for one in reported(failures_of(suite(), both))] == ["critical"]


def test_three_checks_on_one_column_are_three_lines() -> None:
    results = [
        counted("column_values_to_be_unique", severity="warning", column="id"),
        counted("column_values_to_not_be_null", severity="info", column="id"),
        counted("column_values_to_be_between", column="id", min_value=1),
    ]
    shown = [failure.expected for failure in reported(failures_of(suite(), results))]
    assert shown == ["id must be at least 1", "id must be unique", "id must not be NULL"]


UNIQUE = Failure("expect_column_values_to_be_unique", "critical", "id must be unique", "id")
ROWS = Failure("expect_table_row_count_to_be_between", "critical", "row count must be at least 9")
LATE = Failure("expect_metric_to_be_between", "critical", "max of hours_late must be at most 6 h")


@pytest.mark.parametrize(
    ("failures", "outcome", "expected"),
    [
        ([UNIQUE], {}, UNIQUE),
        ([UNIQUE], {"status": Status.WARNING}, None),
        ([UNIQUE], {"evaluated": 1}, None),
        ([UNIQUE], {"evaluated": 1, "observed": None, "thresholds": ""}, UNIQUE),
        ([UNIQUE, ROWS], {}, None),
        ([ROWS], {"observed": None}, ROWS),
        ([UNIQUE, replace(ROWS, severity="warning")], {}, UNIQUE),
        ([UNIQUE, LATE], {"thresholds": "max of hours_late: critical > 6 h"}, None),
        ([], {}, None),
    ],
)
def test_a_failure_of_something_else_than_the_monitors_number_is_found(
    failures: list[Failure], outcome: dict[str, Any], expected: Failure | None
) -> None:
    given = {
        "status": Status.CRITICAL,
        "observed": 3.0,
        "thresholds": "row count: critical < 9",
        "evaluated": 2,
        **outcome,
    }
    found = Outcome("orders", summary="", as_of=NOW, failures=tuple(failures), **given)
    assert unmeasured_failure(found) is expected
