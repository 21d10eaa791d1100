"""What comes back from BigQuery: parameters in, rows and types out, and the DataFrame for GX."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from plumbline.core.errors import WarehouseError
from plumbline.core.parameter import Parameter
from plumbline.project.targets import Target
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import QueryRequest
from plumbline.warehouse.result import JSON_NULL, ResultColumn
from plumbline.warehouse.types import parse_type

pytestmark = pytest.mark.warehouse

NOON = dt.datetime(2026, 2, 2, 12, tzinfo=dt.UTC)


PARAMETERS = [
    ("INT64", 3, 3),
    ("FLOAT64", 0.25, 0.25),
    ("STRING", "o'clock; drop table t", "o'clock; drop table t"),
    ("BOOL", True, True),
    ("DATE", dt.date(2026, 2, 2), dt.date(2026, 2, 2)),
    ("TIMESTAMP", NOON, NOON),
    ("INT64", None, None),
    ("ARRAY<INT64>", (1, 2), [1, 2]),
    ("ARRAY<STRING>", ("b", "a"), ["b", "a"]),
    ("ARRAY<STRING>", (), []),
    ("ARRAY<TIMESTAMP>", (NOON,), [NOON]),
    ("ARRAY<DATE>", (dt.date(2026, 2, 2),), [dt.date(2026, 2, 2)]),
]


@pytest.mark.parametrize(("type_", "value", "expected"), PARAMETERS)
def test_values_go_in_as_query_parameters(
    warehouse: Target, type_: str, value: object, expected: object
) -> None:
    if type_.startswith("ARRAY"):
        sql = "select array(select x from unnest(@value) as x with offset o order by o) as it"
    else:
        sql = "select @value as it"
    request = QueryRequest("parameter", sql, parameters=[Parameter("value", type_, value)])

    assert JobRunner(warehouse).run(request).rows == [{"it": expected}]


def test_rows_are_plain_python_values_and_the_schema_says_their_types(warehouse: Target) -> None:
    result = JobRunner(warehouse).run(
        QueryRequest(
            "types",
            """
            select 1 as i, 1.5 as f, numeric '1.5' as n, true as b, 'x' as s,
                   date '2026-02-02' as d, timestamp '2026-02-02 12:00:00+00' as t, [1, 2] as a
            """,
        )
    )

    assert result.rows == [
        {"i": 1, "f": 1.5, "n": Decimal("1.5"), "b": True, "s": "x",
         "d": dt.date(2026, 2, 2), "t": NOON, "a": [1, 2]}
    ]  # fmt: skip
    assert result.schema == (
        ResultColumn("i", "INT64"), ResultColumn("f", "FLOAT64"), ResultColumn("n", "NUMERIC"), ResultColumn("b", "BOOL"),
        ResultColumn("s", "STRING"), ResultColumn("d", "DATE"), ResultColumn("t", "TIMESTAMP"),
        ResultColumn("a", "ARRAY<INT64>"),
    )  # fmt: skip


def test_more_rows_than_a_page_are_all_read(warehouse: Target) -> None:
    result = JobRunner(warehouse).run(
        QueryRequest("many", "select n from unnest(generate_array(1, 25000)) as n")
    )

    assert sum(row["n"] for row in result.rows) == 25_000 * 25_001 // 2


def test_the_embedded_warehouse_does_not_say_what_it_would_have_billed(warehouse: Target) -> None:
    result = JobRunner(warehouse).run(QueryRequest("one", "select 1 as n"))

    assert result.total_bytes_billed is None
    assert result.total_bytes_processed is None


def test_no_rows_keep_their_columns(warehouse: Target) -> None:
    result = JobRunner(warehouse).run(
        QueryRequest("none", "select 1 as n, 'x' as s from unnest([1]) where false")
    )

    assert result.rows == []
    assert list(result.to_dataframe().columns) == ["n", "s"]


def test_a_json_null_is_told_from_null(warehouse: Target) -> None:
    sql = (
        "select 1 as n, json '{\"a\": null}' as doc union all select 2, json 'null' "
        "union all select 3, null order by n"
    )
    result = JobRunner(warehouse).run(QueryRequest("json", sql))

    assert result.schema == (ResultColumn("n", "INT64"), ResultColumn("doc", "JSON"))
    assert [row["doc"] for row in result.rows] == [{"a": None}, JSON_NULL, None]
    assert [row["n"] for row in result.rows] == [1, 2, 3]


def test_types_are_whole_to_the_innermost_field(warehouse: Target) -> None:
    sql = "select struct(1 as a, [struct('x' as `b c`)] as d) as s"
    (column,) = JobRunner(warehouse).run(QueryRequest("types", sql)).schema

    assert column.type == "STRUCT<`a` INT64, `d` ARRAY<STRUCT<`b c` STRING>>>"
    assert str(parse_type(column.type)) == "STRUCT<a INT64, d ARRAY<STRUCT<b c STRING>>>"


def test_two_columns_of_one_name_are_refused(warehouse: Target) -> None:
    with pytest.raises(WarehouseError, match="two columns named A"):
        JobRunner(warehouse).run(QueryRequest("twice", "select 1 as A, 2 as a"))
