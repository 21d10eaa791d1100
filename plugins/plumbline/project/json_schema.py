"""Validates a value against a JSON Schema, with messages that don't assume knowledge of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plumbline.core.errors import did_you_mean, shown
from plumbline.project.document import KeyPath

_KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "a text",
}
_KIND_OF = {bool: "boolean", int: "number", float: "number", type(None): "null"}
_BOUNDS = {
    "exclusiveMinimum": "above",
    "minimum": "from",
    "exclusiveMaximum": "below",
    "maximum": "to",
}
_SIMPLE = frozenset(
    {"anyOf", "default", "description", "enum", "examples", "items", "minLength", "type"}
)


@dataclass(frozen=True)
class SchemaFault:
    """A difference between a value and its schema."""

    path: KeyPath
    """Below the value."""
    what: str
    fix: str
    unknown_key: str | None = None


def faults_of(value: Any, schema: Mapping[str, Any]) -> Iterator[SchemaFault]:
    """What is wrong with ``value``."""
    if _plainly_fits(value, schema):
        return
    from jsonschema import Draft7Validator

    try:
        errors = list(Draft7Validator(schema).iter_errors(value))
    except RecursionError:
        return
    for error in errors:
        path: KeyPath = tuple(error.absolute_path)
        properties = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        if error.validator == "additionalProperties" and properties:
            for key in sorted(set(error.instance) - set(properties)):
                yield SchemaFault(
                    (*path, key), f"unknown key {key!r}", did_you_mean(key, properties), key
                )
            continue
        wanted = words(error.schema)
        chosen = error.schema.get("enum") or []
        texts = [choice for choice in chosen if isinstance(choice, str)]
        yield SchemaFault(
            path,
            f"{shown(error.instance)} is not {wanted}",
            did_you_mean(error.instance, texts)
            if isinstance(error.instance, str) and texts
            else f"write {wanted}",
        )


def _plainly_fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a simple value is valid, without jsonschema, which is slow to import."""
    if schema.keys() - _SIMPLE:
        return False
    if "anyOf" in schema:
        return any(_plainly_fits(value, branch) for branch in schema["anyOf"])
    if "enum" in schema:
        return any(type(value) is type(choice) and value == choice for choice in schema["enum"])
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if isinstance(value, str):
        return "string" in kinds and len(value) >= schema.get("minLength", 0)
    if isinstance(value, list):
        items = schema.get("items")
        each = isinstance(items, dict) and all(_plainly_fits(item, items) for item in value)
        return "array" in kinds and each
    return _KIND_OF.get(type(value)) in kinds


def words(schema: Mapping[str, Any]) -> str:
    """What a schema requires, in words: ``a number from 0 to 1``, ``a list of texts``."""
    if "enum" in schema:
        names = [repr(choice) for choice in schema["enum"] if choice is not None]
        return " or ".join(names) if len(names) < 3 else "one of " + ", ".join(names)
    if "anyOf" in schema:
        branches = [words(branch) for branch in schema["anyOf"] if not _goes_without_saying(branch)]
        return " or ".join(dict.fromkeys(branches)) or "a value"
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    found = [_kind(kind, schema) for kind in kinds if kind != "null" or len(kinds) == 1]
    return " or ".join(found) or "a value that fits"


def _goes_without_saying(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "null" or "$PARAMETER" in schema.get("required", ())


def _kind(kind: str, schema: Mapping[str, Any]) -> str:
    text = _KINDS.get(kind, kind)
    if kind == "string" and str(schema.get("format", "")).startswith("date"):
        return "a date"
    if kind == "string" and schema.get("minLength"):
        return "a text that is not empty"
    if kind == "array":
        items = schema.get("items")
        text += f" whose entries are each {words(items)}" if isinstance(items, dict) else ""
        text += _length(schema.get("minItems", 0), schema.get("maxItems"))
    if kind in ("number", "integer"):
        bounds = [f" {word} {schema[key]:g}" for key, word in _BOUNDS.items() if key in schema]
        text += "".join(bounds)
    return text


def _length(least: int, most: int | None) -> str:
    if most is None:
        return f" (at least {least})" if least else ""
    return f" (exactly {most})" if least == most else f" (at most {most})"
