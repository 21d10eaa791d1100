"""The entry point: from arguments to an exit code."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NoReturn

import click

from plumbline import __version__
from plumbline.cli import completion, logs
from plumbline.cli.commands import Example, Group
from plumbline.cli.faults import EXIT_INTERRUPTED, explain
from plumbline.cli.output import silence, write_message
from plumbline.cli.session import Session, read_clock

COMMANDS = {
    "run": ("plumbline.cli.run:command", "Run a checkpoint: judge the data, say what is wrong."),
    "list": ("plumbline.cli.list:command", "List monitors and checkpoints."),
    "lint": ("plumbline.cli.lint:command", "Say what is wrong with the files, before a run."),
    "compile": ("plumbline.cli.compile:command", "Show the SQL of a monitor as BigQuery gets it."),
    "backtest": (
        "plumbline.cli.backtest:command",
        "The schedule lived through once more: found when.",
    ),
    "calibrate": (
        "plumbline.cli.calibrate:command",
        "Thresholds proposed from history.",
    ),
    "impact": (
        "plumbline.cli.impact:command",
        "What a change would have alerted, before and after.",
    ),
    "alerts": (
        "plumbline.cli.alerts:command",
        "Incidents and messages: list, acknowledge, mute, test, deliver.",
    ),
    "schedule": (
        "plumbline.cli.schedule:command",
        "When checkpoints run: show, run, check, export.",
    ),
    "deploy": (
        "plumbline.cli.deploy:command",
        "Before, after and between deployments: check, verify, drift.",
    ),
    "docs": ("plumbline.cli.docs:command", "The data docs site: build it, open it, serve it."),
    "debug": ("plumbline.cli.debug:command", "Check that everything a run needs is there."),
    "warehouse": ("plumbline.cli.warehouse:command", "The embedded BigQuery: start, stop, fill."),
    "new": ("plumbline.cli.new:command", "New files: a monitor."),
    "init": ("plumbline.cli.init:command", "A project of your own, with an example that runs."),
}


_ALLOCATIONS = 50_000
"""Of objects, before Python looks for garbage among the youngest. Its own 700 make it look through
all that an import has made, again and again, and nothing of that is garbage: a sixth of a run."""


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    click.echo(f"plumbline {__version__}")
    context.exit()


def build_root() -> Group:
    """The ``plumbline`` command."""
    return Group(
        name="plumbline",
        lazy=COMMANDS,
        help=(
            "Data-quality monitors: SQL models judged by Great Expectations suites on BigQuery.\n\n"
            "A project is a folder with a great_expectations.yml. Without any configuration, "
            "`plumbline run` starts an embedded BigQuery with demo data and judges it."
        ),
        examples=(
            Example("plumbline run", "the health check, on the default target"),
            Example("plumbline run --target bigquery --format json", "on BigQuery, for machines"),
            Example("plumbline list", "what is watched, how, and how it was last"),
            Example("plumbline COMMAND --help", "options and examples of a command"),
        ),
        exit_codes={
            0: "OK, or nothing was to be checked",
            1: "WARNING",
            2: "CRITICAL: the data is wrong",
            3: "ERROR: the check could not be made",
        },
        params=[
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_version,
                help="Show the version and exit.",
            )
        ],
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def invoke(arguments: Sequence[str], *, clock: Callable[[], datetime] = read_clock) -> int:
    """Run one command line; the exit code.

    Args:
        arguments: without the program's name.
        clock: says what now is.
    """
    session = Session(clock=clock)
    # What goes wrong while arguments are parsed is said before --debug could be read.
    session.debug = "--debug" in arguments
    root = build_root()
    try:
        if wanted := os.environ.get(completion.VARIABLE):
            return completion.answer_shell(root, wanted, session)
        with root.make_context("plumbline", list(arguments), obj=session) as context:
            return int(root.invoke(context) or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        silence(sys.stdout)
        return 0
    except (Exception, KeyboardInterrupt) as fault:  # noqa: BLE001 - the last resort
        return explain(fault, debug=session.debug)


class _Interrupts:
    """Ctrl-C: the first one ends the command in order, a second one at once.

    Libraries lose a KeyboardInterrupt now and then (inside a callback of an import); the exit code
    tells of it all the same.
    """

    def __init__(self) -> None:
        self.seen = False

    def __call__(self, *_: object) -> None:
        if self.seen:
            os._exit(EXIT_INTERRUPTED)
        self.seen = True
        raise KeyboardInterrupt


class _Leaving:
    """Ends the process when all that is to be done at its end is done, instead of freeing, one by
    one, the objects of two thousand modules: a fifth of a run, for memory that goes anyway.

    As the first that is registered with ``atexit`` it comes last: after threads have ended and
    files have been closed.
    """

    def __init__(self) -> None:
        self.code: int | None = None

    def __call__(self) -> None:
        if self.code is None:
            return
        _flush()  # what threads and others at the end have written
        os._exit(self.code)


def main() -> NoReturn:
    """The ``plumbline`` script."""
    leaving = _Leaving()
    atexit.register(leaving)
    gc.set_threshold(_ALLOCATIONS)
    logs.configure()
    interrupts = _Interrupts()
    signal.signal(signal.SIGINT, interrupts)
    code = invoke(sys.argv[1:])
    _flush()
    if interrupts.seen:
        if code != EXIT_INTERRUPTED:
            write_message("interrupted")
        os._exit(EXIT_INTERRUPTED)  # threads that wait for a query must keep nobody waiting
    leaving.code = code
    sys.exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            silence(stream)
