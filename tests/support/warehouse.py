"""The embedded BigQuery for tests: one server a pytest session, shared by xdist's workers.

A conftest takes the fixtures from here:

    from support.warehouse import shared_state_dir, warehouse  # noqa: F401

Tests keep out of each other's way by project: the server holds any number of them.
"""

from __future__ import annotations

import fcntl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plumbline.project.targets import Target
from plumbline.warehouse.embedded import EmbeddedWarehouse
from support.targets import embedded_target


@contextmanager
def in_use(state_dir: Path) -> Iterator[None]:
    """Keeps the server of ``state_dir`` for as long as anyone uses it; the last one stops it."""
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield
        finally:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # another worker still uses it
            else:
                EmbeddedWarehouse(state_dir, "unused").stop()


@pytest.fixture(scope="session")
def shared_state_dir(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Path]:
    """The state folder of the session's embedded warehouse; its server is stopped at the end."""
    base = tmp_path_factory.getbasetemp()
    state_dir = (base if worker_id == "master" else base.parent) / "state"
    with in_use(state_dir):
        yield state_dir


@pytest.fixture
def warehouse(shared_state_dir: Path) -> Target:
    """The running embedded warehouse, with an empty project of the test's own."""
    return running_warehouse(shared_state_dir)


def running_warehouse(state_dir: Path) -> Target:
    """The same for a fixture of a module."""
    target = embedded_target(state_dir, project=f"test-{uuid.uuid4().hex[:12]}")
    EmbeddedWarehouse.of(target).start()
    return target
