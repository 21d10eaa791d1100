"""What ``plumbline init`` reads of a dbt project: its name, and what its manifest says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from plumbline.core.errors import ConfigError, MonitorError
from plumbline.models.dbt_home import DbtHome
from plumbline.models.manifest import Manifest
from plumbline.project.documents import DBT_FILE
from plumbline.project.files import Files


@dataclass(frozen=True)
class DbtProject:
    """A dbt project, which stays as it is."""

    name: str | None
    """None: it has none that plumbline could take."""
    manifest_file: Path
    tables: int | None
    """Models, seeds, snapshots and sources in the manifest; None: there is no manifest that can be
    read."""
    fault: str | None
    """Why the manifest can't be read."""
    google_project: str | None
    """In which most of these tables are."""


def read_dbt_project(root: Path) -> DbtProject:
    """The dbt project in ``root``.

    Raises:
        ConfigError: its file can't be read.
    """
    files = Files()
    document = files.document(root / DBT_FILE)
    settings = document.mapping_or_raise(error=ConfigError, what="the dbt project file")
    home = DbtHome(root, settings, files, is_own=False)
    name = home.name if re.fullmatch(r"[a-z][a-z0-9_]*", home.name) else None
    manifest, fault = None, None
    try:
        manifest = home.manifest()
    except MonitorError as found:
        fault = f"{found.what}; {found.fix}"
    return DbtProject(
        name,
        home.manifest_file,
        None if manifest is None else len(manifest.nodes) + len(manifest.sources),
        fault,
        None if manifest is None else _google_project(manifest),
    )


def _google_project(manifest: Manifest) -> str | None:
    nodes = (node for nodes in manifest.nodes.values() for node in nodes)
    found = Counter(node.database for node in nodes)
    return found.most_common(1)[0][0] if found else None
