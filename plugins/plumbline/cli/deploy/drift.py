"""``plumbline deploy drift``: what each service runs, against the last commit to its paths."""

from __future__ import annotations

import os

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.completion import complete_services
from plumbline.cli.options import format_option, target_option
from plumbline.cli.output import write_message, write_result
from plumbline.cli.session import Session


def drift(
    services: tuple[str, ...],
    target: str | None,
    record: bool | None,
    issues: str | None,
    form: str,
) -> int:
    """Find, record and report drift; the exit code."""
    from plumbline.deploy import report as reports
    from plumbline.deploy.drift import find_drifts
    from plumbline.deploy.issues import open_issues, update_issues
    from plumbline.deploy.record import record_drift
    from plumbline.deploy.services import choose_services

    session = click.get_current_context().ensure_object(Session)
    project = session.project()
    chosen = choose_services(project, services)
    channel = None if issues is None else open_issues(issues, os.environ)
    where = project.target(target)
    report = find_drifts(project, where, chosen, session.clock())
    if not where.is_demo if record is None else record:
        report = record_drift(report, where, write_message)
    if channel is not None:
        report = update_issues(report, channel)
    write = {
        "text": reports.render_text,
        "markdown": reports.render_markdown,
        "json": reports.render_json,
    }[form]
    write_result(write(report), as_utf8=form == "json")
    return report.exit_code


command = Command(
    name="drift",
    callback=drift,
    help="Compare what each service runs with the last commit to its own paths.\n\n"
    "Commits to other paths and to documentation do not count. What can't be known (a shallow "
    "clone, an unknown commit, a missing label) is ERROR, never 0 behind. The result is recorded "
    "for the monitor deployment_drift, whose thresholds are used here too.",
    params=[
        click.Argument(
            ["services"], metavar="[SERVICE]...", nargs=-1, shell_complete=complete_services
        ),
        target_option(),
        click.Option(
            ["--record/--no-record"],
            default=None,
            help="Write the result to the table service_deployments, or only print it; default: "
            "write, unless on the demo data.",
        ),
        click.Option(
            ["--issues"],
            metavar="OWNER/NAME",
            help="Open, update and close one issue for each drifted service in this GitHub "
            "repository; GITHUB_TOKEN holds the token.",
        ),
        format_option("text", "json", "markdown"),
    ],
    examples=(
        Example("plumbline deploy drift", "every service"),
        Example("plumbline deploy drift prediction-worker --no-record", "one, only shown"),
        Example(
            "plumbline deploy drift --target bigquery",
            "recorded, as a workflow does it every six hours",
        ),
    ),
    exit_codes={
        0: "none is behind for long",
        1: "WARNING: one is",
        2: "CRITICAL: one is, for days",
        3: "ERROR: of one that is not known, or it could not be recorded",
    },
)
