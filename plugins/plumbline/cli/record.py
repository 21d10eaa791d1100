"""``plumbline record``: the results of another tool's checks become outcomes of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plumbline.cli import logs
from plumbline.cli.commands import Command, Example, Group
from plumbline.cli.options import fail_on_option, format_option, target_option
from plumbline.cli.output import write_line
from plumbline.cli.progress import show_progress
from plumbline.cli.run import write_run_report
from plumbline.cli.session import Session

if TYPE_CHECKING:
    from plumbline.core.status import FailOn


def record_dbt(
    folder: Path | None,
    checkpoint: str,
    form: str,
    target: str | None,
    alerts: bool | None,
    docs: bool,
    all_sources: bool,
    fail_on: FailOn,
) -> int:
    """Record what dbt left in its target folder; the exit code."""
    from plumbline.dbt.record import RecordRequest, record_dbt
    from plumbline.gx.sites import open_docs

    session = click.get_current_context().ensure_object(Session)
    project = session.project()
    request = RecordRequest(
        project=project,
        target=project.target(target),
        folder=folder,
        checkpoint=checkpoint,
        fail_on=fail_on,
        alerts=alerts,
        all_sources=all_sources,
    )
    with show_progress() as progress:
        report = record_dbt(
            request,
            now=session.clock(),
            open_docs=open_docs if docs else None,
            progress=progress,
        )
    if logs.is_json():
        for line in logs.run_records(report):
            write_line(line)
    write_run_report(report, form)
    return report.exit_code


command = Group(
    name="record",
    help="Record the results of another tool's tests: history, incidents, alerts, data docs.",
    commands=[
        Command(
            name="dbt",
            callback=record_dbt,
            help=(
                "Record the results of a finished `dbt build`, `dbt test` or `dbt source "
                "freshness`, from run_results.json and sources.json in FOLDER (default: the "
                "target folder of the dbt project).\n\n"
                "Each dbt test and each source with freshness becomes a monitor, such as "
                "dbt.not_null_orders_id. Monitored tables are not queried. Tests that did not "
                "run stay as they were. Recording the same results again changes nothing."
            ),
            params=[
                click.Argument(
                    ["folder"], required=False, type=click.Path(path_type=Path, file_okay=False)
                ),
                click.Option(
                    ["--as", "checkpoint"],
                    metavar="NAME",
                    default="dbt",
                    show_default=True,
                    help="Name under which the results are stored. Give each dbt project that "
                    "you record its own.",
                ),
                format_option("text", "json", "markdown"),
                target_option(),
                click.Option(
                    ["--alerts/--no-alerts"],
                    default=None,
                    help="Update incidents and send notifications, or not. Default: yes for "
                    "results of the last 24 hours, unless the target has demo data.",
                ),
                click.Option(
                    ["--docs/--no-docs"], default=True, help="Build the data docs, or not."
                ),
                click.Option(
                    ["--all-sources"],
                    is_flag=True,
                    help="A source with freshness that has no result is an ERROR. dbt writes no "
                    "result for a source that it could not read. Not for dbt commands with "
                    "--select.",
                ),
                fail_on_option("warning"),
            ],
            examples=(
                Example("plumbline record dbt", "record the last dbt build of this project"),
                Example(
                    "plumbline record dbt target --as shop --no-docs",
                    "record the results in a folder, under a name of their own",
                ),
                Example(
                    "plumbline record dbt --no-alerts --no-docs --format json",
                    "only print the results as JSON",
                ),
            ),
            exit_codes={
                0: "OK, or no test ran",
                1: "WARNING: a test warned",
                2: "CRITICAL: a test failed",
                3: "ERROR: a test could not run",
            },
        )
    ],
    examples=(Example("plumbline record dbt", "record the last dbt build of this project"),),
)
