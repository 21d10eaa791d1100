"""Runs, and what a monitor found in one, as the site keeps and shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from plumbline.core.outcome import ThresholdLine
from plumbline.core.status import RunStatus, Status


@dataclass(frozen=True)
class GroupRow:
    """One group of a monitor in one run."""

    key: str
    """The canonical text of its `GroupKey`."""
    label: str
    status: Status
    observed: float | None = None
    unit: str = ""
    lines: tuple[ThresholdLine, ...] = ()


@dataclass(frozen=True)
class Row:
    """One run of a monitor."""

    at: datetime
    """The instant that was judged, in UTC."""
    status: Status
    observed: float | None
    unit: str = ""
    thresholds: str = ""
    lines: tuple[ThresholdLine, ...] = ()
    summary: str = ""
    run_id: str = ""
    checkpoint: str = ""
    seconds: float = 0.0
    bytes_billed: int | None = None
    revision: str | None = None
    result: tuple[str, ...] | None = None
    """The key of GX's stored result."""
    groups: tuple[GroupRow, ...] = ()
    is_archived: bool = False
    """Whether the archives hold it too."""


@dataclass(frozen=True)
class RunRow:
    """One whole run of a checkpoint: a `plumbline.core.run.Run` as the cache stores it, with how
    it went."""

    run_id: str
    checkpoint: str
    as_of: datetime
    status: RunStatus
    score: int | None
    counts: Mapping[str, int] = field(default_factory=dict)
    """As `RunReport.counts`."""
    seconds: float = 0.0
    revision: str | None = None
    note: str = ""
    """Why it was SKIPPED."""
