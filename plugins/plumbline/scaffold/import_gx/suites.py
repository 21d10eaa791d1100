"""The suites of GX as plumbline's: expectations of 1.x and 0.x in one form, by how they are run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plumbline.core.expectation_types import NO_FAILING_ROWS
from plumbline.evaluate.expectations.compared import FIX, why_not_compared
from plumbline.evaluate.pushdown.catalogue import MEASURES
from plumbline.project.document import Document
from plumbline.project.parameters import filled_in, parameters_in
from plumbline.scaffold.import_gx.assets import Asset
from plumbline.scaffold.import_gx.gx_project import as_mapping
from plumbline.scaffold.import_gx.report import NotConverted

UNEXPECTED_ROWS = "unexpected_rows_expectation"

_OF_A_RUN = frozenset(
    {"result_format", "catch_exceptions", "include_config", "batch_id"}
    | {"auto", "profiler_config", "allow_cross_type_comparisons"}
)
"""Arguments that say how GX runs an expectation, or that 1.x no longer has."""
_UNIQUE_IN_RECORD = "expect_select_column_values_to_be_unique_within_record"
_RENAMED = {
    "expect_column_pair_values_A_to_be_greater_than_B": (
        "expect_column_pair_values_a_to_be_greater_than_b"
    ),
    "expect_multicolumn_values_to_be_unique": _UNIQUE_IN_RECORD,
}
_COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list")
_OF_ALL_COLUMNS = {
    "expect_table_columns_to_match_set": "column_set",
    "expect_table_columns_to_match_ordered_list": "column_list",
    "expect_table_column_count_to_equal": "value",
    "expect_table_column_count_to_be_between": "",
}


@dataclass(frozen=True)
class Expectation:
    """An expectation as plumbline writes it, and its place in the suite of GX."""

    index: int
    written: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The type of Great Expectations."""
        return str(self.written["type"])

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """Its arguments."""
        return dict(self.written["kwargs"])


@dataclass
class Parts:
    """The expectations of a suite, by how plumbline runs them."""

    of_table: list[Expectation] = field(default_factory=list)
    """In the one job of a suite over a table."""
    of_rows: list[Expectation] = field(default_factory=list)
    """On the rows that a model returns."""
    queries: list[Expectation] = field(default_factory=list)
    """Queries of failing rows."""
    left: list[NotConverted] = field(default_factory=list)

    def leave(self, entry: Expectation, why: str, fix: str) -> None:
        """Add an expectation that is not converted."""
        self.left.append(NotConverted(f"expectations[{entry.index}] {entry.type}", why, fix))


Refused = Mapping[int, tuple[str, str]]
"""By the index of an expectation: why it can't be converted, and the fix."""


def divide_suite(document: Document, asset: Asset, refused: Refused) -> Parts:
    """The expectations of a suite that is run over ``asset``."""
    parts = Parts()
    given = document.mapping("suite_parameters") or document.mapping("evaluation_parameters")
    for index, written in enumerate(_entries(document)):
        entry = Expectation(index, {**written, "kwargs": filled_in(written["kwargs"], given)})
        why = refused.get(index) or _why_not(entry)
        if why is not None:
            parts.leave(entry, *why)
        elif entry.type == UNEXPECTED_ROWS:
            parts.queries.append(entry)
        elif asset.table is not None and entry.type in MEASURES:
            parts.of_table.append(entry)
        else:
            parts.of_rows.append(_beside_as_of(entry) if asset.batches else entry)
    return parts


def _why_not(entry: Expectation) -> tuple[str, str] | None:
    compared = why_not_compared(entry.type)
    if compared is not None:
        return compared, FIX
    for _, parameter in parameters_in(entry.kwargs):
        name = parameter.get("$PARAMETER")
        return f"parameter {name!r} has no value in the suite", "write the value into the suite"
    return None


def columns_of(entries: Sequence[Expectation]) -> list[str] | None:
    """The columns that expectations on rows need; None: all."""
    found: dict[str, None] = {}
    for entry in entries:
        named = [entry.kwargs[name] for name in _COLUMN_ARGUMENTS if name in entry.kwargs]
        flat = [name for one in named for name in (one if isinstance(one, list) else [one])]
        if not flat or "row_condition" in entry.kwargs or entry.type in _OF_ALL_COLUMNS:
            return None
        if not all(re.fullmatch(r"[A-Za-z_]\w*", str(name)) for name in flat):
            return None
        found |= dict.fromkeys(map(str, flat))
    return list(found)


def as_failing_rows(entry: Expectation) -> Expectation:
    """The expectation on the rows of an ``UnexpectedRowsExpectation``."""
    kept = {key: value for key, value in entry.written.items() if key != "kwargs"}
    return Expectation(entry.index, {**kept, "type": NO_FAILING_ROWS})


def _entries(document: Document) -> Iterator[dict[str, Any]]:
    for _, entry in document.entries("expectations"):
        type_ = str(entry.get("type") or entry.get("expectation_type"))
        found: dict[str, Any] = {
            "type": _RENAMED.get(type_, type_),
            "severity": entry.get("severity") or "critical",
            "kwargs": {
                key: value
                for key, value in as_mapping(entry.get("kwargs")).items()
                if key not in _OF_A_RUN and value is not None
            },
        }
        meta = dict(as_mapping(entry.get("meta")))
        notes = entry.get("notes") or _notes(meta.pop("notes", None))
        for key, value in (
            ("description", entry.get("description")),
            ("notes", notes),
            ("meta", meta),
        ):
            if value:
                found[key] = value
        yield found


def _notes(value: object) -> object:
    """In 0.x they are among ``meta``, with a format."""
    return value.get("content") if isinstance(value, Mapping) else value


def _beside_as_of(entry: Expectation) -> Expectation:
    """An expectation on all columns, where the model returns ``as_of`` as its first."""
    argument = _OF_ALL_COLUMNS.get(entry.type)
    if argument is None:
        return entry
    kwargs = dict(entry.kwargs)
    for name in (argument, "min_value", "max_value"):
        if isinstance(kwargs.get(name), int):
            kwargs[name] += 1
        elif isinstance(kwargs.get(name), list):
            kwargs[name] = ["as_of", *kwargs[name]]
    return Expectation(entry.index, {**entry.written, "kwargs": kwargs})
