"""Cloud Run: the job is what Google reads, and the script types what gcloud takes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from plumbline.channels.secrets import _REFERENCE
from plumbline.errors import ConfigError
from plumbline.schedule.export.cloud_run import SCRIPT, write_cloud_run
from plumbline.schedule.export.files import ExportFile
from unit.schedule.conftest import schedule
from unit.schedule.export.places import CLOUD


def by_name(files: list[ExportFile]) -> dict[str, str]:
    return {file.name: file.text for file in files}


def test_a_schedule_is_a_job_with_its_deadline() -> None:
    files = by_name(write_cloud_run([schedule()], CLOUD))
    assert sorted(files) == [SCRIPT, "plumbline-health-check.job.yaml"]
    job = yaml.safe_load(files["plumbline-health-check.job.yaml"])
    assert (job["apiVersion"], job["kind"]) == ("run.googleapis.com/v1", "Job")
    assert job["metadata"]["name"] == "plumbline-health-check"
    task = job["spec"]["template"]["spec"]["template"]["spec"]
    assert (task["timeoutSeconds"], task["maxRetries"]) == (600, 0)
    assert task["serviceAccountName"] == CLOUD.service_account
    (container,) = task["containers"]
    assert container["image"] == CLOUD.image
    assert [*container["command"], *container["args"]] == [
        *("plumbline", "run", "health_check", "--fail-on", "error", "--target", "bigquery"),
    ]
    environment = {one["name"]: one["value"] for one in container["env"]}
    assert environment["PLUMBLINE_PROJECT"] == "my-project"
    assert environment["PLUMBLINE_SCHEDULE"] == "health_check"
    assert _REFERENCE.fullmatch(environment["SLACK_WEBHOOK_URL"])


GCLOUD = """#!/usr/bin/env python3
import json, os, sys
from pathlib import Path
file = Path(os.environ["CALLS"])
with file.open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
sys.exit(os.environ["THERE"] == "no" and "describe" in sys.argv)
"""


def deploy(tmp_path: Path, files: list[ExportFile], *, is_there: bool) -> list[list[str]]:
    """What the script types, with a gcloud that notes it."""
    for file in files:
        (tmp_path / file.name).write_text(file.text)
    (tmp_path / "bin").mkdir()
    gcloud = tmp_path / "bin" / "gcloud"
    gcloud.write_text(GCLOUD)
    gcloud.chmod(0o755)
    calls = tmp_path / "calls"
    subprocess.run(
        ["bash", str(tmp_path / SCRIPT)],
        check=True,
        timeout=30,
        cwd="/",
        env={
            "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
            "CALLS": str(calls),
            "THERE": "yes" if is_there else "no",
        },
    )
    return [json.loads(line) for line in calls.read_text().splitlines()]


@pytest.mark.parametrize(("is_there", "verb"), [(False, "create"), (True, "update")])
def test_the_script_deploys_the_job_and_what_starts_it(
    tmp_path: Path, is_there: bool, verb: str
) -> None:
    files = write_cloud_run([schedule("30 7 * * MON-FRI")], CLOUD)
    job, _, starter = deploy(tmp_path, files, is_there=is_there)
    assert job == [
        *("run", "jobs", "replace", "plumbline-health-check.job.yaml"),
        *("--project", "my-project", "--region", "us-west2"),
    ]
    assert starter == [
        *("scheduler", "jobs", verb, "http", "plumbline-health-check"),
        *("--project", "my-project", "--location", "us-west2"),
        *("--schedule", "30 7 * * 1-5", "--time-zone", "America/Los_Angeles"),
        "--uri",
        "https://run.googleapis.com/v2/projects/my-project/locations/us-west2/jobs/"
        "plumbline-health-check:run",
        *("--http-method", "POST"),
        *("--oauth-service-account-email", CLOUD.service_account),
    ]


def test_each_schedule_has_a_job_of_its_own(tmp_path: Path) -> None:
    files = write_cloud_run([schedule(), schedule(name="weekly")], CLOUD)
    calls = deploy(tmp_path, files, is_there=True)
    assert [call[3] for call in calls if call[2] == "replace"] == [
        "plumbline-health-check.job.yaml",
        "plumbline-weekly.job.yaml",
    ]


@pytest.mark.parametrize(
    ("change", "flag", "said"),
    [
        ({"project": None}, "--project", "needs --project"),
        ({"region": None}, "--region", "needs --region"),
        ({"image": None}, "--image", "needs --image"),
        ({"service_account": None}, "--service-account", "needs --service-account"),
        ({"region": "us-west2; rm -rf /"}, "--region", "is no region"),
        ({"project": "My Project"}, "--project", "is no project"),
        ({"image": "a b"}, "--image", "is no image"),
        ({"service_account": "me"}, "--service-account", "is no service account"),
    ],
)
def test_a_flag_that_is_missing_or_wrong_is_named_with_an_example(
    change: dict[str, str | None], flag: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        write_cloud_run([schedule()], replace(CLOUD, **change))
    assert refused.value.key == flag
    assert str(refused.value.mend).startswith(f"for example {flag} ")


@pytest.mark.parametrize("cron", ["0 6 L * *", "0 6 1 * MON", "0 6 */2 * MON"])
def test_what_it_can_t_say_is_refused(cron: str) -> None:
    with pytest.raises(ConfigError, match="can't be written: Cloud Scheduler"):
        write_cloud_run([schedule(cron)], CLOUD)


def test_a_deadline_longer_than_a_task_may_take_is_refused() -> None:
    with pytest.raises(ConfigError, match="ends after 7 days"):
        write_cloud_run([schedule("0 6 1 1 *", deadline=timedelta(days=8))], CLOUD)
