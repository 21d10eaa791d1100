"""Where the column that a suite names is in a table: in its rows, or in the elements of an array.

``address.city`` is a field of a STRUCT, ``items.sku`` a field of each element of the array
``items``, and ``tags[]`` each element of the array ``tags``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from plumbline.core.errors import did_you_mean
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.table import Table
from plumbline.warehouse.types import BigQueryType

Arrays: TypeAlias = tuple[str, ...]
"""Arrays as SQL, each but the first within the elements of the one before it."""

ELEMENTS = "[]"


@dataclass(frozen=True)
class Place:
    """A column, a field of one, or a value in an array."""

    name: str
    """As the table spells it."""
    kind: BigQueryType
    arrays: Arrays
    path: str
    """As SQL, from the row or the innermost element on; empty: the element itself."""


def find_place(table: Table, name: str) -> Place:
    """Where the column ``name`` is; BigQuery does not mind its case.

    Raises:
        EvaluationError: there is none.
    """
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        head = ".".join(parts[:end])
        if table.has(head.removesuffix(ELEMENTS)):
            column = table.column(head.removesuffix(ELEMENTS))
            found = Place(column.name, column.kind, (), quoted(column.name))
            if head.endswith(ELEMENTS) or (end < len(parts) and column.kind.name == "ARRAY"):
                return _within(found, parts[end:], named=head.endswith(ELEMENTS))
            if end == len(parts):
                return found
    column = table.column(name)  # which raises, and says what there is
    return Place(column.name, column.kind, (), quoted(column.name))


def find_element(table: Table, name: str) -> Place | None:
    """The same for what is in an array; None: ``name`` is no such thing."""
    try:
        found = find_place(table, name)
    except EvaluationError:
        return None
    return found if found.arrays else None


def _within(array: Place, parts: list[str], *, named: bool) -> Place:
    """What ``parts`` lead to from an element of ``array``."""
    found = _element(array, named=named)
    for part in parts:
        if found.kind.name == "ARRAY":
            found = _element(found, named=False)
        found = _field(found, part.removesuffix(ELEMENTS))
        if part.endswith(ELEMENTS):
            found = _element(found, named=True)
    return found


def _element(array: Place, *, named: bool) -> Place:
    if array.kind.name != "ARRAY":
        raise EvaluationError(f"column {array.name!r} is {array.kind}, not an array: remove []")
    name = f"{array.name}{ELEMENTS}" if named else array.name
    return Place(name, array.kind.inner[0], (*array.arrays, array.path), "")


def _field(record: Place, name: str) -> Place:
    fields = record.kind.fields
    at = next((at for at, one in enumerate(fields) if one.casefold() == name.casefold()), None)
    if at is None:
        raise EvaluationError(
            f"{record.name} has no field {name!r}; {did_you_mean(name, fields)}"
            if fields
            else f"{record.name} has elements of {record.kind}, which have no field {name!r}; "
            f"write {record.name}{ELEMENTS}"
        )
    path = ".".join(filter(None, (record.path, quoted(fields[at]))))
    return Place(f"{record.name}.{fields[at]}", record.kind.inner[at], record.arrays, path)


def quoted(path: str) -> str:
    """A column, or a field of one (``address.city``), in backticks.

    Raises:
        EvaluationError: no column is called so, and within backticks the name would end them.
    """
    if "`" in path or "\\" in path:
        raise EvaluationError(f"{path!r} is not the name of a column")
    return ".".join(f"`{part}`" for part in path.split("."))
