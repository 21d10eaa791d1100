"""A named query parameter: a compiled model's, or one of plumbline's own queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

Scalar: TypeAlias = bool | int | float | str | date | datetime


@dataclass(frozen=True)
class Parameter:
    name: str
    type: str
    """A BigQuery type: ``INT64``, ``STRING``, ``FLOAT64``, ``BOOL``, ``DATE``, ``TIMESTAMP``, or
    ``ARRAY<one of these>``."""
    value: Scalar | tuple[Scalar, ...]

    @property
    def element_type(self) -> str | None:
        """The type of the elements, for an array."""
        return self.type[6:-1] if self.type.startswith("ARRAY<") else None
