"""A failing question made plain: whatever it can do without is left out.

A try is a query of half a second. Hypothesis, which knows only the choices that led to the question,
needs hundreds and leaves rows that mean nothing; from the question as data a few dozen are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from definitions.random_worlds import Question
from definitions.tables import World

_T = TypeVar("_T")


def plainest(question: Question, fails: Callable[[Question], bool]) -> Question:
    """The smallest question found that still fails."""
    while True:
        for simpler in _simpler(question):
            if fails(simpler):
                question = simpler
                break
        else:
            return question


def _simpler(question: Question) -> Iterator[Question]:
    """The same question with less in it, the boldest cuts first."""
    for instants in _fewer(question.instants):
        if instants:
            yield replace(question, instants=instants)
    tables = question.world.tables
    for name, rows in tables.items():
        for fewer in _fewer(rows):
            yield replace(question, world=World({**tables, name: fewer}))
    for name in question.vars:
        vars_ = {other: value for other, value in question.vars.items() if other != name}
        yield replace(question, vars=vars_)


def _fewer(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """``items`` without a part of it: all, a half, a quarter, ... one."""
    size = len(items)
    while size:
        for start in range(0, len(items), size):
            yield [*items[:start], *items[start + size :]]
        size //= 2
