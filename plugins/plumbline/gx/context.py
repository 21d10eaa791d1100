"""GX's context of a project, for the runner: loaded once, without noise."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from plumbline.core.errors import ConfigError, PlumblineError
from plumbline.core.gc_tuning import imported_at_once
from plumbline.evaluate.lazy_import import loaded_when_touched
from plumbline.evaluate.plugins import import_plugins
from plumbline.project import Project
from plumbline.project.find import PROJECT_FILE

if TYPE_CHECKING:
    from great_expectations.data_context.data_context.file_data_context import FileDataContext

logger = logging.getLogger(__name__)


def load_context(project: Project) -> FileDataContext:
    """The project as Great Expectations sees it.

    Raises:
        ConfigError: its stores are Great Expectations' own, or Great Expectations refuses its
            configuration.
    """
    project.check_stores()
    with imported_at_once("great_expectations"), loaded_when_touched():
        from great_expectations.data_context.data_context.context_factory import set_context

        from plumbline.gx.project_context import ProjectContext

    # GX says much on its own that our report says better, or that is not for our users.
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    try:
        context = ProjectContext(project)
        set_context(context)
    except PlumblineError:
        raise
    except Exception as raised:
        raise ConfigError(
            f"Great Expectations can't load the project: {' '.join(str(raised).split())}",
            file=project.root / PROJECT_FILE,
            fix="fix what it names; `plumbline lint` checks the rest",
        ) from raised
    # What lint accepts of a project's own expectations, a run must know as well.
    for file, fault in import_plugins(
        project.root / str(project.gx.get("plugins_directory") or "plugins")
    ):
        logger.warning("%s can't be imported: %s: %s", file, type(fault).__name__, fault)
    return context
