"""``deploy/*.yaml``: the manifests of this repository's own deployment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from generators.cli import ROOT
from plumbline.deploy.apply.declaration import read_declaration
from plumbline.deploy.apply.manifests import render
from plumbline.project import Project


def make_files() -> Mapping[Path, str]:
    """As ``plumbline deploy render`` writes them."""
    files = render(read_declaration(Project(ROOT)))
    return {path.relative_to(ROOT): text for path, text in files.items()}
