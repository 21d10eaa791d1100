"""A live run asks for one instant, a backtest for hundreds: the same SQL, the same answers.

The other tests ask for all instants of a table of cases at once; here each is asked alone.
"""

from __future__ import annotations

import pytest

from definitions.cases import Case, Interview
from definitions.monitors import MONITORS, told

ALL = [pytest.param(monitor, case, id=f"{monitor}: {case}") for monitor, case in told()]
# The embedded BigQuery takes half a second a query; the first case of each monitor stands for all.
FIRST = [next(each for each in ALL if each.values[0] == monitor) for monitor in MONITORS]


@pytest.mark.oracle
@pytest.mark.parametrize(("monitor", "case"), ALL)
def test_googles_evaluator_says_the_same_of_one_instant(
    monitor: str, case: Case, evaluator: Interview
) -> None:
    assert evaluator.alone(monitor, case) == case.expected


@pytest.mark.warehouse
@pytest.mark.parametrize(("monitor", "case"), FIRST)
def test_the_embedded_bigquery_says_the_same_of_one_instant(
    monitor: str, case: Case, embedded: Interview
) -> None:
    assert embedded.alone(monitor, case) == case.expected
