"""Fixtures of the channels' tests: a receiver, and nothing of this machine's own configuration."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.fake_receivers import FakeReceiver


@pytest.fixture
def receiver() -> Iterator[FakeReceiver]:
    with FakeReceiver() as running:
        yield running
