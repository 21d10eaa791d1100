"""The page of suites: what came of each expectation over time, and links to what GX shows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from plumbline.core.instants import last_day
from plumbline.core.outcome import Result
from plumbline.core.status import FAILING, Status
from plumbline.core.text import count
from plumbline.site import paths
from plumbline.site.expectations import DAYS, LETTERS, ExpectationPast, last_results
from plumbline.site.pages import frame
from plumbline.site.pages.filters import choices
from plumbline.site.view_models import MonitorView, SiteData

RESULTS: Mapping[Result, str] = {
    "pass": "passed",
    "fail": "failed",
    "error": "could not be evaluated",
    "skip": "skipped",
}

_HEIGHTS: Mapping[Result, int] = {"fail": 12, "error": 8, "pass": 4, "skip": 2}
"""Of a day's bar, so that colour is never alone; the strip is 12 high."""
_DAY = 2
"""The width of a day."""
_MOST_OPEN = 20
"""Failing suites that are unfolded, the first ones."""
_MOST_SPANS = 3
_MOST_RESULTS = 8


@dataclass(frozen=True)
class Line:
    """An expectation, as its row shows it."""

    past: ExpectationPast
    """Up to the last day that the site knows."""
    is_current: bool
    """Whether its suite still has it, as far as runs tell."""
    result: Result | None
    """What came of it in the last run; None: not known."""

    @property
    def is_failing(self) -> bool:
        return self.is_current and self.result == "fail"

    @property
    def bars(self) -> tuple[tuple[Result, str], ...]:
        """The days with each result, as the path of an SVG."""
        found: dict[Result, list[str]] = {}
        place = DAYS - len(self.past.days)
        for letter, run in groupby(self.past.days):
            length = len(list(run))
            result = LETTERS.get(letter)
            if result is not None:
                height = _HEIGHTS[result]
                bar = f"M{place * _DAY} {12 - height}h{length * _DAY}v{height}h-{length * _DAY}z"
                found.setdefault(result, []).append(bar)
            place += length
        return tuple((result, "".join(parts)) for result, parts in found.items())

    @property
    def failed(self) -> str:
        """``8 of 82 days``, of those on which it was judged."""
        failed, judged = self.past.count("fail"), self.past.count("fail") + self.past.count("pass")
        if not judged:
            return "never evaluated"
        return (
            f"{failed} of {count(judged, 'days')}" if failed else f"none of {count(judged, 'days')}"
        )

    @property
    def label(self) -> str:
        """The strip in words."""
        counts = ((RESULTS[result], self.past.count(result)) for result in RESULTS)
        said = ", ".join(f"{words} on {count(days, 'days')}" for words, days in counts if days)
        return said or "no result is known"


@dataclass(frozen=True)
class SuiteView:
    """A suite as a monitor runs it."""

    view: MonitorView
    lines: tuple[Line, ...]
    """Failing ones first; those that the suite no longer has last."""
    results: tuple[tuple[datetime, str], ...]
    """GX's pages of the last results, newest first."""

    @property
    def status(self) -> Status | None:
        return self.view.latest.status if self.view.latest else None

    @property
    def is_open(self) -> bool:
        """Whether it is unfolded."""
        return self.status in FAILING

    @property
    def said(self) -> str:
        """``1 of 4 expectations failing``."""
        current = [line for line in self.lines if line.is_current]
        known = len(current) or len(self.view.suite)
        failing = sum(line.is_failing for line in current)
        total = count(known, "expectations")
        said = f"{failing} of {total} failing" if failing else total
        name = self.view.suite_name
        return said if name in (None, self.view.name) else f"{said}, suite {name}"


def render(data: SiteData) -> bytes:
    """``expectations/index.html``."""
    views = [view for view in data.worst_first if view.suite_name or view.expectations]
    last = last_day(data.last_run.as_of.astimezone(data.zone)) if data.last_run else None
    suites = [_suite(view, last) for view in views]
    named = {view.suite_name for view in (*views, *data.after_deployments)}
    after = [view for view in data.after_deployments if view.suite_name]
    others = [
        *((view.name, paths.monitor(view.name)) for view in after),
        *((name, page) for name, page in data.gx_suites.items() if name not in named),
    ]
    return frame.render(
        "suites.html",
        data,
        paths.SUITES,
        title="Suites",
        headline=headline(suites),
        suites=suites,
        others=others,
        choices=choices(views),
        results=RESULTS,
        days=DAYS,
        last=last,
        shown_spans=_MOST_SPANS,
        most_open=_MOST_OPEN,
        short_day=lambda day: _short(day, data.built_at.year),
    )


def headline(suites: Sequence[SuiteView]) -> str:
    """``Suites: 5 of 62 expectations failing``."""
    current = [line for suite in suites for line in suite.lines if line.is_current]
    failing = sum(line.is_failing for line in current)
    if not current:
        return "Suites"
    total = count(len(current), "expectations")
    return (
        f"Suites: {failing} of {total} failing" if failing else f"Suites: none of {total} failing"
    )


def _short(day: date, this_year: int) -> str:
    """``26 Jan``, with the year of another one."""
    return f"{day.day} {day:%b}" + ("" if day.year == this_year else f" {day.year}")


def _suite(view: MonitorView, last: date | None) -> SuiteView:
    until = max((past.until for past in view.expectations), default=None)
    current = [past.key for past in view.expectations if past.until == until]
    results = last_results(view.rows, current)
    lines = [
        Line(
            past.until_day(max(last, past.until)) if last else past,
            past.key in current,
            results.get(past.key),
        )
        for past in view.expectations
    ]
    lines.sort(key=lambda line: (not line.is_current, not line.is_failing))
    pages = (
        (run.at, view.gx_results[run.result])
        for run in view.recent
        if run.result is not None and run.result in view.gx_results
    )
    return SuiteView(view, tuple(lines), tuple(pages)[:_MOST_RESULTS])
