"""Records a finished dbt command: its tests and freshness become the outcomes of a run.

From outcomes on, all is as in a run: incidents, messages, history, data docs. Nothing is asked of
the monitored tables. Each of dbt's files is a run of its own, named by dbt's invocation, so that
recording it again changes nothing. Used by ``plumbline record dbt``.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from plumbline.core.errors import ConfigError, MonitorError, WarehouseError
from plumbline.core.instants import in_utc
from plumbline.core.outcome import Outcome, RunReport
from plumbline.core.run import Run
from plumbline.core.status import FailOn
from plumbline.core.text import listing, moment
from plumbline.dbt.manifest import DbtManifest, read_dbt_manifest
from plumbline.dbt.outcomes import (
    OutcomeMaker,
    failed_builds,
    latest,
    monitor_names,
    monitored_ids,
)
from plumbline.dbt.run_results import (
    SOURCES,
    Invocation,
    NodeResult,
    has_results,
    read_invocations,
)
from plumbline.history.last_statuses import keep_last_statuses
from plumbline.models.manifest import manifest_file
from plumbline.project import Project, Target
from plumbline.project.documents import DBT_FILE
from plumbline.project.files import Files
from plumbline.project.local_paths import without_local_paths
from plumbline.run.progress import NoProgress, Progress
from plumbline.run.workspace import ActionResults
from plumbline.site import paths
from plumbline.site.records import Record, RunStamp

if TYPE_CHECKING:
    from plumbline.alerts.report import AlertsReport
    from plumbline.site.build import Built

logger = logging.getLogger(__name__)

CHECKPOINT = "dbt"

RECENT = timedelta(hours=24)
"""Older results are not of now: they move no incident unless `--alerts` is given."""

_UNREAD = "dbt wrote no result: it could not read the freshness of the table, or stopped"

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class Docs(Protocol):
    """The data docs of a project."""

    def page(self, path: str) -> str | None:
        """The address of a page; None: there is no site."""

    def build(self, records: Sequence[Record]) -> tuple[Built, ...]:
        """Bring the sites up to date."""


@dataclass(frozen=True)
class RecordRequest:
    """What is to be recorded."""

    project: Project
    target: Target
    folder: Path | None = None
    """dbt's target folder; None: that of the project, or of the nearest dbt project above it."""
    checkpoint: str = CHECKPOINT
    """Under which name the runs are stored; it begins the names of the monitors."""
    fail_on: FailOn = "warning"
    alerts: bool | None = None
    """True: deliver in any case; False: never; None: only what is of now and not on demo data."""
    all_sources: bool = False
    """Whether dbt was to look at all sources: one without a result is then an ERROR."""


def record_dbt(
    request: RecordRequest,
    *,
    now: datetime,
    open_docs: Callable[[Project, Target], Docs] | None,
    progress: Progress | None = None,
) -> RunReport:
    """Record what dbt left in its target folder.

    Args:
        request: what is to be recorded.
        now: when.
        open_docs: opens the data docs; None: they are left as they are.
        progress: is told what happens.

    Raises:
        ConfigError: the arguments, dbt's files or the project's configuration are wrong; nothing
            was recorded.
    """
    started = time.monotonic()
    progress = progress or NoProgress()
    project, target = request.project, request.target
    _check(request)
    folder = request.folder or _target_folder(project)
    invocations, notes = _chosen(read_invocations(folder), now)
    delivers, why_not = _delivers(request, invocations, now)
    if delivers:
        project.alerts, project.mutes  # noqa: B018 - reading them is the check
    manifest, fault = _manifest(folder)
    docs = None
    if open_docs is not None:
        progress.step("loading Great Expectations")
        docs = open_docs(project, target)
    recordings = tuple(_recordings(request, invocations, manifest, docs))
    outcomes = tuple(_outcomes(recordings))
    for outcome in outcomes:
        progress.monitor_done(outcome, of=len(outcomes))
    broken = None
    if delivers:
        target, broken = _ready(target, progress)
    notes += [note for note in (why_not, fault, broken) if note]
    done = _act(recordings, replace(request, target=target), delivers, docs, now, progress)
    report = RunReport(
        **vars(recordings[0].run),
        started_at=now,
        seconds=time.monotonic() - started,
        outcomes=_outcomes(recordings),
        fail_on=request.fail_on,
        notes=(*notes, *(note for one in recordings for note in one.notes)),
        is_recorded=True,
        scored=tuple(outcome.status for outcome in recordings[0].outcomes),
    )
    return keep_last_statuses(target.state_files, done.added_to(report))


def _act(
    recordings: Sequence[Recording],
    request: RecordRequest,
    delivers: bool,
    docs: Docs | None,
    now: datetime,
    progress: Progress,
) -> ActionResults:
    """As the actions of a run: alerts, then docs, each whatever the one before it did."""
    told: list[AlertsReport] = []
    built: tuple[Built, ...] = ()
    failed: list[str] = []
    for one in recordings if delivers else ():
        try:
            told.append(one.notify(request, now, progress))
        except Exception as raised:  # noqa: BLE001 - the docs must be drawn whatever it was
            failed.append(_failed("alerts", raised))
    if docs is not None:
        progress.step("building the data docs")
        try:
            records = [record for one in recordings for record in one.records(request.target)]
            built = docs.build(records)
        except Exception as raised:  # noqa: BLE001 - what was found must be reported
            failed.append(_failed("docs", raised))
    faults = {name: why for one in built for name, why in one.faults.items()}
    failed += [f"action 'docs' failed: {name}: {why}" for name, why in faults.items()]
    return ActionResults(tuple(told), built, tuple(failed))


def _outcomes(recordings: Sequence[Recording]) -> tuple[Outcome, ...]:
    return tuple(outcome for one in recordings for outcome in one.outcomes)


@dataclass(frozen=True)
class Recording:
    """One invocation of dbt as a run."""

    run: Run
    invocation: Invocation
    outcomes: tuple[Outcome, ...]
    is_whole: bool
    """Whether it ran all tests."""
    known: frozenset[str] | None = None
    """All monitors that dbt has now; None: not known."""
    notes: tuple[str, ...] = field(default=())

    def notify(self, request: RecordRequest, now: datetime, progress: Progress) -> AlertsReport:
        """Move the incidents, and notify.

        Raises:
            PlumblineError: see `plumbline.alerts.factory.notify`.
        """
        from plumbline.alerts.factory import LiveRun, notify
        from plumbline.alerts.incidents.names import ProjectNames

        checkpoints = () if self.known is None else (self.run.checkpoint,)
        live = LiveRun(
            request.project,
            request.target,
            self.run,
            now,
            is_whole=self.is_whole,
            names=ProjectNames(self.known or frozenset(), checkpoints),
            progress=progress.step,
        )
        return notify(live, self.outcomes)

    def records(self, target: Target) -> Iterator[Record]:
        """What the data docs show of it."""
        # A run of fewer monitors than its checkpoint has is a part of it.
        monitors = len(self.outcomes) + (0 if self.is_whole else 1)
        stamp = RunStamp.of(
            self.run,
            project=target.plumbline_project,
            started_at=self.invocation.generated_at,
            monitors=monitors,
        )
        for outcome in self.outcomes:
            yield Record(stamp, outcome, ended_at=outcome.as_of)


def _check(request: RecordRequest) -> None:
    project, name = request.project, request.checkpoint
    project.check_stores()
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is not a valid name",
            key="--as",
            fix="use lower-case letters, digits, _ and -, beginning with a letter",
        )
    if name in project.checkpoint_names():
        raise ConfigError(
            f"the project has a checkpoint {name!r}, whose runs would be mixed with dbt's",
            key="--as",
            fix=f"choose another name: --as {_free_name(name, project)}",
        )


def _free_name(name: str, project: Project) -> str:
    """Another name like it, which no checkpoint has."""
    taken = {name, *project.checkpoint_names()}
    while name in taken:
        name += "_results"
    return name


def _target_folder(project: Project) -> Path:
    """Where dbt leaves its results: in the project, or in the dbt project that it is a part of."""
    own = manifest_file(project.root, project.dbt).parent
    if has_results(own):
        return own
    for folder in project.root.parents:
        if (folder / DBT_FILE).is_file():
            document = Files().document(folder / DBT_FILE)
            dbt = document.mapping_or_raise(error=ConfigError, what="the dbt project file")
            if has_results(found := manifest_file(folder, dbt).parent):
                return found
    return own


def _chosen(found: Sequence[Invocation], now: datetime) -> tuple[tuple[Invocation, ...], list[str]]:
    """The invocations to record, and why others are left out.

    Raises:
        ConfigError: none is left.
    """
    tested = [one for one in found if one.shortfall is None]
    untested = [one for one in found if one not in tested]
    notes = [
        f"{one.file.name} is left out: it is of `dbt {one.command}`, which {one.shortfall}."
        for one in untested
    ]
    # `dbt docs generate` after `dbt build` lists all tests, and ran none: their results are lost.
    refused = next((one for one in untested if not tested or monitored_ids(one)), None)
    if refused is not None:
        _, _, option = refused.command.partition(" --")
        raise ConfigError(
            f"run_results.json is of `dbt {refused.command}`, which {refused.shortfall}",
            file=refused.file,
            key=f"args.{option or 'which'}",
            fix="record right after `dbt build` or `dbt test`: each dbt command replaces the file. "
            "To record source freshness alone, remove it",
        )
    recent = [one for one in tested if now - one.generated_at <= RECENT]
    left_out = [one for one in tested if one not in recent] if recent else []
    notes += [
        f"{one.file.name} is left out: dbt wrote it {moment(one.generated_at)}, more than "
        f"{RECENT / timedelta(hours=1):g} h ago."
        for one in left_out
    ]
    return tuple(recent or tested), notes


def _delivers(
    request: RecordRequest, invocations: Sequence[Invocation], now: datetime
) -> tuple[bool, str | None]:
    """As for a run: messages belong to live results on real data."""
    if request.alerts is not None:
        return request.alerts, None
    if request.target.demo is not None:
        data = request.target.demo.name
        return (
            False,
            f"Nothing is sent: target {request.target.name} has the {data} (use --alerts to send).",
        )
    if all(now - one.generated_at > RECENT for one in invocations):
        return False, (
            f"Nothing is sent: the results are of {moment(invocations[0].generated_at)}, which is "
            "more than 24 hours ago (use --alerts to send)."
        )
    return True, None


def _ready(target: Target, progress: Progress) -> tuple[Target, str | None]:
    from plumbline.warehouse.ready import ensure_ready

    try:
        return ensure_ready(target, progress.long_step), None
    except WarehouseError as fault:
        return target, fault.one_line()


def _manifest(folder: Path) -> tuple[DbtManifest | None, str | None]:
    """The manifest beside the results; it only adds words, so a broken one is a note."""
    file = folder / "manifest.json"
    if not file.is_file():
        return None, None
    try:
        manifest = read_dbt_manifest(file, Files())
    except MonitorError as fault:
        return None, f"No owners, columns and descriptions: {fault.one_line()}."
    if not manifest.is_known:
        return None, (
            f"No owners, columns and descriptions: manifest.json is of dbt {manifest.dbt_version}, "
            "which this version of plumbline does not know."
        )
    return manifest, None


def _recordings(
    request: RecordRequest,
    invocations: Sequence[Invocation],
    manifest: DbtManifest | None,
    docs: Docs | None,
) -> Iterator[Recording]:
    project = request.project
    dbt_has = _known_ids(manifest)
    if request.all_sources:
        invocations = _with_all_sources(invocations, manifest)
    ids = [*dbt_has, *(id_ for one in invocations for id_ in monitored_ids(one))]
    names = monitor_names(request.checkpoint, ids)
    _refuse_taken(names.values(), request)
    for one in invocations:
        maker = OutcomeMaker(one, names, project.timezone, manifest)
        outcomes = tuple(_shown(outcome, project, docs) for outcome in maker.outcomes())
        is_own = manifest is not None and _invocation_id(manifest) == one.id
        run = Run(
            run_id=_run_id(request, one),
            checkpoint=request.checkpoint,
            target=request.target.name,
            as_of=latest(outcomes, one.generated_at.astimezone(project.timezone)),
            revision=project.revision,
        )
        yield Recording(
            run,
            one,
            outcomes,
            is_whole=_is_whole(one, invocations, dbt_has if is_own else ()),
            known=frozenset(names.values()) if is_own else None,
            notes=(*_build_notes(failed_builds(one)), *_left_out(one, dbt_has)),
        )


def _refuse_taken(names: Iterable[str], request: RecordRequest) -> None:
    project, name = request.project, request.checkpoint
    taken = next((one for one in names if project.has_monitor(one)), None)
    if taken is not None:
        raise ConfigError(
            f"the project has a monitor {taken!r}, the name that a dbt test would get",
            key="--as",
            fix=f"choose another name: --as {_free_name(name, project)}",
        )


def _invocation_id(manifest: DbtManifest) -> object:
    """Of the dbt command that wrote the manifest: another's may not have a test that ran."""
    metadata = manifest.content.get("metadata")
    return metadata.get("invocation_id") if isinstance(metadata, dict) else None


def _known_ids(manifest: DbtManifest | None) -> list[str]:
    """Tests and sources that the manifest has, by dbt's ids."""
    if manifest is None:
        return []
    return [
        *(one.resource.id for one in manifest.tests),
        *(one.source.id for one in manifest.freshness),
    ]


def _is_whole(one: Invocation, every: Sequence[Invocation], dbt_has: Sequence[str]) -> bool:
    """Whether it counts as a run of all of dbt's tests; freshness beside tests is a part of it."""
    if one.kind == "freshness":
        return len(every) == 1
    tests = {id_ for id_ in dbt_has if id_.startswith("test.")}
    return not one.is_partial and tests <= set(monitored_ids(one))


def _shown(outcome: Outcome, project: Project, docs: Docs | None) -> Outcome:
    reason = outcome.reason
    if reason is not None:
        reason = without_local_paths(reason, project.root)
        outcome = replace(outcome, reason=reason, summary=reason)
    page = None if docs is None else docs.page(paths.monitor(outcome.monitor))
    return replace(outcome, docs_url=page)


def _run_id(request: RecordRequest, one: Invocation) -> str:
    """The same whenever the same results are recorded under the same name."""
    target = request.target
    parts = (target.plumbline_project, target.name, request.checkpoint, one.kind, one.id)
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"{in_utc(one.generated_at):%Y%m%dT%H%M%SZ}-{digest[:8]}"


def _build_notes(failed: Sequence[NodeResult]) -> Iterator[str]:
    if failed:
        named = listing([f"{one.id} ({one.status})" for one in failed])
        yield f"dbt failed on nodes that are not tests, and so not monitors: {named}."


def _with_all_sources(
    invocations: Sequence[Invocation], manifest: DbtManifest | None
) -> list[Invocation]:
    """``invocations`` with a result for each source: dbt writes none for a source that it could not
    read, and no file where it broke off.

    Raises:
        ConfigError: there is no manifest that names them.
    """
    first = invocations[0]
    if manifest is None:
        raise ConfigError(
            "without a manifest.json, the sources are unknown",
            file=first.file.parent,
            key="--all-sources",
            fix="keep dbt's manifest.json beside its results, or remove the option",
        )
    tests = [one for one in invocations if one.kind == "tests"]
    none = replace(first, kind="freshness", file=first.file.with_name(SOURCES), results=())
    freshness = next((one for one in invocations if one.kind == "freshness"), none)
    missing = [
        NodeResult(id_, "runtime error", freshness.generated_at, message=_UNREAD)
        for id_ in _missing_sources(freshness, _known_ids(manifest))
    ]
    if not missing:
        return [*invocations]
    return [*tests, replace(freshness, results=(*freshness.results, *missing))]


def _missing_sources(one: Invocation, dbt_has: Sequence[str]) -> list[str]:
    there = set(monitored_ids(one))
    return [id_ for id_ in dbt_has if id_.startswith("source.") and id_ not in there]


def _left_out(one: Invocation, dbt_has: Sequence[str]) -> Iterator[str]:
    """dbt writes no result of a source that it could not read, which must not look healthy."""
    sources = _missing_sources(one, dbt_has)
    if one.kind == "freshness" and (sources or not one.results):
        which = listing(sources) or "any source"
        yield (
            f"{one.file.name} has no result of {which}: not selected, or dbt could not read the "
            "table. If the command selected all sources, --all-sources makes these an ERROR."
        )


def _failed(action: str, raised: Exception) -> str:
    logger.debug("action %s failed", action, exc_info=True)
    return " ".join(f"action {action!r} failed: {type(raised).__name__}: {raised}".split())
