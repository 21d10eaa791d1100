"""Google Cloud as the stand-in has it: empty but for the monitored datasets, or deployed to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from plumbline.cli.main import invoke
from plumbline.deploy.apply.declaration import read_declaration
from plumbline.deploy.gcloud import Gcloud
from plumbline.project import Project
from support.fake_gcloud import FakeGcloud

ROOT = Path(__file__).parents[4]
PROJECT = "nba-props-platform"
JOB = "plumbline-health-check-full"
MORNING = "plumbline-daily-validation"
JOBS = (JOB, MORNING)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "89abcdef0123456789abcdef0123456789abcdef"
REPOSITORY = read_declaration(Project(ROOT)).image
IMAGE = f"{REPOSITORY}:{COMMIT}"
RUNNER = f"plumbline-runner@{PROJECT}.iam.gserviceaccount.com"
STARTER = f"plumbline-starter@{PROJECT}.iam.gserviceaccount.com"
MONITORED = ("nba_orchestration", "nba_predictions", "nba_raw", "nba_reference")
WEBHOOKS = {
    "SLACK_WEBHOOK_URL_ERROR": "https://hooks.slack.com/services/T000/B000/errorerrorerror",
    "SLACK_WEBHOOK_URL_WARNING": "https://hooks.slack.com/services/T000/B000/warningwarning",
}


def main(arguments: Sequence[str]) -> int:
    """``plumbline deploy``, in this repository unless a project is named; the exit code."""
    return invoke([f"--project-dir={ROOT}", "deploy", *arguments])


def stand_in(folder: Path) -> FakeGcloud:
    fake = FakeGcloud(folder)
    for dataset in MONITORED:
        fake.change("bq", f"{PROJECT}:{dataset}")
    fake.push(IMAGE, COMMIT)
    fake.push(f"{REPOSITORY}:{OTHER}", OTHER)
    return fake


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited; no test waits them."""
    waits: list[float] = []
    monkeypatch.setattr(Gcloud, "sleep", lambda _, seconds: waits.append(seconds))
    return waits


@pytest.fixture
def gcloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> FakeGcloud:
    """Nothing of ours is there yet."""
    for variable in WEBHOOKS:
        monkeypatch.delenv(variable, raising=False)
    fake = stand_in(tmp_path)
    fake.install(monkeypatch)
    return fake


@pytest.fixture(scope="session")
def after_apply(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the stand-in remembers once all is applied: dear to make, so made once."""
    folder = tmp_path_factory.mktemp("applied")
    fake = stand_in(folder)
    with pytest.MonkeyPatch.context() as patch:
        fake.install(patch)
        assert main(["apply", f"--image={IMAGE}"]) == 0
    return folder / "gcloud.json"


@pytest.fixture
def deployed(gcloud: FakeGcloud, after_apply: Path, tmp_path: Path) -> FakeGcloud:
    """All is there, and the stand-in's notes are empty."""
    state = json.loads(after_apply.read_text())
    (tmp_path / "gcloud.json").write_text(json.dumps({**state, "calls": [], "changes": []}))
    return gcloud


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's declarations, to be changed."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("great_expectations.yml", "dbt_project.yml"):
        shutil.copy(ROOT / name, folder)
    for name in ("checkpoints", "deploy", "expectations", "models"):
        shutil.copytree(ROOT / name, folder / name)
    return folder
