"""What a run refuses, or calls an ERROR of a monitor's files, `debug` reports in the same words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.projects import SmallProject
from support.sockets import refused_port
from unit.cli.conftest import Plumbline

GX, DBT, SQL = "great_expectations.yml", "dbt_project.yml", "models/monitors/coverage.sql"
SUITE, CHECKPOINT = "expectations/coverage.json", "checkpoints/health_check.json"

Break = Callable[[Path], None]


def replaced(file: str, old: str, new: str) -> Break:
    def apply(root: Path) -> None:
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new))

    return apply


def written(file: str, text: str) -> Break:
    return lambda root: (root / file).write_text(text) and None


def with_action(**action: str) -> Break:
    content = {"name": "health_check", "validation_definitions": [{"name": "coverage"}]}
    return written(CHECKPOINT, json.dumps({**content, "actions": [action]}))


REFUSED: dict[str, Break] = {
    "not YAML": replaced(GX, "stores:", "stores: ["),
    "key of a target": replaced(GX, "location: US", "locaton: US"),
    "kind of a target": replaced(GX, "kind: embedded", "kind: embeded"),
    "default target": replaced(GX, "default_target: local", "default_target: prod"),
    "suffix of datasets": replaced(GX, "location: US", "dataset_suffix: -dev"),
    "class of a store": replaced(GX, "ExpectationsStore", "ExpectationStore"),
    "key of a site": replaced(GX, "retention_days: 400", "retention_day: 400"),
    "no data source": replaced(GX, "type: bigquery_models", "type: pandas"),
    "key of Great Expectations": replaced(GX, "config_version", "config_versio"),
    "dbt project": replaced(DBT, "vars:", "vars: ["),
    "no name": lambda root: (root / DBT).unlink(),
    "time zone": replaced(DBT, "America/New_York", "Mars/Phobos"),
    "mutes": written("checkpoints/mutes.yml", "mute: {}\n"),
    "checkpoint": written(CHECKPOINT, "{"),
    "key of a checkpoint": replaced(CHECKPOINT, '"actions"', '"action"'),
    "monitor of a checkpoint": replaced(CHECKPOINT, '"coverage"', '"coverge"'),
    "action": with_action(name="a", type="plumbline_alert"),
    "key of an action": with_action(type="plumbline_alerts"),
}
ERRORS: dict[str, Break] = {
    "suite": written(SUITE, "{"),
    "key of a suite": replaced(SUITE, '"meta"', '"mata"'),
    "model of a suite": replaced(SUITE, '"model": "coverage"', '"model": "coverge"'),
    "expectation": replaced(SUITE, "expect_metric_to_be_between", "expect_metric_to_be_betwen"),
    "argument": replaced(SUITE, '"min_value"', '"min_valu"'),
    "template": written(SQL, "select {{ var("),
    "variable": replaced(SQL, "var('as_of')", "var('as_off')"),
    "source": written(SQL, "select 1 from {{ source('a', 'b') }}"),
    "properties": written("models/schema.yml", "models: 3\n"),
    "sources": written("models/sources.yml", "sources: 3\n"),
}


@pytest.fixture(autouse=True)
def no_warehouse(project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with files is told whether or not the warehouse answers."""
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", f"127.0.0.1:{refused_port()}")


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_run_refuses_is_missing(
    project: SmallProject, plumbline: Plumbline, name: str
) -> None:
    REFUSED[name](project.root)
    ran = plumbline("run")
    assert ran.code == 64
    lines = [line.strip() for line in ran.err.splitlines()]
    what, where = (
        next(line.removeprefix(word) for line in lines if line.startswith(word))
        for word in ("error: ", "in: ")
    )
    debugged = plumbline("debug")
    assert debugged.code == 3
    assert any(
        line.startswith("MISSING") and line.endswith(f"{what} (in {where})")
        for line in debugged.out.splitlines()
    ), debugged.out


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_of_a_monitors_files_is_missing(
    project: SmallProject, plumbline: Plumbline, name: str
) -> None:
    ERRORS[name](project.root)
    ran = plumbline("run", "--no-docs", "--no-alerts", "--format", "json")
    assert ran.code == 3
    (monitor,) = json.loads(ran.out)["monitors"]
    debugged = plumbline("debug")
    assert debugged.code == 3
    details = [
        line.split(": ", 1)[1].removeprefix("1 of 2 invalid: ")
        for line in debugged.out.splitlines()
        if line.startswith("MISSING") and "(in " in line
    ]
    assert any(monitor["reason"].startswith(detail) for detail in details), debugged.out


def test_where_nothing_is_wrong_each_part_is_said(
    plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("", "_WARNING", "_ERROR"):
        url = "https://hooks.slack.com/services/T/B/X"
        monkeypatch.setenv(f"SLACK_WEBHOOK_URL{name}", url)
    said = plumbline("debug").out
    missing = [line for line in said.splitlines() if line.startswith("MISSING")]
    assert [line.split()[1] for line in missing] == ["query:"], "only the warehouse is gone"
    assert "monitors: the SQL of 2 compiles" in said


def test_every_target_is_checked(
    project: SmallProject, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_PROJECT", "some-project")
    replaced(
        GX, "      bigquery:", "      broken: {kind: bigquery, location: US}\n      bigquery:"
    )(project.root)
    said = plumbline("debug", "--all-targets").out
    targets = [line.split(": ")[1] for line in said.splitlines() if "  target: " in line]
    assert targets == ["local", "broken", "bigquery"]
    assert said.count("configuration:") == 1
    assert plumbline("debug", "--all-targets", "--target", "local").code == 64
