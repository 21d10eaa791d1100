"""``plumbline deploy drift``: what each service runs, against the last commit to its paths."""

from __future__ import annotations

import os

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.completion import complete_services
from plumbline.cli.options import (
    flag,
    format_option,
    option,
    read_as_of,
    switch,
    target_option,
)
from plumbline.cli.output import write_message, write_report, write_result
from plumbline.cli.session import current_session
from plumbline.core.errors import ConfigError


def drift(
    services: tuple[str, ...],
    target: str | None,
    record: bool | None,
    issues: str | None,
    dry_run: bool,
    form: str,
) -> int:
    """Find undeployed commits of each service.

    Compares the deployed commit with the last commit to the service's own paths. Commits to other
    paths don't count. An unknown state (a shallow clone, an unknown commit, a missing label) is
    ERROR, never 0 behind. The result is recorded for the monitor deployment_drift, whose thresholds
    apply here too.
    """
    from plumbline.deploy import report as reports
    from plumbline.deploy.drift import find_drifts
    from plumbline.deploy.issues import open_issues, preview_issues, update_issues
    from plumbline.deploy.record import record_drift
    from plumbline.deploy.services import choose_services

    session = current_session()
    project = session.project()
    chosen = choose_services(project, services)
    if dry_run and issues is None:
        raise ConfigError(
            "--dry-run shows the issues, and --issues is missing",
            key="--dry-run",
            fix="add --issues OWNER/NAME; to compare without writing, use --no-record",
        )
    channel = None if issues is None or dry_run else open_issues(issues, os.environ)
    where = project.target(target)
    # On the demo data, their day is now, as for a run.
    now = read_as_of(session, project, where, None).instant
    report = find_drifts(project, where, chosen, now)
    records = not where.is_demo and not dry_run if record is None else record
    if records:
        report = record_drift(report, where, write_message)
    if channel is not None:
        report = update_issues(report, channel)
    write_report(form, report, page=reports.drift_page, data=reports.drift_dict)
    if dry_run and form != "json":
        write_result("".join(f"\n{issue}\n" for issue in preview_issues(report)))
    return report.exit_code


command = Command(
    name="drift",
    callback=drift,
    params=[
        click.Argument(
            ["services"], metavar="[SERVICE]...", nargs=-1, shell_complete=complete_services
        ),
        target_option(),
        switch(
            "--record/--no-record",
            "Write the result to the table service_deployments, or only print it. "
            "Default: write, except on demo data.",
            default=None,
        ),
        option(
            "--issues",
            "OWNER/NAME",
            "Open, update and close one issue for each drifted service in this GitHub "
            "repository; GITHUB_TOKEN holds the token.",
        ),
        flag(
            "--dry-run",
            "Also print the issues that --issues would write, and write none. Needs no token.",
        ),
        format_option("text", "json", "markdown"),
    ],
    examples=(
        Example("plumbline deploy drift", "check every service"),
        Example(
            "plumbline deploy drift prediction-worker --no-record",
            "check one service without recording the result",
        ),
        Example(
            "plumbline deploy drift --issues acme/platform --dry-run",
            "show the GitHub issues of drifted services without writing them",
        ),
        Example(
            "plumbline deploy drift --target bigquery",
            "check and record, for example every six hours in a workflow",
        ),
    ),
    exit_codes={
        0: "every service is within the limits",
        1: "WARNING: a service is behind",
        2: "CRITICAL: a service has been behind for days",
        3: "ERROR: the state of a service is unknown, or the result could not be recorded",
    },
)
