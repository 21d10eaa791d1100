"""Expectations of Great Expectations that compare with another table or data source.

A monitor holds its suite against the rows of one model, so it does not ask another source. Used by
lint and where suites are evaluated: both say the same.
"""

from __future__ import annotations

FIX = (
    "write a model that reads both tables and returns the rows that differ, and a suite with "
    "expect_no_failing_rows over it"
)

_COMPARED = {
    "expect_query_results_to_match_comparison": "the results of a query with those of another "
    "data source",
    "expect_table_row_count_to_equal_other_table": "the number of rows with that of another table",
}


def why_not_compared(type_: str) -> str | None:
    """Why a monitor refuses expectations of ``type_``; None where it does not."""
    compared = _COMPARED.get(type_)
    if compared is None:
        return None
    return f"{type_} compares {compared}, but a monitor reads only the rows of its model"
