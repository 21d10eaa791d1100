"""Imports of what is large, without a look for garbage meanwhile.

Used where Google's client and Great Expectations are imported. Python looks through all objects
that there are, again and again while their number grows, and nothing of what an import makes is
garbage: a tenth of a run went there.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def imported_at_once(package: str) -> Iterator[None]:
    """A block that imports ``package``, which is large: no garbage is looked for until its end, and
    what is there at its end is never looked through again.

    Where the package is there already, nothing is done.
    """
    if package in sys.modules:
        yield
        return
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if package in sys.modules:
            gc.freeze()
        if looks:
            gc.enable()
