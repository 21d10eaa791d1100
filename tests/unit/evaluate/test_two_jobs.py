"""The answers of two jobs over one table go together only where both read the same rows."""

from __future__ import annotations

import pytest

from plumbline.core.errors import MonitorError
from plumbline.evaluate.pushdown.statement import ROWS, CompiledTable
from plumbline.warehouse.result import QueryResult
from support.each import for_each
from support.projects import NOW

COMPILED = CompiledTable("orders", "", (), ("shop.orders",), (), (), groups=("country",))
FIRST, SECOND = {"e0_wrong": 0}, {"e1_wrong": 0}


def answer(output: dict[str, int], *groups: tuple[str, int]) -> QueryResult:
    rows = [{"as_of": NOW, "g0": group, ROWS: count, **output} for group, count in groups]
    return QueryResult((), rows, "job", 0.0)


def test_the_same_rows_are_one_answer() -> None:
    joined = COMPILED.joined([answer(FIRST, ("de", 2)), answer(SECOND, ("de", 2))])
    assert joined.rows == [{"as_of": NOW, "g0": "de", ROWS: 2, **FIRST, **SECOND}]


def test_a_table_that_changed_between_the_jobs_is_an_error() -> None:
    def is_told(groups: tuple[tuple[str, int], ...]) -> None:
        with pytest.raises(MonitorError, match="changed while two jobs read it"):
            COMPILED.joined([answer(FIRST, ("de", 2)), answer(SECOND, *groups)])

    for_each([(), (("de", 3),), (("fr", 2),), (("de", 2), ("fr", 1))], is_told)
