"""Whether a number follows the day of the week, which no fixed bound can express."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from plumbline.checks.threshold_families import Side
from plumbline.core.text import plain, with_unit

_LEAST_DAYS = 4
"""Days of each weekday from which their medians are compared."""
_EXPLAINED = 0.4
"""The share of the variance between days that lies between weekdays; by chance, about a tenth."""
_DIFFERS = 0.2
"""How far the median of a weekday is from that of all days, as a share of it."""
_NAMES = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def weekday_note(
    series: Sequence[tuple[datetime, float]], zone: ZoneInfo, *, side: Side, unit: str
) -> str | None:
    """Which days of the week are low (or high, for a bound from above), in a sentence.

    Args:
        series: healthy values in order of time; the last of each day counts.
        zone: in which days are days.
        side: on which side the data is wrong.
        unit: of the number.

    Returns:
        None where the number does not follow the weekday, or the history is too short to say.
    """
    by_day = {at.astimezone(zone).date(): value for at, value in series}
    by_weekday: dict[int, list[float]] = {}
    for day, value in by_day.items():
        by_weekday.setdefault(day.weekday(), []).append(value)
    if len(by_weekday) < 2 or min(map(len, by_weekday.values())) < _LEAST_DAYS:
        return None
    values = list(by_day.values())
    mean, median = statistics.fmean(values), statistics.median(values)
    total = sum((value - mean) ** 2 for value in values)
    between = sum(
        len(found) * (statistics.fmean(found) - mean) ** 2 for found in by_weekday.values()
    )
    if total == 0 or between < _EXPLAINED * total:
        return None
    sign = 1.0 if side == "below" else -1.0
    medians = {weekday: statistics.median(found) for weekday, found in by_weekday.items()}
    far = [
        weekday
        for weekday, found in sorted(medians.items())
        if sign * (median - found) > _DIFFERS * abs(median)
    ]
    if not far:
        return None
    shown = ", ".join(
        f"{_NAMES[weekday]} (median {with_unit(plain(medians[weekday]), unit)})" for weekday in far
    )
    return (
        f"the number follows the day of the week: {'low' if side == 'below' else 'high'} on "
        f"{shown}, {with_unit(plain(median), unit)} over all days; a fixed bound can't express "
        'that; expect_metric_to_follow_history with "same_weekday": true can'
    )
