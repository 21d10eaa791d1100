"""A season with six failing monitors. The first screen answers a first-time reader's five questions:
what is wrong, since when, how bad, who has it, what do I do. The suites say what failed when.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from plumbline.core.status import Status
from plumbline.site import paths
from plumbline.site.pages import Pages, layout, overview
from plumbline.site.pages.layout import static_files
from support.failing_season import ACTION_ON_DATA, HEALTHY, SIX, Failing, make_failing_season
from support.site_data import many_monitors
from support.written_sites import write_site

from .conftest import OpenPage, complaints

NOW = "2026-02-03T06:00:00Z"
SCREENS = ((1280, 800), (390, 844))


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_failing_season(tmp_path_factory.mktemp("six"))


def text_of(found: Locator) -> str:
    return found.inner_text().replace("\N{NO-BREAK SPACE}", " ")


def is_on_screen(page: Page, found: Locator) -> bool:
    """Whether all of it is in sight, and nothing lies over it."""
    size, box = page.viewport_size, found.bounding_box()
    if size is None or box is None or not found.is_visible():
        return False
    is_inside = box["y"] >= 0 and box["y"] + box["height"] <= size["height"]
    is_inside = is_inside and box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
    return is_inside and bool(
        found.evaluate(
            "(one) => { const box = one.getBoundingClientRect();"
            " const there = document.elementFromPoint(box.x + 3, box.y + box.height / 2);"
            " return one.contains(there) || there.contains(one); }"
        )
    )


def answers(one: Failing) -> dict[str, list[str]]:
    day = f"{int(one.since[-2:])} {'Feb' if one.since[5:7] == '02' else 'Jan'}"
    return {
        "what is wrong": [one.name, one.status.value],
        "since when": [day],
        "how bad": list(one.shown),
        "who has it": [one.owner, *([one.held] if one.held else [])],
        "what do I do": [one.action],
    }


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_the_first_screen_answers_five_questions_of_six_failing_monitors(
    open_page: OpenPage, season: Path, width: int, height: int
) -> None:
    page = open_page("index.html", of=season, width=width, now=NOW)
    page.set_viewport_size({"width": width, "height": height})
    page.reload()
    heading = page.get_by_role("heading", level=1)
    total = len(SIX) + len(HEALTHY)
    assert heading.inner_text() == f"6 of {total} monitors failing: 3 CRITICAL, 1 ERROR, 2 WARNING"
    assert is_on_screen(page, heading)
    missing = []
    for one in SIX:
        row = page.locator("tr[data-status]").filter(
            has=page.get_by_role("link", name=one.name, exact=True)
        )
        said = text_of(row)
        for question, texts in answers(one).items():
            missing += [f"{one.name}: {question}: {text}" for text in texts if text not in said]
        parts = [
            ".c-name a",
            ".status",
            ".c-since time",
            ".c-value summary",
            ".owner",
            ".c-held a",
            ".do a",
        ]
        # What a suite says to do is for wrong data; the reason of an ERROR says what to do.
        if one.status is Status.ERROR:
            assert ACTION_ON_DATA not in said
        else:
            parts.append(".do code")
        missing += [
            f"{one.name}: {part} is off the screen"
            for part in parts
            if not is_on_screen(page, row.locator(part).first)
        ]
        if one.held:
            assert is_on_screen(page, row.locator(".held"))
    assert missing == []


def test_failing_monitors_come_first_those_that_somebody_has_after_the_others(
    open_page: OpenPage, season: Path
) -> None:
    page = open_page("index.html", of=season, now=NOW)
    names = page.locator("tr[data-status] .c-name").all_inner_texts()
    assert [name.strip() for name in names[: len(SIX)]] == [
        "line_coverage",
        "prediction_freshness",
        "grading_completeness",  # acknowledged
        "box_scores",
        "duplicate_rows",
        "game_status_lag",  # muted
    ]


@pytest.mark.parametrize("one", SIX, ids=lambda one: one.name)
def test_since_is_the_same_on_every_page(open_page: OpenPage, season: Path, one: Failing) -> None:
    page = open_page("index.html", of=season, now=NOW)
    row = page.locator("tr[data-status]").filter(
        has=page.get_by_role("link", name=one.name, exact=True)
    )
    since = row.locator(".c-since time").get_attribute("datetime")
    assert since is not None
    instant = f"time[datetime='{since}']"
    row.locator(".c-held a").click()
    assert page.locator("main").locator(instant).count() > 0
    page.goto(page.url.rsplit("/", 2)[0] + f"/monitors/{one.name}.html")
    assert page.locator("main").locator(instant).count() > 0
    page.goto(page.url.rsplit("/", 2)[0] + f"/days/{one.since}.html")
    if one.since == "2026-02-02":
        changed = page.get_by_text("Since the previous run")
        assert one.name in text_of(changed)
    rows = page.locator("tr").filter(has=page.get_by_role("link", name=one.name, exact=True))
    statuses = rows.locator(".status").all_inner_texts()
    assert any(one.status.value in status for status in statuses)


def test_the_next_run_is_said_of_each_monitor(open_page: OpenPage, season: Path) -> None:
    page = open_page("index.html", of=season, now=NOW)
    for text in page.locator("tbody .c-next").all_inner_texts():
        assert text.strip() == "3 Feb, 06:00"
    late = open_page("index.html", of=season, now="2026-02-03T13:00:00Z")
    assert "overdue" in late.locator("tbody .c-next").first.inner_text()


def test_axe_finds_no_violation_and_a_phone_scrolls_in_one_direction(
    open_page: OpenPage, season: Path
) -> None:
    assert complaints(open_page("index.html", of=season, now=NOW)) == []


# Suites


def test_the_suites_say_since_when_each_expectation_fails(
    open_page: OpenPage, season: Path
) -> None:
    page = open_page("index.html", of=season, now=NOW)
    page.get_by_role("link", name="Suites", exact=True).click()
    heading = page.get_by_role("heading", level=1).inner_text()
    assert heading == "Suites: 8 of 24 expectations failing"
    suite = page.locator("details[data-status]", has_text="line_coverage")
    (warning, critical) = (text_of(row) for row in suite.locator("tbody tr").all())
    for row in (warning, critical):
        assert "8 of 45 days: 26 Jan to 2 Feb" in row
    strip = suite.get_by_role("img").first
    assert strip.get_attribute("aria-label") == "passed on 37 days, failed on 8 days"
    # an ERROR is no finding
    broken = page.locator("details[data-status]", has_text="box_scores")
    assert "none of 43 days" in text_of(broken.locator("tbody tr").first)
    suite.get_by_role("link", name="26 Jan").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Runs of 26 Jan 2026"
    assert "new failing line_coverage" in text_of(page.get_by_text("Since the previous run"))


def test_suites_are_unfolded_by_the_keyboard_and_filtered(
    open_page: OpenPage, season: Path
) -> None:
    page = open_page("expectations/index.html", of=season, now=NOW)
    healthy = page.locator("details[data-status]", has_text="usage_rate")
    assert healthy.get_attribute("open") is None
    healthy.locator("summary").focus()
    page.keyboard.press("Enter")
    assert healthy.locator("tbody tr").first.is_visible()
    page.get_by_label("Owner").select_option("data-platform")
    assert page.get_by_role("status").inner_text() == "3 of 12 suites"
    assert page.url.endswith("?owner=data-platform")
    assert not healthy.is_visible()


# A day


def test_the_results_of_a_day_are_filtered_also_those_that_are_folded(
    open_page: OpenPage, season: Path
) -> None:
    page = open_page("days/2026-02-02.html", of=season, now=NOW)
    assert not page.get_by_role("link", name="usage_rate", exact=True).is_visible()
    page.get_by_label("Find").fill("usage")
    assert page.get_by_role("link", name="usage_rate", exact=True).is_visible()
    assert page.get_by_role("status").inner_text() == "1 of 12 results"
    page.get_by_role("button", name="Show all").first.click()
    assert not page.get_by_role("link", name="usage_rate", exact=True).is_visible()
    page.get_by_label("Change").select_option("new failing")
    assert page.locator("tr[data-status]:visible th").all_inner_texts() == ["prediction_freshness"]
    assert page.url.endswith("?change=new+failing")


# Many


def test_a_thousand_monitors_are_found_without_laying_all_of_them_out(
    open_page: OpenPage, tmp_path: Path
) -> None:
    data = many_monitors(1_000, runs=28)
    files = {**static_files(), paths.OVERVIEW: overview.render(data)}
    assert len(files[paths.OVERVIEW]) < 2_500_000
    write_site(tmp_path / "docs", Pages(files, frozenset(), layout()))
    page = open_page("index.html", of=(tmp_path / "docs").resolve(), now=NOW)
    assert page.locator("tr[data-status]:visible").count() == 334  # those that fail
    find = page.get_by_label("Find")
    find.press_sequentially("region_997")
    expect(page.get_by_role("status")).to_have_text("1 of 1,000 monitors")
    assert page.locator("tr[data-status]:visible th").all_inner_texts() == [
        "phase_completion_of_region_997"
    ]
    find.fill("phase_completion")
    expect(page.get_by_role("status")).to_have_text("666 of 1,000 monitors")
    assert page.get_by_text("666 of 666 monitors").is_visible()
    assert page.locator("tr[data-status]:visible").count() == 0  # one click away


@pytest.mark.parametrize("path", ["index.html", "expectations/index.html", "days/2026-02-02.html"])
def test_a_page_prints_in_dark_mode_too(open_page: OpenPage, season: Path, path: str) -> None:
    page = open_page(path, of=season, now=NOW, scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 32, 38)"
    assert not page.locator("#filter").is_visible()
    assert page.pdf().startswith(b"%PDF")
