"""Cloud Run: the job is what Google reads, and the script types what gcloud takes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
import yaml

from plumbline.core.errors import ConfigError
from plumbline.net.secrets import _REFERENCE
from plumbline.schedule.export.cloud_run import read_trigger, write_cloud_run
from plumbline.schedule.export.files import ExportFile
from support.fake_gcloud import FakeGcloud
from unit.schedule.conftest import schedule
from unit.schedule.export.places import CLOUD

SCRIPT = "deploy-plumbline-shop-bigquery.sh"
NAME = "plumbline-shop-bigquery-health-check"


def by_name(files: list[ExportFile]) -> dict[str, str]:
    return {file.name: file.text for file in files}


def test_a_schedule_is_a_job_with_its_deadline() -> None:
    files = by_name(write_cloud_run([schedule()], CLOUD))
    assert sorted(files) == [SCRIPT, f"{NAME}.job.yaml"]
    job = yaml.safe_load(files[f"{NAME}.job.yaml"])
    assert (job["apiVersion"], job["kind"]) == ("run.googleapis.com/v1", "Job")
    assert job["metadata"]["name"] == NAME
    task = job["spec"]["template"]["spec"]["template"]["spec"]
    assert (task["timeoutSeconds"], task["maxRetries"]) == (600, 1)
    assert task["serviceAccountName"] == CLOUD.service_account
    (container,) = task["containers"]
    assert container["image"] == CLOUD.image
    assert [*container["command"], *container["args"]] == [
        *("plumbline", "run", "health_check", "--fail-on", "error", "--target", "bigquery"),
    ]
    environment = {one["name"]: one["value"] for one in container["env"]}
    assert environment["PLUMBLINE_PROJECT"] == "my-project"
    assert "PLUMBLINE_STATE_DIR" not in environment  # the image has it
    assert environment["PLUMBLINE_SCHEDULE"] == "health_check"
    assert _REFERENCE.fullmatch(environment["SLACK_WEBHOOK_URL"])


@pytest.fixture
def gcloud(tmp_path: Path) -> FakeGcloud:
    fake = FakeGcloud(tmp_path)
    fake.change("iam service-accounts", str(CLOUD.service_account))
    fake.push(str(CLOUD.image), None)
    return fake


def deploy(tmp_path: Path, gcloud: FakeGcloud, files: list[ExportFile]) -> None:
    """Run the script, from anywhere."""
    for file in files:
        (tmp_path / file.name).write_text(file.text)
    subprocess.run(
        ["bash", str(tmp_path / SCRIPT)],
        check=True,
        timeout=30,
        cwd=tmp_path.root,
        env={"PATH": f"{gcloud.path}:/usr/bin:/bin"},
    )


def test_the_script_deploys_the_job_and_what_starts_it(tmp_path: Path, gcloud: FakeGcloud) -> None:
    files = write_cloud_run([schedule("30 7 * * MON-FRI")], CLOUD)
    deploy(tmp_path, gcloud, files)
    job = gcloud.resource("run jobs", NAME)
    assert job is not None
    assert job["manifest"] == yaml.safe_load(by_name(files)[f"{NAME}.job.yaml"])
    trigger = gcloud.resource("scheduler jobs", NAME)
    assert trigger is not None
    assert trigger["flags"] == {
        "--location": "us-west2",
        "--schedule": "30 7 * * 1-5",
        "--time-zone": "America/Los_Angeles",
        "--uri": "https://run.googleapis.com/v2/projects/my-project/locations/us-west2/jobs/"
        f"{NAME}:run",
        "--http-method": "POST",
        "--oauth-service-account-email": CLOUD.service_account,
        "--oauth-token-scope": "https://www.googleapis.com/auth/cloud-platform",
        "--max-retry-attempts": "3",
    }


def test_the_script_can_be_run_again(tmp_path: Path, gcloud: FakeGcloud) -> None:
    files = write_cloud_run([schedule()], CLOUD)
    deploy(tmp_path, gcloud, files)
    made = gcloud.everything
    deploy(tmp_path, gcloud, files)
    assert gcloud.everything == made
    assert gcloud.changes[-1] == "scheduler jobs update http"


def test_each_schedule_has_a_job_of_its_own(tmp_path: Path, gcloud: FakeGcloud) -> None:
    deploy(tmp_path, gcloud, write_cloud_run([schedule(), schedule(name="weekly")], CLOUD))
    assert gcloud.resource("run jobs", NAME) is not None
    assert gcloud.resource("run jobs", "plumbline-shop-bigquery-weekly") is not None


@pytest.mark.parametrize("token", ["oauth", "oidc"])
def test_a_trigger_is_made_as_google_shows_it_afterwards(
    tmp_path: Path, gcloud: FakeGcloud, token: Literal["oauth", "oidc"]
) -> None:
    cloud = replace(CLOUD, token=token)
    deploy(tmp_path, gcloud, write_cloud_run([schedule()], cloud))
    looks = ("scheduler", "jobs", "describe", NAME)
    answer = subprocess.run(
        [f"{gcloud.path}/gcloud", *looks, "--location=us-west2", "--format=json"],
        check=True,
        capture_output=True,
        timeout=30,
    )
    shown = json.loads(answer.stdout)
    wanted = read_trigger(schedule(), cloud, NAME).resource()
    assert {key: shown[key] for key in ("schedule", "timeZone", "httpTarget")} == {
        key: wanted[key] for key in ("schedule", "timeZone", "httpTarget")
    }


@pytest.mark.parametrize(
    ("change", "flag", "said"),
    [
        ({"project": None}, "--project", "needs --project"),
        ({"region": None}, "--region", "needs --region"),
        ({"image": None, "project": None}, "--project, --image", "needs --project, --image"),
        ({"image": None}, "--image", "needs --image"),
        ({"service_account": None}, "--service-account", "needs --service-account"),
        ({"region": "us-west2; rm -rf /"}, "--region", "is not a valid region"),
        ({"project": "My Project"}, "--project", "is not a valid project"),
        ({"image": "a b"}, "--image", "is not a valid image"),
        ({"service_account": "me"}, "--service-account", "is not a valid service account"),
    ],
)
def test_a_flag_that_is_missing_or_wrong_is_named_with_an_example(
    change: dict[str, str | None], flag: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        write_cloud_run([schedule()], replace(CLOUD, **change))
    assert refused.value.key == flag
    assert all(f" {one} " in str(refused.value.fix) for one in flag.split(", "))


@pytest.mark.parametrize("cron", ["0 6 L * *", "0 6 1 * MON", "0 6 */2 * MON"])
def test_what_it_can_t_say_is_refused(cron: str) -> None:
    with pytest.raises(ConfigError, match="can't be written: Cloud Scheduler"):
        write_cloud_run([schedule(cron)], CLOUD)


def test_a_deadline_longer_than_a_task_may_take_is_refused() -> None:
    with pytest.raises(ConfigError, match="ends after 7 days"):
        write_cloud_run([schedule("0 6 1 1 *", deadline=timedelta(days=8))], CLOUD)
