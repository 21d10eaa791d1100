"""Options that more than one command takes, and how their values are read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plumbline.cli.completion import complete_selectors, complete_targets
from plumbline.core.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from plumbline.cli.session import Session
    from plumbline.core.status import FailOn
    from plumbline.project import Project, Target
    from plumbline.run.request import AsOf


FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


def option(
    flag: str, metavar: str, text: str, *, name: str | None = None, **others: Any
) -> click.Option:
    """An option with a value; ``name`` is its parameter's, where that differs from the flag."""
    flags = [flag] if name is None else [flag, name]
    return click.Option(flags, metavar=metavar, help=text, **others)


def flag(flag: str, text: str, *, name: str | None = None) -> click.Option:
    """An option without a value."""
    return click.Option([flag] if name is None else [flag, name], is_flag=True, help=text)


def switch(flags: str, text: str, *, default: bool | None) -> click.Option:
    """``--alerts/--no-alerts``; with the default None, the command decides."""
    return click.Option([flags], default=default, help=text)


def target_option() -> click.Option:
    return option(
        "--target",
        "NAME",
        "Target in great_expectations.yml; default: PLUMBLINE_TARGET, else default_target.",
        shell_complete=complete_targets,
    )


def as_of_option() -> click.Option:
    return option(
        "--as-of",
        "DATE|INSTANT",
        "Check the data as of the end of a date (2026-02-02) or an instant with a time "
        "zone (2026-02-02T15:00:00-05:00). Default: now; on demo data, its own day.",
    )


def var_option() -> click.Option:
    return option(
        "--var",
        "NAME=VALUE",
        "Override a variable of the models with a number, a string or a [list]; repeatable.",
        name="assignments",
        multiple=True,
    )


def param_option() -> click.Option:
    return option(
        "--param",
        "NAME=VALUE",
        "Override a suite parameter ($PARAMETER); repeatable.",
        name="parameters",
        multiple=True,
    )


def format_option(*formats: str) -> click.Option:
    """``--format``; the first one is the default."""
    return click.Option(
        ["--format", "form"],
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Output format.",
    )


def select_options(verb: str) -> tuple[click.Option, click.Option]:
    """``--select`` and ``--exclude``; ``verb`` is what happens to selected monitors."""

    def option(*flags: str, text: str) -> click.Option:
        return click.Option(
            flags,
            multiple=True,
            metavar="MONITOR|owner:NAME|tag:NAME",
            shell_complete=complete_selectors,
            help=f"{text} this monitor, or those of an owner or with a tag; repeatable.",
        )

    return option("-s", "--select", text=f"{verb} only"), option("--exclude", text="Leave out")


def fail_on_option(default: FailOn) -> click.Option:
    """``--fail-on``."""
    return click.Option(
        ["--fail-on"],
        type=click.Choice(("warning", "critical", "error", "never")),
        default=default,
        show_default=True,
        help="Lowest status that makes the exit code nonzero; error: only failures that a "
        "retry can fix.",
    )


def check_monitor(
    project: Project, name: str, *, key: str = "MONITOR", recorded: Collection[str] = ()
) -> None:
    """Reject a monitor that the project doesn't have.

    Args:
        project: the project.
        name: of the monitor.
        key: how it was given.
        recorded: monitors without files, whose checks another tool made (`plumbline record`).

    Raises:
        ConfigError: with the closest name.
    """
    if not project.has_monitor(name) and name not in recorded:
        from plumbline.project.project import FIRST_MONITOR

        known = {*project.monitor_names(), *recorded}
        fix = did_you_mean(name, known) if known else FIRST_MONITOR
        raise ConfigError(f"there is no monitor {name!r}", key=key, fix=fix)


def read_as_of(session: Session, project: Project, target: Target, text: str | None) -> AsOf:
    """The instant to judge.

    Raises:
        ConfigError: no date, no zone, or a future one.
    """
    from plumbline.run.request import choose_as_of

    return choose_as_of(text, now=session.clock(), zone=project.timezone, target=target)


def read_assignments(
    assignments: Sequence[str], *, option: str = "--var", what: str = "variable"
) -> dict[str, object]:
    """``days=7`` as ``{"days": 7}``, values as YAML has them.

    Raises:
        ConfigError: no ``=``, a name twice, a value that is neither a scalar nor a list.
    """
    found: dict[str, object] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals or not name:
            raise ConfigError(
                f"{assignment!r} is not an assignment", key=option, fix=f"write {option} NAME=VALUE"
            )
        if name in found:
            raise ConfigError(
                f"{what} {name!r} is given twice", key=f"{option} {name}", fix="give it once"
            )
        found[name] = _value(f"{option} {name}", text)
    return found


def read_parameters(assignments: Sequence[str]) -> dict[str, object]:
    """The values of ``--param``, as `read_assignments`; a date is a text, as in a suite's JSON.

    Raises:
        ConfigError: as `read_assignments`.
    """
    values = read_assignments(assignments, option="--param", what="parameter")
    return {name: _as_json(value) for name, value in values.items()}


def _as_json(value: object) -> object:
    if isinstance(value, list):
        return [_as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def _value(key: str, text: str) -> Any:
    import yaml

    fix = "write a number, a string, true or false, a date, or [a, list]"
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError):
        raise ConfigError(f"{text!r} is not a valid value", key=key, fix=fix) from None
    if value is None or isinstance(value, dict):
        raise ConfigError(f"{text!r} is neither a scalar nor a list", key=key, fix=fix)
    return value
