"""A run whose clock is ahead is refused, and what one left behind does not silence later runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from plumbline.alerts.clocks import TOLERANCE
from plumbline.core.errors import PlumblineError
from plumbline.core.status import Status
from support.alert_world import SIX_HOURS, START, World, facts, outcome

AHEAD = timedelta(days=60)


def test_a_run_of_an_instant_that_the_warehouse_has_not_reached_changes_nothing(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    service = world.alert_service(START + AHEAD)
    service.store.time = START
    recorded: list[str] = []
    service.record = lambda: recorded.append("outcomes")
    at = START + AHEAD

    with pytest.raises(PlumblineError, match=r"60\.0 days ahead of the warehouse's clock"):
        service.notify([outcome(Status.CRITICAL, at)], facts(at))

    assert (recorded, world.heard, world.warehouse.state.version) == ([], [], 0)


def test_clocks_that_differ_a_little_are_believed(tmp_path: Path) -> None:
    world = World(tmp_path)
    service = world.alert_service(START)
    service.store.time = START - TOLERANCE

    service.notify([outcome(Status.CRITICAL, START)], facts(START))

    assert world.heard == [("a", "opened")]


@pytest.mark.parametrize("seen_before", [True, False], ids=["known monitor", "new monitor"])
def test_after_a_run_with_a_clock_that_was_ahead_a_real_critical_is_sent(
    tmp_path: Path, seen_before: bool
) -> None:
    world = World(tmp_path)
    if seen_before:
        world.run(START, outcome(Status.PASS, START))
    world.run(START + AHEAD, outcome(Status.PASS, START + AHEAD))
    at = START + SIX_HOURS

    report = world.run(at, outcome(Status.CRITICAL, at))

    assert world.heard == [("a", "opened")]
    assert any("The clock of an earlier run was ahead" in note for note in report.notes)
    assert world.run(at + SIX_HOURS, outcome(Status.PASS, at + SIX_HOURS)).notes == ()
    assert world.heard == [("a", "opened"), ("a", "resolved")]


def test_an_incident_that_was_opened_ahead_is_reminded_and_ends_in_time(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run(START + AHEAD, outcome(Status.CRITICAL, START + AHEAD))
    at = START + SIX_HOURS

    world.run(at, outcome(Status.CRITICAL, at))
    (incident,) = world.warehouse.state.known.incidents
    assert incident.opened_at <= at
    world.run(at + SIX_HOURS, outcome(Status.PASS, at + SIX_HOURS))

    assert world.heard == [("a", "opened"), ("a", "resolved")]


def test_with_a_warehouse_that_is_later_than_this_machine_its_time_counts(tmp_path: Path) -> None:
    world = World(tmp_path)
    later = START + timedelta(days=3)
    world.run(later, outcome(Status.CRITICAL, later))
    behind = world.alert_service(START)
    behind.store.time = later

    report = behind.notify([outcome(Status.PASS, START)], facts(START))

    assert not any("clock" in note for note in report.notes)
    assert world.warehouse.state.known.monitors["a"].as_of == later
