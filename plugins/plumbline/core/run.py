"""Which run it is: one value, for all that a run leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from plumbline.core.revision import Revision


@dataclass(frozen=True)
class Run:
    """The identity of a run. What needs more than this extends or holds it; what is stored as
    JSON or as a row (messages, heartbeats, records of the site) has the same fields, flat."""

    run_id: str
    checkpoint: str
    target: str
    """The target's name."""
    as_of: datetime
    """The instant that was judged."""
    revision: Revision | None
    """Of the suites; None outside of git."""


def new_run_id(now: datetime) -> str:
    """``20260203T050000Z-1f2e3d4c``: sortable by time, unlike any other."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"
