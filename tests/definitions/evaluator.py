"""The second witness: Google's own analyzer and reference evaluator (ZetaSQL, in WebAssembly).

It gets the SQL as BigQuery would, with typed query parameters. Only tables are parameters, too: arrays
of rows with the tables' real types, because a query is analyzed once that reads no table's content.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from struct import pack, unpack
from typing import Any

from dateutil.relativedelta import relativedelta
from zetasql.core.local_service import ZetaSqlLocalService
from zetasql.types import (
    AnalyzerOptions,
    ArrayType,
    LanguageOptions,
    ProductMode,
    SimpleCatalog,
    StructField,
    StructType,
    Type,
    TypeKind,
    ZetaSQLBuiltinFunctionOptions,
)
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2
from zetasql.wasi._pb2.zetasql.public.value_pb2 import ValueProto

from definitions.cases import PROJECT, Answer
from definitions.tables import World
from plumbline.models import CompiledModel
from support.compiled_zetasql import compiled_zetasql
from support.source_tables import read_source_tables

_EPOCH = date(1970, 1, 1)
_SCALES = {"NUMERIC": 9, "BIGNUMERIC": 38}
_DIGITS = Context(prec=120)
_KINDS = {
    "BOOL": TypeKind.TYPE_BOOL,
    "INT64": TypeKind.TYPE_INT64,
    "FLOAT64": TypeKind.TYPE_DOUBLE,
    "NUMERIC": TypeKind.TYPE_NUMERIC,
    "BIGNUMERIC": TypeKind.TYPE_BIGNUMERIC,
    "INTERVAL": TypeKind.TYPE_INTERVAL,
    "TIME": TypeKind.TYPE_TIME,
    "DATETIME": TypeKind.TYPE_DATETIME,
    "STRING": TypeKind.TYPE_STRING,
    "DATE": TypeKind.TYPE_DATE,
    "TIMESTAMP": TypeKind.TYPE_TIMESTAMP,
}


class Evaluator:
    """Google's evaluator, loaded once a session."""

    name = "evaluator"
    project = "evaluated-project"

    def __init__(self) -> None:
        with compiled_zetasql():
            # the one that its own options ask too
            self.service = ZetaSqlLocalService.get_instance()
        language = LanguageOptions.maximum_features()
        language.product_mode = ProductMode.PRODUCT_EXTERNAL
        self.language = language
        self._queries: dict[tuple[str, str], Any] = {}
        self.tables = {
            table.key: table for table in read_source_tables(PROJECT.root / "models/sources.yml")
        }

    def ask(self, model: CompiledModel, world: World) -> list[Answer]:
        """The rows of ``model`` over ``world``."""
        response = self._evaluate(model, world)
        columns = self._prepared(model).columns
        return [
            {
                column.name: _python(cell, column.type)
                for column, cell in zip(columns, row.cell, strict=True)
            }
            for row in response.content.table_data.row
        ]

    def columns(self, model: CompiledModel, world: World) -> list[tuple[str, str]]:
        """Name and type of each column of the answer."""
        names = {kind: name for name, kind in _KINDS.items()}
        return [
            (column.name, names[TypeKind(column.type.type_kind)])
            for column in self._prepared(model).columns
        ]

    def _evaluate(self, model: CompiledModel, world: World) -> Any:
        request = local_service_pb2.EvaluateQueryRequest(
            prepared_query_id=self._prepared(model).prepared_query_id
        )
        for p in model.parameters:
            request.params.add(name=p.name, value=_value(p.value, p.type))
        for key in model.sources:
            rows = request.params.add(name=_parameter(key)).value
            rows.array_value.SetInParent()
            for row in world.tables.get(key, []):
                cells = [_value(row.get(name), kind) for name, kind in self.tables[key].columns]
                rows.array_value.element.add().struct_value.field.extend(cells)
        return self._ask("EvaluateQuery", request, local_service_pb2.EvaluateQueryResponse)

    def _prepared(self, model: CompiledModel) -> Any:
        """The analyzed query; the analysis is most of what an evaluation costs."""
        sql = model.sql
        for key in model.sources:
            dataset, table = key.split(".")
            path = f"`{self.project}`.`{dataset}`.`{table}`"
            assert path in sql, f"{path} is not in the SQL"
            sql = sql.replace(path, f"(select * from unnest(@{_parameter(key)}))")
        types = {p.name: _type(p.type) for p in model.parameters}
        types |= {_parameter(key): self._rows(key) for key in model.sources}
        known = sql, str(types)
        if known not in self._queries:
            options = AnalyzerOptions(
                language_options=self.language,
                default_timezone="UTC",
                query_parameters=[
                    AnalyzerOptions.QueryParameter(name=name, type=kind)
                    for name, kind in types.items()
                ],
            )
            catalog = SimpleCatalog(
                name="catalog",
                builtin_function_options=ZetaSQLBuiltinFunctionOptions(
                    language_options=self.language
                ),
            )
            request = local_service_pb2.PrepareQueryRequest(
                sql=sql, options=options.to_proto(), simple_catalog=catalog.to_proto()
            )
            answer = self._ask("PrepareQuery", request, local_service_pb2.PrepareQueryResponse)
            self._queries[known] = answer.prepared
        return self._queries[known]

    def _rows(self, key: str) -> Type:
        fields = [
            StructField(field_name=name, field_type=_type(kind))
            for name, kind in self.tables[key].columns
        ]
        return _array_of(Type(type_kind=TypeKind.TYPE_STRUCT, struct_type=StructType(field=fields)))

    def _ask(self, what: str, request: Any, answer: type[Any]) -> Any:
        return self.service.wasm_client.call_grpc_func(
            f"ZetaSqlLocalService_{what}", request, answer
        )


def _parameter(key: str) -> str:
    """The query parameter that holds a table's rows."""
    return key.replace(".", "__").replace("*", "all")


def _array_of(element: Type) -> Type:
    return Type(type_kind=TypeKind.TYPE_ARRAY, array_type=ArrayType(element_type=element))


def _type(name: str) -> Type:
    if name.startswith("ARRAY<"):
        return _array_of(_type(name[6:-1]))
    return Type(type_kind=_KINDS[re.sub(r"\(.*", "", name)])


def _value(value: Any, kind: str) -> ValueProto:
    proto = ValueProto()
    if value is None:
        return proto
    if kind.startswith("ARRAY<"):
        proto.array_value.SetInParent()
        proto.array_value.element.extend(_value(item, kind[6:-1]) for item in value)
    elif kind == "BOOL":
        proto.bool_value = value
    elif kind == "INT64":
        proto.int64_value = value
    elif kind == "FLOAT64":
        proto.double_value = value
    elif kind == "STRING":
        proto.string_value = value
    elif kind == "DATE":
        proto.date_value = (value - _EPOCH).days
    elif kind == "TIMESTAMP":
        proto.timestamp_value.FromDatetime(value)
    elif kind in _SCALES:
        number = int(value.scaleb(_SCALES[kind], _DIGITS))
        size = number.bit_length() // 8 + 1
        setattr(proto, f"{kind.lower()}_value", number.to_bytes(size, "little", signed=True))
    elif kind == "TIME":
        proto.time_value = _clock(value) << 30 | value.microsecond * 1000
    elif kind == "DATETIME":
        days = (value.year << 9 | value.month << 5 | value.day) << 17
        proto.datetime_value.bit_field_datetime_seconds = days | _clock(value)
        proto.datetime_value.nanos = value.microsecond * 1000
    elif kind == "INTERVAL":
        months = value.years * 12 + value.months << 13
        clock = ((value.hours * 60 + value.minutes) * 60 + value.seconds) * 10**6
        proto.interval_value = pack("<qii", clock + value.microseconds, value.days, months)
    else:
        raise NotImplementedError(f"no test needs a value of type {kind}")
    return proto


def _clock(value: time | datetime) -> int:
    return value.hour << 12 | value.minute << 6 | value.second


def _time_of(packed: int, nanos: int) -> time:
    return time(packed >> 12 & 31, packed >> 6 & 63, packed & 63, nanos // 1000)


def _python(value: ValueProto, kind: Any) -> Any:
    found = value.WhichOneof("value")
    if found is None:
        return None
    if found == "date_value":
        return _EPOCH + timedelta(days=value.date_value)
    if found == "timestamp_value":
        return value.timestamp_value.ToDatetime(tzinfo=UTC)
    if found.removesuffix("_value").upper() in _SCALES:
        number = int.from_bytes(getattr(value, found), "little", signed=True)
        return Decimal(number).scaleb(-_SCALES[found.removesuffix("_value").upper()], _DIGITS)
    if found == "time_value":
        return _time_of(value.time_value >> 30, value.time_value & (1 << 30) - 1)
    if found == "datetime_value":
        packed = value.datetime_value.bit_field_datetime_seconds
        days = packed >> 17
        on = date(days >> 9, days >> 5 & 15, days & 31)
        return datetime.combine(on, _time_of(packed, value.datetime_value.nanos))
    if found == "interval_value":
        micros, days, months = unpack("<qii", value.interval_value)
        return relativedelta(months=months >> 13, days=days, microseconds=micros)
    if found == "range_value":
        return {
            "start": _python(value.range_value.start, kind),
            "end": _python(value.range_value.end, kind),
        }
    if found == "array_value":
        return [_python(one, kind.array_type.element_type) for one in value.array_value.element]
    if found == "struct_value":
        cells = zip(kind.struct_type.field, value.struct_value.field, strict=True)
        return {field.field_name: _python(cell, field.field_type) for field, cell in cells}
    return getattr(value, found)
