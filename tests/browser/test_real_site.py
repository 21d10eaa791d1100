"""Sites that real builds made, in a real browser: some days of the demo season lived through, and a
season of months that are over.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from plumbline.core.outcome import ThresholdLine
from plumbline.site import build as building
from plumbline.site.build import build_site
from plumbline.site.sync import News
from plumbline.site.writing import FolderSite
from support.crawl import crawl
from support.processes import environment
from support.projects import make_project
from support.season import copy_season
from support.site_records import at, every_six_hours, record, story
from support.targets import embedded_target
from support.warm_python import warm_python

from .conftest import OpenPage, complaints

ROOT = Path(__file__).parents[2]
FRESH, LATE = "2026-02-21T02:00:00Z", "2026-02-23T06:00:00Z"
NEVER = "2020-01-01T00:00:00Z"
"""Before anything that a build of now says is due."""


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Four days of the demo season, run by run, with alerts; see scripts/demo_site."""
    folder = tmp_path_factory.mktemp("lived")
    copy_season(folder / "state", tmp_path_factory, worker_id)
    options = ("--output", str(folder / "site"), "--state", str(folder / "state"))
    days = ("--from", "2026-01-30", "--to", "2026-02-02")
    subprocess.run(
        [*warm_python(), "-P", str(ROOT / "scripts" / "demo_site"), *options, *days],
        env=environment(),
        check=True,
        capture_output=True,
        timeout=180,
    )
    return folder / "site"


@pytest.fixture(scope="session")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A monitor's runs every six hours from November to February: three months are over."""
    folder = tmp_path_factory.mktemp("season")
    small = make_project(folder / "project", embedded_target(folder / "state"))
    small.add("coverage", "select 92.0 as pct")
    small.checkpoint("coverage", name="health_check")
    old = (ThresholdLine("warning", 70.0), ThresholdLine("critical", 50.0))
    found = []
    for index, instant in enumerate(every_six_hours("2025-11-20", "2026-02-19")):
        changes = {"lines": old} if instant < at("2025-12-20") else {}
        is_wrong = at("2025-12-28") < instant <= at("2026-01-04")
        found.append(record(instant, 40.0 if is_wrong else 90.0 + index % 7, **changes))
    told = story("coverage-0badcafe", "2025-12-28").event("2026-01-05", "resolved", "recovered")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            building,
            "read_news",
            lambda *_, **__: News(events=told.events, deliveries=told.deliveries),
        )
        for first in range(0, len(found), 60):
            build_site(
                FolderSite(folder / "docs"),
                small.project,
                small.target,
                records=found[first : first + 60],
                now=at("2026-02-19"),
            )
    return (folder / "docs").resolve()


def readout(page: Page, key: str) -> str:
    """What the chart says after a key."""
    before = page.locator(".readout").inner_text()
    page.keyboard.press(key)
    page.wait_for_function(
        "before => document.querySelector('.readout').textContent !== before", arg=before
    )
    return page.locator(".readout").inner_text()


# What was lived


def test_the_lived_days_make_a_whole_site(lived: Path) -> None:
    assert crawl(lived, hidden=[ROOT]) == []


def test_from_the_overview_to_a_monitor_to_its_incident_and_back(
    open_page: OpenPage, lived: Path
) -> None:
    page = open_page("index.html", of=lived, now=NEVER)
    expect(page.get_by_role("heading", level=1)).to_contain_text("of 15 monitors failing")
    page.get_by_role("link", name="line_coverage", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("line_coverage")
    expect(page.locator("main")).to_contain_text("44.2")
    page.get_by_role("link", name="line_coverage-").first.click()
    timeline = page.locator(".timeline")
    opened = timeline.locator("li", has_text="opened: first failure")
    opened.get_by_text("1 message").click()
    expect(opened).to_contain_text("delivered on the first attempt")
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("of 15 monitors")


def test_a_day_of_the_calendar_leads_to_its_runs_and_what_they_changed(
    open_page: OpenPage, lived: Path
) -> None:
    page = open_page("index.html", of=lived, now=NEVER)
    page.locator(".calendar").get_by_role("link", name="2 Feb 2026: ").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Runs of 2 Feb 2026")
    expect(page.locator("main")).to_contain_text("Since the previous run (end of 1 Feb 2026): new")
    page.locator("tbody").get_by_role("link", name="line_coverage").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("line_coverage")


def test_every_page_opens_without_a_complaint(open_page: OpenPage, lived: Path) -> None:
    page = open_page("index.html", of=lived, now=NEVER)
    for path in sorted(lived.rglob("*.html")):
        if "validations" not in path.parts or "line_coverage" in path.parts:
            page.goto(path.as_uri())
            assert page.get_by_role("heading", level=1).count() == 1


# Other kinds of pages: test_site.py.
@pytest.mark.parametrize("path", ["index.html", "days/2026-02-02.html", "coverage.html"])
def test_axe_finds_no_violation_and_a_phone_scrolls_in_one_direction(
    open_page: OpenPage, lived: Path, path: str
) -> None:
    assert complaints(open_page(path, of=lived, now=NEVER)) == []


def test_a_line_a_group(open_page: OpenPage, lived: Path) -> None:
    page = open_page("monitors/grading_completeness.html", of=lived, now=NEVER)
    groups = page.locator("section[aria-labelledby=groups] svg")
    assert groups.count() >= 6


# A season


def test_the_chart_joins_the_days_that_are_over_with_what_the_page_holds(
    open_page: OpenPage, season: Path
) -> None:
    page = open_page("monitors/coverage.html", of=season, now=FRESH)
    of_months = [11 * 4, 31 * 4, 31 * 4, 18 * 4]
    assert page.evaluate("plumblineMonths.map((month) => month.at.length)") == of_months
    page.locator("[data-chart]").focus()
    assert readout(page, "Home").startswith("20 Nov 2025 06:00: ")
    assert readout(page, "End").startswith("end of 19 Feb 2026: ")
    # from the page's first run, on the last day, one back is the end of the day before
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "document.querySelector('.readout').textContent.startsWith('19 Feb 2026 06:00')"
    )
    assert readout(page, "ArrowLeft").startswith("end of 18 Feb 2026: ")


def test_a_joined_chart_says_the_status_and_number_of_each_run(
    open_page: OpenPage, season: Path
) -> None:
    page = open_page("monitors/coverage.html", of=season, now=FRESH)
    page.locator("[data-chart]").focus()
    readout(page, "Home")
    runs_until_the_fault = 11 * 4 + 28 * 4  # of November, of December before the 29th
    for _ in range(runs_until_the_fault):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "document.querySelector('.readout').textContent === '29 Dec 2025 06:00: 40.0 %, CRITICAL'"
    )


def test_a_season_is_stale_when_it_was_not_rebuilt(open_page: OpenPage, season: Path) -> None:
    assert not open_page("index.html", of=season, now=FRESH).get_by_role("alert").is_visible()
    page = open_page("index.html", of=season, now=LATE)
    expect(page.get_by_role("alert")).to_contain_text("STALE: this page should have been rebuilt")


def test_months_that_are_over_are_a_click_away(open_page: OpenPage, season: Path) -> None:
    page = open_page("monitors/coverage.html", of=season, now=FRESH)
    page.get_by_role("link", name="Incidents", exact=True).click()
    page.get_by_role("link", name="2025-12").click()
    page.get_by_role("link", name="coverage-0badcafe").click()
    expect(page.locator("main")).to_contain_text("resolved: recovered")
    page.get_by_role("link", name="coverage", exact=True).first.click()
    page.locator("section[aria-labelledby=runs]").get_by_role("link", name="2025-12").click()
    assert page.locator("tbody tr").count() == 31 * 4


def test_a_season_prints_with_its_joined_chart(open_page: OpenPage, season: Path) -> None:
    page = open_page("monitors/coverage.html", of=season, now=FRESH)
    assert page.pdf().startswith(b"%PDF")


def test_axe_finds_no_violation_in_a_season(open_page: OpenPage, season: Path) -> None:
    assert complaints(open_page("monitors/coverage.html", of=season, now=FRESH)) == []
