"""BigQuery's types: their names and aliases, and what BigQuery can do with values of each.

https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types

sqlglot's `DataType.build` also accepts what BigQuery refuses (`VARCHAR`, `DATE(3)`, `ARRAY<INT64`),
and importing it would cost every run 0.13 s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ALIASES = {
    "BIGDECIMAL": "BIGNUMERIC",
    "BIGINT": "INT64",
    "BOOLEAN": "BOOL",
    "BYTEINT": "INT64",
    "DECIMAL": "NUMERIC",
    "FLOAT": "FLOAT64",
    "INT": "INT64",
    "INTEGER": "INT64",
    "SMALLINT": "INT64",
    "TINYINT": "INT64",
}
SCALARS = frozenset(
    {"BIGNUMERIC", "BOOL", "BYTES", "DATE", "DATETIME", "FLOAT64", "GEOGRAPHY", "INT64"}
    | {"INTERVAL", "JSON", "NUMERIC", "STRING", "TIME", "TIMESTAMP"}
)
KNOWN = (*sorted(SCALARS), *sorted(ALIASES), "ARRAY<...>", "STRUCT<...>", "RANGE<...>")

NUMBERS = ("INT64", "NUMERIC", "BIGNUMERIC", "FLOAT64")
"""Each is coerced to those after it: conversion_rules, "Coercion"."""

_DEEPEST = 15
"""BigQuery's own limit for nested types."""

_WORD = r"[^\W\d]\w*|`[^`]*`"
_TOKEN = re.compile(rf"\s*(?:({_WORD})|(\(\s*\d+\s*(?:,\s*\d+\s*)?\))|([<>,]))")


@dataclass(frozen=True)
class BigQueryType:
    """One type, without the precision that a column may be declared with."""

    name: str
    inner: tuple[BigQueryType, ...] = ()
    """The elements of an array or range, the fields of a struct."""
    fields: tuple[str, ...] = ()
    """The names of a struct's fields, empty where they have none."""

    @property
    def is_number(self) -> bool:
        """Whether BigQuery computes with it."""
        return self.name in NUMBERS

    @property
    def is_comparable(self) -> bool:
        """Whether BigQuery has ``=`` and ``IN`` for it: not for arrays, which it groups."""
        return self.name not in ("ARRAY", "GEOGRAPHY", "JSON") and all(
            t.is_comparable for t in self.inner
        )

    @property
    def is_groupable(self) -> bool:
        """Whether values can be told apart (``GROUP BY``, ``DISTINCT``)."""
        return self.name not in ("GEOGRAPHY", "JSON") and all(t.is_groupable for t in self.inner)

    @property
    def is_orderable(self) -> bool:
        """Whether one value can be less than another (``<``, ``MIN``, ``ORDER BY``)."""
        return self.name not in ("ARRAY", "STRUCT", "GEOGRAPHY", "JSON")

    def __str__(self) -> str:
        if not self.inner:
            return self.name
        if not self.fields:
            return f"{self.name}<{', '.join(map(str, self.inner))}>"
        named = zip(self.fields, self.inner, strict=True)
        return f"{self.name}<{', '.join(f'{name} {kind}'.strip() for name, kind in named)}>"


def parse_type(text: str) -> BigQueryType | None:
    """``ARRAY<NUMERIC(5, 1)>`` as a type; None where BigQuery has no such type."""
    tokens: list[str] = []
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        tokens.append(next(group for group in match.groups() if group))
        position = match.end()
    found, rest = _parse(tokens, 0)
    return found if not rest else None


def _parse(tokens: list[str], depth: int) -> tuple[BigQueryType | None, list[str]]:
    """A type from the front of ``tokens``, and what is left of them."""
    if not tokens or depth > _DEEPEST:
        return None, tokens
    name = ALIASES.get(tokens[0].upper(), tokens[0].upper())
    rest = tokens[1:]
    if name in ("ARRAY", "RANGE", "STRUCT"):
        return _parse_nested(name, rest, depth)
    if name not in SCALARS:
        return None, tokens
    if rest and rest[0].startswith("("):
        if name not in ("NUMERIC", "BIGNUMERIC", "STRING", "BYTES"):
            return None, tokens
        rest = rest[1:]
    return BigQueryType(name), rest


def _parse_nested(name: str, rest: list[str], depth: int) -> tuple[BigQueryType | None, list[str]]:
    if not rest or rest[0] != "<":
        return None, rest
    rest = rest[1:]
    inner: list[BigQueryType] = []
    fields: list[str] = []
    while True:
        field = ""
        if name == "STRUCT" and len(rest) > 1 and re.fullmatch(_WORD, rest[1]):
            field, rest = rest[0].strip("`"), rest[1:]
        found, rest = _parse(rest, depth + 1)
        if found is None or not rest:
            return None, rest
        inner.append(found)
        fields.append(field)
        separator, rest = rest[0], rest[1:]
        if separator == ">":
            break
        if separator != "," or name != "STRUCT":
            return None, rest
    return BigQueryType(name, tuple(inner), tuple(fields) if name == "STRUCT" else ()), rest
