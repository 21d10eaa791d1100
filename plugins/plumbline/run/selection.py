"""Which monitors of checkpoints a run or a backtest checks."""

from __future__ import annotations

from collections.abc import Sequence

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.project.checkpoints import CheckpointFile
from plumbline.project.project import Project
from plumbline.project.selectors import known_words, split_selector, words_of


def choose_monitors(
    project: Project,
    checkpoints: Sequence[CheckpointFile],
    *,
    select: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
) -> dict[str, tuple[str, ...]]:
    """By checkpoint, the monitors to run, in its order.

    Raises:
        ConfigError: a selector that fits no monitor of the checkpoints, or nothing left to run.
    """
    wanted = _named_by(project, checkpoints, select, "--select")
    unwanted = _named_by(project, checkpoints, exclude, "--exclude")
    chosen = {
        one.name: tuple(
            name for name in one.monitors if (not select or name in wanted) and name not in unwanted
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


def _named_by(
    project: Project,
    checkpoints: Sequence[CheckpointFile],
    selectors: Sequence[str],
    option: str,
) -> set[str]:
    held = dict.fromkeys(name for one in checkpoints for name in one.monitors)
    found: set[str] = set()
    for selector in selectors:
        method, value = split_selector(selector, held)
        if method is not None:
            known: set[str] = set()
            fitting = set()
            for name in held:
                words = words_of(project, name, method)
                known.update(words or ())
                # A monitor whose files are invalid may have any: selected, it ends in ERROR.
                if option == "--select" if words is None else value in words:
                    fitting.add(name)
            if value not in known:
                raise ConfigError(
                    f"no monitor of {_named(checkpoints)} has the {method} {value!r}",
                    key=option,
                    fix=known_words(method, value, known),
                )
            found |= fitting
        elif value in held:
            found.add(value)
        else:
            raise _not_there(project, checkpoints, selector, option)
    return found


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
