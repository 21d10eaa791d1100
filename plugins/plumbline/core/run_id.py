"""The name of a run: sortable by time, unlike any other."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4


def new_run_id(now: datetime) -> str:
    """``20260203T050000Z-1f2e3d4c``."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"
