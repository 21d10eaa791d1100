"""``min_value`` and ``max_value`` of GX's own expectations, of the type of what they bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plumbline.checks.bounds import Bounds
from plumbline.evaluate.domain import value_as
from plumbline.evaluate.values import comparable
from plumbline.warehouse.types import BigQueryType


class TypedBounds(Bounds):
    """A range of any type that has an order; NaN is in none."""

    @classmethod
    def typed(cls, kwargs: Mapping[str, Any], kind: BigQueryType, because: str) -> TypedBounds:
        """The bounds of an expectation on values of ``kind``.

        Raises:
            EvaluationError: a bound is of another type.
        """
        low, high = (
            None
            if kwargs.get(name) is None
            else comparable(value_as(name, kwargs[name], kind, because))
            for name in ("min_value", "max_value")
        )
        return cls(low, high, bool(kwargs.get("strict_min")), bool(kwargs.get("strict_max")))

    def keep(self, value: Any) -> bool:
        """Whether ``value``, which is not NULL, is within the range."""
        value = comparable(value)
        return bool(value == value) and super().keep(value)
