"""The schema of ``checkpoints/incidents.yml``."""

from __future__ import annotations

from generators.schemas.catalogue import Schema
from generators.schemas.tidy import schema_of
from plumbline.project.labels import LabelsEntry


def make_incidents_schema() -> Schema:
    """What is known to have gone wrong."""
    return schema_of(
        LabelsEntry,
        name="incidents",
        title="The labelled incidents of a plumbline project",
        description="checkpoints/incidents.yml: past incidents, for backtests.",
    )
