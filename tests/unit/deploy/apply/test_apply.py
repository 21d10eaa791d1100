"""`plumbline deploy apply`: made once, then left as it is, and never more than is asked."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
import yaml

from plumbline.deploy.apply.prerequisites import APIS
from support.fake_gcloud import FakeGcloud
from unit.deploy.apply.conftest import (
    COMMIT,
    IMAGE,
    JOB,
    JOBS,
    MONITORED,
    OTHER,
    PROJECT,
    REPOSITORY,
    RUNNER,
    STARTER,
    WEBHOOKS,
    main,
    stand_in,
)

pytestmark = pytest.mark.slow


def task(gcloud: FakeGcloud) -> dict[str, object]:
    found = gcloud.resource("run jobs", JOB)
    assert found is not None
    return dict(found["manifest"]["spec"]["template"]["spec"]["template"]["spec"])


def did(text: str) -> list[str]:
    """The first words of each line: what was done."""
    return [line[:14].strip() for line in text.splitlines() if line]


def test_programs_on_path_are_run_and_do_the_same(
    after_apply: Path, tmp_path: Path, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other tests let the stand-in answer in their own process."""
    for variable in WEBHOOKS:
        monkeypatch.delenv(variable, raising=False)
    gcloud = stand_in(tmp_path)
    gcloud.install(monkeypatch, as_programs=True)
    assert main(["apply", f"--image={IMAGE}"]) == 0
    in_process = json.loads(after_apply.read_text())
    assert gcloud.changes == in_process["changes"]
    assert gcloud.everything == {name: in_process[name] for name in gcloud.everything}


def test_from_nothing_everything_is_made(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", f"--image={IMAGE}"]) == 0
    assert set(did(capsys.readouterr().out)) == {"create", "update"}  # update: services
    assert gcloud.everything["enabled"] == sorted(APIS)
    job = task(gcloud)
    assert (job["maxRetries"], job["timeoutSeconds"]) == (1, 600)
    assert job["serviceAccountName"] == RUNNER
    trigger = gcloud.resource("scheduler jobs", JOB)
    assert trigger is not None
    assert trigger["flags"] == {
        "--location": "us-west2",
        "--schedule": "0 */6 * * *",
        "--time-zone": "America/Los_Angeles",
        "--uri": f"https://run.googleapis.com/v2/projects/{PROJECT}/locations/us-west2/jobs/{JOB}:run",
        "--http-method": "POST",
        "--oauth-service-account-email": STARTER,
        "--oauth-token-scope": "https://www.googleapis.com/auth/cloud-platform",
        "--max-retry-attempts": "3",
    }


def test_the_job_says_from_which_commit_it_is(deployed: FakeGcloud) -> None:
    found = deployed.resource("run jobs", JOB)
    assert found is not None
    assert found["manifest"]["metadata"]["labels"] == {"commit-sha": COMMIT}


def test_each_account_has_its_roles_and_no_others(deployed: FakeGcloud) -> None:
    runner, starter = f"serviceAccount:{RUNNER}", f"serviceAccount:{STARTER}"
    assert deployed.everything["policies"] == {
        f"projects {PROJECT}": {"roles/bigquery.jobUser": [runner]},
        "secrets slack-webhook-error": {"roles/secretmanager.secretAccessor": [runner]},
        "secrets slack-webhook-warning": {"roles/secretmanager.secretAccessor": [runner]},
        **{f"run jobs {job}": {"roles/run.invoker": [starter]} for job in JOBS},
    }
    for dataset in MONITORED:
        assert deployed.access(f"{PROJECT}:{dataset}") == [
            {"role": "READER", "userByEmail": RUNNER}
        ]
    assert deployed.access(f"{PROJECT}:plumbline") == [{"role": "OWNER", "userByEmail": RUNNER}]


def test_a_second_time_there_is_nothing_to_do(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", f"--image={IMAGE}"]) == 0
    assert set(did(capsys.readouterr().out)) == {"nothing to do"}
    assert deployed.changes == []


def test_without_an_image_the_deployed_one_stays(deployed: FakeGcloud) -> None:
    assert main(["apply"]) == 0
    assert deployed.changes == []


def test_another_image_changes_the_jobs_alone(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", f"--image={REPOSITORY}:{OTHER}"]) == 0
    assert deployed.changes == ["run jobs replace"] * 2
    lines = [x for x in capsys.readouterr().out.splitlines() if not x.startswith("nothing")]
    assert lines == [
        f"update         the Cloud Run job {job} (image plumbline:{OTHER})" for job in JOBS
    ]
    found = deployed.resource("run jobs", JOB)
    assert found is not None
    assert found["manifest"]["metadata"]["labels"] == {"commit-sha": OTHER}


def test_before_there_is_an_image_all_else_is_made(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply"]) == 3
    assert (
        f"missing        the Cloud Run job {JOB} (there is no image yet" in capsys.readouterr().out
    )
    assert gcloud.resource("artifacts repositories", "plumbline") is not None
    assert gcloud.resource("run jobs", JOB) is None
    assert gcloud.resource("scheduler jobs", JOB) is None


def test_an_image_that_was_not_pushed_is_refused(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", f"--image={REPOSITORY}:nowhere"]) == 3
    assert "not found" in capsys.readouterr().err
    assert gcloud.resource("scheduler jobs", JOB) is None


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("schedule", "0 3 * * *"),
        ("time_zone", "UTC"),
        ("oauth_service_account_email", RUNNER),
        ("max_retry_attempts", "0"),
    ],
)
def test_a_trigger_that_was_changed_by_hand_is_put_back(
    deployed: FakeGcloud, flag: str, value: str
) -> None:
    made = deployed.resource("scheduler jobs", JOB)
    deployed.change("scheduler jobs", JOB, **{flag: value})
    assert main(["apply"]) == 0
    assert deployed.changes == ["scheduler jobs update http"]
    assert deployed.resource("scheduler jobs", JOB) == made


def test_a_job_that_was_changed_by_hand_is_put_back(deployed: FakeGcloud, tmp_path: Path) -> None:
    state = tmp_path / "gcloud.json"
    state.write_text(state.read_text().replace('"error"', '"never"'))
    assert main(["apply"]) == 0
    assert deployed.changes == ["run jobs replace"] * 2
    (container,) = task(deployed)["containers"]  # type: ignore[attr-defined]
    assert container["args"][2:4] == ["--fail-on", "error"]


def test_a_paused_trigger_is_left_and_told(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.change("scheduler jobs", JOB, state="PAUSED")
    assert main(["apply"]) == 0
    assert deployed.changes == []
    assert f"gcloud scheduler jobs resume {JOB} --location=us-west2" in capsys.readouterr().out


def test_a_role_that_was_taken_away_comes_back_alone(deployed: FakeGcloud, tmp_path: Path) -> None:
    state = tmp_path / "gcloud.json"
    state.write_text(state.read_text().replace("roles/run.invoker", "roles/run.viewer"))
    assert main(["apply"]) == 0
    assert deployed.changes == ["run jobs add-iam-policy-binding"] * 2


def test_another_kind_of_token_replaces_the_first(
    deployed: FakeGcloud, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project / "deploy" / "deploy.yml"
    file.write_text(file.read_text().replace("token: oauth", "token: oidc"))
    here = f"--project-dir={project}"
    assert main(["render", here]) == 0
    assert main(["apply", here]) == 0
    trigger = deployed.resource("scheduler jobs", JOB)
    assert trigger is not None
    assert {flag for flag in trigger["flags"] if flag.startswith(("--oauth", "--oidc"))} == {
        "--oidc-service-account-email",
        "--oidc-token-audience",
    }
    assert trigger["flags"]["--oidc-token-audience"] == trigger["flags"]["--uri"]


def test_a_policy_that_has_not_heard_of_a_new_account_is_asked_again(
    gcloud: FakeGcloud, slept: list[float]
) -> None:
    gcloud.hears_late(2)
    assert main(["apply", f"--image={IMAGE}"]) == 0
    assert slept == [10.0] * 4  # two accounts, twice each
    assert gcloud.members("run jobs", JOB, "roles/run.invoker") == [f"serviceAccount:{STARTER}"]


def test_an_account_that_is_never_heard_of_is_an_error(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    gcloud.hears_late(99)
    assert main(["apply", f"--image={IMAGE}"]) == 3
    assert f"Service account {RUNNER} does not exist" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("services enable", "roles/serviceusage.serviceUsageAdmin"),
        ("iam service-accounts create", "roles/iam.serviceAccountAdmin"),
        ("artifacts repositories create", "roles/artifactregistry.admin"),
        ("secrets create", "roles/secretmanager.admin"),
        ("bq mk", "roles/bigquery.user"),
        ("projects add-iam-policy-binding", "roles/resourcemanager.projectIamAdmin"),
        ("bq query", "roles/bigquery.dataOwner on the dataset nba_orchestration"),
        ("secrets add-iam-policy-binding", "roles/secretmanager.admin"),
        ("run jobs replace", f"roles/run.admin on the project, roles/iam.serviceAccountUser on {RUNNER}"),
        ("run jobs add-iam-policy-binding", "roles/run.admin"),
        ("scheduler jobs create http", "roles/cloudscheduler.admin"),
    ],
)  # fmt: skip
def test_a_change_that_is_denied_names_the_role(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str], command: str, role: str
) -> None:
    gcloud.denies(command)
    assert main(["apply", f"--image={IMAGE}"]) == 3
    said = capsys.readouterr().err
    assert "PERMISSION_DENIED" in said
    assert f"fix: your account needs {role}" in said


@pytest.mark.parametrize(
    "command",
    [
        "services list",
        "iam service-accounts describe",
        "artifacts repositories describe",
        "secrets describe",
        "secrets versions list",
        "bq show",
        "projects get-iam-policy",
        "secrets get-iam-policy",
        "run jobs describe",
        "run jobs get-iam-policy",
        "scheduler jobs describe",
    ],
)
def test_a_look_that_is_denied_changes_nothing_and_names_the_role(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    deployed.denies(command)
    assert main(["apply", f"--image={IMAGE}"]) == 3
    assert "roles/viewer and roles/iam.securityReviewer" in capsys.readouterr().err
    assert deployed.changes == []


def test_a_trial_changes_nothing_and_says_what_it_would_type(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    before = gcloud.everything
    assert main(["apply", f"--image={IMAGE}", "--dry-run"]) == 0
    assert gcloud.everything == before
    assert gcloud.changes == []
    shown, _, commands = capsys.readouterr().out.partition("\n\n")
    assert set(did(shown)) == {"would create", "would update"}
    words = [shlex.split(line) for line in commands.splitlines()]
    assert {line[0] for line in words} == {"gcloud", "bq"}
    assert [line[1:4] for line in words if "replace" in line] == [["run", "jobs", "replace"]] * 2
    assert all(
        f"--project={PROJECT}" in line or f"--project_id={PROJECT}" in line for line in words
    )


def test_what_a_trial_shows_is_what_is_then_done(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["apply", f"--image={IMAGE}", "--dry-run"])
    shown = capsys.readouterr().out.partition("\n\n")[2].splitlines()
    main(["apply", f"--image={IMAGE}"])
    assert len(gcloud.changes) == len(shown)
    for line, change in zip(shown, gcloud.changes, strict=True):
        assert set(change.split()) <= set(shlex.split(line))


def test_a_trial_of_what_is_deployed_would_run_nothing(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "--dry-run"]) == 0
    assert capsys.readouterr().out.endswith("\n\nnothing would be run\n")


def test_files_that_are_stale_are_refused_before_anything_is_asked(
    gcloud: FakeGcloud, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project / "checkpoints" / "schedule.yml"
    file.write_text(file.read_text().replace("deadline: 10m", "deadline: 15m"))
    assert main(["apply", f"--project-dir={project}"]) == 64
    said = capsys.readouterr().err
    assert f"{JOB}.job.yaml" in said
    assert "plumbline deploy render" in said
    assert gcloud.calls == []


def test_where_the_data_docs_are_in_a_bucket_the_runner_may_write_there(
    gcloud: FakeGcloud, project: Path
) -> None:
    gcloud.change("storage buckets", "gs://dq-docs")
    file = project / "great_expectations.yml"
    content = yaml.safe_load(file.read_text())
    content["data_docs_sites"]["local_site"]["store_backend"] = {
        "class_name": "TupleGCSStoreBackend",
        "module_name": "plumbline.gx.cloud_storage",
        "bucket": "dq-docs",
        "prefix": "docs",
        "base_public_path": "https://docs.example.com",
    }
    file.write_text(yaml.safe_dump(content))
    assert main(["apply", f"--project-dir={project}", f"--image={IMAGE}"]) == 0
    assert gcloud.members("storage buckets", "gs://dq-docs", "roles/storage.objectUser") == [
        f"serviceAccount:{RUNNER}"
    ]


def test_without_gcloud_it_says_where_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["apply"]) == 3
    assert "there is no command gcloud" in capsys.readouterr().err
