"""What failed, in every output of one real run: JSON, reports, Slack and the monitor's page."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from support.fake_slack import FakeSlack
from support.projects import SmallMonitor, SmallProject, between
from support.reports import json_of, markdown_of, text_of

pytestmark = pytest.mark.warehouse

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "run.schema.json").read_text())
ACTIONS = [
    {"name": "docs", "type": "plumbline_docs"},
    {"name": "alerts", "type": "plumbline_alerts"},
]
ORDERS = """
with orders as (
    select 1 as id, 'paid' as state, 1 as begins, 2 as ends
    union all select 1, 'lost', 2, 1
    union all select 2, 'lost', 3, 9
    union all select 3, 'open', 4, 5
)
select *, 40.0 + id as pct, timestamp '2026-02-03 05:00:00+00' as as_of from orders
"""


def gx(kind: str, severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "severity": severity, "kwargs": kwargs}


EXPECTATIONS = [
    gx("column_values_to_be_unique", column="id"),
    gx("column_values_to_be_between", "warning", column="id", min_value=2),
    gx("column_values_to_be_in_set", column="id", value_set=[1, 2]),
    gx(
        "column_values_to_be_in_set",
        column="state",
        value_set=["paid", "open"],
        row_condition={
            "type": "comparison",
            "column": {"name": "id"},
            "operator": ">",
            "parameter": 1,
        },
    ),
    gx("column_pair_values_a_to_be_greater_than_b", column_A="ends", column_B="begins"),
    gx("table_row_count_to_be_between", min_value=1000),
    between("warning", column="pct", min_value=42.5, group_by=["state"], aggregate="max"),
    between("critical", column="pct", min_value=42, group_by=["state"], aggregate="max"),
]
LINES = (
    "id must be unique: 2 of 4 rows (50 %) fail: 1",
    "id must be at least 2: 2 of 4 rows (50 %) fail: 1",
    "id must be one of 1, 2: 1 of 4 rows (25 %) fails: 3",
    "state must be one of 'paid', 'open' where id > 1: 1 of 2 rows (50 %) fails: 'lost'",
    "ends must be greater than begins: 1 of 4 rows (25 %) fails: (ends=1, begins=2)",
    "row count must be at least 1000: observed 4",
    "max of pct of each state must be at least 42: 1 of 3 groups (33.3 %) fails",
)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", server.webhook_url)
        yield server


def test_each_failed_expectation_is_a_line_in_every_output(
    small: SmallProject, slack: FakeSlack
) -> None:
    small.add("orders", SmallMonitor(ORDERS, expectations=EXPECTATIONS, observed=None))
    small.checkpoint("orders", actions=ACTIONS)
    report = small.run(alerts=True, docs=True)
    said = json.loads(json_of(report))
    jsonschema.Draft202012Validator(SCHEMA).validate(said)
    (monitor,) = said["monitors"]
    assert monitor["reason"] is None
    assert len(monitor["failures"]) == monitor["expectations"]["failed"] == len(EXPECTATIONS)
    (page,) = (small.root / ".plumbline").rglob("monitors/orders.html")
    outputs = {
        "json": " ".join(failure["text"] for failure in monitor["failures"]),
        "text": text_of(report),
        "markdown": html.unescape(markdown_of(report)).replace("\\", ""),
        "slack": html.unescape(str(slack.messages)),
        "page": html.unescape(re.sub("<[^>]+>", " ", page.read_text())),
    }
    assert all(line in monitor["summary"] for line in LINES[:-1])
    for name, output in outputs.items():
        for line in LINES:
            shown = line.replace(": ", " ", 1) if name == "page" else line  # two cells
            assert shown in " ".join(output.split()), (name, line)
