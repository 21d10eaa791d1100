"""Pages written into a folder, as a build writes them."""

from __future__ import annotations

from pathlib import Path

from plumbline.site.writing import FolderSite, Pages, Written


def write_site(folder: Path, pages: Pages) -> Written:
    """Make ``folder`` hold exactly ``pages``."""
    site = FolderSite(folder)
    with site.exclusively():
        return site.write(pages)
