"""Bounds, and groups of rows held against them: the judgement behind our expectation.

Plain Python without GX or pandas, so that the outcome of a run, a backtest and the
expectation judge alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from plumbline.core.errors import MonitorError
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import ThresholdLine


@dataclass(frozen=True)
class Bounds:
    """A range, inclusive unless strict, as in GX."""

    min_value: float | None = None
    max_value: float | None = None
    strict_min: bool = False
    strict_max: bool = False

    @classmethod
    def of(cls, kwargs: Mapping[str, Any]) -> Bounds:
        """The bounds among an expectation's arguments.

        A date, or a parameter without a value, bounds no number.
        """
        return cls(
            min_value=_bound(kwargs.get("min_value")),
            max_value=_bound(kwargs.get("max_value")),
            strict_min=kwargs.get("strict_min") is True,
            strict_max=kwargs.get("strict_max") is True,
        )

    @classmethod
    def of_line(cls, line: ThresholdLine) -> Bounds:
        """The range of the values that are on the right side of ``line``."""
        if line.fails == "below":
            return cls(min_value=line.value, strict_min=line.is_strict)
        return cls(max_value=line.value, strict_max=line.is_strict)

    def intersection(self, other: Bounds) -> Bounds:
        """The range of the values that keep both."""
        both = (self, other)
        lows = [(one.min_value, one.strict_min) for one in both if one.min_value is not None]
        highs = [(one.max_value, not one.strict_max) for one in both if one.max_value is not None]
        low, is_strict = max(lows) if lows else (None, False)
        high, is_inclusive = min(highs) if highs else (None, True)
        return Bounds(low, high, strict_min=is_strict, strict_max=not is_inclusive)

    def broken_by(self, value: float | None) -> float | None:
        """The bound that ``value`` breaks, None where it keeps both; NULL breaks the first."""
        if value is None:
            return self.first
        if self.min_value is not None and (
            value < self.min_value or (self.strict_min and value == self.min_value)
        ):
            return self.min_value
        if self.max_value is not None and (
            value > self.max_value or (self.strict_max and value == self.max_value)
        ):
            return self.max_value
        return None

    def keep(self, value: float | None) -> bool:
        return value is not None and self.broken_by(value) is None

    def distance(self, value: float) -> float:
        """How far ``value`` is out of the range; 0 on its edge and within."""
        below = 0.0 if self.min_value is None else self.min_value - value
        above = 0.0 if self.max_value is None else value - self.max_value
        return max(below, above, 0.0)

    @property
    def is_strict(self) -> bool:
        """Whether a value exactly on one of the bounds breaks it."""
        return self.strict_min or self.strict_max

    @property
    def first(self) -> float | None:
        """The lower bound, else the upper one."""
        return self.min_value if self.min_value is not None else self.max_value

    def words(self) -> str:
        """``at least 80``, ``above 100``, ``between 1 and 6``..."""
        return range_in_words(
            None if self.min_value is None else _number(self.min_value),
            None if self.max_value is None else _number(self.max_value),
            strict_min=self.strict_min,
            strict_max=self.strict_max,
        )


@dataclass(frozen=True)
class PerUnit:
    """Bounds for each unit that a column counts: 12 predictions for each of the ``games``.

    Where healthy values follow the column, calibrate proposes these bounds and leaves the fixed
    ones (`plumbline.checks.threshold_families.Rates`). History keeps the units of each judged run:
    ``metrics[column].observed`` of an outcome, or of a group.
    """

    column: str
    min_value: float | None = None
    max_value: float | None = None

    @classmethod
    def of(cls, given: object) -> PerUnit | None:
        """The argument ``per`` of an expectation; None where it is missing or malformed."""
        if not isinstance(given, Mapping) or not isinstance(given.get("column"), str):
            return None
        low, high = _bound(given.get("min_value")), _bound(given.get("max_value"))
        return cls(given["column"], low, high)

    @property
    def is_inverted(self) -> bool:
        """Whether no value can keep both bounds."""
        low, high = self.min_value, self.max_value
        return low is not None and high is not None and low > high

    def relax(self, bounds: Bounds, units: float) -> Bounds:
        """The bounds for so many units.

        A value fails if it breaks both the fixed bound and the bound per unit: of two minimums the
        lesser holds, of two maximums the greater. Where one of them is not given, the other holds.
        Strictness is that of ``bounds``.
        """
        low, high = bounds.min_value, bounds.max_value
        if self.min_value is not None:
            of_units = self.min_value * units
            low = of_units if low is None else min(low, of_units)
        if self.max_value is not None:
            of_units = self.max_value * units
            high = of_units if high is None else max(high, of_units)
        return replace(bounds, min_value=low, max_value=high)


def range_in_words(
    low: str | None, high: str | None, *, strict_min: bool = False, strict_max: bool = False
) -> str:
    """``at least 80``, ``above 100``, ``between 1 and 6``; bounds as they are to be read."""
    least = f"{'above' if strict_min else 'at least'} {low}"
    most = f"{'below' if strict_max else 'at most'} {high}"
    if low is not None and high is not None:
        return f"{least} and {most}" if strict_min or strict_max else f"between {low} and {high}"
    if low is not None:
        return least
    return most if high is not None else "any number"


@dataclass(frozen=True)
class MeasuredRow:
    """A row of a group."""

    position: int
    """Among all rows, from 0."""
    observed: float | None
    numerator: float | None
    denominator: float | None

    @property
    def is_short(self) -> bool:
        """Whether it holds less than it should."""
        known = self.numerator is not None and self.denominator is not None
        return known and (self.numerator or 0.0) < (self.denominator or 0.0)


@dataclass(frozen=True)
class MeasuredGroup:
    """What was observed of one group of rows (or of one row, or of all), before it is judged; a
    `plumbline.core.outcome.GroupOutcome` is what the judge makes of it."""

    key: GroupKey
    observed: float | None
    numerator: float | None
    denominator: float | None
    rows: int
    nulls: int
    members: tuple[MeasuredRow, ...] = field(default=(), repr=False)
    units: float | None = None
    """How many units its bounds are multiplied by, where they are per unit."""


def to_number(value: object) -> float | None:
    """A finite number, or None for NULL, NaN and infinities, which are not observations.

    An integer stays one: beyond 2^53 a float would be another number.

    Raises:
        TypeError: neither a number nor NULL.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int):
        return value
    if isinstance(value, str | bytes) or not hasattr(value, "__float__"):
        if type(value).__name__ in ("NAType", "NaTType"):
            return None
        raise TypeError(f"{value!r} is not a number")
    number = float(value)
    return number if math.isfinite(number) else None


def observe(
    rows: Mapping[str, Sequence[Any]],
    *,
    column: str,
    aggregate: str | None,
    group_by: Sequence[str],
    units: str | None = None,
) -> list[MeasuredGroup]:
    """One group a row, or one a key with ``aggregate``, or one for all rows; ordered by key.

    A NULL among the values makes the aggregate unknown: what is not there was not checked.

    Args:
        rows: columns by name, each as long as the others.
        aggregate: ``mean``, ``min``, ``max`` or ``sum``; None judges each row.
        group_by: columns that name a group.
        units: the column that counts the units of each group.

    Raises:
        KeyError: a column is not there.
        TypeError: a value of the metric or of ``units`` is not a number.
        MonitorError: ``units`` is NULL or negative, or differs between the rows of a group.
    """
    for name in (column, *group_by, *([] if units is None else [units])):
        if name not in rows:
            raise KeyError(f"column {name!r} is not among {sorted(rows)}")
    values = [to_number(value) for value in rows[column]]
    numerators, denominators = (
        _numbers(rows.get(name), len(values)) for name in ("numerator", "denominator")
    )
    keys = _keys(rows, group_by, len(values))
    if aggregate is None:
        members = [[index] for index in range(len(values))]
    else:
        by_key: dict[GroupKey, list[int]] = {}
        for index, key in enumerate(keys):
            by_key.setdefault(key, []).append(index)
        members = list(by_key.values())
    groups = [
        MeasuredGroup(
            key=keys[indices[0]],
            observed=_aggregate([values[index] for index in indices], aggregate or "sum"),
            numerator=_aggregate([numerators[index] for index in indices], "sum"),
            denominator=_aggregate([denominators[index] for index in indices], "sum"),
            rows=len(indices),
            nulls=sum(values[index] is None for index in indices),
            members=tuple(
                MeasuredRow(index, values[index], numerators[index], denominators[index])
                for index in indices
            ),
            units=None if units is None else _units(rows[units], indices, keys[indices[0]], units),
        )
        for indices in members
    ]
    return sorted(groups, key=lambda group: group.key.text)


def to_blame(
    group: MeasuredGroup, bounds: Bounds, aggregate: str | None
) -> list[tuple[float, int]]:
    """The rows that pull a failing group out of its bounds: how badly each does, its position.

    NULLs, where there are some; else of a sum that is too low the rows that hold less than they
    should (``numerator`` and ``denominator``), of another one those that add to it, of everything
    else the rows that break the bounds themselves. Where no row stands out, all of them.
    """
    nulls = [member for member in group.members if member.observed is None]
    if nulls:
        return [(math.inf, member.position) for member in nulls]
    valued = [(member, member.observed or 0.0) for member in group.members]
    if aggregate == "sum":
        low = Bounds(min_value=bounds.min_value, strict_min=bounds.strict_min)
        if low.keep(group.observed):
            chosen = [(value, member) for member, value in valued if value > 0]
        else:
            chosen = [(-value, member) for member, value in valued if member.is_short]
    else:
        chosen = [
            (bounds.distance(value), member) for member, value in valued if not bounds.keep(value)
        ]
    return [(badness, member.position) for badness, member in chosen] or [
        (0.0, member.position) for member in group.members
    ]


def _units(values: Sequence[Any], indices: Sequence[int], key: GroupKey, column: str) -> float:
    """The one value of a group's rows."""
    found = list(dict.fromkeys(to_number(values[index]) for index in indices))
    where = f" of {key.label}" if key.items else ""
    if len(found) == 1 and found[0] is not None:
        if found[0] >= 0:
            return found[0]
        what = f"per: column {column!r} is negative{where}: {found[0]:g}"
        raise MonitorError(what, fix="return a number of units, 0 or more")
    if None in found:
        what = f"per: column {column!r} is NULL in a row{where}"
    else:
        shown = " and ".join(f"{value:g}" for value in found[:2] if value is not None)
        what = f"per: column {column!r} differs between the rows{where}: {shown}"
    raise MonitorError(what, fix="return the same number of units on each row of a group")


def _aggregate(values: list[float | None], aggregate: str) -> float | None:
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    if aggregate == "min":
        return min(known)
    if aggregate == "max":
        return max(known)
    total = sum(known) if all(isinstance(value, int) for value in known) else math.fsum(known)
    return total / len(known) if aggregate == "mean" else total


def _keys(
    rows: Mapping[str, Sequence[Any]], group_by: Sequence[str], count: int
) -> Sequence[GroupKey]:
    if not group_by:
        return [GroupKey(())] * count
    columns = [rows[name] for name in group_by]
    return [
        GroupKey.of(dict(zip(group_by, values, strict=True)))
        for values in zip(*columns, strict=True)
    ]


def total(values: Sequence[Any] | None) -> float | None:
    """Their sum; None where there are none, or one is not a number."""
    return None if not values else _aggregate(_numbers(values, len(values)), "sum")


def _numbers(values: Sequence[Any] | None, count: int) -> list[float | None]:
    """Each as a number; None for what is none."""
    if values is None:
        return [None] * count
    found = []
    for value in values:
        try:
            found.append(to_number(value))
        except TypeError:
            found.append(None)
    return found


def _bound(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    if math.isnan(number):
        return None
    return number if number == value else value  # an integer beyond 2^53 is not a float


def _number(value: float) -> str:
    return f"{value:g}"
