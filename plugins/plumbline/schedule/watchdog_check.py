"""The watchdog: checks from elsewhere whether scheduled runs happened, and alerts if they did not.

It has a state and an outbox of its own (table ``watchdog``), because the ones of the runs may be
what is broken; the decision what is news, the channels and the delivery are the same. What it finds
is an incident of a monitor called ``schedule NAME``, sent to whom the schedule names. Where the
warehouse can't be read, that itself is sent, from what this machine knows.
Used by ``plumbline schedule check``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from plumbline.core.errors import ConfigError, PlumblineError, WarehouseError
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, Outcome
from plumbline.core.run import Run
from plumbline.core.status import Status, run_status, worst
from plumbline.project.alerts import AlertsConfig, Route
from plumbline.project.due import last_due
from plumbline.project.schedule import ALL_SCHEDULES
from plumbline.schedule.watchdog_rules import (
    AHEAD,
    Kind,
    Seen,
    WatchdogFinding,
    judge_rest,
    judge_schedule,
    unreadable,
)

if TYPE_CHECKING:
    from plumbline.alerts.channels.factory import OpenedChannels
    from plumbline.alerts.report import AlertsReport
    from plumbline.alerts.service import AlertService
    from plumbline.history.dataset import OwnDataset
    from plumbline.history.heartbeat_rows import Heartbeat
    from plumbline.project import Project, Schedule, Target

LOOK_BACK = timedelta(days=15)
"""Of heartbeats, at least: two weekly runs, and enough to know how long a run takes."""


@dataclass(frozen=True)
class Watched:
    """One schedule, or what concerns all, and what is wrong with it."""

    name: str
    """As incidents name it: ``schedule health_check``, or ``alerts``."""
    findings: tuple[WatchdogFinding, ...]

    @property
    def status(self) -> Status:
        return worst(finding.status for finding in self.findings)


@dataclass(frozen=True)
class CheckReport:
    """What the watchdog found and told."""

    target: str
    now: datetime
    watched: tuple[Watched, ...]
    alerts: AlertsReport | None = None
    """None: nothing was to be told."""
    notes: tuple[str, ...] = ()

    @property
    def statuses(self) -> list[Status]:
        return [one.status for one in self.watched]


def check(
    project: Project,
    target: Target,
    *,
    now: datetime,
    tells: bool,
    environment: Mapping[str, str] | None = None,
    clock: Callable[[], datetime] | None = None,
) -> CheckReport:
    """Look, and tell.

    Args:
        tells: whether anybody is to be told.
        clock: says what now is, for claims and deliveries.

    Raises:
        ConfigError: the schedule or ``alerts.yml`` is malformed.
    """
    from plumbline.alerts.factory import open_project_channels

    env = os.environ if environment is None else environment
    opened = open_project_channels(project, env)
    broken: PlumblineError | None = None
    try:
        seen = _look(project, target, opened, now)
    except (WarehouseError, ConfigError) as fault:
        # Missing credentials are a fault of the configuration: of them too somebody has to hear.
        broken = fault
        blind = unreadable(fault.what, now, fix=fault.fix)
        watched = [Watched(schedule.monitor, (blind,)) for schedule in project.schedules]
        watched += _stale(project, now)
    else:
        watched = [
            Watched(schedule.monitor, tuple(judge_schedule(schedule, seen)))
            for schedule in project.schedules
        ]
        watched += _stale(project, now)
        watched.append(Watched(ALL_SCHEDULES, tuple(judge_rest(seen))))
    report = CheckReport(target.name, now, tuple(watched), notes=project.stale_entries)
    if not tells:
        return report
    told = _tell(project, target, report, opened=opened, clock=clock, broken=broken)
    return replace(report, alerts=told, notes=(*report.notes, *told.notes))


def _stale(project: Project, now: datetime) -> list[Watched]:
    """Schedules of checkpoints that do not exist: whoever they name must hear that no run comes."""
    return [
        Watched(
            schedule.monitor,
            (
                WatchdogFinding(
                    Kind.UNCONFIGURED,
                    f"checkpoint {schedule.checkpoint} does not exist, so it can't run",
                    "name another checkpoint in checkpoints/schedule.yml, or remove the schedule",
                    now,
                ),
            ),
        )
        for schedule in project.stale_schedules
    ]


def _look(project: Project, target: Target, opened: OpenedChannels, now: datetime) -> Seen:
    from plumbline.alerts.routes import with_fallback
    from plumbline.alerts.store import read_last_state
    from plumbline.history.heartbeat_rows import read_heartbeats
    from plumbline.history.reader import open_history

    since = first_read(project.schedules, now)
    recording = _recording(project)
    state, alerts_fault = None, None
    with open_history(target) as history:
        beats = read_heartbeats(history.dataset, since=since)
        installed = _installed(project.schedules, history.dataset, beats)
        # Of these alone: that dbt's results were recorded says nothing of plumbline's runs.
        newest_outcome = history.newest_recorded(
            since=_judged_since(target, since), until=now + AHEAD, checkpoints=recording
        )
        try:
            state = read_last_state(history.dataset, now=now)
        except ConfigError as fault:  # from a newer plumbline, or broken: pending ones are unknown
            alerts_fault = fault.what
    routed = {name for route in project.alerts.routes for name in route.channels}
    routed |= {name for schedule in project.schedules for name in schedule.notify}
    return Seen(
        now=now,
        beats=beats,
        installed=installed,
        recording=recording,
        alerts_fault=alerts_fault,
        newest_outcome=newest_outcome,
        waiting=[
            (pending.message.channel, pending.since, pending.last_error)
            for pending in (state.outbox if state else ())
        ],
        unconfigured={
            name: why
            for name, why in opened.missing.items()
            if name in routed and with_fallback(project.alerts, name, opened.channels) is None
        },
    )


def _judged_since(target: Target, since: datetime) -> datetime:
    """From when on outcomes are of the runs since ``since``; on demo data all are of its day."""
    if target.demo is None:
        return since
    return min(since, datetime.combine(target.demo.judged_day, time.min, UTC))


def _installed(
    schedules: Sequence[Schedule], dataset: OwnDataset, beats: Sequence[Heartbeat]
) -> datetime | None:
    """When the table of heartbeats was made; asked only for a schedule that has no run yet."""
    from plumbline.history.tables import HEARTBEATS

    seen = {beat.schedule for beat in beats} | {beat.checkpoint for beat in beats}
    if all(one.name in seen or one.checkpoint in seen for one in schedules):
        return None
    return dataset.made_at(HEARTBEATS)


def first_read(schedules: Sequence[Schedule], now: datetime) -> datetime:
    """From when on heartbeats are needed: a monthly run may be older than `LOOK_BACK`."""
    dues = (last_due(one, now - one.deadline) - timedelta(days=1) for one in schedules)
    return min([now - LOOK_BACK, *dues])


def _recording(project: Project) -> frozenset[str]:
    """The checkpoints whose runs write into the history: those with the alerts action."""
    from plumbline.project.checkpoints import ALERTS_ACTION

    found = set()
    for name in project.checkpoint_names():
        try:
            actions = project.checkpoint(name).entry.actions
        except ConfigError:
            continue  # its run is refused: that is seen by its heartbeats
        if any(action.get("type") == ALERTS_ACTION for action in actions):
            found.add(name)
    return frozenset(found)


def _tell(
    project: Project,
    target: Target,
    report: CheckReport,
    *,
    opened: OpenedChannels,
    clock: Callable[[], datetime] | None,
    broken: PlumblineError | None,
) -> AlertsReport:
    from plumbline.alerts.compose import RunFacts
    from plumbline.alerts.factory import read_wall_clock
    from plumbline.core.run import new_run_id
    from plumbline.core.status import score

    run = Run(
        run_id=new_run_id(report.now),
        checkpoint="schedule check",
        target=target.name,
        as_of=report.now.astimezone(project.timezone),
        revision=project.revision,
    )
    facts = RunFacts(run, report.now, run_status(report.statuses), score(report.statuses))
    service = _alerting(project, target, opened, run.run_id, clock or read_wall_clock, broken)
    return service.notify([_outcome(one, run.as_of) for one in report.watched], facts)


def _alerting(
    project: Project,
    target: Target,
    opened: OpenedChannels,
    holder: str,
    clock: Callable[[], datetime],
    broken: PlumblineError | None,
) -> AlertService:
    from plumbline.alerts.service import AlertService
    from plumbline.alerts.state import AlertState
    from plumbline.alerts.store import LocalFallback, StateStore
    from plumbline.history.tables import WATCHDOG

    class Unreachable(StateStore):
        """A state of which is known that it can't be asked: it is not tried again."""

        @contextmanager
        def exclusively(
            self,
            progress: Callable[[str], None] = lambda _: None,  # noqa: ARG002 - as the store's
        ) -> Iterator[None]:
            yield

        def load(self) -> AlertState:
            assert broken is not None
            raise WarehouseError(broken.what, fix=broken.fix) from broken

    store = StateStore if broken is None else Unreachable

    return AlertService(
        config=_routed(
            project.alerts.for_target(target.name),
            (*project.schedules, *project.stale_schedules),
        ),
        mutes=project.mutes,
        opened=opened,
        store=store(target, table=WATCHDOG),
        fallback=LocalFallback.of(
            target,
            monitors=(ALL_SCHEDULES, *(one.monitor for one in project.schedules)),
            name="watchdog",
        ),
        scope=target.scope,
        refuses_future=False,
        clock=clock,
        holder=holder,
        zone=project.timezone,
    )


def _routed(config: AlertsConfig, schedules: Sequence[Schedule]) -> AlertsConfig:
    """What is wrong with a schedule goes to whom it names; with the alerts, to all of those."""
    own = [
        Route(to=schedule.notify, monitors=(schedule.monitor,))
        for schedule in schedules
        if schedule.notify
    ]
    every = tuple(dict.fromkeys(name for schedule in schedules for name in schedule.notify))
    shared = [Route(to=every, monitors=(ALL_SCHEDULES,))] if every else []
    return replace(config, routes=(*own, *shared, *config.routes))


def _outcome(watched: Watched, as_of: datetime) -> Outcome:
    """As a run would say it, so that incidents and channels need know nothing new."""
    findings = watched.findings
    summary = "; ".join(finding.what for finding in findings) or "as scheduled"
    return Outcome(
        monitor=watched.name,
        status=watched.status,
        summary=summary,
        as_of=as_of,
        reason=summary if watched.status is Status.ERROR else None,
        groups=tuple(
            GroupOutcome(_key(finding.kind), finding.status, None)
            for finding in findings
            if finding.status is not Status.ERROR
        ),
        # each was looked for, so what is gone is fixed
        judged=tuple(_key(kind) for kind in Kind),
        declared=1,
        evaluated=0 if watched.status is Status.ERROR else 1,
        failed=1 if findings else 0,
        impact="The state of the data since then is unknown." if findings else None,
        action=findings[0].fix if findings else None,
    )


def _key(kind: Kind) -> GroupKey:
    return GroupKey.of({"finding": str(kind)})
