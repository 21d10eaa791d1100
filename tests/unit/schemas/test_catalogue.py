"""The catalogue of expectations says of each what Great Expectations itself says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from great_expectations.compatibility.pydantic import ValidationError
from great_expectations.expectations import registry
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.registry import (
    get_expectation_impl,
    list_registered_expectation_implementations,
)
from jsonschema import Draft7Validator

import plumbline
from generators.schemas.catalogue import is_shipped, make_catalogue
from support.each import for_each
from unit.schemas.conftest import ROOT

CATALOGUE: dict[str, dict[str, Any]] = json.loads(
    (ROOT / "plugins/plumbline/evaluate/expectations/catalogue.json").read_text("utf-8")
)
EVERYWHERE = {
    "batch_id",
    "catch_exceptions",
    "description",
    "id",
    "meta",
    "notes",
    "rendered_content",
    "result_format",
    "severity",
    "windows",
}


def test_it_holds_every_registered_expectation_in_order() -> None:
    assert plumbline.__version__
    registered = [
        name
        for name in list_registered_expectation_implementations()
        if is_shipped(get_expectation_impl(name))
    ]
    assert list(CATALOGUE) == sorted(registered)
    assert CATALOGUE["expect_metric_to_be_between"]["source"] == "plumbline"


def test_a_projects_own_expectation_in_the_same_process_does_not_get_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = registry._registered_expectations
    monkeypatch.setattr(registry, "_registered_expectations", dict(known))

    class ExpectOnlyHere(ColumnMapExpectation):
        map_metric = "column_values.nonnull"

    assert "expect_only_here" in list_registered_expectation_implementations()
    assert list(make_catalogue()) == list(CATALOGUE)
    assert CATALOGUE["expect_column_max_to_be_between"]["source"] == "gx"


def test_an_argument_that_it_requires_is_one_without_which_gx_refuses() -> None:
    def is_so(name: str) -> None:
        with pytest.raises(ValidationError) as refused:
            get_expectation_impl(name)(nothing_of_this_name=1)
        missing = {
            str(error["loc"][0])
            for error in refused.value.errors()
            if error["type"] == "value_error.missing"
        }
        assert set(CATALOGUE[name]["required"]) == missing

    for_each(CATALOGUE, is_so)


def test_its_arguments_are_those_that_gx_takes() -> None:
    def is_so(name: str) -> None:
        taken = set(get_expectation_impl(name).__fields__) - EVERYWHERE - {"library_metadata"}
        assert set(CATALOGUE[name]["kwargs"]) == taken
        assert list(CATALOGUE[name]["kwargs"]) == sorted(taken)

    for_each(CATALOGUE, is_so)


def test_it_describes_the_expectation_and_each_argument() -> None:
    def is_so(name: str) -> None:
        entry = CATALOGUE[name]
        assert entry["description"]
        assert [key for key, value in entry["kwargs"].items() if not value["description"]] == []
        for schema in entry["kwargs"].values():
            Draft7Validator.check_schema(schema)

    for_each(CATALOGUE, is_so)


def test_what_gx_takes_for_nothing_is_null_and_a_default_is_a_right_value() -> None:
    def is_so(name: str) -> None:
        for argument, schema in CATALOGUE[name]["kwargs"].items():
            field = get_expectation_impl(name).__fields__[argument]
            validator = Draft7Validator(schema)
            assert validator.is_valid(None) == bool(field.allow_none), argument
            if "default" in schema:
                assert validator.is_valid(schema["default"]), argument

    for_each(CATALOGUE, is_so)
