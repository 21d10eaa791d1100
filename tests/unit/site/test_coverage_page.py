"""The page of coverage: what is watched, how it was before, how often, and how long things lasted."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

from plumbline.core.status import Status
from plumbline.site import history_cache
from plumbline.site.coverage import coverage_of
from plumbline.site.history_cache import HistoryCache
from plumbline.site.pages import render_site
from plumbline.site.view_models import CoverageRow
from support.projects import SmallProject, make_project
from support.site_data import site_data
from support.site_records import at, records, story
from support.targets import embedded_target

SCHEDULE = """
schedules:
  - {checkpoint: health, cron: "0 */6 * * *", timezone: UTC, deadline: 10m, notify: [slack]}
  - {checkpoint: weekly, cron: "0 6 * * 1", timezone: UTC, deadline: 10m, notify: [slack]}
"""


def project(root: Path) -> SmallProject:
    small = make_project(root, embedded_target(root / "state"))
    small.add("coverage", "select 92.0 as pct")
    small.add("loose", "select 92.0 as pct")
    suite = small.root / "expectations/coverage.json"
    content = json.loads(suite.read_text())
    content["meta"]["monitor"] |= {"before": "by hand", "owner": "ana"}
    suite.write_text(json.dumps(content))
    small.checkpoint("coverage", name="health")
    small.checkpoint("coverage", name="weekly")
    (small.root / "checkpoints/schedule.yml").write_text(SCHEDULE)
    return small


def rows(small: SmallProject, cache: HistoryCache) -> dict[str, CoverageRow]:
    of = small.project
    suites = {name: of.suite(name) for name in ("coverage", "loose")}
    checkpoints = {name: of.checkpoint(name).monitors for name in of.checkpoint_names()}
    found = coverage_of(of, cache, suites=suites, checkpoints=checkpoints)
    return {row.monitor: row for row in found}


def test_how_and_how_often_a_monitor_is_looked_at(tmp_path: Path) -> None:
    found = rows(project(tmp_path), HistoryCache())
    coverage, loose = found["coverage"], found["loose"]
    assert (coverage.before, coverage.owner) == ("by hand", "ana")
    assert (coverage.checkpoints, coverage.every) == (("health", "weekly"), timedelta(hours=6))
    assert (loose.checkpoints, loose.every, loose.status) == ((), None, None)


def test_how_long_it_may_go_unseen_and_how_long_it_lasted(tmp_path: Path) -> None:
    instants = [at("2026-02-01 06:00"), at("2026-02-01 12:00"), at("2026-02-02 12:00")]
    cache = history_cache.with_records(HistoryCache(), records(instants))
    first = story("coverage-1", "2026-01-10").event("2026-01-12", "resolved", "recovered")
    second = story("coverage-2", "2026-01-20").event("2026-01-26", "resolved", "recovered")
    still = story("coverage-3", "2026-02-01")
    events = [*first.events, *second.events, *still.events]
    coverage = rows(project(tmp_path), history_cache.with_stories(cache, events, []))["coverage"]
    assert coverage.status is Status.PASS
    assert coverage.longest_gap == timedelta(days=1)
    assert coverage.incidents == 2
    assert (coverage.median_lasted, coverage.longest_lasted) == (
        timedelta(days=4),
        timedelta(days=6),
    )


def test_the_page_says_it_and_is_linked_from_every_page(tmp_path: Path) -> None:
    found = tuple(rows(project(tmp_path), HistoryCache()).values())
    pages = render_site(site_data(coverage=found)).files
    text = " ".join(re.sub(r"<[^>]*>", " ", pages["coverage.html"].decode()).split())
    assert "2 monitors" in text
    assert "coverage ana by hand never checked health, weekly every 6h" in text
    assert "in no checkpoint by hand" in text
    assert b'href="coverage.html"' in pages["index.html"]


def test_without_monitors_there_is_no_page() -> None:
    pages = render_site(site_data(coverage=())).files
    assert "coverage.html" not in pages
    assert b'href="coverage.html"' not in pages["index.html"]
