"""GX's suites and results in the site's frame, in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
import pytest
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult

from plumbline.evaluate.build_suite import build_suite
from plumbline.evaluate.suite_results import failed_result, unjudged_result
from plumbline.gx.pages import result_body, suite_body
from plumbline.project import Project
from plumbline.site import paths
from plumbline.site.pages.frame import frame_page
from support.site_data import ROOT, SYSTEMS, site_data

from .conftest import OpenPage, complaints

MONITOR = "grading_completeness"
HOSTILE = "<script>alert(1)</script>"
SUITE = paths.gx_suite(MONITOR)
FOUND, RAISED, SKIPPED = (
    paths.gx_result((MONITOR, name)) for name in ("found", "raised", "skipped")
)
PAGES = (SUITE, FOUND, RAISED, SKIPPED)


@pytest.fixture(scope="module", autouse=True)
def gx_pages(site: Path) -> None:
    """The suite as it is shipped, and what it finds on the demo season's day."""
    suite = build_suite(Project(ROOT).suite(MONITOR))
    bodies = {
        SUITE: ("Suite", suite_body(suite)),
        FOUND: ("Result", result_body(_found(suite))),
        RAISED: ("Result", result_body(failed_result(suite, "Not found: Table /srv/x/y " * 9))),
        SKIPPED: (
            "Result",
            result_body(unjudged_result(suite, success=True, results=[], note="no games")),
        ),
    }
    for path, (what, body) in bodies.items():
        file = site / path
        file.parent.mkdir(parents=True, exist_ok=True)
        title = f"{what} of {MONITOR}"
        file.write_bytes(frame_page(site_data(), path, monitor=MONITOR, title=title, body=body))


def _found(suite: Any) -> ExpectationSuiteValidationResult:
    counts = {**SYSTEMS, HOSTILE: (242, 242), "a_system_with_a_very_long_name_" * 4: (1, 3)}
    frame = pd.DataFrame(
        {
            "system_id": list(counts),
            "graded_pct": [100 * part / whole for part, whole in counts.values()],
            "numerator": [part for part, _ in counts.values()],
            "denominator": [whole for _, whole in counts.values()],
            "not_final_games": 0,
        }
    )
    suite.expectations = [
        *suite.expectations,
        gxe.ExpectColumnValuesToBeInSet(column="system_id", value_set=["catboost_v9"]),
        gxe.ExpectColumnValuesToBeOfType(column="no_such_column", type_="str"),
    ]
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    source = context.data_sources.add_pandas("pandas")
    batches = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    result = batches.get_batch({"dataframe": frame}).validate(suite, result_format="COMPLETE")
    result.meta["validation_time"] = datetime(2026, 2, 3, 5, tzinfo=UTC)
    return result


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_violation_and_a_phone_scrolls_in_one_direction(
    open_page: OpenPage, path: str
) -> None:
    assert complaints(open_page(path)) == []


def test_a_group_that_passes_is_one_click_away_and_its_name_is_text(open_page: OpenPage) -> None:
    page = open_page(FOUND)
    fold = page.locator("details", has_text="1 group passes")
    group = fold.get_by_text(f"system_id={HOSTILE}")
    assert not group.is_visible()
    fold.locator("summary").click()
    assert group.is_visible()


def test_a_long_name_leaves_what_was_observed_in_sight(open_page: OpenPage) -> None:
    box = open_page(FOUND).get_by_role("group", name="Expectations")
    assert box.evaluate("box => box.scrollWidth - box.clientWidth") == 0


def test_a_skipped_result_says_why_and_leads_back_to_its_monitor(
    open_page: OpenPage, site: Path
) -> None:
    page = open_page(SKIPPED)
    assert page.get_by_text("Nothing was evaluated: no games").is_visible()
    crumbs = page.get_by_role("navigation", name="Breadcrumb")
    link = crumbs.get_by_role("link", name=MONITOR).get_attribute("href") or ""
    assert (site / SKIPPED).parent.joinpath(link).resolve() == (
        site / paths.monitor(MONITOR)
    ).resolve()


@pytest.mark.parametrize("path", [SUITE, FOUND])
def test_it_prints(open_page: OpenPage, path: str) -> None:
    page = open_page(path, scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 32, 38)"
    assert page.pdf().startswith(b"%PDF")
