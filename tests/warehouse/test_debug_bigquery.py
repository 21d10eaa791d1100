"""`plumbline debug --target bigquery` names each thing that is missing, tried one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from plumbline.core.errors import PlumblineError
from plumbline.doctor.checkup import check_all
from plumbline.doctor.diagnosis import Diagnosis, Level
from plumbline.models.sources import FoundSource, all_sources
from plumbline.models.workspace import Workspace
from plumbline.project import Project, Target
from plumbline.warehouse.client import endpoint_of, open_client
from support.bigquery_faults import Refused
from support.bigquery_proxy import BigQueryProxy
from support.projects import NOW, make_project
from support.small_project import SOURCES
from support.source_tables import read_source_tables

pytestmark = pytest.mark.warehouse


class Cloud:
    """A project on BigQuery where all is there, until a test takes something away."""

    def __init__(self, root: Path, warehouse: Target, proxy: BigQueryProxy) -> None:
        self.root = make_project(root, warehouse).root
        self.warehouse = warehouse
        self.proxy = proxy
        self.client = open_client(warehouse)
        file = self.root / "models" / "sources.yml"
        file.write_text(SOURCES)
        self.client.create_dataset("nba")
        for table in read_source_tables(file):
            self.client.query(table.ddl(warehouse.project, "nba", replace=False)).result()
        self.configure("kind: bigquery", f"kind: bigquery\n        api_endpoint: {proxy.url}")

    def configure(self, old: str, new: str) -> None:
        file = self.root / "great_expectations.yml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new, 1))

    def debug(self) -> dict[str, Diagnosis]:
        return {
            check.what: check
            for check in check_all(lambda: Project(self.root), "bigquery", now=NOW)
        }


@pytest.fixture
def cloud(warehouse: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with BigQueryProxy(endpoint_of(warehouse)) as proxy:
        key = proxy.write_key_file(tmp_path / "key.json")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
        monkeypatch.setenv("PLUMBLINE_PROJECT", warehouse.project)
        monkeypatch.delenv("BIGQUERY_EMULATOR_HOST", raising=False)
        monkeypatch.setattr("plumbline.doctor.warehouse_checks.ANSWER_SECONDS", 3.0)
        yield Cloud(tmp_path / "project", warehouse, proxy)


LINES = ("target", "credentials", "query", "dataset nba", "history")


def test_where_all_is_there_each_line_says_so(cloud: Cloud) -> None:
    cloud.client.create_dataset("plumbline")

    found = cloud.debug()

    assert {name: found[name].level for name in LINES} == dict.fromkeys(LINES, Level.OK)
    assert found["dataset nba"].detail == "3 declared tables exist, in US"


def test_the_declared_tables_are_resolved_once(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved = []

    def counted(workspace: Workspace) -> Mapping[tuple[str, str], FoundSource | PlumblineError]:
        resolved.append(workspace)
        return all_sources(workspace)

    monkeypatch.setattr("plumbline.models.sources.all_sources", counted)
    assert cloud.debug()["dataset nba"].level is Level.OK
    assert len(resolved) == 1


def test_tables_are_looked_at_by_their_rendered_names(cloud: Cloud) -> None:
    project = cloud.warehouse.project
    for statement in (
        "create table nba.events_20260101 (id int64)",
        "create table nba.events_20260102 (id int64, `näme` string)",
    ):
        cloud.client.query(statement).result()
    (cloud.root / "models" / "more.yaml").write_text(
        """
sources:
  - name: raw
    schema: "{{ var('raw', 'nba') }}"
    database: "{{ target.project }}"
    tables:
      - {name: events, identifier: events_*, columns: [{name: näme}]}
      - {name: games}
      - {name: INFORMATION_SCHEMA.TABLES}
""",
        encoding="utf-8",
    )

    found = cloud.debug()

    assert found["sources"].detail == "6 tables"
    assert found["dataset nba"].detail == "5 declared tables exist, in US"
    assert project in str(found["target"].detail)

    file = cloud.root / "models" / "more.yaml"
    file.write_text(file.read_text().replace("events_*", "event_*"))
    missing = cloud.debug()["dataset nba"]
    assert missing.level is Level.MISSING
    assert "starts with 'event_'" in missing.detail


def denied(method: str, path: str, code: int, reason: str, message: str) -> Callable[..., None]:
    def take_away(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
        cloud.proxy.deny(method, path, Refused(code, reason, message, times=99))

    return take_away


def no_key_file(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")


def no_project(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUMBLINE_PROJECT")


def other_location(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    there = "kind: bigquery\n"
    cloud.configure(
        "        location: US\n        limits:\n          deadline_seconds: 120",
        "        location: EU\n        limits:\n          deadline_seconds: 120",
    )
    assert there in (cloud.root / "great_expectations.yml").read_text()


def no_dataset(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.client.delete_dataset("nba", delete_contents=True)


def no_table(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.client.delete_table(f"{cloud.warehouse.project}.nba.games")


def no_column(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    file = cloud.root / "models" / "sources.yml"
    file.write_text(file.read_text().replace("name: status", "name: state"))


MISSING = [
    pytest.param(no_key_file, "credentials", "/nowhere/key.json", "gcloud auth", id="credentials"),
    pytest.param(denied("POST", "/token$", 400, "invalid_grant", "Invalid JWT Signature."),
                 "query", "credentials were rejected", "service account", id="a key that is revoked"),
    pytest.param(no_project, "target", "has no project", "PLUMBLINE_PROJECT", id="project"),
    pytest.param(denied("POST", "/jobs$", 404, "notFound", "Not found: Project some-project"),
                 "query", "Not found: Project", "PLUMBLINE_PROJECT", id="a project of that name"),
    pytest.param(denied("POST", "/jobs$", 403, "accessNotConfigured",
                        "BigQuery API has not been used in project p before or it is disabled."),
                 "query", "has not been used", "gcloud services enable bigquery", id="API"),
    pytest.param(denied("POST", "/jobs$", 403, "accessDenied",
                        "BigQuery API has not been used in project p before or it is disabled."),
                 "query", "has not been used", "gcloud services enable bigquery",
                 id="API, as an older front end says it"),
    pytest.param(denied("POST", "/jobs$", 403, "billingNotEnabled",
                        "Billing has not been enabled for this project."),
                 "query", "Billing has not been enabled", "enable billing", id="billing"),
    pytest.param(denied("POST", "/jobs$", 403, "accessDenied",
                        "Access Denied: Project p: User does not have bigquery.jobs.create "
                        "permission in project p."),
                 "query", "bigquery.jobs.create", "Job User", id="the role of jobs"),
    pytest.param(other_location, "dataset nba", "it is in US, not in EU", "location: US",
                 id="location"),
    pytest.param(no_dataset, "dataset nba", "nba", "`datasets` of the target", id="dataset"),
    pytest.param(no_table, "dataset nba", "games", "models/sources.yml", id="table"),
    pytest.param(no_column, "dataset nba", "nba.games has no column state", "models/sources.yml",
                 id="column"),
    pytest.param(denied("GET", "/datasets/nba$", 403, "accessDenied",
                        "Access Denied: Dataset p:nba: Permission bigquery.datasets.get denied"),
                 "dataset nba", "bigquery.datasets.get", "Data Viewer", id="the role of datasets"),
    pytest.param(denied("GET", "/tables/games$", 403, "accessDenied",
                        "Access Denied: Table p:nba.games: Permission bigquery.tables.get denied"),
                 "dataset nba", "bigquery.tables.get", "Data Viewer", id="the role of tables"),
    pytest.param(denied("GET", "/datasets/plumbline$", 403, "accessDenied",
                        "Access Denied: Dataset p:plumbline: Permission denied"),
                 "history", "Permission denied", "roles/bigquery.dataOwner",
                 id="the role of history"),
]  # fmt: skip


@pytest.mark.parametrize(("take_away", "line", "detail", "fix"), MISSING)
def test_each_thing_that_is_missing_is_named_with_its_fix(
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    take_away: Callable[[Cloud, pytest.MonkeyPatch], None],
    line: str,
    detail: str,
    fix: str,
) -> None:
    take_away(cloud, monkeypatch)

    found = cloud.debug()

    assert found[line].level is Level.MISSING
    assert detail in found[line].detail
    assert fix in str(found[line].fix)
    before = LINES[: LINES.index(line)]
    assert all(found[name].level is Level.OK for name in before), "only that is missing"
