"""The values that a number of the history can have: a bound beyond them always or never fails.

Used by calibrate, which proposes no such bound, and by lint, which warns of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from plumbline.checks.bounds import Bounds
from plumbline.checks.threshold_families import Family, Rates
from plumbline.core.outcome import GroupOutcome, Outcome


@dataclass(frozen=True)
class Domain:
    """A range of possible values."""

    least: float | None = None
    """None: no lower end is known."""
    greatest: float | None = None
    """None: no upper end is known."""

    @classmethod
    def of(cls, family: Family, history: Iterable[Outcome]) -> Domain:
        """The values that the number of ``family`` can have.

        A percentage is 0 to 100. A number that was never negative (a count, hours, an amount) is
        at least 0. A count that is the numerator of a share (5 of 5 processors) is at most the
        denominator.
        """
        if family.is_percentage:
            return cls(0.0, 100.0)
        judged = [one for one in history if one.status.is_judged]
        numbers = [value for one in judged for _, value in family.finite_numbers(one)]
        if not numbers:
            return cls()
        least = 0.0 if min(numbers) >= 0 else None
        is_count = family.metric is None and not isinstance(family, Rates)
        return cls(least, _most(list(_measured(family, judged))) if is_count else None)

    def can_break(self, bounds: Bounds) -> bool:
        """Whether some possible value is out of ``bounds``."""
        ends = [self.least] if bounds.min_value is not None else []
        ends += [self.greatest] if bounds.max_value is not None else []
        return any(end is None or not bounds.keep(end) for end in ends)

    def can_keep(self, bounds: Bounds) -> bool:
        """Whether some possible value is within ``bounds``, of which one side is given."""
        end = self.greatest if bounds.min_value is not None else self.least
        return end is None or bounds.keep(end)


def _measured(family: Family, judged: Iterable[Outcome]) -> Iterator[Outcome | GroupOutcome]:
    for one in judged:
        of: Sequence[Outcome | GroupOutcome] = one.groups if family.group_by else [one]
        yield from (each for each in of if each.observed is not None)


def _most(measured: Sequence[Outcome | GroupOutcome]) -> float | None:
    """The greatest denominator, where each number is a numerator of one."""
    found = 0.0
    for one in measured:
        if one.denominator is None or one.observed != one.numerator:
            return None
        found = max(found, one.denominator)
    is_share = all(one.observed is not None and one.observed <= found for one in measured)
    return found if is_share else None
