"""Small suites over data of every kind: each ends as BigQuery's own answer says.

All are monitors of one checkpoint, run once on the embedded warehouse with the data docs, so that
a result that can't be stored or drawn is seen as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.outcome import RunReport
from support.projects import SmallMonitor, make_project
from support.warehouse import running_warehouse

pytestmark = pytest.mark.warehouse

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "suites" / "cases.json").read_text()
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, shared_state_dir: Path) -> RunReport:
    """The one run of all cases."""
    warehouse = running_warehouse(shared_state_dir)
    small = make_project(tmp_path_factory.mktemp("cases") / "project", warehouse)
    for case in CASES:
        small.add(case["name"], monitor_of(case))
    small.checkpoint(
        *(case["name"] for case in CASES), actions=[{"name": "docs", "type": "plumbline_docs"}]
    )
    return small.run()


def monitor_of(case: Mapping[str, Any]) -> SmallMonitor:
    """A case as a monitor without a number of its own."""
    suite = {
        "name": case["name"],
        "meta": {"monitor": {"model": case["name"]}},
        "expectations": case["expectations"],
    }
    if "suite_parameters" in case:
        suite["suite_parameters"] = case["suite_parameters"]
    return SmallMonitor(case["sql"], suite_text=json.dumps(suite))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_a_suite_ends_as_bigquery_would_judge_it(
    report: RunReport, case: Mapping[str, Any]
) -> None:
    outcome = next(one for one in report.outcomes if one.monitor == case["name"])
    assert outcome.status in case["want"], outcome.reason or outcome.summary


def test_every_case_has_an_outcome_and_the_docs_are_built(report: RunReport) -> None:
    assert [outcome.monitor for outcome in report.outcomes] == [case["name"] for case in CASES]
    assert report.docs is not None
    assert not [note for note in report.notes if "failed" in note]
