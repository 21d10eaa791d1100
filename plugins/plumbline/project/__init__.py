"""The project: reads and validates its files. No GX, no network."""

from plumbline.core.revision import Revision
from plumbline.project.checkpoints import CheckpointFile
from plumbline.project.project import Project
from plumbline.project.revision import read_revision
from plumbline.project.schedule import Schedule
from plumbline.project.suites import Suite
from plumbline.project.targets import Limits, Seed, Target

__all__ = [
    "CheckpointFile",
    "Limits",
    "Project",
    "Revision",
    "Schedule",
    "Seed",
    "Suite",
    "Target",
    "read_revision",
]
