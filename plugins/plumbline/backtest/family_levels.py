"""The levels of one number, and of the groups that differ, from healthy values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from plumbline.backtest.calibration import GroupCalibration
from plumbline.backtest.calibration_history import History, Series, day_of
from plumbline.backtest.lost_incidents import Proposal
from plumbline.backtest.proposing import FAILING_SHARE, Levels, Quantiles, failing_share, propose
from plumbline.backtest.sane_levels import Chosen, LevelRules
from plumbline.checks.threshold_families import Family, Level
from plumbline.core.masking import PREFIX

_LEAST_GROUP_DAYS = 14
"""Distinct healthy days from which a group may have bounds of its own."""


def propose_levels(
    rules: LevelRules, series: Mapping[str, Series], context: History
) -> tuple[Proposal, tuple[GroupCalibration, ...], tuple[str, ...]]:
    """What the arithmetic gives, each group's own history, and what is not proposed and why."""
    family = rules.family
    incidents = context.within(context.labels, family)
    if not family.group_by:
        whole = _choose(
            rules, [series[""]], [incidents.get("", [])], context, todays_levels(family)
        )
        return Proposal(whole.levels), (), whole.reasons
    quantiles = {label: _quantiles([found], context) for label, found in series.items()}
    enough = {
        label: found
        for label, found in series.items()
        if quantiles[label].days >= _LEAST_GROUP_DAYS
    }
    alone = {
        label: _propose(family, [found], [incidents.get(label, [])], quantiles[label])
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
        todays_levels(family),
    )
    first = _first(family)
    bound = common.levels.get(first)
    groups: list[GroupCalibration] = []
    own: dict[str, Chosen] = {}
    for label, found in sorted(series.items()):
        failing = 0.0
        if bound is not None:
            failing = failing_share(_values([found]), family.bounds(first, bound))
        groups.append(GroupCalibration(label, quantiles[label], failing))
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
    for label in sorted(_overridden(family) - set(own)):
        today = todays_levels(family, label)
        then = {**today, **common.levels}
        for member in family.members:
            if label in member.overrides and member.level in today:
                then[member.level] = today[member.level]
        if rules.are_sane(today) and not rules.are_sane(then):
            found[label] = today
    return found


def _own(
    rules: LevelRules,
    label: str,
    series: Series,
    incidents: Series,
    common: Chosen,
    context: History,
) -> Chosen:
    """The bounds of one group."""
    first = _first(rules.family)
    if label in _overridden(rules.family):
        now, of = todays_levels(rules.family, label), "its own"
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
        if failing_share(_values([found]), middle) <= FAILING_SHARE
    ]


def _choose(
    rules: LevelRules,
    series: Sequence[Series],
    incidents: Sequence[Series],
    context: History,
    now: Mapping[Level, float],
    of: str = "today's",
) -> Chosen:
    quantiles = _quantiles(series, context)
    return rules.choose(
        _propose(rules.family, series, incidents, quantiles),
        _values(series),
        quantiles,
        _values(incidents),
        now=now,
        of=of,
    )


def _propose(
    family: Family, series: Sequence[Series], incidents: Sequence[Series], quantiles: Quantiles
) -> Levels:
    return propose(
        [run for found in series for run in _runs(found)],
        quantiles,
        _values(incidents),
        side=family.side,
        strict=family.bounds("warning", 0.0).is_strict,
    )


def _quantiles(series: Sequence[Series], context: History) -> Quantiles:
    days = len({day_of(at, context.zone) for found in series for at, _ in found})
    return Quantiles.of(_values(series), days)


def _values(series: Sequence[Series]) -> list[float]:
    return [value for found in series for _, value in found]


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


def todays_levels(family: Family, group: str = "") -> dict[Level, float]:
    severities: tuple[Level, ...] = ("warning", "critical")
    found = {level: family.level(level, group) for level in severities}
    return {level: value for level, value in found.items() if value is not None}


def _first(family: Family) -> Level:
    """The level that fails first."""
    return "critical" if family.level("warning") is None else "warning"


def _overridden(family: Family) -> set[str]:
    """The groups that have bounds of their own today."""
    return {label for member in family.members for label in member.overrides}
