"""Which of a checkpoint's monitors a run looks at: ``--select`` and ``--exclude``."""

from __future__ import annotations

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.project.checkpoints import CheckpointFile
from plumbline.project.project import Project


def choose_monitors(
    project: Project,
    checkpoint: CheckpointFile,
    *,
    select: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """The monitors to run, in the checkpoint's order.

    Raises:
        ConfigError: a name that the checkpoint doesn't hold, or nothing left to run.
    """
    for option, names in (("--select", select), ("--exclude", exclude)):
        for name in names:
            if name not in checkpoint.monitors:
                raise _not_there(project, checkpoint, name, option)
    chosen = tuple(
        name
        for name in checkpoint.monitors
        if (not select or name in select) and name not in exclude
    )
    if not chosen:
        raise ConfigError(
            f"nothing of checkpoint {checkpoint.name!r} is left to run",
            key="--exclude",
            fix="exclude fewer monitors",
        )
    return chosen


def _not_there(project: Project, checkpoint: CheckpointFile, name: str, option: str) -> ConfigError:
    if name not in project.monitor_names():
        known = project.monitor_names() if option == "--select" else checkpoint.monitors
        return ConfigError(
            f"there is no monitor {name!r}", key=option, fix=did_you_mean(name, known)
        )
    holders = [other for other in project.checkpoint_names() if _holds(project, other, name)]
    return ConfigError(
        f"monitor {name!r} is not in checkpoint {checkpoint.name!r}",
        key=option,
        fix=f"run it from a checkpoint that holds it: {', '.join(holders)}"
        if holders
        else f"add it to {checkpoint.file.name}",
    )


def _holds(project: Project, checkpoint: str, monitor: str) -> bool:
    try:
        return monitor in project.checkpoint(checkpoint).monitors
    except ConfigError:
        return False
