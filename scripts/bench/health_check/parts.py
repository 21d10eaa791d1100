"""What the parts of the benchmark have in common: a part has rows to show and targets to meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.health_check.measure import Measured


@dataclass(frozen=True)
class Target:
    """What a ratio or count must not exceed."""

    key: str
    about: str
    value: float
    at_most: float

    @property
    def is_met(self) -> bool:
        """Whether it does not."""
        return self.value <= self.at_most


@dataclass(frozen=True)
class Part:
    """One part, measured."""

    measured: Mapping[str, Measured] = field(default_factory=dict)
    """By label."""
    targets: tuple[Target, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    """What was counted, by what it is."""
    profile: Sequence[tuple[str, float]] = ()
    """Functions and their shares of a run's time."""
