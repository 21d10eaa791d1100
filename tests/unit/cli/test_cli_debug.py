"""`plumbline debug`: a line a need, with the fix where it is not met."""

from __future__ import annotations

import pytest

from support.projects import SmallMonitor, SmallProject
from support.sockets import refused_port
from unit.cli.conftest import Plumbline


def lines_of(text: str) -> dict[str, str]:
    """What was checked, and the line's first word."""
    return {
        line[9:].split(":")[0]: line.split()[0]
        for line in text.splitlines()
        if not line.startswith(" ")
    }


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every channel of the default configuration has what it needs."""
    for name in ("SLACK_WEBHOOK_URL", "SLACK_WEBHOOK_URL_WARNING", "SLACK_WEBHOOK_URL_ERROR"):
        monkeypatch.setenv(name, f"https://hooks.example.com/services/T0/{name[::-1]}")


def test_where_all_is_there_every_line_is_ok(
    project: SmallProject, plumbline: Plumbline, told: None
) -> None:
    said = plumbline("debug")
    assert said.code == 0
    assert lines_of(said.out) == {
        "great expectations": "OK",
        "project": "OK",
        "configuration": "OK",
        "models": "OK",
        "suites": "OK",
        "checkpoints": "OK",
        "channel slack-warning": "OK",
        "channel slack-error": "OK",
        "channel slack": "OK",
        "routes": "OK",
        "local state": "OK",
        "revision": "NOTE",
        "target": "OK",
        "monitors": "OK",
        "embedded BigQuery": "OK",
        "embedded server": "OK",
    }
    assert "stopped: a run starts it" in said.out


def test_a_route_that_reaches_nobody_is_missing_with_its_variable(
    project: SmallProject, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SLACK_WEBHOOK_URL", "SLACK_WEBHOOK_URL_WARNING", "SLACK_WEBHOOK_URL_ERROR"):
        monkeypatch.delenv(name, raising=False)
    said = plumbline("debug")
    assert said.code == 3
    assert lines_of(said.out)["channel slack-error"] == "MISSING"
    assert "fix: set SLACK_WEBHOOK_URL_ERROR" in said.out


def test_a_channel_whose_messages_go_to_the_fallback_is_a_note(
    project: SmallProject, plumbline: Plumbline, told: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLACK_WEBHOOK_URL_WARNING")
    said = plumbline("debug")
    assert said.code == 0
    assert lines_of(said.out)["channel slack-warning"] == "NOTE"
    assert "SLACK_WEBHOOK_URL_WARNING is not set: its messages go to slack" in said.out


PAGER = "channels: {pager: {type: pagerduty, routing_key: KEY}}\n"


@pytest.mark.parametrize(
    ("routes", "lines"),
    [
        (
            "routes: [{status: CRITICAL, to: [pager]}]",
            ["no channel is notified of ERROR, WARNING"],
        ),
        (
            "routes: [{owner: data-platform, to: [pager]}]",
            ["no channel is notified of CRITICAL (volume), ERROR (volume), WARNING (volume)"],
        ),
        ("routes: []\nfallback: pager", ["CRITICAL to pager; ERROR to pager; WARNING to pager"]),
        ("routes: []\nfallback: pagr", ["there is no channel 'pagr'", "did you mean 'pager'?"]),
    ],
)
def test_whom_the_routes_leave_out_is_said(
    project: SmallProject,
    plumbline: Plumbline,
    monkeypatch: pytest.MonkeyPatch,
    routes: str,
    lines: list[str],
) -> None:
    monkeypatch.setenv("KEY", "a-key")
    (project.root / "checkpoints" / "alerts.yml").write_text(PAGER + routes)
    said = plumbline("debug")
    assert said.code == (0 if "to pager" in lines[0] else 3)
    assert all(line in said.out for line in lines)


def test_two_names_for_one_place_and_a_channel_that_no_route_names_are_said(
    project: SmallProject, plumbline: Plumbline, told: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "https://hooks.example.com/services/same")
    monkeypatch.setenv("SLACK_WEBHOOK_URL_ERROR", "https://hooks.example.com/services/same")
    assert "channel slack: configured, the same place as slack-error" in plumbline("debug").out
    monkeypatch.delenv("SLACK_WEBHOOK_URL")
    said = plumbline("debug")
    assert said.code == 0
    assert lines_of(said.out)["channel slack"] == "NOTE"
    assert "no route names it, and it has no fallback" in said.out


def test_mutes_are_shown_and_a_broken_list_of_them_is_missing(
    project: SmallProject, plumbline: Plumbline, told: None
) -> None:
    file = project.root / "checkpoints" / "mutes.yml"
    mute = "mutes: [{monitor: volume, owner: ana, reason: backfill, until: 2999-12-31}]"
    file.write_text(mute)
    assert "volume is muted until" in plumbline("debug").out
    file.write_text(mute.replace("volume", "volum"))
    said = plumbline("debug")
    assert said.code == 3
    assert lines_of(said.out)["mutes"] == "MISSING"
    assert lines_of(said.out)["routes"] == "OK"


def test_no_secret_is_shown(project: SmallProject, plumbline: Plumbline, told: None) -> None:
    assert "hooks.example.com" not in plumbline("debug").out


def test_it_starts_and_writes_nothing(project: SmallProject, plumbline: Plumbline) -> None:
    before = sorted(project.root.parent.rglob("*"))
    plumbline("debug")
    assert sorted(project.root.parent.rglob("*")) == before


def test_outside_a_project_it_says_what_is_missing(
    plumbline: Plumbline, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    said = plumbline("debug")
    assert said.code == 3
    assert lines_of(said.out) == {"great expectations": "OK", "project": "MISSING"}
    assert "fix: run plumbline inside a project" in said.out


@pytest.mark.parametrize(
    ("file", "text", "check"),
    [
        ("expectations/volume.json", "{", "suites"),
        ("checkpoints/health_check.json", "{", "checkpoints"),
        ("dbt_project.yml", "a: [", "configuration"),
        ("dbt_project.yml", "vars: {timezone: Nowhere}", "configuration"),
    ],
)
def test_a_broken_file_is_named_and_the_other_checks_go_on(
    project: SmallProject, plumbline: Plumbline, file: str, text: str, check: str
) -> None:
    (project.root / file).write_text(text)
    said = plumbline("debug")
    assert said.code == 3
    assert lines_of(said.out)[check] == "MISSING"
    assert lines_of(said.out)["target"] == "OK"
    assert file in said.out
    assert "fix: " in said.out
    assert "Traceback" not in said.out + said.err


def test_a_project_lacks_models_only_if_a_suite_names_one(
    project: SmallProject, plumbline: Plumbline
) -> None:
    for file in (project.root / "models" / "monitors").iterdir():
        file.unlink()
    said = plumbline("debug").out
    lines = lines_of(said)
    assert (lines["models"], lines["monitor coverage"]) == ("NOTE", "MISSING")
    assert "fix: add models/coverage.sql\n" in said


def test_a_project_without_suites_is_told_how_to_create_one(
    project: SmallProject, plumbline: Plumbline
) -> None:
    for file in (*project.root.glob("expectations/*"), *project.root.glob("checkpoints/*.json")):
        file.unlink()
    said = plumbline("debug")
    lines = lines_of(said.out)
    assert (lines["suites"], lines["checkpoints"]) == ("MISSING", "MISSING")
    assert "fix: create the project's first monitor: plumbline new monitor NAME" in said.out


def test_of_many_suites_a_few_are_named(project: SmallProject, plumbline: Plumbline) -> None:
    for number in range(40):
        project.add(f"m{number:02}", SmallMonitor("select 1 as x"))
    assert "suites: 42: coverage, m00, m01, m02, m03 and 37 more\n" in plumbline("debug").out


def test_bigquery_without_a_project_says_how_to_name_one(
    project: SmallProject, plumbline: Plumbline
) -> None:
    said = plumbline("debug", "--target", "bigquery")
    assert said.code == 3
    assert lines_of(said.out)["target"] == "MISSING"
    assert "fix: set PLUMBLINE_PROJECT" in said.out


def test_bigquery_without_credentials_says_how_to_get_them(
    project: SmallProject, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_PROJECT", "some-project")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    said = plumbline("debug", "--target", "bigquery")
    assert said.code == 3
    assert lines_of(said.out)["credentials"] == "MISSING"


def test_a_server_of_the_users_that_is_not_there_is_missing(
    project: SmallProject, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", f"localhost:{refused_port()}")
    said = plumbline("debug")
    assert said.code == 3
    assert lines_of(said.out)["query"] == "MISSING"


def test_a_state_folder_that_cannot_be_made_is_missing(
    project: SmallProject, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(project.root / "dbt_project.yml" / "state"))
    said = plumbline("debug")
    assert said.code == 3
    assert lines_of(said.out)["local state"] == "MISSING"
