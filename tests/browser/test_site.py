"""The data docs in a real browser, from files, without a network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from plumbline.core.group_key import GroupKey
from plumbline.site.pages import render_site
from support.site_data import DRILLDOWN, site_data
from support.written_sites import write_site

from .conftest import OpenPage, complaints

PAGES = (
    "index.html",
    "monitors/line_coverage.html",
    "monitors/grading_completeness.html",
    "monitors/bdb_coverage.html",
    "monitors/line_coverage/2026-01.html",
    "incidents/index.html",
    "incidents/line_coverage-3f9c2a71.html",
    "incidents/bdb_coverage-e77e0aa1.html",
    "incidents/2025-10.html",
    "expectations/index.html",
    "glossary.html",
)


def test_from_the_overview_to_a_monitor_to_its_incident_and_back(open_page: OpenPage) -> None:
    page = open_page("index.html")
    page.get_by_role("link", name="line_coverage", exact=True).first.click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("line_coverage")
    page.get_by_role("link", name="line_coverage-3f9c2a71").first.click()
    assert page.get_by_role("heading", name="Timeline").is_visible()
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Overview").click()
    assert (
        page.get_by_role("heading", level=1).inner_text() == "2 of 5 monitors failing: 2 CRITICAL"
    )


def shown(page: Page) -> list[str]:
    """The monitors whose lines are visible."""
    names = page.locator("tr[data-status]:visible th a").all_inner_texts()
    return [name.strip() for name in names]


def test_filters_are_words_of_the_address_and_steps_of_the_back_button(open_page: OpenPage) -> None:
    page = open_page("index.html")
    everything = shown(page)
    assert len(everything) == 5
    page.get_by_label("Status").select_option("unattended")
    assert shown(page) == ["grading_completeness"]
    assert page.url.endswith("index.html?status=unattended")
    assert page.get_by_role("status").inner_text() == "1 of 5 monitors"
    assert not page.get_by_role("heading", name="Not failing").is_visible()
    page.get_by_label("Status").select_option("")
    page.get_by_label("Owner").select_option("data-platform")
    assert shown(page) == ["phase_completion", "bdb_coverage"]
    page.get_by_label("Find").press_sequentially("BDB cov")
    assert shown(page) == ["bdb_coverage"]
    assert page.url.endswith("?q=BDB+cov&owner=data-platform")
    page.go_back()  # what was typed is one step
    assert shown(page) == ["phase_completion", "bdb_coverage"]
    assert page.get_by_label("Find").input_value() == ""
    page.get_by_role("button", name="Show all").click()
    assert shown(page) == everything
    assert page.url.endswith("index.html")


@pytest.mark.parametrize("query", ["q=no+such+monitor", "owner=somebody-else", "status=ERROR"])
def test_a_filter_without_a_match_says_so_and_can_be_reset(open_page: OpenPage, query: str) -> None:
    page = open_page(f"index.html?{query}")
    assert shown(page) == []
    assert page.get_by_text("No monitors match.").is_visible()
    assert page.get_by_role("status").inner_text() == "0 of 5 monitors"
    page.locator("#nothing").get_by_role("button", name="Show all").click()
    assert len(shown(page)) == 5
    assert page.evaluate("document.activeElement.name") == "q"


def test_without_scripts_every_monitor_is_shown_and_no_filter_is(open_page: OpenPage) -> None:
    page = open_page("index.html?status=CRITICAL", scripts=False)
    assert len(shown(page)) == 5
    assert not page.get_by_role("search").is_visible()


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_violation_and_a_phone_scrolls_in_one_direction(
    open_page: OpenPage, path: str
) -> None:
    assert complaints(open_page(path)) == []


def test_dark_mode_is_dark(open_page: OpenPage) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    assert open_page("index.html", scheme="dark").evaluate(background) == "rgb(18, 21, 23)"
    assert open_page("index.html").evaluate(background) == "rgb(246, 247, 249)"


def test_a_page_that_is_on_time_says_nothing(open_page: OpenPage) -> None:
    assert not open_page("index.html").get_by_role("alert").is_visible()


@pytest.mark.parametrize(
    "path", ["index.html", "monitors/line_coverage.html", "incidents/line_coverage-3f9c2a71.html"]
)
def test_a_page_that_was_not_rebuilt_says_so_by_itself(open_page: OpenPage, path: str) -> None:
    page = open_page(path, now="2026-02-04T10:00:00Z")  # due at 05:00 UTC
    assert (
        page.get_by_role("alert")
        .inner_text()
        .startswith("STALE: this page should have been rebuilt 5 hours ago")
    )
    assert page.title().startswith("STALE")


def test_an_incident_that_is_over_never_gets_stale(open_page: OpenPage) -> None:
    page = open_page("incidents/bdb_coverage-e77e0aa1.html", now="2030-01-01T00:00:00Z")
    assert not page.get_by_role("alert").is_visible()


def test_without_scripts_the_page_says_until_when_it_holds(open_page: OpenPage) -> None:
    page = open_page("index.html", scripts=False)
    assert "JavaScript is off" in page.locator("footer").inner_text()
    assert "4 Feb 2026, 00:00 EST" in page.locator("noscript").inner_text()


def test_the_chart_is_drawn_and_read_by_the_keyboard(open_page: OpenPage) -> None:
    page = open_page("monitors/line_coverage.html")
    plot = page.locator("[data-chart]")
    assert plot.locator("canvas").count() == 1
    plot.focus()
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('.readout').textContent !== ''")
    assert page.locator(".readout").inner_text() == "end of 2 Feb 2026: 44.2 %, CRITICAL"
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "document.querySelector('.readout').textContent.startsWith('end of 1 Feb')"
    )


def test_the_chart_says_which_commit_changed_the_suite(open_page: OpenPage) -> None:
    page = open_page("monitors/line_coverage.html")
    page.locator("[data-chart]").focus()
    page.keyboard.press("End")
    for _ in range(13):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.querySelector('.readout').textContent.includes('20 Jan')")
    readout = page.locator(".readout").inner_text()
    assert readout.endswith("; changed by a0e0d3d8 Read the line by its element")
    page.get_by_role("link", name="changes to the suite or model").click()
    changes = page.locator("section[aria-labelledby=changes] tbody").inner_text()
    assert "vars.days: 2 → 1" in changes
    assert "Bo Ro" in changes


@pytest.mark.parametrize(
    "path", ["monitors/line_coverage.html", "incidents/line_coverage-3f9c2a71.html"]
)
@pytest.mark.parametrize("has_clipboard", [True, False])
def test_sql_is_copied_by_a_button(open_page: OpenPage, path: str, has_clipboard: bool) -> None:
    page = open_page(path)
    if has_clipboard:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    else:  # as on a page of http
        page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    section = page.locator("section[aria-labelledby=drilldown]")
    section.get_by_role("button", name="Copy").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('section[aria-labelledby=drilldown] [role=status]').textContent"
    )
    assert section.locator("[role=status]").inner_text() == "Copied"
    if has_clipboard:
        assert page.evaluate("navigator.clipboard.readText()") == DRILLDOWN


def test_without_scripts_sql_is_there_to_be_selected(open_page: OpenPage) -> None:
    page = open_page("monitors/line_coverage.html", scripts=False)
    section = page.locator("section[aria-labelledby=drilldown]")
    assert section.locator("pre").inner_text() == DRILLDOWN
    assert section.get_by_role("button").count() == 0


def test_messages_of_an_incident_are_folded_and_a_channel_without_one_is_named(
    open_page: OpenPage,
) -> None:
    page = open_page("incidents/grading_completeness-90ab17c4.html")
    timeline = page.locator(".timeline")
    assert not timeline.get_by_text("delivered on the first attempt").first.is_visible()
    folded = timeline.get_by_text("not delivered to pagerduty")
    folded.click()
    assert timeline.get_by_text("failed, after 5 tries: 503").is_visible()


def with_many_groups(folder: Path, count: int) -> Path:
    """A site with a monitor of ``count`` groups."""
    data = site_data()
    (view,) = [view for view in data.monitors if view.name == "grading_completeness"]
    assert view.latest is not None
    groups = tuple(
        replace(view.latest.groups[0], key=GroupKey.of({"system_id": f"=system {number}"}))
        for number in range(count)
    )
    view = replace(view, latest=replace(view.latest, groups=groups), months=())
    pages = render_site(replace(data, monitors=(view,), incident_months=()))
    write_site(folder / "docs", pages)
    return (folder / "docs").resolve()


def test_folded_groups_are_searched_and_saved_with_the_others(
    open_page: OpenPage, tmp_path: Path
) -> None:
    site = with_many_groups(tmp_path, 5_000)
    page = open_page("monitors/grading_completeness.html", of=site)
    assert page.evaluate("document.documentElement.scrollHeight") < 9_000
    page.get_by_text("4,980 more groups").click()
    page.get_by_label("Find a group").fill("system 4999")
    assert page.get_by_text("1 of 4980").is_visible()
    where = page.locator("section[aria-labelledby=where]")
    assert where.locator("tbody tr:visible").count() == 21
    with page.expect_download() as download:
        where.get_by_role("button", name="Save as CSV").click()
    assert download.value.suggested_filename == "grading_completeness-groups.csv"
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[:2] == [
        '"Group","Status","Observed","Of","Threshold"',
        '"\'=system 0","CRITICAL","0.0 %","0/243","50.0 %"',
    ]
    assert len(lines) == 22


def test_the_first_stop_of_the_keyboard_skips_to_the_content(open_page: OpenPage) -> None:
    page = open_page("index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_a_page_prints_with_its_chart(open_page: OpenPage) -> None:
    page = open_page("monitors/grading_completeness.html", scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 32, 38)"
    assert page.pdf().startswith(b"%PDF")


def test_the_policy_refuses_an_inline_script_and_a_request(browser: Browser, site: Path) -> None:
    planted = site / "planted.html"
    text = (site / "index.html").read_text()
    planted.write_text(
        text.replace(
            "</body>",
            "<script>document.title = 'ran'</script>"
            "<img src='x' onerror=\"document.title = 'ran'\" alt=''>"
            "<img src='https://example.invalid/x.png' alt=''></body>",
        )
    )
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(planted.as_uri())
    assert page.title().startswith(("Overview", "STALE"))
    assert sum("Content Security Policy" in text for text in said) == 3
    page.close()
    planted.unlink()


def test_hostile_data_do_nothing_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    data = site_data()
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    first = replace(
        data.monitors[0], name=hostile, description=hostile, sql=hostile, runbook=hostile, months=()
    )
    pages = render_site(replace(data, title=hostile, monitors=(first,)))
    write_site(tmp_path / "docs", replace(pages, kept=frozenset()))
    page = browser.new_page()
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("console", lambda message: said.append(message.text))
    page.goto((tmp_path / "docs" / "index.html").as_uri())
    page.get_by_role("link", name=hostile).last.click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("<script>alert(1)")
    assert said == []
    page.close()


@pytest.mark.parametrize(
    "owner",
    [
        "data-platform-and-reporting",
        "analytics_engineering_of_nba",
        "grading.on.call@analytics.example.com",
    ],
)
def test_the_incidents_have_room_whatever_their_names(
    open_page: OpenPage, tmp_path: Path, owner: str
) -> None:
    data = site_data()
    name = "stock_of_every_warehouse_is_never_negative_after_a_sync"
    summary = "281 predictions; max of primary_predictions must be above 336 predictions"
    longer = []
    for view in data.incidents:
        number = view.incident.id.rpartition("-")[2]
        incident = replace(
            view.incident,
            id=f"{name}-{number}",
            monitor=name,
            owner=owner,
            summary=f"{summary} " * 3,
        )
        longer.append(replace(view, incident=incident))
    pages = render_site(replace(data, incidents=tuple(longer)))
    write_site(tmp_path / "docs", replace(pages, kept=frozenset()))
    page = open_page("incidents/index.html", of=tmp_path / "docs")
    for width in (1280, 390):  # on a phone, rows are no columns
        page.set_viewport_size({"width": width, "height": 900})
        tables = page.locator(".scroll")
        assert tables.count() >= 1
        for table in tables.all():
            assert table.evaluate("one => one.scrollWidth - one.clientWidth") == 0, width
