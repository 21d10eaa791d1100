"""Fixtures of the tests that run real GX on the embedded BigQuery."""

from pathlib import Path

import pytest

from plumbline.project import Target
from support.projects import SmallProject, make_project
from support.warehouse import shared_state_dir, warehouse

__all__ = ["shared_state_dir", "small", "warehouse"]


@pytest.fixture
def small(tmp_path: Path, warehouse: Target) -> SmallProject:
    """An empty project over the embedded warehouse."""
    return make_project(tmp_path / "project", warehouse)
