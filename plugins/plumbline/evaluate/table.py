"""The rows that a suite is held against, by column and type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from plumbline.core.errors import did_you_mean
from plumbline.evaluate.errors import EvaluationError
from plumbline.warehouse.result import QueryResult, ResultColumn
from plumbline.warehouse.types import BigQueryType, parse_type


@dataclass(frozen=True)
class TypedColumn:
    """A column of the rows."""

    name: str
    kind: BigQueryType
    values: Sequence[Any] = field(repr=False)
    """One a row; NULL is None."""


@dataclass
class Table:
    """Rows with the types that the query job gave their columns.

    Args:
        schema: of every column, in the order of the query.
        rows: one mapping a row.
        query_batch: sends a query with ``{batch}`` in it to the warehouse, for expectations that
            are queries themselves; None where there is no warehouse.
        lacks: how a message about a missing column begins.
    """

    schema: Sequence[ResultColumn]
    rows: Sequence[Mapping[str, Any]] = field(repr=False)
    query_batch: Callable[[str], QueryResult] | None = None
    lacks: str = "the model returns"
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of a table: every column and field, by its path, with type and mode."""
    _columns: dict[str, TypedColumn] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def names(self) -> list[str]:
        """The columns, in their order."""
        return [column.name for column in self.schema]

    def column(self, name: str) -> TypedColumn:
        """A column by its name; BigQuery does not mind its case.

        Raises:
            EvaluationError: there is none, or its type is not known.
        """
        found = self._columns.get(name)
        if found is None:
            declared = self._find(name)
            kind = parse_type(declared.type)
            if kind is None:
                raise EvaluationError(
                    f"column {declared.name!r} is of type {declared.type}, which is not known"
                )
            values = [row[declared.name] for row in self.rows]
            found = self._columns[name] = TypedColumn(declared.name, kind, values)
        return found

    def has(self, name: str) -> bool:
        """Whether there is a column of that name."""
        return name.casefold() in self._by_name

    def _find(self, name: str) -> ResultColumn:
        found = self._by_name.get(name.casefold())
        if found is None:
            raise EvaluationError(
                f"{self.lacks} no column {name!r}; {did_you_mean(name, self.names)}"
            )
        return found

    @cached_property
    def _by_name(self) -> Mapping[str, ResultColumn]:
        # The first of a name wins, as if looked for from the left.
        return {column.name.casefold(): column for column in reversed(self.schema)}
