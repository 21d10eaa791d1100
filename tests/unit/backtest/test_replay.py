"""Runs of several checkpoints, decided as live runs are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from plumbline.alerts.compose import RunFacts
from plumbline.backtest.replay import PastRun, replay_runs
from plumbline.core.alert_policy import Policy
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run
from plumbline.core.status import Status
from plumbline.project.alerts import AlertsConfig, Route, default_alerts
from support.alert_world import World
from support.incidents import STATUSES, outcome
from unit.backtest.conftest import at

HOUR = timedelta(hours=1)


def run(after: timedelta, checkpoint: str, **statuses: Status) -> PastRun:
    instant = at(0) + after
    found = [outcome(name, status, instant) for name, status in statuses.items()]
    return PastRun(instant, checkpoint, found)


def test_a_monitor_of_two_checkpoints_has_one_incident() -> None:
    replay = replay_runs(
        [
            run(0 * HOUR, "full", coverage=Status.PASS, lag=Status.PASS),
            run(1 * HOUR, "daily", coverage=Status.CRITICAL),
            run(6 * HOUR, "full", coverage=Status.CRITICAL, lag=Status.WARNING),
            run(12 * HOUR, "full", coverage=Status.PASS, lag=Status.PASS),
        ],
        alerts=default_alerts(),
    )
    coverage, lag = replay.incidents
    assert (coverage.incident.opened_at, coverage.incident.checkpoint) == (at(0) + HOUR, "daily")
    assert [str(change.event) for change in coverage.changes] == ["opened", "resolved"]
    assert (lag.incident.checkpoint, lag.told) == ("full", 2)
    assert [(one.at - at(0), one.channel) for one in replay.messages] == [
        (1 * HOUR, "slack-error"),
        (6 * HOUR, "slack-warning"),
        (12 * HOUR, "slack-error"),
        (12 * HOUR, "slack-warning"),
    ]


def test_of_two_runs_at_one_instant_the_second_changes_nothing() -> None:
    replay = replay_runs(
        [
            run(0 * HOUR, "full", coverage=Status.CRITICAL),
            run(0 * HOUR, "daily", coverage=Status.CRITICAL),
        ],
        alerts=default_alerts(),
    )
    assert [str(change.event) for change in replay.changes] == ["opened"]
    assert len(replay.messages) == 1


# Live alerts, with a store and channels in memory, as the witness.

MONITORS = ("parent", "child", "owned", "unrouted")
ROUTED = replace(
    default_alerts(),
    routes=(
        Route(to=("slack-warning",), monitors=("owned",), owners=("web",)),
        Route(to=("slack",), checkpoints=("daily",), statuses=(Status.CRITICAL,)),
        Route(
            to=("slack-error",),
            statuses=(
                Status.CRITICAL,
                Status.ERROR,
            ),
            escalate_after=timedelta(hours=30),
            escalate_to=("slack",),
        ),
        Route(to=("slack-warning",), monitors=MONITORS[:3]),
    ),
    fallback=None,
    policy=Policy(remind_critical=timedelta(hours=12), remind_warning=timedelta(hours=24)),
)


def found(monitor: str, letter: str, systems: str, instant: datetime) -> Outcome:
    status = STATUSES[letter]
    one = outcome(
        monitor,
        status,
        instant,
        failing=systems if status.is_failing and status is not Status.ERROR else (),
        well="z",
        depends_on=["parent"] if monitor == "child" else (),
    )
    return replace(one, owner="web" if monitor == "owned" else "data")


@st.composite
def runs(draw: st.DrawFn) -> list[PastRun]:
    """Every six hours by one checkpoint, sometimes by another in between."""
    made = []
    for number in range(draw(st.integers(2, 14))):
        for hours, checkpoint in ((0, "full"), (2, "daily")):
            if checkpoint == "daily" and not draw(st.booleans()):
                continue
            instant = at(number) + timedelta(hours=hours)
            outcomes = [
                found(
                    name,
                    draw(st.sampled_from("..wCCEs")),
                    draw(st.sampled_from(("x", "xy"))),
                    instant,
                )
                for name in MONITORS
                if checkpoint == "full" or draw(st.booleans())
            ]
            made.append(PastRun(instant, checkpoint, outcomes))
    return made


def live(past: list[PastRun], alerts: AlertsConfig) -> list[tuple[datetime, str, list[str]]]:
    """The messages that live runs send: instant, channel, and the monitors that they are about."""
    world = World(None)
    world.config = alerts
    for number, one in enumerate(past):
        run = Run(f"run-{number}", one.checkpoint, "t", one.at, None)
        world.alert_service(one.at).notify(one.outcomes, RunFacts(run, one.at))
    return sorted(
        (message.as_of, name, sorted(item.monitor for item in message.items))
        for name, phone in world.phones.items()
        for message in phone.took
    )


@settings(max_examples=60, deadline=None)
@given(runs())
def test_the_messages_are_those_that_live_runs_send(past: list[PastRun]) -> None:
    replay = replay_runs(past, alerts=ROUTED)
    monitors = {one.incident.id: one.incident.monitor for one in replay.incidents}
    sent = sorted(
        (one.at, one.channel, sorted(monitors[id_] for id_ in one.incidents))
        for one in replay.messages
    )
    assert sent == live(past, ROUTED)
