"""The files of a new monitor: suite, runbook, a line in a checkpoint, and for a monitor with SQL
the model, its description and a test.

Used by ``plumbline new monitor``; the text of each file is a template in ``templates/``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from plumbline.core.errors import ConfigError
from plumbline.core.expectation_types import FOREIGN_KEY, IS_FRESH, OURS
from plumbline.project.runbooks import Heading
from plumbline.scaffold.checkpoint_file import with_monitor
from plumbline.scaffold.dates import days_of, sql_name
from plumbline.scaffold.tables import Table
from plumbline.scaffold.templating import render
from plumbline.scaffold.yaml_lines import after_entries

if TYPE_CHECKING:
    from pathlib import Path

    from plumbline.lint.rule import Finding
    from plumbline.project import Project

Kind = Literal["ratio", "count", "freshness", "unique", "references"]
WITH_SQL: tuple[Kind, ...] = ("ratio", "count")
"""The kinds with a model of their own; the others are expectations of a suite over the table."""
ALL_ROWS = 100
"""The percentage of rows that must hold where nothing else is asked for."""


@dataclass(frozen=True)
class NewMonitor:
    """What a person asks for."""

    name: str
    table: Table
    kind: Kind
    date_column: str | None
    """The day of a row; None: all rows are checked together."""
    warning: float | None
    critical: float | None
    owner: str
    condition: str | None = None
    """SQL over the table's columns: rows for which it holds count; of a ratio, and of a count. Of
    the other kinds, the rows that are checked."""
    group_by: tuple[str, ...] = ()
    arrival: str | None = None
    """The column that says when a row arrived."""
    days: int = 1
    checkpoint: str = "health_check"
    impact: str | None = None
    """Of a failure; None: left to the person, as a placeholder would be told as true."""
    warning_above: float | None = None
    critical_above: float | None = None
    columns: tuple[str, ...] = ()
    """What is fresh, unique, or refers to another table."""
    to: tuple[Table, str] | None = None
    """The table and the column that ``columns`` refers to."""
    date_format: str = "YYYYMMDD"
    """Of a ``date_column`` that is a text or a number: a key of `dates.FORMATS`."""

    @property
    def metric(self) -> str:
        """The column that is judged."""
        if self.kind == "ratio":
            return f"{self.name}_pct"
        return "rows_of_day" if self.date_column else "rows_of_table"

    @property
    def bounds(self) -> tuple[tuple[str, float | None, float | None], ...]:
        """Severity, lowest and highest acceptable value."""
        return (
            ("warning", self.warning, self.warning_above),
            ("critical", self.critical, self.critical_above),
        )

    @property
    def named_columns(self) -> tuple[str, ...]:
        """The columns of the table that are named, but for those in the condition."""
        names = (self.date_column, self.arrival, *self.group_by, *self.columns)
        return tuple(dict.fromkeys(name for name in names if name))

    @property
    def about(self) -> str:
        """One sentence."""
        which = f" where {self.condition}" if self.condition else ""
        is_counted = self.kind not in ("unique", "references")
        units = [*self.group_by, *(["day"] if self.date_column and is_counted else [])]
        parts = [", ".join(units[:-1]), *units[-1:]]
        groups = f" per {' and '.join(filter(None, parts))}" if units else ""
        table, names = self.table.key, ", ".join(self.columns)
        if self.kind == "freshness":
            return f"Age of the newest {names} of {table}{which}."
        if self.kind == "unique":
            return f"Rows of {table}{groups}{which} whose {names} no other row has."
        if self.kind == "references":
            to = f"{self.to[0].key}.{self.to[1]}" if self.to else ""
            return f"Rows of {table}{groups}{which} whose {names} exists in {to}."
        share = "Share of rows" if self.kind == "ratio" else "Rows"
        return f"{share} of {table}{groups}{which}."


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


def make_files(
    asked: NewMonitor, project: Project, *, target: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The new files, and the changed ones, by their path below the project.

    Raises:
        ConfigError: the checkpoint can't be read, or a declaration of the table can't be completed.
    """
    values = _values(asked, target)
    files = {f"expectations/{asked.name}.json": _suite(asked)}
    if asked.kind in WITH_SQL:
        monitors = f"{models_folder(project)}/monitors"
        template = "monitor.sql" if asked.date_column else "monitor_of_table.sql"
        files[f"{monitors}/{asked.name}.sql"] = _tidy(render(template, **values))
        files[f"{monitors}/{asked.name}.yml"] = _tidy(render("monitor.yml", **values))
        files[f"tests/monitors/test_{asked.name}.py"] = render("test_monitor.py.txt", **values)
    runbook = render("runbook.md", heading=Heading, **values)
    files[f"docs/runbooks/{asked.name}.md"] = _tidy(runbook)
    added, changed = with_monitor(project, asked.checkpoint, asked.name)
    return files | added, changed | _completed(asked, project)


def _values(asked: NewMonitor, target: str) -> dict[str, Any]:
    """What the templates name."""
    table, types = asked.table, asked.table.types
    source, source_table = table.declared_as
    kind = types.get(asked.date_column or "", "DATE")
    days = days_of(
        asked.date_column or "", kind, asked.date_format, back=31 if asked.group_by else 1
    )
    return {
        "name": asked.name,
        "about": asked.about,
        "kind": asked.kind,
        "metric": asked.metric,
        "call": table.call,
        "relation": table.relation,
        "source": source,
        "source_table": source_table,
        "source_project": table.project,
        "identifier": None if source_table == table.name else table.name,
        "path": _path(table),
        "key": table.key,
        "date_column": asked.date_column,
        "days": days,
        "group_by": asked.group_by,
        "arrival": asked.arrival,
        "condition": asked.condition,
        "types": types,
        "columns": table.columns,
        "declares": not table.is_declared,
        "partition_by": table.partition_by,
        "described": table.description or f"What {table.key} holds.",
        "require_filter": table.require_filter,
        "bounds": [
            (severity.upper(), _plain(least), _plain(most))
            for severity, least, most in asked.bounds
        ],
        "checked": asked.columns,
        "checked_sql": [sql_name(column) for column in asked.columns],
        "sql": sql_name,
        "to": None if asked.to is None else (asked.to[0].key, asked.to[1]),
        "to_path": None if asked.to is None else _path(asked.to[0]),
        "owner": asked.owner,
        "target": target,
        "depth": 2,
    }


def _path(table: Table) -> str:
    """As SQL by hand names it."""
    path = ".".join(filter(None, (table.project, table.dataset, table.name)))
    return path if re.fullmatch(r"\w+(\.\w+)*", path) else f"`{path}`"


def models_folder(project: Project) -> str:
    """Below the project, the first folder of models.

    Raises:
        ConfigError: ``model-paths`` is not a list of folders of the project.
    """
    from plumbline.project.dbt_folders import model_folders

    folders = model_folders(project.root, project.dbt)
    return folders[0].relative_to(project.root).as_posix() if folders else "models"


def _completed(asked: NewMonitor, project: Project) -> dict[str, str]:
    """The file that declares the table, with the columns that it lacks and the monitor names.

    Raises:
        ConfigError: they can't be added to the file as it stands.
    """
    table = asked.table
    named = {name.casefold() for name in asked.named_columns}
    words = {word.casefold() for word in re.findall(r"\w+", asked.condition or "")}
    lacking = [one for one in table.undeclared if one.name.casefold() in named | words]
    if not lacking or table.declaration is None:
        return {}
    document, path = table.declaration
    lines = [
        f'- {{name: {one.name}, data_type: "{one.type}", description: {_quoted(one.description)}}}'
        for one in lacking
    ]
    text = project.files.plain_text(document.file)
    changed = after_entries(text, document, (*path, "columns"), lines)
    if changed is None or not _has_columns(changed, document.file, path, lacking):
        raise ConfigError(
            f"the declaration of {table.key} has no column {lacking[0].name!r}",
            file=document.file,
            key=f"{document.place(*path).key}.columns",
            fix=f"add there:\n{chr(10).join(lines)}",
        )
    return {document.file.relative_to(project.root).as_posix(): changed}


def _has_columns(text: str, file: Path, path: tuple[str | int, ...], lacking: list[Any]) -> bool:
    from plumbline.project.yaml_document import read_yaml

    found = {name for _, name in read_yaml(file, text).entry_texts(*path, "columns", key="name")}
    return all(one.name in found for one in lacking)


def _quoted(text: str) -> str:
    from json import dumps

    return dumps(text or "See the table in the warehouse.", ensure_ascii=False)


def _suite(asked: NewMonitor) -> str:
    from plumbline.lint.json_format import dumps

    monitor: dict[str, Any] = (
        {"model": asked.name, "observed": _observed(asked)}
        if asked.kind in WITH_SQL
        else {"table": asked.table.key, **_rows(asked)}
    )
    if asked.kind in WITH_SQL and asked.days != 1 and asked.date_column:
        monitor["vars"] = {"days": asked.days}
    monitor["owner"] = asked.owner
    if asked.impact is not None:
        monitor["impact"] = asked.impact
    monitor["runbook"] = f"docs/runbooks/{asked.name}.md"
    suite = {
        "name": asked.name,
        "meta": {"monitor": monitor},
        "notes": asked.about,
        "expectations": list(_expectations(asked)),
    }
    return dumps(suite)


def _observed(asked: NewMonitor) -> dict[str, Any]:
    """What stands for the monitor as one number."""
    unit = "%" if asked.kind == "ratio" else "rows"
    is_low = asked.warning is not None or asked.critical is not None
    is_high = asked.warning_above is not None or asked.critical_above is not None
    if is_low and is_high and (asked.group_by or asked.days > 1):
        # Neither the least nor the greatest of them tells whether any is out of bounds.
        severity = next(name for name, *bounds in reversed(asked.bounds) if bounds != [None, None])
        return {"count_failing": severity, "unit": "groups" if asked.group_by else "days"}
    worst = "max" if is_high and not is_low else "min"
    return {"column": asked.metric, "aggregate": worst, "unit": unit}


def _rows(asked: NewMonitor) -> dict[str, Any]:
    """``rows`` and ``group_by`` of a suite over a table."""
    rows: dict[str, Any] = {}
    if asked.date_column is not None:
        rows |= {"date_column": asked.date_column, "days": asked.days}
    if asked.arrival is not None:
        rows["arrival"] = asked.arrival
    if asked.condition is not None:
        rows["where"] = asked.condition
    found: dict[str, Any] = {"rows": rows} if rows else {}
    return found | ({"group_by": list(asked.group_by)} if asked.group_by else {})


def _expectations(asked: NewMonitor) -> Iterator[Mapping[str, Any]]:
    for severity, least, most in asked.bounds:
        if (least, most) == (None, None):
            continue
        if asked.kind in WITH_SQL:
            kwargs: dict[str, Any] = {"column": asked.metric}
            kwargs |= {"min_value": _plain(least)} if least is not None else {}
            kwargs |= {"max_value": _plain(most)} if most is not None else {}
            kwargs |= {"group_by": list(asked.group_by)} if asked.group_by else {}
            yield {"type": OURS, "severity": severity, "kwargs": kwargs}
            continue
        if asked.kind == "freshness":
            kwargs = {"column": asked.columns[0], "max_hours": _plain(most)}
            yield {"type": IS_FRESH, "severity": severity, "kwargs": kwargs}
            continue
        share = {} if least in (None, ALL_ROWS) else {"mostly": round(float(least or 0) / 100, 12)}
        if asked.kind == "references" and asked.to is not None:
            table, column = asked.to
            kwargs = {"column": asked.columns[0], "to_table": table.key, "to_column": column}
            yield {"type": FOREIGN_KEY, "severity": severity, "kwargs": kwargs | share}
        elif len(asked.columns) == 1:
            kwargs = {"column": asked.columns[0], **share}
            type_ = "expect_column_values_to_be_unique"
            yield {"type": type_, "severity": severity, "kwargs": kwargs}
        else:
            kwargs = {"column_list": list(asked.columns), **share}
            type_ = "expect_compound_columns_to_be_unique"
            yield {"type": type_, "severity": severity, "kwargs": kwargs}


def _plain(value: float | None) -> float | int | None:
    return int(value) if value is not None and float(value).is_integer() else value


def _tidy(text: str) -> str:
    """No blanks at line ends, at most one empty line."""
    text = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
