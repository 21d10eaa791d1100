"""`plumbline deploy secrets`: into Secret Manager, and nowhere else."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from support.fake_gcloud import FakeGcloud
from unit.deploy.apply.conftest import WEBHOOKS, main

ERROR, WARNING = "slack-webhook-error", "slack-webhook-warning"
VALUE = WEBHOOKS["SLACK_WEBHOOK_URL_ERROR"]


@pytest.fixture
def given(gcloud: FakeGcloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in WEBHOOKS.items():
        monkeypatch.setenv(variable, value)


def nowhere_to_be_seen(gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]) -> bool:
    """No value, nor its last part, in any argument or text."""
    said = capsys.readouterr()
    texts = said.out + said.err + json.dumps(gcloud.calls)
    parts = [*WEBHOOKS.values(), *(value.rpartition("/")[2] for value in WEBHOOKS.values())]
    return not any(part in texts for part in parts)


@pytest.mark.usefixtures("given")
def test_values_of_the_environment_are_put_where_the_file_says(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["secrets"]) == 0
    assert gcloud.secret(ERROR) == [WEBHOOKS["SLACK_WEBHOOK_URL_ERROR"]]
    assert gcloud.secret(WARNING) == [WEBHOOKS["SLACK_WEBHOOK_URL_WARNING"]]
    assert nowhere_to_be_seen(gcloud, capsys)


@pytest.mark.usefixtures("given")
def test_the_same_value_again_adds_no_version(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["secrets"])
    before = gcloud.changes
    capsys.readouterr()
    assert main(["secrets"]) == 0
    assert gcloud.changes == before
    assert all(line.startswith("nothing to do") for line in capsys.readouterr().out.splitlines())


@pytest.mark.usefixtures("given")
def test_another_value_adds_a_version_to_that_one_alone(
    gcloud: FakeGcloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["secrets"])
    monkeypatch.setenv("SLACK_WEBHOOK_URL_WARNING", f"{VALUE}-new")
    assert main(["secrets"]) == 0
    assert gcloud.secret(ERROR) == [VALUE]
    assert gcloud.secret(WARNING) == [WEBHOOKS["SLACK_WEBHOOK_URL_WARNING"], f"{VALUE}-new"]


def test_what_is_not_given_keeps_what_it_holds(
    gcloud: FakeGcloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL_ERROR", VALUE)
    assert main(["secrets"]) == 0
    assert gcloud.secret(WARNING) == []
    assert "not given, and it has no value" in capsys.readouterr().out


def test_one_value_comes_by_standard_input(
    gcloud: FakeGcloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{VALUE}\n"))
    assert main(["secrets", "--stdin", "SLACK_WEBHOOK_URL_ERROR"]) == 0
    assert gcloud.secret(ERROR) == [VALUE]
    assert nowhere_to_be_seen(gcloud, capsys)


@pytest.mark.usefixtures("given")
def test_a_trial_puts_nothing_and_shows_no_value(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["secrets", "--dry-run"]) == 0
    assert gcloud.changes == []
    shown = capsys.readouterr().out
    assert f"gcloud secrets versions add {ERROR} --data-file=-" in shown
    assert "hooks.slack.com" not in shown


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("secrets create", "roles/secretmanager.admin on the project"),
        ("secrets versions add", f"roles/secretmanager.secretVersionAdder on the secret {ERROR}"),
        ("secrets versions access", f"roles/secretmanager.secretAccessor on the secret {ERROR}"),
    ],
)
def test_what_is_denied_names_the_role_and_no_value(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str], command: str, role: str
) -> None:
    if command == "secrets versions access":
        gcloud.change("secrets", ERROR)
    gcloud.denies(command)
    assert main(["secrets"]) == 3
    said = capsys.readouterr().err
    assert f"fix: your account needs {role}" in said
    assert "hooks.slack.com" not in said


@pytest.mark.usefixtures("given")
def test_a_newest_version_that_was_destroyed_is_followed_by_another(gcloud: FakeGcloud) -> None:
    main(["secrets"])
    gcloud.fails(
        "secrets versions access", "FAILED_PRECONDITION: Secret Version is in DESTROYED state."
    )
    assert main(["secrets"]) == 0
    assert gcloud.secret(ERROR) == [VALUE, VALUE]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("hooks.slack.com/services/T000", "not an https:// URL"),
        ("http://hooks.slack.com/services/T000", "not an https:// URL"),
        ("sm://project/slack-webhook-error", "a reference"),
        ("https://hooks.slack.com/services/T000 B000", "spaces or line breaks"),
        ("https://hooks.slack.com/a\nhttps://hooks.slack.com/b", "spaces or line breaks"),
        (" ", "empty"),
    ],
)
def test_what_can_t_be_a_webhook_is_refused_before_anything_is_asked(
    gcloud: FakeGcloud,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    value: str,
    said: str,
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL_ERROR", value)
    assert main(["secrets"]) == 64
    error = capsys.readouterr().err
    assert said in error
    assert "SLACK_WEBHOOK_URL_ERROR" in error
    assert "T000" not in error
    assert gcloud.calls == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no value was given"),
        (["--stdin", "SLACK_WEBHOOK_URL_EROR"], "SLACK_WEBHOOK_URL_ERROR"),
    ],
)
def test_nothing_given_or_a_slip_in_the_name_is_refused(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["secrets", *arguments]) == 64
    assert said in capsys.readouterr().err


def test_a_secret_that_no_channel_reads_is_refused(
    gcloud: FakeGcloud, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project / "deploy" / "deploy.yml"
    file.write_text(file.read_text().replace("SLACK_WEBHOOK_URL_WARNING:", "SLACK_WEBHOOK_WARN:"))
    assert main(["secrets", f"--project-dir={project}"]) == 64
    said = capsys.readouterr().err
    assert "no channel reads SLACK_WEBHOOK_WARN" in said
    assert "deploy.yml: secrets.SLACK_WEBHOOK_WARN" in said
