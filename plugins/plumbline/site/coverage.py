"""The page of coverage, from the cache and the project's files: which monitors run how often, and
how long incidents lasted. Used by `plumbline.site.assemble`.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from plumbline.core.cron import shortest_gap
from plumbline.core.errors import PlumblineError
from plumbline.project import Project, Schedule, Suite
from plumbline.site.history_cache import CachedMonitor, HistoryCache
from plumbline.site.view_models import CoverageRow


def coverage_of(
    project: Project,
    cache: HistoryCache,
    *,
    suites: Mapping[str, Suite | None],
    checkpoints: Mapping[str, Sequence[str]],
) -> tuple[CoverageRow, ...]:
    """A row a monitor, in the order of ``suites``.

    Args:
        suites: by monitor; None: its file can't be read.
        checkpoints: the monitors of each.
    """
    schedules = _schedules(project)
    return tuple(
        _row(
            cache.monitors.get(name) or CachedMonitor(name),
            suite,
            [one for one in schedules if name in checkpoints.get(one.checkpoint, ())],
            tuple(one for one, has in checkpoints.items() if name in has),
            _lasted(cache, name),
        )
        for name, suite in suites.items()
    )


def _row(
    known: CachedMonitor,
    suite: Suite | None,
    schedules: Sequence[Schedule],
    checkpoints: tuple[str, ...],
    lasted: Sequence[timedelta],
) -> CoverageRow:
    monitor = suite.monitor if suite else None
    gaps = [later.at - earlier.at for earlier, later in pairwise(known.rows)]
    return CoverageRow(
        monitor=known.name,
        owner=monitor.owner if monitor else None,
        before=monitor.before if monitor else None,
        status=known.rows[-1].status if known.rows else None,
        checkpoints=checkpoints,
        every=min((shortest_gap(one.cron) for one in schedules), default=None),
        longest_gap=max(gaps, default=None),
        incidents=len(lasted),
        median_lasted=_median(lasted),
        longest_lasted=max(lasted, default=None),
    )


def _lasted(cache: HistoryCache, monitor: str) -> list[timedelta]:
    """How long each incident that is over lasted."""
    ended = [
        (story.id, story.until - story.opened_at)
        for story in cache.incidents
        if story.monitor == monitor and story.until is not None
    ]
    archived = [
        (past.id, past.closed_at - past.opened_at)
        for month in cache.archived.values()
        for past in month
        if past.monitor == monitor
    ]
    return [*dict([*archived, *ended]).values()]


def _median(lasted: Sequence[timedelta]) -> timedelta | None:
    seconds = [one.total_seconds() for one in lasted]
    return timedelta(seconds=statistics.median(seconds)) if seconds else None


def _schedules(project: Project) -> tuple[Schedule, ...]:
    try:
        return project.schedules
    except PlumblineError:  # lint and `schedule` say what is wrong with it
        return ()
