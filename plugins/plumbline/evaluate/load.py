"""Great Expectations, loaded quickly and without noise, with the expectations of a project."""

from __future__ import annotations

import logging

from plumbline.core.gc_tuning import imported_at_once
from plumbline.core.host import check_memory
from plumbline.evaluate.lazy_import import loaded_when_touched
from plumbline.evaluate.plugins import import_plugins
from plumbline.project import Project

logger = logging.getLogger(__name__)


def load_great_expectations() -> None:
    """Import Great Expectations, which registers plumbline's own expectations; this takes
    seconds.

    Raises:
        ConfigError: the address space is limited too much.
    """
    check_memory()
    with imported_at_once("great_expectations"), loaded_when_touched():
        import great_expectations  # noqa: F401
    # GX says much on its own that our report says better, or that is not for our users.
    logging.getLogger("great_expectations").setLevel(logging.ERROR)


def load_plugins(project: Project) -> None:
    """Import the project's own expectations and actions: what lint accepts, a run must know."""
    for file, fault in import_plugins(project.documents.plugins_dir):
        logger.warning("%s can't be imported: %s: %s", file, type(fault).__name__, fault)
