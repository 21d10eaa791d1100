"""The embedded BigQuery for tests: one server a worker, because it serves one query at a time.

A conftest takes the fixtures from here:

    from support.warehouse import shared_state_dir, warehouse

Tests keep out of each other's way by project: the server holds any number of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbline.project.targets import Target
from plumbline.warehouse.embedded import EmbeddedWarehouse
from support.targets import embedded_target


@pytest.fixture(scope="session")
def shared_state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The state folder of the worker's embedded warehouse; its server is stopped at the end."""
    state_dir = tmp_path_factory.getbasetemp() / "state"
    yield state_dir
    EmbeddedWarehouse(state_dir, "unused").stop()


@pytest.fixture
def warehouse(shared_state_dir: Path) -> Target:
    """The running embedded warehouse, with an empty project of the test's own."""
    return running_warehouse(shared_state_dir)


def running_warehouse(state_dir: Path) -> Target:
    """The same for a fixture of a module."""
    target = embedded_target(state_dir, project=f"test-{uuid.uuid4().hex[:12]}")
    EmbeddedWarehouse.of(target).start()
    return target
