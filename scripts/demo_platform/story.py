"""The commits of the platform's repository and its deployments, as the demo season tells them.

Phase 4 was deployed on 25 January. On the 26th the Vegas lines went missing, and a fix was
committed; it was merged on the 27th and not deployed. By the end of 2 February the branch had 598
more commits, 77 of them in phase 4's own paths and 369 documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")

PHASE_4 = "nba-phase4-precompute-processors"
JOB = "plumbline-health-check-full"
"""plumbline's own job, whose source is this repository."""


def at(text: str) -> datetime:
    """An instant in New York: ``2026-01-26 21:10``."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass(frozen=True)
class Commit:
    at: datetime
    author: str
    subject: str
    files: tuple[str, ...]
    """What it changes; a merge: what the branch changed."""
    branch: str = "main"
    merges: str | None = None
    """The branch that it merges."""


@dataclass(frozen=True)
class Deployment:
    """A service runs the last commit to main before ``at``."""

    service: str
    at: datetime
    revision: str


@dataclass(frozen=True)
class Area:
    """Commits to one part of the source, spread evenly over a time."""

    count: int
    begin: datetime
    end: datetime
    files: tuple[str, ...]
    subjects: tuple[str, ...]
    authors: tuple[str, ...]

    def commits(self) -> Iterator[Commit]:
        step = (self.end - self.begin) / self.count
        for number in range(self.count):
            # The n-th of k is at (n + 1/2)/k, so that areas of different sizes mix evenly.
            moment = self.begin + step * (number + 0.5)
            yield Commit(
                moment.replace(microsecond=0),
                self.authors[number % len(self.authors)],
                self.subjects[number % len(self.subjects)],
                (self.files[number % len(self.files)],),
            )


NOW = at("2026-02-03 00:00")
"""The end of the demo season's day."""
DEPLOYED = at("2026-01-25 18:00")
MERGED = at("2026-01-27 10:00")
_AFTER, _LAST_CODE, _END = DEPLOYED, at("2026-02-02 14:00"), at("2026-02-02 22:30")

FIX = "fix: store the Vegas points line of every player"
_FIXED = "data_processors/precompute/vegas_lines.py"

_PRECOMPUTE = (
    ("data_processors/precompute/features.py", _FIXED, "data_processors/precompute/quality.py"),
    (
        "precompute: fewer queries per game",
        "precompute: log the feature version",
        "precompute: retry reads",
    ),
    ("Ana", "Chidi"),
)
_SHARED = (
    ("shared/bigquery.py", "shared/dates.py", "shared/names.py"),
    ("shared: close clients", "shared: one table of team names", "shared: dates in New York"),
    ("Ben", "Dana"),
)
_OTHERS: dict[str, tuple[int, str]] = {
    "predictions/worker": (40, "worker"),
    "predictions/coordinator": (30, "coordinator"),
    "predictions/shared": (11, "predictions"),
    "data_processors/analytics": (30, "analytics"),
    "data_processors/grading": (20, "grading"),
    "scrapers": (20, "scrapers"),
}
_CHANGES = ("clearer log lines", "smaller batches", "handle an empty slate", "type hints")
_DOCS = (
    ("docs/handoff.md", "docs/sessions.md", "docs/architecture.md", "docs/runbook.md"),
    (
        "docs: session notes",
        "docs: handoff for tomorrow",
        "docs: what was tried",
        "docs: fix links",
    ),
    ("Ben", "Chidi", "Dana", "Ana"),
)


def make_commits() -> list[Commit]:
    """All commits, each after its parents."""
    everything = [
        *_PRECOMPUTE[0], *_SHARED[0], *_DOCS[0], *(f"{folder}/main.py" for folder in _OTHERS)
    ]  # fmt: skip
    first = Commit(at("2026-01-10 09:00"), "Ana", "The platform", tuple(everything))
    return [first, *sorted(_before(), key=_when), *sorted(_since(), key=_when)]


def _when(commit: Commit) -> datetime:
    return commit.at


def _before() -> Iterator[Commit]:
    """Two quiet weeks that everybody runs."""
    begin, end = at("2026-01-10 10:00"), at("2026-01-25 17:00")
    yield from Area(24, begin, end, *_PRECOMPUTE).commits()
    yield from Area(10, begin, end, *_SHARED).commits()
    for folder, (_, name) in _OTHERS.items():
        yield from _other(folder, name, 6, begin, end)


def _since() -> Iterator[Commit]:
    """598 commits: the fix, its merge, 76 more to phase 4's paths, 151 to others, 369 of docs."""
    yield Commit(at("2026-01-26 14:10"), "Ana", FIX, (_FIXED,), branch="vegas-lines")
    yield Commit(MERGED, "Ben", "Merge branch 'vegas-lines'", (_FIXED,), merges="vegas-lines")
    after_merge = MERGED + timedelta(minutes=5)
    yield from Area(54, after_merge, _LAST_CODE, *_PRECOMPUTE).commits()
    yield from Area(22, after_merge, _LAST_CODE, *_SHARED).commits()
    for folder, (count, name) in _OTHERS.items():
        yield from _other(folder, name, count, _AFTER, _LAST_CODE)
    yield from Area(369, _AFTER, _END, *_DOCS).commits()


def _other(folder: str, name: str, count: int, begin: datetime, end: datetime) -> Iterator[Commit]:
    subjects = tuple(f"{name}: {change}" for change in _CHANGES)
    files = (f"{folder}/main.py",)
    yield from Area(count, begin, end, files, subjects, ("Chidi", "Dana", "Ben")).commits()


DEPLOYMENTS = (
    Deployment(PHASE_4, at("2026-01-14 11:20"), f"{PHASE_4}-00229-ruh"),
    Deployment(PHASE_4, at("2026-01-20 16:40"), f"{PHASE_4}-00230-zan"),
    Deployment(PHASE_4, DEPLOYED, f"{PHASE_4}-00231-kov"),
    *(
        deployment
        for number, service in enumerate(
            (
                "prediction-worker",
                "prediction-coordinator",
                "nba-phase3-analytics-processors",
                "nba-grading-service",
                "nba-scrapers",
            )
        )
        for deployment in (
            Deployment(service, at(f"2026-01-30 1{number}:30"), f"{service}-00{118 + number}-wex"),
            Deployment(
                service, at(f"2026-02-02 1{number + 5}:15"), f"{service}-00{119 + number}-mip"
            ),
        )
    ),
)
"""Oldest first."""
