"""The smoke test itself: against the proxy, which answers as BigQuery does where it is told to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbline.cli.main import invoke
from plumbline.doctor import smoke
from plumbline.project import Target
from plumbline.report.writers import escape
from plumbline.warehouse.client import endpoint_of, open_client
from support.bigquery_faults import Endless, Refused
from support.bigquery_proxy import MB, BigQueryProxy
from support.projects import SmallProject, make_project
from support.small_project import SOURCES
from support.source_tables import read_source_tables

pytestmark = pytest.mark.warehouse


@pytest.fixture
def proxy(
    warehouse: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BigQueryProxy]:
    with BigQueryProxy(endpoint_of(warehouse)) as proxy:
        monkeypatch.setenv(
            "GOOGLE_APPLICATION_CREDENTIALS", str(proxy.write_key_file(tmp_path / "key.json"))
        )
        monkeypatch.setenv("PLUMBLINE_PROJECT", warehouse.project)
        yield proxy


@pytest.fixture
def project(warehouse: Target, tmp_path: Path) -> SmallProject:
    small = make_project(tmp_path / "project", warehouse)
    # As dbt allows: in another file, and with a dataset whose name is calculated.
    declared = SOURCES.replace("name: nba\n", "name: nba\n    schema: \"{{ 'n' ~ 'ba' }}\"\n", 1)
    assert declared != SOURCES
    (small.root / "models" / "warehouse.yml").write_text(declared)
    (small.root / "sources.yml").write_text(SOURCES)
    client = open_client(warehouse)
    client.create_dataset("nba")
    for table in read_source_tables(small.root / "sources.yml"):
        client.query(table.ddl(warehouse.project, "nba", replace=False)).result()
    small.add("coverage", "select 90 as pct")
    return small


def run(project: SmallProject, proxy: BigQueryProxy, *more: str) -> tuple[int, dict[str, str]]:
    out = project.root / "smoke"
    file = project.root / "great_expectations.yml"
    configured = f"kind: bigquery\n        api_endpoint: {proxy.url}"
    file.write_text(file.read_text().replace("kind: bigquery", configured, 1))
    where = [f"--project-dir={project.root}", "--target=bigquery", f"--out={out}"]
    code = invoke(["smoke", *where, *more])
    steps = json.loads((out / "smoke_bigquery.json").read_text())["steps"]
    names = {str(step.__doc__).strip().rstrip("."): step.__name__ for step in smoke.STEPS}
    page = (out / "smoke_bigquery.md").read_text()
    assert all(f"| {escape(step['step'])} | {step['verdict']} |" in page for step in steps)
    return code, {names.get(step["step"], step["step"]): step["verdict"] for step in steps}


def test_where_bigquery_does_as_documented_each_step_passes(
    project: SmallProject, proxy: BigQueryProxy
) -> None:
    proxy.reads("smoke_nothing", 0)
    proxy.reads("= date '2026-02-02'", MB)
    proxy.reads(">= date '1900-01-01'", 100 * MB)
    proxy.reads("`games`", 50 * MB)
    proxy.on_query("smoke_deadline", Endless())

    code, steps = run(project, proxy, "--write")

    # The embedded warehouse runs one query at a time, and the smoke test says so.
    assert steps.pop("jobs_overlap") in ("FAIL", "NOT SHOWN")
    by_hand = {name: steps.pop(name) for name in smoke.BY_HAND}
    assert set(by_hand.values()) == {"NOT SHOWN"}
    assert steps == {
        step.__name__: "PASS" for step in smoke.STEPS if step.__name__ != "jobs_overlap"
    }
    assert code in (0, 3)


def test_what_is_not_so_fails_and_hides_no_other_step(
    project: SmallProject, proxy: BigQueryProxy
) -> None:
    proxy.on_query("smoke_deadline", Endless())
    proxy.deny("GET", "/datasets/nba$", Refused(403, "accessDenied", "Access Denied: Dataset nba"))

    code, steps = run(project, proxy)

    assert code == 3
    assert steps["tables_are_as_declared"] == "FAIL"
    assert steps["bytes_are_limited"] == "FAIL", "a warehouse that does not keep to limits"
    assert steps["partitions_are_pruned"] == "NOT SHOWN"
    assert steps["writes_happen_once"] == "NOT SHOWN", "without --write nothing is written"
    assert steps["answers"] == steps["models_run"] == "PASS"


@pytest.mark.parametrize("arguments", [["--wrong"], ["--target", "local"], ["--target", "lokal"]])
def test_what_cannot_begin_is_64(
    project: SmallProject, proxy: BigQueryProxy, arguments: list[str]
) -> None:
    assert invoke(["smoke", f"--project-dir={project.root}", *arguments]) == 64
