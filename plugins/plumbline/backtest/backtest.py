"""``plumbline backtest``: replays the schedules over past data.

Used by the command, by calibrate and by impact. The clock is read above; ``now`` comes in.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plumbline.backtest.caveats import (
    changes,
    columns_of_now,
    faults,
    groups_gone,
    quiet_times,
    rows_of_now,
    tables_seen,
)
from plumbline.backtest.fetch import Asked, Sent, ask
from plumbline.backtest.findings import NO_ALARM, WITHIN, Score, score
from plumbline.backtest.instants import Span
from plumbline.backtest.judging import Judge
from plumbline.backtest.replay import PastRun, Replay, replay_runs
from plumbline.backtest.report import Backtest, MonitorSummary
from plumbline.core.errors import MonitorError
from plumbline.core.instants import in_utc
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
    span: Span
    labels: Sequence[Label] | None = None
    """None: there is no file of labelled incidents."""
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    within: timedelta = WITHIN
    """How soon after they are due incidents should be found."""


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
    project, span = request.project, request.span
    listed = choose_monitors(
        project,
        [project.checkpoint(name) for name in span.checkpoints],
        select=request.select,
        exclude=request.exclude,
    )
    alerts = project.alerts.for_target(request.target.name)
    revision = project.revision
    target = ensure_ready(request.target, progress.long_step)
    instants = instants_of(span, listed)
    progress.long_step(
        f"querying {target.name} for {len(span.instants)} instants, one job per monitor"
    )
    labels = {"app": "plumbline", "component": "backtest", "run": new_run_id(now)}
    if len(span.checkpoints) == 1:
        labels["checkpoint"] = span.checkpoints[0]
    asked = ask(project, target, instants, labels=labels)
    judge = Judge(project, target, request.labels or ())
    found = judge_all(judge, asked, instants, progress)
    progress.step("deciding the incidents")
    runs = past_runs(span, listed, found.outcomes)
    replay = replay_runs(runs, alerts=alerts)
    scored = score(
        replay,
        found.outcomes,
        _labels(request, instants),
        first=span.first,
        last=span.last,
        within=request.within,
        not_replayed=found.refused,
    )
    done = found.asked
    billed = [one.bytes_billed for one in done.values() if one.bytes_billed is not None]
    compiled = {name: one.compiled for name, one in done.items() if one.compiled is not None}
    return Backtest(
        project=target.plumbline_project,
        target=target.name,
        span=span,
        zone=project.timezone,
        outcomes=found.outcomes,
        runs=runs,
        replay=replay,
        score=scored,
        labelled=request.labels is not None,
        tables=tables_seen(project, target, compiled),
        monitors=tuple(
            _summary(name, outcomes, replay, scored, done[name].jobs)
            for name, outcomes in found.outcomes.items()
        ),
        not_replayed=found.refused,
        revision=revision,
        started_at=now,
        seconds=time.monotonic() - began,
        jobs=sum(one.jobs for one in done.values()),
        bytes_billed=sum(billed) if billed else None,
        ignored=project.stale_entries,
        notes=(
            *_notes(request, project, found.outcomes, replay),
            *columns_of_now(compiled),
            *rows_of_now(compiled),
        ),
    )


@dataclass(frozen=True)
class Judged:
    """What the monitors would have found, each by name."""

    outcomes: Mapping[str, Sequence[Outcome]]
    """In order of time; none of those that are refused."""
    asked: Mapping[str, Asked]
    """Without its rows."""
    refused: Mapping[str, MonitorError]
    """Why a monitor can't be replayed."""


def judge_all(
    judge: Judge,
    asked: Mapping[str, Sent],
    instants: Mapping[str, Sequence[datetime]],
    progress: Progress,
) -> Judged:
    """What ``judge`` makes of the rows that were asked for.

    Args:
        asked: the jobs, by monitor; their rows may be judged again.
        instants: when each monitor is judged, by monitor.
    """
    outcomes: dict[str, Sequence[Outcome]] = {}
    done: dict[str, Asked] = {}
    refused: dict[str, MonitorError] = {}
    for count, (name, sent) in enumerate(asked.items(), 1):
        progress.step(f"{count} of {len(asked)}: waiting for {name}")
        answer = sent.result()
        progress.step(f"{count} of {len(asked)}: evaluating {name}")
        done[name] = replace(answer, rows={}, answer=None)
        if answer.fault is not None:
            refused[name] = answer.fault
            continue
        # Samples of failing rows, and the list of all instants, are not kept for each of them.
        judged = [
            replace(outcome, failing=None, failures=(), parameters={})
            for outcome in judge.outcomes(answer, instants[name])
        ]
        if name in judge.refused:
            refused[name] = judge.refused[name]
        else:
            outcomes[name] = judged
    return Judged(outcomes, done, refused)


def instants_of(
    span: Span, monitors: Mapping[str, Sequence[str]]
) -> dict[str, tuple[datetime, ...]]:
    """By monitor, when its checkpoints run: one query asks for all of them."""
    found: dict[str, dict[datetime, None]] = {
        name: {} for names in monitors.values() for name in names
    }
    for at, checkpoint in span.runs:
        for name in monitors[checkpoint]:
            found[name][at] = None
    return {name: tuple(instants) for name, instants in found.items() if instants}


def past_runs(
    span: Span, monitors: Mapping[str, Sequence[str]], outcomes: Mapping[str, Sequence[Outcome]]
) -> tuple[PastRun, ...]:
    """Each run with what it would have found, in order of time."""
    by_instant = {
        name: {in_utc(one.as_of): one for one in found} for name, found in outcomes.items()
    }
    runs = (
        PastRun(
            at,
            checkpoint,
            [by_instant[name][at] for name in monitors[checkpoint] if name in outcomes],
        )
        for at, checkpoint in span.runs
    )
    return tuple(run for run in runs if run.outcomes)


def _labels(request: BacktestRequest, names: Collection[str]) -> Sequence[Label]:
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
        alarm=scored.alarms.get(name, NO_ALARM),
        jobs=jobs,
    )


def _notes(
    request: BacktestRequest,
    project: Project,
    outcomes: Mapping[str, Sequence[Outcome]],
    replay: Replay,
) -> Iterator[str]:
    span, zone = request.span, project.timezone
    yield changes(project, outcomes, span.first, span.last)
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
        if one.incident.opened_at <= in_utc(outcomes[one.incident.monitor][0].as_of)
    ]
    if before:
        yield (
            f"{', '.join(sorted(set(before)))}: already failing at the first run, so the "
            "start of the failure is unknown."
        )
    if request.labels is None:
        yield (
            "There is no file of labelled incidents (checkpoints/incidents.yml, --incidents): "
            "nothing can be called missed or false."
        )
    if project.mutes:
        yield "Mutes and acknowledgements are not replayed: suppressed alerts count as sent."
