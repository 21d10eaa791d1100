"""``plumbline deploy verify``: is the data well since a service was deployed?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.completion import complete_services
from plumbline.cli.options import (
    as_of_option,
    fail_on_option,
    format_option,
    option,
    read_as_of,
    switch,
    target_option,
)
from plumbline.cli.output import write_part, write_report
from plumbline.cli.progress import show_progress
from plumbline.cli.session import Session, current_session
from plumbline.core.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime

    from plumbline.core.status import FailOn
    from plumbline.deploy.verify import Look
    from plumbline.project import Project


def verify(
    name: str,
    since: str | None,
    as_of: str | None,
    target: str | None,
    watch: str | None,
    every: str,
    fail_on: FailOn,
    logs: bool | None,
    form: str,
) -> int:
    """Verify a service after its deployment.

    Runs its checkpoint for the time since and for the same window before, and counts its errors.
    Exits with 0 by default; use --fail-on to block a pipeline.
    """
    from plumbline.core.status import exit_code
    from plumbline.deploy import report as reports
    from plumbline.deploy.logs import error_counter
    from plumbline.deploy.platform import find_platform
    from plumbline.deploy.services import choose_services, read_deployed_at
    from plumbline.deploy.verify import After
    from plumbline.deploy.verify import verify as look
    from plumbline.project.alerts import read_duration

    session = current_session()
    project = session.project()
    (service,) = choose_services(project, (name,))
    where = project.target(target)
    judged = read_as_of(session, project, where, as_of)
    if watch is not None and not judged.is_now:
        raise ConfigError(
            "--watch needs current data",
            key="--watch",
            fix="leave out --as-of" if as_of else "leave out --watch: demo data don't change",
        )
    if since is None:
        deployed_at = read_deployed_at(project, where, service, judged.instant)
    else:
        deployed_at = _read_since(since, session, project)
    counts_logs = (not where.is_demo and judged.is_now) if logs is None else logs
    after = After(
        project=project,
        target=where,
        service=service,
        since=deployed_at,
        logs=error_counter(service, find_platform(where))
        if counts_logs and service.is_on_cloud_run
        else None,
    )

    def write_look(one: Look) -> None:
        write_part(form, reports.look_page(one))

    with show_progress() as progress:
        found = look(
            after,
            clock=session.clock if judged.is_now else lambda: judged.instant,
            watch=None if watch is None else read_duration(watch, key="--watch"),
            every=read_duration(every, key="--every"),
            said=write_look,
            progress=progress,
        )
    code = exit_code(found.last.statuses, fail_on)
    write_report(form, found, code, page=reports.verified_ending, data=reports.verified_dict)
    return code


def _read_since(text: str, session: Session, project: Project) -> datetime:
    from plumbline.run.request import parse_as_of

    try:
        return parse_as_of(text, now=session.clock(), zone=project.timezone).instant
    except ConfigError as fault:
        raise ConfigError(fault.what, key="--since", fix=fault.fix) from None


command = Command(
    name="verify",
    callback=verify,
    params=[
        click.Argument(
            ["name"], metavar="SERVICE", required=True, shell_complete=complete_services
        ),
        option(
            "--since",
            "INSTANT",
            "Time of the deployment, with a time zone. Default: from Cloud Run; on demo "
            "data without the demo platform, an hour before.",
        ),
        as_of_option(),
        target_option(),
        option(
            "--watch",
            "DURATION",
            "Repeat until the result is calm or worse, at most for this time: 15m.",
        ),
        option(
            "--every", "DURATION", "Interval between two results.", default="1m", show_default=True
        ),
        fail_on_option("never"),
        switch(
            "--logs/--no-logs",
            "Count errors in Cloud Logging, or not. Default: yes, except on demo data.",
            default=None,
        ),
        format_option("text", "json"),
    ],
    examples=(
        Example("plumbline deploy verify prediction-worker", "verify once"),
        Example(
            "plumbline deploy verify nba-phase4-precompute-processors --target bigquery "
            "--watch 15m --fail-on critical",
            "block a deployment script until the result is clear",
        ),
        Example(
            "plumbline deploy verify nba-grading-service --since 2026-02-01T18:00:00-05:00 "
            "--as-of 2026-02-02",
            "verify a past deployment",
        ),
    ),
    exit_codes={
        0: "done; with --fail-on: no status that counts",
        1: "WARNING, with --fail-on warning",
        2: "CRITICAL, with --fail-on warning or critical",
        3: "ERROR, with --fail-on warning, critical or error",
    },
)
