"""`plumbline list`: what is watched, from files alone."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from plumbline.core.status import Status
from plumbline.history.last_statuses import NAME, record_last_statuses
from support.processes import environment
from support.projects import SmallMonitor, SmallProject, between
from support.reports import outcome, report
from unit.cli.conftest import MODEL, Plumbline


def ran(project: SmallProject, status: Status, monitor: str = "coverage", **run: str) -> None:
    """A last run that found ``status``."""
    found = replace(report(outcome(monitor, status, summary="x", reason="x")), **run)
    record_last_statuses(project.target.state_files, found)


def test_a_monitor_is_a_line_with_model_suite_thresholds_and_owner(
    project: SmallProject, plumbline: Plumbline
) -> None:
    said = plumbline("list")
    assert said.code == 0
    line = next(line for line in said.out.splitlines() if line.startswith("coverage"))
    for part in (
        "NEVER RAN",
        "mean of pct: warning < 80 %, critical < 50 %",
        "expectations/coverage.json",
        "data-platform",
    ):
        assert part in line


def test_a_checkpoint_is_a_line_with_its_monitors(
    project: SmallProject, plumbline: Plumbline
) -> None:
    lines = plumbline("list").out.splitlines()
    assert any(
        line.startswith("health_check_full") and "coverage, volume" in line for line in lines
    )


def test_all_of_it_for_machines(project: SmallProject, plumbline: Plumbline) -> None:
    said = json.loads(plumbline("list", "--format", "json").out)
    assert said == {
        "schema_version": 1,
        "monitors": [
            {
                "name": "coverage",
                "model": "coverage",
                "suite": "expectations/coverage.json",
                "thresholds": ["mean of pct: warning < 80 %, critical < 50 %"],
                "owner": "data-platform",
                "tags": [],
                "runbook": "docs/runbooks/coverage.md",
                "checkpoints": ["health_check", "health_check_full"],
                "last": None,
                "fault": None,
            },
            {
                "name": "volume",
                "model": "volume",
                "suite": "expectations/volume.json",
                "thresholds": ["mean of pct: warning < 80 %, critical < 50 %"],
                "owner": None,
                "tags": [],
                "runbook": None,
                "checkpoints": ["health_check_full"],
                "last": None,
                "fault": None,
            },
        ],
        "checkpoints": [
            {
                "name": "health_check",
                "file": "checkpoints/health_check.json",
                "monitors": ["coverage"],
                "schedule": None,
                "fault": None,
            },
            {
                "name": "health_check_full",
                "file": "checkpoints/health_check_full.json",
                "monitors": ["coverage", "volume"],
                "schedule": None,
                "fault": None,
            },
        ],
        "schedule_fault": None,
    }


@pytest.mark.parametrize("status", list(Status))
def test_the_last_status_is_that_of_the_last_run(
    project: SmallProject, plumbline: Plumbline, status: Status
) -> None:
    ran(project, status)
    lines = plumbline("list").out.splitlines()
    assert any(line.startswith("coverage") and f" {status} " in line for line in lines)
    assert any(line.startswith("volume") and "NEVER RAN" in line for line in lines)


def test_the_last_status_says_of_which_run_it_is(
    project: SmallProject, plumbline: Plumbline
) -> None:
    ran(project, Status.CRITICAL)
    said = json.loads(plumbline("list", "--format", "json").out)
    assert said["monitors"][0]["last"] == {
        "status": "CRITICAL",
        "as_of": "2026-02-03T05:00:00Z",
        "run_id": "20261123T181512Z-1a2b3c",
    }


def test_what_was_recorded_of_another_tool_is_listed_without_a_suite(
    project: SmallProject, plumbline: Plumbline
) -> None:
    unique = outcome("dbt.unique_id", Status.CRITICAL, owner="shop-data", thresholds="warning > 2")
    found = replace(report(unique), checkpoint="dbt", is_recorded=True)
    record_last_statuses(project.target.state_files, found)
    said = json.loads(plumbline("list", "--format", "json").out)
    recorded = said["monitors"][-1]
    assert (recorded["name"], recorded["suite"], recorded["last"]["status"]) == (
        "dbt.unique_id",
        None,
        "CRITICAL",
    )
    assert (recorded["owner"], recorded["thresholds"]) == ("shop-data", ["warning > 2"])
    assert said["checkpoints"][-1] == {
        "name": "dbt",
        "file": None,
        "monitors": ["dbt.unique_id"],
        "schedule": None,
        "fault": None,
    }
    ran(project, Status.CRITICAL, monitor="health_check.old", checkpoint="health_check")
    assert "health_check.old" not in plumbline("list").out


@pytest.fixture
def many(project: SmallProject) -> SmallProject:
    """Five monitors: one of each of two owners is failing, `late` never ran."""
    for name, owner, tags in (
        ("orders", "ana", ["finance"]),
        ("payments", "ana", ["finance", "daily"]),
        ("late", "bo", ["daily"]),
    ):
        project.add(name, SmallMonitor(MODEL, meta={"owner": owner, "tags": tags}))
    project.checkpoint("orders", "late", name="shop")
    found = report(
        outcome("coverage", Status.CRITICAL, summary="x"),
        outcome("volume", Status.SKIPPED, reason="x"),
        outcome("orders", Status.WARNING, summary="x"),
        outcome("payments", Status.PASS, summary="x"),
    )
    record_last_statuses(project.target.state_files, found)
    return project


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", "coverage late orders payments volume"),
        ("-s orders -s late", "late orders"),
        ("-s owner:ana", "orders payments"),
        ("-s late -s tag:daily", "late payments"),
        ("-s owner:bo -s tag:finance --status failing", "orders"),
        ("--status failing", "coverage orders"),
        ("--status critical", "coverage"),
        ("--status CRITICAL --status never-ran", "coverage late"),
        ("--status skipped", "volume"),
        ("--status pass", "payments"),
        ("--status error", ""),
        ("--owner ana", "orders payments"),
        ("--owner ana --owner bo", "late orders payments"),
        ("--tag daily", "late payments"),
        ("--tag daily --tag finance", "late orders payments"),
        ("--checkpoint shop", "late orders"),
        ("--checkpoint shop --checkpoint health_check", "coverage late orders"),
        ("--owner ana --tag daily --status pass", "payments"),
        ("--owner bo --status failing", ""),
    ],
)
def test_filters_choose_monitors(
    many: SmallProject, plumbline: Plumbline, filters: str, expected: str
) -> None:
    said = plumbline("list", "--format", "json", *filters.split())
    assert said.code == 0
    listed = json.loads(said.out)
    assert [one["name"] for one in listed["monitors"]] == expected.split()
    if not filters:
        return
    held = {name for one in listed["checkpoints"] for name in one["monitors"]}
    assert held >= {one["name"] for one in listed["monitors"] if one["checkpoints"]}
    if not expected:
        assert plumbline("list", *filters.split()).out == "no monitor matches the filters\n"


def test_of_a_checkpoint_with_many_monitors_twenty_are_named(
    project: SmallProject, plumbline: Plumbline
) -> None:
    names = [f"m{number:02}" for number in range(30)]
    for name in names:
        project.add(name, SmallMonitor("select 1 as x"))
    project.checkpoint(*names, name="many")
    lines = plumbline("list", "--checkpoint", "many").out.splitlines()
    assert next(line for line in lines if line.startswith("many ")).endswith("m18, m19 and 10 more")
    read = json.loads(plumbline("list", "--checkpoint", "many", "--format", "json").out)
    assert read["checkpoints"][0]["monitors"] == names


def test_a_filter_leaves_out_the_other_checkpoints(
    many: SmallProject, plumbline: Plumbline
) -> None:
    def checkpoints(*filters: str) -> list[str]:
        said = json.loads(plumbline("list", "--format", "json", *filters).out)
        return [one["name"] for one in said["checkpoints"]]

    assert checkpoints("--owner", "bo") == ["shop"]
    assert checkpoints("--checkpoint", "health_check") == ["health_check"]
    assert checkpoints("--status", "pass") == []


def test_tags_are_a_column_where_a_monitor_has_one(
    many: SmallProject, plumbline: Plumbline
) -> None:
    lines = plumbline("list").out.splitlines()
    assert lines[0].rstrip().endswith("Tags")
    assert next(line for line in lines if line.startswith("payments")).endswith("finance, daily")
    assert "Tags" not in plumbline("list", "-s", "coverage").out


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ("-s ordres", "'ordres'\n  in: --select\n  fix: did you mean 'orders'?"),
        ("-s owner:anna", "'anna'\n  in: --select\n  fix: did you mean 'ana'?"),
        ("-s tag:dialy", "'dialy'\n  in: --select\n  fix: did you mean 'daily'?"),
        ("--owner anna", "'anna'\n  in: --owner\n  fix: did you mean 'ana'?"),
        ("--tag dialy", "'dialy'\n  in: --tag\n  fix: did you mean 'daily'?"),
        ("--checkpoint shp", "'shp'\n  in: --checkpoint\n  fix: did you mean 'shop'?"),
        ("--status failed", "'failed' is not one of 'failing', 'critical'"),
        ("--costs --owner ana", "--costs shows the costs of all monitors"),
    ],
)
def test_a_wrong_filter_is_refused(
    many: SmallProject, plumbline: Plumbline, filters: str, words: str
) -> None:
    said = plumbline("list", *filters.split())
    assert (said.code, said.out) == (64, "")
    assert words in said.err


@pytest.mark.parametrize(
    ("filters", "fix"),
    [
        ("-s nope", "create the project's first monitor: plumbline new monitor NAME"),
        ("--checkpoint nope", "create the project's first monitor: plumbline new monitor NAME"),
        ("--owner ana", "set meta.monitor.owner in a suite"),
        ("-s tag:daily", "set meta.monitor.tags in a suite"),
    ],
)
def test_a_filter_of_a_project_without_monitors_says_how_to_get_what_it_names(
    project: SmallProject, plumbline: Plumbline, filters: str, fix: str
) -> None:
    for file in (*project.root.glob("expectations/*"), *project.root.glob("checkpoints/*.json")):
        file.unlink()
    said = plumbline("list", *filters.split())
    assert (said.code, said.out) == (64, "")
    assert f"fix: {fix}" in said.err


def test_an_invalid_file_is_listed_unless_the_filter_is_about_another_monitor(
    many: SmallProject, plumbline: Plumbline
) -> None:
    (many.root / "expectations" / "volume.json").write_text("{")
    for filters, code in (
        ("--owner ana", 3),
        ("--tag nobody-has-it", 3),
        ("--status error", 3),
        ("--checkpoint health_check_full", 3),
        ("--checkpoint shop", 0),
        ("-s coverage", 0),
        ("--status pass", 0),
    ):
        said = plumbline("list", "--format", "json", *filters.split())
        names = [one["name"] for one in json.loads(said.out)["monitors"]]
        assert (said.code, "volume" in names) == (code, code == 3), filters


def test_the_last_status_is_that_of_the_target(project: SmallProject, plumbline: Plumbline) -> None:
    ran(project, Status.CRITICAL)
    assert plumbline("list", "--target", "local").out.count(" CRITICAL ") == 1
    assert " CRITICAL " not in plumbline("list", "--target", "bigquery").out
    assert plumbline("list", "--target", "nowhere").code == 64


@pytest.mark.parametrize("text", ["", "{", "[]", '{"monitors": 3}', '{"monitors": [{}]}', "\0"])
def test_an_unreadable_last_run_is_none(
    project: SmallProject, plumbline: Plumbline, text: str
) -> None:
    project.target.state_dir.mkdir()
    project.target.state_files.path(NAME).write_text(text)
    said = plumbline("list")
    assert said.code == 0
    assert "NEVER RAN" in said.out


def test_a_broken_suite_is_listed_with_its_fault_and_hides_no_other(
    project: SmallProject, plumbline: Plumbline
) -> None:
    (project.root / "expectations" / "volume.json").write_text(
        '{"name": "volume", "expectation": [], "expectations": []}'
    )
    said = plumbline("list")
    assert said.code == 3
    assert "unknown key 'expectation'" in said.out
    assert "did you mean 'expectations'?" in said.out
    assert "mean of pct: warning < 80 %" in said.out


def test_a_broken_checkpoint_is_listed_with_its_fault(
    project: SmallProject, plumbline: Plumbline
) -> None:
    project.checkpoint("coverage", "vloume", name="health_check_full")
    said = plumbline("list")
    assert said.code == 3
    assert "there is no monitor 'vloume'" in said.out


SCHEDULES = """
schedules:
  - checkpoint: health_check
    cron: "0 */6 * * *"
    timezone: America/Los_Angeles
    deadline: 10m
    notify: [slack]
  - name: weekly
    checkpoint: health_check
    cron: 30 7 * * MON
    timezone: UTC
    deadline: 1h
    notify: [slack]
"""


def test_a_checkpoint_shows_each_of_its_schedules(
    project: SmallProject, plumbline: Plumbline
) -> None:
    (project.root / "checkpoints" / "schedule.yml").write_text(SCHEDULES)
    when = "0 */6 * * * America/Los_Angeles; 30 7 * * MON UTC"
    said = plumbline("list")
    assert said.code == 0
    assert any(
        line.startswith("health_check ") and line.rstrip().endswith(when)
        for line in said.out.splitlines()
    )
    checkpoints = json.loads(plumbline("list", "--format", "json").out)["checkpoints"]
    assert [one["schedule"] for one in checkpoints] == [when, None]


def test_a_broken_schedule_is_said_and_hides_no_checkpoint(
    project: SmallProject, plumbline: Plumbline
) -> None:
    (project.root / "checkpoints" / "schedule.yml").write_text(
        SCHEDULES.replace("0 */6 * * *", "0 6 31 2 *")
    )
    said = plumbline("list")
    assert said.code == 3
    assert "schedule: '0 6 31 2 *' never occurs" in said.out
    assert "health_check_full" in said.out


def test_a_suite_over_a_table_of_gx_is_listed_too(
    project: SmallProject, plumbline: Plumbline
) -> None:
    folder = project.root / "validation_definitions"
    folder.mkdir()
    data = {key: {"name": "files"} for key in ("datasource", "asset", "batch_definition")}
    (folder / "whole_table.json").write_text(
        json.dumps({"name": "whole_table", "suite": {"name": "volume"}, "data": data})
    )
    said = json.loads(plumbline("list", "--format", "json").out)
    assert [one["name"] for one in said["monitors"]] == ["coverage", "volume", "whole_table"]
    volume, whole_table = said["monitors"][1:]
    assert (volume["suite"], volume["model"]) == ("expectations/volume.json", "volume")
    assert (whole_table["suite"], whole_table["model"]) == ("expectations/volume.json", None)


def test_an_empty_project_says_that_it_is_empty(
    project: SmallProject, plumbline: Plumbline
) -> None:
    for folder in ("expectations", "checkpoints"):
        for file in (project.root / folder).iterdir():
            file.unlink()
    said = plumbline("list")
    assert said.code == 0
    assert "no monitors" in said.out
    assert "no checkpoints" in said.out


def test_several_measured_things_stand_on_one_line_in_a_pipe(
    project: SmallProject, plumbline: Plumbline
) -> None:
    suite = json.loads((project.root / "expectations" / "volume.json").read_text())
    suite["expectations"].append(between("warning", column="late", aggregate="max", max_value=0))
    (project.root / "expectations" / "volume.json").write_text(json.dumps(suite))
    assert "critical < 50 %; max of late: warning > 0" in plumbline("list").out


@pytest.mark.parametrize("command", ["list", "compile coverage", "run --dry-run", "schedule show"])
def test_neither_gx_nor_google_nor_pandas_is_imported_for(
    project: SmallProject, command: str
) -> None:
    script = (
        "import sys\n"
        "from plumbline.cli.main import invoke\n"
        f"code = invoke({command.split()!r})\n"
        "heavy = {'great_expectations', 'google.cloud.bigquery', 'pandas', 'scipy'}\n"
        "print(code, sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=environment(SLACK_WEBHOOK_URL="https://hooks.example.com/services/T/B/X"),
    )
    assert finished.stderr.splitlines()[-1] == "0 []"
