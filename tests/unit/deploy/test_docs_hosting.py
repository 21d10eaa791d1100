"""The private hosting: made once, then left as it is; and never open."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from plumbline.cli.main import invoke
from plumbline.deploy.docs_hosting import NGINX_IMAGE, Hosting, nginx_conf
from support.fake_gcloud import FakeGcloud

READER = "group:data@example.com"
WRITER = "serviceAccount:plumbline@example-data.iam.gserviceaccount.com"
WEB = "serviceAccount:plumbline-docs@example-data.iam.gserviceaccount.com"
PROXY = "serviceAccount:service-123456789@gcp-sa-iap.iam.gserviceaccount.com"
BUCKET = ("storage buckets", "gs://example-data-docs")
SERVICE = ("run services", "plumbline-docs")
LOGIN = ("iap web", "plumbline-docs")


@pytest.fixture
def gcloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGcloud:
    fake = FakeGcloud(tmp_path)
    fake.change("iam service-accounts", WRITER.removeprefix("serviceAccount:"))
    fake.install(monkeypatch)
    return fake


def make(*more: str) -> int:
    return invoke(
        [
            "docs",
            "host",
            "--project=example-data",
            "--region=europe-west1",
            "--bucket=example-data-docs",
            f"--reader={READER}",
            f"--writer={WRITER}",
            *more,
        ]
    )


def test_everything_is_made_and_closed_from_the_first_moment(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make() == 0
    bucket = gcloud.resource(*BUCKET)
    assert bucket is not None
    assert bucket["flags"] == {
        "--location": "europe-west1",
        "--uniform-bucket-level-access": True,
        "--public-access-prevention": True,
    }
    assert gcloud.members(*BUCKET, "roles/storage.objectViewer") == [WEB]
    assert gcloud.members(*BUCKET, "roles/storage.objectUser") == [WRITER]
    service = gcloud.resource(*SERVICE)
    assert service is not None
    assert service["revisions"] == 1
    flags = service["flags"]
    assert flags["--iap"] is True
    assert flags["--no-allow-unauthenticated"] is True
    assert flags["--add-volume"].startswith(
        "name=site,type=cloud-storage,bucket=example-data-docs,readonly=true,mount-options="
    )
    assert "only-dir=docs" in flags["--add-volume"].split("mount-options=")[1].split(";")
    assert gcloud.members(*SERVICE, "roles/run.invoker") == [PROXY]
    assert gcloud.members(*LOGIN, "roles/iap.httpsResourceAccessor") == [READER]
    said = capsys.readouterr().out
    assert "create         the bucket example-data-docs, private\n" in said
    assert "base_public_path: https://plumbline-docs-abc123-ew.a.run.app" in said


def test_a_second_time_there_is_nothing_to_do(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    make()
    before = gcloud.changes
    capsys.readouterr()
    assert make() == 0
    assert gcloud.changes == before
    steps = [line for line in capsys.readouterr().out.split("\n\n")[0].splitlines() if line]
    assert [line for line in steps if not line.startswith("nothing to do  ")] == []


def test_a_dry_run_changes_nothing_and_shows_what_the_real_one_then_runs(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make("--dry-run") == 0
    assert gcloud.changes == []
    said = capsys.readouterr().out
    shown = [shlex.split(text) for text in said.split("\ngcloud ")[1:]]
    assert "would create" in said
    make()
    asked = [call for call in gcloud.calls if "--format=json" not in call]
    assert shown == asked


@pytest.mark.parametrize(
    ("arguments", "changes"),
    [
        (["--reader=user:ana@example.com"], ["iap web add-iam-policy-binding"]),
        (["--target=local"], ["run deploy"]),
        (["--prefix=team/docs"], ["run deploy"]),
    ],
)
def test_only_what_differs_is_changed(
    gcloud: FakeGcloud, arguments: list[str], changes: list[str]
) -> None:
    make()
    before = len(gcloud.changes)
    make(*arguments)
    assert gcloud.changes[before:] == changes


def test_what_was_opened_by_hand_is_closed_again(gcloud: FakeGcloud) -> None:
    make()
    gcloud.change(*SERVICE, iap="")
    gcloud.change(*BUCKET, public_access_prevention="")
    gcloud.grant(*SERVICE, "allUsers", "roles/run.invoker")
    before = len(gcloud.changes)
    assert make() == 0
    assert gcloud.changes[before:] == [
        "storage buckets update",
        "run deploy",
        "run services remove-iam-policy-binding",
    ]
    assert gcloud.members(*SERVICE, "roles/run.invoker") == [PROXY]


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("services enable", "roles/serviceusage.serviceUsageAdmin"),
        ("storage buckets create", "roles/storage.admin"),
        ("iam service-accounts create", "roles/iam.serviceAccountAdmin"),
        ("storage buckets add-iam-policy-binding", "roles/storage.admin"),
        ("run deploy", "roles/iam.serviceAccountUser"),
        ("run services add-iam-policy-binding", "roles/run.admin"),
        ("iap web add-iam-policy-binding", "roles/iap.admin"),
        ("storage buckets describe", "roles/viewer"),
        ("services list", "roles/viewer"),
    ],
)
def test_a_role_that_is_missing_is_named_and_a_second_run_goes_on(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str], command: str, role: str
) -> None:
    gcloud.denies(command)
    assert make() == 3
    said = capsys.readouterr().err
    assert "Permission denied" in said
    assert role in said
    gcloud.fails(command, "")
    assert make() == 0
    assert gcloud.members(*LOGIN, "roles/iap.httpsResourceAccessor") == [READER]


def test_on_a_project_where_nothing_is_enabled_a_dry_run_still_shows_everything(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    gcloud.fails(
        "run services describe", "403: Cloud Run Admin API is not enabled; SERVICE_DISABLED"
    )
    assert make("--dry-run") == 0
    assert "gcloud run deploy" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--reader=allUsers", "is not a member"),
        ("--reader=allAuthenticatedUsers", "is not a member"),
        ("--reader=ana@example.com", "write group:"),
        ("--bucket=gs://example", "without gs://"),
        ("--service=Docs", "is not the name of a service"),
        ("--prefix=/docs/", "is not a prefix"),
        ("--target=a/b", "is not a name"),
        ("--what", "there is no option '--what'"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_asked(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str], argument: str, said: str
) -> None:
    assert make(argument) == 64
    assert said in capsys.readouterr().err
    assert gcloud.calls == []


def test_without_gcloud_it_is_said_where_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert make() == 3
    assert "install the Google Cloud CLI" in capsys.readouterr().err


def test_the_web_server_hides_what_is_not_for_readers_and_lets_styles_be_kept(
    gcloud: FakeGcloud,
) -> None:
    hosting = Hosting(
        "p", "r", "b", "docs", "plumbline-docs", "bigquery", (READER,), None, NGINX_IMAGE
    )
    text = nginx_conf(hosting)
    assert "return 302 /bigquery/index.html;" in text
    assert "root /site;" in text
    assert "(data/|site\\.json$)" in text
    assert text.count("{") == text.count("}")
    # what separates the values of flags must not be in them
    assert "@@" not in text


def test_the_stand_in_refuses_what_it_does_not_know(gcloud: FakeGcloud) -> None:
    for words in (["run", "dpeloy", "x"], ["run", "deploy", "x", "--ipa"]):
        done = subprocess.run(
            [f"{gcloud.path}/gcloud", *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "Invalid choice" in done.stderr or "unrecognized arguments: --ipa" in done.stderr
