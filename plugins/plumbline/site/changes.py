"""A commit that changed a monitor's files, as the site keeps and shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Part = Literal["suite", "model", "definition"]


@dataclass(frozen=True)
class SuiteChange:
    """One commit that changed a monitor's files."""

    commit: str
    """The first twelve hex digits."""
    at: datetime
    """When it was committed."""
    author: str
    subject: str
    parts: tuple[Part, ...]
    details: tuple[str, ...] = ()
    """What is otherwise: ``pct: warning < 80 → warning < 75``, ``vars.days: 1 → 3``."""
