"""Verifies a deployment: compares the service's checkpoint with the same window before.

The window after is from the deployment to now; the window before is as long and ends with the
deployment. A failure that is no worse than before is not attributed to the deployment. Used by
``plumbline deploy verify``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from plumbline.core.errors import ConfigError
from plumbline.core.instants import in_utc
from plumbline.core.outcome import Outcome, RunReport
from plumbline.core.status import Status
from plumbline.core.text import count, duration
from plumbline.deploy.deployed import UnknownDeploymentError
from plumbline.gx.context import open_workspace
from plumbline.project import Project, Target
from plumbline.project.services import Service
from plumbline.run.progress import NoProgress, PartProgress, Progress
from plumbline.run.request import AsOf, RunRequest
from plumbline.run.runner import run_checkpoint

LOGS = "logged errors"
"""What Cloud Logging counts, beside the checkpoint's monitors."""

LOG_WINDOW = timedelta(minutes=10)
MANY_ERRORS = 10
"""More logged errors than this are CRITICAL, as in the suites for errors."""

CALM_LOOKS = 2
"""The result is calm after this many consecutive looks without a failure."""

Comparison = Literal["better", "same", "worse", "new"]
Ending = Literal["calm", "worse", "not calm"]


@dataclass(frozen=True)
class Line:
    """One checked item, after and before."""

    name: str
    status: Status
    summary: str
    before: Status | None
    before_summary: str = ""
    action: str | None = None
    runbook: str | None = None

    @property
    def compared(self) -> Comparison:
        """``new``: nothing is known of before."""
        if self.before is None or self.before is Status.ERROR:
            return "new"
        after, before = self.status.severity, self.before.severity
        return "worse" if after > before else "better" if after < before else "same"


@dataclass(frozen=True)
class Look:
    service: Service
    since: datetime
    at: datetime
    lines: tuple[Line, ...]

    @property
    def statuses(self) -> list[Status]:
        return [line.status for line in self.lines]

    @property
    def is_calm(self) -> bool:
        """Whether nothing is wrong."""
        return not any(line.status.is_failing for line in self.lines)

    @property
    def is_worse(self) -> bool:
        """Whether something is wrong that was not, or less, before."""
        return any(
            line.status.is_failing and line.compared in ("worse", "new") for line in self.lines
        )


@dataclass(frozen=True)
class Verified:
    looks: tuple[Look, ...]
    ending: Ending

    @property
    def last(self) -> Look:
        return self.looks[-1]


@dataclass(frozen=True)
class After:
    """What is verified.

    Args:
        logs: counts errors from one instant to another; None: logs aren't read.
    """

    project: Project
    target: Target
    service: Service
    since: datetime
    logs: Callable[[datetime, datetime], int] | None = None

    @property
    def checkpoint(self) -> str:
        """The service's.

        Raises:
            ConfigError: it declares none.
        """
        name = self.service.entry.verify
        if name is None:
            raise ConfigError(
                f"no checkpoint verifies {self.service.name}",
                file=self.service.file,
                key=f"{self.service.key}.verify",
                fix="write the name of a checkpoint there, such as health_check",
            )
        return name


def look_after(
    after: After,
    *,
    now: datetime,
    before: RunReport | None = None,
    progress: Progress | None = None,
) -> tuple[Look, RunReport]:
    """One look, and the report of the window before, to be given to the next look.

    Args:
        now: until when.
        before: what an earlier look found of the window before: it does not change.

    Raises:
        ConfigError: the checkpoint or the arguments are wrong.
    """
    since = in_utc(after.since)
    if since >= in_utc(now):
        raise ConfigError(
            f"the deployment is not in the past: {after.since.isoformat()}",
            key="--since",
            fix="pass the time of the deployment",
        )
    progress = progress or NoProgress()
    length = in_utc(now) - since
    if before is None:  # first: the run since the deployment stays the monitors' last one
        part = PartProgress(progress, "before the deployment")
        before = _run(after, since=since - length, until=since, progress=part)
    part = PartProgress(progress, "since the deployment")
    found = _run(after, since=since, until=now, progress=part)
    past = {outcome.monitor: outcome for outcome in before.outcomes}
    lines = [_line(outcome, past.get(outcome.monitor)) for outcome in found.outcomes]
    if after.logs is not None:
        lines.append(_logged(after, after.logs, now))
    return Look(after.service, after.since, now, tuple(lines)), before


def verify(
    after: After,
    *,
    clock: Callable[[], datetime],
    watch: timedelta | None = None,
    every: timedelta = timedelta(minutes=1),
    said: Callable[[Look], None] = lambda _: None,
    wait: Callable[[float], None] = time.sleep,
    progress: Progress | None = None,
) -> Verified:
    """One look, or looks until it is calm, gets worse, or ``watch`` is over.

    Args:
        watch: for how long; None: one look.
        said: is given each look.
        wait: sleeps that many seconds.

    Raises:
        ConfigError: the checkpoint or the arguments are wrong.
    """
    began = clock()
    looks: list[Look] = []
    before: RunReport | None = None
    while True:
        look, before = look_after(after, now=clock(), before=before, progress=progress)
        looks.append(look)
        said(look)
        calm = all(one.is_calm for one in looks[-CALM_LOOKS:])
        if watch is None:
            ending: Ending = "calm" if calm else "worse" if look.is_worse else "not calm"
            return Verified(tuple(looks), ending)
        # One failed check may be a start-up; it counts if the next one fails too.
        worse = len(looks) >= CALM_LOOKS and all(one.is_worse for one in looks[-CALM_LOOKS:])
        if worse:
            return Verified(tuple(looks), "worse")
        if calm and len(looks) >= CALM_LOOKS:
            return Verified(tuple(looks), "calm")
        left = (began + watch - clock()).total_seconds()
        if left <= 0:
            return Verified(tuple(looks), "not calm")
        seconds = min(every.total_seconds(), left)
        if progress is not None:
            progress.step(f"next look in {duration(seconds)}, the last one in {duration(left)}")
        wait(seconds)


def _run(after: After, *, since: datetime, until: datetime, progress: Progress) -> RunReport:
    name = after.checkpoint
    request = RunRequest(
        project=after.project,
        target=after.target,
        as_of=AsOf(until.astimezone(after.project.timezone), "given"),
        checkpoint=name,
        vars=_vars(after, since),
        fail_on="never",
        alerts=False,  # incidents are those of the schedule's runs
        docs=False,
    )
    return run_checkpoint(request, now=until, open_workspace=open_workspace, progress=progress)


def _vars(after: After, since: datetime) -> dict[str, object]:
    """``since``, where a model of the checkpoint asks for it."""
    asked = _asks_since(after)
    return {"since": in_utc(since)} if asked else {}


def _asks_since(after: After) -> bool:
    from plumbline.run.jobs import MonitorJobs

    jobs = MonitorJobs(project=after.project, target=after.target, as_of=after.since)
    for name in after.project.checkpoint(after.checkpoint).monitors:
        try:
            if "since" in jobs.compile(after.project.suite_of(name)).variables:
                return True
        except Exception:  # noqa: BLE001 - a fault of its own files is its ERROR when it runs
            continue
    return False


def _line(outcome: Outcome, past: Outcome | None) -> Line:
    return Line(
        name=outcome.monitor,
        status=outcome.status,
        summary=outcome.summary,
        before=past.status if past else None,
        before_summary=past.summary if past else "",
        action=outcome.action,
        runbook=outcome.runbook,
    )


def _logged(after: After, count: Callable[[datetime, datetime], int], now: datetime) -> Line:
    since, now = in_utc(after.since), in_utc(now)
    window = min(LOG_WINDOW, now - since)
    line = Line(LOGS, Status.ERROR, "", None, runbook=after.service.entry.runbook)
    try:
        found = count(now - window, now)
        before = count(since - window, since)
    except UnknownDeploymentError as fault:
        return replace(line, summary=fault.what, action=fault.fix)
    return replace(
        line,
        status=_of_errors(found),
        summary=_errors(found, window),
        before=_of_errors(before),
        before_summary=_errors(before, window),
        action=f"gcloud run services logs read {after.service.name} --limit=100",
    )


def _of_errors(count: int) -> Status:
    if count > MANY_ERRORS:
        return Status.CRITICAL
    return Status.WARNING if count else Status.PASS


def _errors(found: int, window: timedelta) -> str:
    minutes = max(round(window.total_seconds() / 60), 1)
    return f"{count(found, 'errors')} in {minutes} min"
