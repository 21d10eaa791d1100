"""Runs a checkpoint: jobs first, GX while they work, then outcomes, actions and the report.

Used by the command line and the scheduler. The clock is read above; ``now`` comes in.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Set
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plumbline.core.errors import ConfigError, MonitorError, WarehouseError, did_you_mean
from plumbline.core.host import check_memory
from plumbline.core.outcome import Outcome, RunReport
from plumbline.core.run import Run, new_run_id
from plumbline.history.cost.budgets import with_budgets
from plumbline.history.cost.of_run import cost_line
from plumbline.history.cost.runs_per_month import runs_per_month
from plumbline.history.heartbeat import HeartbeatSender
from plumbline.history.last_statuses import keep_last_statuses
from plumbline.models import VariableError
from plumbline.project import Target
from plumbline.project.checkpoints import ALERTS_ACTION, DOCS_ACTIONS
from plumbline.report.dry_run import DryRunModel, DryRunReport
from plumbline.run.engine import Engine, has_model, stamp_of
from plumbline.run.jobs import MonitorJobs
from plumbline.run.progress import NoProgress, Progress
from plumbline.run.request import RunRequest
from plumbline.run.selection import choose_monitors
from plumbline.run.workspace import ActionResults, Opening, OpenWorkspace, RunOutcomes
from plumbline.warehouse.retries import known_unreachable

if TYPE_CHECKING:
    from plumbline.alerts.factory import LiveRun


def run_checkpoint(
    request: RunRequest,
    *,
    now: datetime,
    open_workspace: OpenWorkspace,
    progress: Progress | None = None,
) -> RunReport:
    """Run the checkpoint of ``request``.

    Args:
        request: what is to be run.
        now: when.
        open_workspace: loads the checkpoint, once the jobs are under way.
        progress: called with a line of progress.

    Raises:
        ConfigError: the arguments, the checkpoint or the project's configuration are wrong;
            nothing was run.
    """
    started = time.monotonic()
    progress = progress or NoProgress()
    check_memory()
    request.project.read_all()
    request.project.check_stores()
    monitors = _chosen(request)
    _check_vars(request, monitors)
    _check_parameters(request, monitors)
    delivers, why_not = _delivers(request, whole=not (request.select or request.exclude))
    if delivers:
        _check_alerts(request)
    if request.docs:
        request.project.sites  # noqa: B018 - reading it is the check
    notes = tuple(_notes(request, monitors, delivers, why_not))
    started_at = datetime.now(UTC)
    target, broken = _ready(request.target, progress)
    run = request.run(new_run_id(now))
    jobs = MonitorJobs(
        request.project, target, run.as_of, run=run, vars=request.vars, broken=broken
    )
    engine = Engine(
        jobs,
        monitors,
        stamp=None
        if request.changed_by
        else stamp_of(run, request.project, target, started_at=started_at),
        parameters=request.parameters,
        batch_parameters=_options(request),
        on_outcome=lambda outcome: progress.monitor_done(outcome, of=len(monitors)),
    )
    progress.step(f"0 of {len(monitors)} done; querying {target.name}")
    engine.submit()
    heartbeat = None
    if delivers:
        heartbeat = HeartbeatSender(request.project, target, run)
        heartbeat.start(now)
    try:
        workspace = open_workspace(
            Opening(
                project=request.project,
                run=run,
                started_at=started_at,
                monitors=monitors,
                is_wanted=lambda kind: _is_wanted(kind, request, delivers),
                batch_parameters=engine.batch_parameters,
            )
        )
        outcomes = tuple(judged.outcome for judged in engine.judge(workspace))
        live = _live(request, run, target, now, progress) if delivers else None
        with known_unreachable() if jobs.is_unreachable else nullcontext():
            actions = workspace.act(RunOutcomes(run, outcomes, target, live, progress.step))
            report = _report(request, run, target, outcomes, actions, now, started, notes)
    except Exception:
        # Not for Ctrl-C, which must end at once: that it never finished is then what is found.
        if heartbeat is not None:
            heartbeat.fail()
        raise
    finally:
        jobs.close()
    if heartbeat is not None:
        with known_unreachable() if jobs.is_unreachable else nullcontext():
            heartbeat.finish(report)
        report = replace(report, notes=(*report.notes, *heartbeat.notes))
    return report


def _report(
    request: RunRequest,
    run: Run,
    target: Target,
    outcomes: tuple[Outcome, ...],
    actions: ActionResults,
    now: datetime,
    started: float,
    notes: tuple[str, ...],
) -> RunReport:
    outcomes, budget_notes = with_budgets(
        outcomes, request.project, target, run_id=run.run_id, now=now
    )
    report = RunReport(
        **vars(run),
        started_at=now,
        seconds=time.monotonic() - started,
        outcomes=outcomes,
        fail_on=request.fail_on,
        given=request.given,
        notes=(*notes, *budget_notes),
        cost=_cost(request, outcomes, target, now),
    )
    return keep_last_statuses(target.state_files, actions.added_to(report))


def _notes(
    request: RunRequest, monitors: tuple[str, ...], delivers: bool, why_not: str | None
) -> Iterator[str]:
    """What a reader should know of the run beside its outcomes.

    Raises:
        ConfigError: ``mutes.yml`` is malformed.
    """
    if request.as_of.note:
        yield request.as_of.note
    yield from request.project.stale_entries
    for mute in request.project.mutes:
        if any(mute.covers(name, request.as_of.instant) for name in monitors):
            yield f"{mute.describe()}."
    entry = request.project.checkpoint(request.checkpoint).entry
    kinds = [str(action.get("type")) for action in entry.actions]
    if why_not and any(kind not in DOCS_ACTIONS for kind in kinds):
        yield why_not
    kept = [kind for kind in kinds if _is_wanted(kind, request, delivers)]
    keeping = _keeping(kept)
    if request.changed_by and keeping:
        yield (
            f"This run is not stored in the {' and the '.join(keeping)}: "
            f"{_changing(request.changed_by)}."
        )


def dry_run(request: RunRequest, *, progress: Progress | None = None) -> DryRunReport:
    """Compile every monitor and ask BigQuery what it would read; nothing is run.

    Raises:
        ConfigError: as `run_checkpoint`.
    """
    progress = progress or NoProgress()
    monitors = _chosen(request)
    _check_vars(request, monitors)
    _check_parameters(request, monitors)
    jobs = _unsent(request)
    models = []
    for place, name in enumerate(monitors, 1):
        progress.step(f"compiling {place} of {len(monitors)}: {name}")
        compiled, estimated, fault = None, None, None
        try:
            compiled = jobs.compile(request.project.suite_of(name))
            estimated = jobs.estimate(name, compiled)
        except MonitorError as error:
            fault = error.one_line()
        models.append(DryRunModel(name, compiled, estimated, fault))
    return DryRunReport(
        checkpoint=request.checkpoint,
        target=request.target.name,
        as_of=request.as_of.instant,
        models=tuple(models),
    )


def _chosen(request: RunRequest) -> tuple[str, ...]:
    checkpoint = request.project.checkpoint(request.checkpoint)
    chosen = choose_monitors(
        request.project, [checkpoint], select=request.select, exclude=request.exclude
    )
    return chosen[checkpoint.name]


def _unsent(request: RunRequest) -> MonitorJobs:
    """Jobs that are compiled and estimated, and never run."""
    return MonitorJobs(request.project, request.target, request.as_of.instant, vars=request.vars)


def _check_vars(request: RunRequest, monitors: tuple[str, ...]) -> None:
    """A wrong ``--var`` is a wrong argument, whichever monitor would meet it."""
    if not request.vars:
        return
    jobs = _unsent(request)
    read: set[str] = set()
    for name in monitors:
        try:
            if not has_model(request.project, name):
                continue
            read.update(jobs.compile(request.project.suite_of(name)).variables)
        except VariableError as error:
            if error.var in request.vars:
                raise ConfigError(error.what, key=f"--var {error.var}", fix=error.fix) from error
        except MonitorError:
            return  # a fault of a monitor's own files: its ERROR, when it runs
    _refuse_unread("variable", "--var", request.vars, read)


def _check_parameters(request: RunRequest, monitors: tuple[str, ...]) -> None:
    """A ``--param`` that no suite reads is a wrong argument: it would change nothing."""
    if not request.parameters:
        return
    read: set[str] = set()
    for name in monitors:
        try:
            read |= request.project.suite_of(name).parameters_read
        except MonitorError:
            return  # a fault of a monitor's own files: its ERROR, when it runs
    _refuse_unread("parameter", "--param", request.parameters, read)


def _refuse_unread(kind: str, option: str, given: Iterable[str], read: Set[str]) -> None:
    for name in given:
        if name not in read:
            raise ConfigError(
                f"none of the selected monitors reads {kind} {name!r}",
                key=f"{option} {name}",
                fix=did_you_mean(name, read) if read else "remove the option: they read none",
            )


def _ready(target: Target, progress: Progress) -> tuple[Target, WarehouseError | None]:
    """The target, and why it can't be asked: then every monitor is ERROR, and that is reported."""
    from plumbline.warehouse.ready import ensure_ready

    try:
        return ensure_ready(target, progress.long_step), None
    except WarehouseError as broken:
        return target, broken


def _cost(
    request: RunRequest, outcomes: tuple[Outcome, ...], target: Target, now: datetime
) -> str | None:
    """A month is that of the whole checkpoint: of a part of it, nothing is said."""
    if all(outcome.bytes_billed is None for outcome in outcomes):
        return None
    runs = None
    if not (request.select or request.exclude):
        try:
            schedules = request.project.schedules
        except ConfigError:  # lint and the scheduler say what is wrong with the file
            schedules = ()
        runs = runs_per_month(schedules, request.checkpoint, now=now)
    return cost_line(outcomes, runs_per_month=runs, price=target.price)


def _options(request: RunRequest) -> dict[str, Any]:
    """The batch parameters that name this run's rows to GX."""
    options: dict[str, Any] = {"as_of": request.as_of.instant.isoformat()}
    if request.vars:
        options["vars"] = dict(request.vars)
    return options


def _check_alerts(request: RunRequest) -> None:
    """A fault in the configuration of alerts is refused before anything runs, as any other."""
    checkpoint = request.project.checkpoint(request.checkpoint)
    if any(action.get("type") == ALERTS_ACTION for action in checkpoint.entry.actions):
        request.project.alerts  # noqa: B018 - reading it is the check
        request.project.mutes  # noqa: B018


def _live(
    request: RunRequest, run: Run, target: Target, now: datetime, progress: Progress
) -> LiveRun:
    from plumbline.alerts.factory import LiveRun

    return LiveRun(
        request.project,
        target,
        run,
        now,
        is_kept=not request.changed_by,
        progress=progress.step,
    )


def _delivers(request: RunRequest, *, whole: bool) -> tuple[bool, str | None]:
    """Whether messages may be sent: they belong to live, whole runs on real data."""
    if request.alerts is not None:
        return request.alerts, None
    if request.target.demo is not None:
        data = request.target.demo.name
        return False, f"Nothing is sent: this run is on the {data} (use --alerts to send)."
    if not request.as_of.is_now:
        return False, "Nothing is sent: this run checks the past (use --alerts to send)."
    if request.parameters:
        return (
            False,
            "Nothing is sent: --param changes what this run checks (use --alerts to send).",
        )
    if not whole:
        return (
            False,
            "Nothing is sent: this run checks a part of the checkpoint (use --alerts to send).",
        )
    return True, None


def _changing(options: tuple[str, ...]) -> str:
    if options == ("--var",):
        return "--var changes what it measures"
    if len(options) == 1:
        return "--param changes what it checks"
    return "--var and --param change what it checks"


def _keeping(kinds: list[str]) -> list[str]:
    """Where runs are kept for comparison."""
    of = {"data docs": not DOCS_ACTIONS.isdisjoint(kinds), "history": ALERTS_ACTION in kinds}
    return [name for name, is_there in of.items() if is_there]


def _is_wanted(kind: str, request: RunRequest, delivers: bool) -> bool:
    return request.docs if kind in DOCS_ACTIONS else delivers
