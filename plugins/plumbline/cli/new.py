"""``plumbline new``: the files of a monitor, or of a suite over a table."""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING, Any, cast

import click
from click.core import ParameterSource

from plumbline.cli.commands import Command, Example, Group
from plumbline.cli.completion import complete_tables
from plumbline.cli.options import as_of_option, flag, option, read_as_of, target_option
from plumbline.cli.output import terminal_width, write_message, write_result, write_text
from plumbline.cli.session import current_session
from plumbline.core.errors import ConfigError
from plumbline.core.folding import folded
from plumbline.core.text import count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from plumbline.lint.rule import Finding
    from plumbline.models.relations import Relation
    from plumbline.scaffold.monitor import Kind, NewMonitor
    from plumbline.scaffold.tables import Table

KIND = click.Choice(("ratio", "count", "freshness", "unique", "references"))
KINDS = {
    "ratio": "a share of the rows",
    "count": "the number of rows",
    "freshness": "the age of the newest row",
    "unique": "whether values occur once",
    "references": "whether values exist in another table",
}
THRESHOLDS = ("--warning", "--critical", "--warning-above", "--critical-above")
DATE_FORMAT = click.Choice(("YYYYMMDD", "YYYY-MM-DD"))


def monitor(
    name: str,
    table: str | None,
    kind: str | None,
    date_column: str | None,
    no_date: bool,
    date_format: str,
    condition: str | None,
    columns: tuple[str, ...],
    to: str | None,
    group_by: tuple[str, ...],
    arrival: str | None,
    warning: float | None,
    critical: float | None,
    warning_above: float | None,
    critical_above: float | None,
    owner: str | None,
    days: int,
    checkpoint: str,
    target: str | None,
) -> int:
    """Create a monitor and add it to a checkpoint.

    For a ratio and a count, writes a model with its description and a test; for the other kinds, a
    suite over the table. Each gets a suite and a runbook. On a terminal, it prompts for missing
    options. It never overwrites files. If the new files don't pass lint, it removes them.
    """
    from plumbline.scaffold.monitor import NewMonitor, check_written, make_files
    from plumbline.scaffold.monitor_checks import check_monitor
    from plumbline.scaffold.tables import ask_warehouse, find_table
    from plumbline.scaffold.writing import write_new
    from plumbline.warehouse.ready import ensure_ready

    session = current_session()
    project = session.project()
    where = project.target(target)
    asks = sys.stdin.isatty()
    if not asks:
        _refuse_missing(click.get_current_context())

    def find(text: str, *named: str, option: str = "--table") -> Table:
        def ask(relation: Relation) -> Table:
            return ask_warehouse(ensure_ready(where, write_message), relation, option)

        return find_table(project, where, text, ask, named=named, option=option)

    table = table or _ask(asks, "--table", "Table (dataset.table, or a model of dbt)")
    given = (date_column, arrival, *group_by, *columns)
    found = find(table, *filter(None, given), *_words_of(condition))
    kind = kind or _ask(asks, "--kind", f"Check {_listed(KINDS)}", "ratio", KIND)
    if kind in ("ratio", "count") or days != 1:
        date_column = _date_column(asks, found, date_column, no_date)
    elif date_column is None and not no_date and found.require_filter:
        date_column = found.partition_name
    if kind == "ratio" and condition is None:
        condition = _ask(
            asks, "--condition", "Condition for counted rows (SQL, such as email is not null)"
        )
    if kind in ("freshness", "unique", "references") and not columns:
        columns = (_ask(asks, "--column", f"Column ({', '.join(found.types)})"),)
        found = find(table, *filter(None, given), *columns)
    refers = None
    if kind == "references" or to is not None:
        to = to or _ask(asks, "--to", "Column that must hold the value (dataset.table.column)")
        of, _, column = str(to).rpartition(".")
        refers = (find(of, column, option="--to"), column) if of else None
    if kind in ("unique", "references") and warning is None and critical is None:
        critical = 100
    if {warning, critical, warning_above, critical_above} == {None}:
        if kind == "freshness":
            warning_above = _ask(asks, "--warning-above", "WARNING above (hours)", type=click.FLOAT)
            critical_above = _ask(
                asks, "--critical-above", "CRITICAL above (hours)", type=click.FLOAT
            )
        else:
            unit = " in percent" if kind == "ratio" else ""
            warning = _ask(asks, "--warning", f"WARNING threshold{unit}", type=click.FLOAT)
            critical = _ask(asks, "--critical", f"CRITICAL threshold{unit}", type=click.FLOAT)
    if asks and not group_by and kind in ("ratio", "count"):
        group_by = tuple(
            column.strip()
            for column in _ask(
                asks, "--group-by", "Columns to group by (a, b; or none)", "none"
            ).split(",")
            if column.strip() not in ("", "none")
        )
    owner = owner or _ask(asks, "--owner", "Owner")
    asked = NewMonitor(
        name=name,
        table=found,
        kind=cast("Kind", kind),
        date_column=date_column,
        warning=warning,
        critical=critical,
        warning_above=warning_above,
        critical_above=critical_above,
        condition=condition,
        columns=columns,
        to=refers,
        group_by=group_by,
        arrival=arrival,
        owner=owner,
        days=days,
        date_format=date_format,
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
    _write_paths(project.root, written, changed)
    _write_next(asked, next(iter(files)), session.project_option)
    for finding in warnings:
        write_message(f"lint: {finding.what} ({finding.place.file.name}); {finding.fix}")
    return 0


def _refuse_missing(context: click.Context) -> None:
    """Name all options at once that can't be asked for, with the command to complete.

    Without ``--kind``, those of a ratio, which is also what the prompt proposes.

    Raises:
        ConfigError: options are missing. What depends on the table's columns is checked later.
    """
    options = [one for one in context.command.params if isinstance(one, click.Option)]
    given = {
        one.opts[0]: context.params[str(one.name)]
        for one in options
        if context.get_parameter_source(str(one.name)) is ParameterSource.COMMANDLINE
    }
    missing = [option for option in _needed(given) if option not in given]
    if not missing:
        return
    command = ["plumbline", "new", "monitor", context.params["name"]]
    for name, value in given.items():
        for one in value if isinstance(value, tuple) else (value,):
            command += [name] if one is True else [name, _argument(one)]
    holders = {one.opts[0]: str(one.metavar) for one in options} | {"--kind": "ratio"}
    command += [word for name in missing for word in (name, holders[name])]
    what = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    if "--kind" in missing:
        what += " (for a ratio; other kinds require others)"
    raise ConfigError(
        what,
        fix=f"complete {shlex.join(command)}, or run the command on a terminal, which prompts",
    )


def _argument(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _needed(given: Mapping[str, Any]) -> Iterator[str]:
    kind = given.get("--kind", "ratio")
    yield from ("--table", "--kind")
    if kind == "ratio":
        yield "--condition"
    if kind in ("freshness", "unique", "references"):
        yield "--column"
    if kind == "references":
        yield "--to"
    if kind not in ("unique", "references") and given.keys().isdisjoint(THRESHOLDS):
        yield from THRESHOLDS[2:] if kind == "freshness" else THRESHOLDS[:2]
    yield "--owner"


def _listed(kinds: Mapping[str, str]) -> str:
    return ", ".join(f"{text} ({name})" for name, text in kinds.items())


def _words_of(condition: str | None) -> Sequence[str]:
    """The columns that a condition names; none where it is not SQL, which is said later."""
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from plumbline.models.syntax import parse_sql

    try:
        tree = parse_sql(condition or "true")
    except SqlglotError:
        tree = None
    columns = tree.find_all(exp.Column) if tree else ()
    return [column.name for column in columns if not column.table]


def _date_column(asks: bool, table: Table, given: str | None, no_date: bool) -> str | None:
    """The column with the day of a row; None for a table whose rows are checked together.

    By default the one that the table is partitioned or divided by, else the only date.
    """
    from plumbline.scaffold.dates import DATE_TYPES, SUFFIX

    if no_date:
        if given is not None:
            raise ConfigError(
                "--no-date checks all rows, --date-column those of a day",
                key="--no-date",
                fix="leave one of them out",
            )
        return None
    if given is not None:
        return given
    dates = [column for column, of in table.types.items() if of in DATE_TYPES]
    usual = SUFFIX if SUFFIX in table.pseudo else table.partition_name
    if usual is not None or len(dates) == 1:
        return usual or dates[0]
    if not dates and not asks:
        raise ConfigError(
            f"{table.key} has no column of a date",
            key="--date-column",
            fix="name a text or number as YYYYMMDD, or pass --no-date to check all rows",
        )
    first = dates[0] if dates else "none"
    answer = _ask(
        asks, "--date-column", f"Column with the day ({', '.join(dates)}; or none)", first
    )
    return None if answer == "none" else str(answer)


def table(
    name: str,
    table: str | None,
    owner: str | None,
    checkpoint: str,
    as_of: str | None,
    yes: bool,
    target: str | None,
) -> int:
    """Create a suite over a table and add it to a checkpoint.

    Looks at the table's columns and at its last complete days in one job, and proposes expectations
    that hold for all rows. Nothing is written before you choose.
    """
    from plumbline.core.text import size
    from plumbline.scaffold.checkpoint_file import with_monitor
    from plumbline.scaffold.monitor_checks import check_name
    from plumbline.scaffold.table_suite import profile_table, suite_text
    from plumbline.scaffold.writing import write_new
    from plumbline.warehouse.ready import ensure_ready

    session = current_session()
    project = session.project()
    chosen_target = project.target(target)
    of, name = table or name, name.rpartition(".")[2]
    check_name(name, "monitor", "NAME")
    check_name(checkpoint, "checkpoint", "--checkpoint")
    if project.has_monitor(name):
        raise ConfigError(f"monitor {name!r} already exists", key="NAME", fix="choose another name")
    instant = read_as_of(session, project, chosen_target, as_of).instant
    ready = ensure_ready(chosen_target, write_message)
    profile = profile_table(
        project, ready, name=name, table=of, as_of=instant, given="--table" if table else "NAME"
    )
    asks = sys.stdin.isatty() and not yes
    estimated = None if ready.kind == "embedded" else profile.estimate()
    if estimated is not None:
        write_message(f"The profile of {of} reads {size(estimated)}.")
        if asks and not click.confirm("Continue?", default=True, err=True):
            return 0
    if profile.left_out:
        left_out = count(profile.left_out, "columns")
        write_message(f"{of} has many columns: its last {left_out} are not profiled.")
    proposals = profile.propose()
    for number, one in enumerate(proposals, 1):
        write_text(f"{number:>3}  {_in_words(one.expectation)}  (found: {one.found})\n")
    if profile.rows.date_column:
        days = f"{count(profile.rows.days, 'days')} up to {profile.as_of:%Y-%m-%d}"
        write_message(
            f"Found in {days}. The suite will check 1 day per run; to check more, change "
            "rows.days in its file."
        )
    if not (asks or yes):
        write_message("Nothing is written. --yes writes all of them.")
        return 0
    numbers = _ask_numbers(len(proposals)) if asks else range(1, len(proposals) + 1)
    chosen = [one for number, one in enumerate(proposals, 1) if number in numbers]
    if not chosen:
        write_message("Nothing is written.")
        return 0
    files = {f"expectations/{name}.json": suite_text(profile, name, chosen, owner=owner)}
    added, changed = with_monitor(project, checkpoint, name)
    _write_paths(project.root, write_new(project.root, files | added, changed), changed)
    where = session.project_option
    write_result(f"\nNext: plumbline run {checkpoint} -s {name} --no-alerts{where}\n")
    write_text(f"then set severities in expectations/{name}.json, and add a runbook.\n")
    return 0


def _in_words(expectation: Mapping[str, Any]) -> str:
    from plumbline.checks.expected import expected

    return expected(expectation["type"], expectation["kwargs"])


def _ask_numbers(most: int) -> Collection[int]:
    """The proposals that somebody chooses, asked for until the answer is one."""
    found: Collection[int] = click.prompt(
        "Which ones", default="all", err=True, value_proc=lambda answer: _numbers(answer, most)
    )
    return found


def _numbers(answer: str, most: int) -> Collection[int]:
    """``1-3,5`` as numbers up to ``most``.

    Raises:
        UsageError: it is not an answer; click shows it and asks again.
    """
    words = re.sub(r"\s*-\s*", "-", answer.lower()).replace(",", " ").split()
    if words in (["all"], ["none"]):
        return range(1, most + 1) if words == ["all"] else ()
    found: set[int] = set()
    for word in words:
        first, _, last = word.partition("-")
        if not re.fullmatch(r"[0-9]+(-[0-9]+)?", word):
            what = f"{word!r} is not a number"
        elif not 1 <= int(first) <= int(last or first) <= most:
            what = f"{word} is not between 1 and {most}"
        else:
            found.update(range(int(first), int(last or first) + 1))
            continue
        raise click.UsageError(f"{what}; write all, none, or numbers such as 1-3,5")
    return found


def _write_paths(root: Path, written: Sequence[Path], changed: Collection[str]) -> None:
    for path in written:
        name = path.relative_to(root).as_posix()
        write_text(f"{'changed' if name in changed else 'wrote'} {name}\n")


def _write_next(asked: NewMonitor, first: str, where: str) -> None:
    """What to do now.

    Args:
        first: the file to read: the suite, or the model where there is one.
        where: the option that finds the project.
    """
    from plumbline.scaffold.monitor import WITH_SQL

    asks = "that checks the condition in the warehouse; " if asked.condition else ""
    read = f"models/monitors/{asked.name}.sql" if asked.kind in WITH_SQL else first
    write_result(f"\nNext: plumbline run {asked.checkpoint} -s {asked.name} --no-alerts{where}\n")
    write_text(f"{asks}then read {read}, and complete the impact and the runbook.\n")


def _ask(
    asks: bool,
    option: str,
    question: str,
    default: str | None = None,
    type: click.ParamType[Any] = click.STRING,  # noqa: A002 - as click calls it
) -> Any:
    if not asks:
        raise ConfigError(
            f"{option} is missing", key=option, fix="pass it, or run the command on a terminal"
        )
    shown = f"{question} [{default}]" if default else question
    return click.prompt(
        folded(f"{shown}:", terminal_width(sys.stderr)),
        default=default,
        type=type,
        err=True,
        show_choices=False,
        show_default=False,
        prompt_suffix=" ",
    )


def _table_option(text: str) -> click.Option:
    return option("--table", "DATASET.TABLE", text, shell_complete=complete_tables)


def _checkpoint_option() -> click.Option:
    return option(
        "--checkpoint",
        "NAME",
        "Checkpoint that runs it; created if it doesn't exist.",
        default="health_check",
        show_default=True,
    )


command = Group(
    name="new",
    help="Create files in the project.",
    commands=[
        Command(
            name="monitor",
            callback=monitor,
            params=[
                click.Argument(["name"], metavar="NAME", required=True),
                _table_option(
                    "The table to read: declared in the project, a model of dbt, or existing in "
                    "the warehouse; shards as dataset.events_*."
                ),
                click.Option(
                    ["--kind"],
                    type=KIND,
                    help="Check "
                    + "; ".join(f"{name}: {text}" for name, text in KINDS.items())
                    + ".",
                ),
                option(
                    "--date-column",
                    "COLUMN",
                    "Column with the day: a date, a time, a text or number as YYYYMMDD, "
                    "_TABLE_SUFFIX, _PARTITIONTIME. Default: that of the partitions or shards, "
                    "else the only date.",
                ),
                flag("--no-date", "Check all rows of the table, not those of a day."),
                click.Option(
                    ["--date-format"],
                    type=DATE_FORMAT,
                    default="YYYYMMDD",
                    show_default=True,
                    help="How a text or number in --date-column is written.",
                ),
                option(
                    "--condition",
                    "SQL",
                    "SQL condition for counted rows: email is not null. For freshness, unique and "
                    "references: for the rows to check.",
                ),
                option(
                    "--column",
                    "COLUMN",
                    "For freshness, unique and references: the column to check. For unique, "
                    "repeatable: the columns are checked together.",
                    name="columns",
                    multiple=True,
                ),
                option(
                    "--to",
                    "TABLE.COLUMN",
                    "For references: the column that must hold the value.",
                ),
                option(
                    "--group-by",
                    "COLUMN",
                    "Check each value of this column separately; repeatable.",
                    multiple=True,
                ),
                option(
                    "--arrival",
                    "COLUMN",
                    "Column with the time at which a row arrived, to check the past as it was "
                    "known then.",
                ),
                option(
                    "--warning",
                    "NUMBER",
                    "Values below are WARNING: a percentage (ratio, unique, references), or a "
                    "number of rows.",
                    type=float,
                ),
                option("--critical", "NUMBER", "Values below are CRITICAL.", type=float),
                option(
                    "--warning-above",
                    "NUMBER",
                    "Values above are WARNING; for freshness, hours.",
                    type=float,
                ),
                option("--critical-above", "NUMBER", "Values above are CRITICAL.", type=float),
                option("--owner", "WHO", "Who is responsible for the monitor."),
                click.Option(
                    ["--days"],
                    type=click.IntRange(1, 366),
                    default=1,
                    show_default=True,
                    help="Number of complete days to check.",
                ),
                _checkpoint_option(),
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
                Example(
                    "plumbline new monitor predictions_age "
                    "--table nba_predictions.player_prop_predictions --kind freshness "
                    "--column created_at --warning-above 24 --critical-above 48 "
                    "--owner ml-platform --checkpoint mine",
                    "check how old the newest row is",
                ),
            ),
            exit_codes={3: "ERROR: the table doesn't exist"},
        ),
        Command(
            name="table",
            callback=table,
            params=[
                click.Argument(["name"], metavar="NAME", required=True),
                _table_option("The table; default: NAME, which may be dataset.table."),
                option("--owner", "WHO", "Who is responsible for the table."),
                _checkpoint_option(),
                as_of_option(),
                flag("--yes", "Write all proposals without asking."),
                target_option(),
            ],
            examples=(
                Example(
                    "plumbline new table nba_predictions.player_prop_predictions --checkpoint mine",
                    "show what could be checked, and choose",
                ),
                Example(
                    "plumbline new table predictions "
                    "--table nba_predictions.player_prop_predictions --owner ml-platform "
                    "--checkpoint mine --yes",
                    "write everything that was proposed",
                ),
            ),
            exit_codes={3: "ERROR: the table doesn't exist"},
        ),
    ],
    examples=(
        Example("plumbline new monitor --help", "show the options for a monitor"),
        Example("plumbline new table --help", "show the options for a suite over a table"),
    ),
    exit_codes={3: "ERROR: the table doesn't exist"},
)
