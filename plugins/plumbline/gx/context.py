"""GX's context of a project, loaded without noise, and a checkpoint of it for one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plumbline.core.errors import ConfigError, PlumblineError
from plumbline.evaluate.load import load_great_expectations, load_plugins
from plumbline.project import Project
from plumbline.project.find import PROJECT_FILE
from plumbline.run.workspace import Opening, Workspace

if TYPE_CHECKING:
    from great_expectations.data_context.data_context.file_data_context import FileDataContext


def load_context(project: Project) -> FileDataContext:
    """The project as Great Expectations sees it.

    Raises:
        ConfigError: its stores are Great Expectations' own, or Great Expectations refuses its
            configuration.
    """
    project.check_stores()
    load_great_expectations()
    from great_expectations.data_context.data_context.context_factory import set_context

    from plumbline.gx.project_context import ProjectContext

    try:
        context = ProjectContext(project)
        set_context(context)
    except PlumblineError:
        raise
    except Exception as raised:
        raise ConfigError(
            f"Great Expectations can't load the project: {' '.join(str(raised).split())}",
            file=project.root / PROJECT_FILE,
            fix="fix the key that it names; `plumbline lint` checks the rest",
        ) from raised
    load_plugins(project)
    return context


def open_workspace(opening: Opening) -> Workspace:
    """A checkpoint as GX has it, for one run.

    Raises:
        ConfigError: GX refuses the project's configuration, or the checkpoint names an action that
            is not there.
    """
    context = load_context(opening.project)
    # Not above: it imports GX, which takes seconds, while the jobs are to be sent first.
    from great_expectations.core.run_identifier import RunIdentifier

    from plumbline.gx.checkpoint import CheckpointWorkspace

    checkpoint: Any = context.checkpoints.get(opening.run.checkpoint)
    checkpoint.validation_definitions = [
        definition
        for definition in checkpoint.validation_definitions
        if definition.name in opening.monitors
    ]
    checkpoint.actions = [action for action in checkpoint.actions if opening.is_wanted(action.type)]
    return CheckpointWorkspace(
        checkpoint,
        # Without a time, GX reads the name as one: a random part may be an offset of 70 hours.
        run_id=RunIdentifier(opening.run.run_id, opening.started_at),
        options=opening.batch_parameters,
    )
