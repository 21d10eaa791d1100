"""Rows of outcomes to what each monitor, checkpoint and owner costs. Pure.

Where the warehouse does not say what it billed (the embedded one), the least that BigQuery would
bill stands for it, and that is said: 10 MB for each table of each job.
Used by ``plumbline list --costs`` and by the costs page of the data docs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from plumbline.core.pricing import LIST_PRICE, Price, least_billed
from plumbline.history.cost.runs_per_month import MONTH
from plumbline.history.reader import Spent

By = Literal["monitor", "checkpoint", "owner"]

NOBODY = "nobody"
"""The owner of a monitor that names none."""


@dataclass(frozen=True)
class Rates:
    """What carries bytes over to a month, and to money."""

    span: timedelta
    """The time in which the runs were, a day at least."""
    runs_per_month: Mapping[str, float] = field(default_factory=dict)
    """By checkpoint, as the schedule says; one that is not scheduled goes on as in ``span``."""
    price: Price = LIST_PRICE


@dataclass(frozen=True)
class CostLine:
    """What one monitor, checkpoint or owner costs."""

    name: str
    runs: int
    """Of the checkpoints that it is in, or that are in it."""
    jobs: int
    bytes_billed: int | None
    """None: neither the warehouse nor the models say."""
    minimum: int | None
    """Of them, what the same jobs had been billed for tables that are empty; None: some model can't
    be read, so nobody knows how many tables it reads."""
    is_least: bool
    """Whether ``bytes_billed`` holds jobs of which only the minimum is known."""
    per_run: float | None
    per_day: float | None
    per_month: float | None
    """At the schedule's number of runs."""
    money_per_month: float | None
    """As if nothing were free."""


def summarise(
    spent: Sequence[Spent], by: By, *, tables: Mapping[str, int], rates: Rates
) -> tuple[CostLine, ...]:
    """A line for each monitor, checkpoint or owner, the dearest first.

    Args:
        spent: each monitor and checkpoint once.
        by: what the lines are of.
        tables: by monitor, how many tables a job of it reads.
        rates: for a month and for money.
    """
    name_of = _NAMES[by]
    parts: dict[str, list[Spent]] = {}
    for one in spent:
        parts.setdefault(name_of(one), []).append(one)
    lines = [_together(name, found, tables, rates) for name, found in parts.items()]
    return tuple(sorted(lines, key=lambda line: (-(line.per_month or 0.0), line.name)))


def total(spent: Sequence[Spent], *, tables: Mapping[str, int], rates: Rates) -> CostLine:
    """All of it as one line."""
    return _together("all", spent, tables, rates)


_NAMES: Mapping[By, Callable[[Spent], str]] = {
    "monitor": lambda one: one.monitor,
    "checkpoint": lambda one: one.checkpoint,
    "owner": lambda one: one.owner or NOBODY,
}


def _line(one: Spent, tables: Mapping[str, int], rates: Rates) -> CostLine:
    floor = least_billed(tables[one.monitor]) if one.monitor in tables else None
    billed, minimum = one.bytes_billed, None
    if floor is not None:
        spoken = one.jobs - one.silent_jobs
        # A cached answer, and a job that failed, are billed nothing.
        minimum = min(spoken * floor, billed or 0) + one.silent_jobs * floor
        if one.silent_jobs:
            billed = (billed or 0) + one.silent_jobs * floor
    per_run = billed / one.runs if billed is not None and one.runs else None
    per_day = None if billed is None else billed / (rates.span / timedelta(days=1))
    per_month = None
    if billed is not None and per_run is not None:
        scheduled = rates.runs_per_month.get(one.checkpoint)
        per_month = per_run * scheduled if scheduled else billed * (MONTH / rates.span)
    return CostLine(
        name=one.monitor,
        runs=one.runs,
        jobs=one.jobs,
        bytes_billed=billed,
        minimum=minimum,
        is_least=one.silent_jobs > 0,
        per_run=per_run,
        per_day=per_day,
        per_month=per_month,
        money_per_month=None if per_month is None else rates.price.of(per_month),
    )


def _together(
    name: str, spent: Sequence[Spent], tables: Mapping[str, int], rates: Rates
) -> CostLine:
    lines = [_line(one, tables, rates) for one in spent]
    runs_of: dict[str, int] = {}
    for one in spent:  # the monitors of a checkpoint run together
        runs_of[one.checkpoint] = max(one.runs, runs_of.get(one.checkpoint, 0))
    runs = sum(runs_of.values())
    billed = _sum([line.bytes_billed for line in lines])
    minima = [line.minimum for line in lines]
    return CostLine(
        name=name,
        runs=runs,
        jobs=sum(line.jobs for line in lines),
        bytes_billed=None if billed is None else round(billed),
        minimum=None if None in minima else sum(filter(None, minima)),
        is_least=any(line.is_least for line in lines),
        per_run=billed / runs if billed is not None and runs else None,
        per_day=_sum([line.per_day for line in lines]),
        per_month=_sum([line.per_month for line in lines]),
        money_per_month=_sum([line.money_per_month for line in lines]),
    )


def _sum(values: Sequence[float | None]) -> float | None:
    """Of those that are known; None: none is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
