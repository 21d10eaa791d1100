"""Leaves out of an import what is heavy and seldom needed, until it is needed.

Used where the command line imports Great Expectations: altair (charts) and scipy.stats
(distribution tests) are a third of that import, and no expectation of ours touches them; the
others are a twentieth. They are the real modules, loaded at the first touch of an attribute, so
results are the same.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

SELDOM_NEEDED = ("altair", "scipy.stats", "jsonschema", "mistune", "alembic.context", "alembic.op")
"""What Great Expectations imports for a few of its expectations and their charts, for Markdown in
its pages, and by way of the dialect for its own BigQuery datasource."""


class _LazyFinder:
    """Finds the given modules, each to be loaded when touched; leaves the rest alone."""

    def __init__(self) -> None:
        self.names: Collection[str] = ()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self.names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


@contextmanager
def loaded_when_touched(names: Collection[str] = SELDOM_NEEDED) -> Iterator[None]:
    """Imports of ``names`` in this block cost nothing until an attribute of one is touched.

    What is imported already stays as it is, and what is not installed fails as ever.
    """
    finder = _finder()
    before, finder.names = finder.names, frozenset(names)
    try:
        yield
    finally:
        finder.names = before


def _finder() -> _LazyFinder:
    """The one finder of the process: put there once, never taken away.

    Query threads import Google's client meanwhile. One that walks ``sys.meta_path`` while an entry
    is taken out would skip the entry after it, and not find a module that is there; an entry put
    in only makes it ask one twice.
    """
    for finder in sys.meta_path:
        if isinstance(finder, _LazyFinder):
            return finder
    finder = _LazyFinder()
    sys.meta_path.insert(0, finder)
    return finder
