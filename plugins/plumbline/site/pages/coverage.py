"""The page of coverage: what is monitored, how it was before, and how long incidents lasted."""

from __future__ import annotations

from plumbline.project.schedule import write_duration
from plumbline.site import paths
from plumbline.site.pages import frame
from plumbline.site.view_models import SiteData


def render(data: SiteData) -> bytes:
    """``coverage.html``."""
    return frame.render(
        "coverage.html",
        data,
        paths.COVERAGE,
        title="Coverage",
        rows=data.coverage,
        every=write_duration,
    )
