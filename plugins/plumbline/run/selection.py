"""Which monitors of checkpoints a run or a backtest looks at: ``--select`` and ``--exclude``."""

from __future__ import annotations

from collections.abc import Sequence

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.project.checkpoints import CheckpointFile
from plumbline.project.project import Project


def choose_monitors(
    project: Project,
    checkpoints: Sequence[CheckpointFile],
    *,
    select: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
) -> dict[str, tuple[str, ...]]:
    """By checkpoint, the monitors to run, in its order.

    Raises:
        ConfigError: a name that no checkpoint holds, or nothing left to run.
    """
    held = {name for one in checkpoints for name in one.monitors}
    for option, names in (("--select", select), ("--exclude", exclude)):
        for name in names:
            if name not in held:
                raise _not_there(project, checkpoints, name, option)
    chosen = {
        one.name: tuple(
            name for name in one.monitors if (not select or name in select) and name not in exclude
        )
        for one in checkpoints
    }
    if not any(chosen.values()):
        raise ConfigError(
            f"--exclude leaves no monitor of {_named(checkpoints)}",
            key="--exclude",
            fix="exclude fewer monitors",
        )
    return chosen


def _not_there(
    project: Project, checkpoints: Sequence[CheckpointFile], name: str, option: str
) -> ConfigError:
    if name not in project.monitor_names():
        held = [name for one in checkpoints for name in one.monitors]
        known = project.monitor_names() if option == "--select" else held
        return ConfigError(
            f"there is no monitor {name!r}", key=option, fix=did_you_mean(name, known)
        )
    holders = [other for other in project.checkpoint_names() if _holds(project, other, name)]
    return ConfigError(
        f"monitor {name!r} is not in {_named(checkpoints)}",
        key=option,
        fix=f"run it from a checkpoint that holds it: {', '.join(holders)}"
        if holders
        else f"add it to {checkpoints[0].file.name}",
    )


def _named(checkpoints: Sequence[CheckpointFile]) -> str:
    word = "checkpoint" if len(checkpoints) == 1 else "checkpoints"
    return f"{word} {', '.join(repr(one.name) for one in checkpoints)}"


def _holds(project: Project, checkpoint: str, monitor: str) -> bool:
    try:
        return monitor in project.checkpoint(checkpoint).monitors
    except ConfigError:
        return False
