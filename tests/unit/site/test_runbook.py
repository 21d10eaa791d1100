"""Runbooks: Markdown becomes HTML that cannot do anything."""

from __future__ import annotations

import pytest

from plumbline.site.pages.runbook import render_runbook


def test_the_title_goes_and_headings_stand_below_the_pages_own() -> None:
    assert render_runbook("# line\n\n## Fix\n\n### More") == "<h3>Fix</h3>\n<h4>More</h4>\n"


def test_html_is_text() -> None:
    assert "<b>" not in render_runbook("a <b>bold</b>\n\n<script>alert(1)</script>")


@pytest.mark.parametrize(
    "target", ["game_status_lag.md", "javascript:alert(1)", "http://x", "//x/y"]
)
def test_a_link_that_leads_nowhere_from_here_is_its_text(target: str) -> None:
    assert "href" not in render_runbook(f"see [this]({target})")
    assert "this" in render_runbook(f"see [this]({target})")


def test_a_link_to_elsewhere_stays() -> None:
    assert '<a href="https://example.com/" rel="noreferrer">x</a>' in render_runbook(
        "[x](https://example.com/)"
    )


def test_tables_and_queries_can_be_moved_by_the_keyboard() -> None:
    html = render_runbook("| a |\n|---|\n| 1 |\n\n```sql\nselect 1\n```")
    assert '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table' in html
    assert '<th scope="col">a</th>' in html
    assert '<pre tabindex="0">' in html
