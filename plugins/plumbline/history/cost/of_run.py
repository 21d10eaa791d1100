"""What one run was billed, on one line of its report."""

from __future__ import annotations

from collections.abc import Sequence

from plumbline.core.outcome import Outcome
from plumbline.core.pricing import Price, least_billed, money
from plumbline.core.text import count, size


def cost_line(
    outcomes: Sequence[Outcome], *, runs_per_month: float | None, price: Price
) -> str | None:
    """``42.0 MiB billed in 5 jobs on 8 tables, all of it BigQuery's minimum; about ...``.

    Args:
        runs_per_month: as the schedule says; None or 0: nothing is said of a month.

    Returns:
        None where the warehouse does not say what it billed.
    """
    known = [one for one in outcomes if one.bytes_billed is not None]
    if not known:
        return None
    billed = sum(one.bytes_billed or 0 for one in known)
    jobs = sum(len(one.job_ids) for one in known)
    tables = len({table for one in known for table in one.tables})
    # A cached answer is billed nothing, so not its minimum either.
    least = sum(
        min(len(one.job_ids) * least_billed(len(one.tables)), one.bytes_billed or 0)
        for one in known
    )
    text = f"{size(billed)} billed in {count(jobs, 'jobs')} on {count(tables, 'tables')}"
    if least:
        share = "all" if least == billed else size(least)
        text += f", {share} of it the minimum of 10 MB per table and job"
    if runs_per_month:
        month = money(price.of(billed * runs_per_month), price.currency)
        runs = count(round(runs_per_month), "runs")
        text += f"; about {month} per month ({runs}, {price.per_tib:g} {price.currency} per TiB)"
    return text
