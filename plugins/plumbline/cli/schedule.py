"""``plumbline schedule``: when checkpoints run, by this machine or by another scheduler."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plumbline.cli.commands import Command, Example, Group
from plumbline.cli.options import FOLDER, format_option, option, switch, target_option
from plumbline.cli.output import write_message, write_report, write_result
from plumbline.cli.session import current_session
from plumbline.core.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from plumbline.project import Project, Schedule
    from plumbline.schedule.export.files import Cloud, ExportFile

FORMATS = ("cron", "systemd", "cloud-run", "github-actions")
_REMOTE = ("cloud-run", "github-actions")
"""Formats that leave this machine."""
_FLAGS = {
    "--region": ("cloud-run",),
    "--image": ("cloud-run",),
    "--service-account": _REMOTE,
    "--requirements": ("github-actions",),
}
"""Flags that are not for all formats."""
_KEPT_VARIABLES = ("PLUMBLINE_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS")
"""Of this environment: cron and systemd start a run without them."""


def show(count: int, form: str, target: str | None) -> int:
    """Show each schedule: checkpoint, time, deadline, channels, next runs."""
    from plumbline.schedule import overview
    from plumbline.schedule.last_runs import read_last_runs

    session = current_session()
    project, now = session.project(), session.clock()
    files = project.state_files(target)
    names = [one.name for one in project.schedules]
    _tell_ignored(project)
    last_runs = {} if files is None else read_last_runs(files, names)
    views = overview.read_overview(project.schedules, now=now, count=count, last_runs=last_runs)
    write_report(
        form,
        page=lambda: overview.overview_page(views, now=now),
        data=lambda: overview.overview_dict(views, now=now),
    )
    return 0


def run(target: str | None, grace: str) -> int:
    """Run each checkpoint when it is due, until Ctrl-C, SIGTERM or SIGHUP.

    A scheduler for one machine. Each run is a separate process that is killed at its deadline. Runs
    of one checkpoint never overlap. Runs missed while the machine slept or the scheduler was down
    are replaced by one run.
    """
    if os.name != "posix":
        raise ConfigError(
            "the scheduler needs Linux or macOS",
            fix="use the system's scheduler to run `plumbline run CHECKPOINT --fail-on error`",
        )
    from plumbline.core.instants import exact_rfc3339
    from plumbline.core.safe_text import one_line
    from plumbline.project.alerts import read_duration
    from plumbline.schedule.executor import Executor
    from plumbline.schedule.scheduler import run_until_stopped

    session = current_session()
    project = session.project()
    schedules = _schedules(project)
    chosen = project.target(target)
    patience = timedelta() if grace == "0" else read_duration(grace, key="--grace")
    for schedule in schedules:
        project.checkpoint(schedule.checkpoint)  # refused now rather than in the night

    def say(text: str) -> None:
        write_message(f"{exact_rfc3339(session.clock().replace(microsecond=0))} {one_line(text)}")

    def command_of(schedule: Schedule) -> Sequence[str]:
        return [
            *(sys.executable, "-m", "plumbline", "run", schedule.checkpoint),
            *("--fail-on", "error", "--target", chosen.name, "--project-dir", str(project.root)),
        ]

    run_until_stopped(
        lambda stopping: Executor(
            schedules,
            command=command_of,
            state=chosen.state_files,
            stopping=stopping,
            say=say,
            clock=session.clock,
        ),
        state=chosen.state_files,
        grace=patience,
        say=say,
    )
    return 0


def check(target: str | None, alerts: bool | None, form: str) -> int:
    """Check that every scheduled run happened.

    This is the watchdog. Run it on another platform than the runs. It notifies the schedule's
    channels of runs that are missing, late, hung, suspiciously quick or checked nothing, of
    undelivered messages, unconfigured channels, and a history without new rows.
    """
    from plumbline.core.status import exit_code
    from plumbline.schedule import report as reports
    from plumbline.schedule.watchdog_check import check as look

    session = current_session()
    project = session.project()
    if not project.stale_schedules:
        _schedules(project)
    chosen = project.target(target)
    # Runs on demo data leave no heartbeat, so there is nothing to alert on.
    tells = not chosen.is_demo if alerts is None else alerts
    found = look(project, chosen, now=session.clock(), tells=tells)
    write_report(form, found, page=reports.check_page, data=reports.check_dict)
    return exit_code(found.statuses, "warning")


def export(
    form: str,
    output: Path | None,
    target: str | None,
    gcp_project: str | None,
    region: str | None,
    image: str | None,
    service_account: str | None,
    requirements: Path | None,
) -> int:
    """Export the schedules for another scheduler.

    The cron and systemd files are for this machine: they contain its paths and its Python. A
    GitHub workflow installs the plumbline that is installed here. A schedule that the scheduler
    can't express is rejected. In a maintenance window the exported run starts, checks nothing and
    ends with exit code 0.
    """
    flags = {
        "--region": region,
        "--image": image,
        "--service-account": service_account,
        "--requirements": requirements,
    }
    for flag, value in flags.items():
        if value is not None and form not in _FLAGS[flag]:
            raise ConfigError(
                f"{flag} does not apply to the format {form}",
                key=flag,
                fix=f"leave it out; it applies to {' and '.join(_FLAGS[flag])}",
            )
    from plumbline.schedule.export.files import Cloud

    project = current_session().project()
    schedules = _schedules(project)
    google = gcp_project or os.environ.get("PLUMBLINE_PROJECT") or None
    if form in _REMOTE:
        cloud = Cloud(
            target=_remote(project, target or os.environ.get("PLUMBLINE_TARGET")),
            plumbline_project=project.identity,
            project=google,
            region=region,
            image=image,
            service_account=service_account,
            state_dir="/tmp/plumbline",
            secrets=project.alerts.variables,
        )
        files = _for_cloud(form, project, schedules, cloud, requirements)
    else:
        files = _for_machine(form, project, schedules, target, google)
    _give(files, output)
    return 0


def _for_machine(
    form: str,
    project: Project,
    schedules: Sequence[Schedule],
    name: str | None,
    google: str | None,
) -> list[ExportFile]:
    from plumbline.schedule.export.crontab import write_crontab
    from plumbline.schedule.export.files import Machine
    from plumbline.schedule.export.systemd import write_systemd

    environment = dict(os.environ) | ({"PLUMBLINE_PROJECT": google} if google else {})
    target = project.target(name, environment=environment)
    if target.kind == "embedded" and name is None:
        raise ConfigError(
            f"the target {target.name!r} is the embedded warehouse: its runs check the data on "
            "this machine",
            key="--target",
            fix=f"{project.targets_of('bigquery')}; or export it nevertheless with "
            f"--target {target.name}",
        )
    if target.is_demo:
        write_message(
            f"the target {target.name!r} holds {target.demo.name if target.demo else ''}: the "
            "exported runs send no alerts",
            severity="WARNING",
        )
    machine = Machine(
        command=(sys.executable, "-m", "plumbline"),
        project_dir=project.root,
        state=target.state_files,
        environment={name: environment[name] for name in _KEPT_VARIABLES if environment.get(name)},
    )
    write = write_crontab if form == "cron" else write_systemd
    return write(schedules, machine)


def _for_cloud(
    form: str,
    project: Project,
    schedules: Sequence[Schedule],
    cloud: Cloud,
    requirements: Path | None,
) -> list[ExportFile]:
    from plumbline.core.installation import read_installation
    from plumbline.schedule.export.cloud_run import write_cloud_run
    from plumbline.schedule.export.github_actions import write_github_actions
    from plumbline.schedule.export.installing import install_lines, read_repository

    if form == "cloud-run":
        return write_cloud_run(schedules, cloud)
    repository = read_repository(project.root)
    if not repository.is_git:
        write_message(
            f"{project.root} is not in a git repository; the workflow expects it to be the root "
            "of one",
            severity="WARNING",
        )
    return write_github_actions(
        schedules,
        cloud,
        installing=install_lines(read_installation(), repository, requirements),
        folder=repository.folder,
        dbt=_dbt_folder(project, repository.root),
        now=current_session().clock(),
    )


def _dbt_folder(project: Project, root: Path) -> str | None:
    """The folder, below ``root``, of the dbt project whose manifest monitors read."""
    from plumbline.models.dbt_home import find_dbt_home

    home = find_dbt_home(project)
    if home.is_own and not home.manifest_file.is_file():
        return None
    return os.path.relpath(home.root.resolve(), root)


def _remote(project: Project, name: str | None) -> str:
    """The target that a run elsewhere has: the embedded warehouse is of this machine."""
    known = [one for one, kind in project.target_kinds().items() if kind == "bigquery"]
    if name is None and len(known) == 1:
        return known[0]
    if name is None or name not in known:
        raise ConfigError(
            "the target is missing" if name is None else f"{name!r} is not a BigQuery target",
            key="--target",
            fix=did_you_mean(name or "", known),
        )
    return name


def _give(files: Sequence[ExportFile], output: Path | None) -> None:
    """Into a folder, or to standard output: one by itself, more with their names between."""
    if output is None:
        for number, file in enumerate(files):
            if len(files) > 1:
                write_result(f"{'' if number == 0 else chr(10)}----- {file.name}\n")
            write_result(file.text, as_utf8=True)
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
        for file in files:
            path = output / file.name
            _refuse_another_projects(path, file)
            path.write_text(file.text, encoding="utf-8")
            if file.text.startswith("#!"):
                path.chmod(0o755)
            write_result(f"wrote {path}\n")
    except OSError as fault:
        raise ConfigError(
            f"the files can't be written: {fault}", key="--output", fix="choose another folder"
        ) from fault


def _refuse_another_projects(path: Path, file: ExportFile) -> None:
    """Two names may give the same name of a file (``a.b`` and ``a_b``)."""
    if path.exists() and file.made_by not in path.read_text("utf-8").splitlines():
        raise ConfigError(
            f"{path} was not exported from this project and target",
            key="--output",
            fix="remove that file, or choose another folder",
        )


def _schedules(project: Project) -> tuple[Schedule, ...]:
    _tell_ignored(project)
    return project.scheduled()


def _tell_ignored(project: Project) -> None:
    for line in project.stale_entries:
        write_message(line, severity="WARNING")


command = Group(
    name="schedule",
    help=("Show, run, check or export the schedules in checkpoints/schedule.yml."),
    commands=[
        Command(
            name="show",
            callback=show,
            params=[
                option(
                    "--count",
                    "N",
                    "Number of runs per schedule.",
                    type=click.IntRange(1, 1000),
                    default=3,
                    show_default=True,
                ),
                format_option("text", "json"),
                target_option(),
            ],
            examples=(
                Example("plumbline schedule show", "list the next runs"),
                Example(
                    "plumbline schedule show --count 28 --format json",
                    "print a week of runs as JSON",
                ),
            ),
        ),
        Command(
            name="run",
            callback=run,
            params=[
                target_option(),
                option(
                    "--grace",
                    "DURATION",
                    "How long current runs may continue after a stop signal; 0 kills them at once.",
                    default="30s",
                    show_default=True,
                ),
            ],
            examples=(
                Example("plumbline schedule run", "run on the default target"),
                Example(
                    "plumbline schedule run --grace 2m",
                    "give runs two minutes to finish when stopped",
                ),
            ),
            exit_codes={0: "stopped by Ctrl-C, SIGTERM or SIGHUP"},
            is_endless=True,
        ),
        Command(
            name="check",
            callback=check,
            params=[
                target_option(),
                switch(
                    "--alerts/--no-alerts",
                    "Send notifications, or only print. Default: send, except on demo data.",
                    default=None,
                ),
                format_option("text", "json"),
            ],
            examples=(
                Example("plumbline schedule check --target bigquery", "check from another machine"),
                Example("plumbline schedule check --no-alerts --format json", "print JSON"),
            ),
            exit_codes={
                0: "every run happened",
                1: "WARNING: a run was late or suspiciously quick",
                2: (
                    "CRITICAL: a run is missing, hung or checked nothing, or notifications "
                    "can't be delivered"
                ),
                3: "ERROR: the result is unknown",
            },
        ),
        Command(
            name="export",
            callback=export,
            params=[
                click.Option(
                    ["--format", "form"],
                    type=click.Choice(FORMATS),
                    required=True,
                    help="The scheduler.",
                ),
                option(
                    "--output",
                    "FOLDER",
                    "Folder for the files; default: standard output.",
                    type=FOLDER,
                ),
                target_option(),
                option(
                    "--project",
                    "PROJECT",
                    "Google Cloud project. Default: PLUMBLINE_PROJECT.",
                    name="gcp_project",
                ),
                option("--region", "REGION", "Region of Cloud Run and Cloud Scheduler."),
                option("--image", "IMAGE", "Container image with plumbline."),
                option("--service-account", "EMAIL", "Service account for the runs."),
                option(
                    "--requirements",
                    "FILE",
                    "File in the repository that locks plumbline and all it needs, with hashes. "
                    "Default: install what is installed here.",
                    type=click.Path(dir_okay=False, path_type=Path),
                ),
            ],
            examples=(
                Example(
                    "plumbline schedule export --format cron --target bigquery "
                    "--project my-project",
                    "print a crontab",
                ),
                Example(
                    "plumbline schedule export --format systemd --target bigquery "
                    "--project my-project --output .plumbline/units",
                    "write services and timers to files",
                ),
                Example(
                    "plumbline schedule export --format cloud-run --project my-project "
                    "--region us-west2 --image us-docker.pkg.dev/my-project/dq/plumbline:1 "
                    "--service-account plumbline@my-project.iam.gserviceaccount.com",
                    "print Cloud Run jobs and a script that deploys them",
                ),
                Example("plumbline schedule export --format github-actions", "print a workflow"),
            ),
        ),
    ],
    examples=(
        Example("plumbline schedule show", "list the next runs"),
        Example("plumbline schedule check --target bigquery", "check that every run happened"),
    ),
    exit_codes={
        1: "check: WARNING",
        2: "check: CRITICAL",
        3: "check: ERROR, the result is unknown",
    },
)
