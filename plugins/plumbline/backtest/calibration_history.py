"""The history of a monitor as a calibration reads it: what is healthy, and what was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plumbline.backtest.proposing import DAYS_A_MONTH
from plumbline.checks.threshold_families import Family
from plumbline.core.outcome import Outcome
from plumbline.project.alerts import AlertsConfig
from plumbline.project.labels import Label, covered
from plumbline.project.suites import Suite

Series = list[tuple[datetime, float]]
"""Values of one group, in order of time."""


@dataclass(frozen=True)
class History:
    """The outcomes of one monitor, and what is needed to judge them again."""

    suite: Suite
    outcomes: Sequence[Outcome]
    """In order of time."""
    judged: Sequence[Outcome]
    """Those with a number."""
    healthy: Sequence[Outcome]
    """Of these, those outside labelled incidents."""
    labels: Sequence[Label]
    zone: ZoneInfo
    """In which days are days."""
    alerts: AlertsConfig
    checkpoint: str
    allow_missing: bool
    """Whether a proposal may miss a labelled incident that today's thresholds find."""
    today: Sequence[Family]
    """All families of the suite."""

    @property
    def monitor(self) -> str:
        return self.suite.monitor_name

    @property
    def months(self) -> float:
        """Of the time between the first outcome and the last."""
        span = self.outcomes[-1].as_of - self.outcomes[0].as_of
        return max(span / timedelta(days=DAYS_A_MONTH), 1e-9)

    def within(self, labels: Sequence[Label], family: Family) -> dict[str, Series]:
        """Values within some of the labelled incidents, of the groups that these concern; the whole
        is concerned by those that name no group."""
        found: dict[str, Series] = {}
        for one in self.judged:
            around = covered(labels, self.monitor, one.as_of)
            for key, value in family.finite_numbers(one):
                if any(label.concerns(key) for label in around):
                    found.setdefault(key.label, []).append((one.as_of, value))
        return found


def series_of(family: Family, measured: Sequence[Outcome]) -> dict[str, Series]:
    """Finite values by group, in order of time; one group without a name for the whole."""
    found: dict[str, Series] = {}
    for one in measured:
        for key, value in family.finite_numbers(one):
            found.setdefault(key.label, []).append((one.as_of, value))
    return found


def day_of(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"
