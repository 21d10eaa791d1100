"""What a reader of a backtest or a calibration must know besides, said instead of guessed over.

Nothing expected, rows missing, clocks that changed, suites and models that were others then, groups
that are gone, and which tables are seen as they were at each hour.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from textwrap import shorten
from zoneinfo import ZoneInfo

from plumbline.core.errors import MonitorError
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.core.text import count, listing
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.pushdown.measure import Measure
from plumbline.evaluate.pushdown.statement import CompiledTable
from plumbline.models import CompiledModel
from plumbline.models.sources import FoundSource, all_sources
from plumbline.models.workspace import Workspace
from plumbline.net.git import FAILURES, read_git
from plumbline.project import Project, Target

_SECONDS = 20
_LONGEST = 200
"""Of a reason; the outcomes hold it whole."""
_LONG = timedelta(days=2)
"""A time without anything to check that is worth a line: longer than a day off."""
_GONE = timedelta(days=14)
"""A group that was not seen for so long, while others were, is gone."""
_LASTING = 0.2
"""A group that is seen in so many runs is a system; dates and games come and go."""


@dataclass(frozen=True)
class JudgingCommit:
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
                by_reason.setdefault(shorten("; ".join(parts), _LONGEST), []).append(outcome)
        for reason, wrong in by_reason.items():
            when = (
                "at every instant"
                if len(wrong) == len(found)
                else f"at {len(wrong)} of {len(found)} instants, the first "
                f"{wrong[0].as_of.astimezone(zone):%Y-%m-%d %H:%M %Z}"
            )
            yield f"{monitor} could not be evaluated {when}: {reason}"


def changed_files(
    project: Project, monitors: Iterable[str], first: datetime, last: datetime
) -> list[JudgingCommit] | None:
    """The commits that changed suites, models or macros between two instants; None outside git."""
    paths = [
        *(f"expectations/{name}.json" for name in monitors),
        "models",
        "macros",
        "dbt_project.yml",
    ]
    there = [path for path in paths if (project.root / path).exists()]
    try:
        log = read_git(
            project.root,
            *("log", "--no-merges", "--name-only", "--relative", "--format=%x00%H %cI"),
            *(f"--since={first.isoformat()}", f"--until={last.isoformat()}", "--", *there),
            seconds=_SECONDS,
        )
    except FAILURES:
        return None
    return [_commit(part) for part in log.split("\0") if part.strip()]


def changes(project: Project, monitors: Iterable[str], first: datetime, last: datetime) -> str:
    """One sentence on what judged then and what judges now."""
    commits = changed_files(project, monitors, first, last)
    if commits is None:
        return (
            "The current suites and models are used for the whole range; git has no earlier ones."
        )
    if not commits:
        return "The current suites and models are used for the whole range; none changed within it."
    suites = sorted({Path(file).stem for one in commits for file in one.files if _is_suite(file)})
    others = sorted({file for one in commits for file in one.files if not _is_suite(file)})
    what = [f"suites {listing(suites)}"] if suites else []
    what += [listing(others, 3)] if others else []
    newest, oldest = commits[0], commits[-1]
    between = f"{oldest.at:%Y-%m-%d}" + (
        f" to {newest.at:%Y-%m-%d}" if newest.at.date() != oldest.at.date() else ""
    )
    many = count(len(commits), "commits")
    return (
        "The current suites and models are used for the whole range, unlike in the live runs: "
        f"{many} of {between} changed {' and '.join(what)}."
    )


def _is_suite(file: str) -> bool:
    return file.startswith("expectations/")


def _commit(part: str) -> JudgingCommit:
    head, *files = [line for line in part.splitlines() if line.strip()]
    commit, at = head.split(" ", 1)
    return JudgingCommit(commit, datetime.fromisoformat(at), tuple(files))


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"


def groups_gone(history: Sequence[Outcome]) -> Iterator[str]:
    """One sentence where groups of ``history`` are not seen any more.

    Args:
        history: of one monitor, in order of time.
    """
    last_seen: dict[str, datetime] = {}
    first_seen: dict[str, datetime] = {}
    for one in history:
        for group in one.groups:
            last_seen[group.key.label] = one.as_of
            first_seen.setdefault(group.key.label, one.as_of)
    end = max(last_seen.values(), default=None)
    if end is not None and _are_systems(history):
        gone = sorted(label for label, at in last_seen.items() if end - at > _GONE)
        new = sorted(label for label, at in first_seen.items() if at - history[0].as_of > _GONE)
        if gone:
            also = f"; new since are {listing(new)}" if new else ""
            yield f"no rows for {_GONE.days} days (renamed or removed): {listing(gone)}{also}"


def _are_systems(history: Sequence[Outcome]) -> bool:
    """Whether groups last: dates and games come and go, systems stay."""
    seen = Counter(group.key for one in history for group in one.groups)
    judged = sum(one.status.is_judged for one in history)
    return any(count > _LASTING * judged for count in seen.values()) and judged > 10


@dataclass(frozen=True)
class TableSeen:
    """How one table was seen.

    A table that says when a row arrived (``arrival_time`` in ``sources.yml``), and whose time the
    model reads, is seen as it was at each hour. Of the others the day alone is known: rows that
    came late look as if they had been there, rows that were changed or deleted as they are now.
    """

    table: str
    """``dataset.table``."""
    by_arrival: bool
    column: str | None = None
    """The time of arrival, where the table has one."""
    by_day: tuple[str, ...] = ()
    """The monitors that read it without that time."""

    def describe(self) -> str:
        """In words."""
        if self.by_arrival:
            return f"{self.table}: as it was at each hour ({self.column})"
        if self.column is None:
            return f"{self.table}: by day only, because it has no arrival time"
        return (
            f"{self.table}: by day only in {', '.join(self.by_day)}, which "
            f"{'do' if len(self.by_day) > 1 else 'does'} not read {self.column}"
        )


def tables_seen(
    project: Project, target: Target, models: Mapping[str, CompiledModel]
) -> tuple[TableSeen, ...]:
    """Each table that ``models`` read, by name.

    Args:
        project: where the sources are described.
        target: where they are.
        models: compiled, by monitor.
    """
    arrivals = dict(_arrival_times(Workspace(project, target)))
    readers: dict[str, list[str]] = {}
    for monitor, model in models.items():
        for table in model.sources:
            readers.setdefault(table, []).append(monitor)
    found = []
    for table, monitors in sorted(readers.items()):
        own = {name: arrival for name in monitors if (arrival := _arrival(models[name], table))}
        column = arrivals.get(table) or next(iter(own.values()), None)
        by_day = tuple(
            name
            for name in monitors
            if name not in own
            and not (column and re.search(rf"\b{re.escape(column)}\b", models[name].sql, re.I))
        )
        found.append(TableSeen(table, by_arrival=not by_day, column=column, by_day=by_day))
    return tuple(found)


def columns_of_now(models: Mapping[str, CompiledModel]) -> Iterator[str]:
    """One sentence where suites over tables look at metadata, which has no past.

    Args:
        models: compiled, by monitor.
    """
    names = [
        monitor
        for monitor, model in models.items()
        if isinstance(model, CompiledTable) and any(map(_is_of_metadata, model.measures))
    ]
    if names:
        yield f"{listing(sorted(names))}: the current columns and types are used for every instant."


def rows_of_now(models: Mapping[str, CompiledModel]) -> Iterator[str]:
    """One sentence where suites over tables look at all rows, whatever the instant.

    Args:
        models: compiled, by monitor.
    """
    names = [
        monitor
        for monitor, model in models.items()
        if isinstance(model, CompiledTable)
        and not model.windows
        and model.arrival is None
        and any(isinstance(one, Measure) and one.needs_rows for one in model.measures)
    ]
    if names:
        yield f"{listing(sorted(names))}: all rows as they are now are used for every instant."


def _is_of_metadata(measure: Measure | EvaluationError) -> bool:
    return isinstance(measure, Measure) and not measure.needs_rows and measure.newest is None


def _arrival(model: CompiledModel, table: str) -> str | None:
    """The column by which a suite over ``table`` leaves out what arrived later."""
    if isinstance(model, CompiledTable) and model.sources[0] == table:
        return model.arrival
    return None


def _arrival_times(workspace: Workspace) -> Iterable[tuple[str, str]]:
    try:
        sources = all_sources(workspace).values()
    except MonitorError:
        return  # whoever reads one is in ERROR
    for found in sources:
        if isinstance(found, FoundSource) and found.table.arrival_time is not None:
            yield found.relation.key, found.table.arrival_time
