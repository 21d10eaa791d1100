"""Each runbook has the same headings, and three queries that run on the demo season."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot

from plumbline.project.targets import Target
from plumbline.warehouse.client import open_client
from support.pages import ROOT, Block, Page

HEADINGS = [
    "What the alert means",
    "How bad it is",
    "First three queries",
    "Likely causes",
    "Mend",
    "Roll back",
    "Whom to call",
]

RUNBOOKS = [
    Page(str(file.relative_to(ROOT))) for file in sorted((ROOT / "docs/runbooks").glob("*.md"))
]
QUERIES = [block for page in RUNBOOKS for block in page.blocks("sql")]


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: Path(page.name).stem)
def test_a_runbook_has_the_headings_of_the_others(page: Page) -> None:
    assert re.findall(r"^# (.+)$", page.text, re.MULTILINE) == [page.path.stem]
    assert re.findall(r"^## (.+)$", page.text, re.MULTILINE) == HEADINGS
    assert len(page.blocks("sql")) == 3


@pytest.mark.parametrize("query", QUERIES, ids=lambda block: block.where)
def test_a_query_is_bigquery_sql(query: Block) -> None:
    (statement,) = sqlglot.parse(query.text, dialect="bigquery")
    assert isinstance(statement, sqlglot.exp.Query)


@pytest.mark.warehouse
@pytest.mark.parametrize("query", QUERIES, ids=lambda block: block.where)
def test_a_query_finds_something_on_the_demo_season(query: Block, season: Target) -> None:
    rows = open_client(season).query(query.text).result()
    assert rows.total_rows
