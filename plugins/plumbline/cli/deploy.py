"""``plumbline deploy``: before, after and between deployments of the services."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from plumbline.cli.commands import Command, Example, Group
from plumbline.cli.options import as_of_option, format_option, read_as_of, target_option
from plumbline.cli.output import write_message, write_result
from plumbline.cli.progress import show_progress
from plumbline.cli.session import Session
from plumbline.core.errors import ConfigError, PlumblineError
from plumbline.core.instants import in_utc

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from plumbline.alerts.channels.base import Channel
    from plumbline.alerts.incidents.model import Incident
    from plumbline.core.status import FailOn
    from plumbline.deploy.deployed import Deployed
    from plumbline.deploy.drift import Drift, DriftReport
    from plumbline.project import Project, Target
    from plumbline.project.services import Service

TOKEN_VARIABLE = "GITHUB_TOKEN"
API_VARIABLE = "GITHUB_API_URL"


def drift(
    services: tuple[str, ...],
    target: str | None,
    record: bool | None,
    issues: str | None,
    form: str,
) -> int:
    """What each service runs against what it should; the exit code."""
    from plumbline.core.status import exit_code
    from plumbline.deploy import report as reports
    from plumbline.deploy.drift import DriftReport, read_limits

    session = _session()
    project, now = session.project(), session.clock()
    chosen = _services(project, services)
    channel = _issues_channel(issues)
    where = project.target(target)
    records = not where.is_demo if record is None else record
    looked = tuple(_look(project, where, service, now) for service in chosen)
    found = DriftReport(now, looked, read_limits(project))
    failed = False
    if records:
        found, failed = _recorded(found, where)
    if channel is not None:
        from plumbline.alerts.channels.base import Verdict
        from plumbline.deploy.issues import tell_issues

        receipt = tell_issues(found, channel)
        if receipt.verdict is not Verdict.DELIVERED:
            failed = True
            found = _noted(found, f"The issues could not be brought up to date: {receipt.detail}.")
    write = {
        "text": reports.render_text,
        "markdown": reports.render_markdown,
        "json": reports.render_json,
    }[form]
    write_result(write(found), as_utf8=form == "json")
    code = exit_code(found.statuses, "warning")
    return max(code, 3) if failed and code != 2 else code


def check(name: str, target: str | None, tests: bool, form: str) -> int:
    """Look before a deployment; the exit code."""
    from plumbline.core.status import exit_code, run_status
    from plumbline.deploy import report as reports
    from plumbline.deploy.checks import Before, check_before
    from plumbline.deploy.deployed import google_project, read_revisions

    session = _session()
    project, now = session.project(), session.clock()
    (service,) = _services(project, (name,))
    where = project.target(target)
    before = Before(
        project=project,
        service=service,
        now=now,
        drift=_look(project, where, service, now),
        revisions=lambda: read_revisions(service, default_project=google_project(where)),
        incidents=None if where.is_demo else (lambda: _incidents(where, now)),
        runs_tests=tests,
    )
    found = []
    for one in check_before(before):
        found.append(one)
        if form == "text":
            write_result(reports.checked_text(one))
    statuses = [one.status for one in found]
    code = exit_code(statuses, "warning")
    if form == "json":
        write_result(reports.checks_json(service.name, now, found), as_utf8=True)
    else:
        said = {
            0: "nothing speaks against deploying",
            1: "decide: there are warnings",
            2: "don't deploy: fix what is CRITICAL first",
            3: "not everything could be looked at",
        }[code]
        write_result(f"\n{service.name} · {run_status(statuses)}: {said} · exit {code}\n")
    return code


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
    """Look after a deployment; the exit code."""
    from plumbline.core.status import exit_code
    from plumbline.deploy import report as reports
    from plumbline.deploy.verify import After
    from plumbline.deploy.verify import verify as look
    from plumbline.project.alerts import read_duration

    session = _session()
    project = session.project()
    (service,) = _services(project, (name,))
    where = project.target(target)
    judged = read_as_of(session, project, where, as_of)
    if watch is not None and not judged.is_now:
        raise ConfigError(
            "only what is going on now can be watched",
            key="--watch",
            fix="leave out --as-of; the demo data stand still",
        )
    deployed_at = _since(since, project, where, service, judged.instant, session)
    asks_logs = (not where.is_demo and judged.is_now) if logs is None else logs
    after = After(
        project=project,
        target=where,
        service=service,
        since=deployed_at,
        logs=_log_counter(service, where) if asks_logs and service.is_on_cloud_run else None,
    )
    is_text = form == "text"
    with show_progress() as progress:
        found = look(
            after,
            clock=session.clock if judged.is_now else lambda: judged.instant,
            watch=None if watch is None else read_duration(watch, key="--watch"),
            every=read_duration(every, key="--every"),
            said=(lambda one: write_result(reports.look_text(one) + "\n"))
            if is_text
            else (lambda _: None),
            progress=progress,
        )
    code = exit_code(found.last.statuses, fail_on)
    if is_text:
        write_result(f"{service.name} is {reports.ENDINGS[found.ending]} · exit {code}\n")
    else:
        write_result(reports.verified_json(found, code), as_utf8=True)
    return code


def _look(project: Project, target: Target, service: Service, now: datetime) -> Drift:
    from plumbline.deploy.deployed import google_project, read_deployed
    from plumbline.deploy.drift import look

    def deployed(one: Service) -> Deployed:
        return read_deployed(one, root=project.root, default_project=google_project(target))

    return look(service, root=project.root, now=now, deployed=deployed)


def _recorded(found: DriftReport, target: Target) -> tuple[DriftReport, bool]:
    """With a note where it could not be written, and whether that is so."""
    from plumbline.history.dataset import OwnDataset
    from plumbline.history.deployments import append_drifts
    from plumbline.warehouse.ready import ensure_ready

    try:
        dataset = OwnDataset(ensure_ready(target, write_message))
        try:
            append_drifts(dataset, found.drifts)
        finally:
            dataset.close()
    except PlumblineError as fault:
        text = f"Not recorded, so the monitor deployment_drift does not see it: {fault.one_line()}"
        return _noted(found, text), True
    return found, False


def _noted(found: DriftReport, note: str) -> DriftReport:
    return replace(found, notes=(*found.notes, note))


def _issues_channel(repository: str | None) -> Channel | None:
    if repository is None:
        return None
    from plumbline.alerts.channels.github.channel import BASE_URL, GitHubChannel
    from plumbline.net.secrets import read_secret

    token = read_secret(TOKEN_VARIABLE, os.environ)
    if token is None:
        raise ConfigError(
            f"{TOKEN_VARIABLE} is not set, without which no issue can be written",
            key="--issues",
            fix="set it to a token with the permission Issues: read and write",
        )
    base_url = os.environ.get(API_VARIABLE) or BASE_URL
    return GitHubChannel("issues", repository, token, base_url=base_url)


def _incidents(target: Target, now: datetime) -> Sequence[Incident]:
    from plumbline.alerts.store import read_last_state
    from plumbline.history.dataset import OwnDataset

    dataset = OwnDataset(target)
    try:
        state = read_last_state(dataset, now=now)
    finally:
        dataset.close()
    return () if state is None else state.known.incidents


def _since(
    text: str | None,
    project: Project,
    target: Target,
    service: Service,
    until: datetime,
    session: Session,
) -> datetime:
    """The instant of the deployment: as given, else as Cloud Run says; on the demo data an hour
    before."""
    from plumbline.deploy.deployed import google_project, read_deployed
    from plumbline.run.request import parse_as_of

    if text is not None:
        try:
            found = parse_as_of(text, now=session.clock(), zone=project.timezone)
        except ConfigError as fault:
            raise ConfigError(fault.what, key="--since", fix=fault.fix) from None
        return found.instant
    if target.is_demo:
        return (in_utc(until) - timedelta(hours=1)).astimezone(project.timezone)
    fix = "name the instant with --since"
    try:
        known = read_deployed(service, root=project.root, default_project=google_project(target))
    except PlumblineError as fault:
        raise ConfigError(
            f"when it was deployed is not known: {fault.what}",
            key="--since",
            fix=f"{fault.fix}; or {fix}" if fault.fix else fix,
        ) from None
    if known.at is None:
        raise ConfigError(
            "what it runs on does not say when it was deployed", key="--since", fix=fix
        )
    return known.at.astimezone(project.timezone)


def _log_counter(service: Service, target: Target) -> Callable[[datetime, datetime], int]:
    from plumbline.deploy.deployed import google_project
    from plumbline.deploy.logs import count_errors

    def count(since: datetime, until: datetime) -> int:
        project = google_project(target)
        return count_errors(service, since=since, until=until, default_project=project)

    return count


def _services(project: Project, names: tuple[str, ...]) -> tuple[Service, ...]:
    from plumbline.project.services import find_service

    declared = project.services
    if not declared:
        raise ConfigError(
            "no service is declared",
            file=project.services_file,
            key="services",
            fix="say there what is deployed; see docs/deployments.md",
        )
    if not names:
        return declared
    return tuple(find_service(declared, name, file=project.services_file) for name in names)


def _complete_services(
    context: click.Context,
    _: click.Parameter,
    incomplete: str,
) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    try:
        names = [service.name for service in context.ensure_object(Session).project().services]
    except PlumblineError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _session() -> Session:
    return click.get_current_context().ensure_object(Session)


def _service_argument() -> click.Argument:
    return click.Argument(
        ["name"], metavar="SERVICE", required=True, shell_complete=_complete_services
    )


command = Group(
    name="deploy",
    help=(
        "Before, after and between deployments: is what is merged what runs, and is it well?\n\n"
        "The services stand in deploy/services.yml."
    ),
    commands=[
        Command(
            name="drift",
            callback=drift,
            help="Compare what each service runs with the last commit to its own paths.\n\n"
            "Commits of others and of documentation do not count. What can't be known (a shallow "
            "clone, an unknown commit, a missing label) is ERROR, never 0 behind. What is found "
            "is recorded for the monitor deployment_drift, whose thresholds count here too.",
            params=[
                click.Argument(
                    ["services"],
                    metavar="[SERVICE]...",
                    nargs=-1,
                    shell_complete=_complete_services,
                ),
                target_option(),
                click.Option(
                    ["--record/--no-record"],
                    default=None,
                    help="Write it to the table service_deployments, or only print it; default: "
                    "write, but not to the demo data.",
                ),
                click.Option(
                    ["--issues"],
                    metavar="OWNER/NAME",
                    help="Open, update and close one issue a drifted service in this repository of "
                    f"GitHub; {TOKEN_VARIABLE} holds the token.",
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
        ),
        Command(
            name="check",
            callback=check,
            help="Look before a deployment: changes, branch, remote, tests, schema changes, the "
            "last deployments, health, open incidents, and what would be deployed.",
            params=[
                _service_argument(),
                target_option(),
                click.Option(
                    ["--tests/--no-tests"], default=True, help="Run the service's tests, or not."
                ),
                format_option("text", "json"),
            ],
            examples=(
                Example("plumbline deploy check prediction-worker", "before it is deployed"),
                Example(
                    "plumbline deploy check prediction-worker --no-tests --format json",
                    "in a script whose tests ran before",
                ),
            ),
            exit_codes={
                0: "nothing speaks against it",
                1: "WARNING: for a person to decide",
                2: "CRITICAL: don't deploy",
                3: "ERROR: not everything could be looked at",
            },
        ),
        Command(
            name="verify",
            callback=verify,
            help="Look after a deployment: the service's checkpoint since then, beside the same "
            "window before, and what it logged.\n\n"
            "By itself it blocks nothing and ends with 0; --fail-on lets it.",
            params=[
                _service_argument(),
                click.Option(
                    ["--since"],
                    metavar="INSTANT",
                    help="When it was deployed, with its zone; default: as Cloud Run says, on the "
                    "demo data an hour before.",
                ),
                as_of_option(),
                target_option(),
                click.Option(
                    ["--watch"],
                    metavar="DURATION",
                    help="Look again until it is calm or worse, but no longer than this: 15m.",
                ),
                click.Option(
                    ["--every"],
                    metavar="DURATION",
                    default="1m",
                    show_default=True,
                    help="From one look to the next.",
                ),
                click.Option(
                    ["--fail-on"],
                    type=click.Choice(("warning", "critical", "error", "never")),
                    default="never",
                    show_default=True,
                    help="The least that ends with another exit code than 0.",
                ),
                click.Option(
                    ["--logs/--no-logs"],
                    default=None,
                    help="Count errors in Cloud Logging, or not; default: unless on the demo data.",
                ),
                format_option("text", "json"),
            ],
            examples=(
                Example("plumbline deploy verify prediction-worker", "one look"),
                Example(
                    "plumbline deploy verify nba-phase4-precompute-processors --target bigquery "
                    "--watch 15m --fail-on critical",
                    "at the end of a deploy script, which then stops",
                ),
                Example(
                    "plumbline deploy verify nba-grading-service --since 2026-02-01T18:00:00-05:00 "
                    "--as-of 2026-02-02",
                    "of a deployment of long ago",
                ),
            ),
            exit_codes={
                0: "looked; with --fail-on: nothing that counts",
                1: "WARNING, with --fail-on warning",
                2: "CRITICAL, with --fail-on warning or critical",
                3: "ERROR, with --fail-on warning, critical or error",
            },
        ),
    ],
    examples=(
        Example("plumbline deploy drift", "what is merged and does not run"),
        Example("plumbline deploy check prediction-worker", "before"),
        Example("plumbline deploy verify prediction-worker", "after"),
    ),
    exit_codes={1: "WARNING", 2: "CRITICAL", 3: "ERROR"},
)
