"""Rows of outcomes to costs: what each case comes to, by whom."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plumbline.core.pricing import MB, TIB, Price
from plumbline.history.cost.summary import CostLine, Rates, summarise, total
from plumbline.history.reader import Spent

TABLES = {"lines": 2, "grades": 3}
TEN_DAYS = Rates(timedelta(days=10), {"health": 120.0}, Price(per_tib=6.25))

LINES = Spent("lines", "health", "ml", runs=40, jobs=40, bytes_billed=40 * 20 * MB)
GRADES = Spent("grades", "health", "data", runs=40, jobs=40, bytes_billed=40 * 130 * MB)
BY_HAND = Spent("lines", "full", "ml", runs=5, jobs=5, bytes_billed=5 * 20 * MB)


def _only(spent: Spent, rates: Rates = TEN_DAYS) -> CostLine:
    (line,) = summarise([spent], "monitor", tables=TABLES, rates=rates)
    return line


def test_a_scheduled_checkpoint_runs_as_often_in_a_month_as_its_schedule_says() -> None:
    line = _only(LINES)
    assert line.per_run == 20 * MB
    assert line.per_day == 80 * MB
    assert line.per_month == 120 * 20 * MB
    assert line.money_per_month == pytest.approx(120 * 20 * MB / TIB * 6.25)


def test_one_without_a_schedule_goes_on_as_it_did() -> None:
    assert _only(BY_HAND).per_month == 3 * 5 * 20 * MB


@pytest.mark.parametrize(
    ("spent", "billed", "minimum", "is_least"),
    [
        pytest.param(LINES, 800 * MB, 800 * MB, False, id="nothing but the minimum"),
        pytest.param(GRADES, 5200 * MB, 1200 * MB, False, id="more than the minimum"),
        pytest.param(
            replace(LINES, bytes_billed=60 * MB), 60 * MB, 60 * MB, False, id="cached answers"
        ),
        pytest.param(
            replace(LINES, bytes_billed=None, silent_jobs=40),
            800 * MB,
            800 * MB,
            True,
            id="the warehouse does not say",
        ),
        pytest.param(
            replace(LINES, bytes_billed=300 * MB, silent_jobs=30),
            900 * MB,
            800 * MB,
            True,
            id="it says so of some",
        ),
        pytest.param(
            replace(LINES, monitor="gone", bytes_billed=60 * MB),
            60 * MB,
            None,
            False,
            id="a model that is gone",
        ),
        pytest.param(
            replace(LINES, monitor="gone", bytes_billed=None, silent_jobs=40),
            None,
            None,
            True,
            id="a model that is gone, and no word of the warehouse",
        ),
        pytest.param(
            replace(LINES, jobs=0, bytes_billed=None), None, 0, False, id="no job was ever made"
        ),
    ],
)
def test_the_minimum_is_what_empty_tables_had_been_billed(
    spent: Spent, billed: int | None, minimum: int | None, is_least: bool
) -> None:
    line = _only(spent)
    assert (line.bytes_billed, line.minimum, line.is_least) == (billed, minimum, is_least)


def test_monitors_of_a_checkpoint_run_together_and_are_one_run() -> None:
    (line,) = summarise([LINES, GRADES], "checkpoint", tables=TABLES, rates=TEN_DAYS)
    assert (line.runs, line.jobs, line.per_run) == (40, 80, 150 * MB)


def test_a_monitor_of_two_checkpoints_is_one_line() -> None:
    (line,) = summarise([LINES, BY_HAND], "monitor", tables=TABLES, rates=TEN_DAYS)
    assert (line.runs, line.bytes_billed) == (45, 900 * MB)
    assert line.per_month == 120 * 20 * MB + 3 * 5 * 20 * MB


def test_the_dearest_comes_first_and_who_has_no_owner_is_nobodys() -> None:
    spent = [LINES, replace(GRADES, owner=None)]
    lines = summarise(spent, "owner", tables=TABLES, rates=TEN_DAYS)
    assert [line.name for line in lines] == ["nobody", "ml"]


def test_the_total_is_all_of_it_and_unknown_where_one_part_is() -> None:
    assert total([LINES, GRADES], tables=TABLES, rates=TEN_DAYS).minimum == 2000 * MB
    assert total([LINES, GRADES], tables={"lines": 2}, rates=TEN_DAYS).minimum is None
