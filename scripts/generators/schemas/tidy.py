"""From the JSON Schema that pydantic makes to one that editors show well (draft 7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from generators.schemas.catalogue import Schema

DRAFT = "http://json-schema.org/draft-07/schema#"
"""VS Code, its YAML extension and JetBrains know all of this draft, and not all of later ones."""


class _AsWritten(GenerateJsonSchema):
    """Keys in the order of the code: pydantic sorts them, in examples too."""

    def sort(
        self,
        value: JsonSchemaValue,
        parent_key: str | None = None,  # noqa: ARG002 - pydantic calls it so
    ) -> JsonSchemaValue:
        """As it is."""
        return value


def schema_of(model: type[BaseModel], *, name: str, title: str, description: str) -> Schema:
    """The schema of a file that is read as ``model``; every key must be described."""
    made = model.model_json_schema(schema_generator=_AsWritten)
    body = _inline(_without(made, "description"), made.get("$defs", {}))
    return {
        "$schema": DRAFT,
        "$id": f"urn:plumbline:schema:{name}",
        "title": title,
        "description": description,
        **body,
    }


def described(description: str, examples: list[Any] | None = None) -> Schema:
    """``description`` for every editor, and for those that render Markdown with examples."""
    found: Schema = {"description": description.replace("`", "")}
    shown = ", ".join(f"`{json.dumps(one, ensure_ascii=False)}`" for one in examples or [])
    if shown:
        shown = f"\n\nFor example {shown}"
    if shown or found["description"] != description:
        found["markdownDescription"] = description + shown
    return found


def _inline(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        # A model's docstring is for developers; what its key is for is said at the key.
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _inline({**_without(target, "description"), **beside}, definitions)
    found: Schema = {}
    if "description" in schema:
        found.update(described(schema["description"], schema.get("examples")))
    for key, value in schema.items():
        if key in ("title", "description", "discriminator", "$defs") or (
            key == "default" and value is None
        ):
            continue
        if key == "properties":
            found[key] = {name: _property(name, one, definitions) for name, one in value.items()}
        elif key == "patternProperties":
            found[key] = {name: _inline(one, definitions) for name, one in value.items()}
        elif key in ("anyOf", "oneOf"):
            found[key] = [_inline(one, definitions) for one in value]
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            found[key] = _inline(value, definitions)
        else:
            found[key] = value
    if "patternProperties" in found:
        found.setdefault("additionalProperties", False)
    return found


def _property(name: str, schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    if "description" not in schema:
        raise ValueError(f"key {name!r} has no description: add one to its field")
    return _inline(schema, definitions)


def _without(schema: Schema, key: str) -> Schema:
    return {name: value for name, value in schema.items() if name != key}
