"""Waits for each run and makes it once; never two of a checkpoint at a time.

A run that was missed (the machine slept, the scheduler was down, the one before took long) is
caught up once, however many were missed. Used by the scheduler, in a thread for each schedule.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from plumbline.core.instants import exact_rfc3339
from plumbline.core.signals import ENDING, exit_code, message
from plumbline.core.status import EXIT_ERROR, EXIT_OK, EXIT_SOFTWARE, EXIT_USAGE
from plumbline.core.text import span
from plumbline.history.heartbeat import DUE_VARIABLE, SCHEDULE_VARIABLE
from plumbline.project.due import last_due, maintenance_end, next_due
from plumbline.project.schedule import Schedule, write_duration
from plumbline.project.state_files import StateFiles
from plumbline.schedule.child import PATIENCE, Ended, Stopping, run_child
from plumbline.schedule.last_runs import (
    LastRun,
    Outcome,
    read_last_runs,
    write_last_runs,
)

logger = logging.getLogger(__name__)

_LATE = timedelta(minutes=1)
"""From here on it is said that a run starts late."""
_LOOK_EVERY = timedelta(seconds=30)
"""The clock is read at least this often: a wait alone would not notice that the machine slept or
that its clock was set."""
_TICK = timedelta(microseconds=1)
_SLIP = timedelta(hours=1)
"""So far a clock may be put back without a run being made again."""

_MEANINGS = {
    EXIT_OK: "",
    EXIT_ERROR: ": ERROR, a check could not run",
    EXIT_USAGE: ": FAILED, wrong configuration, nothing was checked",
    EXIT_SOFTWARE: ": FAILED, a bug in plumbline",
    **{exit_code(number): f": FAILED, {message(number)}" for number in ENDING},
}

Due = Callable[[Schedule, datetime], datetime]


class Executor:
    """The runs of all schedules."""

    def __init__(
        self,
        schedules: Sequence[Schedule],
        *,
        command: Callable[[Schedule], Sequence[str]],
        state: StateFiles,
        stopping: Stopping,
        say: Callable[[str], None],
        clock: Callable[[], datetime],
        last: Due = last_due,
        following: Due = next_due,
        patience: timedelta = PATIENCE,
    ) -> None:
        """Begin; what was never seen before is remembered, and not caught up.

        Args:
            command: the run of a schedule, as a command line.
            stopping: once asked, nothing is started any more.
            say: takes a line of the log.
            following: the first run after an instant.
            patience: between asking a run to end and killing it.
        """
        self.schedules = tuple(schedules)
        self._command = command
        self._files = state
        self._stopping = stopping
        self._say = say
        self._clock = clock
        self._last = last
        self._following = following
        self._patience = patience
        self._of_checkpoint = {one.checkpoint: threading.Lock() for one in schedules}
        self._state = threading.Lock()
        self._taken = 0
        self._runs = dict(self._remembered(read_last_runs(state, [one.name for one in schedules])))
        self._write()

    @property
    def is_running(self) -> bool:
        """Whether a run is going on, or is about to."""
        return self._taken > 0

    def missed(self, schedule: Schedule, *, reached: datetime | None = None) -> datetime | None:
        """The last run that was due and did not happen; None where it did.

        Args:
            reached: an instant that the clock has shown: one that is put back by a little must
                not hide the run that was due then.
        """
        now = self._clock() if reached is None else max(self._clock(), reached)
        due = self._last(schedule, now + _TICK)
        done = self._runs[schedule.name].due
        # A run of the future comes from a clock that was wrong then.
        return None if due <= done <= now + _SLIP else due

    def follow(self, schedule: Schedule) -> None:
        """Catch up what was missed, then do each run when it is due, until the scheduler stops."""
        due = self._following(schedule, self._clock())
        if self.missed(schedule) is None:
            self.say_next(schedule)
        else:
            due = self._clock()
        while not self._stopping.is_asked:
            now = self._clock()
            following = self._following(schedule, now)
            if due > now:
                due = min(due, following)  # the clock may have been put back
                self._stopping.wait(min(due - now, _LOOK_EVERY))
                continue
            held_until = maintenance_end(schedule, now)
            if held_until is not None:  # what was missed is caught up after it
                due = held_until
                continue
            due = following
            try:
                self.take(schedule, reached=now)
            except Exception:  # the runs after this one are still to be made
                logger.exception("%s: FAILED, a bug in plumbline", schedule.name)

    def take(self, schedule: Schedule, *, reached: datetime | None = None) -> None:
        """Do what is due of ``schedule``, after any other run of its checkpoint.

        Args:
            reached: as for `missed`.
        """
        self._count(1)
        try:
            with self._of_checkpoint[schedule.checkpoint]:
                while not self._stopping.is_asked:
                    due = self.missed(schedule, reached=reached)
                    if due is None:
                        break
                    self._run(schedule, due)
        finally:
            self._count(-1)

    def say_next(self, schedule: Schedule) -> None:
        """When the next run is due."""
        due = self._following(schedule, self._clock())
        self._say(f"{schedule.name}: next run {_shown(schedule, due)}")

    def _run(self, schedule: Schedule, due: datetime) -> None:
        name, now = schedule.name, self._clock()
        late = now - due
        self._say(
            f"{name}: started, due {_shown(schedule, due)}"
            + (f", {span(late)} ago" if late >= _LATE else "")
        )
        try:
            ended = run_child(
                self._command(schedule),
                environment={**os.environ, **_told(schedule, due)},
                allowed=schedule.deadline,
                stopping=self._stopping,
                patience=self._patience,
            )
        except OSError as fault:
            self._say(f"{name}: FAILED, the run can't be started: {fault}")
            self._remember(schedule, due, "not started")
        else:
            self._say(f"{name}: {_how(schedule, ended)}")
            # One that was stopped with the scheduler is not over: its next start catches it up.
            if ended.how != "stopped":
                self._remember(schedule, due, ended.how, ended.exit_code)
        if not self._stopping.is_asked:
            self.say_next(schedule)

    def _remembered(self, known: Mapping[str, LastRun]) -> Mapping[str, LastRun]:
        """Each schedule's last run; of those that are new or have changed, as if just done."""
        now = self._clock()
        return {
            one.name: found
            if (found := known.get(one.name)) is not None
            and (found.cron, found.timezone) == (one.cron, one.timezone.key)
            else LastRun(one.cron, one.timezone.key, self._last(one, now + _TICK), "first seen")
            for one in self.schedules
        }

    def _remember(
        self, schedule: Schedule, due: datetime, outcome: Outcome, exit_code: int | None = None
    ) -> None:
        run = LastRun(
            cron=schedule.cron,
            timezone=schedule.timezone.key,
            due=due,
            outcome=outcome,
            exit_code=exit_code,
            ended_at=self._clock(),
        )
        with self._state:
            self._runs[schedule.name] = run
            self._write()

    def _write(self) -> None:
        try:
            write_last_runs(self._files, self._runs)
        except OSError as fault:
            self._say(f"the last runs can't be stored, so they may be repeated: {fault}")

    def _count(self, more: int) -> None:
        with self._state:
            self._taken += more


def _told(schedule: Schedule, due: datetime) -> dict[str, str]:
    return {SCHEDULE_VARIABLE: schedule.name, DUE_VARIABLE: exact_rfc3339(due)}


def _how(schedule: Schedule, ended: Ended) -> str:
    code, seconds = ended.exit_code, f"{ended.seconds:.1f} s"
    by = f"signal {-code}" if code < 0 else f"exit code {code}"
    if ended.how == "hung":
        return (
            f"HUNG: not done within its deadline of {write_duration(schedule.deadline)}, stopped "
            f"after {seconds} ({by})"
        )
    if ended.how == "stopped":
        return (
            f"stopped with the scheduler after {seconds} ({by}); the next scheduler catches it up"
        )
    if code < 0:
        return f"FAILED, killed by {by} after {seconds}"
    return f"done in {seconds} ({by}){_MEANINGS.get(code, ': FAILED')}"


def _shown(schedule: Schedule, due: datetime) -> str:
    return f"{due.astimezone(schedule.timezone):%Y-%m-%d %H:%M %Z} ({exact_rfc3339(due)})"
