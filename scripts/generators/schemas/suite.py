"""The schema of ``expectations/*.json``: keys from our models, arguments from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generators.schemas.catalogue import SUITE_PARAMETER, Schema
from generators.schemas.tidy import described, schema_of
from plumbline.project.suites import SuiteEntry

_GALLERY = "https://greatexpectations.io/expectations/"

_OFTEN = 4
"""An argument that so many expectations have alike is written once."""

_SEVERITIES = {
    "info": "Shown; changes nothing.",
    "warning": "The monitor is WARNING.",
    "critical": "The monitor is CRITICAL: the data is wrong.",
}

# What has to hold between arguments.
_BETWEEN: Mapping[str, Schema] = {
    "expect_metric_to_be_between": {
        "anyOf": [
            {"required": [bound], "properties": {bound: {"type": "number"}}}
            for bound in ("min_value", "max_value")
        ],
        "dependencies": {"overrides": ["group_by"], "retired": ["group_by"]},
    }
}

_SKELETON: Schema = {
    "label": "suite",
    "description": "A monitor with two levels.",
    "body": {
        "name": "${1:monitor}",
        "meta": {
            "monitor": {
                "model": "${1:monitor}",
                "observed": {"column": "${2:metric_pct}", "aggregate": "mean", "unit": "%"},
                "owner": "${3:team}",
                "impact": "${4:What it means for people.}",
                "action": "${5:What to do first.}",
                "runbook": "docs/runbooks/${1:monitor}.md",
            }
        },
        "expectations": [
            {
                "type": "expect_metric_to_be_between",
                "severity": severity,
                "kwargs": {"column": "${2:metric_pct}", "aggregate": "mean", "min_value": bound},
            }
            for severity, bound in (("warning", 80), ("critical", 50))
        ],
    },
}

_SNIPPETS: list[Schema] = [
    {
        "label": "metric of all rows",
        "description": "One number from all rows, against a bound.",
        "body": {
            "type": "expect_metric_to_be_between",
            "severity": "${1|warning,critical,info|}",
            "kwargs": {
                "column": "$2",
                "aggregate": "${3|mean,min,max,sum|}",
                "min_value": "^${4:80}",
            },
        },
    },
    {
        "label": "metric of each group",
        "description": "A number for each group, against a bound.",
        "body": {
            "type": "expect_metric_to_be_between",
            "severity": "${1|warning,critical,info|}",
            "kwargs": {"column": "$2", "group_by": ["$3"], "min_value": "^${4:80}"},
        },
    },
]


def make_suite_schema(catalogue: Mapping[str, Schema]) -> Schema:
    """What a suite may hold."""
    made = schema_of(
        SuiteEntry,
        name="suite",
        title="A suite of a plumbline project",
        description="expectations/NAME.json: expectations on the rows of a monitor's model.",
    )
    properties = made["properties"]
    expectation = properties["expectations"]["items"]
    properties["expectations"]["items"] = {
        "$ref": "#/definitions/expectation",
        "defaultSnippets": _SNIPPETS,
    }
    expectation["properties"]["type"].update(
        {
            "enum": list(catalogue),
            "errorMessage": "This expectation doesn't exist; completion lists the valid ones.",
            "markdownEnumDescriptions": [_about(name, entry) for name, entry in catalogue.items()],
        }
    )
    # Examples of one type would be offered for all.
    expectation["properties"]["kwargs"] = {
        **described("Arguments of the expectation."),
        "type": "object",
    }
    expectation["properties"]["severity"]["enumDescriptions"] = [
        _SEVERITIES[severity] for severity in expectation["properties"]["severity"]["enum"]
    ]
    shared = _shared_arguments(catalogue)
    expectation["allOf"] = [_when(name, entry, shared) for name, entry in catalogue.items()]
    made["defaultSnippets"] = [_SKELETON]
    made["definitions"] = {
        "suite_parameter": {
            **described(
                "A suite parameter, whose value is set when the suite runs.",
                [{"$PARAMETER": "least_rows"}],
            ),
            **SUITE_PARAMETER,
        },
        **{name: _argument(schema) for name, schema in shared.items()},
        "expectation": expectation,
    }
    return made


def _about(name: str, entry: Schema) -> str:
    text = str(entry["description"])
    if entry["source"] == "gx" and name.startswith("expect_"):
        text += f"\n\n[In the gallery of Great Expectations]({_GALLERY}{name})"
    return text


def _shared_arguments(catalogue: Mapping[str, Schema]) -> Mapping[str, Schema]:
    """Arguments that many expectations have alike, to be written once."""
    uses: dict[str, list[Schema]] = {}
    for entry in catalogue.values():
        for argument, schema in entry["kwargs"].items():
            uses.setdefault(argument, []).append(schema)
    found = {}
    for argument, schemas in sorted(uses.items()):
        commonest = max(schemas, key=schemas.count)
        if schemas.count(commonest) >= _OFTEN:
            found[argument] = commonest
    return found


def _when(name: str, entry: Schema, shared: Mapping[str, Schema]) -> Schema:
    """If the type is this one, then these are its arguments."""
    arguments: Schema = {
        **described(entry["description"]),
        "type": "object",
        "additionalProperties": False,
        "properties": {
            argument: {"$ref": f"#/definitions/{argument}"}
            if shared.get(argument) == schema
            else _argument(schema)
            for argument, schema in entry["kwargs"].items()
        },
        **_BETWEEN.get(name, {}),
    }
    then: Schema = {"properties": {"kwargs": arguments}}
    if entry["required"]:
        arguments["required"] = entry["required"]
        then["required"] = ["kwargs"]
    return {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": then}


def _argument(schema: Schema) -> Schema:
    shape: Schema = _by_reference(schema)
    return {**shape, **described(schema["description"], schema.get("examples"))}


def _by_reference(value: Any) -> Any:
    """``value`` with the schema of suite parameters named instead of written out."""
    if value == SUITE_PARAMETER:
        return {"$ref": "#/definitions/suite_parameter"}
    if isinstance(value, dict):
        return {key: _by_reference(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_by_reference(inner) for inner in value]
    return value
