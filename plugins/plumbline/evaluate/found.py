"""What an expectation found: plain values, before they take the shape of GX's results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class MapFound:
    """Of an expectation that judges each value or row by itself."""

    elements: int
    """Rows that it looked at, NULLs among them."""
    missing: int | None
    """Of these, the ones that it skipped for being NULL; None where it skips none."""
    unexpected: Sequence[int]
    """Positions of the rows that failed."""
    columns: tuple[str, ...]
    """The columns that it judges."""
    is_list: bool = False
    """Whether the suite gives them as a ``column_list``."""

    @property
    def count(self) -> int:
        """Rows that failed."""
        return len(self.unexpected)

    @property
    def judged(self) -> int:
        """Rows that were judged."""
        return self.elements - (self.missing or 0)

    def keeps(self, mostly: float, allowed: int = 0) -> bool:
        """Whether the share of rows that hold is at least ``mostly``, as GX counts it, or no more
        than ``allowed`` failed."""
        return self.count <= allowed or (self.judged - self.count) / self.judged >= mostly


@dataclass(frozen=True)
class CountFound:
    """The same where the rows themselves stayed in BigQuery."""

    elements: int
    missing: int | None
    count: int
    """Rows that failed."""
    samples: tuple[Any, ...]
    """Some of the values that failed; of several columns by their names."""
    columns: tuple[str, ...]

    @property
    def judged(self) -> int:
        """Rows that were judged."""
        return self.elements - (self.missing or 0)

    def keeps(self, mostly: float, allowed: int = 0) -> bool:
        """As `MapFound.keeps`."""
        return self.count <= allowed or (self.judged - self.count) / self.judged >= mostly


@dataclass(frozen=True)
class ValueFound:
    """Of an expectation that judges rows as a whole."""

    success: bool
    result: Mapping[str, Any] = field(default_factory=dict)
    """As GX's results hold it: ``observed_value``, ``details``, ..."""
    failing: tuple[int, ...] = ()
    """Positions of the rows to blame, worst first; empty where none stand out."""


Found = MapFound | ValueFound
Measured = CountFound | ValueFound
