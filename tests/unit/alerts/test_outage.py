"""The warehouse is down and the machine has no disk: one id for each run, and an end afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plumbline.alerts.channels.wording import plain_text
from plumbline.alerts.outage import Gap, find_gap
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
    is_empty = world.fallback.is_empty
    world.fallback = NoFallback()
    world.fallback.is_empty = is_empty
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


@pytest.mark.parametrize("goes_by_id", [True, False])
def test_an_error_that_lasts_is_opened_again_under_the_same_id(
    world: World, goes_by_id: bool
) -> None:
    for phone in world.phones.values():
        phone.ends_by_key = goes_by_id  # type: ignore[attr-defined]
    run(world, START, outcome(Status.PASS, START))
    down = START + SIX_HOURS
    run(world, down, outcome(Status.ERROR, down), down=True)
    back = down + SIX_HOURS

    run(world, back, outcome(Status.ERROR, back))
    run(world, back + SIX_HOURS, outcome(Status.PASS, back + SIX_HOURS))

    assert [event for _, event in ids(world)] == ["opened", "opened", "resolved"]
    assert len({incident for incident, _ in ids(world)}) == 1
    first, second, _ = (one.items[0].event_id for one in world.phones["slack-error"].took)
    assert first == second


def test_an_error_after_runs_that_were_not_made_is_notified(world: World) -> None:
    run(world, START, outcome(Status.PASS, START))
    later = START + 9 * SIX_HOURS

    run(world, later, outcome(Status.ERROR, later))

    assert [event for _, event in ids(world)] == ["opened"]


def test_without_a_gap_between_runs_nothing_is_ended(world: World) -> None:
    run(world, START, outcome(Status.PASS, START))

    run(world, START + SIX_HOURS, outcome(Status.PASS, START + SIX_HOURS))

    assert ids(world) == []


def test_people_who_heard_it_from_each_run_hear_the_end_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    run(world, START, outcome(Status.PASS, START))
    for number in (1, 2):
        at = START + number * SIX_HOURS
        run(world, at, outcome(Status.ERROR, at), down=True)
    for number in (3, 4):
        at = START + number * SIX_HOURS
        run(world, at, outcome(Status.PASS, at))

    assert [event for _, event in ids(world)] == ["opened", "opened", "resolved"]
    assert len({incident for incident, _ in ids(world)}) == 1
    written = [name for name in world.warehouse.projected if name.endswith("-resolved")]
    assert written == [], "what may have been is no part of the history"
    text = plain_text(world.phones["slack-error"].took[-1], limit=3000)
    assert "no run was recorded since 2 Feb 12:00 UTC" in text
    assert "may have sent an ERROR: it has ended" in text


def test_an_end_that_may_have_had_no_opening_makes_no_monitor_flap(world: World) -> None:
    # The fifth run is missing.
    for number, status in enumerate(
        ("PASS", "ERROR", "ERROR", "PASS", "", "PASS", "ERROR", "ERROR")
    ):
        at = START + number * SIX_HOURS
        if status:
            run(world, at, outcome(Status(status), at))

    assert [event for _, event in ids(world)] == ["opened", "resolved", "resolved", "opened"]


def _with_a_disk(world: World) -> None:
    world.fallback.is_empty = False


@pytest.mark.parametrize(
    ("spoil", "gap"),
    [
        (_with_a_disk, Gap((EVERY_SIX_HOURS,))),
        (lambda _: None, Gap((EVERY_SIX_HOURS,), is_exact=False)),
        (lambda _: None, Gap()),
    ],
    ids=["a disk would know", "a scheduler that skips runs", "no schedule"],
)
def test_people_hear_no_end_where_a_gap_does_not_show_that_runs_were_made(
    tmp_path: Path, spoil: Callable[[World], None], gap: Gap
) -> None:
    world = World(tmp_path)
    spoil(world)
    run(world, START, outcome(Status.PASS, START), gap=gap)
    later = START + 9 * SIX_HOURS

    run(world, later, outcome(Status.PASS, later), gap=gap)

    assert ids(world) == []


def test_a_retry_of_a_run_that_was_stored_ends_nothing(world: World) -> None:
    run(world, START, outcome(Status.PASS, START))
    at = START + SIX_HOURS
    run(world, at + timedelta(seconds=5), outcome(Status.PASS, at + timedelta(seconds=5)))
    again = at + timedelta(seconds=40)

    run(world, again, outcome(Status.PASS, again), gap=Gap((EVERY_SIX_HOURS,), is_retry=True))

    assert ids(world) == []


def test_a_retry_that_records_the_same_outcomes_again_assumes_no_incident(world: World) -> None:
    # of dbt: without a schedule, and of the instant at which the test ran
    for gap in (Gap(), Gap(is_retry=True)):
        run(world, START, outcome(Status.PASS, START), gap=gap)

    assert world.warehouse.state.known.incidents == ()


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
    assert find_gap([], {"CLOUD_RUN_TASK_ATTEMPT": value}).is_retry is expected


def test_a_workflow_of_github_may_have_been_skipped() -> None:
    assert find_gap([], {}).is_exact
    assert not find_gap([], {"GITHUB_ACTIONS": "true"}).is_exact
