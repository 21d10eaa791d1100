"""How well a number tells labelled incidents from healthy times, whatever its thresholds.

The area under the ROC curve: of all pairs of an instant within an incident and a healthy one, the
share in which the number is worse within the incident; equal ones count half. 1 separates
completely, 0.5 not at all. Of groups, the worst at an instant counts.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from plumbline.checks.threshold_families import Family
from plumbline.core.outcome import Outcome
from plumbline.project.labels import Label, covered


@dataclass(frozen=True)
class Separation:
    """How well one number separates."""

    area: float
    """0 to 1."""
    healthy: int
    """Healthy instants that were compared."""
    incident: int
    """Instants within labelled incidents: from when the first day's data was due, for as many days
    as are affected, at most until they were fixed."""

    @property
    def percent(self) -> str:
        """``99.3 %``."""
        return f"{100 * self.area:.1f} %".replace(".0 %", " %")


def separate(
    family: Family, monitor: str, history: Sequence[Outcome], labels: Sequence[Label]
) -> Separation | None:
    """How well the number of ``family`` separates.

    Args:
        monitor: whose number it is.
        history: of that monitor.
        labels: of the whole project.

    Returns:
        None where there is no healthy value, or none within a labelled incident.
    """
    healthy: list[float] = []
    wrong: list[float] = []
    for one in history:
        if not one.status.is_judged:
            continue
        around = covered(labels, monitor, one.as_of)
        during = [label for label in around if _lasts(label, one)]
        value = _worst(family, one, during)
        if value is not None and (during or not around):
            (wrong if during else healthy).append(value)
    if not healthy or not wrong:
        return None
    healthy.sort()
    worse = sum(
        len(healthy) - (bisect_left(healthy, value) + bisect_right(healthy, value)) / 2
        for value in wrong
    )
    return Separation(worse / (len(healthy) * len(wrong)), len(healthy), len(wrong))


def _lasts(label: Label, one: Outcome) -> bool:
    begin = label.due or label.began
    days = (max(label.dates) - min(label.dates)).days + 1
    end = begin + timedelta(days=days)
    return begin <= one.as_of < (end if label.mended is None else min(end, label.mended))


def _worst(family: Family, one: Outcome, during: Sequence[Label]) -> float | None:
    """The worst number at an instant, the greater the better; within incidents of the groups that
    they concern. The whole is concerned by those that name no group."""
    sign = 1.0 if family.side == "below" else -1.0
    values = [
        sign * value
        for key, value in family.finite_numbers(one)
        if not during or any(label.concerns(key) for label in during)
    ]
    return min(values, default=None)
