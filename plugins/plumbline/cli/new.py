"""``plumbline new``: the files of a monitor."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from plumbline.cli.commands import Command, Example, Group
from plumbline.cli.options import target_option
from plumbline.cli.output import write_message, write_result
from plumbline.cli.session import Session
from plumbline.core.errors import ConfigError, PlumblineError

if TYPE_CHECKING:
    from plumbline.lint.rule import Finding
    from plumbline.scaffold.monitor import NewMonitor, Table


def monitor(
    name: str,
    table: str | None,
    kind: str | None,
    date_column: str | None,
    condition: str | None,
    group_by: tuple[str, ...],
    arrival: str | None,
    warning: float | None,
    critical: float | None,
    owner: str | None,
    days: int,
    checkpoint: str,
    target: str | None,
) -> int:
    """Write a monitor's files."""
    from plumbline.scaffold.monitor import (
        NewMonitor,
        ask_warehouse,
        check_monitor,
        check_written,
        find_table,
        make_files,
    )
    from plumbline.scaffold.writing import write_new
    from plumbline.warehouse.ready import ensure_ready

    session = click.get_current_context().ensure_object(Session)
    project = session.project()
    where = project.target(target)
    asks = sys.stdin.isatty()

    def columns(dataset: str, of: str) -> Table:
        return ask_warehouse(ensure_ready(where, write_message), dataset, of)

    table = table or _ask(asks, "--table", "Table (dataset.table)")
    found = find_table(project, table, columns)
    types = found.types
    kind = kind or _ask(asks, "--kind", "Check a ratio of the rows, or their count", "ratio")
    if kind not in ("ratio", "count"):
        raise ConfigError(f"{kind!r} is not a kind", key="--kind", fix="use ratio or count")
    if date_column is None:
        dates = [column for column, of in types.items() if of in ("DATE", "TIMESTAMP")]
        first = dates[0] if dates else None
        date_column = (
            first
            if len(dates) == 1 and first
            else _ask(asks, "--date-column", f"Column with the day ({', '.join(dates)})", first)
        )
    if kind == "ratio" and condition is None:
        condition = _ask(
            asks, "--condition", "Condition for counted rows (SQL, such as email is not null)"
        )
    if warning is None and critical is None:
        unit = " in percent" if kind == "ratio" else ""
        warning = _number(_ask(asks, "--warning", f"WARNING threshold{unit}"), "--warning")
        critical = _number(_ask(asks, "--critical", f"CRITICAL threshold{unit}"), "--critical")
    if asks and not group_by:
        group_by = tuple(
            column.strip()
            for column in _ask(asks, "--group-by", "Columns to group by (a, b; or none)", "").split(
                ","
            )
            if column.strip()
        )
    owner = owner or _ask(asks, "--owner", "Owner")
    asked = NewMonitor(
        name=name,
        table=found,
        kind="ratio" if kind == "ratio" else "count",
        date_column=date_column,
        warning=warning,
        critical=critical,
        condition=condition,
        group_by=group_by,
        arrival=arrival,
        owner=owner,
        days=days,
        checkpoint=checkpoint,
    )
    check_monitor(asked, project)
    files, changed = make_files(asked, project, target=where.name)
    warnings: list[Finding] = []
    written = write_new(
        project.root,
        files,
        changed,
        check=lambda: warnings.extend(check_written(project.root, name)),
    )
    for path in written:
        said = "changed" if path.relative_to(project.root).as_posix() in changed else "wrote"
        write_result(f"{said} {path.relative_to(project.root)}\n")
    write_result(_next(asked))
    for finding in warnings:
        write_message(f"lint: {finding.what} ({finding.place.file.name}); {finding.fix}")
    return 0


def _next(asked: NewMonitor) -> str:
    asks = ", to check the condition in the warehouse" if asked.condition else ""
    return (
        f"\nNext: plumbline run {asked.checkpoint} -s {asked.name} --no-alerts{asks}\n"
        f"then read models/monitors/{asked.name}.sql, and complete the impact and the runbook.\n"
    )


def _ask(asks: bool, option: str, question: str, default: str | None = None) -> str:
    if not asks:
        raise ConfigError(
            f"{option} is missing", key=option, fix="pass it, or run the command on a terminal"
        )
    found: str = click.prompt(question, default=default, err=True)
    return found


def _number(text: str, option: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"{text!r} is not a number", key=option, fix="write a number") from None


def _complete_tables(context: click.Context, _: click.Parameter, incomplete: str) -> list[Any]:
    from click.shell_completion import CompletionItem

    from plumbline.lint.context import LintContext

    try:
        project = context.ensure_object(Session).project()
        keys = set(LintContext.of(project).tables.described)
    except PlumblineError:
        return []
    return [CompletionItem(key) for key in sorted(keys) if key.startswith(incomplete)]


command = Group(
    name="new",
    help="Create files in the project.",
    commands=[
        Command(
            name="monitor",
            callback=monitor,
            help="Create a monitor and add it to a checkpoint.\n\n"
            "Writes the model, its description, the suite, a runbook and a test. On a "
            "terminal, it prompts for missing options. It never overwrites files. If the "
            "new files don't pass lint, it removes them.",
            params=[
                click.Argument(["name"], metavar="NAME", required=True),
                click.Option(
                    ["--table"],
                    metavar="DATASET.TABLE",
                    shell_complete=_complete_tables,
                    help="The table to read, declared in the project or existing in the warehouse.",
                ),
                click.Option(
                    ["--kind"],
                    type=click.Choice(("ratio", "count")),
                    help="Check the share of counted rows, or the number of rows.",
                ),
                click.Option(
                    ["--date-column"],
                    metavar="COLUMN",
                    help="DATE or TIMESTAMP column with the day; default: the only one.",
                ),
                click.Option(
                    ["--condition"],
                    metavar="SQL",
                    help="SQL condition for counted rows: email is not null.",
                ),
                click.Option(
                    ["--group-by"],
                    multiple=True,
                    metavar="COLUMN",
                    help="Check each value of this column separately; repeatable.",
                ),
                click.Option(
                    ["--arrival"],
                    metavar="COLUMN",
                    help="Column with the time at which a row arrived, to check the past as it "
                    "was known then.",
                ),
                click.Option(
                    ["--warning"], type=float, metavar="NUMBER", help="Values below are WARNING."
                ),
                click.Option(
                    ["--critical"], type=float, metavar="NUMBER", help="Values below are CRITICAL."
                ),
                click.Option(
                    ["--owner"], metavar="WHO", help="Who is responsible for the monitor."
                ),
                click.Option(
                    ["--days"],
                    type=click.IntRange(1, 366),
                    default=1,
                    show_default=True,
                    help="Number of complete days to check.",
                ),
                click.Option(
                    ["--checkpoint"],
                    default="health_check",
                    show_default=True,
                    metavar="NAME",
                    help="Checkpoint that runs it; created if it doesn't exist.",
                ),
                target_option(),
            ],
            examples=(
                Example(
                    "plumbline new monitor played_minutes --table nba_raw.bigdataball_play_by_play "
                    "--kind count --date-column game_date --warning 1000 --critical 100 "
                    "--owner ml-platform --checkpoint mine",
                    "check the number of rows per day",
                ),
                Example(
                    "plumbline new monitor confident_predictions "
                    "--table nba_predictions.player_prop_predictions --kind ratio "
                    "--date-column game_date --condition 'confidence_score is not null' "
                    "--group-by system_id --arrival created_at --warning 95 --critical 80 "
                    "--owner ml-platform --checkpoint mine",
                    "check a share of rows per prediction system",
                ),
            ),
            exit_codes={3: "ERROR: the table doesn't exist"},
        )
    ],
    examples=(Example("plumbline new monitor --help", "show the options for a monitor"),),
    exit_codes={3: "ERROR: the table doesn't exist"},
)
