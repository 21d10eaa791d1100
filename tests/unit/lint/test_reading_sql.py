"""What lint reads out of SQL: the columns that it returns, the line that it came from, its types."""

from __future__ import annotations

from itertools import pairwise

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from plumbline.lint.cycles import find_cycles
from plumbline.lint.source_lines import SourceLines
from plumbline.lint.sql_columns import qualify_query
from plumbline.warehouse.types import KNOWN, parse_type

TABLES = {"games": ("game_id", "day"), "days": ("day", "Season"), "players": ("player", "team")}


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("select a, b as c, t.d, 1 + 1 as e from x as t", ("a", "c", "d", "e")),
        ("select 1", ()),
        ("select * from games", ("game_id", "day")),
        ("select * from unknown", None),
        ("select a.* from unknown as u, games as a", ("game_id", "day")),
        ("select * except (day) from games", ("game_id",)),
        ("select * except (DAY) from games", ("game_id",)),
        ("select * replace (1 as day) from games", ("game_id", "day")),
        ("select *, 1 as one from games join days using (day)", ("game_id", "day", "Season", "one")),
        ("select * from games join players using (x)", None),
        ("select g.*, u.z from games as g join unknown as u using (game_id)", ("game_id", "day", "z")),
        ("select g.*, p.* from p.d.games as g, players as p", ("game_id", "day", "player", "team")),
        ("select Day as D, SEASON from days", ("D", "SEASON")),
        ("select s.* from (select struct(1 as a, 2 as b) as s)", ("a", "b")),
        ("select * from games pivot(count(*) for day in ('mo', 'tu'))", ("game_id", "mo", "tu")),
        ("select a, a from x", ("a",)),
        ("select u.* from unknown as u", None),
        ("with a as (select u.*, 1 as y from unknown as u) select y, z from a", ("y", "z")),
        (
            "with a as (select g.*, u.* from games as g, unknown as u), b as (select * from games)"
            " select b.*, a.x from a, b",
            ("game_id", "day", "x"),
        ),
        ("with a as (select count(*) from games) select * from a", None),
        ("with a as (select 1 as x), b as (select *, 2 as y from a) select * from b", ("x", "y")),
        ("with games as (select 1 as x) select * from games", ("x",)),
        ("with a as (select 1 as x) select * from p.a", None),
        ("select 1 as x union all select 2", ("x",)),
        ("select * from (select 1 as x) as s", ("x",)),
        ("select x, position from unnest([1]) as x with offset as position", ("x", "position")),
        ("select * from unnest([1]) as x with offset as position", ("x", "position")),
        ("select * from unnest([1])", None),
        ("(select 1 as x)", ("x",)),
        ("with recursive a as (select 1 as x union all select x from a) select * from a", ("x",)),
    ],
)  # fmt: skip
def test_the_columns_that_a_query_returns(sql: str, columns: tuple[str, ...] | None) -> None:
    tree = sqlglot.parse_one(sql, dialect="bigquery")
    assert isinstance(tree, sqlglot.exp.Query)
    query = qualify_query(tree, lambda table: TABLES.get(table.name))
    assert (None if query is None else query.columns) == columns


@pytest.mark.parametrize(
    ("sql", "origin"),
    [
        ("select x from d.games", ("d.games", "x")),
        ("select GAME_ID as x from d.games", ("d.games", "game_id")),
        ("select * from d.games", ("d.games", "x")),
        ("select * except (x) from d.days", None),
        ("select * replace (1 as x) from d.days", None),
        ("select x + 1 as x from d.games", None),
        ("select season as x from d.games join d.days using (day)", ("d.days", "season")),
        ("select u.*, g.day as x from d.games as g, d.unknown as u", ("d.games", "day")),
        (
            "with a as (select game_id as y from d.games) select y as x from a",
            ("d.games", "game_id"),
        ),
        ("with a as (select 1 as x) select x from a", None),
        ("select x from d.games union all select x from d.days", None),
        ("select x from unnest([1]) as x", None),
        ("select y from d.games", None),
    ],
)
def test_the_column_that_a_column_is(sql: str, origin: tuple[str, str] | None) -> None:
    tables = {**TABLES, "games": (*TABLES["games"], "x"), "days": (*TABLES["days"], "x")}
    tree = sqlglot.parse_one(sql, dialect="bigquery")
    assert isinstance(tree, sqlglot.exp.Query)
    query = qualify_query(tree, lambda table: tables.get(table.name))
    assert query is not None
    found = query.origin("X")
    assert (found and (f"{found[0].db}.{found[0].name}", found[1])) == origin


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("INT64", "INT64"),
        ("numeric(5, 1)", "NUMERIC"),
        ("STRING(20)", "STRING"),
        ("integer", "INT64"),
        ("ARRAY<FLOAT64>", "ARRAY<FLOAT64>"),
        ("array< struct<a int64, b array<string>> >", "ARRAY<STRUCT<a INT64, b ARRAY<STRING>>>"),
        ("STRUCT<INT64, STRING>", "STRUCT<INT64, STRING>"),
        ("RANGE<DATE>", "RANGE<DATE>"),
    ],
)
def test_a_type_of_bigquerys(text: str, name: str) -> None:
    assert str(parse_type(text)) == name


@pytest.mark.parametrize(
    "text",
    [
        *("", "INT46", "INT64(3)", "ARRAY", "ARRAY<>", "ARRAY<INT64", "ARRAY<INT64, INT64>"),
        *("INT64 INT64", "VARCHAR", "STRUCT<>", "STRUCT<a>", "NUMERIC(a)", "INT64;"),
        "ARRAY<" * 500,
    ],
)
def test_no_type_of_bigquerys(text: str) -> None:
    assert parse_type(text) is None


@given(st.text() | st.lists(st.sampled_from([*KNOWN, "<", ">", ",", "a", "(5)", " "])).map("".join))
def test_any_text_is_a_type_or_none(text: str) -> None:
    found = parse_type(text)
    assert found is None or parse_type(str(found)) == found


TEMPLATE = """\
with {{ windows('x') }},

counted as (

    select count(*) as n
    from {{ source('a', 'b') }}

)

select * from counted"""
SQL = """\
with anchored as (
    select 1 as one
),
windows as (
    select 2 as two
),

counted as (

    select count(*) as n
    from `p`.`a`.`b`

)

select * from counted"""


@pytest.mark.parametrize(
    ("line", "origin"),
    [(1, 1), (2, 1), (5, 1), (8, 3), (10, 5), (11, 6), (15, 10), (0, 1), (99, 10)],
)
def test_a_line_of_sql_is_led_back_to_the_template(line: int, origin: int) -> None:
    assert SourceLines(TEMPLATE, SQL).origin(line) == origin


@given(st.text("ab\n ", max_size=30), st.text("ab\n ", max_size=30), st.integers())
def test_any_line_is_led_to_a_line_that_is_there(template: str, sql: str, line: int) -> None:
    assert 1 <= SourceLines(template, sql).origin(line) <= max(len(template.splitlines()), 1)


@pytest.mark.parametrize(
    ("edges", "cycles"),
    [
        ({}, []),
        ({"a": ["b"], "b": []}, []),
        ({"a": ["a"]}, [("a", "a")]),
        ({"a": ["b"], "b": ["a"]}, [("a", "b", "a")]),
        ({"c": ["a"], "a": ["b"], "b": ["c"]}, [("a", "b", "c", "a")]),
        ({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"]}, [("a", "b", "a"), ("c", "d", "c")]),
        ({"a": ["b", "nowhere"], "b": ["nowhere"]}, []),
    ],
)
def test_every_circle_is_found_once(
    edges: dict[str, list[str]], cycles: list[tuple[str, ...]]
) -> None:
    assert sorted(find_cycles(edges)) == cycles


@given(st.dictionaries(st.sampled_from("abcde"), st.lists(st.sampled_from("abcde"))))
def test_a_circle_goes_along_edges_and_back_to_its_start(edges: dict[str, list[str]]) -> None:
    for cycle in find_cycles(edges):
        assert cycle[0] == cycle[-1] == min(cycle)
        assert all(after in edges[before] for before, after in pairwise(cycle))


def test_a_long_model_is_mapped_in_seconds_though_every_line_differs() -> None:
    template, sql = (
        "\n".join(f"select {number} {word} from a where b = {number}" for number in range(900))
        for word in ("", "as c")
    )
    lines = SourceLines(template, sql)
    assert 1 <= lines.origin(900) <= 900  # a likeness of each pair of lines would take minutes
