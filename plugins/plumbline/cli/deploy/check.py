"""``plumbline deploy check``: checks before a service is deployed."""

from __future__ import annotations

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.completion import complete_services
from plumbline.cli.options import format_option, read_as_of, switch, target_option
from plumbline.cli.output import write_part, write_report
from plumbline.cli.progress import show_progress
from plumbline.cli.session import current_session


def check(name: str, target: str | None, tests: bool, form: str) -> int:
    """Check a service before its deployment.

    Checks its changes, branch, remote, tests, schema changes, last deployments, health, open
    incidents, and the commits to deploy.
    """
    from plumbline.deploy import report as reports
    from plumbline.deploy.check import CheckReport, CheckResult, check_context, run_checks
    from plumbline.deploy.services import choose_services

    session = current_session()
    project = session.project()
    (service,) = choose_services(project, (name,))
    where = project.target(target)
    # On the demo data, their day is now, as for a run.
    now = read_as_of(session, project, where, None).instant
    context = check_context(project, where, service, now, runs_tests=tests)
    results: list[CheckResult] = []
    with show_progress() as progress:
        for result in run_checks(context, progress.step):
            write_part(form, reports.result_page(result, results))
            results.append(result)
    report = CheckReport(service.name, now, tuple(results))
    write_report(form, report, page=reports.checks_ending, data=reports.checks_dict)
    return report.exit_code


command = Command(
    name="check",
    callback=check,
    params=[
        click.Argument(
            ["name"], metavar="SERVICE", required=True, shell_complete=complete_services
        ),
        target_option(),
        switch("--tests/--no-tests", "Run the service's tests, or not.", default=True),
        format_option("text", "json"),
    ],
    examples=(
        Example("plumbline deploy check prediction-worker", "run all checks"),
        Example(
            "plumbline deploy check prediction-worker --no-tests --format json",
            "skip the tests and print JSON",
        ),
    ),
    exit_codes={
        0: "all checks passed",
        1: "WARNING: decide yourself",
        2: "CRITICAL: don't deploy",
        3: "ERROR: a check could not run",
    },
)
