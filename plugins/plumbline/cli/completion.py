"""What the shell offers on TAB: commands, options and the names of the project at hand.

click does the talking with the shell (``_PLUMBLINE_COMPLETE=bash_source plumbline`` prints its
script). The names come from the project's files, without Great Expectations and without a
warehouse: a key press must not wait.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from plumbline.project import Project
    from plumbline.project.suites import MonitorEntry

_PLAIN = re.compile(r"[\w.@/+-]+")
VARIABLE = "_PLUMBLINE_COMPLETE"
"""Set by the shell's script; its value is the request."""

SHELLS = ("bash", "zsh", "fish")


def answer_shell(root: click.Group, wanted: str, session: object) -> int:
    """Answer the shell's request; return the exit code.

    Args:
        root: the ``plumbline`` command.
        wanted: for example ``bash_source`` or ``bash_complete``.
        session: for the commands' options, as in a run.

    Raises:
        ConfigError: nothing that can be answered was asked for.
    """
    from click.shell_completion import add_completion_class, shell_complete

    from plumbline.cli.bash_completion import Bash
    from plumbline.core.errors import ConfigError

    add_completion_class(Bash)
    shell, _, instruction = wanted.partition("_")
    if instruction == "complete":
        try:
            return shell_complete(root, {"obj": session}, "plumbline", VARIABLE, wanted)
        except Exception:  # noqa: BLE001 - a message would land in the line that is being typed
            return 1
    if shell_complete(root, {"obj": session}, "plumbline", VARIABLE, wanted):
        raise ConfigError(
            f"no completion for {shell!r}",
            key=VARIABLE,
            fix=f"write one of {', '.join(f'{known}_source' for known in SHELLS)}",
        )
    return 0


def _completes(
    names: Callable[[Project], Iterable[str]],
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Offers what ``names`` finds in the project."""

    def complete(
        context: click.Context, _: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from plumbline.core.errors import PlumblineError

        project = _project(context)
        try:
            return [] if project is None else _items(names(project), incomplete)
        except PlumblineError:
            return []

    return complete


complete_checkpoints = _completes(lambda project: project.checkpoint_names())
complete_suites = _completes(lambda project: project.suite_names())
complete_services = _completes(lambda project: [one.name for one in project.services])
complete_owners = _completes(
    lambda project: sorted({one.owner for one in _settings(project) if one.owner})
)
complete_tags = _completes(
    lambda project: sorted({tag for one in _settings(project) for tag in one.tags})
)
complete_tables = _completes(lambda project: _described_tables(project))


def complete_monitors(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The monitors of the checkpoint that was typed, but for those that already were."""
    project = _project(context)
    if project is None:
        return []
    typed = context.params.get(str(parameter.name)) or ()
    names = _monitors(project, context)
    return _items([name for name in names if name not in typed], incomplete)


def complete_selectors(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """As `complete_monitors`, and their owners and tags once ``owner:`` or ``tag:`` is begun: that
    reads all their suites."""
    from plumbline.project.selectors import METHODS, words_of

    found = complete_monitors(context, parameter, incomplete)
    project = _project(context)
    for method in METHODS:
        begun = f"{method}:"
        if project and incomplete and incomplete[: len(begun)] == begun[: len(incomplete)]:
            words = {
                word
                for monitor in _monitors(project, context)
                for word in words_of(project, monitor, method) or ()
            }
            # A shell splits others at its own characters.
            plain = (f"{begun}{word}" for word in sorted(words) if _PLAIN.fullmatch(word))
            found += _items(plain, incomplete)
    return found


def complete_targets(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The project's targets, each with its kind."""
    from click.shell_completion import CompletionItem

    from plumbline.core.errors import PlumblineError

    project = _project(context)
    if project is None:
        return []
    try:
        declared = project.gx["fluent_datasources"][project.datasource_name]["targets"]
        kinds = {str(name): str(target["kind"]) for name, target in declared.items()}
    except (PlumblineError, KeyError, TypeError, AttributeError):
        return []
    return [
        CompletionItem(name, help=kind)
        for name, kind in kinds.items()
        if name.startswith(incomplete)
    ]


def _settings(project: Project) -> list[MonitorEntry]:
    """``meta.monitor`` of each suite that is valid."""
    from plumbline.core.errors import MonitorError

    found = []
    for name in project.monitor_names():
        try:
            found.append(project.suite_of(name).monitor)
        except MonitorError:
            continue
    return found


def _described_tables(project: Project) -> list[str]:
    from plumbline.lint.context import LintContext

    return sorted(LintContext.of(project).tables.described)


def _project(context: click.Context) -> Project | None:
    from plumbline.cli.session import Session
    from plumbline.core.errors import PlumblineError
    from plumbline.project import Project

    named = context.ensure_object(Session).project_dir
    try:
        # The shell has not yet replaced a `~`.
        return Project.find(named.expanduser() if named else None)
    except (PlumblineError, RuntimeError):
        return None


def _monitors(project: Project, context: click.Context) -> tuple[str, ...]:
    from plumbline.core.errors import PlumblineError

    # An option without its value ends click's parsing before it gives the argument its name.
    typed = (*context.args, context.params.get("checkpoint"))
    known = project.checkpoint_names()
    for name in typed:
        if name in known:
            try:
                return project.checkpoint(name).monitors
            except PlumblineError:
                break
    return project.monitor_names()


def _items(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    # A shell takes what it is given, line by line.
    return [
        CompletionItem(name) for name in names if name.startswith(incomplete) and name.isprintable()
    ]
