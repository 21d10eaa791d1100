"""What a calibration found, as one value: the reports, ``--write`` and the tests read it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from plumbline.backtest.lost_incidents import Proposal
from plumbline.backtest.proposing import Quantiles
from plumbline.backtest.sane_levels import LevelRules
from plumbline.backtest.separation import Separation
from plumbline.checks.threshold_families import Family, Level
from plumbline.project.labels import Label


@dataclass(frozen=True)
class Candidate:
    """A pair of thresholds, and what it would have brought over the whole history."""

    name: str
    levels: Mapping[Level, float]
    groups: Mapping[str, Mapping[Level, float]]
    alerts_per_month: float
    false_alarms_per_month: float
    found: tuple[str, ...]
    """Labelled incidents."""
    missed: tuple[str, ...]
    told: Mapping[str, datetime] = field(default_factory=dict)
    """When somebody would have been notified of each that is found."""


@dataclass(frozen=True)
class GroupCalibration:
    """One group's own history."""

    label: str
    quantiles: Quantiles
    failing: float
    """The share of its healthy values beyond the common WARNING; where there is none, CRITICAL."""


@dataclass(frozen=True)
class FamilyCalibration:
    """What history says of the thresholds of one number."""

    rules: LevelRules
    quantiles: Quantiles | None
    """None: there is no healthy value."""
    proposal: Proposal | None
    """None: nothing is proposed."""
    groups: tuple[GroupCalibration, ...]
    candidates: tuple[Candidate, ...]
    warnings: tuple[str, ...]
    separation: Separation | None = None
    """None: nothing is labelled, or nothing was measured then."""
    decisions: tuple[str, ...] = ()
    """Where the proposal is not what the arithmetic gives, and why."""
    lost: tuple[Label, ...] = ()
    """Labelled incidents that today's thresholds find and the arithmetic's would miss."""

    @property
    def family(self) -> Family:
        return self.rules.family

    @property
    def levels(self) -> Mapping[Level, float] | None:
        """The common levels that are proposed, those that stay among them."""
        return None if self.proposal is None else self.proposal.levels

    @property
    def overrides(self) -> Mapping[str, Mapping[Level, float]]:
        """Groups with levels of their own."""
        return {} if self.proposal is None else self.proposal.groups


@dataclass(frozen=True)
class Calibration:
    """What history says of a monitor's thresholds."""

    monitor: str
    zone: ZoneInfo
    first: datetime | None
    last: datetime | None
    instants: int
    healthy: int
    """Instants outside labelled incidents at which something was observed."""
    skipped: int
    errors: int
    left_out: tuple[str, ...]
    """Labelled incidents whose values were left out."""
    families: tuple[FamilyCalibration, ...]
    beyond: tuple[str, ...]
    """Expectations whose numbers are not in the history."""
    notes: tuple[str, ...]
    source: str = ""
    """Where the history is from, in words."""

    @property
    def within(self) -> int:
        """Instants within labelled incidents at which something was observed."""
        return self.instants - self.healthy - self.skipped - self.errors

    @property
    def best(self) -> str:
        """Which of several numbers separates incidents best, in a sentence; empty: there is but
        one."""
        if len(self.families) < 2:
            return ""
        known = {
            one.family.subject: one.separation
            for one in self.families
            if one.separation is not None
        }
        if not known:
            return (
                "unknown which number separates incidents best: no labelled incident of this "
                "monitor has values in the history"
            )
        most = max(one.area for one in known.values())
        best = [subject for subject, one in known.items() if math.isclose(one.area, most)]
        others = [f"{subject} {known[subject].percent}" for subject in known if subject not in best]
        verb = "separates" if len(best) == 1 else "separate"
        alike = "equally well" if len(best) > 1 else "best"
        found = f"{' and '.join(best)} {verb} incidents {alike} ({known[best[0]].percent})"
        return f"{found}; {', '.join(others)}" if others else found
