"""Expectations on columns and types: answered from the schema of the query's result."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from plumbline.core.errors import did_you_mean
from plumbline.evaluate.domain import Kwargs
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.found import ValueFound
from plumbline.evaluate.table import Table
from plumbline.warehouse.types import ALIASES, KNOWN, BigQueryType, parse_type


def of_type(table: Table, kwargs: Kwargs) -> ValueFound:
    """The column is of BigQuery's type ``type_``, by name or alias."""
    return _one_of(table, kwargs, [kwargs["type_"]], "type_")


def in_type_list(table: Table, kwargs: Kwargs) -> ValueFound:
    """The column is of one of the types of ``type_list``."""
    return _one_of(table, kwargs, kwargs["type_list"], "type_list")


def _one_of(table: Table, kwargs: Kwargs, written: Iterable[Any], argument: str) -> ValueFound:
    column = table.column(str(kwargs["column"]))
    wanted = [read_type(one, argument) for one in written]
    success = any(_is(column.kind, one) for one in wanted)
    return ValueFound(success, {"observed_value": str(column.kind)})


def read_type(written: object, argument: str) -> BigQueryType:
    """A type as a suite names it; ``STRUCT``, ``ARRAY`` and ``RANGE`` may stand alone.

    Raises:
        EvaluationError: BigQuery has no such type.
    """
    text = str(written).strip()
    alone = ALIASES.get(text.upper(), text.upper())
    if alone in ("ARRAY", "STRUCT", "RANGE", "RECORD"):
        return BigQueryType("STRUCT" if alone == "RECORD" else alone)
    found = parse_type(text)
    if found is None:
        raise EvaluationError(
            f"{argument}: BigQuery has no type {text!r}; {did_you_mean(text.upper(), KNOWN)}"
        )
    return found


def _is(kind: BigQueryType, wanted: BigQueryType) -> bool:
    if kind.name != wanted.name:
        return False
    if not wanted.inner:
        return True
    same_fields = [name.casefold() for name in kind.fields] == [
        name.casefold() for name in wanted.fields
    ]
    return (
        len(kind.inner) == len(wanted.inner)
        and (same_fields or not any(wanted.fields))
        and all(_is(one, other) for one, other in zip(kind.inner, wanted.inner, strict=True))
    )


def column_exists(table: Table, kwargs: Kwargs) -> ValueFound:
    """There is a column of that name, at that place where ``column_index`` is given."""
    names = _folded(table.names)
    wanted, index = str(kwargs["column"]).casefold(), kwargs.get("column_index")
    if index is None:
        return ValueFound(wanted in names)
    return ValueFound(0 <= index < len(names) and names[index] == wanted)


def columns_in_order(table: Table, kwargs: Kwargs) -> ValueFound:
    """The columns are those of ``column_list``, in its order."""
    wanted, names = list(kwargs["column_list"]), table.names
    success = _folded(wanted) == _folded(names)
    result: dict[str, Any] = {"observed_value": names}
    if not success:
        result["details"] = {
            "mismatched": [
                {
                    "Expected Column Position": at,
                    "Expected": wanted[at] if at < len(wanted) else None,
                    "Found": names[at] if at < len(names) else None,
                }
                for at in range(max(len(wanted), len(names)))
                if _folded(wanted[at : at + 1]) != _folded(names[at : at + 1])
            ]
        }
    return ValueFound(success, result)


def columns_in_set(table: Table, kwargs: Kwargs) -> ValueFound:
    """The columns are those of ``column_set``; without ``exact_match`` there may be others."""
    wanted, names = set(map(str, kwargs["column_set"])), table.names
    other = [name for name in names if name.casefold() not in _folded(wanted)]
    missing = sorted(name for name in wanted if name.casefold() not in _folded(names))
    exact = kwargs.get("exact_match")
    is_exact = True if exact is None else bool(exact)
    result: dict[str, Any] = {"observed_value": sorted(names)}
    mismatched = {}
    if other and is_exact:
        mismatched["unexpected"] = sorted(other)
    if missing:
        mismatched["missing"] = missing
    if mismatched:
        result["details"] = {"mismatched": mismatched}
    return ValueFound(not mismatched, result)


def same_schema(table: Table, kwargs: Kwargs) -> ValueFound:
    """The columns and fields are those of ``columns``, with their types and modes."""
    accepted = {str(name): _spelt(kind) for name, kind in kwargs["columns"].items()}
    old = {name.casefold(): name for name in accepted}
    new = {name.casefold(): name for name in table.fields}
    added = [] if kwargs.get("allow_added") else _outermost(new.keys() - old.keys())
    changes = [f"{new[name]} {table.fields[new[name]]} added" for name in added]
    for name in _outermost(old.keys() - new.keys()):
        changes.append(f"{old[name]} {accepted[old[name]]} removed")
    for name in sorted(old.keys() & new.keys()):
        was, is_ = accepted[old[name]], table.fields[new[name]]
        if was != is_:
            changes.append(f"{new[name]} changed from {was} to {is_}")
    result: dict[str, Any] = {"observed_value": sorted(table.fields)}
    if changes:
        result["details"] = {"mismatched": {"unexpected": changes}}
    return ValueFound(not changes, result)


def _spelt(kind: object) -> str:
    """A type and mode as the metadata has them: ``integer not null`` is ``INT64 NOT NULL``."""
    tight = re.sub(r"\s*([(,)<>])\s*", r"\1", " ".join(str(kind).upper().split()))
    return re.sub(r"\w+", lambda word: ALIASES.get(word[0], word[0]), tight)


def _outermost(paths: Collection[str]) -> list[str]:
    """Those of which no parent is among them: of a STRUCT that is gone, not its fields."""
    return sorted(
        path for path in paths if not any(path.startswith(f"{other}.") for other in paths)
    )


def _folded(names: Iterable[Any]) -> list[str]:
    return [str(name).casefold() for name in names]
