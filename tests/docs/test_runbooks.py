"""Each runbook has the same headings, and three queries that run on the demo season."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot

from plumbline.project.runbooks import Heading, headings_of
from plumbline.project.targets import Target
from plumbline.warehouse.client import open_client
from support.pages import ROOT, Block, Page

TEMPLATE = Page("docs/runbooks/TEMPLATE.md")
RUNBOOKS = [
    page
    for file in sorted((ROOT / "docs/runbooks").glob("*.md"))
    if (page := Page(str(file.relative_to(ROOT)))) != TEMPLATE
]
QUERIES = [block for page in RUNBOOKS for block in page.blocks("sql")]


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: Path(page.name).stem)
def test_a_runbook_has_the_headings_of_the_others(page: Page) -> None:
    assert headings_of(page.text) == [page.path.stem, *Heading]
    assert len(page.blocks("sql")) == 3


def test_the_template_has_the_headings_that_lint_asks_for() -> None:
    assert headings_of(TEMPLATE.text) == ["NAME", *Heading]


@pytest.mark.parametrize("query", QUERIES, ids=lambda block: block.where)
def test_a_query_is_bigquery_sql(query: Block) -> None:
    (statement,) = sqlglot.parse(query.text, dialect="bigquery")
    assert isinstance(statement, sqlglot.exp.Query)


@pytest.mark.warehouse
@pytest.mark.parametrize("query", QUERIES, ids=lambda block: block.where)
def test_a_query_finds_something_on_the_demo_season(query: Block, season: Target) -> None:
    rows = open_client(season).query(query.text).result()
    assert rows.total_rows
