"""Budgets: a monitor that was billed more on a day than its suite allows is said to have been.

It changes no status: a status says what the data is like, and an incident is for whoever fixes the
data. It is a note in the run's report, a warning in the log, and a line in the data docs.
Used by the run.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import TYPE_CHECKING

from plumbline.core.errors import PlumblineError
from plumbline.core.outcome import Outcome
from plumbline.core.text import size

if TYPE_CHECKING:
    from plumbline.project import Project, Target

logger = logging.getLogger(__name__)


def over_budget(billed: int, earlier: int, budget: int) -> str | None:
    """What to say of a run that was billed ``billed`` after ``earlier`` of the same day; None:
    nothing."""
    if billed + earlier <= budget:
        return None
    said = f"over its budget of {size(budget)} per day: {size(billed + earlier)} billed today"
    return f"{said}, {size(billed)} of it by this run" if earlier else said


def with_budgets(
    outcomes: Sequence[Outcome], project: Project, target: Target, *, run_id: str, now: datetime
) -> tuple[tuple[Outcome, ...], tuple[str, ...]]:
    """The outcomes, with a note where a budget is spent, and notes of the run.

    The history is asked only where a monitor that has a budget was billed something. That it can't
    be is a note: a run does not fail for its budget.
    """
    budgets = _budgets(project, outcomes)
    if not budgets:
        return tuple(outcomes), ()
    day = datetime.combine(now.astimezone(project.timezone), time(), tzinfo=project.timezone)
    notes: tuple[str, ...] = ()
    earlier: Mapping[str, int] = {}
    try:
        earlier = _earlier(target, list(budgets), day, run_id)
    except PlumblineError as fault:
        notes = (f"Budgets were compared with this run alone: {fault.what}.",)
    return tuple(_noted(outcome, budgets, earlier) for outcome in outcomes), notes


def _budgets(project: Project, outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Of those that were billed something."""
    found = {}
    for outcome in outcomes:
        if not outcome.bytes_billed:
            continue
        try:
            budget = project.suite_of(outcome.monitor).monitor.budget
        except PlumblineError:  # a monitor without a suite of ours, or its ERROR
            continue
        if budget is not None:
            found[outcome.monitor] = budget.bytes_per_day
    return found


def _earlier(
    target: Target, monitors: Sequence[str], day: datetime, run_id: str
) -> Mapping[str, int]:
    from plumbline.history.reader import open_history

    with open_history(target) as history:
        return history.billed(monitors, since=day, other_than=run_id)


def _noted(outcome: Outcome, budgets: Mapping[str, int], earlier: Mapping[str, int]) -> Outcome:
    budget = budgets.get(outcome.monitor)
    if budget is None:
        return outcome
    before = earlier.get(outcome.monitor, 0)
    billed = outcome.bytes_billed or 0
    said = over_budget(billed, before, budget)
    if said is None:
        return outcome
    logger.warning(
        "monitor %s is %s",
        outcome.monitor,
        said,
        extra={
            "monitor": outcome.monitor,
            "bytes_billed": billed,
            "bytes_billed_today": billed + before,
            "bytes_per_day": budget,
        },
    )
    return replace(outcome, notes=(*outcome.notes, said))
