"""A value against its schema: the quick look and the library say the same, in words for people."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from plumbline.project.json_schema import _plainly_fits, faults_of, words

SCHEMAS: list[dict[str, Any]] = [
    {"type": "string", "minLength": 1},
    {"type": ["number", "null"]},
    {"type": "boolean"},
    {"type": ["array", "null"], "items": {"type": "string"}},
    {"enum": ["mean", 1, None]},
    {"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "array", "items": {"type": "number"}}]},
    {"type": "integer"},
    {"type": "number", "minimum": 0},
    {},
]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "mean", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@given(value=VALUES)
def test_what_fits_at_a_glance_fits(schema: dict[str, Any], value: Any) -> None:
    if _plainly_fits(value, schema):
        assert Draft7Validator(schema).is_valid(value)
    assert (not list(faults_of(value, schema))) == Draft7Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string"}, "a text"),
        ({"type": ["number", "null"]}, "a number"),
        ({"type": "number", "minimum": 0, "maximum": 1}, "a number from 0 to 1"),
        ({"type": "number", "exclusiveMinimum": 0}, "a number above 0"),
        ({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9}, "a whole number above 0 below 9"),
        ({"type": "array", "items": {"type": "string"}}, "a list whose entries are each a text"),
        ({"type": "array", "minItems": 1}, "a list (at least 1)"),
        ({"type": "array", "maxItems": 3}, "a list (at most 3)"),
        ({"type": "array", "minItems": 2, "maxItems": 2}, "a list (exactly 2)"),
        ({"enum": ["any", "all"]}, "'any' or 'all'"),
        ({"enum": ["mean", "min", "max", None]}, "one of 'mean', 'min', 'max'"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}, {"type": "object", "required": ["$PARAMETER"]}]}, "a number"),
        ({"type": "string", "format": "date"}, "a date"),
        ({}, "a value that fits"),
    ],
)  # fmt: skip
def test_a_schema_in_words(schema: dict[str, Any], said: str) -> None:
    assert words(schema) == said


def test_an_unknown_key_has_a_did_you_mean() -> None:
    schema = {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {"min_value": {}},
            "additionalProperties": False,
        },
    }
    (fault,) = faults_of({"BOS": {"min_valu": 1}}, schema)
    assert fault.path == ("BOS", "min_valu")
    assert fault.fix == "did you mean 'min_value'?"
