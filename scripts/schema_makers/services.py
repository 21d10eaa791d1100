"""The schema of ``deploy/services.yml``."""

from __future__ import annotations

from plumbline.project.services import ServicesEntry
from schema_makers.catalogue import Schema
from schema_makers.tidy import schema_of


def make_services_schema() -> Schema:
    """What a list of services may hold."""
    return schema_of(
        ServicesEntry,
        name="services",
        title="The services of a plumbline project",
        description="deploy/services.yml: what is deployed, what it is built from, and what looks "
        "at it.",
    )
