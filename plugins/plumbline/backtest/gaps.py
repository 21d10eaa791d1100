"""What a backtest can't know, said instead of guessed over.

Nothing expected, rows missing, clocks that changed, suites and models that were others then.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from textwrap import shorten
from zoneinfo import ZoneInfo

from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.core.text import listing
from plumbline.project import Project

_SECONDS = 20
_LONGEST = 200
"""Of a reason; the outcomes hold it whole."""
_LONG = timedelta(days=2)
"""A time without anything to check that is worth a line: longer than a day off."""


@dataclass(frozen=True)
class Commit:
    """A commit that changed what judges."""

    id: str
    at: datetime
    files: tuple[str, ...]


def quiet_times(outcomes: Mapping[str, Sequence[Outcome]], zone: ZoneInfo) -> Iterator[str]:
    """Times of days in which nothing was expected.

    By the monitors that know such times: one that never skips (drift of deployments) says nothing
    of the calendar.
    """
    by_instant: dict[datetime, list[Outcome]] = {}
    for found in outcomes.values():
        if not any(outcome.status is Status.SKIPPED for outcome in found):
            continue
        for outcome in found:
            by_instant.setdefault(outcome.as_of, []).append(outcome)
    instants = sorted(by_instant)
    for quiet, group in groupby(
        instants, lambda at: all(one.status is Status.SKIPPED for one in by_instant[at])
    ):
        span = list(group)
        if quiet and span[-1] - span[0] >= _LONG:
            reasons = list(
                dict.fromkeys(
                    str(one.reason) for one in by_instant[span[len(span) // 2]] if one.reason
                )
            )
            yield (
                f"nothing was expected from {_day(span[0], zone)} to {_day(span[-1], zone)}: "
                f"{listing(reasons, 2)}"
            )


def faults(outcomes: Mapping[str, Sequence[Outcome]], zone: ZoneInfo) -> Iterator[str]:
    """Instants at which a monitor could not be judged, reason by reason."""
    for monitor, found in outcomes.items():
        by_reason: dict[str, list[Outcome]] = {}
        for outcome in found:
            if outcome.status is Status.ERROR:
                # A reason may list what failed, in the order of the rows, which is any.
                parts = sorted(set(str(outcome.reason).split("; ")))
                by_reason.setdefault("; ".join(parts), []).append(outcome)
        for reason, wrong in by_reason.items():
            when = (
                "at every instant"
                if len(wrong) == len(found)
                else f"at {len(wrong)} of {len(found)} instants, the first "
                f"{wrong[0].as_of.astimezone(zone):%Y-%m-%d %H:%M %Z}"
            )
            yield f"{monitor} could not be judged {when}: {shorten(reason, _LONGEST)}"


def changed_files(
    project: Project, monitors: Iterable[str], first: datetime, last: datetime
) -> list[Commit] | None:
    """The commits that changed suites, models or macros between two instants; None outside git."""
    paths = [
        *(f"expectations/{name}.json" for name in monitors),
        "models",
        "macros",
        "dbt_project.yml",
    ]
    there = [path for path in paths if (project.root / path).exists()]
    try:
        said = subprocess.run(
            [
                *("git", "-C", str(project.root), "log", "--no-merges", "--name-only"),
                f"--since={first.isoformat()}",
                f"--until={last.isoformat()}",
                *("--relative", "--format=%x00%H %cI", "--", *there),
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return [_commit(part) for part in said.split("\0") if part.strip()]


def changes(project: Project, monitors: Iterable[str], first: datetime, last: datetime) -> str:
    """One sentence on what judged then and what judges now."""
    commits = changed_files(project, monitors, first, last)
    if commits is None:
        return "Suites and models as they are now judge the whole range; git knows no other ones."
    if not commits:
        return "Suites and models as they are now judge the whole range; none changed within it."
    suites = sorted({Path(file).stem for one in commits for file in one.files if _is_suite(file)})
    others = sorted({file for one in commits for file in one.files if not _is_suite(file)})
    what = [f"suites {listing(suites)}"] if suites else []
    what += [listing(others, 3)] if others else []
    newest, oldest = commits[0], commits[-1]
    between = f"{oldest.at:%Y-%m-%d}" + (
        f" to {newest.at:%Y-%m-%d}" if newest.at.date() != oldest.at.date() else ""
    )
    many = "1 commit" if len(commits) == 1 else f"{len(commits)} commits"
    return (
        "Suites and models as they are now judge the whole range; live runs were judged by others: "
        f"{many} of {between} changed {' and '.join(what)}."
    )


def _is_suite(file: str) -> bool:
    return file.startswith("expectations/")


def _commit(part: str) -> Commit:
    head, *files = [line for line in part.splitlines() if line.strip()]
    commit, at = head.split(" ", 1)
    return Commit(commit, datetime.fromisoformat(at), tuple(files))


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"
