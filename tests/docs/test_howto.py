"""The files that a how-to page writes, written and run as a reader would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from plumbline.project.targets import Target
from support.pages import ROOT, Page
from support.warm_python import warm_python

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

PROJECT = (
    "great_expectations.yml",
    "dbt_project.yml",
    "checkpoints",
    "docs",
    "expectations",
    "macros",
    "models",
    "scripts/demo_season",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The shipped project, in a folder of the test's own."""
    root = tmp_path / "project"
    for name in PROJECT:
        source, copy = ROOT / name, root / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    return root


def write_files(page: Page, root: Path) -> None:
    """Every block that the page calls the content of a file."""
    for block in page.blocks():
        if block.file:
            file = root / block.file
            assert not file.exists(), f"{page.name} writes over {block.file}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)


def add_to(file: Path, block_of: Page, key: str) -> None:
    """Merge the page's YAML block that has ``key`` into ``file``."""
    (added,) = [
        content
        for block in block_of.blocks("yaml")
        if key in (content := yaml.safe_load(block.text))
    ]
    content = yaml.safe_load(file.read_text())
    if isinstance(content[key], dict):
        content[key].update(added[key])
    else:
        content[key].extend(added[key])
    file.write_text(yaml.safe_dump(content, sort_keys=False))


def run(code: list[str], project: Path, season: Target) -> subprocess.CompletedProcess[str]:
    """A process in the project's folder, on the warehouse with the season."""
    names = ("PLUMBLINE_TARGET", "PLUMBLINE_PROJECT", "BIGQUERY_EMULATOR_HOST")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [*warm_python(), *code],
        cwd=project,
        env=environment
        | {"PLUMBLINE_STATE_DIR": str(season.state_dir), "PYTHONPATH": str(ROOT / "plugins")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def run_checkpoint(
    name: str, project: Path, season: Target, *options: str
) -> tuple[int, dict[str, Any]]:
    """The exit code, and the monitors by name."""
    done = run(["-m", "plumbline", "run", name, "--format", "json", *options], project, season)
    assert done.stdout, done.stderr
    monitors = json.loads(done.stdout)["monitors"]
    return done.returncode, {monitor["name"]: monitor for monitor in monitors}


def test_the_monitors_of_the_howto_judge_the_example_of_a_new_project(
    tmp_path: Path, season: Target
) -> None:
    assert run(["-m", "plumbline", "init", "shop"], tmp_path, season).returncode == 0
    shop = tmp_path / "shop"
    page = Page("docs/writing-a-monitor.md")
    write_files(page, shop)
    example = (shop / "docs/runbooks/orders_with_email.md").read_text()
    (shop / "docs/runbooks/orders_on_time.md").write_text(
        example.replace("_with_email", "_on_time")
    )
    linted = run(["-m", "plumbline", "lint", "--format", "json"], shop, season)
    findings = json.loads(linted.stdout)["findings"]
    assert [one for one in findings if "orders_on_time" in one["file"]] == []
    assert not [one for one in findings if one["severity"] == "error"]
    code, monitors = run_checkpoint("orders", shop, season, "--no-docs")
    on_time = monitors["orders_on_time"]
    assert (code, on_time["status"], round(on_time["observed"], 1)) == (2, "WARNING", 83.4)
    assert [group["key"] for group in on_time["groups"]] == [{"day": "2026-02-02"}]
    for day, status in (("2026-02-01", "SKIPPED"), ("2026-03-14", "CRITICAL")):
        _, monitors = run_checkpoint("orders", shop, season, "--no-docs", "--as-of", day)
        assert monitors["orders_on_time"]["status"] == status


def test_the_table_suite_of_the_howto_judges_the_example_of_a_new_project(
    tmp_path: Path, season: Target
) -> None:
    assert run(["-m", "plumbline", "init", "corner"], tmp_path, season).returncode == 0
    shop = tmp_path / "corner"
    (block,) = [
        one
        for one in Page("docs/table-suites.md").blocks("json")
        if one.file == "expectations/orders.json"
    ]
    (shop / str(block.file)).write_text(block.text)
    checkpoint = {"name": "orders", "validation_definitions": [{"name": "orders"}], "actions": []}
    (shop / "checkpoints/orders.json").write_text(json.dumps(checkpoint))
    code, monitors = run_checkpoint("orders", shop, season)
    assert (code, monitors["orders"]["status"]) == (1, "WARNING")
    (failure,) = monitors["orders"]["failures"]
    assert failure["text"].endswith("95 % of rows: 72 of 193 rows (37.3 %) fail")


def test_the_data_asset_of_the_howto_is_judged(project: Path, season: Target) -> None:
    page = Page("docs/table-suites.md")
    write_files(page, project)
    add_to(project / "great_expectations.yml", page, "fluent_datasources")
    code, monitors = run_checkpoint("services", project, season)
    services = monitors["services"]
    assert (code, services["status"], services.get("notes", [])) == (1, "WARNING", []), services
    assert services["expectations"]["declared"] == services["expectations"]["evaluated"] == 3


def test_the_gx_project_of_the_howto_is_converted_and_judges_the_season(
    project: Path, season: Target
) -> None:
    page = Page("docs/import-gx.md")
    write_files(page, project)
    done = run(["-m", "plumbline", "import", "gx", "quality"], project, season)
    assert done.returncode == 0, done.stderr
    assert "Not converted" not in done.stdout
    (shown,) = [
        json.loads(block.text) for block in page.blocks("json") if "imported_from_gx" in block.text
    ]
    assert json.loads((project / "expectations/predictions.json").read_text()) == shown
    code, monitors = run_checkpoint("nightly", project, season)
    assert (code, monitors["predictions"]["status"]) == (0, "PASS"), monitors


def test_the_notebook_of_the_howto_finds_what_the_command_finds(
    tmp_path: Path, season: Target
) -> None:
    assert run(["-m", "plumbline", "init", "notebook"], tmp_path, season).returncode == 0
    code = "\n".join(block.text for block in Page("docs/plain-gx.md").blocks("python"))
    # The state folder, which has the warehouse, also has the site of another project.
    site = tmp_path / "notebook" / "great_expectations.yml"
    site.write_text(site.read_text().replace(".plumbline/docs/", "site/"))
    done = run(["-c", code], tmp_path / "notebook", season)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sum(line.startswith("orders_with_email False ") for line in lines) == 2
    assert lines[-2].startswith("CRITICAL orders_with_email 20.9 %")
    assert lines[-1] == "False"
