"""A query over a monitor's batch: ``{batch}`` in it is the model's SELECT, its judged rows alone.

As Great Expectations has it for `unexpected_rows_query`: a literal brace is doubled. Used by the
run's jobs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from plumbline.core.errors import MonitorError
from plumbline.models.compiled import CompiledModel
from plumbline.models.tokens import tokenize

WITHOUT_BATCH = (
    "the query does not use {batch}, so it checks other rows than the monitor's",
    "write {batch} where the table stands, and let the model read that table",
)
"""What is wrong with such a query, and the fix."""

_BEGINS = ("select", "with", "from")
_ALIAS = re.compile(r"\bsubselect\b", re.IGNORECASE)
"""What GX calls the batch where the query joins nothing."""


def query_over_batch(query: str, model: CompiledModel, columns: Iterable[str]) -> str:
    """``query`` as BigQuery gets it; the model's parameters go with it.

    Args:
        query: one SELECT with ``{batch}`` where a table would stand.

    Raises:
        MonitorError: another placeholder or none, a brace that is not doubled, or not exactly one
            SELECT.
    """
    _check_one_select(_with_batch(query, "batch"))
    if _with_batch(query, "") == _with_batch(query, "batch"):
        raise MonitorError(WITHOUT_BATCH[0], fix=WITHOUT_BATCH[1])
    rows = f"(\n{model.sql}\n)"
    verdict = next((name for name in columns if name.casefold() == "verdict"), None)
    if verdict is not None:
        rows = f"(select * from {rows} where {verdict} = 'judge')"
    return _with_batch(query, f"{rows} as subselect" if _ALIAS.search(query) else rows)


def _with_batch(query: str, batch: str) -> str:
    try:
        return query.format(batch=batch)
    except (LookupError, ValueError, AttributeError, TypeError) as fault:
        raise MonitorError(
            f"the query has a brace that is not {{batch}}: {fault}",
            fix="write {batch} for the model's rows, and {{ or }} for a brace",
        ) from None


def _check_one_select(query: str) -> None:
    code = [token for token in tokenize(query) if token.is_code]
    if code and code[-1].text == ";":
        code.pop()
    first = next((token.text for token in code if token.text != "("), "")
    if first.lower() not in _BEGINS:
        raise MonitorError(
            f"the query begins with {first!r}" if first else "the query is empty",
            fix="write one SELECT that returns the unexpected rows",
        )
    for token in code:
        if token.kind == "unclosed":
            raise MonitorError(
                f"the query opens {token.opening} and never closes it", fix="close it"
            )
        if token.text == ";":
            raise MonitorError("the query holds more than one statement", fix="write one SELECT")
