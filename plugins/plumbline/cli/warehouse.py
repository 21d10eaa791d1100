"""``plumbline warehouse``: the embedded BigQuery of a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click

from plumbline.cli.commands import Command, Example, Group
from plumbline.cli.options import format_option, target_option
from plumbline.cli.output import write_report, write_result
from plumbline.cli.progress import show_progress
from plumbline.cli.session import current_session
from plumbline.core.errors import ConfigError

if TYPE_CHECKING:
    from plumbline.project import Target
    from plumbline.warehouse.embedded import EmbeddedStatus, EmbeddedWarehouse


def start(target: str | None) -> int:
    """Start the server, and load the demo data if it is empty."""
    from plumbline.warehouse.ready import ensure_ready

    chosen, warehouse = _embedded(target)
    with show_progress() as progress:
        ensure_ready(chosen, progress.long_step)
    write_result(_describe(warehouse.status()))
    return 0


def stop(target: str | None) -> int:
    """Stop the server and keep its data."""
    _, warehouse = _embedded(target)
    with show_progress() as progress:
        stopped = warehouse.stop(progress.long_step)
    write_result("stopped\n" if stopped else "it was not running\n")
    return 0


def status(target: str | None) -> int:
    """Show whether the server runs, its address and the size of its data."""
    from plumbline.core.status import EXIT_ERROR, EXIT_OK

    _, warehouse = _embedded(target)
    found = warehouse.status()
    write_result(_describe(found))
    return EXIT_OK if found.state == "running" else EXIT_ERROR


def seed(target: str | None) -> int:
    """Load the demo data again. Keeps what runs have recorded."""
    from plumbline.warehouse.ready import seed_again

    chosen, _ = _embedded(target)
    with show_progress() as progress:
        seed_again(chosen, progress.long_step)
    write_result("filled again\n")
    return 0


def query(sql: str, most: int, form: str, target: str | None) -> int:
    """Run a SQL statement, for example to look at the data or to change it.

    Only on the embedded BigQuery: plumbline never writes to tables of yours on BigQuery.
    """
    from plumbline.report.rows import rows_dict, rows_page
    from plumbline.warehouse.jobs import JobRunner
    from plumbline.warehouse.query import QueryRequest
    from plumbline.warehouse.ready import ensure_ready

    chosen, _ = _embedded(target)
    with show_progress() as progress:
        ready = ensure_ready(chosen, progress.long_step)
    found = JobRunner(ready, {"app": "plumbline"}).run(QueryRequest("query", sql, most_rows=most))
    write_report(form, found, page=rows_page, data=rows_dict)
    return 0


def reset(target: str | None) -> int:
    """Stop the server and delete all its data, including what runs have recorded."""
    _, warehouse = _embedded(target)
    with show_progress() as progress:
        warehouse.reset(progress.long_step)
    write_result("stopped; all data removed\n")
    return 0


def _embedded(name: str | None) -> tuple[Target, EmbeddedWarehouse]:
    project = current_session().project()
    target = project.target(name)
    if target.kind != "embedded":
        raise ConfigError(
            f"target {target.name!r} is BigQuery, not the embedded warehouse",
            key="--target",
            fix=project.targets_of("embedded"),
        )
    if target.emulator_host:
        raise ConfigError(
            f"target {target.name!r} is the server {target.emulator_host}, not plumbline's own",
            key="BIGQUERY_EMULATOR_HOST",
            fix="unset the variable to use the embedded BigQuery",
        )
    from plumbline.warehouse.embedded import EmbeddedWarehouse

    return target, EmbeddedWarehouse.of(target)


def _describe(found: EmbeddedStatus) -> str:
    from plumbline.core.text import size

    lines: list[str] = [found.state]
    if found.server is not None:
        lines[0] += f" on {found.server.url} (process {found.server.pid})"
    lines += [f"  data: {size(found.data_bytes)} in {found.folder}", f"  log: {found.log}"]
    return "\n".join(lines) + "\n"


def _subcommand(
    callback: Callable[[str | None], int], exit_codes: Mapping[int, str] | None = None
) -> Command:
    name = callback.__name__
    return Command(
        name=name,
        callback=callback,
        params=[target_option()],
        examples=(Example(f"plumbline warehouse {name}", "use the default target"),),
        exit_codes=exit_codes or {3: "ERROR: it doesn't start or respond"},
    )


command = Group(
    name="warehouse",
    help=(
        "Manage the embedded BigQuery, a server on this machine for demos, tests and "
        "development.\n\n"
        "`plumbline run` starts and fills it automatically."
    ),
    commands=[
        _subcommand(start),
        _subcommand(stop),
        _subcommand(status, {0: "it is running", 3: "it is not running, or doesn't respond"}),
        _subcommand(seed),
        Command(
            name="query",
            callback=query,
            params=[
                click.Argument(["sql"], metavar="SQL"),
                click.Option(
                    ["--limit", "most"],
                    type=click.IntRange(1, 10_000),
                    default=100,
                    show_default=True,
                    help="Number of rows to show.",
                ),
                target_option(),
                format_option("text", "markdown", "json"),
            ],
            examples=(
                Example('plumbline warehouse query "select 1 as one"', "show the rows of a query"),
            ),
            exit_codes={3: "ERROR: the statement failed"},
        ),
        _subcommand(reset),
    ],
    examples=(
        Example("plumbline warehouse status", "show whether it runs, and where its data is"),
        Example("plumbline warehouse stop", "stop the server and keep the data"),
    ),
)
