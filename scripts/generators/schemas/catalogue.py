"""Every expectation that GX and plumbline register, with its arguments as JSON Schema.

The catalogue is what ``plumbline lint`` and the schema of suites know of expectations, so that
neither has to import GX. GX's own schemas are made for a form in its Cloud; what they leave open
or say wrongly for a hand-written file is put right here.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

# What every expectation has and a suite says beside kwargs, what only a running GX sets, and
# bookkeeping of some classes that a fault of GX makes look like an argument.
NO_ARGUMENTS = {
    "batch_id",
    "catch_exceptions",
    "description",
    "id",
    "library_metadata",
    "meta",
    "notes",
    "rendered_content",
    "result_format",
    "severity",
    "windows",
}

_DATE_PATTERNS = {
    "date": r"^\d{4}-\d{2}-\d{2}$",
    "date-time": r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}",
}

# multipleOf is of 0.01, by which binary fractions can't be divided; uniqueItems is of sets, which
# GX reads from any list.
_LEFT_OUT = {"title", "description", "default", "multipleOf", "uniqueItems"}

SUITE_PARAMETER: Schema = {"type": "object", "required": ["$PARAMETER"]}
"""In place of a value: ``{"$PARAMETER": name}``, whose value is given when the suite is run."""

_NUMBER: Schema = {"anyOf": [{"type": ["number", "null"]}, SUITE_PARAMETER]}
_TRUTH: Schema = {"anyOf": [{"type": "boolean"}, SUITE_PARAMETER]}
_BOUNDS: Schema = {
    "min_value": {**_NUMBER, "description": "Minimum value that passes."},
    "max_value": {**_NUMBER, "description": "Maximum value that passes."},
    "strict_min": {**_TRUTH, "description": "Whether `min_value` itself fails."},
    "strict_max": {**_TRUTH, "description": "Whether `max_value` itself fails."},
}

# What no class describes, or GX's classes describe wrongly here and there.
_DESCRIPTIONS = {
    "bucketize_data": "Whether to put continuous values into bins first.",
    "condition_parser": "Syntax of a `row_condition` that is a string.",
    "escape": "Character that makes a following `_` or `%` of the pattern literal.",
    "ignore_row_if": "Which rows to skip, by their missing values.",
    "internal_weight_holdout": "Weight that is split evenly among the bins of weight zero.",
    "json_schema": "The JSON Schema that each value must match.",
    "mostly": "Share of the values that must meet the expectation, 0 to 1.",
    "partition_object": "Expected distribution: `bins` or `values`, and their `weights`.",
    "quantile_ranges": (
        "`quantiles`, in increasing order, and in `value_ranges` the lowest and highest value of "
        "each, inclusive."
    ),
    "row_condition": (
        "Condition for the checked rows (a string in the syntax of "
        "`condition_parser` is deprecated)."
    ),
    "strict_max": "Whether `max_value` itself fails.",
    "strict_min": "Whether `min_value` itself fails.",
    "strictly": "Whether equal neighbours fail.",
    "tail_weight_holdout": (
        "Weight that is added to the tails. Without it, a value outside the bins makes the "
        "divergence infinite."
    ),
    "value_pairs_set": "Allowed pairs of values, each a list of two.",
}

# What annotations can't say, or GX's schema says more narrowly than GX reads.
_WHOLE: dict[str, Schema] = {
    "row_condition": {
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"enum": ["comparison", "nullity", "and", "or", "pass_through"]}
                },
            },
            {"type": "null"},
        ]
    },
    "quantile_ranges": {
        "anyOf": [
            {
                "type": "object",
                "required": ["quantiles", "value_ranges"],
                "properties": {
                    "quantiles": {"type": "array", "items": {"type": "number"}},
                    "value_ranges": {
                        "type": "array",
                        "items": {
                            "type": "array",
                            "items": {"type": ["number", "string", "null"]},
                            "minItems": 2,
                            "maxItems": 2,
                        },
                    },
                },
            },
            SUITE_PARAMETER,
        ],
        "examples": [{"quantiles": [0.5, 0.9], "value_ranges": [[10, 20], [None, 40]]}],
    },
    "value_set": {
        "anyOf": [
            {
                "type": "array",
                "minItems": 1,
                "items": {"type": ["string", "number", "boolean", "null"]},
            },
            SUITE_PARAMETER,
        ],
        "examples": [["ACTUAL_PROP", "ESTIMATED_AVG"], [1, 2, 3]],
    },
    "per": {
        "type": ["object", "null"],
        "required": ["column"],
        "minProperties": 2,
        "properties": {
            "column": {
                "type": "string",
                "minLength": 1,
                "description": "The column that counts the units, the same on each row of a group.",
            },
            "min_value": {
                "anyOf": [{"type": "number"}, SUITE_PARAMETER],
                "description": "Minimum for each unit.",
            },
            "max_value": {
                "anyOf": [{"type": "number"}, SUITE_PARAMETER],
                "description": "Maximum for each unit.",
            },
        },
        "additionalProperties": False,
        "examples": [{"column": "games", "min_value": 12}],
    },
    "overrides": {
        "type": ["object", "null"],
        "additionalProperties": {
            "type": "object",
            "minProperties": 1,
            "properties": _BOUNDS,
            "additionalProperties": False,
        },
        "examples": [{"moving_average": {"min_value": 60}}],
    },
}

_EXAMPLES: dict[str, list[Any]] = {
    "aggregate": ["mean", "sum"],
    "column": ["coverage_pct"],
    "column_list": [["system_id", "game_date"]],
    "group_by": [["system_id"], ["table_name"]],
    "max_value": [1, 100],
    "min_value": [50, 80],
    "mostly": [0.95],
    "regex": ["^00225[0-9]{5}$"],
}


def make_catalogue() -> dict[str, Schema]:
    """``{type: {description, kwargs, required, source}}``, sorted by type."""
    import great_expectations  # noqa: F401 - plumbline's classes register once it is there
    from great_expectations.expectations import registry

    import plumbline  # noqa: F401

    found = {
        name: registry.get_expectation_impl(name)
        for name in sorted(registry.list_registered_expectation_implementations())
    }
    return {name: _entry(made) for name, made in found.items() if is_shipped(made)}


def is_shipped(registered: type) -> bool:
    """Whether GX or plumbline brings it; a project's own may be registered in this process, too."""
    return registered.__module__.partition(".")[0] in ("great_expectations", "plumbline")


def _entry(implementation: Any) -> Schema:
    schema = implementation.schema()
    fields = implementation.__fields__
    names = sorted(set(fields) - NO_ARGUMENTS)
    package = implementation.__module__.partition(".")[0]
    return {
        "description": _summary(implementation),
        "kwargs": {
            name: _argument(name, schema["properties"][name], schema, fields[name].allow_none)
            for name in names
        },
        "required": [name for name in names if fields[name].required],
        "source": "plumbline" if package == "plumbline" else "gx",
    }


def _summary(implementation: Any) -> str:
    """The first paragraph of the docstring."""
    paragraph = inspect.cleandoc(implementation.__doc__ or "").partition("\n\n")[0]
    return " ".join(paragraph.split())


def _argument(name: str, schema: Schema, whole: Schema, allows_null: bool) -> Schema:
    description = " ".join((_DESCRIPTIONS.get(name) or schema.get("description", "")).split())
    shape = _WHOLE.get(name) or _put_right(schema, whole.get("definitions", {}))
    if name in ("min_value", "max_value"):
        shape = _with_any_text(shape)
    if name not in _WHOLE and allows_null:
        shape = _or_null(shape)
    found = {"description": description, **shape}
    # The examples of bounds are no proportions, which run from 0 to 1.
    if name in _EXAMPLES and "examples" not in found and "proportion" not in description.lower():
        fitting = [example for example in _EXAMPLES[name] if _fits(example, found)]
        if fitting:
            found["examples"] = fitting
    return found


def _with_any_text(bound: Schema) -> Schema:
    """A bound that GX reads as a date is a text of the column's type here: a time, digits."""
    branches = bound.get("anyOf", [])
    others = [branch for branch in branches if "format" not in branch]
    return bound if others == branches else {**bound, "anyOf": [*others, {"type": "string"}]}


def _put_right(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """``schema`` without titles and references, and as narrow as GX reads it."""
    if "$ref" in schema:
        return _put_right(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    found: Schema = {}
    for key, value in schema.items():
        if key in _LEFT_OUT:
            continue
        if key == "anyOf":
            branches = [_put_right(branch, definitions) for branch in value]
            found[key] = [
                SUITE_PARAMETER if branch == {"type": "object"} else branch
                for position, branch in enumerate(branches)
                if branch not in branches[:position]
            ]
        elif key == "properties":
            found[key] = {name: _put_right(inner, definitions) for name, inner in value.items()}
        elif key == "items" and isinstance(value, dict):
            found[key] = _put_right(value, definitions)
        else:
            found[key] = value
    if found.get("format") in _DATE_PATTERNS:
        # Few validators look at formats.
        found["pattern"] = _DATE_PATTERNS[found["format"]]
    if schema.get("default") is not None:
        found["default"] = schema["default"]
    return found


def _or_null(schema: Schema) -> Schema:
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "enum" in schema:
        without_type = {key: value for key, value in schema.items() if key != "type"}
        return {**without_type, "enum": [*schema["enum"], None]}
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return schema


def _fits(example: Any, schema: Schema) -> bool:
    from jsonschema import Draft7Validator

    return bool(Draft7Validator(schema).is_valid(example))
