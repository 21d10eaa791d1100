"""What a backtest can't know is said: quiet times, faults, suites that were others then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plumbline.backtest.caveats import changes, columns_of_now, faults, quiet_times, rows_of_now
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.evaluate.found import ValueFound
from plumbline.evaluate.pushdown.measure import Measure
from plumbline.evaluate.pushdown.statement import CompiledTable
from support.incidents import STATUSES, outcome
from support.projects import SmallProject
from unit.backtest.conftest import NEW_YORK, at, commit

AGES = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = datetime(2090, 1, 1, tzinfo=UTC)


def told(history: str, reason: str = "no games (All-Star break)") -> list[Outcome]:
    return [
        replace(
            outcome("coverage", STATUSES[one], at(run)),
            reason=reason if one in "sE" else None,
        )
        for run, one in enumerate(history)
    ]


def test_days_on_which_nothing_was_expected_are_named_with_their_reason() -> None:
    (line,) = quiet_times({"coverage": told("." * 8 + "s" * 16 + "." * 8)}, NEW_YORK)
    assert line == ("nothing was expected from 2026-01-03 to 2026-01-06: no games (All-Star break)")


def test_a_day_off_is_no_gap() -> None:
    assert list(quiet_times({"coverage": told("...ssss....")}, NEW_YORK)) == []


def test_where_one_monitor_has_something_to_check_it_is_no_gap() -> None:
    histories = {"coverage": told("s" * 17), "other": told("s" + "." * 16)}
    assert list(quiet_times(histories, NEW_YORK)) == []


def test_instants_that_could_not_be_judged_are_counted_by_reason() -> None:
    (line,) = faults({"coverage": told("..EE....", "the model returned no row")}, NEW_YORK)
    assert line == (
        "coverage could not be evaluated at 2 of 8 instants, the first 2026-01-01 12:00 EST: "
        "the model returned no row"
    )


def test_a_monitor_that_never_skips_says_nothing_of_the_calendar() -> None:
    histories = {"coverage": told("s" * 16), "drift": told("." * 16)}
    assert len(list(quiet_times(histories, NEW_YORK))) == 1


def test_a_reason_that_lists_its_parts_in_any_order_is_one_reason() -> None:
    found = [*told("E", "a: late; b: late"), *told("E", "b: late; a: late")]
    (line,) = faults({"coverage": found}, NEW_YORK)
    assert "at every instant: a: late; b: late" in line


def test_reasons_that_differ_only_in_what_is_not_shown_are_one_reason() -> None:
    long = f"{'rows are late ' * 20} of the group "
    found = [*told("E", f"{long}US"), *told("E", f"{long}CA")]
    (line,) = faults({"coverage": found}, NEW_YORK)
    assert "at every instant: rows are late" in line


def test_a_monitor_that_could_never_be_judged_is_told_so() -> None:
    (line,) = faults({"coverage": told("EEEE", "no such table")}, NEW_YORK)
    assert line == "coverage could not be evaluated at every instant: no such table"
    assert all(one.status is Status.ERROR for one in told("EEEE"))


def test_a_suite_that_changed_in_the_range_is_named(small: SmallProject) -> None:
    small.add("coverage", "select 1")
    commit(small.root)
    text = changes(small.project, ["coverage"], AGES, AHEAD)
    assert "1 commit of " in text
    assert "changed suites coverage and " in text
    assert "models/monitors/coverage.sql" in text


def test_what_changed_before_the_range_is_no_matter(small: SmallProject) -> None:
    small.add("coverage", "select 1")
    commit(small.root)
    assert changes(small.project, ["coverage"], AHEAD - timedelta(days=1), AHEAD).endswith(
        "none changed within it."
    )


def test_outside_git_nothing_is_claimed(tmp_path: Path) -> None:
    from plumbline.project import Project

    assert changes(Project(tmp_path), ["x"], AGES, AHEAD).endswith("git has no earlier ones.")


def test_columns_of_a_table_have_no_past() -> None:
    def table(**measured: str) -> CompiledTable:
        measure = Measure(lambda _answer, _as_of: ValueFound(True), outputs=measured)
        return CompiledTable("orders", "select 1", (), (), (), (), measures=(measure,))

    assert list(columns_of_now({"orders": table(elements="count(*)")})) == []
    assert list(columns_of_now({"orders": table(), "visits": table()})) == [
        "orders, visits: the current columns and types are used for every instant."
    ]


def test_all_rows_of_a_table_have_no_past() -> None:
    measure = Measure(lambda _answer, _as_of: ValueFound(True), outputs={"elements": "count(*)"})
    whole = CompiledTable("orders", "select 1", (), (), (), (), measures=(measure,))
    arrived = replace(whole, arrival="loaded_at")
    assert list(rows_of_now({"orders": whole, "visits": arrived})) == [
        "orders: all rows as they are now are used for every instant."
    ]
