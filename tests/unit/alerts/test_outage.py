"""The warehouse is down and the machine has no disk: one id for each run, and an end afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plumbline.alerts.outage import Gap, is_retry
from plumbline.alerts.report import AlertsReport
from plumbline.core.errors import WarehouseError
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.project import Schedule
from support.alert_world import SIX_HOURS, START, NoFallback, World, facts, outcome

EVERY_SIX_HOURS = Schedule(
    "all", "c", "0 */6 * * *", ZoneInfo("UTC"), timedelta(minutes=10), ("slack",)
)


class Down:
    """A warehouse that can't be reached."""

    def __call__(self, _step: str) -> None:
        raise WarehouseError("nothing answers")


def run(
    world: World, at: datetime, found: Outcome, *, down: bool = False, gap: Gap | None = None
) -> AlertsReport:
    """A run on a machine of its own, without a disk."""
    world.fallback = NoFallback()
    service = world.alert_service(at, Down() if down else lambda _: None)
    for phone in world.phones.values():
        phone.step = lambda _: None
    service.gap = gap or Gap((EVERY_SIX_HOURS,))
    service.scope = "shop/bigquery"
    return service.notify([found], facts(at))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Whose channels know incidents by their id."""
    world = World(tmp_path)
    for phone in world.phones.values():
        phone.ends_by_key = True  # type: ignore[attr-defined]
    return world


def ids(world: World) -> list[tuple[str, str]]:
    return [
        (item.incident, str(item.event))
        for phone in world.phones.values()
        for message in phone.took
        for item in message.items
    ]


def test_each_run_gives_the_same_id_and_the_end_comes_with_the_warehouse(world: World) -> None:
    run(world, START, outcome(Status.PASS, START))
    for number in (1, 2):
        at = START + number * SIX_HOURS
        run(world, at, outcome(Status.ERROR, at), down=True)
    back = START + 3 * SIX_HOURS

    run(world, back, outcome(Status.PASS, back))

    (first, second, end) = ids(world)
    assert first == second
    assert end == (first[0], "resolved")
    later = back + SIX_HOURS
    run(world, later, outcome(Status.PASS, later))
    assert len(ids(world)) == 3


def test_an_error_that_lasts_is_not_opened_again(world: World) -> None:
    run(world, START, outcome(Status.PASS, START))
    down = START + SIX_HOURS
    run(world, down, outcome(Status.ERROR, down), down=True)
    back = down + SIX_HOURS

    run(world, back, outcome(Status.ERROR, back))
    run(world, back + SIX_HOURS, outcome(Status.PASS, back + SIX_HOURS))

    assert [event for _, event in ids(world)] == ["opened", "resolved"]
    assert len({incident for incident, _ in ids(world)}) == 1


def test_without_a_gap_between_runs_nothing_is_ended(world: World) -> None:
    run(world, START, outcome(Status.PASS, START))

    run(world, START + SIX_HOURS, outcome(Status.PASS, START + SIX_HOURS))

    assert ids(world) == []


def test_a_channel_that_does_not_go_by_ids_gets_no_end_without_an_opening(tmp_path: Path) -> None:
    world = World(tmp_path)
    run(world, START, outcome(Status.PASS, START))
    later = START + 9 * SIX_HOURS

    run(world, later, outcome(Status.PASS, later))

    assert ids(world) == []


def test_a_retry_sends_nothing_twice_and_ends_what_its_first_attempt_opened(world: World) -> None:
    run(world, START, outcome(Status.PASS, START))
    at = START + SIX_HOURS
    run(world, at, outcome(Status.ERROR, at), down=True)
    retry = Gap((EVERY_SIX_HOURS,), is_retry=True)

    report = run(world, at, replace(outcome(Status.ERROR, at)), down=True, gap=retry)

    assert any("is a retry" in note for note in report.notes)
    run(world, at, outcome(Status.PASS, at), gap=retry)
    assert [event for _, event in ids(world)] == ["opened", "resolved"]


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("0", False), ("", False)])
def test_cloud_run_says_which_attempt_it_is(value: str, expected: bool) -> None:
    assert is_retry({"CLOUD_RUN_TASK_ATTEMPT": value}) is expected
