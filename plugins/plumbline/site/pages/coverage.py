"""The page of coverage: what is monitored, how it was before, and how long incidents lasted."""

from __future__ import annotations

from datetime import timedelta

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
        lasting=_lasting,
        every=write_duration,
    )


def _lasting(duration: timedelta | None) -> str:
    """``6 h``, ``3.2 days``; a dash if unknown."""
    if duration is None:
        return "\N{EN DASH}"
    hours = duration.total_seconds() / 3600
    return f"{hours:.3g} h" if hours < 48 else f"{hours / 24:.3g} days"
