"""One evaluated expectation as plain values, and what its failure weighs.

Made from a GX result (or by a backtest, or a test); read by everything that judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from plumbline.checks.bounds import Bounds
from plumbline.checks.check import Check
from plumbline.core.group_key import GroupKey
from plumbline.core.status import Status, status_of_severity


@dataclass(frozen=True)
class JudgedGroup:
    """One group as our expectation judged it: an entry of ``details.groups`` of its result."""

    key: GroupKey
    success: bool
    observed: float | None
    numerator: float | None = None
    denominator: float | None = None
    threshold: float | None = None
    unit: str | None = None
    """Of its numbers; None: that of the column."""
    rows: int | None = None
    """0: it was expected, and no row is of it."""
    usual: str = ""
    """What it was held against, where its past made it: ``usually 92 ± 4``."""
    bounds: Bounds | None = None
    """The same as numbers; also where they are per unit."""
    units: float | None = None
    """How many units its bounds are for."""
    is_masked: bool = False
    """Whether its numbers are gone, because they are values of a personal column."""

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> JudgedGroup:
        """As `plumbline.checks.metric_result` writes it for GX."""
        bounds = entry.get("bounds")
        return cls(
            key=GroupKey.of(entry["key"]),
            success=entry["success"],
            observed=entry["observed"],
            numerator=entry.get("numerator"),
            denominator=entry.get("denominator"),
            threshold=entry["threshold"],
            unit=entry.get("unit"),
            rows=entry.get("rows"),
            usual=entry.get("usual") or "",
            bounds=None if bounds is None else Bounds.of(bounds),
            units=entry.get("units"),
            is_masked=entry.get("masked") is True,
        )


@dataclass(frozen=True)
class JudgedExpectation(Check):
    """One expectation, evaluated (by GX) or not."""

    success: bool
    observed: object = None
    groups: tuple[JudgedGroup, ...] = ()
    """Of our expectation; empty for GX's own."""
    failing: tuple[int, ...] = ()
    """Positions of the rows that made it fail, worst first; empty where that is not known."""
    error: str | None = None
    skipped: str | None = None
    """Why it looked at nothing, where its suite says that this may be."""
    description: str | None = None
    element_count: int | None = None
    """Rows that met its ``row_condition``, or groups of ours; None where GX counts none."""
    missing_count: int | None = None
    """Of them, those that are NULL and were passed over."""
    is_covered: bool = False
    """Whether another expectation of the suite tells the same."""
    unexpected_count: int | None = None
    unexpected_percent: float | None = None
    """As GX says it: of the elements that were not passed over as NULL, 0 to 100."""
    unexpected: tuple[object, ...] = ()
    """The first unexpected values, or rows, masked."""
    absent: tuple[object, ...] = ()
    """The first values or columns that should be there and are not, masked."""

    @property
    def status(self) -> Status:
        """PASS, or what its failure makes of the monitor; ``info`` changes nothing.

        One that was not evaluated found nothing: its error is told apart from findings.
        """
        if self.success or self.error is not None or self.skipped is not None:
            return Status.PASS
        return status_of_severity(self.severity)

    def for_its_units(self) -> JudgedExpectation:
        """The same with the units of its groups among its arguments, where bounds are per unit."""
        found: dict[str, set[float | None]] = {}
        for group in self.groups if self.per is not None else ():
            found.setdefault(group.key.label, set()).add(group.units)
        units = {
            label: units
            for label, values in found.items()
            if len(values) == 1 and (units := next(iter(values))) is not None
        }
        return replace(self, kwargs=self.with_units(units)) if units else self

    @cached_property
    def bounds(self) -> Bounds:
        """Its bounds, where it has some: those that judged the whole, if its past or its units
        made them."""
        made = None if self.group_by or not self.groups else self.groups[0].bounds
        return made or Bounds.of(self.arguments)
