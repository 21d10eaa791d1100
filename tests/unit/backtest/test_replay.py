"""Runs of several checkpoints, decided as live runs are."""

from __future__ import annotations

from datetime import timedelta

from plumbline.backtest.replay import PastRun, replay_runs
from plumbline.core.status import Status
from plumbline.project.alerts import default_alerts
from support.incidents import outcome
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
