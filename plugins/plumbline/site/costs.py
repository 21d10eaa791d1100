"""The page of costs, from the cache and the project's files. Used by `plumbline.site.assemble`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import get_args

from plumbline.core.errors import PlumblineError
from plumbline.core.pricing import Price
from plumbline.history.cost.daily import DayCost, billed_by_day, spent_of, with_costs
from plumbline.history.cost.runs_per_month import runs_per_month
from plumbline.history.cost.sharing import saved_per_month, shared_tables
from plumbline.history.cost.summary import By, Rates, summarise, total
from plumbline.history.reader import Spent
from plumbline.project import Project
from plumbline.site.history_cache import CachedMonitor, HistoryCache, last_instant
from plumbline.site.view_models import BudgetView, CostsView, SharingView


def costs_of(project: Project, cache: HistoryCache, price: Price) -> CostsView | None:
    """The costs of the last days' runs; None if they are unknown."""
    days = {
        name: _days(project, known)
        for name, known in cache.monitors.items()
        # What another tool checked costs nothing here.
        if not (known.rows and project.is_recorded(name, known.rows[-1].checkpoint))
    }
    until = last_instant(cache)
    if until is None or not days:
        return None
    spent = [
        one
        for name, of_monitor in days.items()
        for one in spent_of(name, _owner(project, cache.monitors[name]), of_monitor)
    ]
    reads = {
        name: known.latest.outcome.tables
        for name, known in cache.monitors.items()
        if known.latest is not None and known.latest.outcome.tables
    }
    tables = {name: len(found) for name, found in reads.items()}
    every_day = {one.day for of_monitor in days.values() for one in of_monitor}
    span = (max(every_day) - min(every_day)).days + 1
    runs = _runs(project, spent, until)
    rates = Rates(timedelta(days=span), runs, price)
    sum_of_all = total(spent, tables=tables, rates=rates)
    if sum_of_all.bytes_billed is None:
        return None
    return CostsView(
        days=span,
        total=sum_of_all,
        lines={by: summarise(spent, by, tables=tables, rates=rates) for by in get_args(By)},
        price=price,
        budgets=_budgets(project, days, max(every_day)),
        sharing=_sharing(spent, reads, runs, price),
    )


def _days(project: Project, known: CachedMonitor) -> tuple[DayCost, ...]:
    """Those that are over, and the last one."""
    running = [row for row in known.rows if not row.is_archived]
    return with_costs(known.costs, running, project.timezone)


def _owner(project: Project, known: CachedMonitor) -> str | None:
    try:
        return project.suite_of(known.name).monitor.owner
    except PlumblineError:
        return known.latest.outcome.owner if known.latest else None


def _runs(project: Project, spent: Sequence[Spent], until: datetime) -> dict[str, float]:
    """From the last run on, not from now: a build without news draws the same page."""
    try:
        schedules = project.schedules
    except PlumblineError:  # lint and the scheduler say what is wrong with the file
        return {}
    checkpoints = {one.checkpoint for one in spent}
    return {name: runs_per_month(schedules, name, now=until) for name in sorted(checkpoints)}


def _budgets(
    project: Project, days: Mapping[str, Sequence[DayCost]], last: date
) -> dict[str, BudgetView]:
    found = {}
    for name, of_monitor in days.items():
        try:
            budget = project.suite_of(name).monitor.budget
        except PlumblineError:
            continue
        if budget is not None:
            billed = billed_by_day(of_monitor)
            found[name] = BudgetView(
                bytes_per_day=budget.bytes_per_day,
                last_day=billed.get(last, 0),
                days_over=sum(amount > budget.bytes_per_day for amount in billed.values()),
            )
    return found


def _sharing(
    spent: Sequence[Spent],
    reads: Mapping[str, Sequence[str]],
    runs: Mapping[str, float],
    price: Price,
) -> tuple[SharingView, ...]:
    found = []
    for checkpoint in sorted({one.checkpoint for one in spent}):
        together = {one.monitor for one in spent if one.checkpoint == checkpoint}
        shared = shared_tables({name: reads[name] for name in sorted(together) if name in reads})
        if shared:
            month = saved_per_month(shared, runs.get(checkpoint, 0.0), price)
            found.append(SharingView(checkpoint, shared, month))
    return tuple(found)
