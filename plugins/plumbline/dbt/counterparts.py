"""The expectation that checks what a generic test of dbt, dbt_utils or dbt_expectations checks.

Only where both agree on every row, NULLs included. Each argument of a test must be read: one that
nobody reads would change what the test means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from plumbline.core.expectation_types import FOREIGN_KEY, IS_FRESH
from plumbline.dbt.condition import row_condition
from plumbline.dbt.errors import NoCounterpartError
from plumbline.dbt.manifest import DataTest, GenericTest
from plumbline.dbt.tables import Tables
from plumbline.evaluate.condition import ConditionError, parse_condition
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.pushdown.catalogue import MEASURES
from plumbline.evaluate.text import count_groups, matches_regex
from plumbline.evaluate.vacuous import find_vacuous

HOURS = {"minute": 1 / 60, "hour": 1, "day": 24, "week": 168}
"""Of dbt's periods that have a fixed length."""

COUNT_ALL = re.compile(r"count\(\s*\*\s*\)", re.IGNORECASE)
"""dbt's own ``fail_calc``."""

_COLUMN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_WHOLE_GROUP = re.compile(r"\^?\((?!\?)[^()]*\)\$?")
"""A regex that is one group, which is part of each match."""
_SUBQUERY = re.compile(r"from\s*\(\s*select", re.IGNORECASE)

Expectation = tuple[str, dict[str, Any]]
"""Its type and arguments."""

_WITHOUT_CONDITION = (
    IS_FRESH,
    "expect_column_to_exist",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
    "expect_table_column_count_to_be_between",
    "expect_table_column_count_to_equal",
    "expect_table_columns_to_match_ordered_list",
    "expect_table_columns_to_match_set",
    "expect_table_row_count_to_equal_other_table",
)

_COUNT_ROWS = (
    "expect_column_value_lengths_to_be_between",
    "expect_column_value_lengths_to_equal",
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_null",
    "expect_column_values_to_match_like_pattern",
    "expect_column_values_to_match_regex",
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_not_match_like_pattern",
    "expect_column_values_to_not_match_regex",
    FOREIGN_KEY,
)
"""Of sets and of unique values dbt counts distinct values."""

_ONE_ROW = frozenset(
    {
        IS_FRESH,
        "expect_table_row_count_to_be_between",
        "expect_table_row_count_to_equal_other_table",
        "expect_column_proportion_of_non_null_values_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
        *(
            f"expect_column_{name}_to_be_between"
            for name in ("max", "mean", "median", "min", "stdev", "sum", "unique_value_count")
        ),
    }
)
"""Of which a test of dbt returns one row, if it fails."""

_REJECT_NULLS = (
    "dbt_expectations.expect_column_values_to_be_in_set",
    "dbt_expectations.expect_column_distinct_values_to_be_in_set",
    "dbt_expectations.expect_column_distinct_values_to_equal_set",
)
"""Tests of sets that a NULL fails."""

_NEED_VALUES = (
    "dbt_utils.at_least_one",
    "dbt_expectations.expect_column_distinct_values_to_contain_set",
    "dbt_expectations.expect_column_distinct_values_to_equal_set",
    "dbt_expectations.expect_column_unique_value_count_to_be_between",
    "dbt_expectations.expect_column_distinct_count_to_equal",
    "dbt_expectations.expect_column_distinct_count_to_be_greater_than",
)
"""Tests that fail in dbt where there is no value."""


@dataclass
class _Arguments:
    """The arguments of a test, each to be read once."""

    test: DataTest
    tables: Tables
    left: dict[str, Any]
    conditions: list[str] = field(default_factory=list)

    def take(self, key: str, default: Any = None) -> Any:
        """An argument as it is written."""
        value = self.left.pop(key, None)
        return default if value is None else value

    def column(self, key: str = "column_name") -> str:
        """The name of a column."""
        return _column(self.take(key))

    def columns(self, key: str) -> list[str]:
        """Names of columns."""
        return [_column(one) for one in _list(self.take(key), key)]

    def number(self, key: str) -> int | float | None:
        """A number; what else is written there is SQL."""
        value = self.take(key)
        if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value.strip()):
            value = float(value) if "." in value else int(value)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise NoCounterpartError(f"{key} is an expression: {value}")

    def values(self, key: str, quote: str) -> list[Any]:
        """A set of values: with ``quote`` they are pasted as texts, without as SQL."""
        are_texts = self.take(quote, True)
        return [_value(one, key, are_text=are_texts) for one in _list(self.take(key), key)]

    def bounds(self) -> dict[str, Any]:
        """``min_value`` and ``max_value``."""
        return {
            key: value
            for key in ("min_value", "max_value")
            if (value := self.number(key)) is not None
        }

    def condition(self, sql: str | None, *, is_pasted: bool = False) -> None:
        """Only rows that meet ``sql`` are checked; ``is_pasted``: by the macro, not by dbt."""
        found = row_condition(sql, is_pasted=is_pasted) if sql else None
        if found is not None:
            self.conditions.append(found)

    def refuse_rest(self) -> None:
        """Raises:
        NoCounterpartError: an argument was not read.
        """
        for key, value in self.left.items():
            if value not in (None, "", [], {}, False):
                raise NoCounterpartError(f"{key} has no counterpart")


Build = Callable[[_Arguments], Expectation]


def counterparts(test: DataTest, tables: Tables, macros: frozenset[str]) -> list[Expectation]:
    """The expectation that checks the same as ``test``, in a project with ``macros`` of its own;
    a second one where the test also fails on NULLs.

    Raises:
        NoCounterpartError: there is none.
    """
    generic = test.generic
    if generic is None:
        raise NoCounterpartError("it is a query")
    build = _BUILDS.get(generic.macro)
    if build is None:
        raise NoCounterpartError(f"{generic.macro} has no counterpart")
    _refuse_redefined(test, generic, macros)
    arguments = _Arguments(test, tables, dict(generic.arguments))
    type_, kwargs = build(arguments)
    arguments.condition(test.where)
    arguments.condition(arguments.take("row_condition"), is_pasted=True)
    arguments.refuse_rest()
    if type_ not in MEASURES:
        raise NoCounterpartError(f"{type_} can't be part of a suite over a table")
    if arguments.conditions:
        if type_ in _WITHOUT_CONDITION:
            raise NoCounterpartError(f"{type_} takes no condition")
        whole = " and ".join(
            f"({one})" if len(arguments.conditions) > 1 else one for one in arguments.conditions
        )
        kwargs |= {"row_condition": whole, "condition_parser": "pandas"}
    _refuse_unreadable(type_, kwargs)
    if generic.macro in _REJECT_NULLS:
        without = {key: value for key, value in kwargs.items() if key != "value_set"}
        return [(type_, kwargs), ("expect_column_values_to_not_be_null", without)]
    return [(type_, kwargs)]


def _refuse_unreadable(type_: str, kwargs: Mapping[str, Any]) -> None:
    """A run refuses the whole suite if one expectation checks nothing or can't be read."""
    vacuous = find_vacuous(type_, kwargs)
    if vacuous is not None:
        raise NoCounterpartError(f"as an expectation it checks nothing: {vacuous.what}")
    try:
        if "row_condition" in kwargs:
            parse_condition(kwargs["row_condition"])
    except ConditionError as fault:
        raise NoCounterpartError(fault.what) from None


def calculates_failures(test: DataTest) -> bool:
    """Whether dbt counts failures in a way that the expectation does not."""
    is_of_macro = test.generic is not None and test.generic.macro == "dbt_utils.equal_rowcount"
    if is_of_macro and test.fail_calc == "sum(coalesce(diff_count, 0))":
        return False
    return not COUNT_ALL.fullmatch(test.fail_calc)


def levels_of(test: DataTest, type_: str, allowed: Mapping[str, int]) -> Mapping[str, int]:
    """How many values of an expectation may fail at each severity.

    Args:
        test: what it stands for.
        type_: of the expectation.
        allowed: how many failures of the test each severity allows.

    Raises:
        NoCounterpartError: dbt counts something else, such as distinct values.
    """
    if type_ in _COUNT_ROWS or not any(allowed.values()):
        return allowed
    first = {severity: most for severity, most in allowed.items() if not most}
    if first and type_ in _ONE_ROW and COUNT_ALL.fullmatch(test.fail_calc):
        return first  # one row is never more than a number of them
    raise NoCounterpartError("warn_if or error_if is a condition without a counterpart")


def passes_without_rows(test: DataTest) -> bool:
    """Whether dbt passes the test where it finds nothing to check."""
    return test.generic is None or test.generic.macro not in _NEED_VALUES


def _refuse_redefined(test: DataTest, generic: GenericTest, macros: frozenset[str]) -> None:
    """The project may redefine the test, or what ``where`` does."""
    prefixes = ["default__", "bigquery__", *([] if generic.package else [""])]
    redefined = {f"{prefix}test_{generic.name}" for prefix in prefixes} & macros
    if redefined:
        raise NoCounterpartError(f"the project redefines {min(redefined)}")
    if (
        not _is_filtered_as_usual(test)
        and {f"{prefix}get_where_subquery" for prefix in ("", *prefixes)} & macros
    ):
        raise NoCounterpartError("the project redefines get_where_subquery")


def _is_filtered_as_usual(test: DataTest) -> bool:
    """Whether the compiled SQL reads the table as dbt's own `get_where_subquery` has it."""
    sql = " ".join((test.compiled or "").split())
    if test.where:
        return f"where {' '.join(test.where.split())}) dbt_subquery" in sql
    return bool(sql) and not _SUBQUERY.search(sql)


def _column(written: object) -> str:
    name = str(written).strip().strip("`") if written is not None else ""
    if not _COLUMN.fullmatch(name):
        raise NoCounterpartError(f"{written!r} is an expression, not a column")
    return name


def _list(written: object, key: str) -> list[Any]:
    if not isinstance(written, list) or not written:
        raise NoCounterpartError(f"{key} is not a list")
    return written


def _value(written: object, key: str, *, are_text: bool) -> Any:
    text = str(written)
    if are_text:
        if re.search(r"['\\]|\{\{", text):
            raise NoCounterpartError(f"{key} holds a quote, a backslash or Jinja: {text}")
        return text
    if isinstance(written, int | float):
        return written
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if found := re.fullmatch(r"'([^'\\]*)'|\"([^\"\\]*)\"", text):
        return found[1] if found[1] is not None else found[2]
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise NoCounterpartError(f"{key} holds an expression: {text}")


# dbt's own, and those of dbt_utils that have another name than in Great Expectations


def _of_column(type_: str, **kwargs: Any) -> Build:
    return lambda given: (type_, {"column": given.column(), **kwargs})


def _in_set(type_: str, values: str = "values", quote: str = "quote") -> Build:
    def build(given: _Arguments) -> Expectation:
        return type_, {"column": given.column(), "value_set": given.values(values, quote)}

    return build


def _relationships(given: _Arguments) -> Expectation:
    other = given.tables.name(given.tables.find(given.take("to")))
    kwargs = {
        "column": given.column(),
        "to_table": other,
        "to_column": given.column("field"),
    }
    given.condition(given.take("from_condition"), is_pasted=True)
    if str(given.take("to_condition", "1=1")).replace(" ", "") != "1=1":
        raise NoCounterpartError("to_condition has no counterpart")
    return FOREIGN_KEY, kwargs


def _accepted_range(given: _Arguments) -> Expectation:
    kwargs = {"column": given.column(), **given.bounds()}
    if not given.take("inclusive", True):
        kwargs |= _strict(kwargs)
    return "expect_column_values_to_be_between", kwargs


def _strict(bounds: Mapping[str, Any]) -> dict[str, bool]:
    return {f"strict_{end}": True for end in ("min", "max") if f"{end}_value" in bounds}


def _recency(column: str) -> Build:
    def build(given: _Arguments) -> Expectation:
        period, interval = str(given.take("datepart")).strip("'\""), given.number("interval")
        if period not in HOURS or interval is None:
            raise NoCounterpartError(f"{interval} {period} is not a fixed time")
        return IS_FRESH, {"column": given.column(column), "max_hours": hours(interval, period)}

    return build


def hours(number: float, period: str) -> int | float:
    """``number`` of dbt's periods in hours."""
    found = number * HOURS[period]
    return int(found) if float(found).is_integer() else found


def _non_null_share(given: _Arguments) -> Expectation:
    kwargs: dict[str, Any] = {"column": given.column()}
    for key, written in (("min_value", "at_least"), ("max_value", "at_most")):
        if (share := given.number(written)) is not None:
            kwargs[key] = share
    return "expect_column_proportion_of_non_null_values_to_be_between", kwargs


def _not_empty_string(given: _Arguments) -> Expectation:
    # What BigQuery's TRIM takes away: Unicode's white space.
    blank = r"^[\s\p{Z}\x{0B}\x{85}]*$" if given.take("trim_whitespace", True) else "^$"
    return "expect_column_values_to_not_match_regex", {"column": given.column(), "regex": blank}


def _unique_combination(given: _Arguments) -> Expectation:
    columns = given.columns("combination_of_columns")
    given.take("quote_columns")
    if len(columns) == 1:
        raise NoCounterpartError("of one column, NULLs would be duplicates")
    return "expect_compound_columns_to_be_unique", {
        "column_list": columns,
        "ignore_row_if": "never",
    }


_COMPARISON = re.compile(r"(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)")


def _expression_is_true(given: _Arguments) -> Expectation:
    """Of a column and a number, or of comparisons; any other expression is a query."""
    expression = str(given.take("expression")).strip()
    if not given.left.get("column_name"):
        given.condition(f"not ({expression})")
        return "expect_table_row_count_to_equal", {"value": 0}
    found = _COMPARISON.fullmatch(expression)
    if found is None:
        raise NoCounterpartError(f"it is an expression: {expression}")
    end = "min" if found[1].startswith(">") else "max"
    number = float(found[2]) if "." in found[2] else int(found[2])
    kwargs = {"column": given.column(), f"{end}_value": number}
    return "expect_column_values_to_be_between", kwargs | (
        {} if found[1].endswith("=") else {f"strict_{end}": True}
    )


def _same_row_count(given: _Arguments) -> Expectation:
    if given.take("factor", 1) != 1:
        raise NoCounterpartError("factor has no counterpart")
    other = given.tables.name(given.tables.find(given.take("compare_model")))
    return "expect_table_row_count_to_equal_other_table", {"other_table_name": other}


# dbt_expectations, whose names are those of Great Expectations


def _bounded(type_: str, column: str | None = "column_name") -> Build:
    def build(given: _Arguments) -> Expectation:
        kwargs: dict[str, Any] = {"column": given.column(column)} if column else {}
        kwargs |= given.bounds()
        if given.take("strictly", False):
            kwargs |= _strict(kwargs)
        return type_, kwargs

    return build


def _counted(type_: str, column: str | None = None) -> Build:
    def build(given: _Arguments) -> Expectation:
        kwargs: dict[str, Any] = {"column": given.column(column)} if column else {}
        return type_, {**kwargs, "value": given.number("value")}

    return build


def _distinct_count(**ends: int) -> Build:
    """``expect_column_distinct_count_*``: bounds are ``value`` and more."""

    def build(given: _Arguments) -> Expectation:
        value = given.number("value")
        if not isinstance(value, int):
            raise NoCounterpartError("value is not a whole number")
        kwargs = {"column": given.column(), **{key: value + more for key, more in ends.items()}}
        return "expect_column_unique_value_count_to_be_between", kwargs

    return build


def _pattern(type_: str, key: str) -> Build:
    def build(given: _Arguments) -> Expectation:
        pattern = str(given.take(key))
        if "{{" in pattern or given.take("flags"):
            raise NoCounterpartError(f"{key} has flags or Jinja")
        if "\\" in pattern.replace("\\\\", "") or "'" in pattern:
            if not given.left.get("is_raw"):
                # As text of SQL it would mean something else, such as \\n.
                raise NoCounterpartError(f"{key} has an escape of SQL: {pattern}")
        elif not given.left.get("is_raw"):
            pattern = pattern.replace("\\\\", "\\")
        given.take("is_raw")
        if key == "regex":
            _refuse_position(pattern)
        return type_, {"column": given.column(), key: pattern}

    return build


def _refuse_position(regex: str) -> None:
    """dbt_expectations tests ``regexp_instr(x, 'regex') > 0``. It is 0 for an empty text, even if
    the regex matches it, and for a group that isn't part of the match.
    """
    try:
        groups = count_groups(regex)
        [matches_empty] = matches_regex([""], regex)
    except EvaluationError as fault:
        raise NoCounterpartError(str(fault)) from None
    if groups and not _WHOLE_GROUP.fullmatch(regex):
        raise NoCounterpartError(f"dbt asks for the position of the group in the regex: {regex}")
    if matches_empty:
        raise NoCounterpartError(f"the regex matches an empty text, where dbt finds none: {regex}")


def _typed(type_: str, key: str, written: str) -> Build:
    def build(given: _Arguments) -> Expectation:
        value = given.take(written)
        if "{{" in str(value):
            raise NoCounterpartError(f"{written} holds Jinja")
        types = (
            [str(one).upper() for one in _list(value, written)]
            if isinstance(value, list)
            else str(value).upper()
        )
        return type_, {"column": given.column(), key: types}

    return build


def _columns(type_: str, key: str, **kwargs: Any) -> Build:
    def build(given: _Arguments) -> Expectation:
        if given.take("transform", "upper") not in ("upper", "lower"):
            raise NoCounterpartError("transform has no counterpart: BigQuery ignores case")
        return type_, {key: given.columns("column_list"), **kwargs}

    return build


def _column_exists(given: _Arguments) -> Expectation:
    if given.take("transform", "upper") not in ("upper", "lower"):
        raise NoCounterpartError("transform has no counterpart: BigQuery ignores case")
    return "expect_column_to_exist", {"column": given.column()}


def _pair(type_: str) -> Build:
    def build(given: _Arguments) -> Expectation:
        kwargs = {
            "column_A": given.column("column_A"),
            "column_B": given.column("column_B"),
            "ignore_row_if": "either_value_is_missing",
        }
        return type_, kwargs | ({"or_equal": True} if given.take("or_equal") else {})

    return build


def _unique_together(given: _Arguments) -> Expectation:
    given.take("quote_columns")
    ignored = given.take("ignore_row_if", "all_values_are_missing")
    columns = given.columns("column_list")
    kwargs = {"column_list": columns, "ignore_row_if": ignored}
    return "expect_compound_columns_to_be_unique", kwargs


def _of_expectations() -> Iterator[tuple[str, Build]]:
    for name in ("to_be_null", "to_not_be_null", "to_be_unique"):
        yield f"expect_column_values_{name}", _of_column(f"expect_column_values_{name}")
    for name in (
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_not_be_in_set",
        "expect_column_distinct_values_to_be_in_set",
        "expect_column_distinct_values_to_contain_set",
        "expect_column_distinct_values_to_equal_set",
    ):
        yield name, _in_set(name, "value_set", "quote_values")
    for aggregate in ("min", "max", "mean", "median", "sum", "stdev", "unique_value_count"):
        name = f"expect_column_{aggregate}_to_be_between"
        yield name, _bounded(name)
    for name in (
        "expect_column_values_to_be_between",
        "expect_column_value_lengths_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
    ):
        yield name, _bounded(name)
    for name in (
        "expect_table_row_count_to_be_between",
        "expect_table_column_count_to_be_between",
    ):
        yield name, _bounded(name, None)
    for name in ("expect_table_row_count_to_equal", "expect_table_column_count_to_equal"):
        yield name, _counted(name)
    name = "expect_column_value_lengths_to_equal"
    yield name, _counted(name, "column_name")
    for key in ("regex", "like_pattern"):
        for verb in ("match", "not_match"):
            name = f"expect_column_values_to_{verb}_{key}"
            yield name, _pattern(name, key)
    yield "expect_column_distinct_count_to_equal", _distinct_count(min_value=0, max_value=0)
    yield "expect_column_distinct_count_to_be_greater_than", _distinct_count(min_value=1)
    yield "expect_column_distinct_count_to_be_less_than", _distinct_count(max_value=-1)
    name = "expect_column_values_to_be_of_type"
    yield name, _typed(name, "type_", "column_type")
    name = "expect_column_values_to_be_in_type_list"
    yield name, _typed(name, "type_list", "column_type_list")
    matches = "expect_table_columns_to_match_set"
    yield matches, _columns(matches, "column_set")
    contains = "expect_table_columns_to_contain_set"
    yield contains, _columns(matches, "column_set", exact_match=False)
    name = "expect_table_columns_to_match_ordered_list"
    yield name, _columns(name, "column_list")
    yield "expect_column_to_exist", _column_exists
    yield "expect_compound_columns_to_be_unique", _unique_together
    for name in (
        "expect_column_pair_values_A_to_be_greater_than_B",
        "expect_column_pair_values_to_be_equal",
    ):
        yield name, _pair(name.lower())
    yield "expect_table_row_count_to_equal_other_table", _same_row_count
    yield "expect_row_values_to_have_recent_data", _recency("column_name")


_BUILDS: Mapping[str, Build] = {
    "not_null": _of_column("expect_column_values_to_not_be_null"),
    "unique": _of_column("expect_column_values_to_be_unique"),
    "accepted_values": _in_set("expect_column_values_to_be_in_set"),
    "relationships": _relationships,
    "dbt_utils.relationships_where": _relationships,
    "dbt_utils.not_accepted_values": _in_set("expect_column_values_to_not_be_in_set"),
    "dbt_utils.accepted_range": _accepted_range,
    "dbt_utils.expression_is_true": _expression_is_true,
    "dbt_utils.equal_rowcount": _same_row_count,
    "dbt_utils.recency": _recency("field"),
    # A column of NULLs alone has no other expectation that sees it.
    "dbt_utils.at_least_one": _of_column(
        "expect_column_proportion_of_non_null_values_to_be_between", min_value=0, strict_min=True
    ),
    "dbt_utils.not_constant": _of_column(
        "expect_column_unique_value_count_to_be_between", min_value=2
    ),
    "dbt_utils.not_null_proportion": _non_null_share,
    "dbt_utils.not_empty_string": _not_empty_string,
    "dbt_utils.unique_combination_of_columns": _unique_combination,
    **{f"dbt_expectations.{name}": build for name, build in _of_expectations()},
}
