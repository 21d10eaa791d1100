"""Cases by hypothesis within a budget: few in the suite, a minute's in CI, an hour's once a week.

    def test_an_answer_is_read_or_refused(explore: Explore) -> None:
        explore(strategy, check, cases=50)

``PLUMBLINE_FUZZ_SECONDS`` is what all tests that explore may take together; without it each goes
through its few cases once. ``PLUMBLINE_FUZZ_SEED`` starts elsewhere; a failure names its seed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.strategies import SearchStrategy

SECONDS = float(os.environ.get("PLUMBLINE_FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("PLUMBLINE_FUZZ_SEED", "1"))


class Explore(Protocol):
    """Goes through cases of ``strategy`` and prints their number."""

    def __call__(
        self, strategy: SearchStrategy[Any], check: Callable[[Any], None], *, cases: int
    ) -> None: ...


@pytest.fixture
def explore(request: pytest.FixtureRequest) -> Explore:
    exploring = [
        item
        for item in request.session.items
        if isinstance(item, pytest.Function) and "explore" in item.fixturenames
    ]
    budget = SECONDS / len(exploring)

    def explored(
        strategy: SearchStrategy[Any], check: Callable[[Any], None], *, cases: int
    ) -> None:
        began, count, number = time.monotonic(), 0, SEED

        def counted(case: Any) -> None:
            nonlocal count
            count += 1
            check(case)

        while True:
            run = given(strategy)(counted)
            run = settings(
                max_examples=cases,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )(seed(number)(run))
            try:
                run()
            except Exception as fault:
                fault.add_note(f"PLUMBLINE_FUZZ_SEED={number}")
                raise
            number += 1
            if time.monotonic() - began >= budget:
                break
        seconds = time.monotonic() - began
        print(f"\n{count} cases in {seconds:.1f} s, seeds {SEED} to {number - 1}")

    return explored
