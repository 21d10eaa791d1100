"""The data docs of a run that GX did not make: its results were recorded from another tool.

Used by ``plumbline record``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plumbline.gx.context import load_context
from plumbline.gx.site_builder import SiteBuilder, open_sites
from plumbline.project import Project, Target
from plumbline.site.build import Built
from plumbline.site.records import Record


@dataclass(frozen=True)
class OpenedSites:
    """The sites of a project, of one target."""

    sites: tuple[SiteBuilder, ...]
    target: Target

    def page(self, path: str) -> str | None:
        """The address of a page in the first site; None: there is no site."""
        return self.sites[0].address(path, self.target) if self.sites else None

    def build(self, records: Sequence[Record]) -> tuple[Built, ...]:
        """Bring them up to date with ``records``.

        Raises:
            PlumblineError: one could not be written.
        """
        return tuple(
            site.bring_up_to_date(recorded=records, target=self.target) for site in self.sites
        )


def open_docs(project: Project, target: Target) -> OpenedSites:
    """The data docs of ``project``.

    Raises:
        ConfigError: Great Expectations refuses the project's configuration.
    """
    return OpenedSites(tuple(open_sites(load_context(project))), target)
