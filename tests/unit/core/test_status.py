"""Statuses, score and exit codes: the contract as a table."""

from __future__ import annotations

from itertools import product

import pytest

from plumbline.core.status import FailOn, Status, exit_code, run_status, score

P, W, C, E, S = Status.PASS, Status.WARNING, Status.CRITICAL, Status.ERROR, Status.SKIPPED


@pytest.mark.parametrize(
    ("statuses", "status", "points"),
    [
        ([P], "OK", 100),
        ([P, S], "OK", 100),
        ([P, W], "WARNING", 50),
        ([W], "WARNING", 0),
        ([P, W, E], "ERROR", 33),
        ([E, C], "CRITICAL", 0),
        ([P, P, P, C, C], "CRITICAL", 60),
        ([P, P, W], "WARNING", 66),
        ([S, S], "SKIPPED", None),
        ([S, W], "WARNING", 0),
        ([], "SKIPPED", None),
    ],
)
def test_a_run_has_the_status_of_its_worst_monitor_and_a_score(
    statuses: list[Status], status: str, points: int | None
) -> None:
    assert (run_status(statuses), score(statuses)) == (status, points)


@pytest.mark.parametrize(
    ("statuses", "warning", "critical", "error", "never"),
    [
        ([P], 0, 0, 0, 0),
        ([S], 0, 0, 0, 0),
        ([], 0, 0, 0, 0),
        ([W], 1, 0, 0, 0),
        ([C], 2, 2, 0, 0),
        ([E], 3, 3, 3, 0),
        ([W, C], 2, 2, 0, 0),
        ([W, E], 3, 3, 3, 0),
        ([C, E], 2, 2, 3, 0),
        ([P, W, C, E, S], 2, 2, 3, 0),
    ],
)
def test_the_exit_code_is_that_of_the_worst_status_that_fail_on_counts(
    statuses: list[Status], warning: int, critical: int, error: int, never: int
) -> None:
    options: tuple[FailOn, ...] = ("warning", "critical", "error", "never")
    assert [exit_code(statuses, fail_on) for fail_on in options] == [
        warning,
        critical,
        error,
        never,
    ]


def test_the_order_of_monitors_changes_nothing() -> None:
    for three in product(Status, repeat=3):
        assert run_status(three) == run_status(three[::-1])
        assert score(three) == score(three[::-1])
        assert exit_code(three) == exit_code(three[::-1])


def test_no_monitor_that_is_not_well_is_ever_ok() -> None:
    for three in product(Status, repeat=3):
        if {W, C, E} & set(three):
            assert run_status(three) not in ("OK", "SKIPPED")
            assert exit_code(three) != 0
