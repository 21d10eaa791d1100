"""One run of a monitor as the history of the site keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plumbline.core.outcome import ThresholdLine
from plumbline.core.status import Status


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
