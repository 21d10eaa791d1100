"""``plumbline warehouse``: the embedded BigQuery of a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click

from plumbline.cli.commands import Command, Example, Group
from plumbline.cli.options import target_option
from plumbline.cli.output import write_result
from plumbline.cli.progress import show_progress
from plumbline.cli.session import Session
from plumbline.core.errors import ConfigError

if TYPE_CHECKING:
    from plumbline.project import Target
    from plumbline.warehouse.embedded import EmbeddedStatus, EmbeddedWarehouse


def start(target: str | None) -> int:
    """Start it and fill it, if need be."""
    from plumbline.warehouse.ready import ensure_ready

    chosen, warehouse = _embedded(target)
    with show_progress() as progress:
        ensure_ready(chosen, progress.long_step)
    write_result(_describe(warehouse.status()))
    return 0


def stop(target: str | None) -> int:
    """Stop it; its data stay."""
    _, warehouse = _embedded(target)
    with show_progress() as progress:
        stopped = warehouse.stop(progress.long_step)
    write_result("stopped\n" if stopped else "it did not run\n")
    return 0


def status(target: str | None) -> int:
    """Say whether it runs."""
    from plumbline.core.status import EXIT_ERROR, EXIT_OK

    _, warehouse = _embedded(target)
    found = warehouse.status()
    write_result(_describe(found))
    return EXIT_OK if found.state == "running" else EXIT_ERROR


def seed(target: str | None) -> int:
    """Fill it with the demo data anew."""
    from plumbline.warehouse.ready import seed_again

    chosen, _ = _embedded(target)
    with show_progress() as progress:
        seed_again(chosen, progress.long_step)
    write_result("filled anew\n")
    return 0


def reset(target: str | None) -> int:
    """Stop it and remove its data."""
    _, warehouse = _embedded(target)
    with show_progress() as progress:
        warehouse.reset(progress.long_step)
    write_result("stopped, and all its data removed\n")
    return 0


def _embedded(name: str | None) -> tuple[Target, EmbeddedWarehouse]:
    target = click.get_current_context().ensure_object(Session).project().target(name)
    if target.kind != "embedded":
        raise ConfigError(
            f"target {target.name!r} is BigQuery itself, which is not started here",
            key="--target",
            fix="choose a target of kind embedded",
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
    from plumbline.report.wording import size

    lines: list[str] = [found.state]
    if found.server is not None:
        lines[0] += f" on {found.server.url} (process {found.server.pid})"
    lines += [f"  data: {size(found.data_bytes)} in {found.folder}", f"  log: {found.log}"]
    return "\n".join(lines) + "\n"


def _subcommand(
    callback: Callable[[str | None], int], text: str, exit_codes: Mapping[int, str] | None = None
) -> Command:
    name = callback.__name__
    return Command(
        name=name,
        callback=callback,
        help=text,
        params=[target_option()],
        examples=(Example(f"plumbline warehouse {name}", "of the default target"),),
        exit_codes=exit_codes or {3: "ERROR: it does not start or answer"},
    )


command = Group(
    name="warehouse",
    help=(
        "The embedded BigQuery: a server on this machine, for demos, tests and development.\n\n"
        "`plumbline run` starts and fills it by itself; these commands are for looking after it."
    ),
    commands=[
        _subcommand(start, "Start it, and fill it with the project's demo data if it is empty."),
        _subcommand(stop, "Stop it; its data stay."),
        _subcommand(
            status,
            "Say whether it runs, where it listens and how much it holds.",
            {0: "it runs", 3: "it does not run, or does not answer"},
        ),
        _subcommand(seed, "Fill it with the demo data anew; what runs recorded there stays."),
        _subcommand(reset, "Stop it and remove all its data, also what runs recorded there."),
    ],
    examples=(
        Example("plumbline warehouse status", "does it run, and where is its data"),
        Example("plumbline warehouse stop", "stop the server; the data stay"),
    ),
)
