"""The project's monitors and checkpoints, from their files, and their last statuses.

Used by ``plumbline list``. A faulty file is listed with its fault, and the others are listed too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from plumbline.checks.thresholds import thresholds_of
from plumbline.core.errors import PlumblineError
from plumbline.core.status import Status
from plumbline.core.text import NOTHING, listing
from plumbline.history.last_statuses import LastStatus, read_last_statuses
from plumbline.project import Project, Schedule
from plumbline.report.page import Block, Section, Table, Verdict

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class MonitorEntry:
    name: str
    suite: str | None
    """The suite's file, relative to the project."""
    model: str | None = None
    """None for a suite over a table, or over a data asset of GX's own."""
    table: str | None = None
    thresholds: tuple[str, ...] = ()
    owner: str | None = None
    runbook: str | None = None
    checkpoints: tuple[str, ...] = ()
    last: LastStatus | None = None
    fault: str | None = None


@dataclass(frozen=True)
class CheckpointEntry:
    name: str
    file: str | None
    """None: another tool's checks are recorded under its name."""
    monitors: tuple[str, ...] = ()
    schedule: str | None = None
    """When it runs: cron and zone; None where no schedule names it."""
    fault: str | None = None


@dataclass(frozen=True)
class Catalogue:
    monitors: tuple[MonitorEntry, ...]
    checkpoints: tuple[CheckpointEntry, ...]
    schedule_fault: str | None = None
    """Why no schedule is shown: the file can't be used."""

    @property
    def faults(self) -> tuple[tuple[str, str], ...]:
        """Name and fault of what can't be used."""
        found = [(entry.name, entry.fault) for entry in self.monitors]
        found += [(entry.name, entry.fault) for entry in self.checkpoints]
        found += [("schedule", self.schedule_fault)]
        return tuple((name, fault) for name, fault in found if fault)


def read_catalogue(project: Project, target: str | None = None) -> Catalogue:
    """The monitors and checkpoints of ``project``, with their last statuses on ``target``.

    Raises:
        ConfigError: an unknown target.
    """
    schedules, schedule_fault = _schedules(project)
    checkpoints = tuple(
        _checkpoint(project, name, schedule=one_line_of(schedules, name))
        for name in project.checkpoint_names()
    )
    files = project.state_files(target)
    last = {} if files is None else read_last_statuses(files)
    recorded = _recorded(project, last)
    own = tuple(
        _monitor(
            project,
            name,
            checkpoints=tuple(one.name for one in checkpoints if name in one.monitors),
            last=last.get(name),
        )
        for name in project.monitor_names()
    )
    return Catalogue(
        monitors=(*own, *recorded),
        checkpoints=(*checkpoints, *_recorded_checkpoints(recorded)),
        schedule_fault=schedule_fault,
    )


def catalogue_page(catalogue: Catalogue) -> list[Section]:
    """A table of monitors and one of checkpoints, then the faults."""
    return [
        Section("", (_monitors(catalogue),)),
        Section("", (_checkpoints(catalogue),)),
        *(
            Section("", (Verdict(f"{name}: {fault}", Status.ERROR),))
            for name, fault in catalogue.faults
        ),
    ]


def as_dict(catalogue: Catalogue) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "monitors": [
            {
                "name": entry.name,
                "model": entry.model,
                "suite": entry.suite,
                "thresholds": list(entry.thresholds),
                "owner": entry.owner,
                "runbook": entry.runbook,
                "checkpoints": list(entry.checkpoints),
                "last": None
                if entry.last is None
                else {
                    "status": entry.last.status,
                    "as_of": entry.last.as_of,
                    "run_id": entry.last.run_id,
                },
                "fault": entry.fault,
            }
            for entry in catalogue.monitors
        ],
        "checkpoints": [
            {
                "name": entry.name,
                "file": entry.file,
                "monitors": list(entry.monitors),
                "schedule": entry.schedule,
                "fault": entry.fault,
            }
            for entry in catalogue.checkpoints
        ],
        "schedule_fault": catalogue.schedule_fault,
    }


def _schedules(project: Project) -> tuple[tuple[Schedule, ...], str | None]:
    try:
        return project.schedules, None
    except PlumblineError as error:
        return (), error.one_line()


def _checkpoint(project: Project, name: str, *, schedule: str | None) -> CheckpointEntry:
    file = project.checkpoints_dir / f"{name}.json"
    shown = str(file.relative_to(project.root))
    try:
        monitors = project.checkpoint(name).monitors
    except PlumblineError as error:
        return CheckpointEntry(name, shown, schedule=schedule, fault=error.one_line())
    return CheckpointEntry(name, shown, monitors=monitors, schedule=schedule)


def _monitor(
    project: Project, name: str, *, checkpoints: tuple[str, ...], last: LastStatus | None
) -> MonitorEntry:
    suite_name: str | None = None
    try:
        definition = project.definition(name)
        suite_name = name if definition is None else definition.suite
        suite = project.suite_of(name)
    except PlumblineError as error:
        suite_file = None if suite_name is None else f"expectations/{suite_name}.json"
        return MonitorEntry(
            name, suite_file, checkpoints=checkpoints, last=last, fault=error.one_line()
        )
    return MonitorEntry(
        name=name,
        suite=str(suite.file.relative_to(project.root)),
        model=suite.monitor.model,
        table=suite.monitor.table,
        thresholds=tuple(str(threshold) for threshold in thresholds_of(suite)),
        owner=suite.monitor.owner,
        runbook=suite.monitor.runbook,
        checkpoints=checkpoints,
        last=last,
    )


def _recorded(project: Project, last: Mapping[str, LastStatus]) -> tuple[MonitorEntry, ...]:
    """Monitors of another tool, which are known by what was recorded of them on this machine."""
    return tuple(
        MonitorEntry(
            name,
            None,
            thresholds=(status.thresholds,) if status.thresholds else (),
            owner=status.owner,
            checkpoints=(status.checkpoint,),
            last=status,
        )
        for name, status in sorted(last.items())
        if project.is_recorded(name, status.checkpoint)
    )


def _recorded_checkpoints(monitors: Sequence[MonitorEntry]) -> Iterator[CheckpointEntry]:
    for name in dict.fromkeys(one.checkpoints[0] for one in monitors):
        held = tuple(one.name for one in monitors if one.checkpoints == (name,))
        yield CheckpointEntry(name, None, monitors=held)


def _monitors(catalogue: Catalogue) -> Block:
    if not catalogue.monitors:
        return "no monitors: there are no suites in expectations/"
    return Table(
        ("Monitor", "Last", "Thresholds", "Model or table", "Suite", "Owner"),
        tuple(
            (
                entry.name,
                _last(entry),
                "; ".join(entry.thresholds) or NOTHING,
                entry.model or entry.table or NOTHING,
                entry.suite or NOTHING,
                entry.owner or NOTHING,
            )
            for entry in catalogue.monitors
        ),
    )


def _last(entry: MonitorEntry) -> str:
    if entry.fault:
        return Status.ERROR
    if entry.last is None:
        return "never run"
    try:
        return Status(entry.last.status)
    except ValueError:  # written by another version
        return entry.last.status


def _checkpoints(catalogue: Catalogue) -> Block:
    if not catalogue.checkpoints:
        return "no checkpoints: there are none in checkpoints/"
    scheduled = any(entry.schedule for entry in catalogue.checkpoints)
    return Table(
        ("Checkpoint", "Monitors", *(["Schedule"] if scheduled else [])),
        tuple(
            (
                entry.name,
                _named(entry),
                *([entry.schedule or NOTHING] if scheduled else []),
            )
            for entry in catalogue.checkpoints
        ),
    )


def _named(entry: CheckpointEntry) -> str:
    """Its monitors; of recorded ones, of which there may be hundreds, the first."""
    names = entry.monitors
    return (listing(names) if entry.file is None else ", ".join(names)) or NOTHING


def one_line_of(schedules: Sequence[Schedule], checkpoint: str) -> str | None:
    """When a checkpoint runs, on one line; None where no schedule names it."""
    found = [f"{one.cron} {one.timezone.key}" for one in schedules if one.checkpoint == checkpoint]
    return "; ".join(found) or None
