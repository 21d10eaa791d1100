"""`plumbline schedule`: show and export; what it runs is among the stories."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.core.installation import Installation
from support.projects import SmallProject
from unit.cli.conftest import Plumbline

SCHEDULES = """
schedules:
  - checkpoint: health_check
    cron: "0 */6 * * *"
    timezone: America/Los_Angeles
    deadline: 10m
    notify: [slack]
"""
BIGQUERY = ("--target", "bigquery", "--project", "my-project")
WHEEL = Installation("0.1.0", url="https://example.com/plumbline_dq.whl", sha256="ab" * 32)
CLOUD = (
    *("--project", "my-project", "--region", "us-west2", "--image", "gcr.io/my-project/dq:1"),
    *("--service-account", "dq@my-project.iam.gserviceaccount.com"),
)


MAINTENANCE = SCHEDULES + '    maintenance: [{cron: "0 17 * * *", duration: 2h}]\n'
"""It is 17:30 there."""


@pytest.fixture
def file(project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The schedule of the small project, which is a git repository."""
    monkeypatch.setattr("plumbline.core.installation.read_installation", lambda: WHEEL)
    subprocess.run(["git", "init", "--quiet", str(project.root)], check=True)
    path = project.root / "checkpoints" / "schedule.yml"
    path.write_text(SCHEDULES)
    return path


def test_it_shows_so_many_next_runs_as_are_asked_for(file: Path, plumbline: Plumbline) -> None:
    said = plumbline("schedule", "show", "--count", "2")
    assert (said.code, said.err) == (0, "")
    assert [line.split("  ")[-2].strip() for line in said.out.splitlines()[-2:]] == [
        "2026-11-24 02:00 UTC",
        "2026-11-24 08:00 UTC",
    ]


def test_it_shows_them_for_machines(file: Path, plumbline: Plumbline) -> None:
    said = json.loads(plumbline("schedule", "show", "--format", "json").out)
    assert said["now"] == "2026-11-24T01:30:00Z"
    (one,) = said["schedules"]
    assert [run["local"] for run in one["next"]] == [
        "2026-11-23T18:00:00-08:00",
        "2026-11-24T00:00:00-08:00",
        "2026-11-24T06:00:00-08:00",
    ]


def test_a_project_without_schedules_shows_that(
    project: SmallProject, plumbline: Plumbline
) -> None:
    said = plumbline("schedule", "show")
    assert said.code == 0
    assert "nothing is scheduled" in said.out


def test_it_names_the_schedule_of_a_checkpoint_that_is_gone(
    file: Path, plumbline: Plumbline
) -> None:
    file.write_text(
        SCHEDULES + SCHEDULES.partition("schedules:\n")[2].replace("health_check", "gone")
    )
    said = plumbline("schedule", "show")
    assert said.code == 0
    assert "gone" not in said.out
    assert "Ignored: there is no checkpoint 'gone'" in said.err
    assert "checkpoints/schedule.yml, schedules[1].checkpoint" in said.err


@pytest.mark.parametrize("command", ["show", "run", "export --format cron"])
def test_a_fault_in_the_schedule_is_refused_with_file_key_and_fix(
    file: Path, plumbline: Plumbline, command: str
) -> None:
    file.write_text(SCHEDULES.replace("0 */6 * * *", "0 6 31 2 *"))
    said = plumbline("schedule", *command.split())
    assert said.code == 64
    assert "never occurs" in said.err
    assert "in: checkpoints/schedule.yml: schedules[0].cron" in said.err
    assert "fix: " in said.err


@pytest.mark.parametrize("command", ["run", "export --format cron", "export --format systemd"])
def test_without_schedules_there_is_nothing_to_run_or_export(
    project: SmallProject, plumbline: Plumbline, command: str
) -> None:
    said = plumbline("schedule", *command.split())
    assert said.code == 64
    assert "nothing is scheduled" in said.err
    fix = said.err.partition("write there: `")[2].partition("`")[0]
    (project.root / "checkpoints" / "schedule.yml").write_text(fix)
    assert plumbline("schedule", "show").code == 0


def test_a_missing_key_is_named_with_an_example(
    project: SmallProject, plumbline: Plumbline
) -> None:
    text = 'schedules: [{checkpoint: health_check, cron: "0 6 * * *", timezone: UTC}]'
    (project.root / "checkpoints" / "schedule.yml").write_text(text)
    said = plumbline("schedule", "show")
    assert "key 'deadline' is missing" in said.err
    assert 'fix: add it, for example "deadline": "10m"' in said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "--count", "0"), "--count"),
        (("run", "--grace", "soon"), "'soon' is not a valid duration"),
        (("run", "--target", "loacl"), "did you mean 'local'?"),
        (("export",), "--format"),
        (("export", "--format", "at"), "--format"),
        (
            ("export", "--format", "cron", "--image", "x"),
            "--image does not apply to the format cron",
        ),
        (("export", "--format", "github-actions", "--region", "x"), "it applies to cloud-run"),
        (("export", "--format", "cloud-run"), "needs --project"),
        (("export", "--format", "cloud-run", "--target", "local", *CLOUD), "not a BigQuery target"),
        (("export", "--format", "github-actions", "--target", "bigqery"), "'bigquery'?"),
    ],
)
def test_a_wrong_argument_is_wrong_usage(
    file: Path, plumbline: Plumbline, arguments: tuple[str, ...], said: str
) -> None:
    done = plumbline("schedule", *arguments)
    assert done.code == 64
    assert said in done.err


FORMATS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "cron": (BIGQUERY, ["plumbline-small-bigquery.crontab"]),
    "systemd": (
        BIGQUERY,
        [
            "plumbline-small-bigquery-health-check.service",
            "plumbline-small-bigquery-health-check.timer",
        ],
    ),
    "github-actions": ((), ["plumbline-small-bigquery-health-check.yml"]),
    "cloud-run": (
        CLOUD,
        ["deploy-plumbline-small-bigquery.sh", "plumbline-small-bigquery-health-check.job.yaml"],
    ),
}


@pytest.mark.parametrize("form", FORMATS)
def test_exports_say_what_happens_in_a_maintenance_window(
    file: Path, plumbline: Plumbline, form: str
) -> None:
    note = "#   for 2 h from each `0 17 * * *` (America/Los_Angeles)\n"
    export = ("schedule", "export", "--format", form, *FORMATS[form][0])
    assert note not in plumbline(*export).out
    file.write_text(MAINTENANCE)
    said = plumbline(*export)
    assert note in said.out
    assert "checks nothing and ends with exit code 0." in said.out


@pytest.mark.parametrize(
    ("arguments", "variables", "held"),
    [
        ((), {"PLUMBLINE_SCHEDULE": "health_check"}, True),
        ((), {}, False),
        ((), {"PLUMBLINE_SCHEDULE": "another"}, False),
        (("health_check_full",), {"PLUMBLINE_SCHEDULE": "health_check"}, False),
        (
            (),
            {"PLUMBLINE_SCHEDULE": "health_check", "PLUMBLINE_DUE": "2026-11-24T00:30:00Z"},
            False,
        ),
    ],
    ids=["scheduled", "by hand", "of another schedule", "of another checkpoint", "due before it"],
)
def test_a_scheduled_run_checks_nothing_in_a_maintenance_window(
    file: Path,
    plumbline: Plumbline,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    variables: dict[str, str],
    held: bool,
) -> None:
    file.write_text(MAINTENANCE)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def begins(*_: object, **__: object) -> None:
        raise ConfigError("the run begins")

    monkeypatch.setattr("plumbline.run.runner.run_checkpoint", begins)
    said = plumbline("run", *arguments)
    if held:
        assert (said.code, said.out) == (0, "")
        assert said.err == (
            "health_check: not run; its maintenance window lasts until 2026-11-23 19:00 PST\n"
        )
    else:
        assert (said.code, "the run begins" in said.err) == (64, True)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [((form, *flags), names) for form, (flags, names) in FORMATS.items()],
    ids=FORMATS,
)
def test_it_exports_files_or_shows_them(
    file: Path, plumbline: Plumbline, tmp_path: Path, arguments: tuple[str, ...], names: list[str]
) -> None:
    folder = tmp_path / "not" / "there"
    shown = plumbline("schedule", "export", "--format", *arguments)
    said = plumbline("schedule", "export", "--format", *arguments, "--output", str(folder))
    assert (said.code, said.err) == (0, "")
    assert sorted(path.name for path in folder.iterdir()) == names
    for path in folder.iterdir():
        assert f"wrote {path}\n" in said.out
        assert path.read_text() in shown.out
        assert len(names) == 1 or f"----- {path.name}\n" in shown.out
        assert os.access(path, os.X_OK) is (path.suffix == ".sh")


@pytest.mark.parametrize("form", ["cron", "systemd"])
def test_what_it_exports_for_this_machine_has_what_a_run_needs_of_the_environment(
    file: Path, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("PLUMBLINE_TARGET", "bigquery")
    monkeypatch.setenv("PLUMBLINE_PROJECT", "my-project")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/etc/key.json")
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/secret")
    said = plumbline("schedule", "export", "--format", form)
    for part in (
        "--target bigquery",
        f"--project-dir {file.parents[1]}",
        f"PLUMBLINE_STATE_DIR={os.environ['PLUMBLINE_STATE_DIR']}",
        "PLUMBLINE_PROJECT=my-project",
        "GOOGLE_APPLICATION_CREDENTIALS=/etc/key.json",
    ):
        assert part in said.out
    assert "hooks.slack.com" not in said.out
    other = plumbline("schedule", "export", "--format", form, "--project", "other-project")
    assert "PLUMBLINE_PROJECT=other-project" in other.out


@pytest.mark.parametrize("form", ["cron", "systemd"])
def test_the_embedded_warehouse_is_not_exported_unless_it_is_named(
    file: Path, plumbline: Plumbline, form: str
) -> None:
    refused = plumbline("schedule", "export", "--format", form)
    assert (refused.code, refused.out) == (64, "")
    assert "'local' is the embedded warehouse" in refused.err
    assert "--target local" in refused.err
    said = plumbline("schedule", "export", "--format", form, "--target", "local")
    assert (said.code, "--target local" in said.out) == (0, True)


def test_a_workflow_installs_what_is_installed_here(file: Path, plumbline: Plumbline) -> None:
    said = plumbline("schedule", "export", "--format", "github-actions")
    assert f"python -m pip install 'plumbline-dq @ {WHEEL.url}#sha256={WHEEL.sha256}'\n" in said.out


def test_a_workflow_of_a_folder_outside_git_says_so(
    file: Path, plumbline: Plumbline, project: SmallProject
) -> None:
    shutil.rmtree(project.root / ".git")
    said = plumbline("schedule", "export", "--format", "github-actions")
    assert (said.code, "is not in a git repository" in said.err) == (0, True)
    assert "--project-dir" not in said.out


def test_a_workflow_of_a_folder_in_a_repository_names_it(
    file: Path, plumbline: Plumbline, project: SmallProject
) -> None:
    shutil.rmtree(project.root / ".git")
    subprocess.run(["git", "init", "--quiet", str(project.root.parent)], check=True)
    said = plumbline("schedule", "export", "--format", "github-actions")
    assert f"--project-dir {project.root.name}" in said.out


def test_a_file_of_another_project_is_not_overwritten(
    file: Path, plumbline: Plumbline, tmp_path: Path
) -> None:
    export = ("schedule", "export", "--format", "github-actions", "--output", str(tmp_path / "to"))
    assert plumbline(*export).code == 0
    assert plumbline(*export).code == 0
    (written,) = (tmp_path / "to").iterdir()
    written.write_text(written.read_text().replace("schedule.yml of ", "schedule.yml of its "))
    said = plumbline(*export)
    assert (said.code, "was not exported from this project" in said.err) == (64, True)


def test_secrets_are_named_and_never_written(
    file: Path, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T/B/SECRET")
    for form, (flags, _) in FORMATS.items():
        said = plumbline("schedule", "export", "--format", form, *flags)
        assert said.code == 0
        assert "SLACK_WEBHOOK_URL" in said.out
        assert "hooks.slack.com" not in said.out


def test_a_folder_that_can_t_be_written_is_said(
    file: Path, plumbline: Plumbline, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    export = ("schedule", "export", "--format", "cron", *BIGQUERY)
    said = plumbline(*export, "--output", str(tmp_path / "file/x"))
    assert said.code == 64
    assert "the files can't be written" in said.err
