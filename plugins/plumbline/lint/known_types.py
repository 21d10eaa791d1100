"""What lint knows of a type of expectation or action: its arguments or keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BESIDE_ARGUMENTS = frozenset(
    {"id", "meta", "notes", "severity", "description", "rendered_content", "windows"}
)
"""What every expectation has, and a suite says outside of kwargs."""


@dataclass(frozen=True)
class ExpectationType:
    name: str
    arguments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Each with its JSON Schema; an empty one takes anything."""
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class ActionType:
    required: frozenset[str]
    optional: frozenset[str]

    @property
    def keys(self) -> frozenset[str]:
        """All that it takes."""
        return self.required | self.optional | {"type"}
