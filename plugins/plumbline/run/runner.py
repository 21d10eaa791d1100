"""Runs a checkpoint: jobs first, GX while they work, then outcomes, actions and the report.

Used by the command line and the scheduler. The clock is read above; ``now`` comes in.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from plumbline.core.errors import ConfigError, MonitorError, WarehouseError, did_you_mean
from plumbline.core.outcome import Outcome, RunReport
from plumbline.core.run import new_run_id
from plumbline.history.cost.budgets import with_budgets
from plumbline.history.cost.of_run import cost_line
from plumbline.history.cost.runs_per_month import runs_per_month
from plumbline.history.heartbeat import Heart
from plumbline.history.last_statuses import record_last_statuses
from plumbline.models import VariableError
from plumbline.project import Target
from plumbline.report.dry_run import DryRunModel, DryRunReport
from plumbline.run.jobs import MonitorJobs
from plumbline.run.progress import NoProgress, Progress
from plumbline.run.request import RunRequest
from plumbline.run.selection import choose_monitors

if TYPE_CHECKING:
    from plumbline.gx.alert_action import AlertAction
    from plumbline.gx.checkpoint import Checkpoint
    from plumbline.gx.docs_action import DocsAction

ALERTS = "plumbline_alerts"
"""The type of the alerts action."""

DOCS = "plumbline_docs"
"""The type of the action that builds the data docs."""


def run_checkpoint(
    request: RunRequest, *, now: datetime, progress: Progress | None = None
) -> RunReport:
    """Run the checkpoint of ``request``.

    Raises:
        ConfigError: the arguments, the checkpoint or the project's configuration are wrong;
            nothing was run.
    """
    started = time.monotonic()
    progress = progress or NoProgress()
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
    run_id = new_run_id(now)
    target, broken = _ready(request.target, progress)
    jobs = MonitorJobs(
        project=request.project,
        target=target,
        as_of=request.as_of.instant,
        run_id=run_id,
        checkpoint=request.checkpoint,
        vars=request.vars,
        broken=broken,
    )
    progress.step(f"asking {target.name}, one job a monitor")
    jobs.submit(name for name in monitors if _has_model(request, name))
    heart = None
    if delivers:
        heart = Heart(request.project, target, run_id, request.checkpoint)
        heart.start(now)
    try:
        report = _run(
            request,
            jobs,
            monitors,
            delivers=delivers,
            why_not=why_not,
            now=now,
            started=started,
            progress=progress,
        )
    except Exception:
        # Not for Ctrl-C, which must end at once: that it never finished is then what is found.
        if heart is not None:
            heart.fail()
        raise
    if heart is not None:
        heart.finish(report)
        report = replace(report, notes=(*report.notes, *heart.notes))
    return report


def _run(
    request: RunRequest,
    jobs: MonitorJobs,
    monitors: tuple[str, ...],
    *,
    delivers: bool,
    why_not: str | None,
    now: datetime,
    started: float,
    progress: Progress,
) -> RunReport:
    """GX, the judging and the actions, while the jobs are under way."""
    run_id, target = jobs.run_id, jobs.target
    checkpoint = _load(request, jobs, monitors)
    checkpoint._on_outcome = progress.monitor_done
    notes = [note for note in (request.as_of.note,) if note]
    notes += [
        f"{mute.describe()}."
        for mute in request.project.mutes
        if any(mute.covers(name, request.as_of.instant) for name in monitors)
    ]
    kept = [action for action in checkpoint.actions if _is_kept(action, request, delivers)]
    if why_not and any(not _is_kept(action, request, delivers) for action in _telling(checkpoint)):
        notes.append(why_not)
    if request.changed_by and (keeping := _keeping(kept)):
        notes.append(
            f"This run is not kept in the {' and the '.join(keeping)}: "
            f"{_changing(request.changed_by)} something else."
        )
    checkpoint.actions = kept
    alert_service = _prepare_alerts(kept, request, target, run_id, now, progress)
    documenting = _prepare_docs(kept, target, progress)
    # The jobs are under way since before GX was there.
    checkpoint._under_way = timedelta(seconds=time.monotonic() - started)
    checkpoint.run(
        batch_parameters=_options(request), expectation_parameters=dict(request.parameters)
    )
    told = [action.report for action in alert_service if action.report is not None]
    outcomes, budget_notes = with_budgets(
        _in_order(monitors, checkpoint.outcomes), request.project, target, run_id=run_id, now=now
    )
    failed_actions = tuple(checkpoint.failed_actions)
    report = RunReport(
        run_id=run_id,
        checkpoint=request.checkpoint,
        target=target.name,
        as_of=request.as_of.instant,
        started_at=now,
        seconds=time.monotonic() - started,
        outcomes=outcomes,
        revision=request.project.revision,
        fail_on=request.fail_on,
        given=request.given,
        notes=(
            *notes,
            *(note for one in told for note in one.notes),
            *(note for action in documenting for built in action.built for note in built.notes),
            *failed_actions,
            *budget_notes,
        ),
        cost=_cost(request, outcomes, target, now),
        action_errors=failed_actions,
        docs=next((built.address for action in documenting for built in action.built), None),
        alerts=tuple(line for one in told for line in one.lines),
        waiting=sum(one.waiting for one in told),
    )
    try:
        record_last_statuses(request.project.state_dir, report)
    except OSError as fault:
        return replace(report, notes=(*report.notes, f"The statuses could not be kept: {fault}"))
    return report


def dry_run(request: RunRequest, *, progress: Progress | None = None) -> DryRunReport:
    """Compile every monitor and ask BigQuery what it would read; nothing is run.

    Raises:
        ConfigError: as `run_checkpoint`.
    """
    progress = progress or NoProgress()
    monitors = _chosen(request)
    _check_vars(request, monitors)
    _check_parameters(request, monitors)
    jobs = MonitorJobs(
        project=request.project,
        target=request.target,
        as_of=request.as_of.instant,
        checkpoint=request.checkpoint,
        vars=request.vars,
    )
    models = []
    for name in monitors:
        progress.step(f"compiling {name}")
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
    return choose_monitors(
        request.project, checkpoint, select=request.select, exclude=request.exclude
    )


def _check_vars(request: RunRequest, monitors: tuple[str, ...]) -> None:
    """A wrong ``--var`` is a wrong argument, whichever monitor would meet it."""
    if not request.vars:
        return
    jobs = MonitorJobs(
        project=request.project,
        target=request.target,
        as_of=request.as_of.instant,
        vars=request.vars,
    )
    read: set[str] = set()
    for name in monitors:
        try:
            if not _has_model(request, name):
                continue
            read.update(jobs.compile(request.project.suite_of(name)).variables)
        except VariableError as error:
            if error.var in request.vars:
                raise ConfigError(error.what, key=f"--var {error.var}", fix=error.fix) from error
        except MonitorError:
            return  # a fault of a monitor's own files: its ERROR, when it runs
    for name in request.vars:
        if name not in read:
            raise ConfigError(
                f"none of the selected monitors reads variable {name!r}",
                key=f"--var {name}",
                fix=did_you_mean(name, read),
            )


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
    for name in request.parameters:
        if name not in read:
            raise ConfigError(
                f"none of the selected monitors reads parameter {name!r}",
                key=f"--param {name}",
                fix=did_you_mean(name, read) if read else "leave it out: they read none",
            )


def _has_model(request: RunRequest, name: str) -> bool:
    try:
        return request.project.asset_of(name) is None
    except MonitorError:  # its ERROR, when it runs
        return False


def _ready(target: Target, progress: Progress) -> tuple[Target, WarehouseError | None]:
    """The target, and why it can't be asked: then every monitor is ERROR, and that is reported."""
    from plumbline.warehouse.ready import ensure_ready

    try:
        return ensure_ready(target, progress.long_step), None
    except WarehouseError as broken:
        return target, broken


def _load(request: RunRequest, jobs: MonitorJobs, monitors: tuple[str, ...]) -> Checkpoint:
    from plumbline.gx.context import load_context

    context = load_context(request.project)
    source: Any = context.data_sources.get(request.project.datasource_name)
    source.attach(jobs, _options(request))
    checkpoint: Any = context.checkpoints.get(request.checkpoint)
    checkpoint.validation_definitions = [
        definition
        for definition in checkpoint.validation_definitions
        if definition.name in monitors
    ]
    return checkpoint  # type: ignore[no-any-return]


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
    if any(action.get("type") == ALERTS for action in checkpoint.entry.actions):
        request.project.alerts  # noqa: B018 - reading it is the check
        request.project.mutes  # noqa: B018


def _prepare_alerts(
    actions: list[Any],
    request: RunRequest,
    target: Target,
    run_id: str,
    now: datetime,
    progress: Progress,
) -> list[AlertAction]:
    """The alert actions, told which run they are of."""
    found = [action for action in actions if _is_alerts(action)]
    if found:
        from plumbline.alerts.factory import LiveRun

        live = LiveRun(
            project=request.project,
            target=target,
            run_id=run_id,
            checkpoint=request.checkpoint,
            as_of=request.as_of.instant,
            now=now,
            is_kept=not request.changed_by,
            progress=progress.step,
        )
        for action in found:
            action._live = live
    return found


def _prepare_docs(actions: list[Any], target: Target, progress: Progress) -> list[DocsAction]:
    """The docs actions, told whose site they build."""
    found = [action for action in actions if action.type == DOCS]
    for action in found:
        action._target = target
        action._progress = progress.step
    return found


def _delivers(request: RunRequest, *, whole: bool) -> tuple[bool, str | None]:
    """Whether messages may be sent: they belong to live, whole runs on real data."""
    if request.alerts is not None:
        return request.alerts, None
    if request.target.demo is not None:
        data = request.target.demo.name
        return False, f"Nothing is sent: this run is on the {data} (--alerts sends)."
    if not request.as_of.is_now:
        return False, "Nothing is sent: this run is not of now (--alerts sends)."
    if request.parameters:
        return (
            False,
            "Nothing is sent: --param lets this run judge otherwise (--alerts sends).",
        )
    if not whole:
        return (
            False,
            "Nothing is sent: this run looks at a part of the checkpoint (--alerts sends).",
        )
    return True, None


def _telling(checkpoint: Checkpoint) -> list[Any]:
    """The actions that tell somebody of something."""
    return [action for action in checkpoint.actions if not _is_docs(action)]


def _changing(options: tuple[str, ...]) -> str:
    if options == ("--var",):
        return "--var lets it measure"
    return "--param lets it judge" if len(options) == 1 else "--var and --param let it judge"


def _keeping(actions: list[Any]) -> list[str]:
    """Where runs are kept for comparison."""
    of = {"data docs": any(map(_is_docs, actions)), "history": any(map(_is_alerts, actions))}
    return [name for name, is_there in of.items() if is_there]


def _is_alerts(action: Any) -> bool:
    return action.type == ALERTS  # type: ignore[no-any-return]


def _is_docs(action: Any) -> bool:
    return action.type in (DOCS, "update_data_docs")


def _is_kept(action: Any, request: RunRequest, delivers: bool) -> bool:
    if _is_docs(action):
        return request.docs
    return delivers


def _in_order(monitors: tuple[str, ...], outcomes: list[Outcome]) -> tuple[Outcome, ...]:
    found: Mapping[str, Outcome] = {outcome.monitor: outcome for outcome in outcomes}
    return tuple(found[name] for name in monitors if name in found)
