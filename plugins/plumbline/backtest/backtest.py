"""``plumbline backtest``: replays a schedule over past data.

Used by the command, by calibrate and by impact. The clock is read above; ``now`` comes in.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from plumbline.backtest.caveats import (
    changes,
    columns_of_now,
    faults,
    groups_gone,
    quiet_times,
    tables_seen,
)
from plumbline.backtest.fetch import Asked, ask
from plumbline.backtest.findings import Score, score
from plumbline.backtest.instants import Span
from plumbline.backtest.judging import Judge
from plumbline.backtest.replay import Replay, by_instant, replay_outcomes
from plumbline.backtest.report import Backtest, MonitorSummary
from plumbline.core.outcome import Outcome
from plumbline.core.run import new_run_id
from plumbline.project import Project, Target
from plumbline.project.labels import Label
from plumbline.run.progress import NoProgress, Progress
from plumbline.run.selection import choose_monitors
from plumbline.warehouse.ready import ensure_ready


@dataclass(frozen=True)
class BacktestRequest:
    """What to replay."""

    project: Project
    target: Target
    checkpoint: str
    span: Span
    labels: Sequence[Label] | None = None
    """None: there is no file of labelled incidents."""
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


def run_backtest(
    request: BacktestRequest, *, now: datetime, progress: Progress | None = None
) -> Backtest:
    """Replay the range of ``request``; nothing is written and nobody is notified.

    Raises:
        ConfigError: the checkpoint or the project's configuration is wrong; nothing was asked.
        WarehouseError: the embedded warehouse can't be made ready.
    """
    began = time.monotonic()
    progress = progress or NoProgress()
    project = request.project
    checkpoint = project.checkpoint(request.checkpoint)
    names = choose_monitors(project, checkpoint, select=request.select, exclude=request.exclude)
    alerts = project.alerts.for_target(request.target.name)
    revision = project.revision
    target = ensure_ready(request.target, progress.long_step)
    instants = request.span.instants
    progress.long_step(f"asking {target.name} for {len(instants)} instants, one job a monitor")
    asked = ask(
        project,
        target,
        names,
        instants,
        labels={
            "app": "plumbline",
            "component": "backtest",
            "checkpoint": request.checkpoint,
            "run": new_run_id(now),
        },
    )
    judge = Judge(project, target, request.labels or ())
    outcomes: dict[str, list[Outcome]] = {}
    done: dict[str, Asked] = {}
    for count, name in enumerate(names, 1):
        progress.step(f"{count} of {len(names)}: waiting for {name}")
        answer = asked[name].result()
        progress.step(f"{count} of {len(names)}: judging {name}")
        # Samples of failing rows, and the list of all instants, are not kept for each of them.
        outcomes[name] = [
            replace(outcome, failing=None, failures=(), parameters={})
            for outcome in judge.outcomes(answer, instants)
        ]
        done[name] = Asked(
            name, answer.compiled, answer.jobs, fault=answer.fault, bytes_billed=answer.bytes_billed
        )  # the rows have been judged
    progress.step("deciding the incidents")
    replay = replay_outcomes(
        by_instant(one for found in outcomes.values() for one in found),
        checkpoint=request.checkpoint,
        alerts=alerts,
    )
    scored = score(
        replay,
        outcomes,
        _labels(request, names),
        first=request.span.first,
        last=request.span.last,
    )
    billed = [one.bytes_billed for one in done.values() if one.bytes_billed is not None]
    compiled = {name: one.compiled for name, one in done.items() if one.compiled is not None}
    return Backtest(
        checkpoint=request.checkpoint,
        project=target.plumbline_project,
        target=target.name,
        span=request.span,
        zone=project.timezone,
        outcomes=outcomes,
        replay=replay,
        score=scored,
        labelled=request.labels is not None,
        tables=tables_seen(project, target, compiled),
        monitors=tuple(
            _summary(name, outcomes[name], replay, scored, done[name].jobs) for name in names
        ),
        revision=revision,
        started_at=now,
        seconds=time.monotonic() - began,
        jobs=sum(one.jobs for one in done.values()),
        bytes_billed=sum(billed) if billed else None,
        notes=(*_notes(request, project, names, outcomes, replay), *columns_of_now(compiled)),
    )


def _labels(request: BacktestRequest, names: Sequence[str]) -> Sequence[Label]:
    """All labels; where only some monitors are asked for, those that name one of them."""
    labels = request.labels or ()
    if not (request.select or request.exclude):
        return labels
    return [label for label in labels if set(label.monitors) & set(names)]


def _summary(
    name: str, outcomes: Sequence[Outcome], replay: Replay, scored: Score, jobs: int
) -> MonitorSummary:
    return MonitorSummary(
        name=name,
        counts=Counter(outcome.status for outcome in outcomes),
        incidents=sum(one.incident.monitor == name for one in replay.incidents),
        alerts=sum(change.incident.monitor == name for change in replay.sent),
        false_alarms=sum(one.incident.monitor == name for one in scored.false_alarms),
        jobs=jobs,
    )


def _notes(
    request: BacktestRequest,
    project: Project,
    names: Sequence[str],
    outcomes: Mapping[str, Sequence[Outcome]],
    replay: Replay,
) -> Iterator[str]:
    span, zone = request.span, project.timezone
    yield changes(project, names, span.first, span.last)
    for change in span.clock_changes:
        yield f"Clocks change: {change}; runs keep to the wall clock."
    for quiet in quiet_times(outcomes, zone):
        yield quiet[0].upper() + quiet[1:] + "."
    yield from faults(outcomes, zone)
    for name, measured in outcomes.items():
        for gone in groups_gone(measured):
            yield f"{name}: {gone}."
    before = [
        one.incident.monitor
        for one in replay.incidents
        if one.incident.opened_at <= span.instants[0]
    ]
    if before:
        yield (
            f"{', '.join(sorted(set(before)))}: wrong at the first instant already, so it is not "
            "known since when."
        )
    if request.labels is None:
        yield (
            "There is no file of labelled incidents (checkpoints/incidents.yml, --incidents): "
            "nothing can be called missed or false."
        )
    if project.mutes:
        yield "Mutes and acknowledgements are not replayed: suppressed alerts count as sent."
