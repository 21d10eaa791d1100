"""Many cases of one behaviour in one test, which fails once and names each case that fails.

    def test_every_option_is_explained() -> None:
        for_each(COMMANDS, is_explained)

For cases that take no time and need no fixture; others are parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

T = TypeVar("T")


def for_each(
    cases: Iterable[T], holds: Callable[[T], None], *, name: Callable[[T], str] = str
) -> None:
    """See to it that ``holds`` raises for no case, and that there is one.

    Args:
        cases: all of them are tried.
        holds: asserts what is to be of one.
        name: what to call one.
    """
    tried, failed = 0, []
    for case in cases:
        tried += 1
        try:
            holds(case)
        except (Exception, pytest.fail.Exception) as fault:  # noqa: BLE001 - each is shown below
            why = "\n    ".join(f"{type(fault).__name__}: {fault}".splitlines())
            failed.append(f"{name(case)}\n    {why}")
    assert tried, "there are no cases"
    if failed:
        pytest.fail(f"{len(failed)} of {tried} fail:\n" + "\n".join(failed), pytrace=False)
