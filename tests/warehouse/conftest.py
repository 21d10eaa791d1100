"""Fixtures of the tests against the embedded BigQuery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbline.history import loads
from plumbline.project.targets import Target
from plumbline.warehouse import query, retries
from plumbline.warehouse.embedded import EmbeddedWarehouse
from support.small_project import make_small_project
from support.targets import embedded_target
from support.warehouse import shared_state_dir, warehouse

__all__ = ["own_target", "shared_state_dir", "small_project", "warehouse"]


@pytest.fixture
def own_target(tmp_path: Path) -> Iterator[Target]:
    """An embedded warehouse of the test's own, not started, without a seed."""
    target = embedded_target(tmp_path / "state", project_dir=tmp_path)
    yield target
    EmbeddedWarehouse.of(target).stop()


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is so after a moment."""
    for module in (loads, query, retries):
        monkeypatch.setattr(module, "FIRST_WAIT_SECONDS", 0.02)


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A project with a seed command of three tables."""
    return make_small_project(tmp_path / "project")
