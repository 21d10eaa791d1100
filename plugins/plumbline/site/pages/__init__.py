"""The pages: `SiteData` in, ``{path: bytes}`` out, without I/O.

A builder calls `render_site`; `plumbline.site.writing` writes the result into a folder.
"""

from __future__ import annotations

from plumbline.site.pages.layout import layout
from plumbline.site.pages.site import Pages, render_site

__all__ = ["Pages", "layout", "render_site"]
