"""Google Cloud: a Cloud Run job a schedule, and a Cloud Scheduler job that starts it.

The YAML is for ``gcloud run jobs replace``; the script runs that, and makes or updates what starts
it. Cloud Scheduler reads cron in the schedule's own zone. Of this project's own deployment
(``plumbline deploy apply``) the same two, `job_manifest` and `read_trigger`, are made here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import yaml

from plumbline.core.errors import ConfigError, require
from plumbline.history.heartbeat import SCHEDULE_VARIABLE
from plumbline.project.documents import SCHEDULE_FILE
from plumbline.project.find import STATE_DIR_VARIABLE
from plumbline.project.schedule import Schedule
from plumbline.project.targets import PROJECT_VARIABLE
from plumbline.schedule.export.files import (
    Cloud,
    ExportFile,
    comment,
    maintenance_notes,
    run_arguments,
    unit_names,
)
from plumbline.schedule.export.plain import (
    plain_cron,
    plain_times,
    refuse_two_kinds_of_days,
)

_LONGEST_TASK = timedelta(hours=168)
_NEEDED = {
    "--project": ("project", r"[a-z0-9][a-z0-9.:-]*[a-z0-9]", "my-project"),
    "--region": ("region", r"[a-z]+(-[a-z]+)+\d+", "us-west2"),
    "--image": (
        "image",
        r"[^\s\"'\\]+",
        "us-west2-docker.pkg.dev/my-project/plumbline/plumbline:1",
    ),
    "--service-account": (
        "service_account",
        r"[a-z0-9-]+@[a-z0-9.-]+",
        "plumbline@my-project.iam.gserviceaccount.com",
    ),
}

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_START_RETRIES = 3


@dataclass(frozen=True)
class Trigger:
    """The Cloud Scheduler job that starts a Cloud Run job."""

    name: str
    cron: str
    timezone: str
    uri: str
    account: str
    token: Literal["oauth", "oidc"]

    def flags(self) -> list[str]:
        """For ``gcloud scheduler jobs create http`` and ``update http``."""
        return [
            f"--schedule={self.cron}",
            f"--time-zone={self.timezone}",
            f"--uri={self.uri}",
            "--http-method=POST",
            f"--{self.token}-service-account-email={self.account}",
            f"--{'oauth-token-scope' if self.token == 'oauth' else 'oidc-token-audience'}="
            f"{self._meant_for}",
            f"--max-retry-attempts={_START_RETRIES}",
        ]

    def resource(self) -> dict[str, Any]:
        """As Google's API has it, which is what ``describe`` shows."""
        part = "scope" if self.token == "oauth" else "audience"
        return {
            "schedule": self.cron,
            "timeZone": self.timezone,
            "httpTarget": {
                "uri": self.uri,
                "httpMethod": "POST",
                f"{self.token}Token": {
                    "serviceAccountEmail": self.account,
                    part: self._meant_for,
                },
            },
            "retryConfig": {"retryCount": _START_RETRIES},
        }

    @property
    def _meant_for(self) -> str:
        return _SCOPE if self.token == "oauth" else self.uri


def write_cloud_run(schedules: Sequence[Schedule], cloud: Cloud) -> list[ExportFile]:
    """A job's YAML for each, and one script that deploys all.

    Raises:
        ConfigError: a flag is missing or malformed, or Google can't say a schedule.
    """
    check_cloud(cloud)
    names = unit_names(schedules, cloud.scope)
    jobs = [_job(one, cloud, names[one.name]) for one in schedules]
    return [*jobs, _script(schedules, cloud, names)]


def check_cloud(cloud: Cloud) -> None:
    """Refuse what is missing or malformed.

    Raises:
        ConfigError: with all missing flags, or the malformed one, and an example.
    """
    needed = {flag: (getattr(cloud, field), like) for flag, (field, _, like) in _NEEDED.items()}
    given = require("the format cloud-run", needed)
    for value, (flag, (_, pattern, example)) in zip(given, _NEEDED.items(), strict=True):
        if not re.fullmatch(pattern, value):
            raise ConfigError(
                f"{value!r} is not a valid {flag.removeprefix('--').replace('-', ' ')}",
                key=flag,
                fix=f"for example {flag} {example}",
            )


def job_manifest(schedule: Schedule, cloud: Cloud, name: str) -> dict[str, Any]:
    """The Cloud Run job, as ``gcloud run jobs replace`` reads it.

    Raises:
        ConfigError: its deadline is longer than Cloud Run allows.
    """
    if schedule.deadline > _LONGEST_TASK:
        raise ConfigError(
            f"{schedule.name}: a task of Cloud Run ends after {_LONGEST_TASK.days} days",
            file=SCHEDULE_FILE,
            key="deadline",
            fix="give it a shorter deadline",
        )
    environment = {
        PROJECT_VARIABLE: cloud.project,
        SCHEDULE_VARIABLE: schedule.name,
        **({STATE_DIR_VARIABLE: cloud.state_dir} if cloud.state_dir else {}),
        **{
            variable: f"sm://{cloud.project}/{cloud.secret_names.get(variable, variable)}"
            for variable in cloud.secrets
        },
    }
    container = {
        "image": cloud.image,
        "command": ["plumbline"],
        "args": list(run_arguments(schedule, cloud.target)),
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "resources": {"limits": {"cpu": cloud.cpu, "memory": cloud.memory}},
    }
    task = {
        "maxRetries": cloud.retries,
        "timeoutSeconds": int(schedule.deadline.total_seconds()),
        "serviceAccountName": cloud.service_account,
        "containers": [container],
    }
    about: dict[str, Any] = {"name": name}
    if cloud.labels:
        about["labels"] = dict(cloud.labels)
    return {
        "apiVersion": "run.googleapis.com/v1",
        "kind": "Job",
        "metadata": about,
        "spec": {"template": {"spec": {"taskCount": 1, "template": {"spec": task}}}},
    }


def read_trigger(schedule: Schedule, cloud: Cloud, name: str) -> Trigger:
    """What starts the job ``name`` when the schedule says.

    Raises:
        ConfigError: Cloud Scheduler can't say these times.
    """
    times = plain_times(schedule, scheduler="Cloud Scheduler")
    refuse_two_kinds_of_days(schedule, times, scheduler="Cloud Scheduler")
    return Trigger(
        name=name,
        cron=plain_cron(schedule, scheduler="Cloud Scheduler"),
        timezone=schedule.timezone.key,
        uri=f"https://run.googleapis.com/v2/projects/{cloud.project}/locations/{cloud.region}"
        f"/jobs/{name}:run",
        account=str(cloud.starter or cloud.service_account),
        token=cloud.token,
    )


def write_yaml(content: dict[str, Any]) -> str:
    """As the files have it, the same bytes each time."""
    return yaml.safe_dump(content, sort_keys=False, width=1000, allow_unicode=True)


def _job(schedule: Schedule, cloud: Cloud, name: str) -> ExportFile:
    head = comment(
        (
            cloud.scope.made_by("cloud-run"),
            "The image's working directory is the project.",
            "Secrets of channels are read from Secret Manager, by the name of their variable.",
            "A run that ends in an ERROR is retried at once. Each attempt has the whole deadline,",
            "so if one hangs, the run is late before the second begins.",
            *maintenance_notes(schedule),
        )
    )
    return ExportFile(f"{name}.job.yaml", head + write_yaml(job_manifest(schedule, cloud, name)))


def _script(schedules: Sequence[Schedule], cloud: Cloud, names: dict[str, str]) -> ExportFile:
    lines = [
        "#!/usr/bin/env bash",
        comment(
            (
                cloud.scope.made_by("cloud-run"),
                "Deploys each job, and makes or updates what starts it. Needs the services",
                "run.googleapis.com and cloudscheduler.googleapis.com; the service account needs",
                "roles/run.invoker for the jobs and roles/secretmanager.secretAccessor.",
                "Cloud Scheduler doesn't catch up missed runs or wait for the previous run.",
            )
        ).rstrip(),
        "set -euo pipefail",
        'cd "$(dirname "$0")"',
        "",
        f"project={cloud.project}",
        f"region={cloud.region}",
    ]
    for schedule in schedules:
        lines += ["", *_deployment(schedule, cloud, names[schedule.name])]
    return ExportFile(f"deploy-{cloud.scope.name}.sh", "\n".join(lines) + "\n")


def _deployment(schedule: Schedule, cloud: Cloud, name: str) -> list[str]:
    flags = [shlex.quote(flag) for flag in read_trigger(schedule, cloud, name).flags()]
    return [
        f'gcloud run jobs replace {name}.job.yaml --project="$project" --region="$region"',
        f"if gcloud scheduler jobs describe {name} "
        '--project="$project" --location="$region" >/dev/null 2>&1; then verb=update; '
        "else verb=create; fi",
        f'gcloud scheduler jobs "$verb" http {name} --project="$project" --location="$region" \\',
        *(f"  {flag} \\" for flag in flags[:-1]),
        f"  {flags[-1]}",
    ]
