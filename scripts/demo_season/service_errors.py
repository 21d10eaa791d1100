"""Rows of ``service_errors``: a low background of errors, and the bursts of incidents."""

from __future__ import annotations

import datetime as dt

import numpy as np

from demo_season.columns import Columns
from demo_season.incidents import Incidents
from demo_season.world import SERVICES, instant, span, stream, utc

A_DAY = 0.6
"""Errors that a service logs on an ordinary day, on average."""
BACKGROUND = (
    ("TimeoutError", "timeout", "warning"),
    ("ConnectionResetError", "network", "warning"),
    ("RateLimited", "upstream", "warning"),
    ("ValueError", "data", "error"),
)
BURST = 4 * 3600
"""Seconds that a day's burst lasts."""


def make_errors(seed: int, date: dt.date, incidents: Incidents) -> Columns:
    """The errors logged while a day was worked on."""
    rng = stream(seed, "errors", date)
    found: list[tuple[np.datetime64, str, str, str, str]] = []
    for service in SERVICES:
        for second in rng.uniform(0, 86_400, rng.poisson(A_DAY)).round(3):
            kind = BACKGROUND[rng.integers(len(BACKGROUND))]
            found.append((instant(date) + span(second), service, *kind))
    for incident in incidents:
        if incident.errors and date in incident.dates:
            burst = incident.errors
            rng = stream(seed, f"errors/{incident.id}", date)
            begin = utc(incident.began) + np.timedelta64((date - incident.dates[0]).days, "D")
            for second in rng.uniform(0, BURST, burst.count).round(3):
                logged = begin + span(second)
                found.append((logged, burst.service, burst.type, burst.category, "critical"))
    found.sort()
    columns = [np.array(column, dtype=object) for column in zip(*found, strict=True)] or [
        np.array([], dtype=object)
    ] * 5
    return {
        "error_timestamp": columns[0].astype("datetime64[us]"),
        "service_name": columns[1],
        "error_type": columns[2],
        "error_category": columns[3],
        "severity": columns[4],
        "game_date": np.full(len(found), np.datetime64(date)),
    }
