"""The expectations of GX as plumbline's: those of 1.x and of 0.x in one form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from plumbline.project.document import Document
from plumbline.project.parameters import (
    expression_of,
    filled_in,
    names_read,
    parameters_in,
)
from plumbline.scaffold.import_gx.assets import Asset
from plumbline.scaffold.import_gx.gx_project import as_mapping
from plumbline.scaffold.import_gx.report import NotConverted, NotConvertedError

QUERY = "unexpected_rows_query"
NAMING_TABLES = (QUERY, "other_table_name")
"""Arguments in which other tables are named."""
Qualify = Callable[[str, str], str]
"""Of an argument and its value: the value with whole names of tables."""

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


Refused = Mapping[int, tuple[str, str]]
"""By the index of an expectation: why it can't be converted, and the fix."""


def convert_suite(
    document: Document,
    asset: Asset,
    parameters: Mapping[str, Any],
    refused: Refused,
    qualify: Qualify,
) -> tuple[list[Expectation], list[NotConverted]]:
    """The expectations of a suite that is run over ``asset``, and those that are left out.

    Args:
        document: the suite.
        asset: what it checks.
        parameters: in place of the suite's own.
        refused: expectations that are left out.
        qualify: gives the tables in an argument their whole names.
    """
    own = document.mapping("suite_parameters") or document.mapping("evaluation_parameters")
    given = {**own, **parameters}
    returns_as_of = asset.table is None and asset.batches is not None
    found, left = [], []
    for index, written in enumerate(_entries(document)):
        entry = Expectation(index, {**written, "kwargs": filled_in(written["kwargs"], given)})
        try:
            if index in refused:
                raise NotConvertedError(*refused[index])
            _refuse_parameters(entry, given)
            entry = _qualified(entry, qualify)
            found.append(_beside_as_of(entry) if returns_as_of else entry)
        except NotConvertedError as fault:
            left.append(NotConverted(f"expectations[{index}] {entry.type}", fault.why, fault.fix))
    return found, left


def _refuse_parameters(entry: Expectation, given: Mapping[str, Any]) -> None:
    """Refuse what has no value yet, except ``now()`` alone, which has one in a run."""
    for _, parameter in parameters_in(entry.kwargs):
        for name in sorted(names_read(parameter)):
            if name in given:
                raise NotConvertedError(
                    f"{expression_of(parameter)} has a value only during a run",
                    f"write the value of {name!r} instead of its name in GX, and import again",
                )
            raise NotConvertedError(
                f"parameter {name!r} has no value",
                "give it a value under suite_parameters (in GX 0.x: evaluation_parameters) of the "
                "suite in GX, and import again",
            )


def _qualified(entry: Expectation, qualify: Qualify) -> Expectation:
    """With the datasets of other tables, which GX takes from the connection."""
    kwargs = {
        name: qualify(name, value) if name in NAMING_TABLES and isinstance(value, str) else value
        for name, value in entry.kwargs.items()
    }
    return replace(entry, written={**entry.written, "kwargs": kwargs})


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
