"""The schema of suites takes what plumbline takes, and marks what plumbline refuses.

Each case is judged twice, by the schema and by the reader that a run uses, so that an editor
neither calls a good file wrong nor a wrong one good.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import great_expectations  # noqa: F401 - GX's classes, and with them ours
import pytest

import plumbline  # noqa: F401
from plumbline.core.errors import MonitorError
from plumbline.evaluate.build_suite import build_suite
from plumbline.project.suites import read_suite
from support.documents import read_document
from unit.schemas.conftest import GONE, ROOT, changed, schema_of

SCHEMA = schema_of("suite")

# The suite of the contract.
SUITE: dict[str, Any] = {
    "name": "grading",
    "meta": {
        "monitor": {
            "model": "grading",
            "observed": {"count_failing": "critical", "unit": "systems"},
            "vars": {"days": 3},
            "owner": "ml-platform",
            "impact": "Accuracy of the listed prediction systems is unknown.",
            "action": "Run the grading backfill for the dates named.",
            "runbook": "docs/runbooks/grading.md",
            "depends_on": ["game_status_lag"],
        }
    },
    "expectations": [
        {
            "type": "expect_metric_to_be_between",
            "severity": "warning",
            "kwargs": {
                "column": "graded_pct",
                "min_value": 80,
                "group_by": ["system_id"],
                "overrides": {"moving_average": {"min_value": 60}},
            },
        },
        {
            "type": "expect_column_values_to_be_between",
            "severity": "info",
            "kwargs": {"column": "graded_pct", "min_value": 0, "max_value": 100},
        },
    ],
}
FIRST = "expectations/0/kwargs"
SECOND = "expectations/1/kwargs"


def gx(name: str, **kwargs: Any) -> dict[str, Any]:
    """The suite with one expectation."""
    return changed(SUITE, "expectations", [{"type": name, "kwargs": kwargs}])


RIGHT: dict[str, Any] = {
    "as in the contract": SUITE,
    "with its schema": {"$schema": "../schemas/suite.schema.json", **SUITE},
    "no expectation yet": changed(SUITE, "expectations", []),
    "a plain GX suite": {"name": "grading", "expectations": SUITE["expectations"]},
    "meta of one's own": changed(SUITE, "meta/team", {"room": 3}),
    "ids, as GX writes them": changed(
        changed(SUITE, "id", "5ad3b9d7-4a58-4f8e-9a0f-5b5f9c3d1c11"),
        "expectations/0/id",
        "7b1f2c6e-0d62-4f0c-8f43-1d2b9c6e7a55",
    ),
    "observed is a column": changed(
        SUITE, "meta/monitor/observed", {"column": "graded_pct", "aggregate": "min"}
    ),
    "notes in several lines": changed(SUITE, "expectations/0/notes", ["one", "two"]),
    "no severity": changed(SUITE, "expectations/0/severity", GONE),
    "a bound that is null, as GX writes it": changed(SUITE, f"{SECOND}/max_value", None),
    "a suite parameter": changed(
        changed(SUITE, f"{SECOND}/min_value", {"$PARAMETER": "least"}),
        "suite_parameters",
        {"least": 1},
    ),
    "a date as a bound": changed(
        changed(SUITE, f"{SECOND}/min_value", "2026-01-31"), f"{SECOND}/max_value", GONE
    ),
    "a share with two digits": changed(SUITE, f"{SECOND}/mostly", 0.57),
    "a condition on rows": changed(
        SUITE,
        f"{SECOND}/row_condition",
        {"type": "comparison", "column": {"name": "games"}, "operator": ">", "parameter": 0},
    ),
    "a condition as text": changed(SUITE, f"{SECOND}/row_condition", 'col("games") > 0'),
    "a set of values of several kinds": gx(
        "expect_column_values_to_be_in_set", column="a", value_set=["x", 1, True, None]
    ),
    "no argument is needed": gx("expect_table_row_count_to_be_between", max_value=9),
    "pairs": gx(
        "expect_column_pair_values_to_be_in_set",
        column_A="a",
        column_B="b",
        value_pairs_set=[[1, "x"], [2, "y"]],
    ),
    "quantiles, one of them open": gx(
        "expect_column_quantile_values_to_be_between",
        column="a",
        quantile_ranges={"quantiles": [0.5, 0.9], "value_ranges": [[0, 1], [0, None]]},
    ),
    "a query": gx("unexpected_rows_expectation", unexpected_rows_query="select 1 from {batch}"),
}

WRONG: dict[str, Any] = {
    "no object": [],
    "no name": changed(SUITE, "name", GONE),
    "a name that is a number": changed(SUITE, "name", 3),
    "no expectations": changed(SUITE, "expectations", GONE),
    "expectations that are an object": changed(SUITE, "expectations", {}),
    "an unknown key": changed(SUITE, "expectation", []),
    "an unknown key of the monitor": changed(SUITE, "meta/monitor/runbok", "docs/x.md"),
    "a monitor that is text": changed(SUITE, "meta/monitor", "grading"),
    "a model that is a path": changed(SUITE, "meta/monitor/model", "models/grading.sql"),
    "an owner that is a list": changed(SUITE, "meta/monitor/owner", ["ml-platform"]),
    "a dependency that is text": changed(SUITE, "meta/monitor/depends_on", "game_status_lag"),
    "a variable that is no name": changed(SUITE, "meta/monitor/vars", {"days back": 3}),
    "observed without aggregate": changed(SUITE, "meta/monitor/observed", {"column": "graded_pct"}),
    "observed by an unknown aggregate": changed(
        SUITE, "meta/monitor/observed", {"column": "graded_pct", "aggregate": "median"}
    ),
    "observed in two ways": changed(SUITE, "meta/monitor/observed/column", "graded_pct"),
    "counting what fails as info": changed(SUITE, "meta/monitor/observed/count_failing", "info"),
    "an expectation without type": changed(SUITE, "expectations/0/type", GONE),
    "a typo in a type": changed(SUITE, "expectations/0/type", "expect_metric_to_be_betwen"),
    "a class name as a type": changed(SUITE, "expectations/0/type", "ExpectMetricToBeBetween"),
    "an unknown severity": changed(SUITE, "expectations/0/severity", "error"),
    "a severity in capitals": changed(SUITE, "expectations/0/severity", "WARNING"),
    "an unknown key of an expectation": changed(SUITE, "expectations/0/kwarg", {}),
    "an argument beside kwargs": changed(SUITE, "expectations/0/min_value", 80),
    "a severity among the arguments": changed(SUITE, f"{FIRST}/severity", "warning"),
    "no kwargs where some are needed": changed(SUITE, "expectations/0/kwargs", GONE),
    "kwargs that are a list": changed(SUITE, "expectations/0/kwargs", []),
    "a typo in an argument": changed(SUITE, f"{FIRST}/min_valu", 80),
    "a needed argument is missing": changed(SUITE, f"{FIRST}/column", GONE),
    "a column without name": changed(SUITE, f"{FIRST}/column", ""),
    "a bound that is text": changed(SUITE, f"{FIRST}/min_value", "80"),
    "a bound that is true": changed(SUITE, f"{FIRST}/min_value", True),
    "no bound at all": changed(SUITE, f"{FIRST}/min_value", GONE),
    "only a null bound": changed(SUITE, f"{FIRST}/min_value", None),
    "an unknown aggregate": changed(SUITE, f"{FIRST}/aggregate", "median"),
    "groups that are text": changed(SUITE, f"{FIRST}/group_by", "system_id"),
    "overrides without groups": changed(SUITE, f"{FIRST}/group_by", GONE),
    "overrides that are numbers": changed(SUITE, f"{FIRST}/overrides", {"moving_average": 60}),
    "a typo in an override": changed(
        SUITE, f"{FIRST}/overrides", {"moving_average": {"min_valu": 60}}
    ),
    "an empty set of values": gx("expect_column_values_to_be_in_set", column="a", value_set=[]),
    "a bound that is a list": changed(SUITE, f"{SECOND}/min_value", [80]),
    "a share above one": changed(SUITE, f"{SECOND}/mostly", 95),
    "an argument of another expectation": changed(SUITE, f"{SECOND}/value_set", [1]),
    "a set that is text": gx("expect_column_values_to_be_in_set", column="a", value_set="x"),
    "pairs of three": gx(
        "expect_column_pair_values_to_be_in_set",
        column_A="a",
        column_B="b",
        value_pairs_set=[[1, 2, 3]],
    ),
    "an unknown way to match": gx(
        "expect_column_values_to_match_regex_list",
        column="a",
        regex_list=["x"],
        match_on="some",
    ),
    "a list of columns that is text": gx("expect_compound_columns_to_be_unique", column_list=3),
}

# GX reads these as something that no one can have meant; the schema is stricter on purpose.
ODD: dict[str, Any] = {
    "a suite parameter without its mark": changed(
        SUITE, f"{SECOND}/min_value", {"PARAMETER": "least"}
    ),
    "a switch that is text": changed(SUITE, f"{SECOND}/strict_min", "yes"),
}


def read(tmp_path: Path, suite: Any) -> None:
    """As a run does."""
    file = tmp_path / "grading.json"
    file.write_text(json.dumps(suite))
    build_suite(read_suite(read_document(file)))


@pytest.mark.parametrize(
    "file", sorted((ROOT / "expectations").glob("*.json")), ids=lambda f: f.stem
)
def test_every_shipped_suite_is_right(file: Path) -> None:
    assert [error.message for error in SCHEMA.iter_errors(json.loads(file.read_text()))] == []


@pytest.mark.filterwarnings("ignore:Passing a string to the row_condition")
@pytest.mark.parametrize("suite", RIGHT.values(), ids=RIGHT)
def test_a_right_suite_is_taken_by_the_schema_and_by_plumbline(tmp_path: Path, suite: Any) -> None:
    assert [error.message for error in SCHEMA.iter_errors(suite)] == []
    read(tmp_path, suite)


@pytest.mark.parametrize("suite", WRONG.values(), ids=WRONG)
def test_a_wrong_suite_is_refused_by_the_schema_and_by_plumbline(
    tmp_path: Path, suite: Any
) -> None:
    assert not SCHEMA.is_valid(suite)
    with pytest.raises(MonitorError):
        read(tmp_path, suite)


@pytest.mark.parametrize("suite", ODD.values(), ids=ODD)
def test_a_suite_that_gx_would_misread_is_marked(tmp_path: Path, suite: Any) -> None:
    assert not SCHEMA.is_valid(suite)
    read(tmp_path, suite)
