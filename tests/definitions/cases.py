"""A case: at this instant, over this world, the monitor gives these rows.

Cases of one monitor that share a world and variables are asked in one query, as a backtest would,
and each is looked up in its answer: what a case says holds beside all the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from definitions.tables import World, at, day
from plumbline.models import CompiledModel, Compiler
from plumbline.project import Project

PROJECT = Project(Path(__file__).parents[2])

Answer = dict[str, Any]

NO_NEWS: Mapping[str, Any] = {"active_systems": [], "retired_systems": []}
"""Which systems launch and retire in the project is no definition."""


@dataclass(frozen=True)
class Case:
    """One line of a table of cases."""

    says: str
    world: World
    as_of: str
    rows: Sequence[Answer]
    """What is expected of each row, ``as_of`` left out; the order does not matter."""
    vars: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.says

    @property
    def expected(self) -> list[Answer]:
        """The rows in an order of their own."""
        return in_order(self.rows)


def not_judged(verdict: str, anchor: str, reason: str, columns: str) -> Answer:
    """The row of an evaluation that is not judged: NULL in ``columns``, and no number."""
    blank = dict.fromkeys((*columns.split(), "numerator", "denominator"))
    return {"verdict": verdict, "reason": reason, "anchor_date": day(anchor), **blank}


CLOCK_DAYS = ("2025-11-01", "2025-11-02", "2026-03-07", "2026-03-08")
"""The clocks go back on the second, and forward on the last."""


def cases_at_ten(season: World, rows: Callable[[str], Sequence[Answer]]) -> list[Case]:
    """Data of a date are due at 10:00 of it, also when the clocks change.

    Args:
        season: with a game on each of `CLOCK_DAYS`.
        rows: what is expected, by anchor.
    """
    return [
        Case(f"10:00 of {anchor}, {what}", season, as_of, rows(anchor))
        for what, as_of, anchor in (
            ("14:00 UTC", "2025-11-01 10:00", "2025-11-01"),
            ("a second before 15:00 UTC", "2025-11-02 09:59:59", "2025-11-01"),
            ("15:00 UTC", "2025-11-02 10:00", "2025-11-02"),
            ("a second before 14:00 UTC", "2026-03-08 09:59:59", "2026-03-07"),
            ("14:00 UTC again", "2026-03-08 10:00", "2026-03-08"),
        )
    ]


class Witness(Protocol):
    """Someone who can run a compiled model over a world."""

    name: str
    project: str

    def ask(self, model: CompiledModel, world: World) -> list[Answer]:
        """The rows, with Python values."""
        ...


class Interview:
    """Puts cases to a witness and remembers the answers."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self._answers: dict[object, list[Answer]] = {}
        self._compiler = Compiler(PROJECT, Target(witness.project))

    def rows(self, monitor: str, case: Case, beside: Sequence[Case]) -> list[Answer]:
        """The rows of ``case``, asked together with those ``beside`` it that it can be."""
        company = [
            other.as_of for other in beside if other.world is case.world and other.vars == case.vars
        ]
        instants = sorted({at(text) for text in company})
        return self.at_instants(monitor, case, instants)[at(case.as_of)]

    def alone(self, monitor: str, case: Case) -> list[Answer]:
        """The rows of ``case``, asked by itself as a live run would."""
        return self.at_instants(monitor, case, [at(case.as_of)])[at(case.as_of)]

    def at_instants(
        self, monitor: str, case: Case, instants: Sequence[datetime]
    ) -> dict[datetime, list[Answer]]:
        """All rows of one query, by instant."""
        key = (monitor, id(case.world), repr(sorted(case.vars.items())), tuple(instants))
        if key not in self._answers:
            model = self._compiler.compile(
                monitor, as_of=instants, vars={**NO_NEWS, **case.vars}, where="the test"
            )
            self._answers[key] = self.witness.ask(model, case.world)
        found: dict[datetime, list[Answer]] = {instant: [] for instant in instants}
        for row in self._answers[key]:
            found[row["as_of"]].append({k: v for k, v in row.items() if k != "as_of"})
        return {instant: in_order(rows) for instant, rows in found.items()}


def in_order(rows: Sequence[Answer]) -> list[Answer]:
    """``rows`` sorted, and each with its columns sorted, so that they compare well."""
    return sorted((dict(sorted(row.items())) for row in rows), key=repr)


@dataclass(frozen=True)
class Target:
    """What the compiler asks of one."""

    project: str
    datasets: Mapping[str, str] = field(default_factory=dict)
    name: str = "prod"
    plumbline_project: str = "shop"
