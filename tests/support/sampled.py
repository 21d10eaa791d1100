"""A sample of many cases of one kind in most runs of the tests, all of them in the weekly one.

    for step in sampled(steps, every=3): ...

For grids in which neighbours nearly always fail together, such as a kill before each of forty links.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

TAKES_ALL = os.environ.get("HYPOTHESIS_PROFILE", "repeatable") != "repeatable"
"""The other profiles look further, see tests/conftest.py. Read here because processes that tests
start load none."""


def sampled(cases: Sequence[T], *, every: int) -> Sequence[T]:
    """Each ``every``-th case from the first on, and the last.

    The same cases in each run, so that a failure can be repeated.
    """
    if TAKES_ALL or not cases:
        return cases
    return [*cases[:-1:every], cases[-1]]
