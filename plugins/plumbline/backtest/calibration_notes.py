"""What a reader of a calibration must know besides, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from plumbline.backtest.calibration import FamilyCalibration
from plumbline.backtest.calibration_history import History
from plumbline.backtest.caveats import groups_gone
from plumbline.backtest.proposing import Quantiles, failing_share
from plumbline.backtest.stored_range import Stretch, missing_parts
from plumbline.checks.threshold_families import Family, Rates
from plumbline.core.masking import PREFIX
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.core.text import plain, with_unit

_PERMANENT = 0.5
"""A bound that this share of the healthy values breaks is a permanent alarm."""
_STEADY = 0.25
"""An interquartile range of less than this share of the median is steady."""


def warnings_of(family: Family, values: Sequence[float], context: History) -> Iterator[str]:
    """Where healthy numbers look as if they were not what they say."""
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
            f"{len(small)} of {len(values)} values have a denominator below 10: one row more or "
            "less changes them by more than 10 points"
        )


def permanent_alarm(
    found: FamilyCalibration, quantiles: Quantiles, values: Sequence[float]
) -> Iterator[str]:
    """Where most healthy values break today's WARNING, and what would work."""
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
            "it seems to count rows that can't be covered; count only those that can, or lower "
            "the threshold"
        )


def history_notes(
    history: Sequence[Outcome], asked: Stretch | None, revisions: int, zone: ZoneInfo
) -> Iterator[str]:
    """What in the history itself a reader must know."""
    if not history:
        return
    gaps = list(missing_parts(history, asked))
    for gap in gaps[:5]:
        yield f"the history has a gap from {gap.text(zone)}"
    if len(gaps) > 5:
        yield f"and {len(gaps) - 5:,} more gaps"
    errors = sum(one.status is Status.ERROR for one in history)
    if errors:
        yield f"{errors} of {len(history)} instants are ERROR and are left out"
    grains = list(
        dict.fromkeys(
            tuple(name for name, _ in group.key.items) for one in history for group in one.groups
        )
    )
    if len(grains) > 1:
        shown = "; ".join(", ".join(names) for names in grains)
        yield f"the grain changed within the history: groups are named by {shown}"
    if revisions > 1:
        yield f"the values are from {revisions} revisions of the suites, and are compared unchanged"
    yield from groups_gone(history)
