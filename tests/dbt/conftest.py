"""Fixtures of the tests that run the real dbt."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import dbt
from support.warehouse import shared_state_dir

__all__ = ["shared_state_dir"]


@pytest.fixture(scope="session", autouse=True)
def warm_dbt() -> Iterator[None]:
    """dbt is imported once a worker; its process ends with the tests."""
    yield
    dbt.stop()
