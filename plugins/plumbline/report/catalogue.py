"""What a project watches: monitors and checkpoints as their files say, and how they were last.

Used by ``plumbline list``. A file with a fault is listed with it, and hides no other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from plumbline.checks.thresholds import thresholds_of
from plumbline.core.errors import PlumblineError
from plumbline.core.safe_text import one_line
from plumbline.core.text import NOTHING
from plumbline.history.last_statuses import LastStatus, read_last_statuses
from plumbline.project import Project, Schedule
from plumbline.report.text import STYLES, status_text, to_text

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class MonitorEntry:
    """One monitor."""

    name: str
    suite: str | None
    """The suite's file, relative to the project."""
    model: str | None = None
    """None for a suite over a data asset of GX's own."""
    thresholds: tuple[str, ...] = ()
    owner: str | None = None
    runbook: str | None = None
    checkpoints: tuple[str, ...] = ()
    last: LastStatus | None = None
    fault: str | None = None


@dataclass(frozen=True)
class CheckpointEntry:
    """One checkpoint."""

    name: str
    file: str
    monitors: tuple[str, ...] = ()
    schedule: str | None = None
    """When it runs: cron and zone; None where no schedule names it."""
    fault: str | None = None


@dataclass(frozen=True)
class Catalogue:
    """All of a project."""

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


def read_catalogue(project: Project) -> Catalogue:
    """The monitors and checkpoints of ``project``."""
    schedules, schedule_fault = _schedules(project)
    checkpoints = tuple(
        _checkpoint(project, name, schedule=one_line_of(schedules, name))
        for name in project.checkpoint_names()
    )
    last = read_last_statuses(project.state_dir)
    return Catalogue(
        monitors=tuple(
            _monitor(
                project,
                name,
                checkpoints=tuple(one.name for one in checkpoints if name in one.monitors),
                last=last.get(name),
            )
            for name in project.monitor_names()
        ),
        checkpoints=checkpoints,
        schedule_fault=schedule_fault,
    )


def render_text(catalogue: Catalogue, *, width: int | None = None, colour: bool = False) -> str:
    """Two tables."""
    parts: list[RenderableType] = [
        _monitors_table(catalogue, width),
        Text(""),
        _checkpoints_table(catalogue, width),
    ]
    for name, fault in catalogue.faults:
        parts += [Text(""), Text(f"{one_line(name)}: {one_line(fault)}", style=STYLES["ERROR"])]
    return to_text(Group(*parts), width=width, colour=colour)


def render_json(catalogue: Catalogue) -> str:
    """One JSON object."""
    said = {
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
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"


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
        thresholds=tuple(str(threshold) for threshold in thresholds_of(suite)),
        owner=suite.monitor.owner,
        runbook=suite.monitor.runbook,
        checkpoints=checkpoints,
        last=last,
    )


def _monitors_table(catalogue: Catalogue, width: int | None) -> RenderableType:
    if not catalogue.monitors:
        return Text("no monitors: expectations/ holds no suite")
    table = _table(width, "Monitor", "Last", "Thresholds", "Model", "Suite", "Owner")
    for entry in catalogue.monitors:
        table.add_row(
            Text(one_line(entry.name)),
            _last(entry),
            Text(one_line("; ".join(entry.thresholds)) or NOTHING),
            Text(one_line(entry.model or NOTHING)),
            Text(one_line(entry.suite or NOTHING)),
            Text(one_line(entry.owner or NOTHING)),
        )
    return table


def _last(entry: MonitorEntry) -> Text:
    if entry.fault:
        return status_text("ERROR")
    if entry.last is None:
        return Text("never run")
    if entry.last.status not in STYLES:
        return Text(one_line(entry.last.status))
    return status_text(entry.last.status)


def _checkpoints_table(catalogue: Catalogue, width: int | None) -> RenderableType:
    if not catalogue.checkpoints:
        return Text("no checkpoints: checkpoints/ holds none")
    scheduled = any(entry.schedule for entry in catalogue.checkpoints)
    table = _table(width, "Checkpoint", "Monitors", *(["Schedule"] if scheduled else []))
    for entry in catalogue.checkpoints:
        cells: list[RenderableType] = [
            Text(one_line(entry.name)),
            Text(one_line(", ".join(entry.monitors)) or NOTHING),
        ]
        if scheduled:
            cells.append(Text(one_line(entry.schedule or NOTHING)))
        table.add_row(*cells)
    return table


def _table(width: int | None, *columns: str) -> Table:
    table = Table(
        box=None if width is None else SIMPLE_HEAD,
        padding=(0, 2 if width is None else 1, 0, 0),
        show_edge=False,
        pad_edge=False,
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def one_line_of(schedules: Sequence[Schedule], checkpoint: str) -> str | None:
    """When a checkpoint runs, on one line; None where no schedule names it."""
    found = [f"{one.cron} {one.timezone.key}" for one in schedules if one.checkpoint == checkpoint]
    return "; ".join(found) or None
