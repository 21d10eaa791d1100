"""The schema of ``checkpoints/*.json``: keys from our models, actions as GX registers them."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from great_expectations.checkpoint.actions import _VALIDATION_ACTION_REGISTRY
from great_expectations.datasource.fluent.config_str import ConfigStr

import plumbline  # noqa: F401 - its own actions register with GX's
from generators.schemas.catalogue import Schema, is_shipped
from generators.schemas.tidy import described, schema_of
from plumbline.project.checkpoints import CheckpointEntry

_RESULT_FORMATS = {
    "BOOLEAN_ONLY": "Whether each expectation held, no more.",
    "BASIC": "And a short sample of what failed.",
    "SUMMARY": "And counts by value.",
    "COMPLETE": "And every value that failed.",
}

# Where the class says nothing of itself.
_SUMMARIES = {"api": "Posts the results to a URL, as JSON."}

_KEYS = {
    "api_key": "The key of the service's interface.",
    "name": "Name of the action in logs.",
    "notify_on": (
        "Which results are notified. `warning` and `critical` match only that "
        "severity: `warning` doesn't include critical results."
    ),
    "notify_with": "The data docs sites to link to.",
    "priority": "The alert's priority.",
    "receiver_emails": "Addresses, separated by commas.",
    "region": "`EU` for Europe.",
    "renderer": "The class that writes the message.",
    "routing_key": "The integration key of the service.",
    "sender_alias": "The address that the message comes from.",
    "sender_login": "The account that sends.",
    "sender_password": "Its password.",
    "severity": "The event's severity.",
    "show_failed_expectations": "Whether the message lists the failures.",
    "site_names": "The data docs sites to build; all, if none is named.",
    "slack_channel": "The channel, where a token is used.",
    "slack_token": "The token of a Slack app.",
    "slack_webhook": "The incoming webhook.",
    "smtp_address": "The mail server.",
    "smtp_port": "Its port.",
    "sns_message_subject": "The subject; without it, the suite's name.",
    "sns_topic_arn": "The topic.",
    "tags": "Tags of the alert.",
    "teams_webhook": "The incoming webhook.",
    "url": "URL to which the results are posted as JSON.",
    "use_ssl": "Whether the connection uses TLS from the start.",
    "use_tls": "Whether the connection switches to TLS (STARTTLS).",
}

_EXAMPLES = {
    "name": ["docs"],
    "slack_webhook": ["${SLACK_WEBHOOK}"],
    "type": ["update_data_docs"],
}


def make_checkpoint_schema() -> Schema:
    """What a checkpoint may hold."""
    made = schema_of(
        CheckpointEntry,
        name="checkpoint",
        title="A checkpoint of a plumbline project",
        description="checkpoints/NAME.json: monitors that run together, and actions after the run.",
    )
    properties = made["properties"]
    by_name = properties["result_format"]["anyOf"][0]
    by_name["enumDescriptions"] = [_RESULT_FORMATS[name] for name in by_name["enum"]]
    properties["validation_definitions"]["uniqueItems"] = True
    properties["actions"]["items"] = {"$ref": "#/definitions/action"}
    made["defaultSnippets"] = [
        {
            "label": "checkpoint",
            "description": "Monitors that run together.",
            "body": {
                "name": "${1:checkpoint}",
                "validation_definitions": [{"name": "${2:monitor}"}],
                "actions": [],
            },
        }
    ]
    made["definitions"] = {"action": _action()}
    return made


def _action() -> Schema:
    # The registry also holds abstract classes, under no name.
    actions = {
        str(name): action
        for name, action in sorted(_VALIDATION_ACTION_REGISTRY._registered_actions.items())
        if isinstance(name, str) and is_shipped(action)
    }
    return {
        "type": "object",
        "required": ["type", "name"],
        "properties": {
            "type": {
                **described("Type of the action.", _EXAMPLES["type"]),
                "enum": list(actions),
                "markdownEnumDescriptions": [
                    _summary(name, action) for name, action in actions.items()
                ],
            },
            "name": {**described(_KEYS["name"]), "type": "string"},
        },
        "allOf": [_when(name, action) for name, action in actions.items()],
    }


def _summary(name: str, action: Any) -> str:
    text = (action.__doc__ or "").replace("--Public API--", "").strip().partition("\n")[0]
    return " ".join(text.split()) or _SUMMARIES[name]


def _when(name: str, action: Any) -> Schema:
    fields = {key: field for key, field in action.__fields__.items() if key != "type"}
    return {
        "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
        "then": {
            "additionalProperties": False,
            "required": [key for key, field in fields.items() if field.required],
            "properties": {
                "type": {},
                **{key: _key(key, field) for key, field in fields.items()},
            },
        },
    }


def _key(name: str, field: Any) -> Schema:
    description = field.field_info.description or _KEYS.get(name)
    if not description:
        raise ValueError(f"key {name!r} of an action has no description: add one")
    if ConfigStr in get_args(field.outer_type_):
        description += " `${NAME}` takes it from the environment."
    found = {**described(description, _EXAMPLES.get(name)), **_shape(name, field)}
    if name in _EXAMPLES:
        found["examples"] = _EXAMPLES[name]
    return found


def _shape(name: str, field: Any) -> Schema:
    """The JSON that the field takes; pydantic can't say it of GX's own classes."""
    kind = field.outer_type_
    if get_origin(kind) is Literal:
        return {"enum": list(get_args(kind))}
    if kind is bool:
        shape: Schema = {"type": "boolean"}
    elif get_origin(kind) is list:
        shape = {"type": "array", "items": {"type": "string"}}
    elif name == "renderer":
        shape = {"type": "object"}
    elif name == "smtp_port":
        shape = {"type": ["string", "integer"]}
    else:
        shape = {"type": "string"}
    if field.allow_none:
        kinds = shape["type"] if isinstance(shape["type"], list) else [shape["type"]]
        shape["type"] = [*kinds, "null"]
    return shape
