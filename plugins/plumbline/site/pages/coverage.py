"""The page of coverage: what is monitored, how it was before, and how long incidents lasted."""

from __future__ import annotations

from plumbline.project.schedule import write_duration
from plumbline.site import paths
from plumbline.site.pages import frame
from plumbline.site.view_models import SiteData

_SHOWN_MONITORS = 100
"""In each table, that are not folded."""


def render(data: SiteData) -> bytes:
    """``coverage.html``."""
    return frame.render(
        "coverage.html",
        data,
        paths.COVERAGE,
        title="Coverage",
        rows=data.coverage,
        shown_monitors=_SHOWN_MONITORS,
        every=write_duration,
    )
