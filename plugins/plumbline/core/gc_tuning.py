"""Pauses garbage collection while large packages are imported and while the site is built.

Python's collector walks all objects again and again while their number grows, and nothing that an
import makes is garbage: that took a tenth of a run.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_collected() -> Iterator[None]:
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looks:
            gc.enable()


@contextmanager
def imported_at_once(package: str) -> Iterator[None]:
    """A block that imports ``package``, which is large, without garbage collection; the collector
    never walks what is there at its end again.

    Where the package is imported already, nothing changes.
    """
    if package in sys.modules:
        yield
        return
    with not_collected():
        try:
            yield
        finally:
            if package in sys.modules:
                gc.freeze()
