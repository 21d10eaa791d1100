"""``plumbline compile``: the SQL of a monitor, to read or to run elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.completion import complete_suites
from plumbline.cli.options import (
    as_of_option,
    check_monitor,
    read_as_of,
    read_assignments,
    target_option,
    var_option,
)
from plumbline.cli.output import is_terminal, write_message, write_result
from plumbline.cli.session import current_session
from plumbline.core.errors import ConfigError
from plumbline.core.safe_text import visible

if TYPE_CHECKING:
    from plumbline.models import CompiledModel
    from plumbline.project.suites import Suite
    from plumbline.run.jobs import MonitorJobs


def compile_monitor(
    monitor: str, as_of: str | None, assignments: tuple[str, ...], target: str | None
) -> int:
    """Print the SQL of MONITOR to standard output, exactly as it is sent to BigQuery.

    Prints the query parameters to standard error, as SQL comments. Needs no warehouse, except for a
    suite over a table: it reads the table's columns.
    """
    from plumbline.report.sql import describe_parameters
    from plumbline.run.jobs import MonitorJobs

    session = current_session()
    project = session.project()
    chosen = project.target(target)
    values = read_assignments(assignments)
    jobs = MonitorJobs(
        project=project,
        target=chosen,
        as_of=read_as_of(session, project, chosen, as_of).instant,
        vars=values,
    )
    check_monitor(project, monitor)
    compiled = _compile(jobs, project.suite_of(monitor), values)
    sql = compiled.text  # unchanged in a pipe, so that the text is what the job's hash is of
    if is_terminal(sys.stdout):
        sql = visible(sql.removesuffix("\n")) + "\n"
    write_result(sql)
    for line in describe_parameters(compiled):
        write_message(f"-- {line}", is_code=True)
    return 0


def _compile(jobs: MonitorJobs, suite: Suite, values: Mapping[str, object]) -> CompiledModel:
    from plumbline.models import VariableError

    try:
        return jobs.compile(suite)
    except VariableError as error:
        if error.var not in values:
            raise
        raise ConfigError(error.what, key=f"--var {error.var}", fix=error.fix) from error


command = Command(
    name="compile",
    callback=compile_monitor,
    params=[
        click.Argument(["monitor"], shell_complete=complete_suites),
        as_of_option(),
        var_option(),
        target_option(),
    ],
    examples=(
        Example("plumbline compile line_coverage", "print the SQL and the parameters"),
        Example("plumbline compile line_coverage --var days=7", "override a variable"),
        Example("plumbline compile line_coverage 2>/dev/null", "print only the SQL"),
    ),
    exit_codes={3: "ERROR: the monitor's files are invalid"},
)
