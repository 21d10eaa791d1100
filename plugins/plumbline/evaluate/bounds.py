"""``min_value`` and ``max_value`` of GX's own expectations, of the type of what they bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plumbline.evaluate.domain import value_as
from plumbline.evaluate.values import comparable
from plumbline.warehouse.types import BigQueryType


@dataclass(frozen=True)
class TypedBounds:
    """A range, inclusive unless strict; NaN is in none."""

    low: Any
    high: Any
    strict_low: bool
    strict_high: bool

    @classmethod
    def of(cls, kwargs: Mapping[str, Any], kind: BigQueryType, because: str) -> TypedBounds:
        """The bounds of an expectation on values of ``kind``.

        Raises:
            EvaluationError: a bound is of another type.
        """
        found = {
            name: None
            if kwargs.get(name) is None
            else comparable(value_as(name, kwargs[name], kind, because))
            for name in ("min_value", "max_value")
        }
        return cls(
            found["min_value"],
            found["max_value"],
            bool(kwargs.get("strict_min")),
            bool(kwargs.get("strict_max")),
        )

    def keep(self, value: Any) -> bool:
        """Whether ``value``, which is not NULL, is within the range."""
        value = comparable(value)
        if value != value:
            return False
        above = self.low is None or (value > self.low if self.strict_low else value >= self.low)
        below = self.high is None or (value < self.high if self.strict_high else value <= self.high)
        return bool(above and below)
