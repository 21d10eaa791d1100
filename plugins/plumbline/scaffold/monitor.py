"""The files of a new monitor: model, description, suite, runbook, test, a line in a checkpoint.

Used by ``plumbline new monitor``; the text of each file is a template in ``templates/``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.project.checkpoints import ACTIONS
from plumbline.project.runbooks import Heading
from plumbline.scaffold.templating import render

if TYPE_CHECKING:
    from pathlib import Path

    from plumbline.lint.rule import Finding
    from plumbline.project import Project, Target

Kind = Literal["ratio", "count"]
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
TABLE = re.compile(r"(?:(?P<project>[\w-]+)\.)?(?P<dataset>\w+)\.(?P<table>\w+)")
DATES = ("DATE", "TIMESTAMP")
OWN_COLUMNS = (
    "as_of",
    "day",
    "arrived_at",
    "first_at",
    "is_counted",
    "rows_there",
    "counted_rows",
    "numerator",
    "denominator",
)
"""Of the SQL that is written."""
NO_GROUPS = ("ARRAY", "STRUCT", "JSON", "GEOGRAPHY")
"""Types that are not suitable as group columns."""


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    name: str
    type: str
    description: str = ""
    """As the warehouse has it."""


@dataclass(frozen=True)
class Table:
    """The table that a monitor reads."""

    dataset: str
    name: str
    columns: tuple[Column, ...]
    is_declared: bool
    """Whether a YAML file of the project declares it."""
    partition_by: str | None = None
    require_filter: bool = False
    description: str = ""

    @property
    def key(self) -> str:
        """``dataset.table``."""
        return f"{self.dataset}.{self.name}"

    @property
    def types(self) -> dict[str, str]:
        """GoogleSQL types by column."""
        return {column.name: column.type for column in self.columns}


@dataclass(frozen=True)
class NewMonitor:
    """What a person asks for."""

    name: str
    table: Table
    kind: Kind
    date_column: str
    warning: float | None
    critical: float | None
    owner: str
    condition: str | None = None
    """SQL over the table's columns: rows for which it holds count; of a ratio, and of a count."""
    group_by: tuple[str, ...] = ()
    arrival: str | None = None
    """The column that says when a row arrived."""
    days: int = 1
    checkpoint: str = "health_check"
    impact: str | None = None
    """Of a failure; None: left to the person, as a placeholder would be told as true."""

    @property
    def metric(self) -> str:
        """The column that is judged."""
        return f"{self.name}_pct" if self.kind == "ratio" else "rows_of_day"

    @property
    def about(self) -> str:
        """One sentence."""
        which = f" where {self.condition}" if self.condition else ""
        where = f" by {', '.join(self.group_by)}" if self.group_by else ""
        if self.kind == "ratio":
            return f"Share of rows of {self.table.key}{which}{where}, a day."
        return f"Rows of {self.table.key}{which}{where}, a day."


def check_monitor(asked: NewMonitor, project: Project) -> None:
    """Refuse what can't be made.

    Raises:
        ConfigError: a name that is none or taken, a column that the table does not have, a ratio
            without a condition, no threshold, thresholds the wrong way round.
    """
    check_name(asked.name, "monitor", "NAME")
    if asked.checkpoint not in project.checkpoint_names():
        check_name(asked.checkpoint, "checkpoint", "--checkpoint")
    if project.has_monitor(asked.name):
        raise ConfigError(
            f"monitor {asked.name!r} already exists", key="NAME", fix="choose another name"
        )
    types = asked.table.types
    named = [("--date-column", asked.date_column), *(("--group-by", one) for one in asked.group_by)]
    if asked.arrival:
        named.append(("--arrival", asked.arrival))
    for option, column in named:
        if column not in types:
            raise ConfigError(
                f"{asked.table.key} has no column {column!r}",
                key=option,
                fix=did_you_mean(column, types),
            )
    if types[asked.date_column] not in DATES:
        raise ConfigError(
            f"{asked.date_column} is {types[asked.date_column]}, not a date or timestamp",
            key="--date-column",
            fix=did_you_mean("", [name for name, kind in types.items() if kind in DATES]),
        )
    _check_groups(asked)
    if asked.arrival and types[asked.arrival] != "TIMESTAMP":
        raise ConfigError(
            f"{asked.arrival} is {types[asked.arrival]}, which is not a TIMESTAMP",
            key="--arrival",
            fix=did_you_mean("", [name for name, kind in types.items() if kind == "TIMESTAMP"]),
        )
    if asked.kind == "ratio" and not asked.condition:
        raise ConfigError(
            "a ratio needs a condition for the rows that count",
            key="--condition",
            fix='write SQL over the columns, such as "email is not null"; or --kind count',
        )
    if asked.warning is None and asked.critical is None:
        raise ConfigError(
            "the monitor has no threshold",
            key="--warning",
            fix="give --warning, --critical or both: the lowest acceptable value",
        )
    for option, least in (("--warning", asked.warning), ("--critical", asked.critical)):
        if least is not None and not math.isfinite(least):
            raise ConfigError(f"{least} is not a valid threshold", key=option, fix="write a number")
    if asked.warning is not None and asked.critical is not None and asked.critical > asked.warning:
        raise ConfigError(
            f"the critical threshold {asked.critical:g} is above the warning threshold "
            f"{asked.warning:g}",
            key="--critical",
            fix="make the critical threshold the lower one",
        )
    if asked.condition:
        _check_condition(asked.condition, types)


def check_name(name: str, of: str, key: str) -> None:
    """Refuse a name that is not one file's: it must not lead out of the folder."""
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is not a valid name for a {of}",
            key=key,
            fix="use lower-case letters, digits and _, starting with a letter",
        )


def _check_groups(asked: NewMonitor) -> None:
    def refuse(what: str, fix: str) -> NoReturn:
        raise ConfigError(what, key="--group-by", fix=fix)

    types, own = asked.table.types, {*OWN_COLUMNS, asked.metric}
    for place, column in enumerate(asked.group_by):
        if column == asked.date_column:
            refuse(f"{column} says the day, and every day is judged by itself", "leave it out")
        if column in asked.group_by[:place]:
            refuse(f"{column} stands twice", "list it once")
        if column in own:
            refuse(f"the model has a column {column!r} of its own", "take another, or a view")
        if types[column].startswith(NO_GROUPS):
            refuse(f"{column} is {types[column]}, by which no rows are grouped", "take another")


def _check_condition(condition: str, types: Mapping[str, str]) -> None:
    import sqlglot
    from sqlglot import exp

    def refuse(what: str, fix: str) -> NoReturn:
        raise ConfigError(what, key="--condition", fix=fix)

    try:
        tokens = sqlglot.tokenize(condition, read="bigquery")
        trees = sqlglot.parse(condition, read="bigquery")
    except sqlglot.errors.SqlglotError as fault:
        said = " ".join(str(fault).split("\n")[0].split())
        refuse(f"the condition is not valid SQL: {said}", "write it as after `where`")
    if any(token.comments for token in tokens):
        refuse("the condition holds a comment", "leave it out: it goes into one line")
    (tree,) = trees if len(trees) == 1 else (None,)
    if tree is None or isinstance(tree, exp.Alias) or "{{" in condition or "{%" in condition:
        refuse("the condition is not one expression", "write it as after `where`, no template")
    for column in tree.find_all(exp.Column):
        if column.name not in types and not column.table:
            refuse(f"the table has no column {column.name!r}", did_you_mean(column.name, types))
    if tree.find(exp.Select, exp.Subquery, exp.Command):
        refuse("the condition asks another table", "write it over the columns of this one")
    if tree.find(exp.AggFunc, exp.Window):
        refuse("the condition is of many rows together", "write one that is asked of each row")
    kind = _type_of_expression(condition, types)
    if kind not in (None, "BOOL"):
        refuse(f"the condition is {kind}, no yes or no", "compare it: email is not null")


def _type_of_expression(text: str, types: Mapping[str, str]) -> str | None:
    """Its GoogleSQL type; None where only the warehouse can say, as of a function of one's own."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.optimizer.annotate_types import annotate_types
    from sqlglot.optimizer.qualify import qualify

    schema: dict[str, object] = {"asked": dict(types)}
    try:
        query = sqlglot.parse_one(f"select ({text}) as answer from asked", read="bigquery")
        query = qualify(query, schema=schema, dialect="bigquery", validate_qualify_columns=False)
        found = annotate_types(query, schema=schema, dialect="bigquery").expressions[0].type
    except sqlglot.errors.SqlglotError:
        return None
    if found is None or found.is_type(exp.DataType.Type.UNKNOWN):
        return None
    return str(found.sql(dialect="bigquery"))


def check_written(root: Path, name: str) -> list[Finding]:
    """What lint warns of in the files of a new monitor.

    Raises:
        ConfigError: it finds a fault.
    """
    from plumbline.lint.linter import lint
    from plumbline.lint.rule import Severity
    from plumbline.project import Project

    findings = lint(Project(root), names=[name]).findings
    faults = [finding for finding in findings if finding.severity is Severity.ERROR]
    if faults:
        said = "; ".join(f"{one.what} ({one.place.file.name}: {one.fix})" for one in faults)
        raise ConfigError(
            f"the new files would not pass lint: {said}",
            fix="change the options; nothing was written",
        )
    return list(findings)


def find_table(project: Project, text: str, columns: Callable[[str, str], Table]) -> Table:
    """The table of ``dataset.table``: as a YAML file of the project declares it, else as it is.

    Args:
        project: whose models.
        text: as it was asked for.
        columns: asks the warehouse for a table that is declared nowhere.

    Raises:
        ConfigError: no name of a table, or declared without columns.
        WarehouseError: it is not there.
    """
    from plumbline.lint.context import LintContext

    named = TABLE.fullmatch(text)
    if named is None:
        raise ConfigError(
            f"{text!r} is not a table name", key="--table", fix="write it as dataset.table"
        )
    dataset, name = named["dataset"], named["table"]
    source = LintContext.of(project).tables.described.get(f"{dataset}.{name}")
    if source is None:
        return columns(dataset, name)
    found = tuple(
        Column(column, described.type or "STRING") for column, described in source.columns.items()
    )
    if not found:
        raise ConfigError(
            f"the declaration of {text} has no columns",
            file=source.place.file,
            key=source.place.key,
            fix="declare its columns with their data_type",
        )
    return Table(dataset, name, found, True, source.partition_by, source.requires_filter)


def ask_warehouse(target: Target, dataset: str, name: str) -> Table:
    """A table as the warehouse has it.

    Raises:
        WarehouseError: it is not there, or can't be asked.
    """
    from plumbline.core.errors import WarehouseError
    from plumbline.models.relations import Relation
    from plumbline.warehouse.client import open_client
    from plumbline.warehouse.metadata import ask_metadata, table_reference
    from plumbline.warehouse.query import type_name

    relation = Relation(target.project, target.datasets.get(dataset, dataset), name)
    client = open_client(target)
    try:
        found = ask_metadata(
            target, lambda retry: client.get_table(table_reference(relation), retry=retry)
        )
    except WarehouseError as fault:
        raise WarehouseError(fault.what, key="--table", fix=fault.fix) from fault
    finally:
        client.close()  # type: ignore[no-untyped-call]
    partition = found.time_partitioning.field if found.time_partitioning else None
    types = {field.name: field.field_type for field in found.schema}
    if partition and types.get(partition) == "TIMESTAMP":
        partition = f"DATE({partition})"
    return Table(
        dataset,
        name,
        tuple(
            Column(
                field.name,
                # Names of fields are quoted in a type of ours, and bare in one of a contract.
                type_name(field).replace("`", ""),
                field.description or "",
            )
            for field in found.schema
        ),
        False,
        partition,
        bool(found.require_partition_filter),
        found.description or "",
    )


def make_files(
    asked: NewMonitor, project: Project, *, target: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The new files, and the changed ones, by their path below the project.

    Raises:
        ConfigError: the checkpoint can't be read.
    """
    table = asked.table
    values: dict[str, Any] = {
        "name": asked.name,
        "about": asked.about,
        "kind": asked.kind,
        "metric": asked.metric,
        "dataset": table.dataset,
        "table": table.name,
        "date_column": asked.date_column,
        "date_type": table.types[asked.date_column],
        "group_by": asked.group_by,
        "arrival": asked.arrival,
        "condition": asked.condition,
        "back": 31 if asked.group_by else 1,
        "types": table.types,
        "columns": table.columns,
        "declares": not table.is_declared,
        "partition_by": table.partition_by,
        "described": table.description or f"What {table.key} holds.",
        "require_filter": table.require_filter,
        "warning": _plain(asked.warning),
        "critical": _plain(asked.critical),
        "owner": asked.owner,
        "target": target,
        "depth": 2,
        "day_of": f"date({asked.date_column})"
        if table.types[asked.date_column] == "TIMESTAMP"
        else asked.date_column,
        "recent": f"{asked.date_column} >= timestamp_sub(current_timestamp(), interval 14 day)"
        if table.types[asked.date_column] == "TIMESTAMP"
        else f"{asked.date_column} >= date_sub(current_date(), interval 14 day)",
    }
    monitors = f"{models_folder(project)}/monitors"
    files = {
        f"{monitors}/{asked.name}.sql": _tidy(render("monitor.sql", **values)),
        f"{monitors}/{asked.name}.yml": _tidy(render("monitor.yml", **values)),
        f"expectations/{asked.name}.json": _suite(asked),
        f"docs/runbooks/{asked.name}.md": _tidy(render("runbook.md", heading=Heading, **values)),
        f"tests/monitors/test_{asked.name}.py": render("test_monitor.py.txt", **values),
    }
    added, changed = with_monitor(project, asked.checkpoint, asked.name)
    return files | added, changed


def models_folder(project: Project) -> str:
    """Below the project, the first folder of models.

    Raises:
        ConfigError: ``model-paths`` is not a list of folders of the project.
    """
    from plumbline.project.dbt_folders import model_folders

    folders = model_folders(project.root, project.dbt)
    return folders[0].relative_to(project.root).as_posix() if folders else "models"


def _suite(asked: NewMonitor) -> str:
    from plumbline.lint.json_format import dumps

    observed = {
        "column": asked.metric,
        "aggregate": "min" if asked.group_by else "mean" if asked.kind == "ratio" else "min",
        "unit": "%" if asked.kind == "ratio" else "rows",
    }
    monitor: dict[str, Any] = {"model": asked.name, "observed": observed}
    if asked.days != 1:
        monitor["vars"] = {"days": asked.days}
    monitor["owner"] = asked.owner
    if asked.impact is not None:
        monitor["impact"] = asked.impact
    monitor["runbook"] = f"docs/runbooks/{asked.name}.md"
    expectations = []
    for severity, least in (("warning", asked.warning), ("critical", asked.critical)):
        if least is not None:
            kwargs: dict[str, Any] = {"column": asked.metric, "min_value": _plain(least)}
            if asked.group_by:
                kwargs["group_by"] = list(asked.group_by)
            expectations.append(
                {"type": "expect_metric_to_be_between", "severity": severity, "kwargs": kwargs}
            )
    suite = {
        "name": asked.name,
        "meta": {"monitor": monitor},
        "notes": asked.about,
        "expectations": expectations,
    }
    return dumps(suite)


def with_monitor(
    project: Project, checkpoint: str, monitor: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The text of a checkpoint with a monitor at its end, by path: as a new file, or as a changed
    one. Neither, where the checkpoint lists the monitor."""
    from plumbline.lint.json_format import dumps

    name = f"checkpoints/{checkpoint}.json"
    file = project.checkpoints_dir / f"{checkpoint}.json"
    entry = {"name": monitor}
    if not file.is_file():
        content = {"name": checkpoint, "validation_definitions": [entry], "actions": [*ACTIONS]}
        return {name: dumps(content)}, {}
    document = project.files.document(file)
    content = dict(document.mapping_or_raise(error=ConfigError, what="the checkpoint"))
    listed = content.get("validation_definitions", [])
    if any(isinstance(one, dict) and one.get("name") == monitor for one in listed):
        return {}, {}
    content["validation_definitions"] = [*listed, entry]
    text = project.files.plain_text(file)
    # A small diff: the new line goes in as its neighbours stand, where they stand on one line each.
    last = re.search(r'(?P<indent>[ \t]*)\{"name": "[^"]+"\}(?=\s*\])', text)
    if last is not None:
        line = f"{last[0]},\n{last['indent']}{json.dumps(entry)}"
        changed = text[: last.start()] + line + text[last.end() :]
        if json.loads(changed) == content:
            return {}, {name: changed}
    return {}, {name: dumps(content)}


def _plain(value: float | None) -> float | int | None:
    return int(value) if value is not None and float(value).is_integer() else value


def _tidy(text: str) -> str:
    """No blanks at line ends, at most one empty line."""
    text = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
