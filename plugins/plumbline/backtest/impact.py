"""``plumbline impact``: what a change would have alerted, before and after.

Thresholds are judged again on stored numbers, without a job on the monitored tables. What measures
otherwise (SQL, variables, other expectations) is asked for both versions, over the range given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from plumbline.backtest.backtest import BacktestRequest, run_backtest
from plumbline.backtest.changes import MonitorChange, monitor_changes, other_changes
from plumbline.backtest.findings import score_monitor
from plumbline.backtest.instants import Span
from plumbline.backtest.replay import ReplayedIncident
from plumbline.backtest.stored_range import Stretch, missing_parts, within
from plumbline.checks.rejudge import rejudge, without_units
from plumbline.checks.threshold_families import families_of
from plumbline.core.errors import ConfigError, MonitorError
from plumbline.core.masking import PREFIX
from plumbline.core.outcome import Outcome
from plumbline.core.status import EXIT_ERROR, EXIT_OK, Status
from plumbline.core.text import count, listing
from plumbline.project import Project, Target
from plumbline.project.alerts import AlertsConfig
from plumbline.project.labels import Label
from plumbline.run.progress import NoProgress, PartProgress, Progress


@dataclass(frozen=True)
class Side:
    """One version of a monitor over the range."""

    alerts: int
    false_alarms: int
    found: tuple[str, ...]
    missed: tuple[str, ...]
    incidents: tuple[ReplayedIncident, ...] = field(default=(), repr=False)
    errors: int = 0
    """Instants at which it could not be judged."""


@dataclass(frozen=True)
class Basis:
    """On which runs the figures of a monitor stand."""

    is_stored: bool
    """Whether stored numbers were judged again; else both versions were replayed."""
    first: datetime
    last: datetime
    runs: int
    missing: tuple[Stretch, ...] = ()
    """Parts of the range, or between the first and the last run, of which nothing is stored."""

    def text(self, zone: ZoneInfo) -> str:
        """``stored history, 2026-01-01 to 2026-02-10, 164 runs``."""
        what = "stored history" if self.is_stored else "backtest of both versions"
        first, last = (f"{at.astimezone(zone):%Y-%m-%d}" for at in (self.first, self.last))
        when = first if first == last else f"{first} to {last}"
        text = f"{what}, {when}, {count(self.runs, 'runs')}"
        if self.missing:
            parts = [one.text(zone) for one in self.missing]
            text += f"; nothing stored from {listing(parts, 3)}"
        return text


@dataclass(frozen=True)
class Effect:
    """What the change of one monitor does."""

    change: MonitorChange
    before: Side | None
    """None: it was not there, or it is unknown."""
    after: Side | None
    source: str
    """From what, in words; or why it is unknown."""
    told: bool = True
    basis: Basis | None = None
    """None: nothing was judged."""

    @property
    def newly_missed(self) -> tuple[str, ...]:
        """Labelled incidents that were found before and are not any more."""
        return tuple(
            name for name in (self.before.found if self.before else ()) if not self._finds(name)
        )

    @property
    def newly_found(self) -> tuple[str, ...]:
        """Labelled incidents that are found only now."""
        before = self.before.found if self.before else ()
        return tuple(
            name for name in (self.after.found if self.after else ()) if name not in before
        )

    def _finds(self, name: str) -> bool:
        return self.after is not None and name in self.after.found


@dataclass(frozen=True)
class Impact:
    """What a change does."""

    base: str
    """As it was named."""
    effects: tuple[Effect, ...]
    others: tuple[str, ...]
    """Schedules, checkpoints and alerts, in words."""
    labelled: bool
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, or 3 where the effect of a change is unknown."""
        return EXIT_OK if all(effect.told for effect in self.effects) else EXIT_ERROR


@dataclass(frozen=True)
class ImpactRequest:
    """What to compare, and by what."""

    base: Project
    base_name: str
    head: Project
    target: Target
    labels: Sequence[Label] | None
    span: Span | None
    """The range: of the stored history only this counts, and what has to be asked is asked for it.
    None: the whole history counts, and nothing is asked."""

    @property
    def asked(self) -> Stretch | None:
        """The range."""
        return None if self.span is None else Stretch(self.span.first, self.span.last)


def find_changes(request: ImpactRequest) -> tuple[MonitorChange, ...]:
    """The monitors that differ; the warehouse is not asked."""
    return monitor_changes(request.base, request.head, request.target)


def measure_impact(
    request: ImpactRequest,
    changes: Sequence[MonitorChange],
    history: Mapping[str, Sequence[Outcome]],
    *,
    now: datetime,
    progress: Progress | None = None,
) -> Impact:
    """What ``changes`` do.

    Args:
        request: what to compare.
        changes: as `find_changes` says.
        history: stored numbers, by monitor, in order of time; may be empty.
        now: for the schedule's runs.
        progress: told what is done.

    Raises:
        ConfigError: the project's configuration is wrong.
        WarehouseError: the embedded warehouse can't be made ready.
    """
    progress = progress or NoProgress()
    labels = request.labels or ()
    alerts = request.head.alerts
    history = {name: within(found, request.asked) for name, found in history.items()}
    told: dict[str, Effect] = {}
    asking: list[MonitorChange] = []
    for change in changes:
        stored = history.get(change.name, ())
        if change.kind == "text":
            told[change.name] = Effect(change, None, None, "nothing that is alerted")
        elif change.kind == "broken":
            told[change.name] = Effect(change, None, None, change.what[0], told=False)
        elif change.kind == "thresholds" and _is_stored(request, change.name, stored):
            told[change.name] = _from_history(request, change, history, labels, alerts)
        else:
            asking.append(change)
    if asking and request.span is not None:
        told |= _by_backtest(request, asking, history, labels, alerts, now, progress)
    for change in asking:
        if change.name not in told:
            why = "it measures something else, so both versions must be replayed"
            if change.kind == "thresholds":
                stored = history.get(change.name, ())
                why = _without_units(request, change.name, stored) or (
                    "its groups are stored as pseudonyms, so overrides can't be matched"
                    if stored
                    else "there is no stored history of it (--history FILE, or plumbline backtest "
                    "--record)"
                )
            told[change.name] = Effect(
                change, None, None, f"unknown: {why}; pass --from and --to", told=False
            )
    return Impact(
        base=request.base_name,
        effects=tuple(told[change.name] for change in changes),
        others=tuple(other_changes(request.base, request.head, now=now)),
        labelled=request.labels is not None,
        notes=tuple(_notes(request, told.values())),
    )


def _is_stored(request: ImpactRequest, monitor: str, history: Sequence[Outcome]) -> bool:
    """Whether ``history`` has the numbers that the thresholds of ``monitor`` judge."""
    families = families_of(request.head.suite_of(monitor))[0]
    if _without_units(request, monitor, history) is not None:
        return False
    of_tables = [family for family in families if family.metric is not None]
    known = all(any(family.numbers(one) for one in history) for family in of_tables)
    return bool(history) and known and not _has_pseudonyms(history)


def _without_units(request: ImpactRequest, monitor: str, history: Sequence[Outcome]) -> str | None:
    suites = (request.base.suite_of(monitor), request.head.suite_of(monitor))
    return without_units([one for suite in suites for one in families_of(suite)[0]], history)


def _has_pseudonyms(history: Sequence[Outcome]) -> bool:
    """Whether groups are of a personal column: bounds of single ones can't be told from them."""
    return any(PREFIX in group.key.label for one in history for group in one.groups)


def _from_history(
    request: ImpactRequest,
    change: MonitorChange,
    history: Mapping[str, Sequence[Outcome]],
    labels: Sequence[Label],
    alerts: AlertsConfig,
) -> Effect:
    measured = history[change.name]
    old, new = request.base.suite_of(change.name), request.head.suite_of(change.name)
    stood = families_of(old)[0]
    before = rejudge(old, measured, stood, stood=stood)
    after = rejudge(new, measured, families_of(new)[0], stood=stood)
    basis = Basis(
        is_stored=True,
        first=measured[0].as_of,
        last=measured[-1].as_of,
        runs=len(measured),
        missing=tuple(missing_parts(measured, request.asked)),
    )
    return Effect(
        change,
        _side(change.name, before, labels, alerts),
        _side(change.name, after, labels, alerts),
        basis.text(request.head.timezone),
        basis=basis,
    )


def _by_backtest(
    request: ImpactRequest,
    changes: Sequence[MonitorChange],
    history: Mapping[str, Sequence[Outcome]],
    labels: Sequence[Label],
    alerts: AlertsConfig,
    now: datetime,
    progress: Progress,
) -> dict[str, Effect]:
    assert request.span is not None
    kept = [one for one in changes if one.kind != "added"]
    new = [one for one in changes if one.kind != "removed"]
    plans = [_plan(request.base, kept), _plan(request.head, new)]
    total = sum(map(len, plans))
    parts = iter(range(1, total + 1))
    asked = []
    for project, plan in zip((request.base, request.head), plans, strict=True):
        each = {name: PartProgress(progress, f"replay {next(parts)} of {total}") for name in plan}
        asked.append(_ask(request, project, plan, now, each))
    (base, broken), (head, broken_now) = asked
    refused = {**broken, **broken_now}
    runs = len(request.span.instants)
    basis = Basis(is_stored=False, first=request.span.first, last=request.span.last, runs=runs)
    source = basis.text(request.head.timezone)
    found = {}
    for change in changes:
        before, after = (
            _side(change.name, outcomes[change.name], labels, alerts)
            if change.name in outcomes
            else None
            for outcomes in (base, head)
        )
        untold = (before is None and change.kind != "added") or (
            after is None and change.kind != "removed"
        )
        failed = any(side is not None and side.errors == runs for side in (before, after))
        words = source
        if change.name in refused:
            words = f"unknown: {refused[change.name].what}"
        elif untold:
            words = "unknown: no checkpoint lists it"
        elif failed:
            words += "; one version could not be evaluated"
        elif change.kind == "thresholds":
            lacking = _without_units(request, change.name, history.get(change.name, ()))
            words += f"; {lacking or 'nothing of the range is stored'}"
        found[change.name] = Effect(
            change,
            before,
            after,
            words,
            told=not (untold or failed),
            basis=None if untold else basis,
        )
    return found


def _plan(project: Project, changes: Iterable[MonitorChange]) -> dict[str, tuple[str, ...]]:
    """By checkpoint, the changed monitors to replay: each from the first one that holds it."""
    wanted = {change.name for change in changes}
    plan: dict[str, tuple[str, ...]] = {}
    for name in project.checkpoint_names():
        try:
            mine = tuple(one for one in project.checkpoint(name).monitors if one in wanted)
        except ConfigError:
            continue
        if mine:
            plan[name] = mine
            wanted.difference_update(mine)
    return plan


def _ask(
    request: ImpactRequest,
    project: Project,
    plan: Mapping[str, tuple[str, ...]],
    now: datetime,
    progress: Mapping[str, Progress],
) -> tuple[Mapping[str, Sequence[Outcome]], Mapping[str, MonitorError]]:
    """Outcomes by monitor, and why others have none.

    Args:
        plan: monitors by checkpoint.
        progress: by checkpoint.
    """
    assert request.span is not None
    found: dict[str, Sequence[Outcome]] = {}
    refused: dict[str, MonitorError] = {}
    for name, mine in plan.items():
        span = request.span.of(name)
        asked = BacktestRequest(project, request.target, span, request.labels, select=mine)
        done = run_backtest(asked, now=now, progress=progress[name])
        found.update(done.outcomes)
        refused.update(done.not_replayed)
    return found, refused


def _side(
    name: str, outcomes: Sequence[Outcome], labels: Sequence[Label], alerts: AlertsConfig
) -> Side:
    scored = score_monitor(name, outcomes, labels, checkpoint="impact", alerts=alerts)
    return Side(
        alerts=scored.alerts,
        false_alarms=len(scored.false_alarms),
        found=scored.labels("found"),
        missed=scored.labels("missed"),
        incidents=scored.false_alarms,
        errors=sum(one.status is Status.ERROR for one in outcomes),
    )


def _notes(request: ImpactRequest, effects: Iterable[Effect]) -> Iterable[str]:
    if request.labels is None:
        yield (
            "There is no file of labelled incidents (checkpoints/incidents.yml): every alert "
            "counts as false."
        )
    if any(effect.basis is not None and effect.basis.is_stored for effect in effects):
        yield (
            "Stored values were evaluated again, without a job on the monitored tables. Alerts "
            "about a new failing row of an incident are counted by the rows in the history."
        )
    yield (
        "Each monitor is counted alone: an alert that is covered by an upstream monitor "
        "(depends_on) counts as sent."
    )
