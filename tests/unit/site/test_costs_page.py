"""The page of costs: from the cache to what it says, and that there is none without a word."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plumbline.core.pricing import LIST_PRICE, MB
from plumbline.core.status import Status
from plumbline.history.cost.daily import DAYS
from plumbline.project import Project
from plumbline.site import paths
from plumbline.site.costs import costs_of
from plumbline.site.history_cache import CachedMonitor, HistoryCache, Keep, settled
from plumbline.site.pages import render_site
from plumbline.site.records import Record, RunStamp
from plumbline.site.rows import Row
from support.projects import SmallMonitor, make_project
from support.reports import outcome
from support.site_data import ROOT, site_data
from support.targets import embedded_target

ZONE = ZoneInfo("America/New_York")
LAST = datetime(2026, 2, 3, tzinfo=ZONE)  # the end of 2 February, which is its fourth run


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two monitors of a checkpoint that runs every six hours; one may cost 30 MB a day."""
    small = make_project(tmp_path, embedded_target(tmp_path / "state"))
    budget = {"bytes_per_day": "30 MB"}
    small.add("lines", SmallMonitor("select 1", meta={"owner": "ml", "budget": budget}))
    small.add("grades", SmallMonitor("select 1", meta={"owner": "<data>"}))
    small.checkpoint("lines", "grades", name="health")
    schedule = {
        "checkpoint": "health",
        "cron": "0 */6 * * *",
        "timezone": "America/New_York",
        "deadline": "10m",
        "notify": ["slack-error"],
    }
    (tmp_path / "checkpoints" / "schedule.yml").write_text(json.dumps({"schedules": [schedule]}))
    (tmp_path / "checkpoints" / "alerts.yml").write_text(
        (ROOT / "checkpoints" / "alerts.yml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    return small.project


def monitor(name: str, billed: int | None, tables: tuple[str, ...], runs: int = 4) -> CachedMonitor:
    """A monitor that ran every six hours until `LAST`."""
    rows = tuple(
        Row(
            at=LAST - timedelta(hours=6 * back),
            status=Status.PASS,
            observed=1.0,
            checkpoint="health",
            bytes_billed=billed,
        )
        for back in reversed(range(runs))
    )
    stamp = RunStamp("r", "health", "local", LAST, LAST, monitors=2)
    found = outcome(name, tables=tables, bytes_billed=billed)
    return CachedMonitor(name, latest=Record(stamp, found, LAST), rows=rows)


def cache(billed: int | None = 20 * MB, runs: int = 4) -> HistoryCache:
    return HistoryCache(
        target="local",
        monitors={
            "lines": monitor("lines", billed, ("d.games", "d.lines"), runs),
            "grades": monitor("grades", billed, ("d.games",), runs),
        },
    )


def words(page: bytes) -> str:
    text = re.sub(r"<[^>]+>", " ", page.decode())
    return " ".join(text.split())


def page_of(project: Project, found: HistoryCache) -> str:
    view = costs_of(project, found, LIST_PRICE)
    assert view is not None
    pages = render_site(site_data(costs=view))
    assert b">Costs</a>" in pages.files[paths.OVERVIEW]
    assert b"<data>" not in pages.files[paths.COSTS]
    return words(pages.files[paths.COSTS])


def test_it_says_what_a_month_comes_to_by_monitor_checkpoint_and_owner(project: Project) -> None:
    said = page_of(project, cache())
    assert "BigQuery billed 160.0 MiB in 8 jobs for the runs of the last day." in said
    assert "0.03 USD per month" in said
    # runs, jobs, billed, minimum, a run, a day, a month
    assert "lines 4 4 80.0 MiB 80.0 MiB 20.0 MiB 80.0 MiB 2.3 GiB" in said
    assert "grades 4 4 80.0 MiB 40.0 MiB 20.0 MiB 80.0 MiB 2.3 GiB" in said
    assert "health 4 8 160.0 MiB 120.0 MiB 40.0 MiB 160.0 MiB 4.7 GiB" in said
    assert "&lt;data&gt; 4 4" in said


def test_a_budget_that_is_spent_is_said_in_words(project: Project) -> None:
    assert "lines 30.0 MiB 80.0 MiB, over its budget 1" in page_of(project, cache())
    assert "over its budget" not in page_of(project, cache(billed=MB))


def test_it_says_what_sharing_would_save(project: Project) -> None:
    said = page_of(project, cache())
    assert "d.games grades, lines 10.0 MiB" in said
    assert "1.2 GiB per month, less than 0.01 USD." in said


def test_where_the_warehouse_is_silent_the_least_is_said_to_be_the_least(project: Project) -> None:
    said = page_of(project, cache(billed=None))
    assert "BigQuery would bill at least 120.0 MiB in 8 jobs for the runs of the last day." in said


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(HistoryCache(target="local"), id="nothing has run"),
        pytest.param(
            HistoryCache(target="local", monitors={"lines": monitor("lines", None, ())}),
            id="neither the warehouse nor the model says",
        ),
    ],
)
def test_without_anything_to_say_there_is_no_page(project: Project, found: HistoryCache) -> None:
    assert costs_of(project, found, LIST_PRICE) is None
    pages = render_site(site_data())
    assert paths.COSTS not in pages.files
    assert b">Costs</a>" not in pages.files[paths.OVERVIEW]


def test_days_that_are_over_stay_in_the_sum_and_the_book_stays_small(project: Project) -> None:
    once, _ = settled(cache(runs=4 * 40), Keep(), ZONE)
    again, _ = settled(once, Keep(), ZONE)
    assert again == once
    costs = once.monitors["lines"].costs
    assert len(costs) == DAYS
    assert {day.bytes_billed for day in costs} == {80 * MB}

    view = costs_of(project, once, LIST_PRICE)
    assert view is not None
    assert view.days == DAYS
    assert view.total.runs == 4 * DAYS
