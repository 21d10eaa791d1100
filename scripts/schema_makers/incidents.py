"""The schema of ``checkpoints/incidents.yml``."""

from __future__ import annotations

from plumbline.backtest.labels import LabelsEntry
from schema_makers.catalogue import Schema
from schema_makers.tidy import schema_of


def make_incidents_schema() -> Schema:
    """What is known to have gone wrong."""
    return schema_of(
        LabelsEntry,
        name="incidents",
        title="The labelled incidents of a plumbline project",
        description="checkpoints/incidents.yml: what is known to have gone wrong, for backtests.",
    )
