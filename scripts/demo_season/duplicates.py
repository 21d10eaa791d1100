"""Which rows of a day are written twice: a few on any day, more where an incident says so."""

from __future__ import annotations

import datetime as dt

import numpy as np

from demo_season.incidents import Duplicates, Incidents

HEALTHY = 0.004
"""Share of a day's rows that are written twice without anyone minding."""


def rows_written_twice(
    rng: np.random.Generator,
    table: str,
    date: dt.date,
    systems: np.ndarray,
    incidents: Incidents,
    *,
    healthy: bool,
) -> np.ndarray:
    """Places of the rows to copy, in order; `systems` holds the system of each row of the day."""
    copied = [rng.choice(len(systems), int(len(systems) * HEALTHY) if healthy else 0, False)]
    for incident in incidents.of(Duplicates, date):
        if table in incident.tables:
            rows = np.flatnonzero(np.isin(systems, incident.systems or systems))
            copied.append(rng.choice(rows, min(incident.rows, len(rows)), replace=False))
    return np.sort(np.concatenate(copied))
