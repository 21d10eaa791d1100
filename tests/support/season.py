"""A warehouse that holds the demo season: filled once a run, and a copy with a server a worker.

A conftest takes the fixtures from here:

    from support.season import season, season_state_dir
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.project import Project
from plumbline.project.targets import Target
from plumbline.warehouse.embedded import EmbeddedWarehouse
from plumbline.warehouse.locks import exclusive
from plumbline.warehouse.ready import ensure_ready

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def season_state_dir(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Path]:
    """The state folder of the worker's copy; its server is stopped at the end."""
    state_dir = tmp_path_factory.getbasetemp() / "season"
    if not state_dir.exists():  # each conftest that takes the fixture has one of its own
        copy_season(state_dir, tmp_path_factory, worker_id)
    yield state_dir
    EmbeddedWarehouse(state_dir, "unused").stop()


def copy_season(state_dir: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> None:
    """Make a state folder whose warehouse holds the season; its server does not run."""
    own = tmp_path_factory.getbasetemp()
    filled = _filled(own if worker_id == "master" else own.parent)
    shutil.copytree(filled, state_dir / "warehouse" / "data")


def _filled(folder: Path) -> Path:
    """The data of a warehouse with the season, whose server has stopped; made by the first worker."""
    with exclusive(folder / "season.lock", seconds=280.0):
        warehouse = EmbeddedWarehouse.of(target := _target(folder / "season-to-copy"))
        done = warehouse.folder / "filled"
        if not done.exists():
            ensure_ready(target)
            warehouse.stop()
            done.touch()
    return warehouse.data_dir


def _target(state_dir: Path) -> Target:
    return replace(Project(ROOT).target("local"), state_dir=state_dir, emulator_host=None)


@pytest.fixture(scope="session")
def season(season_state_dir: Path) -> Target:
    """The project's own target, filled and running."""
    return ensure_ready(_target(season_state_dir))
