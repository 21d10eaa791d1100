"""``plumbline calibrate MONITOR``: thresholds from history, with what each would have sent.

Values within labelled incidents are left out: what was broken must not teach what is normal. Where
the history is too short, or the numbers look as if they were not what they say, that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from plumbline.backtest.calibration import Calibration, Candidate, FamilyCalibration
from plumbline.backtest.calibration_history import History, Series, day_of, series_of
from plumbline.backtest.calibration_notes import history_notes, permanent_alarm, warnings_of
from plumbline.backtest.family_levels import propose_levels, todays_levels
from plumbline.backtest.findings import score_monitor
from plumbline.backtest.lost_incidents import Proposal, Tightening
from plumbline.backtest.proposing import OPENINGS_A_MONTH, Quantiles, outward
from plumbline.backtest.sane_levels import LevelRules
from plumbline.backtest.separation import separate
from plumbline.backtest.stored_range import Stretch
from plumbline.backtest.weekdays import weekday_note
from plumbline.checks.domain import Domain
from plumbline.checks.rejudge import rejudge
from plumbline.checks.threshold_families import Family, Level, Rates, families_of
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.core.text import count, span
from plumbline.project.alerts import AlertsConfig
from plumbline.project.labels import Label, covered
from plumbline.project.suites import Suite

LEAST_DAYS = 28
"""Distinct healthy days from which a threshold may be proposed."""
_FOLLOWS = 0.5
"""How wide numbers per unit may be, as a share of how wide the numbers are."""


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
    context = History(
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
        skipped=sum(one.status is Status.SKIPPED for one in history),
        errors=sum(one.status is Status.ERROR for one in history),
        left_out=tuple(sorted(names)),
        families=tuple(found),
        beyond=beyond,
        notes=tuple(history_notes(history, asked, revisions, zone)),
        source=source,
    )


def _follows(context: History, family: Family, rates: Rates) -> bool:
    """Whether healthy numbers follow their units: per unit, their interquartile range is at most
    half as wide, each in proportion to its median."""
    wide = []
    for one in (family, rates):
        values = [value for found in series_of(one, context.healthy).values() for _, value in found]
        quantiles = Quantiles.of(values, 0) if values else None
        if quantiles is None or quantiles.at(50) <= 0:
            return False
        wide.append(quantiles.spread / quantiles.at(50))
    return wide[1] <= _FOLLOWS * wide[0] and wide[0] > 0


def _family(
    context: History, family: Family, beside: Sequence[Family], place: int, *, stays: bool
) -> FamilyCalibration:
    """What history says of the thresholds of one number.

    Args:
        beside: all families as they are judged.
        place: of ``family``, or of the one whose rates it is, among them.
        stays: whether the other of a number and its rates is what is proposed.
    """
    observed = context.suite.monitor.observed
    rules = LevelRules(family, Domain.of(family, context.judged), family.unit(observed))
    series = series_of(family, context.healthy)
    values = [value for found in series.values() for _, value in found]
    if not values:
        why = "no healthy value in the history: nothing can be proposed"
        return FamilyCalibration(rules, None, None, (), (), (why,))
    days = len({day_of(at, context.zone) for found in series.values() for at, _ in found})
    quantiles = Quantiles.of(values, days)
    found = FamilyCalibration(
        rules,
        quantiles,
        None,
        (),
        (),
        tuple(warnings_of(family, values, context)),
        separate(family, context.monitor, context.judged, context.labels),
    )
    judging = _Judging(context, family, beside, place)
    now = judging.candidate("now", Proposal(todays_levels(family)), context.today)
    if days < LEAST_DAYS:
        short = (
            f"the history is too short for a proposal: {count(days, 'healthy days')}, "
            f"{LEAST_DAYS} are needed"
        )
        return replace(found, candidates=(now,), warnings=(short, *found.warnings))
    if stays:
        return _stays(found, now, list(_alone(judging, series, rules)))
    if not family.group_by and not family.is_percentage and not isinstance(family, Rates):
        note = weekday_note(series[""], context.zone, side=family.side, unit=rules.unit)
        found = replace(found, warnings=(*found.warnings, *([note] if note else [])))
    proposal, groups, reasons = propose_levels(rules, series, context)
    found = replace(found, groups=groups, decisions=reasons)
    if proposal.levels:
        found = _keep_found(judging, found, proposal, now)
    else:
        found = replace(found, candidates=(now,))
    return replace(found, warnings=(*found.warnings, *permanent_alarm(found, quantiles, values)))


def _alone(
    judging: _Judging, series: Mapping[str, Series], rules: LevelRules
) -> Iterator[Candidate]:
    """Fixed bounds without those per unit, as they would be proposed."""
    context, family = judging.context, judging.family
    if isinstance(family, Rates) or family.group_by:
        return
    levels = propose_levels(rules, series, context)[0].levels
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
        reason = (
            f"{family.base.subject} does not grow with {family.per}: the current bounds per "
            "unit stay"
        )
    else:
        rates = family.rates()
        per = "" if rates is None else rates.per
        reason = f"the number grows with {per}: bounds per unit are proposed, fixed bounds stay"
    today = Proposal(todays_levels(family))
    if not today.is_sane(found.rules):
        return replace(found, candidates=(now, *others), decisions=(reason,))
    candidates = (now, *others, replace(now, name="proposed"))
    return replace(found, proposal=today, candidates=candidates, decisions=(reason,))


def _proposed(found: FamilyCalibration) -> Family:
    """The family with what is proposed for it."""
    if found.proposal is None:
        return found.family
    return found.family.with_levels(found.proposal.levels, found.proposal.groups)


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
            f"alarms per month instead of {now.false_alarms_per_month:.1f} and find no more "
            "labelled incidents; the current thresholds stay"
        )
        today = Proposal(todays_levels(family))
        if today.is_sane(rules):
            return result(today, reason, *candidates, replace(now, name="proposed"))
    if not lost or context.allow_missing:
        reason = f"the proposal misses what today's thresholds find: {names}" if lost else ""
        if not lost:
            reason = "; ".join(filter(None, (_later(now, proposed), _louder(now, proposed))))
        return result(first, reason, *candidates, proposed)
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
    what = "the current thresholds stay" if are_todays else "the proposal is tightened to find it"
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


def _louder(now: Candidate, proposed: Candidate) -> str:
    """Where ``proposed`` sends more alerts and finds the same labelled incidents, in words."""
    before, after = (f"{one.alerts_per_month:.1f}" for one in (now, proposed))
    is_louder = before != after and proposed.alerts_per_month > now.alerts_per_month
    if not now.found or not is_louder or set(proposed.found) != set(now.found):
        return ""
    return (
        f"the proposal finds the same labelled incidents as today's thresholds, with {after} "
        f"alerts per month instead of {before}: keep today's, unless it finds them earlier or "
        "at the severity that you want"
    )


def _percentiles(
    judging: _Judging, found: FamilyCalibration, proposal: Proposal
) -> Iterator[Candidate]:
    rules, family, quantiles = found.rules, found.family, found.quantiles
    assert quantiles is not None
    critical = proposal.levels.get("critical")
    for percent in (1, 5, 10) if family.side == "below" else (99, 95, 90):
        bound = outward(quantiles.at(percent), quantiles, side=family.side)
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

    context: History
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
            rejudge(context.suite, context.outcomes, judged, stood=context.today),
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
