"""Whom a run notified of what, for its report: values that text and JSON show."""

from __future__ import annotations

from dataclasses import dataclass

from plumbline.core.alert_line import AlertLine


@dataclass(frozen=True)
class AlertsReport:
    """What a run sent."""

    lines: tuple[AlertLine, ...] = ()
    notes: tuple[str, ...] = ()
    """What a person must know: routes that are not configured, messages that wait."""
    waiting: int = 0
    """Messages that are still in the outbox, of this run or of earlier ones."""
