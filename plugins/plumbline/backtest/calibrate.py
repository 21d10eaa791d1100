"""``plumbline calibrate MONITOR``: thresholds from history, with what each would have sent.

Values within labelled incidents are left out: what was broken must not teach what is normal. Where
the history is too short, or the numbers look as if they were not what they say, that is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from plumbline.backtest.caveats import groups_gone
from plumbline.backtest.findings import score_monitor
from plumbline.backtest.proposing import (
    DAYS_A_MONTH,
    FAILING_SHARE,
    Levels,
    Quantiles,
    failing_share,
    propose,
)
from plumbline.checks.rejudge import rejudge
from plumbline.checks.threshold_families import Family, Level, families_of
from plumbline.core.masking import PREFIX
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.core.text import plain
from plumbline.project.alerts import AlertsConfig
from plumbline.project.labels import Label, covered
from plumbline.project.suites import Suite

LEAST_DAYS = 28
"""Distinct healthy days from which a threshold may be proposed."""
_LEAST_GROUP_DAYS = 14
_PERMANENT = 0.5
_STEADY = 0.25
"""An interquartile range of less than this share of the median is steady."""


@dataclass(frozen=True)
class Candidate:
    """A pair of thresholds, and what it would have brought over the whole history."""

    name: str
    levels: Mapping[Level, float]
    groups: Mapping[str, Mapping[Level, float]]
    alerts_per_month: float
    false_alarms_per_month: float
    found: tuple[str, ...]
    """Labelled incidents."""
    missed: tuple[str, ...]


@dataclass(frozen=True)
class GroupCalibration:
    """One group's own history."""

    label: str
    quantiles: Quantiles
    failing: float
    """The share of its healthy values beyond the common WARNING."""
    own: Levels | None
    """Where it differs."""


@dataclass(frozen=True)
class FamilyCalibration:
    """What history says of the thresholds of one number."""

    family: Family
    quantiles: Quantiles | None
    """None: there is no healthy value."""
    levels: Levels | None
    """None: the history is too short."""
    groups: tuple[GroupCalibration, ...]
    candidates: tuple[Candidate, ...]
    warnings: tuple[str, ...]

    @property
    def overrides(self) -> dict[str, Levels]:
        """Groups with bounds of their own."""
        return {one.label: one.own for one in self.groups if one.own is not None}


@dataclass(frozen=True)
class Calibration:
    """What history says of a monitor's thresholds."""

    monitor: str
    zone: ZoneInfo
    first: datetime | None
    last: datetime | None
    instants: int
    healthy: int
    """Instants outside labelled incidents at which something was observed."""
    left_out: tuple[str, ...]
    """Labelled incidents whose values were left out."""
    families: tuple[FamilyCalibration, ...]
    beyond: tuple[str, ...]
    """Expectations whose numbers are not in the history."""
    notes: tuple[str, ...]
    source: str = ""
    """Where the history is from, in words."""


def calibrate(
    suite: Suite,
    history: Sequence[Outcome],
    labels: Sequence[Label],
    *,
    zone: ZoneInfo,
    alerts: AlertsConfig,
    checkpoint: str,
    source: str = "",
    revisions: int = 1,
) -> Calibration:
    """Propose thresholds for ``suite`` from ``history``.

    Args:
        suite: whose thresholds.
        history: of its monitor, in order of time.
        labels: what is known to have gone wrong.
        zone: in which days are days.
        alerts: for counting alerts.
        checkpoint: for counting alerts.
        source: where the history is from.
        revisions: how many of the suites judged it.
    """
    families, beyond = families_of(suite)
    judged = [one for one in history if one.status.is_judged]
    healthy = [one for one in judged if not covered(labels, suite.monitor_name, one.as_of)]
    names = {label.id for one in judged for label in covered(labels, suite.monitor_name, one.as_of)}
    context = _Context(suite, history, judged, healthy, labels, zone, alerts, checkpoint)
    return Calibration(
        monitor=suite.monitor_name,
        zone=zone,
        first=history[0].as_of if history else None,
        last=history[-1].as_of if history else None,
        instants=len(history),
        healthy=len(healthy),
        left_out=tuple(sorted(names)),
        families=tuple(_family(context, family, families) for family in families),
        beyond=beyond,
        notes=tuple(_notes(history, revisions, zone)),
        source=source,
    )


@dataclass(frozen=True)
class _Context:
    suite: Suite
    history: Sequence[Outcome]
    judged: Sequence[Outcome]
    healthy: Sequence[Outcome]
    labels: Sequence[Label]
    zone: ZoneInfo
    alerts: AlertsConfig
    checkpoint: str

    @property
    def months(self) -> float:
        span = self.history[-1].as_of - self.history[0].as_of
        return max(span / timedelta(days=DAYS_A_MONTH), 1e-9)


Series = list[tuple[datetime, float]]


def _family(context: _Context, family: Family, all_: Sequence[Family]) -> FamilyCalibration:
    series = _series(family, context.healthy)
    values = [value for found in series.values() for _, value in found]
    if not values:
        why = "no healthy value in the history: nothing can be proposed"
        return FamilyCalibration(family, None, None, (), (), (why,))
    days = len({_day(at, context.zone) for found in series.values() for at, _ in found})
    quantiles = Quantiles.of(values, days)
    warnings = list(_warnings(family, values, context))
    levels: Levels | None = None
    groups: tuple[GroupCalibration, ...] = ()
    if days < LEAST_DAYS:
        warnings.insert(
            0,
            f"the history is too short: {days} healthy days, {LEAST_DAYS} are needed before "
            "anything is proposed",
        )
    else:
        levels, groups = _levels(family, series, context)
        warnings += _permanent(family, quantiles, values, levels)
    return FamilyCalibration(
        family,
        quantiles,
        levels,
        groups,
        tuple(_candidates(context, family, all_, quantiles, levels, groups)),
        tuple(warnings),
    )


def _series(family: Family, measured: Sequence[Outcome]) -> dict[str, Series]:
    """Finite values by group, in order of time; one group without a name for the whole."""
    found: dict[str, Series] = {}
    for one in measured:
        for key, value in family.numbers(one):
            if value is not None and math.isfinite(value):
                found.setdefault(key.label if family.group_by else "", []).append(
                    (one.as_of, value)
                )
    return found


def _levels(
    family: Family, series: Mapping[str, Series], context: _Context
) -> tuple[Levels, tuple[GroupCalibration, ...]]:
    well = {id(one) for one in context.healthy}
    wrong = [one for one in context.judged if id(one) not in well]
    incidents = _series(family, wrong)
    if not family.group_by:
        return _propose(family, [series[""]], [incidents.get("", [])], context), ()
    enough = {
        label: found
        for label, found in series.items()
        if len({_day(at, context.zone) for at, _ in found}) >= _LEAST_GROUP_DAYS
    }
    own = {
        label: _propose(family, [found], [incidents.get(label, [])], context)
        for label, found in enough.items()
    }
    # The common thresholds are those of the groups that are alike: one that is poor by nature must
    # not loosen all the others.
    # Over a table no group can have bounds of its own.
    usual = (_usual(family, enough, own) if family.metric is None else None) or list(series)
    common = _propose(
        family,
        [series[label] for label in usual],
        [incidents.get(label, []) for label in usual],
        context,
    )
    groups = []
    for label, found in sorted(series.items()):
        values = [value for _, value in found]
        days = len({_day(at, context.zone) for at, _ in found})
        failing = failing_share(values, common.warning, side=family.side)
        # A pseudonym is not a name that a suite could know.
        may_have = PREFIX not in label and family.metric is None
        differs = label in own and failing > FAILING_SHARE and may_have
        groups.append(
            GroupCalibration(
                label, Quantiles.of(values, days), failing, own[label] if differs else None
            )
        )
    return common, tuple(groups)


def _usual(
    family: Family, series: Mapping[str, Series], own: Mapping[str, Levels]
) -> list[str] | None:
    """The groups that would keep the middle one's own WARNING most of the time."""
    if not own:
        return None
    ordered = sorted(own.values(), key=lambda levels: levels.warning)
    middle = ordered[len(ordered) // 2].warning
    return [
        label
        for label, found in series.items()
        if failing_share([v for _, v in found], middle, side=family.side) <= FAILING_SHARE
    ]


def _propose(
    family: Family, series: Sequence[Series], incidents: Sequence[Series], context: _Context
) -> Levels:
    values = [value for found in series for _, value in found]
    days = len({_day(at, context.zone) for found in series for at, _ in found})
    return propose(
        [run for found in series for run in _runs(found)],
        Quantiles.of(values, days),
        [value for found in incidents for _, value in found],
        side=family.side,
    )


def _runs(series: Series) -> Iterator[list[float]]:
    """Stretches of values without a labelled incident between them."""
    run: list[float] = []
    before: datetime | None = None
    for at, value in series:
        if before is not None and at - before > timedelta(days=2):
            yield run
            run = []
        run.append(value)
        before = at
    if run:
        yield run


def _warnings(family: Family, values: Sequence[float], context: _Context) -> Iterator[str]:
    keys = {group.key.label for one in context.healthy for group in one.groups if family.group_by}
    if any(PREFIX in label for label in keys):
        yield (
            "groups are shown as pseudonyms because their column is personal: bounds of single "
            "groups are not compared, and none are proposed"
        )
    above = sum(value > 100 for value in values)
    if family.is_percentage and above:
        yield (
            f"{above} of {len(values)} values are above 100 %: numerator and denominator count "
            "different things"
        )
    small = [
        group.denominator
        for one in context.healthy
        for group in one.groups
        if family.group_by and group.denominator is not None and 1 < group.denominator < 10
    ]
    if family.is_percentage and len(small) > 0.05 * len(values):
        yield (
            f"{len(small)} of {len(values)} values stand on fewer than 10 of the denominator: one "
            "row more or less moves them by more than 10 points"
        )


def _permanent(
    family: Family, quantiles: Quantiles, values: Sequence[float], levels: Levels
) -> Iterator[str]:
    current = family.level("warning")
    if current is None:
        return
    failing = failing_share(values, current, side=family.side)
    if failing < _PERMANENT:
        return
    bound, median = plain(current), plain(quantiles.at(50))
    yield (
        f"{bound} is a permanent alarm: {100 * failing:.0f} % of the values outside incidents "
        f"{'fall below' if family.side == 'below' else 'exceed'} it (median {median}); "
        f"warning {plain(levels.warning)} and critical {plain(levels.critical)} would work"
    )
    steady = quantiles.at(50) > 0 and quantiles.spread <= _STEADY * quantiles.at(50)
    if family.is_percentage and family.side == "below" and steady:
        yield (
            "the denominator looks wrong: the share is steady (half of its values lie between "
            f"{plain(quantiles.at(25))} and {plain(quantiles.at(75))}) and far from {bound}, so it "
            "seems to count what can't be covered; count only what could be, or lower the threshold"
        )


def _candidates(
    context: _Context,
    family: Family,
    all_: Sequence[Family],
    quantiles: Quantiles,
    levels: Levels | None,
    groups: Sequence[GroupCalibration],
) -> Iterator[Candidate]:
    current: dict[Level, float] = {}
    for severity in ("warning", "critical"):
        value = family.level(severity)
        if value is not None:
            current[severity] = value
    yield _candidate(context, "now", family, family, all_, current, {})
    if levels is None:
        return
    tails = (1, 5, 10) if family.side == "below" else (99, 95, 90)
    for percent in tails:
        warning = quantiles.at(percent)
        both = _both(family, Levels(warning, levels.critical))
        yield _candidate(context, f"p{percent}", family, family.with_levels(both), all_, both, {})
    both = _both(family, levels)
    own = {one.label: _both(family, one.own) for one in groups if one.own is not None}
    yield _candidate(context, "proposed", family, family.with_levels(both, own), all_, both, own)


def _both(family: Family, levels: Levels) -> dict[Level, float]:
    """The levels that the suite has; CRITICAL never before WARNING."""
    worse = min if family.side == "below" else max
    found: dict[Level, float] = {}
    if family.level("warning") is not None:
        found["warning"] = round(levels.warning, 1)
    if family.level("critical") is not None:
        found["critical"] = round(worse(levels.critical, levels.warning), 1)
    return found


def _candidate(
    context: _Context,
    name: str,
    family: Family,
    other: Family,
    all_: Sequence[Family],
    levels: Mapping[Level, float],
    groups: Mapping[str, Mapping[Level, float]],
) -> Candidate:
    judging = [other if one is family else one for one in all_]
    scored = score_monitor(
        context.suite.monitor_name,
        rejudge(context.suite, context.history, judging),
        context.labels,
        checkpoint=context.checkpoint,
        alerts=context.alerts,
    )
    return Candidate(
        name=name,
        levels=levels,
        groups=groups,
        alerts_per_month=scored.alerts / context.months,
        false_alarms_per_month=len(scored.false_alarms) / context.months,
        found=scored.labels("found"),
        missed=scored.labels("missed"),
    )


def _notes(history: Sequence[Outcome], revisions: int, zone: ZoneInfo) -> Iterator[str]:
    """What in the history itself a reader must know."""
    if not history:
        return
    gaps = [
        (before.as_of, after.as_of)
        for before, after in pairwise(history)
        if after.as_of - before.as_of > timedelta(days=2)
    ]
    for begin, until in gaps[:5]:
        yield f"nothing is known between {_day(begin, zone)} and {_day(until, zone)}"
    if len(gaps) > 5:
        yield f"and {len(gaps) - 5} more gaps"
    errors = sum(one.status is Status.ERROR for one in history)
    if errors:
        yield f"{errors} of {len(history)} instants are ERROR: they say nothing of the data"
    grains = list(
        dict.fromkeys(
            tuple(name for name, _ in group.key.items) for one in history for group in one.groups
        )
    )
    if len(grains) > 1:
        shown = "; ".join(", ".join(names) for names in grains)
        yield f"the grain changed within the history: groups are named by {shown}"
    if revisions > 1:
        yield f"{revisions} revisions of the suites judged it: values are compared as they are"
    yield from groups_gone(history)


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"
