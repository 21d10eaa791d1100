"""The entry point: from arguments to an exit code."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NoReturn

import click

from plumbline import __version__
from plumbline.cli import completion, logs
from plumbline.cli.commands import Example, Group
from plumbline.cli.faults import explain
from plumbline.cli.interrupts import Interrupts
from plumbline.cli.output import silence, write_message
from plumbline.cli.session import Session, read_clock
from plumbline.core.signals import exit_code, message

COMMANDS = {
    "run": ("plumbline.cli.run:command", "Run a checkpoint and report failing monitors."),
    "record": ("plumbline.cli.record:command", "Record the results of another tool's tests (dbt)."),
    "list": ("plumbline.cli.list:command", "List monitors and checkpoints."),
    "lint": ("plumbline.cli.lint:command", "Check the project's files without a warehouse."),
    "compile": (
        "plumbline.cli.compile:command",
        ("Print a monitor's SQL as it is sent to BigQuery."),
    ),
    "accept": ("plumbline.cli.accept:command", "Accept the columns of a table."),
    "backtest": (
        "plumbline.cli.backtest:command",
        "Replay a schedule over past data.",
    ),
    "calibrate": (
        "plumbline.cli.calibrate:command",
        "Propose thresholds from history.",
    ),
    "impact": (
        "plumbline.cli.impact:command",
        "Compare the alerts before and after a change.",
    ),
    "alerts": (
        "plumbline.cli.alerts:command",
        "Manage incidents and notifications.",
    ),
    "schedule": (
        "plumbline.cli.schedule:command",
        "Show, run, check or export schedules.",
    ),
    "deploy": (
        "plumbline.cli.deploy:command",
        "Check deployments of services; deploy plumbline itself.",
    ),
    "docs": ("plumbline.cli.docs:command", "Build, open, serve or host the data docs site."),
    "debug": ("plumbline.cli.debug:command", "Check everything that a run needs."),
    "smoke": ("plumbline.cli.smoke:command", "Test plumbline's assumptions on BigQuery."),
    "warehouse": ("plumbline.cli.warehouse:command", "Manage the embedded BigQuery."),
    "new": ("plumbline.cli.new:command", "Create a monitor."),
    "import": ("plumbline.cli.imports:command", "Take over the checks of another tool."),
    "upgrade": ("plumbline.cli.upgrade:command", "Change a project's files for this version."),
    "init": ("plumbline.cli.init:command", "Create a project with an example."),
}


_ALLOCATIONS = 50_000
"""Allocations before Python collects the youngest generation. With its default of 700, it would
traverse everything that an import creates, again and again: a sixth of a run."""


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
            "Data-quality monitors for BigQuery: SQL models and Great Expectations suites.\n\n"
            "A project is a folder with a great_expectations.yml. Without further "
            "configuration, `plumbline run` starts an embedded BigQuery with demo data and "
            "checks it."
        ),
        examples=(
            Example("plumbline run", "run the health check on the default target"),
            Example(
                "plumbline run --target bigquery --format json", "run on BigQuery and print JSON"
            ),
            Example("plumbline list", "list monitors with thresholds and last status"),
            Example("plumbline COMMAND --help", "show options and examples of a command"),
        ),
        exit_codes={
            0: "OK, or nothing to check",
            1: "WARNING",
            2: "CRITICAL: the data is wrong",
            3: "ERROR: a check could not run",
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
    """
    session = Session(clock=clock)
    # Errors in arguments are reported before --debug is parsed.
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
    interrupts = Interrupts()
    interrupts.install()
    code = None
    with suppress(KeyboardInterrupt):  # while a fault was explained
        code = invoke(sys.argv[1:])
        _flush()
    interrupts.over()
    if interrupts.number is not None:
        stopped = exit_code(interrupts.number)
        if code != stopped:
            write_message(message(interrupts.number))
        os._exit(stopped)  # don't wait for threads that wait for a query
    leaving.code = code
    sys.exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            silence(stream)
