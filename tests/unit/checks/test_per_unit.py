"""Bounds per unit: which of two holds, in words, and what history keeps of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plumbline.checks.bounds import Bounds, PerUnit, observe
from plumbline.checks.check import checks_of
from plumbline.checks.judge import Evidence, judge
from plumbline.checks.metric_result import judge_check
from plumbline.checks.thresholds import thresholds_of
from plumbline.checks.verdict import SortedRows
from plumbline.core.outcome import MetricOutcome, Outcome, ThresholdLine
from plumbline.core.status import Status
from plumbline.project import Suite
from plumbline.project.suites import read_suite
from support.documents import read_document
from unit.checks.test_judge import AS_OF

GAMES = {"column": "games", "min_value": 12}


@pytest.fixture
def made(tmp_path: Path) -> Any:
    def make(*levels: tuple[str, dict[str, Any]]) -> Suite:
        observed = {"column": "rows_made", "aggregate": "max", "unit": "rows"}
        expectations = [
            {
                "type": "expect_metric_to_be_between",
                "severity": severity,
                "kwargs": {"column": "rows_made", **kwargs},
            }
            for severity, kwargs in levels
        ]
        file = tmp_path / "volume.json"
        monitor = {"model": "volume", "observed": observed}
        content = {"name": "volume", "meta": {"monitor": monitor}, "expectations": expectations}
        file.write_text(json.dumps(content))
        return read_suite(read_document(file))

    return make


def outcome(suite: Suite, *rows: dict[str, Any]) -> Outcome:
    """What a run makes of the judged rows."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    results = [
        judge_check(
            observe(
                columns,
                column="rows_made",
                aggregate=check.aggregate,
                group_by=check.group_by,
                units=None if check.per is None else check.per.column,
            ),
            check,
        )
        for check in checks_of(suite)
    ]
    return judge(
        suite, SortedRows(judge=rows, skipped=(), unknown=(), notes=()), results, Evidence(AS_OF)
    )


@pytest.mark.parametrize(
    ("fixed", "per", "units", "holds"),
    [
        (Bounds(100), PerUnit("games", 12), 4, Bounds(48)),
        (Bounds(100), PerUnit("games", 12), 9, Bounds(100)),
        (Bounds(100), PerUnit("games", 12), 0, Bounds(0)),
        (Bounds(100, strict_min=True), PerUnit("games", 12), 4, Bounds(48, strict_min=True)),
        (Bounds(), PerUnit("games", 12), 9, Bounds(108)),
        (Bounds(None, 10), PerUnit("runs", None, 0.5), 4, Bounds(None, 10)),
        (Bounds(None, 10), PerUnit("runs", None, 0.5), 40, Bounds(None, 20)),
        (Bounds(1, 10), PerUnit("runs", None, 0.5), 40, Bounds(1, 20)),
        (Bounds(1), PerUnit("runs", None, 0.5), 40, Bounds(1, 20)),
    ],
)
def test_a_value_fails_if_it_breaks_both_bounds(
    fixed: Bounds, per: PerUnit, units: float, holds: Bounds
) -> None:
    assert per.relax(fixed, units) == holds


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"min_value": 100, "strict_min": True, "per": GAMES}, "≤ min(100, 12 × games) rows"),
        ({"per": GAMES}, "< 12 × games rows"),
        ({"max_value": 9, "per": {"column": "g", "max_value": 0.5}}, "> max(9, 0.5 × g) rows"),
        (
            {"min_value": 1, "max_value": 9, "per": {"column": "g", "max_value": 0.5}},
            "< 1 row or > max(9, 0.5 × g) rows",
        ),
    ],
)
def test_before_a_run_the_words_name_the_column(
    made: Any, kwargs: dict[str, Any], words: str
) -> None:
    (threshold,) = thresholds_of(made(("critical", {**kwargs, "aggregate": "max"})))
    assert threshold.words == f"critical {words}"


def test_after_a_run_words_lines_and_history_are_of_its_units(made: Any) -> None:
    six = {"column": "games", "min_value": 6}
    suite = made(
        ("warning", {"min_value": 100, "strict_min": True, "per": GAMES, "aggregate": "max"}),
        ("critical", {"min_value": 50, "strict_min": True, "per": six, "aggregate": "max"}),
    )
    found = outcome(suite, {"rows_made": 48, "games": 4}, {"rows_made": 3, "games": 4})
    assert found.status is Status.WARNING
    assert found.thresholds == (
        "max of rows_made: warning ≤ 48 rows (12 × 4 games), critical ≤ 24 rows (6 × 4 games)"
    )
    assert found.lines == (
        ThresholdLine("warning", 48, "below", is_strict=True),
        ThresholdLine("critical", 24, "below", is_strict=True),
    )
    assert found.metrics == {"games": MetricOutcome(4, Status.PASS)}
    assert found.failures[0].expected == "max of rows_made must be above 48 rows (12 × 4 games)"
    assert found.failures[0].threshold == 48
    assert found.summary == "48 rows; max of rows_made must be above 48 rows (12 × 4 games)"


def test_where_the_fixed_bound_holds_the_words_are_its_own(made: Any) -> None:
    suite = made(("critical", {"min_value": 100, "per": GAMES, "aggregate": "max"}))
    found = outcome(suite, {"rows_made": 99, "games": 9})
    assert found.status is Status.CRITICAL
    assert found.thresholds == "max of rows_made: critical < 100 rows"


def test_one_unit_is_named_in_the_singular(made: Any) -> None:
    suite = made(("critical", {"per": GAMES, "aggregate": "max"}))
    found = outcome(suite, {"rows_made": 11, "games": 1})
    assert found.thresholds == "max of rows_made: critical < 12 rows (12 × 1 game)"


def test_each_group_has_the_bounds_of_its_own_units(made: Any) -> None:
    per_group = {"group_by": ["system"], "min_value": 100, "per": GAMES}
    suite = made(
        ("critical", {**per_group, "overrides": {"c": {"min_value": 20}}}),
    )
    found = outcome(
        suite,
        {"system": "a", "rows_made": 40, "games": 4},
        {"system": "b", "rows_made": 40, "games": 3},
        {"system": "c", "rows_made": 20, "games": 4},
    )
    assert [
        (group.key.label, str(group.status), group.threshold, group.lines[0].value)
        for group in found.groups
    ] == [("a", "CRITICAL", 48, 48), ("b", "PASS", 36, 36), ("c", "PASS", 20, 20)]
    assert [group.metrics["games"].observed for group in found.groups] == [4, 3, 4]
    assert found.metrics == {}
    # Of another number of games each: the words are those of the suite.
    assert found.thresholds.startswith("rows_made by system: critical < min(100, 12 × games) rows")


def test_rows_of_different_units_leave_none_in_the_history(made: Any) -> None:
    suite = made(("critical", {"per": GAMES}))
    found = outcome(suite, {"rows_made": 48, "games": 4}, {"rows_made": 35, "games": 3})
    assert found.status is Status.CRITICAL
    assert found.metrics == {}
