"""Google Cloud: a Cloud Run job a schedule, and a Cloud Scheduler job that starts it.

The YAML is for ``gcloud run jobs replace``; the script runs that, and makes or updates what starts
it. Cloud Scheduler reads cron in the schedule's own zone.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import yaml

from plumbline.errors import ConfigError
from plumbline.project.schedule import SCHEDULE_FILE, Schedule
from plumbline.project.targets import PROJECT_VARIABLE
from plumbline.schedule.export.files import (
    Cloud,
    ExportFile,
    comment,
    run_arguments,
    unit_names,
)
from plumbline.schedule.export.plain import (
    plain_cron,
    plain_times,
    refuse_two_kinds_of_days,
)
from plumbline.schedule.turns import SCHEDULE_VARIABLE

SCRIPT = "deploy-plumbline.sh"

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

_HEAD = ("Made by `plumbline schedule export --format cloud-run` from checkpoints/schedule.yml.",)


def write_cloud_run(schedules: Sequence[Schedule], cloud: Cloud) -> list[ExportFile]:
    """A job's YAML for each, and one script that deploys all.

    Raises:
        ConfigError: a flag is missing or malformed, or Google can't say a schedule.
    """
    _check(cloud)
    names = unit_names(schedules)
    jobs = [_job(one, cloud, names[one.name]) for one in schedules]
    return [*jobs, _script(schedules, cloud, names)]


def _check(cloud: Cloud) -> None:
    for flag, (field, pattern, example) in _NEEDED.items():
        value = getattr(cloud, field)
        if value is None:
            raise ConfigError(
                f"the format cloud-run needs {flag}",
                key=flag,
                mend=f"for example {flag} {example}",
            )
        if not re.fullmatch(pattern, value):
            raise ConfigError(
                f"{value!r} is no {flag.removeprefix('--').replace('-', ' ')}",
                key=flag,
                mend=f"for example {flag} {example}",
            )


def _job(schedule: Schedule, cloud: Cloud, name: str) -> ExportFile:
    if schedule.deadline > _LONGEST_TASK:
        raise ConfigError(
            f"{schedule.name}: a task of Cloud Run ends after {_LONGEST_TASK.days} days",
            file=SCHEDULE_FILE,
            key="deadline",
            mend="give it a shorter deadline",
        )
    environment = {
        PROJECT_VARIABLE: cloud.project,
        SCHEDULE_VARIABLE: schedule.name,
        **{variable: f"sm://{cloud.project}/{variable}" for variable in cloud.secrets},
    }
    container = {
        "image": cloud.image,
        "command": ["plumbline"],
        "args": list(run_arguments(schedule, cloud.target)),
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
    }
    task = {
        "maxRetries": 0,
        "timeoutSeconds": int(schedule.deadline.total_seconds()),
        "serviceAccountName": cloud.service_account,
        "containers": [container],
    }
    job: dict[str, Any] = {
        "apiVersion": "run.googleapis.com/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": {"spec": {"taskCount": 1, "template": {"spec": task}}}},
    }
    head = comment(
        (
            *_HEAD,
            "The image's working directory is the project.",
            "Secrets of channels are read from Secret Manager, by the name of their variable.",
            "Not tried again within a run: two tries would take longer than the deadline.",
        )
    )
    text = yaml.safe_dump(job, sort_keys=False, width=1000, allow_unicode=True)
    return ExportFile(f"{name}.job.yaml", head + text)


def _script(schedules: Sequence[Schedule], cloud: Cloud, names: dict[str, str]) -> ExportFile:
    lines = [
        "#!/usr/bin/env bash",
        comment(
            (
                *_HEAD,
                "Deploys each job, and makes or updates what starts it. Needs the services",
                "run.googleapis.com and cloudscheduler.googleapis.com; the service account needs",
                "roles/run.invoker for the jobs and roles/secretmanager.secretAccessor.",
                "Cloud Scheduler catches nothing up, and starts a run whatever the one before",
                "does.",
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
    return ExportFile(SCRIPT, "\n".join(lines) + "\n")


def _deployment(schedule: Schedule, cloud: Cloud, name: str) -> list[str]:
    times = plain_times(schedule, scheduler="Cloud Scheduler")
    refuse_two_kinds_of_days(schedule, times, scheduler="Cloud Scheduler")
    cron = shlex.quote(plain_cron(schedule, scheduler="Cloud Scheduler"))
    start = f"https://run.googleapis.com/v2/projects/$project/locations/$region/jobs/{name}:run"
    return [
        f'gcloud run jobs replace {name}.job.yaml --project "$project" --region "$region"',
        f"if gcloud scheduler jobs describe {name} "
        '--project "$project" --location "$region" >/dev/null 2>&1; then verb=update; '
        "else verb=create; fi",
        f'gcloud scheduler jobs "$verb" http {name} --project "$project" --location "$region" \\',
        f"  --schedule {cron} --time-zone {shlex.quote(schedule.timezone.key)} \\",
        f'  --uri "{start}" --http-method POST \\',
        f"  --oauth-service-account-email {shlex.quote(str(cloud.service_account))}",
    ]
