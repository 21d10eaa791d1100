"""The schema of ``deploy/services.yml``."""

from __future__ import annotations

from generators.schemas.catalogue import Schema
from generators.schemas.tidy import schema_of
from plumbline.project.services import ServicesEntry


def make_services_schema() -> Schema:
    """What a list of services may hold."""
    return schema_of(
        ServicesEntry,
        name="services",
        title="The services of a plumbline project",
        description="deploy/services.yml: services, their source paths and their checks.",
    )
