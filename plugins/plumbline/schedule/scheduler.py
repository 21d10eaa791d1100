"""The scheduler for one machine: APScheduler's clockwork, our runs and our daylight saving.

Used by ``plumbline schedule run``. One a folder of state: two would run everything twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from plumbline.core.errors import ConfigError
from plumbline.project.schedule import Schedule
from plumbline.schedule.child import Stopping
from plumbline.schedule.due import next_due
from plumbline.schedule.executor import Due, Turns
from plumbline.schedule.signals import StopSignals
from plumbline.warehouse.locks import LockTimeoutError, exclusive

LOCK = "schedule.lock"

_LOOK_EVERY = timedelta(seconds=30)
"""A sleeping machine stops the clock that waits are measured by: it is looked at this often."""
_LOOK_SECONDS = 0.2


class DueTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """A schedule's runs, by cron's own rules: APScheduler's count weekdays otherwise."""

    __slots__ = ("_following", "_schedule")

    def __init__(self, schedule: Schedule, following: Due = next_due) -> None:
        self._schedule = schedule
        self._following = following

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """As APScheduler asks for it."""
        return self._following(self._schedule, previous_fire_time or now)


def run_until_stopped(
    turns: Callable[[Stopping], Turns],
    *,
    state_dir: Path,
    grace: timedelta,
    say: Callable[[str], None],
    following: Due = next_due,
) -> None:
    """Run what falls due until SIGTERM, SIGINT or SIGHUP; then let runs end, for ``grace``.

    A second signal ends what runs at once. Only for the main thread, which signals go to.

    Args:
        turns: makes the turns, once it is sure that there is no other scheduler.
        state_dir: only one scheduler at a time has it.
        grace: how long runs may go on after the signal.
        say: takes a line of the log.
        following: the first run after an instant.

    Raises:
        ConfigError: another scheduler has the folder of state.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    try:
        with exclusive(state_dir / LOCK, seconds=0), StopSignals() as signals:
            _run(turns, signals, grace=grace, say=say, following=following)
    except LockTimeoutError:
        raise ConfigError(
            f"another scheduler runs with the state in {state_dir}",
            file=state_dir / LOCK,
            fix="stop it first, or give this one a folder of its own by PLUMBLINE_STATE_DIR",
        ) from None


def _run(
    make_turns: Callable[[Stopping], Turns],
    signals: StopSignals,
    *,
    grace: timedelta,
    say: Callable[[str], None],
    following: Due,
) -> None:
    stopping = Stopping()
    turns = make_turns(stopping)
    scheduler = _clockwork(turns, following)
    scheduler.start()
    signals.wait()
    stopping.ask(grace)
    scheduler.shutdown(wait=False)
    if turns.are_running:
        say(f"stopping: what runs has {grace.total_seconds():g} s to end")
    while turns.are_running:
        if signals.wait(_LOOK_SECONDS):
            stopping.ask(timedelta())
    say("stopped")


def _clockwork(turns: Turns, following: Due) -> BackgroundScheduler:
    # It would say in words of its own what `turns` says, and more of it.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(2 * len(turns.schedules) + 1)},
        # Two, of which `turns` lets one run: with one, APScheduler drops what falls due while the
        # one before ends.
        job_defaults={"coalesce": True, "max_instances": 2, "misfire_grace_time": None},
    )
    now = datetime.now(UTC)
    for schedule in turns.schedules:
        missed = turns.missed(schedule)
        if missed is None:
            turns.say_next(schedule)
        scheduler.add_job(
            turns.take,
            DueTrigger(schedule, following),
            args=[schedule],
            next_run_time=following(schedule, now) if missed is None else now,
        )
    scheduler.add_job(_look, IntervalTrigger(seconds=_LOOK_EVERY.total_seconds(), timezone=UTC))
    return scheduler


def _look() -> None:
    """Nothing: APScheduler looks at the clock whenever anything is due."""
