"""The data docs as a plain Great Expectations user meets them, and what may never come of them."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import great_expectations as gx
import pytest

from plumbline.gx.docs_action import DocsAction
from plumbline.gx.site_builder import open_sites
from plumbline.project.targets import Target
from plumbline.site import paths
from plumbline.warehouse.embedded import EmbeddedWarehouse
from support.crawl import crawl
from support.fake_slack import FakeSlack
from support.projects import NOW, SmallMonitor, SmallProject, make_project

pytestmark = pytest.mark.warehouse

ALERTS = {"name": "alerts", "type": "plumbline_alerts"}
DOCS = {"name": "docs", "type": "plumbline_docs"}
WRONG = "select '2026-02-02' as game_date, 44.2 as pct"


@pytest.fixture
def notebook(warehouse: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """A project on a server of the user's own, as a notebook finds it."""
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", EmbeddedWarehouse.of(warehouse).url())
    monkeypatch.setenv("PLUMBLINE_PROJECT", warehouse.project)
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(tmp_path / "state"))
    small = make_project(tmp_path / "project", warehouse)
    small.add("coverage", WRONG)
    small.add("volume", "select 91.0 as pct")
    small.checkpoint("coverage", "volume", actions=[DOCS])
    return small


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", server.webhook_url)
        yield server


@pytest.fixture
def local(small: SmallProject) -> SmallProject:
    """The same as the command line runs it."""
    small.add("coverage", WRONG)
    small.add("volume", "select 91.0 as pct")
    small.checkpoint("coverage", "volume", actions=[DOCS])
    return small


def context_of(project: SmallProject) -> Any:
    return gx.get_context(context_root_dir=str(project.root))


def docs_of(project: SmallProject) -> Path:
    return project.root / ".plumbline" / "docs"


def site_of(context: Any) -> Path:
    (site,) = open_sites(context)
    files: Any = site.files(site.project.target())
    folder: Path = files.folder
    return folder


def content(site: Path) -> dict[str, bytes]:
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }


def without_clock(pages: dict[str, bytes]) -> dict[str, bytes]:
    """The overview's time of building, and when that gets old, are the clock's."""
    page = pages["index.html"].decode()
    page = re.sub(r'data-due="[^"]*"', "", page)
    page = re.sub(r"<time[^>]*>[^<]*</time>", "", page[page.index("<footer") :])
    whole = pages["index.html"].decode()
    whole = re.sub(r'data-due="[^"]*"', "", whole[: whole.index("<footer")])
    return pages | {"index.html": (whole + page).encode()}


def test_a_run_in_a_notebook_builds_the_site(notebook: SmallProject) -> None:
    context = context_of(notebook)
    result = context.checkpoints.get("all").run()
    assert not result.success
    site = site_of(context)
    assert "1 of 2 monitors failing: 1 CRITICAL" in (site / "index.html").read_text()
    assert crawl(site, hidden=[notebook.root]) == []


def test_gxs_own_ways_to_build_give_the_same_site(notebook: SmallProject) -> None:
    context = context_of(notebook)
    checkpoint = context.checkpoints.get("all")
    checkpoint.run()
    site = site_of(context)
    ours = content(site)

    built = context.build_data_docs()
    assert built["local_site"].endswith("index.html")
    assert without_clock(content(site)) == without_clock(ours)

    shutil.rmtree(site.parent)
    context.build_data_docs()
    assert without_clock(content(site)) == without_clock(ours)


def test_gxs_own_action_gives_the_same_site(notebook: SmallProject) -> None:
    context = context_of(notebook)
    context.checkpoints.get("all").run()
    site = site_of(context)
    ours = content(site)

    shutil.rmtree(site.parent)
    shutil.rmtree(notebook.root.parent / "state" / "results", ignore_errors=True)
    notebook.checkpoint(
        "coverage", "volume", actions=[{"name": "update", "type": "update_data_docs"}]
    )
    context = context_of(notebook)
    context.checkpoints.get("all").run()
    theirs = content(site_of(context))
    # another run: of another moment, with another id, and as long as it took
    assert {_shape(path) for path in theirs} == {_shape(path) for path in ours}
    assert crawl(site_of(context), hidden=[notebook.root]) == []
    again = content(site_of(context))
    context.build_data_docs()
    assert without_clock(content(site_of(context))) == without_clock(again)


def _shape(path: str) -> str:
    return re.sub(r"(validations/\w+/).*", r"\1RUN.html", path)


def test_gx_finds_the_address_of_the_site_and_of_its_pages(notebook: SmallProject) -> None:
    context = context_of(notebook)
    assert context.build_data_docs(dry_run=True)["local_site"].endswith("local/index.html")
    (before,) = context.get_docs_sites_urls()
    assert before["site_url"] is None
    result = context.checkpoints.get("all").run()
    (after,) = context.get_docs_sites_urls()
    site = site_of(context)
    assert after["site_url"] == (site / "index.html").as_uri()
    for key in result.run_results:
        (page,) = context.get_docs_sites_urls(resource_identifier=key)
        assert page["site_url"].startswith(site.as_uri())
        assert (site / page["site_url"].removeprefix(f"{site.as_uri()}/")).is_file()


def test_clean_removes_the_sites_and_the_next_build_makes_them_anew(notebook: SmallProject) -> None:
    context = context_of(notebook)
    context.checkpoints.get("all").run()
    site = site_of(context)
    before = content(site)
    context.clean_data_docs()
    assert list(site.parent.iterdir()) == []
    context.build_data_docs()
    assert without_clock(content(site)) == without_clock(before)


def test_a_run_of_a_part_is_on_the_pages_and_no_run_of_the_checkpoint(local: SmallProject) -> None:
    local.run()
    local.run(select=("volume",))
    page = (docs_of(local) / "local" / "index.html").read_text()
    assert "1 of 2 monitors failing" in page


def test_a_run_with_other_vars_changes_no_page_of_its_monitor(local: SmallProject) -> None:
    local.add("volume", "select 90.0 + {{ var('days') }} as pct")
    local.run()
    page = docs_of(local) / "local" / "monitors" / "volume.html"
    before = page.read_text()
    report = local.run(select=("volume",), vars={"days": 7})
    assert [outcome.observed for outcome in report.outcomes] == [97.0]
    assert page.read_text() == before
    assert any("--var" in note for note in report.notes)


def test_without_docs_nothing_is_built(local: SmallProject) -> None:
    report = local.run(docs=False)
    assert report.docs is None
    assert not docs_of(local).exists()
    local.run()
    assert "1 of 2" in (docs_of(local) / "local" / "index.html").read_text()


@pytest.mark.parametrize("fault", ["somebody's folder", "a file in its way", "a full disk"])
def test_docs_that_cannot_be_written_cost_no_finding_and_no_alert(
    local: SmallProject, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    local.checkpoint("coverage", "volume", actions=[ALERTS, DOCS])
    expected = local.run(alerts=False, docs=False)
    if fault == "somebody's folder":
        (docs_of(local) / "local").mkdir(parents=True)
        (docs_of(local) / "local" / "mine.txt").write_text("mine")
    elif fault == "a file in its way":
        docs_of(local).parent.mkdir(exist_ok=True)
        docs_of(local).write_text("in the way")
    else:
        from plumbline.site import writing

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(writing, "_to_disk", full)
    report = local.run(alerts=True)
    assert report.exit_code == expected.exit_code == 2
    assert [one.status for one in report.outcomes] == [one.status for one in expected.outcomes]
    assert len(slack.messages) == 1
    assert report.docs is None
    (said,) = [note for note in report.notes if "'docs'" in note]
    assert "action 'docs' failed" in said


def test_results_that_cannot_be_stored_are_in_the_docs_all_the_same(local: SmallProject) -> None:
    results = local.root / ".plumbline" / "results"
    results.parent.mkdir(exist_ok=True)
    results.write_text("in the way")
    report = local.run()
    assert report.exit_code == 2
    assert "1 of 2 monitors failing" in (docs_of(local) / "local" / "index.html").read_text()


def test_faults_name_no_path_of_this_machine(local: SmallProject) -> None:
    local.add("broken", SmallMonitor("select 1 as x", suite_text='{"name": "broken", "nope": 1}'))
    local.checkpoint("coverage", "broken", actions=[DOCS])
    report = local.run()
    assert {one.monitor: one.status.value for one in report.outcomes}["broken"] == "ERROR"
    site = docs_of(local) / "local"
    assert "expectations/broken.json" in (site / "monitors" / "broken.html").read_text()
    assert crawl(site, hidden=[local.root]) == []


def test_two_builds_at_once_make_one_site_that_has_both(notebook: SmallProject) -> None:
    """Of two runs, each with its own results in hand."""
    context = context_of(notebook)
    ready = []
    for name, monitor in (("one", "coverage"), ("two", "volume")):
        notebook.checkpoint(monitor, name=name)
        options = {"as_of": NOW.isoformat()}
        result = context.checkpoints.get(name).run(batch_parameters=options)
        action = DocsAction(name="docs")
        action._data_context = context
        ready.append((action, result))
    gate = threading.Barrier(2)

    def build(action: DocsAction, result: Any) -> None:
        gate.wait(timeout=60)
        action.run(checkpoint_result=result)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(build, *one) for one in ready]:
            done.result(timeout=60)
    site = site_of(context)
    cache = json.loads((site / paths.HISTORY_CACHE).read_text())
    assert {run["checkpoint"] for run in cache["runs"]} == {"one", "two"}
    assert crawl(site, hidden=[notebook.root]) == []
