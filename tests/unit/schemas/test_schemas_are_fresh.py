"""What is committed is what the code says: a new expectation or key can't be forgotten."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft7Validator
from pydantic import BaseModel

from generators import schemas
from generators.schemas import tidy
from unit.schemas.conftest import ROOT


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return {str(name): text for name, text in schemas.make_files().items()}


def test_making_them_again_gives_the_same_bytes(made: dict[str, str]) -> None:
    assert {str(name): text for name, text in schemas.make_files().items()} == made


@pytest.mark.parametrize(
    "name", ["suite", "checkpoint", "schedule", "alerts", "mutes", "incidents"]
)
def test_each_schema_is_a_valid_schema(name: str) -> None:
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(schema)


@pytest.mark.parametrize(
    "name", ["suite", "checkpoint", "schedule", "alerts", "mutes", "incidents"]
)
def test_every_example_in_a_schema_is_right(name: str) -> None:
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    wrong = []

    def look(at: object, path: str) -> None:
        if isinstance(at, dict):
            for example in at["examples"] if isinstance(at.get("examples"), list) else ():
                part = {**at, "definitions": schema.get("definitions", {})}
                if not Draft7Validator(part).is_valid(example):
                    wrong.append((path, example))
            for key, value in at.items():
                if key != "examples":
                    look(value, f"{path}/{key}")
        elif isinstance(at, list):
            for index, value in enumerate(at):
                look(value, f"{path}/{index}")

    look(schema, "")
    assert wrong == []


class Undescribed(BaseModel):
    forgotten: str


def test_a_key_without_a_description_makes_no_schema() -> None:
    with pytest.raises(ValueError, match="'forgotten' has no description"):
        tidy.schema_of(Undescribed, name="x", title="x", description="x")
