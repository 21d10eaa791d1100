"""What runs recorded in the real warehouse is in the site that another machine builds of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from plumbline.alerts.store import StateStore
from plumbline.core.mute import Mute
from plumbline.core.outcome import RunReport
from plumbline.gx.context import open_workspace
from plumbline.history import dataset as dataset_module
from plumbline.history.tables import OUTCOMES, TABLES
from plumbline.project.targets import Target
from plumbline.run.request import AsOf, RunRequest
from plumbline.run.runner import run_checkpoint
from plumbline.site import sync
from plumbline.site.build import build_site
from plumbline.site.sync import read_news
from plumbline.site.writing import FolderSite
from plumbline.warehouse.client import open_client
from support.crawl import crawl
from support.fake_slack import FakeSlack
from support.projects import SmallMonitor, SmallProject, between, make_project
from support.site_records import ZONE, at
from support.sockets import refused_port
from support.targets import embedded_target, foreign_emulator

pytestmark = pytest.mark.warehouse

FIRST, SECOND, THIRD = (at(f"2026-02-0{day}") for day in (1, 2, 3))
SINCE = at("2025-01-01")
SYSTEMS = SmallMonitor(
    "select 'a' as system, 10.0 as pct union all select 'b', 95.0",
    [between("critical", column="pct", min_value=50, group_by=["system"])],
    {"count_failing": "critical", "unit": "systems"},
)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", server.webhook_url)
        yield server


@pytest.fixture
def live(warehouse: Target, tmp_path: Path, slack: FakeSlack) -> SmallProject:
    """A project whose runs tell and record; two monitors."""
    assert slack
    return shipped(tmp_path / "here", warehouse)


def shipped(root: Path, warehouse: Target) -> SmallProject:
    small = make_project(root, warehouse)
    small.add("coverage", "select 40.0 as pct")
    small.add("systems", SYSTEMS)
    alerts = {"name": "alerts", "type": "plumbline_alerts"}
    docs = {"name": "docs", "type": "plumbline_docs"}
    small.checkpoint("coverage", "systems", name="health_check", actions=[alerts, docs])
    return small


def run(small: SmallProject, instant: datetime, **changes: Any) -> RunReport:
    request = RunRequest(
        project=small.project,
        target=small.target,
        as_of=AsOf(instant, "given"),
        alerts=True,
        **changes,
    )
    return run_checkpoint(
        request, now=instant + timedelta(minutes=5), open_workspace=open_workspace
    )


def site_of(small: SmallProject) -> Path:
    return small.root / ".plumbline" / "docs" / "local"


def words(site: Path, path: str) -> str:
    text = re.sub(r"<[^>]*>", " ", (site / path).read_text(encoding="utf-8"))
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def series(site: Path, monitor: str) -> Any:
    """What a monitor's chart draws: the days that are over, then what the page itself holds."""
    page = (site / "monitors" / f"{monitor}.html").read_text()
    found = re.search(r'id="series">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    months = [
        re.sub(r"^.*?push\((.*)\);\s*$", r"\1", file.read_text(), flags=re.DOTALL)
        for file in sorted((site / "data" / monitor).glob("*.js"))
    ]
    parts = [json.loads(part) for part in (*months, found[1])]
    return {
        name: [value for part in parts for value in part[name]]
        for name in ("at", "observed", "statuses", "lines", "shades")
    }


def build(small: SmallProject, folder: Path, **more: Any) -> tuple[str, ...]:
    values: dict[str, Any] = {"records": (), "now": at("2026-02-04 00:10")}
    return build_site(FolderSite(folder), small.project, small.target, **values | more).notes


def test_another_machine_builds_the_same_charts_and_incidents_of_the_history_alone(
    live: SmallProject, warehouse: Target, tmp_path: Path
) -> None:
    run(live, FIRST)
    run(live, SECOND)
    live.add("coverage", "select 92.0 as pct")
    run(live, THIRD)

    other = shipped(tmp_path / "there", warehouse)
    there = tmp_path / "site"
    assert build(other, there, afresh=True) == ()

    here = site_of(live)
    for monitor in ("coverage", "systems"):
        assert series(there, monitor) == series(here, monitor)
    assert series(there, "coverage")["observed"] == [40.0, 40.0, 92.0]
    assert {line["severity"] for line in series(there, "coverage")["lines"]} == {
        "warning",
        "critical",
    }
    incidents = sorted(path.name for path in here.glob("incidents/coverage-*.html"))
    assert len(incidents) == 1
    said = words(there, f"incidents/{incidents[0]}")
    assert said == words(here, f"incidents/{incidents[0]}")
    assert "opened: first failure" in said
    assert "delivered on the first attempt" in said
    assert "resolved" in said
    assert crawl(there, hidden=[live.root, other.root]) == []
    assert crawl(here, hidden=[live.root]) == []
    for site in (here, there):
        assert "1 of 2 monitors failing: 1 CRITICAL" in words(site, "index.html")
        assert "score 50 of 100" in words(site, "index.html")
        # the first two of three runs failed, both levels of the threshold
        suites = words(site, "expectations/index.html")
        assert suites.count("2 of 3 days: 1 Feb to 2 Feb") == 2, suites


def test_a_part_of_a_checkpoint_that_alerts_is_no_run_of_it(
    live: SmallProject, tmp_path: Path
) -> None:
    run(live, FIRST)
    run(live, SECOND, select=("coverage",))
    build(live, tmp_path / "site", afresh=True)
    for site in (site_of(live), tmp_path / "site"):
        assert "end of 1 Feb 2026" in words(site, "index.html").split("Checkpoints")[1]
        assert len(series(site, "coverage")["at"]) == 2


def test_only_what_is_new_is_read(
    live: SmallProject, warehouse: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(live, FIRST)
    first = read_news(warehouse, since=SINCE, recorded=None)
    assert list(first.rows) == ["coverage", "systems"]
    assert first.synced_to is not None

    run(live, SECOND)
    again = read_news(warehouse, since=SINCE, recorded=first.synced_to)
    assert [row.at for row in again.rows["coverage"]] == [FIRST, SECOND]  # an hour of it again
    monkeypatch.setattr(sync, "OVERLAP", timedelta(0))
    new = read_news(warehouse, since=SINCE, recorded=first.synced_to + timedelta(microseconds=1))
    assert [row.at for row in new.rows["coverage"]] == [SECOND]
    assert new.synced_to is not None
    none = read_news(warehouse, since=SINCE, recorded=new.synced_to + timedelta(microseconds=1))
    assert (none.rows, none.events, none.deliveries) == ({}, [], [])


def test_what_is_known_is_not_read_again(live: SmallProject, warehouse: Target) -> None:
    run(live, FIRST)
    first = read_news(warehouse, since=SINCE, recorded=None)
    assert (len(first.runs), len(first.events) > 0, len(first.deliveries) > 0) == (1, True, True)
    run(live, SECOND)
    new = read_news(warehouse, since=SINCE, recorded=first.synced_to, known=first.synced)
    assert [row.at for row in new.rows["coverage"]] == [SECOND]
    assert not {one.event_id for one in new.events} & {one.event_id for one in first.events}
    assert not {one.event_id for one in new.deliveries} & {one.event_id for one in first.deliveries}
    assert first.synced.keys() < new.synced.keys()


def test_of_what_no_build_meets_again_nothing_is_kept(
    live: SmallProject, warehouse: Target
) -> None:
    long_ago = {"run-of-long-ago": datetime(2026, 2, 1, tzinfo=UTC)}
    run(live, FIRST)
    news = read_news(warehouse, since=SINCE, recorded=None, known=long_ago)
    assert "run-of-long-ago" not in news.synced


def test_what_was_judged_before_the_retention_is_not_read(
    live: SmallProject, warehouse: Target
) -> None:
    run(live, FIRST)
    assert read_news(warehouse, since=SECOND, recorded=None).rows == {}


def test_rows_of_another_target_in_the_same_dataset_are_not_its_own(
    live: SmallProject, warehouse: Target
) -> None:
    run(live, FIRST)
    assert read_news(replace(warehouse, name="other"), since=SINCE, recorded=None).rows == {}


def test_mutes_set_by_command_are_on_the_overview(
    live: SmallProject, warehouse: Target, tmp_path: Path
) -> None:
    run(live, FIRST)
    store = StateStore(warehouse)
    state = store.load()
    mute = Mute("coverage", "ana", "being mended", at("2027-01-01"), "command", datetime.now(UTC))
    store.commit(replace(state, mutes=(mute,)), based_on=state)
    build(live, tmp_path / "site")
    assert "by ana: being mended" in words(tmp_path / "site", "index.html")


def test_a_dataset_that_is_not_there_is_not_made(warehouse: Target, tmp_path: Path) -> None:
    small = shipped(tmp_path / "project", warehouse)
    assert build(small, tmp_path / "site") == ()
    assert [found.dataset_id for found in open_client(warehouse).list_datasets()] == []
    assert "No runs yet." in words(tmp_path / "site", "index.html")


def test_a_dataset_of_an_earlier_version_gets_no_columns_by_being_looked_at(
    warehouse: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = takewhile(lambda column: column.name != "threshold_lines", OUTCOMES.columns)
    outcomes = replace(OUTCOMES, columns=tuple(before))
    earlier = tuple(outcomes if table is OUTCOMES else table for table in TABLES)
    with monkeypatch.context() as past:
        past.setattr(dataset_module, "TABLES", earlier)
        past.setattr(dataset_module, "SCHEMA_VERSION", 1)
        dataset_module.OwnDataset(warehouse).ensure()
    small = shipped(tmp_path / "project", warehouse)
    assert build(small, tmp_path / "site") == ()
    table = open_client(warehouse).get_table(f"{warehouse.project}.plumbline.outcomes")
    assert "threshold_lines" not in {column.name for column in table.schema}


@pytest.mark.parametrize("how", ["not started", "nothing listens"])
def test_a_warehouse_that_cannot_be_asked_gives_a_note_and_a_site(
    tmp_path: Path, how: str, warehouse: Target
) -> None:
    small = shipped(tmp_path / "project", warehouse)
    target = (
        embedded_target(tmp_path / "state")
        if how == "not started"
        else foreign_emulator(f"http://127.0.0.1:{refused_port()}")
    )
    (note,) = build(replace(small, target=target), tmp_path / "site")
    assert note.startswith("The history could not be read: ")
    assert crawl(tmp_path / "site", hidden=[small.root]) == []


def test_the_zone_of_the_tests_is_the_projects(live: SmallProject) -> None:
    assert live.project.timezone == ZONE
