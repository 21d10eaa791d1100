"""The schemas of ``checkpoints/alerts.yml`` and ``checkpoints/mutes.yml``."""

from __future__ import annotations

from generators.schemas.catalogue import Schema
from generators.schemas.tidy import schema_of
from plumbline.project.alerts import AlertsEntry
from plumbline.project.mutes import MutesEntry


def make_alerts_schema() -> Schema:
    """Who is told of what."""
    made = schema_of(
        AlertsEntry,
        name="alerts",
        title="The alerts of a plumbline project",
        description="checkpoints/alerts.yml: channels, routes and reminders of notifications.",
    )
    (channel,) = made["properties"]["channels"]["patternProperties"].values()
    for kind in channel["oneOf"]:
        if kind["properties"]["type"]["const"] == "slack":
            kind["oneOf"] = [
                {
                    "required": ["webhook"],
                    "properties": {"token": False, "channel": False, "api_url": False},
                },
                {"required": ["token", "channel"], "properties": {"webhook": False}},
            ]
        if kind["properties"]["type"]["const"] == "email":
            kind["dependencies"] = {"username": ["password"], "password": ["username"]}
            kind["not"] = {
                "required": ["password", "security"],
                "properties": {"security": {"const": "none"}},
            }
    return made


def make_mutes_schema() -> Schema:
    """Of what nothing is said for a while."""
    return schema_of(
        MutesEntry,
        name="mutes",
        title="The mutes of a plumbline project",
        description="checkpoints/mutes.yml: muted monitors.",
    )
