"""Builds the site from its cache, the new results and the history, all or nothing.

Used by GX's mechanism (`plumbline.gx.site_builder`), so by the action of a checkpoint, by
``context.build_data_docs()`` and by ``plumbline docs build``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from markupsafe import Markup

from plumbline.core.errors import ConfigError, PlumblineError
from plumbline.core.gc_tuning import not_collected
from plumbline.net.secret import hide_files
from plumbline.project import Project, Target
from plumbline.project.find import PROJECT_FILE
from plumbline.project.targets import DEMO_NAME
from plumbline.site import days, history_cache, paths
from plumbline.site.assemble import (
    GxLinks,
    collect,
    day_page,
    listed_results,
    of_deployments,
    paged_monitors,
)
from plumbline.site.days import DAY, DayArchives, DayRun
from plumbline.site.history_cache import (
    ROWS,
    STORIES,
    Archives,
    ClosedIncident,
    HistoryCache,
    IncidentStory,
    Keep,
    archive_from_json,
)
from plumbline.site.pages import Pages, layout, render_site
from plumbline.site.pages.frame import frame_page
from plumbline.site.records import Record
from plumbline.site.rows import Row
from plumbline.site.suite_changes import read_changes
from plumbline.site.sync import News, read_news
from plumbline.site.view_models import DayPage, SiteData
from plumbline.site.writing import SiteFiles, Written

STALE_AFTER = timedelta(hours=24)
"""Without a schedule, a page older than this is marked as stale."""

DAY_PAGES = 364
"""Days before the last one that have a page of their runs: those that the calendar always shows."""

ResultKey = tuple[str, ...]

_T = TypeVar("_T")


@dataclass(frozen=True)
class GxPage:
    """A page of GX's, to be put into the site's frame."""

    monitor: str
    title: str
    body: Markup


class GxPages(Protocol):
    """GX's suites and results."""

    def suites(self) -> Mapping[str, str]:
        """By name, a hash of what its page shows."""

    def suite(self, name: str) -> GxPage | None:
        """The page of a suite; None: it can't be built."""

    def result(self, key: ResultKey) -> GxPage | None:
        """The page of a stored result; None: it is not stored any more."""


@dataclass(frozen=True)
class Built:
    written: Written
    address: str
    """Of the overview."""
    notes: tuple[str, ...] = ()
    """What a person should know: the history could not be read."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """By monitor, why its pages could not be drawn; those of the others are."""


def build_site(
    files: SiteFiles,
    project: Project,
    target: Target,
    *,
    records: Sequence[Record],
    now: datetime,
    gx: GxPages | None = None,
    stored: Iterable[Record] = (),
    next_runs: Mapping[str, datetime] | None = None,
    keep: Keep | None = None,
    with_history: bool = True,
    afresh: bool = False,
) -> Built:
    """Bring the site up to date with ``records`` and with the history in the warehouse.

    Args:
        records: of the run that has just been, if any.
        gx: GX's pages; None: the site has none.
        stored: records of earlier runs, read only where the site has no cache yet.
        next_runs: by checkpoint, when its next run should be over; None: no schedule is known.
        with_history: whether to ask the warehouse.
        afresh: forget what the site knew: everything is read and drawn again.

    Raises:
        ConfigError: the site is another project's.
        PlumblineError: the site could not be written, or the history not be read for a site that
            is made afresh; the old one is whole.
    """
    keep, next_runs = keep or Keep(), next_runs or {}
    # With all that GX has loaded, a garbage collection takes as long as a page, and a build leaves
    # little garbage behind.
    with files.exclusively(), not_collected():
        known = None if afresh else _read_cache(files, target)
        renamed = project.renamed_monitors()
        if known and with_history and not renamed.keys().isdisjoint(known.monitors):
            # Its files are of the earlier name; all of it is in the history.
            known = None
        cache = replace(known or HistoryCache(target=target.name), project=target.plumbline_project)
        every = [*([] if known else stored), *records]
        own = [_with_new_name(one, renamed) for one in every if _is_own(one, target)]
        of_before = cache
        cache = history_cache.with_records(cache, own)
        news = _news(cache, target, now, keep) if with_history else News()
        if afresh and news.fault is not None:
            raise PlumblineError(
                f"the history could not be read, so the site is left as it was: {news.fault}",
                fix="fix that, or build without --afresh, which keeps the known history",
            )
        cache = history_cache.with_rows(cache, news.rows, news.runs)
        cache = history_cache.with_stories(cache, news.events, news.deliveries)
        if news.state is not None:
            cache = history_cache.with_state(cache, news.state.incidents, news.state.mutes)
        if news.synced_to is not None:
            cache = replace(cache, synced_to=news.synced_to, synced=news.synced)
        cache = _with_changes(cache, project, target, now, keep)
        cache, leaving = history_cache.settled(cache, keep, project.timezone)
        is_current = not afresh and files.layout() == layout()
        earlier = _EarlierBuild(files, is_current=is_current, has_archives=not afresh)
        paged = paged_monitors(project, cache)
        relinked = earlier.relinked(of_before, paged)
        cache, archives, drawn = earlier.archives(cache, leaving, relinked)
        gx_section = _GxSection.of(cache, gx, earlier, paged)
        cache = replace(cache, gx_suites=gx_section.hashes)
        data = collect(
            project,
            cache,
            built_at=now,
            next_runs=next_runs,
            stale_after=min(next_runs.values(), default=now + STALE_AFTER),
            archives=drawn,
            gx=gx_section.links,
            note=_note(target),
            price=target.price,
        )
        cache, of_days, day_pages = earlier.days(
            cache,
            told=days.of_rows(news.rows, news.runs),
            left=days.of_records(own),
            rows=drawn.rows,
            relink=bool(relinked),
            project=project,
        )
        archives |= of_days
        data = replace(data, day_pages=day_pages, paged=cache.days)
        pages = render_site(data)
        made = {
            **pages.files,
            **gx_section.framed(data),
            **archives,
            paths.HISTORY_CACHE: history_cache.to_json(cache),
        }
        kept = (pages.kept | gx_section.kept | earlier.kept_archives(cache)) - set(made)
        written = files.write(Pages(hide_files(made), kept, pages.layout))
    notes = () if news.fault is None else (f"The history could not be read: {news.fault}.",)
    return Built(written, files.address(paths.OVERVIEW), notes, pages.faults)


@dataclass(frozen=True)
class _EarlierBuild:
    """What an earlier build left and this build can keep."""

    files: SiteFiles
    is_current: bool
    """Whether its pages were drawn with today's templates and styles."""
    has_archives: bool
    """Whether its archives count; a site that is made afresh forgets them."""

    def has_page(self, path: str) -> bool:
        return self.is_current and self.files.has(path)

    def archives(
        self, cache: HistoryCache, leaving: Archives, relinked: Collection[str]
    ) -> tuple[HistoryCache, dict[str, bytes], Archives]:
        """The archive files that this build writes, and the months that it has to draw.

        A month without a page and an archive is no longer listed.

        Args:
            relinked: monitors whose incidents have to be drawn again.
        """
        made: dict[str, bytes] = {}
        rows: dict[tuple[str, str], tuple[Row, ...]] = {}
        for (name, month), added in leaving.rows.items():
            path = paths.month_archive(name, month)
            before = self._read(path, ROWS) or ()
            rows[name, month] = history_cache.merged_rows(before, added)
            made[path] = history_cache.to_json(rows[name, month], ROWS)
        stories: dict[str, tuple[IncidentStory, ...]] = {}
        for month, ended in leaving.incidents.items():
            path = paths.incident_archive(month)
            ended_before = self._read(path, STORIES) or ()
            by_id = {story.id: story for story in (*ended_before, *ended)}
            stories[month] = tuple(sorted(by_id.values(), key=lambda one: one.opened_at))
            made[path] = history_cache.to_json(stories[month], STORIES)
        monitors = dict(cache.monitors)
        for name, known in cache.monitors.items():
            lost = set()
            for month in known.months:
                needed = (paths.monitor_month(name, month), paths.month_series(name, month))
                if (name, month) in rows or all(map(self.has_page, needed)):
                    continue
                found = self._read(paths.month_archive(name, month), ROWS)
                if found is None:
                    lost.add(month)
                else:
                    rows[name, month] = found
            if lost:
                left = tuple(month for month in known.months if month not in lost)
                monitors[name] = replace(known, months=left)
        months = {
            **cache.archived,
            **{month: tuple(map(history_cache.past_of, found)) for month, found in stories.items()},
        }
        for month, past in cache.archived.items():
            pages = (paths.incident_month(month), *(paths.incident(one.id) for one in past))
            is_relinked = any(one.monitor in relinked for one in past)
            if month in stories or (all(map(self.has_page, pages)) and not is_relinked):
                continue
            of_incidents = self._read(paths.incident_archive(month), STORIES)
            if of_incidents is None and is_relinked and all(map(self.has_page, pages)):
                continue  # a dead link is less than a lost page
            if of_incidents is None:
                del months[month]
            else:
                stories[month] = of_incidents
                months[month] = tuple(map(history_cache.past_of, of_incidents))
        return replace(cache, monitors=monitors, archived=months), made, Archives(rows, stories)

    def relinked(self, before: HistoryCache, paged: Collection[str]) -> frozenset[str]:
        """The monitors with a past that have got or lost their page, so that other pages are to
        link it, or not to.

        Args:
            before: the cache as the earlier build left it.
            paged: the monitors that have a page now.
        """
        return frozenset(
            name
            for name in {*before.monitors, *_monitors_of(before.archived)}
            if self.files.has(paths.monitor(name)) != (name in paged)
        )

    def days(
        self,
        cache: HistoryCache,
        *,
        told: Iterable[DayRun],
        left: Iterable[DayRun],
        rows: Mapping[tuple[str, str], Sequence[Row]],
        relink: bool,
        project: Project,
    ) -> tuple[HistoryCache, dict[str, bytes], tuple[DayPage, ...]]:
        """The days' archives that this build writes, and the pages that it draws: of days with
        another run than before, and of those whose page is lost. Of the others nothing is read.

        Args:
            told, left: see `DayArchives.add`.
            rows: months in hand, for a site that an earlier version made without pages of days.
            relink: whether all pages have to be drawn, because they link other monitors.
        """
        last = history_cache.last_instant(cache)
        if last is None:
            return replace(cache, days={}), {}, ()
        zone = project.timezone
        archives = DayArchives(
            cache,
            lambda day: self._read(paths.day_archive(day), DAY),
            rows=rows,
            zone=zone,
            oldest=history_cache.day_of(last, zone) - timedelta(days=DAY_PAGES),
            without=of_deployments(project),
        )
        archives.add(told, left)
        made = {
            paths.day_archive(day): history_cache.to_json(archives.runs(day), DAY)
            for day in archives.changed
        }
        lost = {day for day in archives.days if not self.has_page(paths.day(day))}
        drawn = archives.changed | lost | (archives.days.keys() if relink else set())
        for day in [day for day in drawn if not archives.runs(day)]:
            drawn.remove(day)
            if day in lost:
                del archives.days[day]
        drawn |= {day for day in archives.relinked(cache.days) if archives.whole(day)}
        views = tuple(
            day_page(day, archives.whole(day), archives.before(day), archives.after(day), zone)
            for day in sorted(drawn)
        )
        return replace(cache, days=archives.days), made, views

    def kept_archives(self, cache: HistoryCache) -> frozenset[str]:
        named = {
            paths.month_archive(name, month)
            for name, known in cache.monitors.items()
            for month in known.months
        } | {paths.incident_archive(month) for month in cache.archived}
        named |= {paths.day_archive(day) for day in cache.days}
        return frozenset(filter(self.files.has, named))

    def _read(self, path: str, kind: type[_T]) -> _T | None:
        content = self.files.read(path) if self.has_archives else None
        try:
            return None if content is None else archive_from_json(content, kind)
        except ValueError:  # not ours, or torn by hand
            return None


@dataclass(frozen=True)
class _GxSection:
    """GX's pages: those to draw, and existing ones."""

    links: GxLinks
    hashes: Mapping[str, str]
    """By suite: of what its page shows."""
    drawn: Mapping[str, GxPage]
    kept: frozenset[str]

    @classmethod
    def of(
        cls,
        cache: HistoryCache,
        gx: GxPages | None,
        earlier: _EarlierBuild,
        monitors: Collection[str],
    ) -> _GxSection:
        if gx is None:
            return cls(GxLinks(), {}, {}, frozenset())
        hashes = gx.suites()
        drawn: dict[str, GxPage] = {}
        kept = set()
        suites = {}
        for name, content in hashes.items():
            path = paths.gx_suite(name)
            if cache.gx_suites.get(name) == content and earlier.has_page(path):
                kept.add(path)
            else:
                of_suite = gx.suite(name)
                if of_suite is None:
                    continue
                drawn[path] = of_suite
            suites[name] = path
        results = {}
        for key in listed_results(cache, monitors):
            path = paths.gx_result(key)
            if earlier.has_page(path):
                kept.add(path)
            else:
                page = gx.result(key)
                if page is None:
                    continue
                drawn[path] = page
            results[key] = path
        return cls(GxLinks(suites, results), hashes, drawn, frozenset(kept))

    def framed(self, data: SiteData) -> dict[str, bytes]:
        """The pages in the site's frame."""
        return {
            path: frame_page(data, path, monitor=page.monitor, title=page.title, body=page.body)
            for path, page in self.drawn.items()
        }


def _monitors_of(archived: Mapping[str, Sequence[ClosedIncident]]) -> Iterator[str]:
    for past in archived.values():
        for one in past:
            yield one.monitor


def _read_cache(files: SiteFiles, target: Target) -> HistoryCache | None:
    content = files.read(paths.HISTORY_CACHE)
    cache = None if content is None else history_cache.from_json(content)
    if cache is not None and cache.project not in ("", target.plumbline_project):
        raise ConfigError(
            f"the site in {files.address('')} belongs to project {cache.project}",
            file=PROJECT_FILE,
            key="data_docs_sites",
            fix="give this project's site another base_directory or prefix; if the project was "
            "renamed, run `plumbline docs build --afresh`",
        )
    return cache if cache is not None and cache.target == target.name else None


def _is_own(record: Record, target: Target) -> bool:
    """Whether its run is of the project and the target: GX's results may lie in a shared folder."""
    run = record.run
    return run.target == target.name and run.project in ("", target.plumbline_project)


def _with_new_name(record: Record, renamed: Mapping[str, str]) -> Record:
    name = renamed.get(record.outcome.monitor)
    if name is None:
        return record
    return replace(record, outcome=replace(record.outcome, monitor=name))


def _news(cache: HistoryCache, target: Target, now: datetime, keep: Keep) -> News:
    """Age counts from the last judged instant, because a replay judges days of the past."""
    until = history_cache.last_instant(cache) or now
    return read_news(
        target,
        since=until - timedelta(days=keep.days),
        recorded=cache.synced_to,
        known=cache.synced,
    )


def _with_changes(
    cache: HistoryCache, project: Project, target: Target, now: datetime, keep: Keep
) -> HistoryCache:
    """``cache`` with what git knows of the suites, asked only where the commit is another one."""
    commit = project.revision.commit if project.revision else ""
    if commit == cache.changes_at:
        return cache
    since = (history_cache.last_instant(cache) or now) - timedelta(days=keep.days)
    found = (
        read_changes(
            project,
            target,
            commit=commit,
            since=since,
            known=cache.changes,
            known_at=cache.changes_at,
        )
        if commit
        else {}
    )
    return replace(cache, changes=found, changes_at=commit)


def _note(target: Target) -> str:
    if target.demo is None:
        return ""
    if target.demo.name == DEMO_NAME:
        return "Demo data: a generated season with the incidents of a real one."
    name = target.demo.name
    return f"{name[:1].upper()}{name[1:]}: generated by the project's seed command."
