"""The page of a day: its runs, what each found, and what changed since the run before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from plumbline.site import paths
from plumbline.site.days import Change
from plumbline.site.pages import frame
from plumbline.site.pages.filters import Choice, statuses_in_words, useful, values
from plumbline.site.view_models import DayPage, MonitorView, SiteData

_MOST_NAMES = 20
"""Monitors of one kind of change that a sentence names; the tables say it of each."""


def render(data: SiteData, page: DayPage) -> bytes:
    """``days/2026-02-02.html``."""
    views = {view.name: view for view in data.monitors}
    return frame.render(
        "day.html",
        data,
        paths.day(page.day),
        title=f"Runs of {frame.day(page.day)}",
        page=page,
        by_kind=by_kind,
        views=views,
        choices=_choices(page, views),
        total=sum(len(view.rows) for view in page.runs),
        most_names=_MOST_NAMES,
    )


def by_kind(changes: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """The monitors of each kind of change, the worst kind first."""
    found = (
        (kind, [name for name in changes if changes[name] == kind]) for kind in get_args(Change)
    )
    return [(kind, names) for kind, names in found if names]


def _choices(page: DayPage, views: Mapping[str, MonitorView]) -> tuple[Choice, ...]:
    rows = [row for run in page.runs for row in run.rows.values()]
    known = [views[name] for run in page.runs for name in run.rows if name in views]
    seen = {change for run in page.runs for change in run.changes.values()}
    kinds = [kind for kind in get_args(Change) if kind in seen]
    return useful(
        ("status", "Status", statuses_in_words(row.status for row in rows)),
        ("change", "Change", tuple((kind, kind) for kind in kinds)),
        ("owner", "Owner", values([view.owner] for view in known)),
        ("tag", "Tag", values(view.tags for view in known)),
        ("checkpoint", "Checkpoint", values([run.run.checkpoint] for run in page.runs)),
    )
