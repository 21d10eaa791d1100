"""`plumbline run`: what it asks of the runner, and what it makes of the answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from plumbline.core.outcome import RunReport
from plumbline.core.status import Status
from plumbline.run.request import RunRequest
from support.projects import SmallProject
from support.reports import outcome, report, seed_day
from unit.cli.conftest import NOW, Plumbline


class Runner:
    """Stands in for the runner: keeps the request, answers with a report."""

    def __init__(self) -> None:
        self.answer: RunReport = seed_day()
        self.requests: list[RunRequest] = []

    @property
    def request(self) -> RunRequest:
        (only,) = self.requests
        return only

    def run(
        self, request: RunRequest, *, now: datetime, open_workspace: Any, progress: Any
    ) -> RunReport:
        assert now == NOW
        assert open_workspace is not None
        self.requests.append(request)
        progress.step("asking")
        progress.long_step("starting the embedded BigQuery")
        for one in self.answer.outcomes:
            progress.monitor_done(one, of=len(self.answer.outcomes))
        return self.answer


@pytest.fixture
def runner(project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> Runner:
    stand_in = Runner()
    monkeypatch.setattr("plumbline.run.runner.run_checkpoint", stand_in.run)
    return stand_in


def test_without_arguments_it_runs_the_health_check_on_the_demos_day(
    runner: Runner, plumbline: Plumbline
) -> None:
    said = plumbline("run")
    request = runner.request
    assert (request.checkpoint, request.target.name) == ("health_check", "local")
    assert request.as_of.instant == datetime(2026, 2, 3, 5, tzinfo=UTC)
    assert request.as_of.source == "demo"
    assert (request.select, request.exclude, dict(request.vars)) == ((), (), {})
    assert (request.fail_on, request.alerts, request.docs) == ("warning", None, True)
    assert said.code == 2
    assert said.out.splitlines()[0].startswith("health_check · target local · end of 2026-02-02")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("health_check_full", {"checkpoint": "health_check_full"}),
        ("-s coverage", {"select": ("coverage",)}),
        ("health_check_full -s coverage --select volume", {"select": ("coverage", "volume")}),
        ("health_check_full --exclude coverage", {"exclude": ("coverage",)}),
        ("-s coverage --var days=7", {"vars": {"days": 7}}),
        ("-s coverage --var days=a=b", {"vars": {"days": "a=b"}}),
        ("-s coverage --var days=[a,1]", {"vars": {"days": ["a", 1]}}),
        ("-s coverage --var days=true --var x=0.5", {"vars": {"days": True, "x": 0.5}}),
        ("--param least=7", {"parameters": {"least": 7}}),
        ("--param least=0.5 --param on=true", {"parameters": {"least": 0.5, "on": True}}),
        ("--param from=2026-02-01", {"parameters": {"from": "2026-02-01"}}),
        ("--param days=[2026-02-01,x]", {"parameters": {"days": ["2026-02-01", "x"]}}),
        ("--param least=a=b", {"parameters": {"least": "a=b"}}),
        ("--alerts", {"alerts": True}),
        ("--no-alerts", {"alerts": False}),
        ("--no-docs", {"docs": False}),
        ("--no-alerts --no-docs", {"alerts": False, "docs": False}),
        ("--fail-on never", {"fail_on": "never"}),
    ],
)
def test_an_argument_reaches_the_runner(
    runner: Runner, plumbline: Plumbline, arguments: str, expected: dict[str, object]
) -> None:
    plumbline("run", *arguments.split())
    assert {key: getattr(runner.request, key) for key in expected} == expected


def test_a_given_day_is_the_end_of_that_day_in_the_projects_zone(
    runner: Runner, plumbline: Plumbline
) -> None:
    plumbline("run", "--as-of", "2026-02-01")
    assert runner.request.as_of.instant == datetime(2026, 2, 2, 5, tzinfo=UTC)
    assert not runner.request.as_of.is_now


def test_on_a_server_of_the_users_it_is_now(
    runner: Runner, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "localhost:9050")
    plumbline("run")
    assert runner.request.as_of.instant == NOW
    assert runner.request.as_of.is_now


@pytest.mark.parametrize(
    ("statuses", "fail_on", "code"),
    [
        ([Status.PASS], "warning", 0),
        ([Status.SKIPPED], "warning", 0),
        ([Status.WARNING], "warning", 1),
        ([Status.WARNING], "critical", 0),
        ([Status.CRITICAL], "warning", 2),
        ([Status.CRITICAL], "error", 0),
        ([Status.ERROR], "warning", 3),
        ([Status.CRITICAL, Status.ERROR], "error", 3),
        ([Status.CRITICAL, Status.ERROR], "critical", 2),
        ([Status.CRITICAL], "never", 0),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_the_exit_code_is_that_of_the_report_in_every_format(
    runner: Runner,
    plumbline: Plumbline,
    statuses: list[Status],
    fail_on: Any,
    code: int,
    form: str,
) -> None:
    outcomes = [
        outcome(f"m{index}", status, summary="because", reason="because")
        for index, status in enumerate(statuses)
    ]
    runner.answer = report(*outcomes, fail_on=fail_on)
    assert plumbline("run", "--fail-on", fail_on, "--format", form).code == code


def test_json_is_one_object_and_nothing_else(runner: Runner, plumbline: Plumbline) -> None:
    said = plumbline("run", "--format", "json")
    assert json.loads(said.out)["score"] == 60
    assert said.code == json.loads(said.out)["exit_code"] == 2


def test_markdown_is_markdown(runner: Runner, plumbline: Plumbline) -> None:
    assert plumbline("run", "--format", "markdown").out.startswith("## ✗ CRITICAL")


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_in_logs_only_long_steps_are_said_and_on_standard_error(
    runner: Runner, plumbline: Plumbline, form: str
) -> None:
    assert plumbline("run", "--format", form).err == "starting the embedded BigQuery\n"


def test_a_dry_run_shows_sql_and_parameters_and_asks_no_warehouse(
    project: SmallProject, plumbline: Plumbline
) -> None:
    said = plumbline("run", "--dry-run", "--as-of", "2026-02-02")
    assert said.code == 0
    assert "-- dry run: nothing was run" in said.out
    assert "-- @days INT64 = 1" in said.out
    assert "-- @as_of ARRAY<TIMESTAMP> = [2026-02-03T05:00:00Z]" in said.out
    assert "select cast(instant as timestamp) as as_of" in said.out
    assert "the warehouse doesn't estimate bytes" in said.out
    assert not (project.target.state_dir / "warehouse").exists()


def test_a_dry_run_for_machines(project: SmallProject, plumbline: Plumbline) -> None:
    said = json.loads(plumbline("run", "--dry-run", "--format", "json").out)
    (monitor,) = said["monitors"]
    assert said["dry_run"] is True
    assert monitor["estimated_bytes"] is None
    assert {"name": "days", "type": "INT64", "value": 1} in monitor["parameters"]
    assert {
        "name": "as_of",
        "type": "ARRAY<TIMESTAMP>",
        "value": ["2026-02-03T05:00:00Z"],
    } in monitor["parameters"]


def test_a_dry_run_as_markdown_fences_the_sql(project: SmallProject, plumbline: Plumbline) -> None:
    said = plumbline("run", "--dry-run", "--format", "markdown").out
    assert "### `coverage`" in said
    assert "\n```sql\n-- @" in said


def test_a_dry_run_of_a_broken_model_says_its_fault_and_shows_the_others(
    project: SmallProject, plumbline: Plumbline
) -> None:
    (project.root / "models" / "monitors" / "volume.sql").write_text("select {{ var('dais') }}")
    said = plumbline("run", "health_check_full", "--dry-run")
    assert said.code == 3
    assert "-- volume: ERROR: variable 'dais'" in said.out
    assert "-- coverage: the warehouse doesn't estimate bytes" in said.out
    assert "2 monitors, bytes unknown, 1 with an error" in said.out


def test_a_revision_that_is_none_is_refused_before_anything_runs(
    project: SmallProject, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_REVISION", "main")
    said = plumbline("run")
    assert said.code == 64
    assert "'main' is not a valid revision" in said.err
    assert "in: PLUMBLINE_REVISION" in said.err
    assert not (project.root.parent / "state").exists()
