"""The cells of the matrix: an expectation, a type of column, and what the column holds.

Each cell has a witness: a query over the same rows that says how much was looked at and how much of
it is unexpected, or that BigQuery refuses. From that follows the verdict:

ERROR   BigQuery refuses the operation for this type, nothing was looked at, or the answer is NULL
FAIL    more is unexpected than ``mostly`` allows
PASS    otherwise

NULL is left out as Great Expectations leaves it out. What remains is unexpected where its condition
is not TRUE. What no SQL can say (Python's own formats, the types of a schema, what a suite can't
write) has a verdict by hand, with its reason.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from matrix.kinds import KINDS, Kind, Value
from matrix.tables import ALL, COLUMNS, Table, mixed, tables

PASS, FAIL, ERROR = "PASS", "FAIL", "ERROR"

_DOCS = "https://cloud.google.com/bigquery/docs/reference/standard-sql"
_GX = "https://greatexpectations.io/expectations"
_STRPTIME = "https://docs.python.org/3/library/datetime.html#format-codes"
_DATEUTIL = "https://dateutil.readthedocs.io/en/stable/parser.html"
_JSON_SCHEMA = "https://json-schema.org/specification"

KINDS_BY_NAME = {kind.name: kind for kind in KINDS}
ORDERED = ("INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC", "STRING", "BYTES", "DATE", "TIME", "DATETIME", "TIMESTAMP", "INTERVAL", "BOOL", "RANGE")  # fmt: skip
GROUPED = (*ORDERED, "STRUCT", "ARRAY")
NUMBERS = ("INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC")
DATED = ("DATE", "DATETIME", "TIMESTAMP")
UNWRITABLE = ("BYTES", "RANGE", "STRUCT")
"""BigQuery compares these, but no suite can write a value of them."""
EVERY = tuple(KINDS_BY_NAME)

_CERTAIN = ("good", "all_null")
"""Of a type that BigQuery refuses, whatever the rows are."""


@dataclass(frozen=True)
class ByHand:
    """A verdict that no query gives, by condition, with its reason and where that is documented."""

    verdicts: Callable[[str], str]
    why: str
    link: str


@dataclass(frozen=True)
class Question:
    """An expectation of a type of column."""

    expectation: str
    kind: str
    kwargs: Mapping[str, Any]
    sql: str | None = None
    """Over the table ``t``: one row of ``looked_at`` and ``unexpected`` or ``success``."""
    variant: str = ""
    by_hand: ByHand | None = None
    conditions: tuple[str, ...] | None = None
    """None: all that there are of the type."""
    only_where: str = ""
    """What ``row_condition`` says, in SQL."""
    tables: Mapping[str, Table] | None = None
    """None: the tables of the type."""

    @property
    def group(self) -> str:
        """Its name in ``verdicts.json``."""
        variant = f" [{self.variant}]" if self.variant else ""
        return f"{self.expectation}{variant} / {self.kind}"

    @property
    def cells(self) -> Iterator[Cell]:
        """A cell of each condition."""
        for condition, table in (self.tables or ALL[self.kind]).items():
            if self.conditions is None or condition in self.conditions:
                yield Cell(self, condition, table)

    @cached_property
    def hash(self) -> str:
        """Changes with anything that the witness is asked."""
        parts = [[cell.condition, cell.sql, str(self.mostly)] for cell in self.cells]
        if self.by_hand:
            parts.append([self.by_hand.verdicts(cell.condition) for cell in self.cells])
            parts.append([self.by_hand.why, self.by_hand.link])
        parts.append([json.dumps(self.kwargs, sort_keys=True)])
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]

    @property
    def mostly(self) -> float:
        """The share that must be as expected."""
        return float(self.kwargs.get("mostly", 1))


@dataclass(frozen=True)
class Cell:
    """A question about one table."""

    question: Question
    condition: str
    table: Table

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.question.group} / {self.condition}"

    @property
    def sql(self) -> str:
        """The whole query of the witness."""
        if self.question.sql is None:
            return ""
        where = self.question.only_where
        rows = f"with t as ({self.table.sql})"
        if where:
            rows = f"with every as ({self.table.sql}), t as (select * from every where {where})"
        if self.question.sql.startswith("with "):
            return f"{rows}, {self.question.sql.removeprefix('with ')}"
        return f"{rows} {self.question.sql}"


@dataclass(frozen=True)
class Answer:
    """What the witness says of one cell."""

    verdict: str | None
    """None: it can't say."""
    refusal: str = ""
    """Why BigQuery does not take the query, in GoogleSQL's words."""


def verdict(looked_at: int, unexpected: int | bool | None, mostly: float) -> str:
    """What the witness's row means; a bool is the success of the whole, None is SQL's unknown."""
    if looked_at == 0 or unexpected is None:
        return ERROR
    if isinstance(unexpected, bool):
        return PASS if unexpected else FAIL
    return PASS if (looked_at - unexpected) / looked_at >= mostly else FAIL


def questions() -> list[Question]:
    """All of them."""
    return [*_single_values(), *_other_values(), *_texts(), *_order(), *_aggregates(), *_sets(), *_several_columns(), *_of_two_types(), *_types(), *_whole_tables(), *_conditions(), *_of_two_columns(), *_ours(), *_refused()]  # fmt: skip


# What the witness is asked


def _each(predicate: str, *, of: str = "x is not null") -> str:
    """Each row where ``of`` holds must meet ``predicate``."""
    return (
        f"select countif({of}) as looked_at, "
        f"countif(({of}) and ({predicate}) is not true) as unexpected from t"
    )


def _all(success: str) -> str:
    """The values that are not NULL, as a whole, must meet ``success``."""
    return f"select count(x) as looked_at, {success} as success from t"


def _in(column: str, values: Iterable[Value]) -> str:
    return f"{column} in ({', '.join(value.sql for value in values)})"


def _within(expression: str, low: str, high: str) -> str:
    return f"{expression} >= {low} and {expression} <= {high}"


def _conditions_of(kind: str, meaningful: Iterable[str]) -> tuple[str, ...] | None:
    return None if kind in meaningful else _CERTAIN


def _always(verdict_: str) -> Callable[[str], str]:
    return lambda condition: verdict_


def _unwritable(kind: Kind) -> ByHand | None:
    if kind.name not in UNWRITABLE:
        return None
    return ByHand(
        _always(ERROR), "a suite can't write a value of this type", f"{_DOCS}/lexical#literals"
    )


def _suite(values: Iterable[Value]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value.suite not in found:
            found.append(value.suite)
    return found


# Values, one by one


def _single_values() -> Iterator[Question]:
    for kind in KINDS:
        name, values = kind.name, kind.values
        column = {"column": "x"}
        yield Question("expect_column_values_to_not_be_null", name, column,
                       _each("x is not null", of="true"))  # fmt: skip
        yield Question("expect_column_values_to_not_be_null", name, {**column, "mostly": 0.6},
                       _each("x is not null", of="true"), "mostly")  # fmt: skip
        yield Question("expect_column_values_to_be_null", name, column,
                       _each("x is null", of="true"))  # fmt: skip
        yield Question(
            "expect_column_values_to_be_unique", name, column,
            "select ifnull(sum(n), 0) as looked_at, ifnull(sum(if(n > 1, n, 0)), 0) as unexpected "
            "from (select x, count(*) as n from t where x is not null group by x)",
            conditions=_conditions_of(name, GROUPED),
        )  # fmt: skip
        hand = _unwritable(kind)
        in_set = {**column, "value_set": _suite(values)}
        compared = _conditions_of(name, ORDERED if hand is None else ())
        yield Question("expect_column_values_to_be_in_set", name, in_set,
                       _each(_in("x", values)), by_hand=hand, conditions=compared)  # fmt: skip
        yield Question("expect_column_values_to_be_in_set", name, {**in_set, "mostly": 0.6},
                       _each(_in("x", values)), "mostly", hand, compared)  # fmt: skip
        yield Question("expect_column_values_to_not_be_in_set", name,
                       {**column, "value_set": _suite([kind.bad])},
                       _each(f"not {_in('x', [kind.bad])}"), by_hand=hand, conditions=compared)  # fmt: skip
        yield from _between(kind)
        yield from _outliers(kind)


def _other_values() -> Iterator[Question]:
    """Sets with a value that is none of the type, and with null."""
    others: dict[str, list[tuple[Any, str]]] = {
        "INT64": [("5", "'5'"), (True, "true")],
        "FLOAT64": [("aa", "'aa'"), (True, "true")],
        "NUMERIC": [("aa", "'aa'"), (True, "true")],
        "BIGNUMERIC": [("aa", "'aa'"), (True, "true")],
        "BOOL": [(1, "1"), ("yes", "'yes'")],
        "STRING": [(5, "5"), (True, "true")],
        "DATE": [("yesterday", "'yesterday'"), ("2024-02-30", "'2024-02-30'"), (5, "5")],
        "TIME": [("25:00:00", "'25:00:00'"), (5, "5")],
        "DATETIME": [("2024-02-28 24:00:00", "'2024-02-28 24:00:00'"), (5, "5")],
        "TIMESTAMP": [
            ("2024-02-28 00:00:00 Mars/Base", "'2024-02-28 00:00:00 Mars/Base'"),
            (5, "5"),
        ],
        "INTERVAL": [(5, "5"), (True, "true")],
    }
    name = "expect_column_values_to_be_in_set"
    never = ByHand(
        _always(ERROR), "NOT IN a set with NULL is never true", f"{_DOCS}/operators#in_operators"
    )
    for kind_name, values in others.items():
        kind = KINDS_BY_NAME[kind_name]
        for value, literal in values:
            yield Question(name, kind_name, {"column": "x", "value_set": [value]},
                           _each(f"x in ({literal})"), f"{value!r}", conditions=_CERTAIN)  # fmt: skip
        first = kind.values[:1]
        yield Question(name, kind_name, {"column": "x", "value_set": [*_suite(first), None]},
                       _each(f"x in ({first[0].sql}, null)"), "with null")  # fmt: skip
        yield Question(
            "expect_column_values_to_not_be_in_set", kind_name,
            {"column": "x", "value_set": [*_suite([kind.bad]), None]}, None, "with null", never,
            ("good", "bad", "null"),
        )  # fmt: skip


def _bounds(kind: Kind) -> tuple[str, str, dict[str, Any]]:
    """Inclusive bounds in SQL and in a suite: the type's own where a suite can write them."""
    if kind.numeric or kind.dated or kind.name in ("STRING", "TIME", "INTERVAL"):
        first, _, last = kind.values
        return first.sql, last.sql, {"min_value": first.suite, "max_value": last.suite}
    return "1", "10", {"min_value": 1, "max_value": 10}


_BOUNDED = (*NUMBERS, *DATED, "STRING", "TIME", "INTERVAL")


def _between(kind: Kind) -> Iterator[Question]:
    name = "expect_column_values_to_be_between"
    low, high, bounds = _bounds(kind)
    conditions = _conditions_of(kind.name, _BOUNDED)
    column = {"column": "x"}
    yield Question(name, kind.name, {**column, **bounds}, _each(_within("x", low, high)),
                   conditions=conditions)  # fmt: skip
    yield Question(name, kind.name, {**column, **bounds, "strict_min": True, "strict_max": True},
                   _each(f"x > {low} and x < {high}"), "strict", conditions=conditions)  # fmt: skip
    yield Question(name, kind.name, {**column, "min_value": bounds["min_value"]},
                   _each(f"x >= {low}"), "min alone", conditions=conditions)  # fmt: skip
    yield Question(name, kind.name, {**column, "max_value": bounds["max_value"], "mostly": 0.6},
                   _each(f"x <= {high}"), "max alone, mostly", conditions=conditions)  # fmt: skip
    if kind.dated and kind.name != "DATE":
        literal = kind.name.lower()
        yield Question(
            name, kind.name, {**column, "min_value": "2024-02-28", "max_value": "2024-03-02"},
            _each(_within("x", f"{literal} '2024-02-28'", f"{literal} '2024-03-02'")), "bare dates",
        )  # fmt: skip
    if kind.name in ("STRING", "TIME", "INTERVAL", *DATED):
        yield Question(name, kind.name, {**column, "min_value": 1, "max_value": 10},
                       _each(_within("x", "1", "10")), "numbers", conditions=_CERTAIN)  # fmt: skip


def _outliers(kind: Kind) -> Iterator[Question]:
    conditions = _conditions_of(kind.name, NUMBERS)
    if kind.name in ("NUMERIC", "BIGNUMERIC"):
        # deviations are floats here: what differs from the 17th digit on does not stand out
        conditions = tuple(name for name in ALL[kind.name] if name != "near")
    spread = "with s as (select avg(x) as m, stddev_samp(x) as d from t) "
    quarters = (
        "with s as (select percentile_cont(x, 0.25) over () as a, "
        "percentile_cont(x, 0.75) over () as b from t limit 1) "
    )

    def judged(before: str, predicate: str) -> str:
        # what has no spread has no outliers: Great Expectations says so, see docs/expectations.md
        return (
            f"{before}select countif(x is not null) as looked_at, "
            f"countif(x is not null and ({predicate}) is not true) as unexpected from t, s"
        )

    distance = "abs(x - s.m) / nullif(s.d, 0)"
    yield Question(
        "expect_column_value_z_scores_to_be_less_than", kind.name,
        {"column": "x", "threshold": 1.1, "double_sided": True},
        judged(spread, f"nullif(s.d, 0) is null or {distance} < 1.1"), conditions=conditions,
    )  # fmt: skip
    yield Question(
        "expect_column_value_z_scores_to_be_less_than", kind.name,
        {"column": "x", "threshold": 1.1, "double_sided": False},
        judged(spread, "nullif(s.d, 0) is null or (x - s.m) / nullif(s.d, 0) < 1.1"),
        "one side", conditions=conditions,
    )  # fmt: skip
    yield Question(
        "expect_column_values_to_not_be_outliers", kind.name,
        {"column": "x", "method": "iqr", "multiplier": 0.6},
        judged(quarters, "x >= s.a - 0.6 * (s.b - s.a) and x <= s.b + 0.6 * (s.b - s.a)"),
        "iqr", conditions=conditions,
    )  # fmt: skip
    if kind.numeric:
        yield Question(
            "expect_column_values_to_not_be_outliers", kind.name,
            {"column": "x", "method": "iqr", "multiplier": 0, "mostly": 0.3},
            judged(quarters, "x >= s.a - 0 * (s.b - s.a) and x <= s.b + 0 * (s.b - s.a)"), "iqr, multiplier: 0, mostly",
            conditions=conditions,
        )  # fmt: skip
        yield Question(
            "expect_column_values_to_not_be_outliers", kind.name,
            {"column": "x", "method": "std", "multiplier": 0, "mostly": 0.3},
            judged(spread, "s.d is null or if(s.d * 0 <= 0, x = s.m, abs(x - s.m) < s.d * 0)"),
            "std, multiplier: 0, mostly", conditions=conditions,
        )  # fmt: skip
    yield Question(
        "expect_column_values_to_not_be_outliers", kind.name,
        {"column": "x", "method": "std", "multiplier": 1.1},
        judged(spread, "s.d is null or if(s.d = 0, x = s.m, abs(x - s.m) < 1.1 * s.d)"),
        "std", conditions=conditions,
    )  # fmt: skip


# Texts


def _texts() -> Iterator[Question]:
    for kind in KINDS:
        yield from _patterns(kind)
        yield from _lengths(kind)
        if kind.name == "JSON":
            yield from _json_columns(kind)
        elif kind.name != "STRING":
            yield Question("expect_column_values_to_be_json_parseable", kind.name, {"column": "x"},
                           _each("safe.parse_json(x) is not null"), conditions=_CERTAIN)  # fmt: skip
            yield from _python_formats(kind)
    yield from _special_texts()


def _patterns(kind: Kind) -> Iterator[Question]:
    conditions = _conditions_of(kind.name, ["STRING"])
    hand = None
    if kind.name == "BYTES":
        hand = ByHand(_always(ERROR), "a suite can't write a BYTES pattern", f"{_DOCS}/operators#comparison_operators")  # fmt: skip

    def ask(what: str, kwargs: Mapping[str, Any], predicate: str, variant: str = "") -> Question:
        return Question(f"expect_column_values_to_{what}", kind.name, {"column": "x", **kwargs},
                        _each(predicate), variant, hand, conditions)  # fmt: skip

    regex = r"regexp_contains(x, r'^a[a-c]$')"
    yield ask("match_regex", {"regex": "^a[a-c]$"}, regex)
    yield ask("match_regex", {"regex": "^a[a-c]$", "mostly": 0.6}, regex, "mostly")
    yield ask("not_match_regex", {"regex": "z"}, "not regexp_contains(x, 'z')")
    one_of = "regexp_contains(x, 'a$') or regexp_contains(x, '^a')"
    yield ask("match_regex_list", {"regex_list": ["a$", "^a"], "match_on": "any"}, one_of, "any")
    yield ask("match_regex_list", {"regex_list": ["a$", "^a"], "match_on": "all"},
              one_of.replace(" or ", " and "), "all")  # fmt: skip
    yield ask("not_match_regex_list", {"regex_list": ["z", "q"]},
              "not (regexp_contains(x, 'z') or regexp_contains(x, 'q'))")  # fmt: skip
    yield ask("match_like_pattern", {"like_pattern": "a_"}, "x like 'a_'")
    yield ask("not_match_like_pattern", {"like_pattern": "%z%"}, "x not like '%z%'")
    either = "x like '%a' or x like 'a%'"
    yield ask("match_like_pattern_list", {"like_pattern_list": ["%a", "a%"], "match_on": "any"}, either, "any")  # fmt: skip
    yield ask("match_like_pattern_list", {"like_pattern_list": ["%a", "a%"], "match_on": "all"},
              either.replace(" or ", " and "), "all")  # fmt: skip
    yield ask("not_match_like_pattern_list", {"like_pattern_list": ["%z%", "q"]},
              "not (x like '%z%' or x like 'q')")  # fmt: skip


def _lengths(kind: Kind) -> Iterator[Question]:
    conditions = _conditions_of(kind.name, ["STRING", "BYTES"])
    name = "expect_column_value_lengths_to"
    yield Question(f"{name}_equal", kind.name, {"column": "x", "value": 2},
                   _each("length(x) = 2"), conditions=conditions)  # fmt: skip
    yield Question(f"{name}_be_between", kind.name, {"column": "x", "min_value": 1, "max_value": 4},
                   _each("length(x) >= 1 and length(x) <= 4"), conditions=conditions)  # fmt: skip
    yield Question(
        f"{name}_be_between", kind.name,
        {"column": "x", "min_value": 2, "strict_min": True}, _each("length(x) > 2"), "strict",
        conditions=conditions,
    )  # fmt: skip


def _json_columns(kind: Kind) -> Iterator[Question]:
    """What a text would be parsed into; ``bad`` is as good JSON as the others."""
    link = f"{_DOCS}/data-types#json_type"

    def holds(condition: str) -> str:
        return ERROR if condition in ("all_null", "empty") else PASS

    hand = ByHand(holds, "a JSON value is always JSON", link)
    yield Question("expect_column_values_to_be_json_parseable", kind.name, {"column": "x"},
                   by_hand=hand)  # fmt: skip
    schema = {"type": "object", "properties": {"a": {"maximum": 10}}}
    judged = ByHand(_good_or_bad, "JSON Schema has no SQL equivalent", _JSON_SCHEMA)
    yield Question("expect_column_values_to_match_json_schema", kind.name,
                   {"column": "x", "json_schema": schema}, by_hand=judged)  # fmt: skip


def _python_formats(kind: Kind) -> Iterator[Question]:
    formats: list[tuple[str, dict[str, Any], str]] = [
        ("match_strftime_format", {"strftime_format": "%Y-%m-%d"}, _STRPTIME),
        ("be_dateutil_parseable", {}, _DATEUTIL),
    ]
    if kind.name != "JSON":
        formats.append(("match_json_schema", {"json_schema": {"type": "object"}}, _JSON_SCHEMA))
    for name, kwargs, link in formats:
        why = "they read strings"
        yield Question(
            f"expect_column_values_to_{name}", kind.name, {"column": "x", **kwargs},
            by_hand=ByHand(_always(ERROR), why, link), conditions=_CERTAIN,
        )  # fmt: skip


def _strings(*texts: str) -> Kind:
    """STRING with other texts: low, three good ones, a bad one."""
    low, first, second, third, bad = (
        Value(json.dumps(text, ensure_ascii=False), text, text) for text in texts
    )
    string = KINDS_BY_NAME["STRING"]
    return replace(string, low=low, values=(first, second, third), bad=bad, near=None)


def _good_or_bad(condition: str) -> str:
    return {"all_null": ERROR, "empty": ERROR, "bad": FAIL, "bad_null": FAIL}.get(condition, PASS)


def _special_texts() -> Iterator[Question]:
    documents = tables(_strings("0", '{"a": 5}', '{"a": 6}', '{"a": 7}', '{"a'))
    days = tables(_strings("2023-01-01", "2024-01-05", "2024-02-29", "2024-03-01", "2024-02-30"))
    newlines = tables(_strings("a0", "aa", "ab", "ac", "ab\n"))
    letters = tables(_strings("a0", "aa", "ab", "ac", "éà"))
    wild = tables(_strings("a0", "a%", "b%", "c%", "abc"))

    def ask(what: str, kwargs: Mapping[str, Any], variant: str, rows: Mapping[str, Table],
            sql: str | None, hand: ByHand | None = None) -> Question:  # fmt: skip
        return Question(f"expect_column_values_to_{what}", "STRING", {"column": "x", **kwargs},
                        sql, variant, hand, tables=rows)  # fmt: skip

    def hand(why: str, link: str) -> ByHand:
        return ByHand(_good_or_bad, why, link)

    yield ask("be_json_parseable", {}, "", documents, _each("safe.parse_json(x) is not null"))
    yield ask("match_json_schema", {"json_schema": {"type": "object", "required": ["a"]}}, "",
              documents, None, hand("JSON Schema has no SQL equivalent", _JSON_SCHEMA))  # fmt: skip
    yield ask("match_strftime_format", {"strftime_format": "%Y-%m-%d"}, "", days, None,
              hand("the formats are Python's", _STRPTIME))  # fmt: skip
    yield ask("be_dateutil_parseable", {}, "", days, None,
              hand("dateutil has no SQL equivalent", _DATEUTIL))  # fmt: skip
    yield ask("match_regex", {"regex": "^a[a-c]$"}, "before a newline", newlines,
              _each("regexp_contains(x, r'^a[a-c]$')"))  # fmt: skip
    yield ask("match_regex", {"regex": r"^\w+$"}, r"\w is ASCII", letters,
              _each(r"regexp_contains(x, r'^\w+$')"))  # fmt: skip
    yield ask("match_regex", {"regex": "^[[:alpha:]]+$"}, "[:alpha:]", letters,
              _each("regexp_contains(x, r'^[[:alpha:]]+$')"))  # fmt: skip
    yield ask("match_regex", {"regex": r"^\p{L}+$"}, r"\p{L}", letters,
              _each(r"regexp_contains(x, r'^\p{L}+$')"))  # fmt: skip
    yield ask("match_regex", {"regex": "(?=a)"}, "no lookahead in RE2", letters,
              _each("regexp_contains(x, r'(?=a)')"))  # fmt: skip
    yield ask("match_regex", {"regex": "a("}, "malformed", letters,
              _each("regexp_contains(x, r'a(')"))  # fmt: skip
    yield ask("match_like_pattern", {"like_pattern": "_\\%"}, "backslash", wild,
              _each(r"x like r'_\%'"))  # fmt: skip
    yield ask("match_like_pattern", {"like_pattern": "a_%"}, "over a newline", newlines,
              _each("x like 'a_%'"))  # fmt: skip
    # BigQuery's LIKE has no ESCAPE; the same pattern with its own backslash
    yield ask("match_like_pattern", {"like_pattern": "_!%", "escape": "!"}, "escape", wild,
              _each(r"x like r'_\%'"))  # fmt: skip


# Order


def _order() -> Iterator[Question]:
    for kind in KINDS:
        for name, sign in (("increasing", ">"), ("decreasing", "<")):
            for strictly, operator in ((False, f"{sign}="), (True, sign)):
                yield Question(
                    f"expect_column_values_to_be_{name}", kind.name,
                    {"column": "x", "strictly": strictly},
                    "with n as (select x, row_number() over (order by id) as nr, "
                    "lag(x) over (order by id) as previous from t where x is not null) "
                    "select count(*) as looked_at, "
                    f"countif((nr = 1 or x {operator} previous) is not true) as unexpected from n",
                    "strictly" if strictly else "",
                    conditions=_conditions_of(kind.name, ORDERED),
                )  # fmt: skip


# Aggregates


def _aggregates() -> Iterator[Question]:
    for kind in KINDS:
        low, high, bounds = _bounds(kind)
        column = {"column": "x"}
        conditions = _conditions_of(kind.name, _BOUNDED)
        for name in ("max", "min"):
            yield Question(
                f"expect_column_{name}_to_be_between", kind.name, {**column, **bounds},
                _all(_within(f"{name}(x)", low, high)), conditions=conditions,
            )  # fmt: skip
            yield Question(
                f"expect_column_{name}_to_be_between", kind.name,
                {**column, **bounds, "strict_min": True, "strict_max": True},
                _all(f"{name}(x) > {low} and {name}(x) < {high}"), "strict", conditions=conditions,
            )  # fmt: skip
        yield from _statistics(kind)
        yield from _counts(kind)
        yield from _quantiles(kind)


_STATISTICS = {
    # the mean, the sum and the deviation of the good values, each as low and high
    "INT64": (("6", "6"), ("18", "18"), ("0.9", "1.1")),
    "FLOAT64": (("6.25", "6.25"), ("18.75", "18.75"), ("0.9", "1.1")),
    "NUMERIC": (("0.15", "0.15"), ("0.45", "0.45"), ("0.04", "0.06")),
    "BIGNUMERIC": (("0.15", "0.15"), ("0.45", "0.45"), ("0.04", "0.06")),
}


def _statistics(kind: Kind) -> Iterator[Question]:
    mean, total, deviation = _STATISTICS.get(kind.name, (("1", "10"),) * 3)
    conditions = _conditions_of(kind.name, NUMBERS)

    def literal(text: str) -> str:
        exact = kind.name in ("NUMERIC", "BIGNUMERIC")
        return f"{kind.type} '{text}'" if exact else text

    def between(name: str, expression: str, bounds: tuple[str, str]) -> Question:
        low, high = bounds
        kwargs = {"column": "x", "min_value": json.loads(low), "max_value": json.loads(high)}
        success = _within(expression, literal(low), literal(high))
        return Question(f"expect_column_{name}_to_be_between", kind.name, kwargs,
                        _all(success), conditions=conditions)  # fmt: skip

    yield between("mean", "avg(x)", mean)
    yield between("sum", "sum(x)", total)
    yield between("stdev", "stddev_samp(x)", deviation)
    median = Question(
        "expect_column_median_to_be_between", kind.name,
        {
            "column": "x", "min_value": round(json.loads(mean[0]) - 0.01, 2),
            "max_value": round(json.loads(mean[1]) + 0.01, 2),
        },
        "select (select count(x) from t) as looked_at, (select "
        + _within("m", f"{mean[0]} - 0.01", f"{mean[1]} + 0.01")
        + " from (select percentile_cont(x, 0.5) over () as m from t) limit 1) as success",
        conditions=conditions,
    )  # fmt: skip
    yield median


def _counts(kind: Kind) -> Iterator[Question]:
    grouped = _conditions_of(kind.name, GROUPED)
    yield Question(
        "expect_column_unique_value_count_to_be_between", kind.name,
        {"column": "x", "min_value": 3, "max_value": 3}, _all("count(distinct x) = 3"),
        conditions=grouped,
    )  # fmt: skip
    yield Question(
        "expect_column_proportion_of_unique_values_to_be_between", kind.name,
        {"column": "x", "min_value": 0.9}, _all("count(distinct x) / nullif(count(x), 0) >= 0.9"),
        conditions=grouped,
    )  # fmt: skip
    yield Question(
        "expect_column_proportion_of_non_null_values_to_be_between", kind.name,
        {"column": "x", "min_value": 0.6, "max_value": 1},
        "select count(*) as looked_at, count(x) / nullif(count(*), 0) >= 0.6 as success from t",
    )  # fmt: skip


def _quantiles(kind: Kind) -> Iterator[Question]:
    low, high, bounds = _bounds(kind)
    ranges = [[bounds["min_value"], bounds["max_value"]]] * 2
    quantiles = " and ".join(
        f"percentile_disc(x, {q}) over () >= {low} and percentile_disc(x, {q}) over () <= {high}"
        for q in (0.5, 1)
    )
    yield Question(
        "expect_column_quantile_values_to_be_between", kind.name,
        {"column": "x", "quantile_ranges": {"quantiles": [0.5, 1.0], "value_ranges": ranges}},
        f"select (select count(x) from t) as looked_at, (select {quantiles} from t limit 1) as success",
        conditions=tuple(ALL["DATE"]) if kind.name == "INTERVAL" else _conditions_of(kind.name, _BOUNDED),
    )  # fmt: skip


# Sets of values


def _sets() -> Iterator[Question]:
    for kind in KINDS:
        name, values = kind.name, kind.values
        hand = _unwritable(kind)
        conditions = _conditions_of(name, ORDERED if hand is None else ())
        kwargs = {"column": "x", "value_set": _suite(values)}
        inside = _in("x", values)
        present = " and ".join(f"countif(x = {value.sql}) > 0" for value in values)

        def ask(what: str, success: str, kwargs: Any = kwargs, kind: str = name, hand: ByHand | None = hand,
                conditions: tuple[str, ...] | None = conditions) -> Question:  # fmt: skip
            return Question(f"expect_column_distinct_values_to_{what}", kind, kwargs, _all(success), by_hand=hand, conditions=conditions)  # fmt: skip

        each = f"countif(x is not null and ({inside}) is not true) = 0"
        yield ask("be_in_set", each)
        yield ask("contain_set", present)
        yield ask("equal_set", f"{each} and {present}")
        for ties in (False, True):
            counted = "logical_or" if ties else "count(*) = 1 and logical_and"
            yield Question(
                "expect_column_most_common_value_to_be_in_set", name,
                {"column": "x", "value_set": _suite(values[1:2]), "ties_okay": ties},
                "with c as (select x, count(*) as n from t where x is not null group by x), "
                "top as (select x from c where n = (select max(n) from c)) "
                "select (select count(x) from t) as looked_at, "
                f"(select {counted}({_in('x', values[1:2])}) from top) as success",
                "ties" if ties else "", hand, conditions,
            )  # fmt: skip
        yield _divergence(kind, hand, conditions)


def _divergence(kind: Kind, hand: ByHand | None, conditions: tuple[str, ...] | None) -> Question:
    distinct = list({value.sql: value for value in kind.values}.values())
    weight = 1 / len(distinct)
    weights = " union all ".join(
        f"select {value.sql} as x, 1 / {len(distinct)} as q" for value in distinct
    )
    return Question(
        "expect_column_kl_divergence_to_be_less_than", kind.name,
        {
            "column": "x", "threshold": 0.1,
            "partition_object": {"values": _suite(distinct), "weights": [weight] * len(distinct)},
        },
        "with c as (select x, count(*) / (select count(x) from t) as p from t where x is not null group by x), "
        f"w as ({weights}) select (select count(x) from t) as looked_at, (select "
        "sum(if(w.q is null, cast('inf' as float64), c.p * ln(c.p / w.q))) < 0.1 "
        "from c left join w on c.x = w.x) as success",
        by_hand=hand, conditions=conditions,
    )  # fmt: skip


# Several columns


def _several_columns() -> Iterator[Question]:
    for kind in KINDS:
        yield from _pairs(kind)
        yield from _records(kind)


def _pairs(kind: Kind) -> Iterator[Question]:
    name = kind.name
    equal = _conditions_of(name, (*ORDERED, "STRUCT"))
    ordered = _conditions_of(name, ORDERED)
    either = "x is not null or y is not null"
    pair = {"column_A": "x", "column_B": "y"}
    yield Question("expect_column_pair_values_to_be_equal", name, pair,
                   _each("x = y", of=either), conditions=equal)  # fmt: skip
    yield Question("expect_column_pair_values_to_be_equal", name,
                   {**pair, "ignore_row_if": "either_value_is_missing"},
                   _each("x = y", of="x is not null and y is not null"), "either missing",
                   conditions=equal)  # fmt: skip
    yield Question("expect_column_pair_values_to_be_equal", name,
                   {**pair, "ignore_row_if": "neither"},
                   _each("x = y", of="true"), "neither", conditions=equal)  # fmt: skip
    lower = {"column_A": "x", "column_B": "low"}
    one = "x is not null or low is not null"
    for or_equal, sign in ((False, ">"), (True, ">=")):
        yield Question("expect_column_pair_values_a_to_be_greater_than_b", name,
                       {**lower, "or_equal": or_equal}, _each(f"x {sign} low", of=one),
                       "or equal" if or_equal else "", conditions=ordered)  # fmt: skip
    hand = _unwritable(kind)
    yield Question(
        "expect_column_pair_values_to_be_in_set", name,
        {**pair, "value_pairs_set": [[value.suite, value.suite] for value in kind.values]},
        _each(" or ".join(f"(x = {v.sql} and y = {v.sql})" for v in kind.values), of=either),
        by_hand=hand, conditions=ordered if hand is None else _CERTAIN,
    )  # fmt: skip


def _of_two_types() -> Iterator[Question]:
    """Two columns of different types: compared in the type that both can be, or refused."""
    for kind in KINDS:
        for other in KINDS:
            if other is kind:
                continue
            rows = {"mixed": mixed(kind, other)}
            of = "x is not null or y is not null"
            yield Question(
                "expect_column_pair_values_to_be_equal", kind.name,
                {"column_A": "x", "column_B": "y", "mostly": 0.5}, _each("x = y", of=of),
                f"with {other.name}", tables=rows,
            )  # fmt: skip
            yield Question(
                "expect_column_pair_values_a_to_be_greater_than_b", kind.name,
                {"column_A": "x", "column_B": "y", "or_equal": True, "mostly": 0.5},
                _each("x >= y", of=of), f"with {other.name}", tables=rows,
            )  # fmt: skip


def _records(kind: Kind) -> Iterator[Question]:
    name = kind.name
    equal = _conditions_of(name, (*ORDERED, "STRUCT"))
    either = "x is not null or y is not null"
    yield Question(
        "expect_compound_columns_to_be_unique", name, {"column_list": ["x", "y"]},
        "select ifnull(sum(n), 0) as looked_at, ifnull(sum(if(n > 1, n, 0)), 0) as unexpected "
        f"from (select x, y, count(*) as n from t where {either} group by x, y)",
        conditions=_conditions_of(name, GROUPED),
    )  # fmt: skip
    yield Question(
        "expect_multicolumn_values_to_be_equal", name, {"column_list": ["x", "y"]},
        _each("(x is null and y is null) or (x is not null and y is not null and x = y)", of=either),
        conditions=equal,
    )  # fmt: skip
    yield Question(
        "expect_select_column_values_to_be_unique_within_record", name,
        {"column_list": ["x", "low"]},
        _each("not coalesce(x = low, x is null and low is null)", of="x is not null or low is not null"),
        conditions=equal,
    )  # fmt: skip
    total = kind.total.sql if kind.total else "10"
    for ignored, kept in (
        ("", "x is not null or rest is not null"),
        ("any_value_is_missing", "x is not null and rest is not null"),
        ("never", "true"),
    ):
        yield Question(
            "expect_multicolumn_sum_to_equal", name,
            {
                "column_list": ["x", "rest"], "sum_total": kind.total.suite if kind.total else 10,
                **({"ignore_row_if": ignored} if ignored else {}),
            },
            _each(f"x + rest = {total}", of=kept), ignored,
            conditions=_conditions_of(name, NUMBERS),
        )  # fmt: skip


# Types and tables


def _types() -> Iterator[Question]:
    """The type is the schema's; whether there is a row makes no difference."""
    link = f"{_DOCS}/data-types#data_type_list"
    rows = ("good", "null", "all_null", "empty")
    for kind in KINDS:
        named = kind.type.upper()
        variants = [("", named, PASS), ("another", kind.wrong_alias, FAIL)]
        variants += [(f"alias {alias}", alias, PASS) for alias in kind.aliases]
        for variant, type_, expected in variants:
            hand = ByHand(
                _always(expected), "the type comes from the schema, not from the rows", link
            )
            yield Question("expect_column_values_to_be_of_type", kind.name,
                           {"column": "x", "type_": type_}, None, variant, hand, rows)  # fmt: skip
            yield Question("expect_column_values_to_be_in_type_list", kind.name,
                           {"column": "x", "type_list": ["GEOGRAPHY" if named != "GEOGRAPHY" else "DATE", type_]},
                           None, variant, hand, rows)  # fmt: skip
            yield Question("expect_column_type_to_be", kind.name,
                           {"column": "x", "type_": type_}, None, variant, hand, rows)  # fmt: skip


def _whole_tables() -> Iterator[Question]:
    columns = list(COLUMNS)
    for kind in KINDS:
        shape: list[tuple[str, str, dict[str, Any], str]] = [
            ("expect_column_to_exist", "", {"column": "x", "column_index": 1}, PASS),
            ("expect_column_to_exist", "not there", {"column": "z"}, FAIL),
            ("expect_table_column_count_to_equal", "", {"value": 5}, PASS),
            ("expect_table_column_count_to_equal", "another", {"value": 4}, FAIL),
            ("expect_table_column_count_to_be_between", "", {"min_value": 1, "max_value": 5}, PASS),
            ("expect_table_column_count_to_be_between", "another", {"min_value": 6}, FAIL),
            ("expect_table_columns_to_match_set", "", {"column_set": columns[::-1]}, PASS),
            ("expect_table_columns_to_match_set", "another", {"column_set": columns[1:]}, FAIL),
            ("expect_table_columns_to_match_ordered_list", "", {"column_list": columns}, PASS),
            ("expect_table_columns_to_match_ordered_list", "another", {"column_list": columns[::-1]}, FAIL),
        ]  # fmt: skip
        for name, variant, kwargs, expected in shape:
            hand = ByHand(
                _always(expected), "they check the columns, not the rows", f"{_GX}/{name}"
            )
            yield Question(name, kind.name, kwargs, None, variant, hand, ("good", "empty"))
        rows = "select 1 as looked_at, count(*)"
        yield Question("expect_table_row_count_to_equal", kind.name, {"value": 3},
                       f"{rows} = 3 as success from t")  # fmt: skip
        yield Question("expect_table_row_count_to_be_between", kind.name, {"min_value": 2, "max_value": 3},
                       f"{rows} between 2 and 3 as success from t")  # fmt: skip


# Conditions on rows


def _conditions() -> Iterator[Question]:
    """Which rows are judged: three-valued, in each of the syntaxes."""
    for name in ("INT64", "FLOAT64", "NUMERIC", "STRING", "BOOL", "DATE", "TIMESTAMP"):
        kind = KINDS_BY_NAME[name]
        first = kind.values[0]
        text = f'"{first.suite}"' if isinstance(first.suite, str) else str(first.suite)
        for operator in ("==", "!=", ">", "<="):
            sql = f"x {'=' if operator == '==' else operator} {first.sql}"
            comparison = {
                "type": "comparison", "column": {"name": "x"}, "operator": operator,
                "parameter": first.suite,
            }  # fmt: skip
            ways: list[tuple[str, Any, str | None]] = [
                ("pandas", f"x {operator} {text}", "pandas"),
                ("gx", f'col("x") {operator} {text}', "great_expectations"),
                ("object", comparison, None),
            ]
            for way, condition, parser in ways:
                if (way == "gx" and name == "BOOL") or (way == "pandas" and name == "BOOL"):
                    continue
                yield _conditional(kind, f"{way} {operator}", condition, parser, sql)
        for is_null, sql in ((True, "x is null"), (False, "x is not null")):
            condition = {"type": "nullity", "column": {"name": "x"}, "is_null": is_null}
            yield _conditional(kind, f"object {sql}", condition, None, sql)
        if name != "BOOL":
            within: dict[str, Any] = {"type": "comparison", "column": {"name": "x"}}
            for operator in ("IN", "NOT_IN"):
                condition = {**within, "operator": operator, "parameter": _suite(kind.values[:2])}
                sql = _in("x", kind.values[:2])
                yield _conditional(kind, f"object {operator}", condition, None,
                                   sql if operator == "IN" else f"not {sql}")  # fmt: skip


def _of_two_columns() -> Iterator[Question]:
    """A condition that compares two columns."""
    for kind in KINDS:
        for other, operator, compared in (
            ("y", "==", (*ORDERED, "STRUCT")),
            ("y", "!=", (*ORDERED, "STRUCT")),
            ("low", ">", ORDERED),
        ):
            sql = f"x {'=' if operator == '==' else operator} {other}"
            question = _conditional(
                kind, f"x {operator} {other}", f"x {operator} {other}", "pandas", sql
            )
            yield replace(question, conditions=_conditions_of(kind.name, compared))


def _conditional(
    kind: Kind, variant: str, condition: Any, parser: str | None, sql: str
) -> Question:
    kwargs = {"column": "y", "row_condition": condition}
    if parser:
        kwargs["condition_parser"] = parser
    return Question(
        "expect_column_values_to_not_be_null", kind.name, kwargs,
        _each("y is not null", of="true"), f"where {variant}", only_where=sql,
    )  # fmt: skip


# plumbline's own


def _ours() -> Iterator[Question]:
    name = "expect_metric_to_be_between"
    for kind in KINDS:
        low, high, bounds = _bounds(kind)
        conditions = _conditions_of(kind.name, NUMBERS)
        if kind.numeric:
            yield Question(name, kind.name, {"column": "x", **bounds},
                           "select 1 as looked_at, count(*) > 0 and "
                           f"countif(({_within('x', low, high)}) is not true) = 0 as success from t",
                           conditions=conditions)  # fmt: skip


# What is never judged, and why


def _refused() -> Iterator[Question]:
    nothing = ByHand(_always(ERROR), "they check nothing", _GX)  # fmt: skip
    elsewhere = ByHand(_always(ERROR), "they query another table or data source", f"{_GX}/expect_table_row_count_to_equal_other_table")  # fmt: skip
    for name in ("mean", "sum", "max", "min", "median", "stdev", "unique_value_count"):
        yield Question(f"expect_column_{name}_to_be_between", "INT64", {"column": "x"}, None, "no bound",
                       nothing, ("good",))  # fmt: skip
    yield Question("expect_column_values_to_be_between", "INT64", {"column": "x"}, None, "no bound",
                   nothing, ("good",))  # fmt: skip
    yield Question("expect_column_values_to_not_be_null", "INT64", {"column": "x", "mostly": 0}, None,
                   "mostly: 0", nothing, ("good",))  # fmt: skip
    yield Question("expect_table_row_count_to_equal_other_table", "INT64", {"other_table_name": "other"},
                   None, "", elsewhere, ("good",))  # fmt: skip
    yield Question(
        "expect_query_results_to_match_comparison", "INT64",
        {
            "base_query": "select 1 as n", "comparison_query": "select 1 as n",
            "comparison_data_source_name": "other",
        },
        None, "", elsewhere, ("good",),
    )  # fmt: skip
