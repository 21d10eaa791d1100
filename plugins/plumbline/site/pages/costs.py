"""The page of costs: billed bytes, the cost per month, and what sharing would save."""

from __future__ import annotations

from plumbline.core.pricing import money
from plumbline.report.costs import billed, bytes_or_nothing, remarks
from plumbline.site import paths
from plumbline.site.pages import frame
from plumbline.site.view_models import CostsView, SiteData


def render(data: SiteData, view: CostsView) -> bytes:
    """``costs.html``."""
    return frame.render(
        "costs.html",
        data,
        paths.COSTS,
        title="Costs",
        view=view,
        billed=billed,
        bytes_of=bytes_or_nothing,
        money=money,
        remarks=remarks(view.total, view.price),
        shown_until=data.last_run.as_of if data.last_run else None,
    )
