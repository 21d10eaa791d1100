"""A warehouse that holds the demo season: one a pytest session, shared by xdist's workers.

A conftest takes the fixtures from here:

    from support.season import season, season_state_dir  # noqa: F401
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.project import Project
from plumbline.project.targets import Target
from plumbline.warehouse.ready import ensure_ready
from support.warehouse import in_use

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def season_state_dir(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Path]:
    """The state folder of the warehouse; its server is stopped at the end."""
    base = tmp_path_factory.getbasetemp()
    state_dir = (base if worker_id == "master" else base.parent) / "season"
    with in_use(state_dir):
        yield state_dir


@pytest.fixture(scope="session")
def season(season_state_dir: Path) -> Target:
    """The project's own target, filled and running."""
    target = replace(Project(ROOT).target("local"), state_dir=season_state_dir, emulator_host=None)
    return ensure_ready(target)
