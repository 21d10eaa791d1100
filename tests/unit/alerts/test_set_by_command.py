"""Acknowledgements and mutes by command end by the clock, also where a run judges another day."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from plumbline.alerts.channels.message import Message
from plumbline.alerts.editing import acknowledged, edit, muted
from plumbline.alerts.report import AlertsReport
from plumbline.core.errors import ConfigError
from plumbline.core.group_key import GroupKey
from plumbline.core.mute import Mute
from plumbline.core.outcome import GroupOutcome
from plumbline.core.status import Status
from support.alert_world import SIX_HOURS, START, World, facts, outcome

YEAR = timedelta(days=365)
HOUR = timedelta(hours=1)


def run(world: World, as_of: datetime, *failing: str, clock: datetime) -> AlertsReport:
    """A run at ``clock`` that judges ``as_of``; without a group that fails, all is well."""
    groups = tuple(
        GroupOutcome(key=GroupKey.of({"g": name}), status=Status.CRITICAL, observed=1.0)
        for name in failing
    )
    status = Status.CRITICAL if failing else Status.PASS
    return world.alert_service(clock).notify(
        [outcome(status, as_of, groups=groups)], facts(as_of, f"run-{world.runs}")
    )


def acknowledge(world: World, clock: datetime, *, until: datetime | None = None) -> None:
    edit(
        world.alert_service(clock).store,
        lambda state: acknowledged(state, "a", by="ana", at=clock, note="", until=until),
        now=clock,
    )


def news(world: World) -> list[str]:
    """What people heard since they were asked last."""
    took: list[Message] = world.phones["slack-error"].took
    heard = [str(item.event) for message in took for item in message.items]
    took.clear()
    return heard


REPLAYED = pytest.mark.parametrize("behind", [timedelta(), YEAR], ids=["live", "a year ago"])


@REPLAYED
def test_an_acknowledgement_expires_by_the_clock(tmp_path: Path, behind: timedelta) -> None:
    world, remind = World(tmp_path), timedelta(days=4)
    run(world, START - behind, "x", clock=START)
    acknowledge(world, START, until=START + 3 * remind)
    assert news(world) == ["opened"]

    for number in (1, 2):
        run(world, START - behind + number * remind, "x", clock=START + number * remind)
        assert news(world) == []
    run(world, START - behind + 3 * remind, "x", clock=START + 3 * remind)
    assert news(world) == ["reminded"]


def test_who_acknowledges_what_has_ended_is_told_so(tmp_path: Path) -> None:
    world = World(tmp_path)
    run(world, START, "x", clock=START)
    run(world, START + SIX_HOURS, clock=START + SIX_HOURS)
    with pytest.raises(ConfigError, match=r"no incident of a is open: a-\w+ has ended") as raised:
        acknowledge(world, START + SIX_HOURS)
    assert "plumbline alerts show a-" in str(raised.value.fix)


def test_an_acknowledgement_for_days_is_no_sign_of_a_clock_that_is_ahead(tmp_path: Path) -> None:
    world = World(tmp_path)
    run(world, START, "x", clock=START)
    acknowledge(world, START, until=START + timedelta(days=7))

    report = run(world, START + SIX_HOURS, "x", clock=START + SIX_HOURS)

    assert report.notes == ()


def test_an_acknowledgement_by_a_clock_that_was_ahead_lasts_as_long_as_was_asked(
    tmp_path: Path,
) -> None:
    world, ahead = World(tmp_path), timedelta(days=60)
    run(world, START, "x", clock=START)
    acknowledge(world, START + ahead, until=START + ahead + timedelta(days=2))

    run(world, START + SIX_HOURS, "x", clock=START + SIX_HOURS)

    (incident,) = world.warehouse.state.known.incidents
    assert incident.ack is not None
    assert incident.ack.until == START + SIX_HOURS + timedelta(days=2)


@REPLAYED
def test_a_group_that_fails_after_the_acknowledgement_is_notified(
    tmp_path: Path, behind: timedelta
) -> None:
    world = World(tmp_path)
    run(world, START - behind, "x", clock=START)
    acknowledge(world, START + HOUR)
    assert news(world) == ["opened"]

    run(world, START - behind + SIX_HOURS, "x", "y", clock=START + SIX_HOURS)

    assert news(world) == ["changed"]


def test_a_group_that_failed_while_somebody_acknowledged_is_notified(tmp_path: Path) -> None:
    world = World(tmp_path)
    run(world, START, "x", clock=START)
    assert news(world) == ["opened"]
    begun = START + SIX_HOURS
    acknowledge(world, begun + timedelta(seconds=5))

    run(world, begun, "x", "y", clock=begun + timedelta(seconds=30))

    assert news(world) == ["changed"]


@REPLAYED
def test_a_mute_ends_by_the_clock(tmp_path: Path, behind: timedelta) -> None:
    world = World(tmp_path)
    mute = Mute("a", "ana", "backfill", START + HOUR, "command", created_at=START)
    edit(world.alert_service(START).store, lambda state: muted(state, mute, START), now=START)
    run(world, START - behind, "x", clock=START)
    assert news(world) == []

    run(world, START - behind + HOUR / 2, "x", clock=START + HOUR)

    assert news(world) == ["opened"]
