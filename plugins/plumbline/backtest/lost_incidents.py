"""Keeps a proposal from losing a labelled incident that today's thresholds find.

The proposal is tightened towards today's levels, one level first, then all together, until each
such incident is found again and false alarms stay rare. Where nothing in between does, today's
levels stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

from plumbline.backtest.proposing import Quantiles, failing_bound
from plumbline.backtest.sane_levels import LevelRules
from plumbline.checks.threshold_families import Level

_MOST_STOPS = 6
"""Bounds that are tried between a proposed level and today's."""


class Slot(NamedTuple):
    """One bound of a suite."""

    group: str
    """Its label; empty: the common bound."""
    level: Level


@dataclass(frozen=True)
class Proposal:
    """Bounds for one number."""

    levels: Mapping[Level, float]
    groups: Mapping[str, Mapping[Level, float]] = field(default_factory=dict)
    """By label, bounds of their own."""

    def slots(self) -> Iterator[tuple[Slot, float]]:
        """Each bound with its value."""
        for level, value in self.levels.items():
            yield Slot("", level), value
        for label, own in self.groups.items():
            for level, value in own.items():
                yield Slot(label, level), value

    def with_bounds(self, bounds: Mapping[Slot, float]) -> Proposal:
        """The same with other bounds."""

        def of(group: str, levels: Mapping[Level, float]) -> dict[Level, float]:
            return {level: bounds.get(Slot(group, level), value) for level, value in levels.items()}

        return Proposal(
            of("", self.levels), {label: of(label, own) for label, own in self.groups.items()}
        )

    def is_sane(self, rules: LevelRules) -> bool:
        """Whether the common levels and those of each group can do their work."""
        return all(rules.are_sane(one) for one in (self.levels, *self.groups.values()))


@dataclass(frozen=True)
class Tightening:
    """What lies between a proposal and today's levels."""

    rules: LevelRules
    quantiles: Quantiles
    """Of the healthy values."""
    values: Mapping[str, Sequence[float]]
    """Within the lost incidents, by group; all of them under the empty name."""

    def tighten(self, proposal: Proposal, is_good: Callable[[Proposal], bool]) -> Proposal | None:
        """The proposal nearest to ``proposal`` that is good; None: only today's levels are.

        Args:
            is_good: whether nothing is lost and false alarms are rare.
        """
        stops = {slot: self._stops(slot, value) for slot, value in proposal.slots()}
        for slot, bounds in stops.items():
            for bound in bounds:
                tried = proposal.with_bounds({slot: bound})
                if tried.is_sane(self.rules) and is_good(tried):
                    return tried
        filled = [stops[slot] or [value] for slot, value in proposal.slots()]
        last = [bounds[-1] for bounds in filled]
        for together in zip_longest(*filled):
            bounds_now = [
                end if one is None else one for one, end in zip(together, last, strict=True)
            ]
            tried = proposal.with_bounds(dict(zip(stops, bounds_now, strict=True)))
            if tried.is_sane(self.rules) and is_good(tried):
                return tried
        return None

    def _stops(self, slot: Slot, proposed: float) -> list[float]:
        """Bounds between ``proposed`` and today's, each of which another value of an incident
        breaks, and today's; the nearest first."""
        family = self.rules.family
        today = family.level(slot.level, slot.group)
        if today is None or today == proposed:
            return []
        sign = 1.0 if family.side == "below" else -1.0
        before, now = family.bounds(slot.level, proposed), family.bounds(slot.level, today)
        found = {
            failing_bound(value, self.quantiles, side=family.side, strict=now.is_strict)
            for value in self.values.get(slot.group, ())
            if before.keep(value) and not now.keep(value)
        }
        between = sorted(sign * bound for bound in found if sign * bound < sign * today)
        every = max(1, -(-len(between) // _MOST_STOPS))
        return [sign * bound for bound in between[::every]] + [today]
