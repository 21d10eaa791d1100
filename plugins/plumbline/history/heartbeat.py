"""The heartbeats and pings of a run, for those who watch from elsewhere.

The first one goes out while the queries run, in a thread of its own; the last one when everything
else is done. What can't be sent is a note of the report and changes no run. Used by the runner.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from plumbline.core.errors import ConfigError, PlumblineError
from plumbline.core.host import start_thread
from plumbline.project.due import maintenance_end

if TYPE_CHECKING:
    from plumbline.core.outcome import RunReport
    from plumbline.core.run import Run
    from plumbline.history.dataset import OwnDataset
    from plumbline.history.heartbeat_rows import Heartbeat
    from plumbline.net.ping import Ping
    from plumbline.project import Project, Schedule, Target

SCHEDULE_VARIABLE = "PLUMBLINE_SCHEDULE"
DUE_VARIABLE = "PLUMBLINE_DUE"
"""What a scheduler tells a run: the schedule's name, and the instant (RFC 3339) that it is due."""

PLACES = ("CLOUD_RUN_EXECUTION", "GITHUB_RUN_ID", "HOSTNAME")
"""Variables that say where a run is, the most telling first."""

WRITE_SECONDS = 20.0
"""For one heartbeat, retries and all."""

JOIN_SECONDS = 20.0
"""How long the end of a run waits for its first heartbeat."""


@dataclass
class HeartbeatSender:
    """Sends the heartbeats and pings of one live run.

    Args:
        environment: says which schedule, and when it was due.
    """

    project: Project
    target: Target
    run: Run
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    notes: list[str] = field(default_factory=list)
    """What could not be sent."""
    _thread: threading.Thread | None = None
    _dataset: OwnDataset | None = None

    def start(self, now: datetime) -> None:
        """Say that the run has begun; returns at once."""
        beat = self._beat("started", now)
        self._thread = start_thread(partial(self._say, beat, "start"), "heartbeat")

    def finish(self, report: RunReport) -> None:
        """Say that the run is done, and what it did."""
        checked = sum(outcome.status != "ERROR" for outcome in report.outcomes)
        evaluated = sum(outcome.evaluated for outcome in report.outcomes)
        monitors = len(self.project.checkpoint(self.run.checkpoint).monitors)
        beat = replace(
            self._beat("finished", datetime.now(UTC)),
            monitors=monitors,
            checked=checked,
            evaluated=evaluated,
            status=str(report.status),
            exit_code=report.exit_code,
            seconds=report.seconds,
            waiting=report.waiting,
            action_errors="\n".join(report.action_errors) or None,
            suite_revision=None if report.revision is None else str(report.revision),
        )
        nothing = checked == 0 and report.status != "SKIPPED"
        # What nobody could be told of must not look like success to who watches from outside.
        failed = nothing or report.waiting or report.action_errors
        self._end(beat, "fail" if failed else "success")

    def fail(self) -> None:
        """Say that the run broke off."""
        from plumbline.history.heartbeat_rows import FAILED

        beat = replace(self._beat("finished", datetime.now(UTC)), status=FAILED, exit_code=70)
        self._end(beat, "fail")

    def _end(self, beat: Heartbeat, signal: str) -> None:
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)
        self._say(beat, signal)
        if self._dataset is not None:
            self._dataset.close()

    def _say(self, beat: Heartbeat, signal: str) -> None:
        ping = self._ping()
        if ping is not None:
            fault = ping.send(signal, run=uuid.uuid5(uuid.NAMESPACE_URL, self.run.run_id))
            if fault:
                self._note(f"The ping of schedule {beat.schedule} failed: {fault}.")
        from plumbline.history.dataset import OwnDataset
        from plumbline.history.heartbeat_rows import append_heartbeat
        from plumbline.net.deadline import deadline

        try:
            with deadline(WRITE_SECONDS):
                if self._dataset is None:
                    self._dataset = OwnDataset(self.target)
                append_heartbeat(self._dataset, beat)
        except PlumblineError as fault:
            self._note(f"The heartbeat could not be recorded: {fault.what}.")
        except Exception as fault:  # noqa: BLE001 - a run that is done must not fail by its last word
            self._note(f"The heartbeat could not be recorded: {type(fault).__name__}.")

    def _note(self, text: str) -> None:
        """Add it once, though the start and the end of a run fail in the same way."""
        if text not in self.notes:
            self.notes.append(text)

    def _beat(self, kind: str, at: datetime) -> Heartbeat:
        from plumbline.history.heartbeat_rows import Heartbeat

        schedule = _schedule(self.project, self.environment)
        return Heartbeat(
            run_id=self.run.run_id,
            kind="started" if kind == "started" else "finished",
            beat_at=at,
            checkpoint=self.run.checkpoint,
            target=self.run.target,
            schedule=schedule.name if schedule else self.environment.get(SCHEDULE_VARIABLE),
            due_at=_instant(self.environment.get(DUE_VARIABLE)),
            place=next(
                (self.environment[name] for name in PLACES if name in self.environment), None
            ),
        )

    def _ping(self) -> Ping | None:
        from plumbline.net.ping import open_ping

        schedule = _schedule(self.project, self.environment)
        if schedule is None or schedule.ping is None:
            return None
        try:
            return open_ping(schedule.ping, self.environment)
        except ConfigError as fault:
            self.notes.append(f"Schedule {schedule.name} can't ping: {fault.what}.")
            return None


def in_maintenance(
    project: Project,
    checkpoint: str,
    now: datetime,
    environment: Mapping[str, str] | None = None,
) -> str | None:
    """Why a scheduled run is not made: it is due in a maintenance window; None where it is made.

    Another scheduler than plumbline's own doesn't know the windows, so the run itself looks.
    """
    env = os.environ if environment is None else environment
    schedule = _schedule(project, env)
    if schedule is None or schedule.checkpoint != checkpoint:
        return None
    end = maintenance_end(schedule, _instant(env.get(DUE_VARIABLE)) or now)
    if end is None:
        return None
    until = f"{end.astimezone(schedule.timezone):%Y-%m-%d %H:%M %Z}"
    return f"{schedule.name}: not run; its maintenance window lasts until {until}"


def ping_refused(project: Project, environment: Mapping[str, str] | None = None) -> None:
    """Say that a scheduled run was refused (exit code 64): no heartbeat of it can be written.

    Without it, who watches from outside would learn of it only when the next ping is overdue.
    """
    from plumbline.core.run import new_run_id
    from plumbline.net.ping import open_ping

    env = os.environ if environment is None else environment
    schedule = _schedule(project, env)
    if schedule is None or schedule.ping is None:
        return
    with suppress(ConfigError):  # the run's own refusal is what is reported
        run = uuid.uuid5(uuid.NAMESPACE_URL, new_run_id(datetime.now(UTC)))
        open_ping(schedule.ping, env).send("fail", run=run)


def _schedule(project: Project, environment: Mapping[str, str]) -> Schedule | None:
    """The schedule that a run is of, as whoever started it says."""
    name = environment.get(SCHEDULE_VARIABLE)
    try:
        schedules = project.schedules
    except ConfigError:  # lint and `schedule` say what is wrong; a run is a run
        return None
    return next((one for one in schedules if one.name == name), None)


def _instant(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else None
