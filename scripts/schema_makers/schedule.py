"""The schema of ``checkpoints/schedule.yml``."""

from __future__ import annotations

from plumbline.project.schedule import SchedulesEntry
from schema_makers.catalogue import Schema
from schema_makers.tidy import schema_of


def make_schedule_schema() -> Schema:
    """What a schedule may hold."""
    return schema_of(
        SchedulesEntry,
        name="schedule",
        title="The schedule of a plumbline project",
        description="checkpoints/schedule.yml: when checkpoints run, and who is told.",
    )
