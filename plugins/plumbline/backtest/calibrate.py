"""``plumbline calibrate MONITOR``: thresholds from history, with what each would have sent.

Values within labelled incidents are left out: what was broken must not teach what is normal. Where
the history is too short, or the numbers look as if they were not what they say, that is said.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plumbline.backtest.calibration import (
    Calibration,
    Candidate,
    FamilyCalibration,
    GroupCalibration,
)
from plumbline.backtest.caveats import groups_gone
from plumbline.backtest.findings import score_monitor
from plumbline.backtest.lost_incidents import Proposal, Tightening
from plumbline.backtest.proposing import (
    DAYS_A_MONTH,
    FAILING_SHARE,
    OPENINGS_A_MONTH,
    Levels,
    Quantiles,
    failing_share,
    outward,
    propose,
)
from plumbline.backtest.sane_levels import Chosen, LevelRules
from plumbline.backtest.separation import separate
from plumbline.backtest.stored_range import Stretch, missing_parts
from plumbline.backtest.weekdays import weekday_note
from plumbline.checks.domain import Domain
from plumbline.checks.rejudge import rejudge
from plumbline.checks.threshold_families import Family, Level, Rates, families_of
from plumbline.core.masking import PREFIX
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.core.text import plain, span, with_unit
from plumbline.project.alerts import AlertsConfig
from plumbline.project.labels import Label, covered
from plumbline.project.suites import Suite

LEAST_DAYS = 28
"""Distinct healthy days from which a threshold may be proposed."""
_LEAST_GROUP_DAYS = 14
_PERMANENT = 0.5
_FOLLOWS = 0.5
_STEADY = 0.25
"""An interquartile range of less than this share of the median is steady."""


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
    asked: Stretch | None = None,
    allow_missing: bool = False,
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
        asked: the range that the history should cover; None: from its first outcome to its last.
        allow_missing: whether a proposal may miss a labelled incident that today's thresholds find.
    """
    families, beyond = families_of(suite)
    judged = [one for one in history if one.status.is_judged]
    healthy = [one for one in judged if not covered(labels, suite.monitor_name, one.as_of)]
    names = {label.id for one in judged for label in covered(labels, suite.monitor_name, one.as_of)}
    context = _Context(
        suite, history, judged, healthy, labels, zone, alerts, checkpoint, allow_missing, families
    )
    # Each proposal is judged beside those before it: all of them are written together.
    beside = list(families)
    found: list[FamilyCalibration] = []
    for place, family in enumerate(families):
        rates = family.rates()
        follows = rates is not None and _follows(context, family, rates)
        numbers = [(family, follows), *([] if rates is None else [(rates, not follows)])]
        for one, stays in numbers:
            found.append(_family(context, one, beside, place, stays=stays))
            if not stays:
                beside[place] = _proposed(found[-1])
    return Calibration(
        monitor=suite.monitor_name,
        zone=zone,
        first=history[0].as_of if history else None,
        last=history[-1].as_of if history else None,
        instants=len(history),
        healthy=len(healthy),
        left_out=tuple(sorted(names)),
        families=tuple(found),
        beyond=beyond,
        notes=tuple(_notes(history, asked, revisions, zone)),
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
    allow_missing: bool
    today: Sequence[Family]
    """All families of the suite."""

    @property
    def monitor(self) -> str:
        return self.suite.monitor_name

    @property
    def months(self) -> float:
        span = self.history[-1].as_of - self.history[0].as_of
        return max(span / timedelta(days=DAYS_A_MONTH), 1e-9)

    def within(self, labels: Sequence[Label], family: Family) -> dict[str, Series]:
        """Values within some of the labelled incidents, of the groups that these concern; the whole
        is concerned by those that name no group."""
        found: dict[str, Series] = {}
        for one in self.judged:
            around = covered(labels, self.monitor, one.as_of)
            for key, value in family.numbers(one) if around else ():
                concerned = any(label.concerns(key) for label in around)
                if value is not None and math.isfinite(value) and concerned:
                    label = key.label if family.group_by else ""
                    found.setdefault(label, []).append((one.as_of, value))
        return found


Series = list[tuple[datetime, float]]


def _follows(context: _Context, family: Family, rates: Rates) -> bool:
    """Whether healthy numbers follow their units: per unit, their interquartile range is at most
    half as wide, each in proportion to its median."""
    wide = []
    for one in (family, rates):
        values = [value for found in _series(one, context.healthy).values() for _, value in found]
        quantiles = Quantiles.of(values, 0) if values else None
        if quantiles is None or quantiles.at(50) <= 0:
            return False
        wide.append(quantiles.spread / quantiles.at(50))
    return wide[1] <= _FOLLOWS * wide[0] and wide[0] > 0


def _family(
    context: _Context, family: Family, beside: Sequence[Family], place: int, *, stays: bool
) -> FamilyCalibration:
    """What history says of the thresholds of one number.

    Args:
        beside: all families as they are judged.
        place: of ``family``, or of the one whose rates it is, among them.
        stays: whether the other of a number and its rates is what is proposed.
    """
    observed = context.suite.monitor.observed
    rules = LevelRules(family, Domain.of(family, context.judged), family.unit(observed))
    series = _series(family, context.healthy)
    values = [value for found in series.values() for _, value in found]
    if not values:
        why = "no healthy value in the history: nothing can be proposed"
        return FamilyCalibration(rules, None, None, (), (), (why,))
    days = len({_day(at, context.zone) for found in series.values() for at, _ in found})
    quantiles = Quantiles.of(values, days)
    found = FamilyCalibration(
        rules,
        quantiles,
        None,
        (),
        (),
        tuple(_warnings(family, values, context)),
        separate(family, context.monitor, context.judged, context.labels),
    )
    judging = _Judging(context, family, beside, place)
    now = judging.candidate("now", Proposal(_today(family)), context.today)
    if days < LEAST_DAYS:
        short = (
            f"the history is too short: {days} healthy days, {LEAST_DAYS} are needed before "
            "anything is proposed"
        )
        return replace(found, candidates=(now,), warnings=(short, *found.warnings))
    if stays:
        return _stays(found, now, list(_alone(judging, series, rules)))
    if not family.group_by and not family.is_percentage and not isinstance(family, Rates):
        note = weekday_note(series[""], context.zone, side=family.side, unit=rules.unit)
        found = replace(found, warnings=(*found.warnings, *([note] if note else [])))
    proposal, groups, reasons = _levels(rules, series, context)
    found = replace(found, groups=groups, decisions=reasons)
    if proposal.levels:
        found = _keep_found(judging, found, proposal, now)
    else:
        found = replace(found, candidates=(now,))
    return replace(found, warnings=(*found.warnings, *_permanent(found, quantiles, values)))


def _alone(
    judging: _Judging, series: Mapping[str, Series], rules: LevelRules
) -> Iterator[Candidate]:
    """Fixed bounds without those per unit, as they would be proposed."""
    context, family = judging.context, judging.family
    if isinstance(family, Rates) or family.group_by:
        return
    levels = _levels(rules, series, context)[0].levels
    members = [
        replace(one, kwargs={key: value for key, value in one.kwargs.items() if key != "per"})
        for one in family.members
    ]
    fixed = replace(family, members=tuple(members))
    if levels:
        alone = _Judging(context, fixed, context.today, judging.place)
        yield alone.candidate("fixed bounds alone", Proposal(levels))


def _stays(
    found: FamilyCalibration, now: Candidate, others: Sequence[Candidate]
) -> FamilyCalibration:
    """With today's bounds, because of a number and its rates the other is what is proposed.

    Args:
        others: for comparison.
    """
    family = found.family
    if isinstance(family, Rates):
        reason = f"{family.base.subject} does not follow {family.per}; today's bounds per unit stay"
    else:
        rates = family.rates()
        per = "" if rates is None else rates.per
        reason = f"the number follows {per}: the bounds per unit are proposed, the fixed ones stay"
    today = Proposal(_today(family))
    if not today.is_sane(found.rules):
        return replace(found, candidates=(now, *others), decisions=(reason,))
    candidates = (now, *others, replace(now, name="proposed"))
    return replace(found, proposal=today, candidates=candidates, decisions=(reason,))


def _today(family: Family, group: str = "") -> dict[Level, float]:
    severities: tuple[Level, ...] = ("warning", "critical")
    found = {level: family.level(level, group) for level in severities}
    return {level: value for level, value in found.items() if value is not None}


def _first(family: Family) -> Level:
    """The level that fails first."""
    return "critical" if family.level("warning") is None else "warning"


def _overridden(family: Family) -> set[str]:
    """The groups that have bounds of their own today."""
    return {label for member in family.members for label in member.overrides}


def _proposed(found: FamilyCalibration) -> Family:
    """The family with what is proposed for it."""
    if found.proposal is None:
        return found.family
    return found.family.with_levels(found.proposal.levels, found.proposal.groups)


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
    rules: LevelRules, series: Mapping[str, Series], context: _Context
) -> tuple[Proposal, tuple[GroupCalibration, ...], tuple[str, ...]]:
    """What the arithmetic gives, each group's own history, and what is not proposed and why."""
    family = rules.family
    incidents = context.within(context.labels, family)
    if not family.group_by:
        whole = _choose(rules, [series[""]], [incidents.get("", [])], context, _today(family))
        return Proposal(whole.levels), (), whole.reasons
    enough = {
        label: found
        for label, found in series.items()
        if len({_day(at, context.zone) for at, _ in found}) >= _LEAST_GROUP_DAYS
    }
    alone = {
        label: _propose(family, [found], [incidents.get(label, [])], context)
        for label, found in enough.items()
    }
    # The common thresholds are those of the groups that are alike: one that is poor by nature must
    # not loosen all the others.
    usual = (_usual(family, enough, alone) if family.takes_overrides else None) or list(series)
    common = _choose(
        rules,
        [series[label] for label in usual],
        [incidents.get(label, []) for label in usual],
        context,
        _today(family),
    )
    first = _first(family)
    bound = common.levels.get(first)
    groups: list[GroupCalibration] = []
    own: dict[str, Chosen] = {}
    for label, found in sorted(series.items()):
        values = [value for _, value in found]
        days = len({_day(at, context.zone) for at, _ in found})
        failing = 0.0
        if bound is not None:
            failing = failing_share(values, family.bounds(first, bound))
        groups.append(GroupCalibration(label, Quantiles.of(values, days), failing))
        # A pseudonym is not a name that a suite could know.
        may_have = PREFIX not in label and family.takes_overrides
        if label in enough and failing > FAILING_SHARE and may_have:
            chosen = _own(rules, label, found, incidents.get(label, []), common, context)
            if first in chosen.levels:
                own[label] = chosen
    levels = {label: chosen.levels for label, chosen in own.items()}
    reasons = [f"{label}: {reason}" for label, chosen in own.items() for reason in chosen.reasons]
    return (
        Proposal(common.levels, {**_kept_overrides(rules, common, levels), **levels}),
        tuple(groups),
        (*common.reasons, *reasons),
    )


def _kept_overrides(
    rules: LevelRules, common: Chosen, own: Collection[str]
) -> dict[str, dict[Level, float]]:
    """Both levels of groups that have only one of their own today, where the new common one would
    contradict it."""
    family, found = rules.family, {}
    for label in _overridden(family) - set(own):
        today = _today(family, label)
        then = {**today, **common.levels}
        for member in family.members:
            level: Level = "critical" if member.severity == "critical" else "warning"
            if label in member.overrides and level in today:
                then[level] = today[level]
        if rules.are_sane(today) and not rules.are_sane(then):
            found[label] = today
    return found


def _own(
    rules: LevelRules,
    label: str,
    series: Series,
    incidents: Series,
    common: Chosen,
    context: _Context,
) -> Chosen:
    """The bounds of one group."""
    first = _first(rules.family)
    if label in _overridden(rules.family):
        now, of = _today(rules.family, label), "its own"
    else:  # the common WARNING is what it breaks
        now, of = {**common.levels}, "the common"
        now.pop(first, None)
    return _choose(rules, [series], [incidents], context, now, of=of)


def _usual(
    family: Family, series: Mapping[str, Series], alone: Mapping[str, Levels]
) -> list[str] | None:
    """The groups that would keep the middle one's own WARNING most of the time."""
    if not alone:
        return None
    ordered = sorted(alone.values(), key=lambda levels: levels.warning)
    middle = family.bounds("warning", ordered[len(ordered) // 2].warning)
    return [
        label
        for label, found in series.items()
        if failing_share([v for _, v in found], middle) <= FAILING_SHARE
    ]


def _choose(
    rules: LevelRules,
    series: Sequence[Series],
    incidents: Sequence[Series],
    context: _Context,
    now: Mapping[Level, float],
    of: str = "today's",
) -> Chosen:
    values = [value for found in series for _, value in found]
    return rules.choose(
        _propose(rules.family, series, incidents, context),
        values,
        _quantiles(series, context),
        [value for found in incidents for _, value in found],
        now=now,
        of=of,
    )


def _propose(
    family: Family, series: Sequence[Series], incidents: Sequence[Series], context: _Context
) -> Levels:
    strict = family.bounds("warning", 0.0)
    return propose(
        [run for found in series for run in _runs(found)],
        _quantiles(series, context),
        [value for found in incidents for _, value in found],
        side=family.side,
        strict=strict.strict_min or strict.strict_max,
    )


def _quantiles(series: Sequence[Series], context: _Context) -> Quantiles:
    days = len({_day(at, context.zone) for found in series for at, _ in found})
    return Quantiles.of([value for found in series for _, value in found], days)


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
    found: FamilyCalibration, quantiles: Quantiles, values: Sequence[float]
) -> Iterator[str]:
    family, unit = found.family, found.rules.unit
    current = family.level("warning")
    if current is None or isinstance(family, Rates) or family.rates() is not None:
        return  # with bounds per unit, a value fails only where it breaks both
    failing = failing_share(values, family.bounds("warning", current))
    if failing < _PERMANENT:
        return
    bound, median = with_unit(plain(current), unit), with_unit(plain(quantiles.at(50)), unit)
    works = ""
    if found.levels is not None and found.levels.get("warning", current) != current:
        words = " and ".join(found.rules.levels(found.levels).split(", "))
        works = f"; {words} would work"
    yield (
        f"{bound} is a permanent alarm: {100 * failing:.0f} % of the values outside incidents "
        f"{'fall below' if family.side == 'below' else 'exceed'} it (median {median}){works}"
    )
    steady = quantiles.at(50) > 0 and quantiles.spread <= _STEADY * quantiles.at(50)
    if family.is_percentage and family.side == "below" and steady:
        yield (
            "the denominator looks wrong: the share is steady (half of its values lie between "
            f"{plain(quantiles.at(25))} and {plain(quantiles.at(75))} %) and far from {bound}, so "
            "it seems to count what can't be covered; count only what could be, or lower the "
            "threshold"
        )


def _keep_found(
    judging: _Judging, found: FamilyCalibration, first: Proposal, now: Candidate
) -> FamilyCalibration:
    """With all candidates, and a proposal that finds what today's thresholds find."""
    context, rules, family = judging.context, found.rules, found.family
    assert found.quantiles is not None
    quantiles = found.quantiles
    candidates = (now, *_percentiles(judging, found, first))
    proposed = judging.candidate("proposed", first)
    lost = tuple(label for label in context.labels if label.id in _lost(now, proposed))
    names = "; ".join(f"{label.id} ({label.title})" for label in lost)
    found = replace(found, lost=lost)

    def result(proposal: Proposal | None, reason: str, *candidates: Candidate) -> FamilyCalibration:
        decisions = (*found.decisions, *([reason] if reason else []))
        return replace(found, proposal=proposal, candidates=candidates, decisions=decisions)

    if not lost and _is_no_better(now, proposed):
        reason = (
            f"{rules.levels(first.levels)} would send {proposed.false_alarms_per_month:.1f} false "
            f"alarms a month instead of {now.false_alarms_per_month:.1f} and find no more labelled "
            "incidents; today's thresholds stay"
        )
        today = Proposal(_today(family))
        if today.is_sane(rules):
            return result(today, reason, *candidates, replace(now, name="proposed"))
    if not lost or context.allow_missing:
        reason = f"the proposal misses what today's thresholds find: {names}" if lost else ""
        return result(first, reason or _later(now, proposed), *candidates, proposed)
    candidates = (*candidates, replace(proposed, name="untightened"))
    most = max(OPENINGS_A_MONTH, now.false_alarms_per_month)
    within = context.within(lost, family)
    values = {label: [value for _, value in one] for label, one in within.items()}
    values[""] = [value for one in values.values() for value in one]

    def is_good(tried: Proposal) -> bool:
        one = judging.candidate("", tried)
        return not _lost(now, one) and one.false_alarms_per_month <= most

    missed = f"{rules.levels(first.levels)} would miss what today's thresholds find: {names}"
    chosen = Tightening(rules, quantiles, values).tighten(first, is_good)
    if chosen is None:
        return result(None, f"{missed}, so nothing is proposed", *candidates)
    are_todays = all(family.level(one.level, one.group) == value for one, value in chosen.slots())
    what = "today's thresholds stay" if are_todays else "the proposal is tightened to find it"
    tightened = judging.candidate("proposed", chosen)
    return result(chosen, f"{missed}; {what}", *candidates, tightened)


def _lost(now: Candidate, other: Candidate) -> list[str]:
    return [name for name in now.found if name not in other.found]


def _is_no_better(now: Candidate, proposed: Candidate) -> bool:
    """Whether ``proposed`` sends more false alarms, and finds nothing that ``now`` doesn't."""
    is_louder = proposed.false_alarms_per_month > now.false_alarms_per_month
    return bool(now.found) and is_louder and not set(proposed.found) - set(now.found)


def _later(now: Candidate, proposed: Candidate) -> str:
    """Which labelled incidents ``proposed`` finds later, in words."""
    later = {
        name: proposed.told[name] - at
        for name, at in now.told.items()
        if name in proposed.told and proposed.told[name] > at
    }
    found = ", ".join(f"{name} {span(by)} later" for name, by in later.items())
    return f"the proposal finds {found} than today's thresholds" if later else ""


def _percentiles(
    judging: _Judging, found: FamilyCalibration, proposal: Proposal
) -> Iterator[Candidate]:
    rules, family, quantiles = found.rules, found.family, found.quantiles
    assert quantiles is not None
    critical = proposal.levels.get("critical")
    values = [
        value for one in _series(family, judging.context.healthy).values() for _, value in one
    ]
    for percent in (1, 5, 10) if family.side == "below" else (99, 95, 90):
        bound = outward(quantiles.at(percent), values, side=family.side)
        levels: dict[Level, float] = {}
        if family.level("warning") is None:
            levels["critical"] = bound
        else:
            levels["warning"] = bound
            if critical is not None:
                worse = min if family.side == "below" else max
                levels["critical"] = worse(critical, bound)
        if rules.are_sane(levels):
            yield judging.candidate(f"p{percent}", Proposal(levels), judging.context.today)


@dataclass(frozen=True)
class _Judging:
    """Judges candidates for one number, beside the other numbers of the suite."""

    context: _Context
    family: Family
    beside: Sequence[Family]
    """All families as they are judged."""
    place: int
    """Of ``family``, or of the one whose rates it is, among them."""

    def candidate(
        self, name: str, proposal: Proposal, beside: Sequence[Family] | None = None
    ) -> Candidate:
        """What ``proposal`` would have brought.

        Args:
            beside: other families than those of before.
        """
        context, judged = self.context, list(self.beside if beside is None else beside)
        judged[self.place] = self.family.with_levels(proposal.levels, proposal.groups)
        scored = score_monitor(
            context.monitor,
            rejudge(context.suite, context.history, judged, stood=context.today),
            context.labels,
            checkpoint=context.checkpoint,
            alerts=context.alerts,
        )
        return Candidate(
            name=name,
            levels=proposal.levels,
            groups=proposal.groups,
            alerts_per_month=scored.alerts / context.months,
            false_alarms_per_month=len(scored.false_alarms) / context.months,
            found=scored.labels("found"),
            missed=scored.labels("missed"),
            told={
                one.label.id: one.told_at
                for one in scored.findings
                if one.result == "found" and one.told_at is not None
            },
        )


def _notes(
    history: Sequence[Outcome], asked: Stretch | None, revisions: int, zone: ZoneInfo
) -> Iterator[str]:
    """What in the history itself a reader must know."""
    if not history:
        return
    gaps = list(missing_parts(history, asked))
    for gap in gaps[:5]:
        yield f"the history has nothing from {gap.text(zone)}"
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
