"""No look for garbage where there is none, and much to look through.

Python looks through all objects that there are, again and again while their number grows. Nothing
of what an import makes is garbage: a tenth of a run went there. Used where Google's client and
Great Expectations are imported, and where a site is built beside all that they have made.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_collected() -> Iterator[None]:
    """A block in which Python does not look for garbage."""
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looks:
            gc.enable()


@contextmanager
def imported_at_once(package: str) -> Iterator[None]:
    """A block that imports ``package``, which is large: no garbage is looked for until its end, and
    what is there at its end is never looked through again.

    Where the package is there already, nothing is done.
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
