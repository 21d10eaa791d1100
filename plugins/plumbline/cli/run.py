"""``plumbline run``: judge the data."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from plumbline.cli import logs
from plumbline.cli.commands import Command, Example
from plumbline.cli.completion import complete_checkpoints
from plumbline.cli.options import (
    as_of_option,
    fail_on_option,
    flag,
    format_option,
    param_option,
    read_as_of,
    read_assignments,
    read_parameters,
    select_options,
    switch,
    target_option,
    var_option,
)
from plumbline.cli.output import write_line, write_message, write_report
from plumbline.cli.progress import show_progress
from plumbline.cli.session import current_session
from plumbline.core.errors import ConfigError

if TYPE_CHECKING:
    from plumbline.core.outcome import RunReport
    from plumbline.core.status import FailOn
    from plumbline.project import Project
    from plumbline.run.request import RunRequest


def run(*, alerts: bool | None, dry_run: bool, **arguments: Any) -> int:
    """Run CHECKPOINT (default: health_check): run each monitor's query and evaluate its suite.

    Results go to standard output, progress to standard error.
    """
    try:
        return _run(alerts=alerts, dry_run=dry_run, **arguments)
    except ConfigError:
        if not dry_run and alerts is not False:
            from plumbline.history.heartbeat import ping_refused

            with contextlib.suppress(ConfigError):  # where there is no project, there is no ping
                ping_refused(current_session().project())
        raise


def _run(
    checkpoint: str,
    as_of: str | None,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    assignments: tuple[str, ...],
    parameters: tuple[str, ...],
    form: str,
    target: str | None,
    alerts: bool | None,
    docs: bool,
    dry_run: bool,
    fail_on: FailOn,
) -> int:
    from plumbline.run.request import RunRequest

    session = current_session()
    project = session.project()
    project.check_stores()
    _is_checkpoint(project, checkpoint)
    chosen = project.target(target)
    values = read_assignments(assignments)
    if values and not select:
        raise ConfigError(
            "--var needs selected monitors",
            key="--var",
            fix="choose the monitors with --select",
        )
    request = RunRequest(
        project=project,
        target=chosen,
        as_of=read_as_of(session, project, chosen, as_of),
        checkpoint=checkpoint,
        select=select,
        exclude=exclude,
        vars=values,
        parameters=read_parameters(parameters),
        fail_on=fail_on,
        alerts=alerts,
        docs=docs,
    )
    if dry_run:
        return _dry_run(request, form)
    from plumbline.history.heartbeat import in_maintenance

    held = in_maintenance(project, checkpoint, session.clock())
    if held is not None:
        write_message(held)
        return 0
    from plumbline.gx.context import open_workspace
    from plumbline.run.runner import run_checkpoint

    with show_progress() as progress:
        report = run_checkpoint(
            request, now=session.clock(), open_workspace=open_workspace, progress=progress
        )
    if logs.is_json():
        for line in logs.run_records(report):
            write_line(line)
    write_run_report(report, form)
    return report.exit_code


def _is_checkpoint(project: Project, name: str) -> None:
    if name not in project.checkpoint_names() and project.has_monitor(name):
        raise ConfigError(
            f"{name!r} is a monitor, not a checkpoint",
            key="CHECKPOINT",
            fix=f"run it with --select {name}",
        )


def write_run_report(report: RunReport, form: str) -> None:
    from plumbline.report.json import as_dict
    from plumbline.report.run import run_page
    from plumbline.report.writers import as_markdown

    write_report(
        form,
        page=lambda: run_page(report),
        data=lambda: as_dict(report),
        markdown=lambda: as_markdown(run_page(report, is_comment=True)),
    )


def _dry_run(request: RunRequest, form: str) -> int:
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.report import dry_run as reports
    from plumbline.report.writers import as_script
    from plumbline.run.runner import dry_run

    with show_progress() as progress:
        report = dry_run(request, progress=progress)
    write_report(
        form,
        page=lambda: reports.dry_run_page(report),
        data=lambda: reports.as_dict(report),
        text=lambda: as_script(reports.dry_run_page(report)),
    )
    return EXIT_ERROR if any(model.fault for model in report.models) else EXIT_OK


command = Command(
    name="run",
    callback=run,
    params=[
        click.Argument(["checkpoint"], default="health_check", shell_complete=complete_checkpoints),
        as_of_option(),
        *select_options("Run"),
        var_option(),
        param_option(),
        format_option("text", "json", "markdown"),
        target_option(),
        switch(
            "--alerts/--no-alerts",
            "Update incidents and send notifications, or not. Default: yes for live runs, "
            "which run the whole checkpoint now on real data.",
            default=None,
        ),
        switch("--docs/--no-docs", "Build the data docs, or not.", default=True),
        flag("--dry-run", "Show the SQL and the bytes it would read, without running it."),
        fail_on_option("warning"),
    ],
    examples=(
        Example("plumbline run", "run the health check"),
        Example("plumbline run --as-of 2026-02-02", "check the data as of the end of that day"),
        Example(
            "plumbline run -s line_coverage --var days=7", "run one monitor with another window"
        ),
        Example("plumbline run health_check_full --format json", "print JSON"),
        Example("plumbline run --dry-run", "show the SQL and the bytes it would read"),
    ),
    exit_codes={
        0: "OK, or nothing to check",
        1: "WARNING",
        2: "CRITICAL: the data is wrong",
        3: "ERROR: a check could not run",
    },
)
