"""What a query gives: rows and columns, the job that made them, and its cost.

Read by the runner (rows to status) and, as a DataFrame, by GX's pandas engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

EXACT_FLOAT = 2**53
"""Up to here a float holds every whole number."""


class JsonNull:
    """The type of `JSON_NULL`."""

    def __repr__(self) -> str:
        return "null"


JSON_NULL = JsonNull()
"""A value of a JSON column that is ``null``; the column is then not NULL."""


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result, with its type as GoogleSQL writes it (``STRUCT<`a` INT64>``)."""

    name: str
    type: str


@dataclass(frozen=True)
class QueryResult:
    """The answer to one query."""

    schema: tuple[ResultColumn, ...]
    rows: Sequence[Mapping[str, Any]] = field(repr=False)
    job_id: str
    seconds: float
    """Wall time from submission to the last row."""
    total_bytes_processed: int | None = None
    """None if the warehouse doesn't report it (the embedded one)."""
    total_bytes_billed: int | None = None
    row_count: int | None = None
    """How many rows the answer has, where not all of them were read."""
    more_jobs: tuple[str, ...] = ()
    """The ids of further jobs that the answer is from."""

    def with_job(self, other: QueryResult, rows: Sequence[Mapping[str, Any]]) -> QueryResult:
        """This answer and that of another job beside it, which have ``rows`` together."""

        def total(one: int | None, another: int | None) -> int | None:
            return None if one is None or another is None else one + another

        return replace(
            self,
            schema=tuple(dict.fromkeys((*self.schema, *other.schema))),
            rows=rows,
            seconds=max(self.seconds, other.seconds),
            total_bytes_processed=total(self.total_bytes_processed, other.total_bytes_processed),
            total_bytes_billed=total(self.total_bytes_billed, other.total_bytes_billed),
            more_jobs=(*self.more_jobs, other.job_id, *other.more_jobs),
        )

    def to_dataframe(self) -> pd.DataFrame:
        """The rows as `to_dataframe` makes a frame of them."""
        return to_dataframe(self.schema, self.rows)


def to_dataframe(schema: Sequence[ResultColumn], rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows with types that pandas can compute with, for people in notebooks and for plugins.

    Numbers are numbers (NUMERIC as floats; a column with NULL too, where NULL is NaN), dates
    are ``datetime.date``, timestamps have a zone, everything else is objects with None. A suite is
    not judged on these, but on the rows: see `plumbline.evaluate`.
    """
    import pandas as pd

    return pd.DataFrame(
        {column.name: _series(column, [row[column.name] for row in rows]) for column in schema},
        columns=[column.name for column in schema],
    )


def _series(column: ResultColumn, values: list[Any]) -> pd.Series[Any]:
    import pandas as pd

    return pd.Series(values, dtype=_dtype(column.type, values))


def _dtype(type_: str, values: list[Any]) -> str:
    complete = None not in values
    if type_ == "INT64":
        if complete:
            return "int64"
        # Better slow than wrong: a float would round these.
        large = any(value is not None and abs(value) > EXACT_FLOAT for value in values)
        return "object" if large else "float64"
    if type_ in ("FLOAT64", "NUMERIC", "BIGNUMERIC"):
        return "float64"
    if type_ == "BOOL":
        return "bool" if complete else "object"
    if type_ == "TIMESTAMP":
        return "datetime64[us, UTC]"
    if type_ == "DATETIME":
        return "datetime64[us]"
    return "object"
