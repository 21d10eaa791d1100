"""The page of a day: its runs, what each found, and what changed since the run before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from plumbline.site import paths
from plumbline.site.days import Change
from plumbline.site.pages import frame
from plumbline.site.view_models import DayPage, SiteData


def render(data: SiteData, page: DayPage) -> bytes:
    """``days/2026-02-02.html``."""
    return frame.render(
        "day.html",
        data,
        paths.day(page.day),
        title=f"Runs of {frame.day(page.day)}",
        page=page,
        by_kind=by_kind,
    )


def by_kind(changes: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """The monitors of each kind of change, the worst kind first."""
    found = (
        (kind, [name for name in changes if changes[name] == kind]) for kind in get_args(Change)
    )
    return [(kind, names) for kind, names in found if names]
