"""What stands in deploy/: one place for each thing, and the files are what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from plumbline.deploy.steps import says
from plumbline.history.tables import DATASET
from plumbline.net.secrets import _REFERENCE
from unit.deploy.apply.conftest import JOB, MONITORED, PROJECT, ROOT, RUNNER, main

DEPLOY = ROOT / "deploy"


def test_the_files_of_the_repository_are_what_they_are_made_from() -> None:
    assert main(["render", "--check"]) == 0


def test_the_job_is_tried_once_more_and_has_ten_minutes() -> None:
    job = yaml.safe_load((DEPLOY / f"{JOB}.job.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("run.googleapis.com/v1", "Job")
    task = job["spec"]["template"]["spec"]["template"]["spec"]
    assert (task["maxRetries"], task["timeoutSeconds"]) == (1, 600)
    assert task["serviceAccountName"] == RUNNER
    (container,) = task["containers"]
    assert [*container["command"], *container["args"]] == [
        *("plumbline", "run", "health_check_full", "--fail-on", "error", "--target", "bigquery"),
    ]


def test_secrets_are_named_and_never_written() -> None:
    job = yaml.safe_load((DEPLOY / f"{JOB}.job.yaml").read_text())
    (container,) = job["spec"]["template"]["spec"]["template"]["spec"]["containers"]
    environment = {one["name"]: one["value"] for one in container["env"]}
    assert environment["SLACK_WEBHOOK_URL_ERROR"] == f"sm://{PROJECT}/slack-webhook-error"
    assert environment["SLACK_WEBHOOK_URL_WARNING"] == f"sm://{PROJECT}/slack-webhook-warning"
    for name, value in environment.items():
        assert name.startswith("PLUMBLINE_") or _REFERENCE.fullmatch(value)


def test_it_is_started_every_six_hours_of_los_angeles() -> None:
    trigger = yaml.safe_load((DEPLOY / f"{JOB}.scheduler.yaml").read_text())
    assert (trigger["schedule"], trigger["timeZone"]) == ("0 */6 * * *", "America/Los_Angeles")
    assert "oauthToken" in trigger["httpTarget"]


def test_no_registry_and_no_secret_is_named_in_any_file() -> None:
    for file in (*DEPLOY.iterdir(), ROOT / "Dockerfile", *(ROOT / ".github").rglob("*.yml")):
        text = file.read_text()
        assert not re.search(r"pkg\.dev|docker\.io|ghcr\.io|hooks\.slack\.com|index-url", text), (
            file
        )


def test_the_datasets_are_those_that_the_models_declare() -> None:
    declared = yaml.safe_load((ROOT / "models" / "sources.yml").read_text())["sources"]
    assert {source["name"] for source in declared} - {DATASET} == set(MONITORED)


def test_a_changed_deadline_is_found_and_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = f"--project-dir={project}"
    file = project / "checkpoints" / "schedule.yml"
    file.write_text(file.read_text().replace("deadline: 10m", "deadline: 15m"))
    assert main(["render", "--check", here]) == 64
    assert main(["render", here]) == 0
    assert f"written: deploy/{JOB}.job.yaml" in capsys.readouterr().out
    assert main(["render", "--check", here]) == 0
    assert "timeoutSeconds: 900" in (project / "deploy" / f"{JOB}.job.yaml").read_text()


def test_the_files_of_a_schedule_that_is_gone_are_removed(project: Path) -> None:
    here = f"--project-dir={project}"
    old = project / "deploy" / "plumbline-nightly.job.yaml"
    old.write_text("kind: Job\n")
    assert main(["render", "--check", here]) == 64
    assert main(["render", here]) == 0
    assert not old.exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("region: us-west2", "region: California", "deploy.yml: region"),
        ("region: us-west2", "regoin: us-west2", "region"),
        ("project: nba", "project: NBA", "deploy.yml: project"),
        ("token: oauth", "token: key", "deploy.yml: token"),
        ("target: bigquery", "target: local", "is not BigQuery"),
        ("target: bigquery", "target: bigqueri", "bigquery"),
        ("runner: plumbline-runner", "runner: a b", "deploy.yml: runner"),
        ("jobs: [roles/run.invoker]", "jobs: [run.invoker]", "deploy.yml: roles.starter.jobs"),
        ("retries: 1", "retries: -1", "deploy.yml: retries"),
    ],
)
def test_a_fault_in_the_file_is_said_with_its_key(
    project: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    file = project / "deploy" / "deploy.yml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    assert main(["render", f"--project-dir={project}"]) == 64
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        ({"a": "600", "more": 1}, {"a": 600}, True),
        ({"a": 600}, {"a": 601}, False),
        ({}, {"a": 600}, False),
        (None, {"a": 600}, False),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, True),
        ({"a": "x"}, {"a": ["x"]}, False),
    ],
)
def test_found_is_as_wanted_if_it_has_all_of_it(found: Any, wanted: Any, same: bool) -> None:
    assert says(found, wanted) is same
