"""Cycles of dependencies: of models by ``ref``, of monitors by ``depends_on``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter


def find_cycles(edges: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """Cycles such as ``(a, b, a)``, until none is left."""
    left = {name: {other for other in others if other in edges} for name, others in edges.items()}
    while True:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as fault:
            # graphlib lists dependencies first.
            circle: list[str] = fault.args[1][-2::-1]
            first = circle.index(min(circle))
            turned = (*circle[first:], *circle[:first])
            yield (*turned, turned[0])
            left[turned[0]].discard(turned[1 % len(turned)])
        else:
            return
