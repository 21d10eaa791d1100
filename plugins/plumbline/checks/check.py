"""One expectation of a suite: what it measures, of which groups, and the bounds of each.

Its arguments are parsed here and nowhere else. Tolerant of malformed ones, because lint and
`plumbline list` read suites that no run has accepted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from plumbline.checks.bounds import Bounds, MeasuredGroup, PerUnit
from plumbline.checks.table_metrics import TableMetric, metric_of
from plumbline.core.errors import did_you_mean
from plumbline.core.expectation_types import FOLLOWS_HISTORY, IS_FRESH, NO_FAILING_ROWS, OURS
from plumbline.core.text import unit_of
from plumbline.project.parameters import is_parameter
from plumbline.project.suites import ExpectationEntry, Observed, ObservedColumn, Suite

_AGGREGATES = {
    f"expect_column_{name}_to_be_between": name for name in ("max", "mean", "min", "sum")
}
"""Great Expectations' own that judge a column as a whole."""

_KEPT = {
    **_AGGREGATES,
    "expect_column_median_to_be_between": "median",
    "expect_column_stdev_to_be_between": "stdev",
    "expect_column_unique_value_count_to_be_between": "distinct_count",
    "expect_table_row_count_to_be_between": "row_count",
}
"""Those whose number history keeps of a suite over a table, and what it is called."""

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {NO_FAILING_ROWS: {"max_value": 0}}

_BETWEEN = "expect_column_values_to_be_between"

SIDES = ("min_value", "max_value")

PER_KEYS = ("column", *SIDES)

_UNITS = "units"
"""In ``per`` of a judged check: how many units each group had, by label."""

BOUND_KEYS = ("min_value", "max_value", "strict_min", "strict_max")

_REQUIRED = frozenset({*BOUND_KEYS, "mostly", "overrides", "per", "retired", "value_set"})
"""Arguments that say what is required; the others say of what."""


@dataclass(frozen=True)
class Check:
    """An expectation's type, severity and arguments, and what the arguments say."""

    type: str
    severity: str
    kwargs: Mapping[str, Any]

    @cached_property
    def arguments(self) -> Mapping[str, Any]:
        """``kwargs``, with the bounds that hold where none is given."""
        never = self.table_metric.never if self.table_metric else {}
        given = {name: value for name, value in self.kwargs.items() if value is not None}
        if self.type == IS_FRESH and "max_hours" in given:
            given["max_value"] = given["max_hours"]
        return {**_DEFAULTS.get(self.type, {}), **never, **given}

    @cached_property
    def column(self) -> str | None:
        """The column that it is about, where it is about one."""
        column = self.kwargs.get("column")
        return column if isinstance(column, str) else None

    @cached_property
    def is_metric(self) -> bool:
        """Whether it is plumbline's own, which judges groups of rows."""
        return self.type in (OURS, FOLLOWS_HISTORY)

    @cached_property
    def table_metric(self) -> TableMetric | None:
        """What of a table it compares with history; None: it is about rows of a model."""
        return metric_of(self.kwargs) if self.type == FOLLOWS_HISTORY else None

    @cached_property
    def aggregate(self) -> str | None:
        """How the values of the column, or the rows of a table, become the number that is judged;
        None: each is judged."""
        if self.table_metric is not None:
            return str(self.kwargs["metric"])
        return self.kwargs.get("aggregate") if self.is_metric else _AGGREGATES.get(self.type)

    @cached_property
    def kept_as(self) -> str | None:
        """What history calls its number in a suite over a table: ``mean of total``; None: no
        number is kept."""
        name = self.aggregate if self.table_metric else _KEPT.get(self.type)
        if name is None or self.kwargs.get("row_condition"):
            return None
        return subject_of(self.column, name)

    @cached_property
    def group_by(self) -> tuple[str, ...]:
        """The columns that name a group; empty: all rows are one, or each is one."""
        return _names(self.kwargs.get("group_by"))

    @cached_property
    def retired(self) -> tuple[str, ...]:
        """The names of groups that are gone for good."""
        return _names(self.kwargs.get("retired"))

    @cached_property
    def subject(self) -> str:
        """``mean of coverage_pct by system_id``."""
        return subject_of(self.column, self.aggregate, self.group_by)

    @cached_property
    def identity(self) -> str:
        """The same for the same expectation of a suite, also after its bounds have changed."""
        of = {
            name: value
            for name, value in self.kwargs.items()
            if name not in _REQUIRED and name != "batch_id" and value is not None
        }
        said = json.dumps([self.type, self.severity, of], sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    @cached_property
    def bounds(self) -> Bounds:
        """The bounds of all groups that have none of their own; for its units, once known."""
        return self._relaxed(Bounds.of(self.arguments), self.units.get(""))

    @cached_property
    def per(self) -> PerUnit | None:
        """The bounds per unit, which relax the fixed ones."""
        return PerUnit.of(self.kwargs.get("per"))

    @cached_property
    def units(self) -> Mapping[str, float]:
        """How many units each judged group had, by label (``""``: the whole): see `with_units`."""
        per = self.kwargs.get("per")
        found = per.get(_UNITS) if isinstance(per, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    @cached_property
    def overrides(self) -> Mapping[str, Bounds]:
        """The bounds of single groups, by label."""
        return {label: Bounds.of(own) for label, own in self.overridden.items()}

    @cached_property
    def overridden(self) -> Mapping[str, Mapping[str, Any]]:
        """The arguments for single groups, by label: what an override does not name stays."""
        given = self.kwargs.get("overrides")
        if not isinstance(given, Mapping):
            return {}
        return {
            str(label): {**self.arguments, **own}
            for label, own in given.items()
            if isinstance(own, Mapping)
        }

    def bounds_for(self, label: str) -> Bounds:
        """The bounds of a group: for its units, where they are known."""
        return self._relaxed(self._fixed(label), self.units.get(label))

    def bounds_of(self, group: MeasuredGroup) -> Bounds:
        """The bounds that judge ``group``."""
        return self._relaxed(self._fixed(group.key.label), group.units)

    def with_units(self, units: Mapping[str, float]) -> dict[str, Any]:
        """The arguments, with the units of the groups that were judged: thresholds in words and
        lines are then those that judged."""
        return {**self.kwargs, "per": {**self.kwargs["per"], _UNITS: dict(units)}}

    def _fixed(self, label: str) -> Bounds:
        return self.overrides.get(label, Bounds.of(self.arguments))

    def _relaxed(self, bounds: Bounds, units: float | None) -> Bounds:
        return bounds if self.per is None or units is None else self.per.relax(bounds, units)

    def unit(self, observed: Observed) -> str:
        """The unit of the number that it judges, where that is known.

        Args:
            observed: what the suite declares as the monitor's number.
        """
        if self.type == NO_FAILING_ROWS and observed:
            return observed.unit
        if self.table_metric is not None:
            return self.table_metric.unit
        if self.type == IS_FRESH:
            return "h"
        is_of_values = not self.is_metric and self.aggregate is None
        if is_of_values and not self.judges(observed):
            return ""
        column = observed.column if isinstance(observed, ObservedColumn) else None
        return unit_of(self.column or "", column, observed.unit if observed else "")

    def measures(self, observed: object) -> bool:
        """Whether its own number is the one that ``meta.monitor.observed`` declares."""
        return isinstance(observed, ObservedColumn) and (self.column, self.aggregate) == (
            observed.column,
            observed.aggregate,
        )

    def judges(self, observed: object) -> bool:
        """Whether the number that ``meta.monitor.observed`` declares decides if it holds: it is its
        own, or the worst of the values that are judged one by one."""
        if self.measures(observed):
            return True
        if not isinstance(observed, ObservedColumn) or self.column != observed.column:
            return False
        return self._worst_value == observed.aggregate

    @cached_property
    def _worst_value(self) -> str | None:
        """``min`` or ``max``, where each value is held against one bound; else None."""
        if self.type not in (_BETWEEN, OURS) or self.aggregate or self.group_by or self.per:
            return None
        if self.kwargs.get("row_condition") or self.kwargs.get("mostly") not in (None, 1):
            return None
        given = [side for side in SIDES if self.arguments.get(side) is not None]
        return given[0].removesuffix("_value") if len(given) == 1 else None


def fault_of_per(per: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """What is wrong with the argument ``per``: the key (empty: itself), what, and the fix."""
    for key in per:
        if key not in PER_KEYS:
            return key, f"per has an unknown key {key!r}", did_you_mean(key, PER_KEYS)
    if not isinstance(per.get("column"), str) or not per["column"]:
        fix = 'write the column that counts the units, as "column": "games"'
        return "column" if "column" in per else "", "per.column is not a column", fix
    given = [side for side in SIDES if side in per]
    for side in given:
        value = per[side]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (is_number or is_parameter(value)):
            return side, f"per.{side}: {value!r} is not a number", "write a number"
    if not given:
        return "", "per has neither min_value nor max_value", "add the bound for each unit"
    return None


def check_of(entry: ExpectationEntry) -> Check:
    return Check(entry.type, entry.severity, entry.kwargs)


def checks_of(suite: Suite) -> tuple[Check, ...]:
    """The expectations of ``suite`` in its order, with values for parameters that have one."""
    return tuple(map(check_of, suite.entry.expectations))


def subject_of(column: str | None, aggregate: str | None, group_by: Sequence[str] = ()) -> str:
    """What is measured, in words; without a column: of a whole table."""
    what = " of ".join(filter(None, (aggregate, column)))
    return f"{what} by {', '.join(group_by)}" if group_by else what


def _names(given: object) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, list | tuple) else ()
