"""Rows of ``service_deployments``: what each service runs, looked at four times a day.

A healthy service runs every commit to its own paths; those behind are others' and documentation's.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import numpy as np

from demo_season.columns import Columns
from demo_season.incidents import Incidents, StaleDeployment
from demo_season.world import SERVICES, instant, span, stream, utc

WATCHED = (*SERVICES, "plumbline-health-check")
"""The watcher's own job is one of the services."""

HOURS = (5.5, 11.5, 17.5, 23.5)
"""When they are looked at, in New York."""

COUNTED_AFTER = dt.timedelta(days=6)
"""An incident's counts are those of its sixth day; until then they grow, then they stay."""

A_DAY = 90
"""Commits to the branch a day, all services together."""


def make_deployments(seed: int, date: dt.date, incidents: Incidents) -> Columns:
    """The looks of a day."""
    rng = stream(seed, "deployments", date)
    found = []
    for hour in HOURS:
        looked = instant(date, hour)
        main = _commit("main", looked)
        for service in WATCHED:
            behind, own, oldest = int(rng.integers(0, A_DAY // 2)), 0, None
            stale = _stale(service, date, looked, incidents)
            if stale is not None:
                began = utc(stale.began)
                grown = min((looked - began) / np.timedelta64(COUNTED_AFTER), 1.0)
                behind, own = _grown(stale.behind, grown), _grown(stale.own_paths, grown)
                # What isn't deployed touched other paths only: the service runs all of its own.
                oldest = began if own else None
            deployed = _commit(
                service, looked if stale is None else utc(stale.began), behind=behind
            )
            found.append(
                {
                    "event_id": f"{service}-{str(looked)[:19]}",
                    "service": service,
                    "observed_at": looked,
                    "deployed_commit": deployed,
                    "main_commit": main,
                    "last_own_commit": deployed if own == 0 else _commit(f"{service} main", looked),
                    "commits_behind": behind,
                    "own_commits_behind": own,
                    "oldest_at": np.datetime64("NaT") if oldest is None else oldest,
                    "found_by": "label commit-sha",
                    "revision": f"{service}-{int(deployed[:4], 16) % 1000:05d}-{deployed[4:7]}",
                    "reason": None,
                    "recorded_at": looked + span(20.0),
                    "project": None,
                    "target": None,
                }
            )
    instants = ("observed_at", "oldest_at", "recorded_at")
    return {
        name: np.array(
            [row[name] for row in found], dtype="datetime64[us]" if name in instants else object
        )
        for name in found[0]
    }


def _grown(commits: int, share: float) -> int:
    """How many of an incident's commits are merged by now: the first at once."""
    return max(int(commits * share), 1) if commits else 0


def _stale(
    service: str, date: dt.date, looked: np.datetime64, incidents: Incidents
) -> StaleDeployment | None:
    for stale in incidents.of(StaleDeployment, date):
        mended = stale.mended is not None and utc(stale.mended) <= looked
        if stale.service == service and utc(stale.began) <= looked and not mended:
            return stale
    return None


def _commit(what: str, when: np.datetime64, *, behind: int = 0) -> str:
    """Made-up, and the same for the same day."""
    day = str(when)[:10] if behind == 0 else str(when)[:13]
    return hashlib.sha1(f"{what} {day}".encode(), usedforsecurity=False).hexdigest()
