"""Reports an error as one message and an exit code, with a traceback only on request."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path

import click

from plumbline.cli import logs
from plumbline.cli.interrupts import StoppedError
from plumbline.cli.output import has_colour, terminal_width, write_line, write_message
from plumbline.core.colours import coloured
from plumbline.core.signals import exit_code, message

EXIT_ERROR = 3
EXIT_USAGE = 64
EXIT_SOFTWARE = 70

_TITLE = "error:"
_NO_MEMORY = (
    "can't start new thread",
    "failed to map segment",  # of a library
    "Cannot allocate memory",
)


def explain(fault: BaseException, *, debug: bool) -> int:
    """Say what went wrong on standard error; the exit code."""
    from plumbline.core.errors import PlumblineError, SeveralFaultsError

    if isinstance(fault, KeyboardInterrupt):
        number = fault.number if isinstance(fault, StoppedError) else signal.SIGINT
        write_message(f"\n{message(number)}")
        return exit_code(number)
    if debug:
        write_message(
            "".join(traceback.format_exception(fault)).rstrip(), severity="ERROR", is_code=True
        )
    if isinstance(fault, click.Abort):  # at a question
        if isinstance(fault.__context__, KeyboardInterrupt):
            return explain(fault.__context__, debug=debug)
        write_message("")  # ends the line of the question
        _say(
            "a question was not answered: the input has ended",
            fix="answer it on a terminal, or pass the options that --help shows",
        )
        return EXIT_USAGE
    if isinstance(fault, click.ClickException):
        _say_usage(fault)
        return EXIT_USAGE
    if isinstance(fault, PlumblineError):
        for one in fault.faults if isinstance(fault, SeveralFaultsError) else (fault,):
            _say(one.what, where=_near(one), fix=one.fix)
        return fault.exit_code
    detail = f"{type(fault).__name__}: {fault}" if str(fault) else type(fault).__name__
    if isinstance(fault, MemoryError) or any(sign in str(fault) for sign in _NO_MEMORY):
        from plumbline.core.host import RAISE_LIMIT, limited_to, memory_limit

        limit = memory_limit()
        _say(
            f"not enough memory: {detail}" + ("" if limit is None else f"; {limited_to(limit)}"),
            fix="give this command more memory" if limit is None else RAISE_LIMIT,
        )
        return EXIT_ERROR
    if isinstance(fault, OSError):
        _say(detail, fix=None if debug else "check that file; --debug shows the traceback")
    else:
        _say(
            f"bug in plumbline: {detail}",
            fix="please report it with the traceback above"
            if debug
            else "run the command again with --debug, and report it with the traceback",
        )
    return EXIT_SOFTWARE


def _say_usage(fault: click.ClickException) -> None:
    from plumbline.core.errors import did_you_mean

    context = getattr(fault, "ctx", None)
    command = context.command_path if context else "plumbline"
    fix = f"see {command} --help"
    what = fault.format_message().rstrip(".")
    missing = fault.param if isinstance(fault, click.MissingParameter) else None
    if offered := _offered(missing, context):
        what = what.splitlines()[0].partition(". Choose from")[0]  # click adds a list of its own
        fix = f"{did_you_mean('', offered)} ({fix})"
    elif isinstance(missing, click.Option) and missing.help:
        option = f"{missing.opts[0]} {missing.metavar or ''}".rstrip()
        fix = f"{option}: {missing.help.rstrip('.')} ({fix})"
    if isinstance(fault, click.NoSuchOption) and context is not None:
        known = [
            name
            for parameter in context.command.get_params(context)
            for name in parameter.opts + parameter.secondary_opts
            if name.startswith("--")
        ]
        what = f"there is no option {fault.option_name!r} of {command!r}"
        fix = f"{did_you_mean(fault.option_name, known)} ({fix})"
    _say(what[:1].lower() + what[1:], fix=fix)


def _offered(missing: click.Parameter | None, context: click.Context | None) -> list[str]:
    """The values of a missing parameter that completion offers."""
    if missing is None or context is None:
        return []
    return [item.value for item in missing.shell_complete(context, "") if item.type == "plain"]


def _say(what: str, *, where: str | None = None, fix: str | None = None) -> None:
    from plumbline.core.folding import folded
    from plumbline.core.safe_text import one_line

    if logs.is_json():  # one record, so that a search finds it whole
        write_line(logs.record("ERROR", one_line(what), where=where, fix=fix))
        return
    first, *more = what.splitlines() or [""]
    lines = [f"{_TITLE} {one_line(first)}", *(f"  {one_line(line)}" for line in more)]
    if where:
        lines.append(f"  in: {one_line(where)}")
    if fix:
        lines.append(f"  fix: {one_line(fix)}")
    text = folded("\n".join(lines), terminal_width(sys.stderr))
    if has_colour(sys.stderr):
        text = coloured(_TITLE, "red", bold=True) + text.removeprefix(_TITLE)
    write_line(text)


def _near(fault: object) -> str | None:
    """Where the fault is; a file below the working directory by its short name."""
    file, key = getattr(fault, "file", None), getattr(fault, "key", None)
    if file:
        relative = os.path.relpath(file)
        file = file if relative.startswith("..") or not Path(file).is_absolute() else relative
    return ": ".join(part for part in (file, key) if part) or None
