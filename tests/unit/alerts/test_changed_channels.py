"""alerts.yml is edited while incidents are open: routes, names of channels, channels that are gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plumbline.alerts.editing import dropped, edit
from plumbline.alerts.report import AlertsReport
from plumbline.alerts.state import Outage
from plumbline.core.errors import ConfigError
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.project.alerts import AlertsConfig, Route
from support.alert_store import MemoryStore
from support.alert_world import SIX_HOURS, START, World, lines, outcome

BUSY = Receipt(DeliveryStatus.RETRY, "503", 503, retry_after=60)


@pytest.fixture
def world(tmp_path: Any) -> World:
    return World(tmp_path)


def without_routes(config: AlertsConfig) -> AlertsConfig:
    return replace(config, routes=(), fallback=None)


def run(world: World, number: int, status: Status, **more: Any) -> AlertsReport:
    at = START + number * SIX_HOURS
    return world.run(at, outcome(status, at, **more))


# Routes


def test_an_incident_without_a_route_is_suppressed_once_and_said_at_each_run(world: World) -> None:
    world.config = without_routes(world.config)
    first = run(world, 0, Status.CRITICAL)
    second = run(world, 1, Status.CRITICAL)

    assert [(str(line.event), line.channel, line.why) for line in first.lines] == [
        ("suppressed", None, "no route")
    ]
    assert lines(second) == []
    for report in (first, second):
        assert any("is not sent: no route matches it" in note for note in report.notes)


def test_an_incident_without_a_route_is_notified_once_there_is_one(world: World) -> None:
    routed, world.config = world.config, without_routes(world.config)
    run(world, 0, Status.CRITICAL)
    world.config = routed

    assert lines(run(world, 1, Status.CRITICAL)) == [("opened", "slack-error", True)]
    assert lines(run(world, 2, Status.PASS)) == [("resolved", "slack-error", True)]


def test_an_incident_that_an_earlier_version_left_unrouted_is_notified(world: World) -> None:
    """It counted as notified, though no channel was."""
    run(world, 0, Status.CRITICAL)
    state = world.warehouse.state
    (incident,) = state.known.incidents
    assert incident.notified_at is not None
    incident = replace(incident, notified_channels=())
    world.warehouse.state = replace(state, known=replace(state.known, incidents=(incident,)))

    assert lines(run(world, 1, Status.CRITICAL)) == [("opened", "slack-error", True)]


def test_an_incident_that_ends_without_a_route_ends_silently(world: World) -> None:
    world.config = without_routes(world.config)
    run(world, 0, Status.CRITICAL)

    assert [line for line in run(world, 1, Status.PASS).lines if line.channel] == []
    assert world.warehouse.state.outbox == ()


def test_an_incident_whose_route_is_gone_is_told_on_where_it_was_notified(world: World) -> None:
    run(world, 0, Status.WARNING)
    world.config = without_routes(world.config)

    assert lines(run(world, 1, Status.CRITICAL)) == [("escalated", "slack-warning", True)]
    assert lines(run(world, 30, Status.CRITICAL)) == [("reminded", "slack-warning", True)]


def test_a_monitor_without_a_route_does_not_cover_the_monitors_that_build_on_it(
    world: World,
) -> None:
    world.config = replace(
        world.config, routes=(Route(to=("slack-error",), monitors=("b",)),), fallback=None
    )
    report = world.run(
        START,
        outcome(Status.CRITICAL, START, "a"),
        outcome(Status.CRITICAL, START, "b", depends_on=("a",)),
    )

    assert ("opened", "slack-error", True) in lines(report)
    assert world.heard == [("b", "opened")]


# Names


def rename(world: World, old: str, new: str) -> None:
    channels = dict(world.config.channels)
    channels[new] = channels.pop(old).model_copy(update={"renamed_from": [old]})
    routes = tuple(
        replace(route, to=tuple(new if name == old else name for name in route.to))
        for route in world.config.routes
    )
    world.config = replace(world.config, channels=channels, routes=routes)
    phone = world.phones.pop(old)
    phone.name = new
    world.phones[new] = phone


def test_a_renamed_channel_hears_the_end(world: World) -> None:
    run(world, 0, Status.CRITICAL)
    rename(world, "slack-error", "ops")

    assert lines(run(world, 1, Status.PASS)) == [("resolved", "ops", True)]


@pytest.mark.parametrize(
    ("fallback", "told"),
    [("slack", "slack is notified of their end"), (None, "it gets no more messages about them")],
)
def test_a_channel_that_is_gone_while_its_incident_is_open_is_said_at_each_run(
    world: World, fallback: str | None, told: str
) -> None:
    run(world, 0, Status.CRITICAL)
    (incident,) = world.warehouse.state.known.incidents
    kept = {name: one for name, one in world.config.channels.items() if name != "slack-error"}
    del world.phones["slack-error"]
    world.config = replace(world.config, channels=kept, routes=(), fallback=fallback)

    said = (
        f"Channel slack-error is no longer in checkpoints/alerts.yml, and was notified of "
        f"{incident.id}, still open: {told}. If it was renamed, add `renamed_from: slack-error` "
        "to its new name."
    )
    assert said in run(world, 1, Status.CRITICAL).notes
    assert said in run(world, 2, Status.PASS).notes
    assert not any("no longer in" in note for note in run(world, 3, Status.PASS).notes)


def test_a_renamed_channel_gets_what_waits_for_it(world: World) -> None:
    world.phones["slack-error"].answers = [BUSY]
    run(world, 0, Status.CRITICAL)
    rename(world, "slack-error", "ops")
    report = world.alert_service(START + SIX_HOURS).flush()

    assert lines(report) == [("opened", "ops", True)]
    assert run(world, 2, Status.PASS).waiting == 0
    assert world.phones["ops"].heard == [("a", "opened"), ("a", "resolved")]


def test_a_renamed_channel_keeps_its_threads_and_its_outage(world: World) -> None:
    run(world, 0, Status.CRITICAL)
    state = world.warehouse.state
    (incident,) = state.known.incidents
    incident = replace(incident, references={"slack-error": {"ts": "1.2"}})
    outage = Outage(since=START - timedelta(hours=2), until=START)
    world.warehouse.state = replace(
        state,
        known=replace(state.known, incidents=(incident,)),
        outages={"slack-error": outage},
    )
    rename(world, "slack-error", "ops")
    world.phones["ops"].always = BUSY
    run(world, 30, Status.CRITICAL)

    (kept,) = world.warehouse.state.known.incidents
    assert kept.references == {"ops": {"ts": "1.2"}}
    assert kept.notified_channels == ("ops", "slack")
    assert world.warehouse.state.outages["ops"].since == outage.since


# Messages that can't be delivered


def test_a_waiting_message_can_be_dropped_and_the_next_one_goes_out(world: World) -> None:
    world.phones["slack-error"].answers = [BUSY]
    run(world, 0, Status.CRITICAL)
    (pending,) = world.warehouse.state.outbox
    later = START + SIX_HOURS
    edit(
        MemoryStore(world.warehouse),  # type: ignore[arg-type]
        lambda state: dropped(state, pending.message.id, by="ana", reason="it is broken", at=later),
        now=later,
    )
    run(world, 2, Status.PASS)

    assert world.phones["slack-error"].heard == [("a", "resolved")]
    assert [event for event in world.warehouse.projected if event.endswith("-dropped")]


def test_all_that_waits_for_a_channel_can_be_dropped(world: World) -> None:
    world.phones["slack-error"].answers = [replace(BUSY, retry_after=86_400)]
    world.config = replace(world.config, fallback=None)
    run(world, 0, Status.CRITICAL)
    run(world, 1, Status.PASS)
    state = world.warehouse.state
    assert len(state.outbox) == 2

    after = dropped(state, "slack-error", by="ana", reason="it was deleted", at=START)

    assert after.outbox == ()
    assert len(after.events) == len(state.events) + 2


def test_who_dropped_a_message_and_why_is_recorded(world: World) -> None:
    world.phones["slack-error"].answers = [BUSY]
    run(world, 0, Status.CRITICAL)
    state = world.warehouse.state

    (row,) = dropped(
        state, state.outbox[0].message.id, by="ana", reason="it is broken", at=START
    ).events[len(state.events) :]

    assert (row.verdict, row.detail) == ("dropped", "dropped by ana: it is broken")  # type: ignore[union-attr]


def test_a_message_that_does_not_wait_cant_be_dropped(world: World) -> None:
    with pytest.raises(ConfigError, match="no message is waiting"):
        dropped(world.warehouse.state, "m-1", by="ana", reason="", at=START)
