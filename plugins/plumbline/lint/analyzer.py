"""Google's own GoogleSQL analyzer, as WebAssembly: the extra ``analyzer``.

It takes half a minute to load. What it accepts BigQuery accepts, as far as names, types and
functions go; it knows no quotas, permissions or partitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from plumbline.core.errors import ConfigError
from plumbline.core.installation import install_fix
from plumbline.lint.tables import KnownTable
from plumbline.models.compiled import CompiledModel
from plumbline.warehouse.types import BigQueryType, parse_type

_PLACE = re.compile(r"\s*\[at (\d+):\d+\]")
_KINDS = {
    "BIGNUMERIC": "TYPE_BIGNUMERIC",
    "BOOL": "TYPE_BOOL",
    "BYTES": "TYPE_BYTES",
    "DATE": "TYPE_DATE",
    "DATETIME": "TYPE_DATETIME",
    "FLOAT64": "TYPE_DOUBLE",
    "GEOGRAPHY": "TYPE_GEOGRAPHY",
    "INT64": "TYPE_INT64",
    "INTERVAL": "TYPE_INTERVAL",
    "JSON": "TYPE_JSON",
    "NUMERIC": "TYPE_NUMERIC",
    "STRING": "TYPE_STRING",
    "TIME": "TYPE_TIME",
    "TIMESTAMP": "TYPE_TIMESTAMP",
}


@dataclass(frozen=True)
class Answer:
    """What the analyzer says of one query."""

    columns: tuple[tuple[str, str], ...] = ()
    """Name and type of each column that it returns."""
    rejection: str | None = None
    line: int | None = None
    """Of the SQL that it was given."""


class Analyzer:
    """The analyzer, loaded once for all models."""

    def __init__(self) -> None:
        """Load it, which takes half a minute.

        Raises:
            ConfigError: it is not installed.
        """
        try:
            from zetasql import types
            from zetasql.core.exceptions import ServerError
            from zetasql.core.local_service import ZetaSqlLocalService
        except ImportError as fault:
            raise ConfigError(
                f"Google's analyzer is not installed: {fault}",
                key="--analyzer",
                fix=install_fix("analyzer"),
            ) from None
        self._types: Any = types
        self._rejected: Any = ServerError
        self._service: Any = ZetaSqlLocalService.get_instance()  # its options ask that one too
        self._language = types.LanguageOptions.maximum_features()
        self._language.product_mode = types.ProductMode.PRODUCT_EXTERNAL

    def analyze(self, model: CompiledModel, tables: Iterable[KnownTable]) -> Answer:
        """Names and types of one compiled model, which reads ``tables``."""
        types = self._types
        options = types.AnalyzerOptions(
            language_options=self._language,
            default_timezone="UTC",
            error_message_mode=types.ErrorMessageMode.ERROR_MESSAGE_ONE_LINE,
            query_parameters=[
                types.AnalyzerOptions.QueryParameter(
                    name=parameter.name, type=self._type(parse_type(parameter.type))
                )
                for parameter in model.parameters
            ],
        )
        try:
            response = self._service.analyze(
                sql_statement=model.sql,
                options=options,
                simple_catalog=self._catalog(model, list(tables)),
            )
        except self._rejected as fault:
            return _rejected(str(fault.raw_error))
        columns = response.resolved_statement.output_column_list
        return Answer(
            columns=tuple((column.name, self._name(column.column.type)) for column in columns)
        )

    def _catalog(self, model: CompiledModel, tables: list[KnownTable]) -> Any:
        """The tables that the model reads, under each project that its SQL names."""
        types = self._types
        projects = dict.fromkeys(re.findall(r"`([^`]+)`\.`[^`]+`\.`[^`]+`", model.sql))
        return types.SimpleCatalog(
            name="root",
            builtin_function_options=types.ZetaSQLBuiltinFunctionOptions(
                language_options=self._language
            ),
            catalog=[
                types.SimpleCatalog(
                    name=project,
                    catalog=[
                        types.SimpleCatalog(
                            name=dataset,
                            table=[self._table(each) for each in tables if each.dataset == dataset],
                        )
                        for dataset in dict.fromkeys(table.dataset for table in tables)
                    ],
                )
                for project in projects
            ],
        )

    def _table(self, table: KnownTable) -> Any:
        columns = [
            self._types.SimpleColumn(name=name, type=self._type(kind))
            for name, type_name in table.columns.items()
            if (kind := parse_type(type_name or "")) is not None
        ]
        columns += [
            self._types.SimpleColumn(
                name=name, type=self._type(parse_type(type_name)), is_pseudo_column=True
            )
            for name, type_name in table.pseudo_columns.items()
        ]
        return self._types.SimpleTable(name=table.name, column=columns)

    def _type(self, kind: BigQueryType | None) -> Any:
        types = self._types
        if kind is None:
            raise ValueError("a type that BigQuery does not have")
        if kind.name == "ARRAY":
            return types.Type(
                type_kind=types.TypeKind.TYPE_ARRAY,
                array_type=types.ArrayType(element_type=self._type(kind.inner[0])),
            )
        if kind.name == "RANGE":
            return types.Type(
                type_kind=types.TypeKind.TYPE_RANGE,
                range_type=types.RangeType(element_type=self._type(kind.inner[0])),
            )
        if kind.name == "STRUCT":
            fields = [
                types.StructField(field_name=name, field_type=self._type(inner))
                for name, inner in zip(kind.fields, kind.inner, strict=True)
            ]
            return types.Type(
                type_kind=types.TypeKind.TYPE_STRUCT, struct_type=types.StructType(field=fields)
            )
        return types.Type(type_kind=types.TypeKind[_KINDS[kind.name]])

    def _name(self, found: Any) -> str:
        """A type of the analyzer's in BigQuery's words."""
        kind: str = self._types.TypeKind(found.type_kind).name
        if kind == "TYPE_ARRAY":
            return f"ARRAY<{self._name(found.array_type.element_type)}>"
        names = {theirs: ours for ours, theirs in _KINDS.items()}
        return names.get(kind, kind.removeprefix("TYPE_"))


def _rejected(raw: str) -> Answer:
    """``Code: 3, Message: ... [at 2:5]``, of several lines, most of them on signatures."""
    place = _PLACE.search(raw)
    first, *more = _PLACE.sub("", raw.partition("Message: ")[2] or raw).splitlines() or ["rejected"]
    said = [line.strip() for line in more if line.strip().startswith("Argument types")]
    return Answer(
        rejection="; ".join([first, *said]), line=None if place is None else int(place.group(1))
    )
