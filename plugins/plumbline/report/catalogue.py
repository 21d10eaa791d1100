"""The project's monitors and checkpoints, from their files, and their last statuses.

Used by ``plumbline list``. A faulty file is listed with its fault, and the others are listed too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from plumbline.checks.thresholds import thresholds_of
from plumbline.core.errors import ConfigError, PlumblineError, did_you_mean
from plumbline.core.status import FAILING, Status
from plumbline.core.text import NOTHING, listing
from plumbline.history.last_statuses import LastStatus, read_last_statuses
from plumbline.project import Project, Schedule
from plumbline.project.project import FIRST_MONITOR
from plumbline.project.selectors import METHODS, known_words, split_selector
from plumbline.report.page import Block, Break, Line, Name, Section, Table, Verdict

SCHEMA_VERSION = 1
NEVER_RAN = "NEVER RAN"
_MOST_MONITORS = 20
"""Of a checkpoint that are named; JSON has all."""


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
    tags: tuple[str, ...] = ()
    runbook: str | None = None
    checkpoints: tuple[str, ...] = ()
    last: LastStatus | None = None
    fault: str | None = None

    @property
    def status(self) -> str:
        """The last one; ERROR where a file is invalid, since a run would end in it."""
        if self.fault:
            return Status.ERROR
        return NEVER_RAN if self.last is None else self.last.status


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
class Filters:
    """Which monitors are listed: those with one of the values of each filter that has any.

    The values of ``status`` are lower case: ``failing``, ``critical``, ``never-ran``. Those of
    ``select`` are names of monitors, ``owner:NAME`` and ``tag:NAME``, as of a run.
    """

    select: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    checkpoint: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.select, self.status, self.owner, self.tag, self.checkpoint))

    def fits(self, entry: MonitorEntry) -> bool:
        """A monitor whose suite is invalid may have any owner and any tag."""
        is_known = entry.fault is None
        return (
            (not self.select or self._is_selected(entry))
            and (not self.status or self._has_status(entry.status))
            and (not self.owner or not is_known or entry.owner in self.owner)
            and (not self.tag or not is_known or any(tag in self.tag for tag in entry.tags))
            and (not self.checkpoint or any(one in self.checkpoint for one in entry.checkpoints))
        )

    def _is_selected(self, entry: MonitorEntry) -> bool:
        words = {None: (entry.name,), "owner": (entry.owner,), "tag": entry.tags}
        return any(
            value in words[method] or (method is not None and entry.fault is not None)
            for method, value in (split_selector(one, (entry.name,)) for one in self.select)
        )

    def _has_status(self, status: str) -> bool:
        if "failing" in self.status and status in FAILING:
            return True
        return status.lower().replace(" ", "-") in self.status


@dataclass(frozen=True)
class Catalogue:
    monitors: tuple[MonitorEntry, ...]
    checkpoints: tuple[CheckpointEntry, ...]
    schedule_fault: str | None = None
    """Why no schedule is shown: the file can't be used."""
    is_filtered: bool = False

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


def filtered(catalogue: Catalogue, filters: Filters) -> Catalogue:
    """The monitors that fit, and the checkpoints that hold one of them or are invalid.

    Raises:
        ConfigError: a name that the project doesn't have.
    """
    if not filters:
        return catalogue
    monitors = catalogue.monitors
    names = [one.name for one in monitors]
    selected = [split_selector(one, names) for one in filters.select]
    _check("monitor", "--select", _values(selected, None), set(names))
    checkpoint_names = {one.name for one in catalogue.checkpoints}
    _check("checkpoint", "--checkpoint", filters.checkpoint, checkpoint_names)
    if not any(one.fault for one in monitors):  # else the faulty one may have it
        known_owners = {one.owner for one in monitors if one.owner}
        known_tags = {tag for one in monitors for tag in one.tags}
        _check("owner", "--owner", filters.owner, known_owners)
        _check("tag", "--tag", filters.tag, known_tags)
        _check("owner", "--select", _values(selected, "owner"), known_owners)
        _check("tag", "--select", _values(selected, "tag"), known_tags)
    found = tuple(one for one in monitors if filters.fits(one))
    shown = {one.name for one in found}
    checkpoints = tuple(
        one
        for one in catalogue.checkpoints
        if (not filters.checkpoint or one.name in filters.checkpoint)
        and (one.fault or shown.intersection(one.monitors))
    )
    return replace(catalogue, monitors=found, checkpoints=checkpoints, is_filtered=True)


def _values(selected: Iterable[tuple[str | None, str]], method: str | None) -> list[str]:
    return [value for of, value in selected if of == method]


def _check(what: str, option: str, names: Sequence[str], known: Collection[str]) -> None:
    for name in names:
        if name in known:
            continue
        if what in METHODS:
            fix = known_words(what, name, known)
        else:
            fix = did_you_mean(name, known) if known else FIRST_MONITOR
        raise ConfigError(f"there is no {what} {name!r}", key=option, fix=fix)


def catalogue_page(catalogue: Catalogue) -> list[Section]:
    """A table of monitors and one of checkpoints, then the faults."""
    blocks = [_monitors(catalogue)]
    if catalogue.checkpoints or not catalogue.is_filtered:
        blocks.append(_checkpoints(catalogue))
    return [
        *(Section("", (block,)) for block in blocks),
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
                "tags": list(entry.tags),
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
        tags=tuple(suite.monitor.tags),
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
        if catalogue.is_filtered:
            return "no monitor matches the filters"
        return "no monitors: there are no suites in expectations/"
    has_tags = any(entry.tags for entry in catalogue.monitors)
    return Table(
        (
            "Monitor",
            "Last",
            "Thresholds",
            "Model or table",
            "Suite",
            "Owner",
            *(["Tags"] if has_tags else []),
        ),
        tuple(
            (
                Name(entry.name),
                _last(entry),
                _thresholds(entry),
                Name(entry.model or entry.table or NOTHING),
                Name(entry.suite or NOTHING),
                entry.owner or NOTHING,
                *([", ".join(entry.tags) or NOTHING] if has_tags else []),
            )
            for entry in catalogue.monitors
        ),
        # Name, last status, owner, thresholds, model, tags, suite.
        keep=(0, 1, 5, 2, 3, *([6] if has_tags else []), 4),
        below=2,
    )


def _thresholds(entry: MonitorEntry) -> Line:
    """Those of a metric on a line, where they have no room on one."""
    if not entry.thresholds:
        return NOTHING
    *others, last = entry.thresholds
    return (*(part for one in others for part in (f"{one};", Break(" "))), last)


def _last(entry: MonitorEntry) -> str:
    try:
        return Status(entry.status)
    except ValueError:  # never ran, or written by another version
        return Name(entry.status)


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
    """Its monitors; of many the first: ``list --checkpoint`` lists all."""
    return listing(entry.monitors, _MOST_MONITORS) or NOTHING


def one_line_of(schedules: Sequence[Schedule], checkpoint: str) -> str | None:
    """When a checkpoint runs, on one line; None where no schedule names it."""
    found = [f"{one.cron} {one.timezone.key}" for one in schedules if one.checkpoint == checkpoint]
    return "; ".join(found) or None
