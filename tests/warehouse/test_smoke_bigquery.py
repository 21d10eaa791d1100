"""The smoke test itself: against the proxy, which answers as BigQuery does where it is told to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbline.cli.main import invoke
from plumbline.core.markdown import escape
from plumbline.deploy.logs import ENDPOINT_VARIABLE
from plumbline.doctor import smoke, smoke_tables
from plumbline.project import Target
from plumbline.warehouse.client import endpoint_of, open_client
from support.bigquery_faults import Endless, Refused
from support.bigquery_proxy import MB, BigQueryProxy
from support.fake_cloud_run import HEAD, FakeCloudRun, revision
from support.fake_receivers import FakeReceiver
from support.projects import SmallProject, make_project
from support.small_project import SOURCES
from support.source_tables import read_source_tables

pytestmark = pytest.mark.warehouse

NOT_OF_THE_EMBEDDED = {
    "a_suffix_limits_what_is_read": "NOT SHOWN",  # it has no public tables
    "sizes_and_modes_are_named": "FAIL",
    "a_missing_filter_is_told": "FAIL",
    "an_ingestion_date_limits_what_is_read": "FAIL",
    "a_suite_over_a_table_reads_its_window": "FAIL",
    "secrets_are_read": "NOT SHOWN",
}
"""What the embedded warehouse does not do as BigQuery does."""


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


@pytest.fixture
def services(project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A service on the stand-in for Cloud Run, which also has its log."""
    cloud = FakeCloudRun()
    cloud.add("worker", revision("worker-00007-abc", labels={"commit-sha": HEAD}))
    with FakeReceiver(cloud) as server:
        monkeypatch.setenv(ENDPOINT_VARIABLE, server.url)
        file = project.root / "deploy" / "services.yml"
        file.parent.mkdir()
        file.write_text(
            "services:\n  - {name: worker, paths: [models], owner: ana, deployed: {cloud_run: "
            f"{{project: acme, region: us-west2, endpoint: '{server.url}'}}}}}}\n"
        )
        yield


def test_where_bigquery_does_as_documented_each_step_passes(
    project: SmallProject,
    proxy: BigQueryProxy,
    services: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smoke_tables, "COLUMNS", 20)  # the embedded warehouse takes its time
    monkeypatch.setattr(smoke_tables, "EXPECTATIONS", 18)
    proxy.reads("smoke_nothing", 0)
    proxy.reads("= date '2026-02-02'", MB)
    proxy.reads(">= date '1900-01-01'", 100 * MB)
    proxy.reads("`games`", 50 * MB)
    proxy.on_query("smoke_deadline", Endless())

    code, steps = run(project, proxy, "--write")

    # The embedded warehouse runs one query at a time, and the smoke test says so.
    assert steps.pop("jobs_overlap") in ("FAIL", "NOT SHOWN")
    assert {name: steps.pop(name) for name in NOT_OF_THE_EMBEDDED} == NOT_OF_THE_EMBEDDED
    by_hand = {name: steps.pop(name) for name in smoke.BY_HAND}
    assert set(by_hand.values()) == {"NOT SHOWN"}
    assert set(steps.values()) == {"PASS"}
    assert len(steps) + len(NOT_OF_THE_EMBEDDED) + 1 == len(smoke.STEPS)
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


def test_a_step_that_would_begin_after_ten_minutes_is_not_shown(
    project: SmallProject, proxy: BigQueryProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smoke, "MOST_SECONDS", 0.0)
    code, steps = run(project, proxy)
    assert (code, set(steps.values())) == (0, {"NOT SHOWN"})


def test_the_report_has_versions_and_no_secret(
    project: SmallProject, proxy: BigQueryProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smoke, "STEPS", (smoke.answers,))
    run(project, proxy)
    files = [project.root / "smoke" / f"smoke_bigquery.{kind}" for kind in ("md", "json")]
    texts = [file.read_text() for file in files]
    assert all("google-cloud-bigquery" in text for text in texts)
    key = json.loads((tmp_path / "key.json").read_text())
    secrets = (key["private_key"], "Bearer ")
    assert not [secret for secret in secrets for text in texts if secret in text]


@pytest.mark.parametrize("arguments", [["--wrong"], ["--target", "local"], ["--target", "lokal"]])
def test_what_cannot_begin_is_64(
    project: SmallProject, proxy: BigQueryProxy, arguments: list[str]
) -> None:
    assert invoke(["smoke", f"--project-dir={project.root}", *arguments]) == 64
