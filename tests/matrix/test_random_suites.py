"""Random tables and suites: plumbline's verdicts are those of a SQL statement of each expectation.

The statements run in DuckDB, in this process. It differs from BigQuery where these statements say
so in words of their own: in DuckDB NaN equals itself and is above every number, and the mean of a
DECIMAL is a float. (Its regexes are RE2, its DECIMAL is exact, and NULL is NULL.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.cells import verdict
from matrix.judged import judge_suite
from plumbline.warehouse.result import ResultColumn

SCHEMA = (
    ResultColumn("i", "INT64"),
    ResultColumn("f", "FLOAT64"),
    ResultColumn("n", "NUMERIC"),
    ResultColumn("s", "STRING"),
    ResultColumn("d", "DATE"),
    ResultColumn("b", "BOOL"),
)
_DUCKDB = {
    "INT64": "bigint", "FLOAT64": "double", "NUMERIC": "decimal(38, 9)", "STRING": "varchar",
    "DATE": "date", "BOOL": "boolean",
}  # fmt: skip
_TYPES = {column.name: column.type for column in SCHEMA}
_NUMBERS = ("i", "f", "n")
_BOUNDED = (*_NUMBERS, "d")
_COMPARED = (*_BOUNDED, "s")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """An expectation, and the statement of it in SQL over the table ``t``."""

    type: str
    kwargs: Mapping[str, Any]
    looked_at: str
    """Counts what is judged."""
    judged: str
    """Counts what is unexpected, or says whether the whole is as expected."""
    where: str


@dataclass(frozen=True)
class Where:
    """A condition on rows: as a suite writes it, and in SQL."""

    suite: Any
    sql: str


# Tables

_FLOATS = ("nan", "nan", "-0.0", "0.0", "0.5", "2.25", "inf", "-inf")
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "i": st.sampled_from([-1, 0, 1, 2, 3, 2**53, 2**53 + 1]),
    "f": st.sampled_from(_FLOATS).map(float),  # no two NaN are the same object
    "n": st.sampled_from([Decimal(text) for text in ("-1", "0", "0.1", "0.2", "0.3", "1", "2.5")]),
    "s": st.sampled_from(["", "a", "b", "ab", "A", "é", "a\n"]),
    "d": st.integers(0, 3).map(lambda days: date(2024, 2, 28) + timedelta(days=days)),
    "b": st.booleans(),
}
_ROW = st.fixed_dictionaries(
    {name: st.one_of(values, values, st.none()) for name, values in _VALUES.items()}
)
_ROWS = st.sampled_from([0, 1, 2, 3, 5, 8]).flatmap(
    lambda count: st.lists(_ROW, min_size=count, max_size=count)
)


# What a suite may say of them


def _written(value: Any) -> Any:
    """``value`` in a suite's JSON."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _literal(name: str, value: Any) -> str:
    """``value`` in DuckDB's SQL."""
    if value is None:
        text = "null"
    elif isinstance(value, str):
        text = "'" + value.replace("'", "''") + "'"
    else:
        text = f"'{value}'"
    return f"cast({text} as {_DUCKDB[_TYPES[name]]})"


def _finite(name: str) -> st.SearchStrategy[Any]:
    values = _VALUES[name]
    return values.filter(lambda value: abs(value) < float("inf")) if name == "f" else values


def _compared(name: str, operator: str, value: Any) -> str:
    """A comparison as BigQuery makes it: NaN is neither less, nor equal, nor more."""
    plain = f"{name} {'=' if operator == '==' else operator} {_literal(name, value)}"
    if name != "f":
        return f"({plain})"
    of_nan = "true" if operator == "!=" else "false"
    return f"(case when f is null then null when isnan(f) then {of_nan} else {plain} end)"


@st.composite
def _comparison(draw: st.DrawFn) -> Where:
    name = draw(st.sampled_from(_COMPARED))
    operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
    value = draw(_finite(name))
    shown = repr(_written(value))
    return Where(f"{name} {operator} {shown}", _compared(name, operator, value))


@st.composite
def _null_test(draw: st.DrawFn) -> Where:
    name = draw(st.sampled_from(list(_TYPES)))
    if draw(st.booleans()):
        return Where(f"{name}.isnull()", f"({name} is null)")
    return Where(f"{name}.notnull()", f"({name} is not null)")


def _joined(inner: st.SearchStrategy[Where]) -> st.SearchStrategy[Where]:
    def both(pair: tuple[Where, Where], word: str) -> Where:
        one, other = pair
        return Where(f"({one.suite} {word} {other.suite})", f"({one.sql} {word} {other.sql})")

    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda pair: both(pair, "and")),
        pairs.map(lambda pair: both(pair, "or")),
        inner.map(lambda one: Where(f"(not {one.suite})", f"(not {one.sql})")),
    )


_WHERE = st.recursive(_comparison() | _null_test(), _joined, max_leaves=4)
_MOSTLY = st.none() | st.sampled_from([0.25, 0.5, 0.75, 0.9, 1])


def _each(name: str, predicate: str) -> tuple[str, str]:
    return (
        f"count({name})",
        f"count(*) filter (where {name} is not null and not coalesce({predicate}, false))",
    )


@st.composite
def _checks(draw: st.DrawFn) -> list[Check]:
    """One of each type."""
    return [_check(draw, kind) for kind in _MADE]


def _check(draw: st.DrawFn, kind: str) -> Check:
    names, make = _MADE[kind]
    name = draw(st.sampled_from(names))
    kwargs, looked_at, judged = make(draw, name)
    where = draw(st.one_of(st.none(), st.none(), _WHERE))
    kwargs = {"column": name, **kwargs}
    if where is not None:
        kwargs |= {"row_condition": where.suite, "condition_parser": "pandas"}
    return Check(kind, kwargs, looked_at, judged, where.sql if where else "true")


def _mostly(draw: st.DrawFn) -> dict[str, Any]:
    mostly = draw(_MOSTLY)
    return {} if mostly is None else {"mostly": mostly}


def _not_null(draw: st.DrawFn, name: str) -> Any:
    return _mostly(draw), "count(*)", f"count(*) filter (where {name} is null)"


def _unique(draw: st.DrawFn, name: str) -> Any:
    twice = f"(select coalesce(sum(c), 0) from (select count(*) as c from t where {name} is not null group by {name}) where c > 1)"
    return _mostly(draw), f"count({name})", twice


def _in_set(draw: st.DrawFn, name: str) -> Any:
    return _set(draw, name, "")


def _not_in_set(draw: st.DrawFn, name: str) -> Any:
    return _set(draw, name, "not")


def _set(draw: st.DrawFn, name: str, negated: str) -> Any:
    values = draw(st.lists(_finite(name), min_size=1, max_size=4))
    listed = ", ".join(_literal(name, value) for value in values)
    kwargs = {"value_set": [_written(value) for value in values], **_mostly(draw)}
    return kwargs, *_each(name, f"{negated} {name} in ({listed})")


def _bounds(draw: st.DrawFn, name: str) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Arguments, and what they say: comparisons that must hold."""
    low, high = draw(_finite(name)), draw(_finite(name))
    has = draw(st.sampled_from(["both", "low", "high"]))
    kwargs: dict[str, Any] = {}
    held = []
    for argument, value, strict, sign in (
        ("min_value", low, "strict_min", ">"),
        ("max_value", high, "strict_max", "<"),
    ):
        if has == {"min_value": "high", "max_value": "low"}[argument]:
            continue
        kwargs[argument] = _written(value)
        is_strict = draw(st.booleans())
        if is_strict:
            kwargs[strict] = True
        held.append((sign if is_strict else f"{sign}=", value))
    return kwargs, held


def _between(draw: st.DrawFn, name: str) -> Any:
    kwargs, held = _bounds(draw, name)
    predicate = " and ".join(_compared(name, operator, value) for operator, value in held)
    return {**kwargs, **_mostly(draw)}, *_each(name, predicate)


def _regex(draw: st.DrawFn, name: str) -> Any:
    regex = draw(st.sampled_from(["^a", "b$", "^[[:alpha:]]$", r"^\w*$", "^.$", "a|b", "(?i)^A"]))
    return {"regex": regex, **_mostly(draw)}, *_each(name, f"regexp_matches({name}, '{regex}')")


def _aggregate(expression: str, *, scaled: bool = False) -> Any:
    """``expression`` within bounds; NaN is in none. ``scaled``: it is a sum, the bound a mean."""

    def make(draw: st.DrawFn, name: str) -> Any:
        kwargs, held = _bounds(draw, name)
        found = expression.format(name)
        factor = f" * count({name})" if scaled else ""
        within = " and ".join(
            f"{found} {operator} {_literal(name, value)}{factor}" for operator, value in held
        )
        if name == "f":
            no_number = "coalesce(bool_or(isnan(f)), false)"
            if expression.startswith("sum"):
                no_number += " or (bool_or(f = 'inf'::double) and bool_or(f = '-inf'::double))"
                # DuckDB refuses to add infinities
                finite = "sum(case when isinf(f) or isnan(f) then 0 else f end)"
                infinite = "case when bool_or(f = 'inf'::double) then 'inf'::double when bool_or(f = '-inf'::double) then '-inf'::double else 0 end"
                within = within.replace(found, f"({finite} + {infinite})")
            within = f"not ({no_number}) and {within}"
        return kwargs, f"count({name})", f"coalesce({within}, false)"

    return make


def _unique_count(draw: st.DrawFn, name: str) -> Any:
    low, high = draw(st.integers(0, 4)), draw(st.integers(1, 5))
    kwargs = {"min_value": low, "max_value": high}
    return kwargs, f"count({name})", f"count(distinct {name}) between {low} and {high}"


_ALL = [*_TYPES, "f"]  # it has the most to be mistaken about
_MADE: dict[str, tuple[list[str], Any]] = {
    "expect_column_values_to_not_be_null": (_ALL, _not_null),
    "expect_column_values_to_be_unique": (_ALL, _unique),
    "expect_column_values_to_be_in_set": (_ALL, _in_set),
    "expect_column_values_to_not_be_in_set": (_ALL, _not_in_set),
    "expect_column_values_to_be_between": (list(_BOUNDED), _between),
    "expect_column_values_to_match_regex": (["s"], _regex),
    "expect_column_max_to_be_between": (list(_BOUNDED), _aggregate("max({})")),
    "expect_column_mean_to_be_between": (["f", "n"], _aggregate("sum({})", scaled=True)),
    "expect_column_sum_to_be_between": (list(_NUMBERS), _aggregate("sum({})")),
    "expect_column_unique_value_count_to_be_between": (_ALL, _unique_count),
}


# Both sides


@pytest.fixture(scope="module")
def database() -> Any:
    """DuckDB in memory."""
    with duckdb.connect() as connection:
        yield connection


def _in_sql(database: Any, rows: Sequence[Row], checks: Sequence[Check]) -> list[str]:
    columns = ", ".join(f"{column.name} {_DUCKDB[column.type]}" for column in SCHEMA)
    database.execute(f"create or replace table every ({columns})")
    for row in rows:
        cells = ", ".join(_literal(name, row[name]) for name in _TYPES)
        database.execute(f"insert into every values ({cells})")
    found = []
    for check in checks:
        statement = (
            f"with t as (select * from every where {check.where}) "
            f"select {check.looked_at}, {check.judged} from t"
        )
        looked_at, judged = database.execute(statement).fetchone()
        judged = judged if isinstance(judged, bool) else int(judged)
        found.append(verdict(looked_at, judged, float(check.kwargs.get("mostly", 1))))
    return found


@given(rows=_ROWS, checks=_checks())
def test_a_random_suite_is_judged_as_its_sql(
    database: Any, rows: list[Row], checks: list[Check]
) -> None:
    expectations = [{"type": check.type, "kwargs": dict(check.kwargs)} for check in checks]
    judged = judge_suite(expectations, SCHEMA, rows)
    expected = _in_sql(database, rows, checks)
    for check, one, other in zip(checks, judged, expected, strict=True):
        assert one.verdict == other, f"{check.type} {check.kwargs} over {rows}: {one.reason}"
