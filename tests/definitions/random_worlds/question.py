"""A question as data, so that it can be shown, and made smaller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from definitions.tables import NEW_YORK, World


@dataclass(frozen=True)
class Question:
    """One query to a witness."""

    monitor: str
    instants: Sequence[datetime]
    vars: Mapping[str, Any]
    world: World

    def __repr__(self) -> str:
        """In New York times, a line a row, so that a case by hand is soon made of it."""
        lines = [f"at {_shown(instant)}" for instant in self.instants]
        lines += [f"{name} = {value!r}" for name, value in self.vars.items()]
        for table, rows in self.world.tables.items():
            lines += [
                f"{table}: " + ", ".join(f"{k}={_shown(v)}" for k, v in row.items()) for row in rows
            ]
        return "\n    ".join([self.monitor, *lines])


def _shown(value: Any) -> str:
    return str(value.astimezone(NEW_YORK)) if isinstance(value, datetime) else str(value)
