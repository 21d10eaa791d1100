"""The schema of ``checkpoints/schedule.yml``."""

from __future__ import annotations

from generators.schemas.catalogue import Schema
from generators.schemas.tidy import schema_of
from plumbline.project.schedule import SchedulesEntry


def make_schedule_schema() -> Schema:
    """What a schedule may hold."""
    return schema_of(
        SchedulesEntry,
        name="schedule",
        title="The schedule of a plumbline project",
        description="checkpoints/schedule.yml: when checkpoints run, and channels to notify.",
    )
