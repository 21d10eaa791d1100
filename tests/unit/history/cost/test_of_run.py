"""The line of cost in a run's report."""

from datetime import UTC, datetime

import pytest

from plumbline.core.outcome import Outcome
from plumbline.core.pricing import LIST_PRICE, MB
from plumbline.core.status import Status
from plumbline.history.cost.of_run import cost_line


def _outcome(billed: int | None, *tables: str) -> Outcome:
    return Outcome(
        monitor="lines",
        status=Status.PASS,
        summary="",
        as_of=datetime(2026, 2, 3, 5, tzinfo=UTC),
        tables=tables,
        job_ids=("job",),
        bytes_billed=billed,
    )


@pytest.mark.parametrize(
    ("outcomes", "runs", "line"),
    [
        pytest.param([], 120, None, id="nothing was run"),
        pytest.param([_outcome(None, "d.x")], 120, None, id="the warehouse does not say"),
        pytest.param(
            [_outcome(10 * MB, "d.x"), _outcome(32 * MB, "d.x", "d.y")],
            120,
            "42.0 MiB billed in 2 jobs on 2 tables, 30.0 MiB of it the minimum of 10 MB per "
            "table and job; about 0.03 USD per month (120 runs, 6.25 USD per TiB)",
            id="a scheduled checkpoint",
        ),
        pytest.param(
            [_outcome(10 * MB, "d.x")],
            None,
            "10.0 MiB billed in 1 job on 1 table, all of it the minimum of 10 MB per table and job",
            id="no schedule",
        ),
        pytest.param([_outcome(0, "d.x")], None, "0 B billed in 1 job on 1 table", id="cached"),
    ],
)
def test_it_says_what_was_billed_and_what_a_month_comes_to(
    outcomes: list[Outcome], runs: float | None, line: str | None
) -> None:
    assert cost_line(outcomes, runs_per_month=runs, price=LIST_PRICE) == line
