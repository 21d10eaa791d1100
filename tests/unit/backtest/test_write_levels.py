"""Proposed thresholds in the suite's file: a small diff, everything else as it was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plumbline.backtest.calibrate import calibrate
from plumbline.backtest.calibration import Calibration
from plumbline.backtest.write_levels import write_levels
from plumbline.core.errors import ConfigError
from plumbline.project import Suite
from plumbline.project.alerts import default_alerts
from plumbline.project.suites import read_suite
from support.documents import read_document
from unit.backtest.conftest import NEW_YORK, grouped, measured

ONE_LINE = """{"name": "coverage", "notes": "min_value: 80",
 "meta": {"monitor": {"model": "coverage", "observed": {"column": "pct", "aggregate": "mean"}}},
 "expectations": [
  {"type": "expect_metric_to_be_between", "severity": "warning",
   "kwargs": {"min_value": 80.0, "column": "pct", "aggregate": "mean"}, "notes": "why 80"},
  {"type": "expect_metric_to_be_between", "severity": "critical",
   "kwargs": {"column": "pct", "aggregate": "mean", "min_value": 5e1}}]}
"""
GROUPED = """{
  "name": "coverage",
  "meta": {"monitor": {"model": "coverage", "observed": {"count_failing": "critical"}}},
  "expectations": [
    {
      "type": "expect_metric_to_be_between",
      "severity": "critical",
      "kwargs": {
        "column": "pct",
        "min_value": 50,
        "group_by": ["system_id"]
      }
    }
  ]
}
"""


def read(folder: Path, text: str) -> Suite:
    file = folder / "coverage.json"
    file.write_text(text)
    return read_suite(read_document(file))


def calibrated(suite: Suite, history) -> Calibration:
    return calibrate(suite, history, (), zone=NEW_YORK, alerts=default_alerts(), checkpoint="x")


def test_only_the_numbers_change(tmp_path: Path) -> None:
    suite = read(tmp_path, ONE_LINE)
    diff = write_levels(suite, calibrated(suite, measured([70.0, 70.5] * 80)))
    assert suite.file.read_text() == ONE_LINE.replace(
        '"min_value": 80.0', '"min_value": 69'
    ).replace("5e1", "67")
    changed = [
        line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert len(changed) == 4


@pytest.mark.parametrize("end", ["\u2028", "\x85"])
def test_what_ends_a_line_elsewhere_is_text_in_json(tmp_path: Path, end: str) -> None:
    text = ONE_LINE.replace("min_value: 80", f"one{end}two")
    suite = read(tmp_path, text)
    write_levels(suite, calibrated(suite, measured([70.0, 70.5] * 80)))
    assert '"min_value": 69,' in suite.file.read_text()
    name = f"a{end}b"
    suite = read(tmp_path, GROUPED)
    rows = [{"a": 95.0 + run % 3, "b": 96.0, name: 65.0 + run % 4} for run in range(160)]
    write_levels(suite, calibrated(suite, grouped(rows)))
    assert name in json.loads(suite.file.read_text())["expectations"][0]["kwargs"]["overrides"]


def test_bounds_of_a_group_are_added_behind_the_common_one(tmp_path: Path) -> None:
    suite = read(tmp_path, GROUPED)
    rows = [{"a": 95.0 + run % 3, "b": 96.0, "poor": 65.0 + run % 4} for run in range(160)]
    calibration = calibrated(suite, grouped(rows))
    write_levels(suite, calibration)
    text = suite.file.read_text()
    kwargs = json.loads(text)["expectations"][0]["kwargs"]
    assert list(kwargs) == ["column", "min_value", "overrides", "group_by"]
    assert list(kwargs["overrides"]) == ["poor"]
    assert '        "overrides": {\n          "poor": {\n            "min_value": ' in text
    assert [line for line in GROUPED.splitlines() if line not in text.splitlines()] == [
        '        "min_value": 50,'
    ]


def test_bounds_of_other_groups_stay(tmp_path: Path) -> None:
    suite = read(
        tmp_path,
        GROUPED.replace(
            '"min_value": 50,', '"min_value": 50, "overrides": {"c": {"min_value": 7}},'
        ),
    )
    rows = [{"a": 95.0 + run % 3, "b": 96.0, "poor": 65.0 + run % 4} for run in range(160)]
    write_levels(suite, calibrated(suite, grouped(rows)))
    overrides = json.loads(suite.file.read_text())["expectations"][0]["kwargs"]["overrides"]
    assert overrides["c"] == {"min_value": 7}
    assert set(overrides) == {"c", "poor"}


def test_written_twice_nothing_changes_again(tmp_path: Path) -> None:
    suite = read(tmp_path, ONE_LINE)
    history = measured([70.0, 70.5] * 80)
    write_levels(suite, calibrated(suite, history))
    again = read_suite(read_document(suite.file))
    assert write_levels(again, calibrated(again, history)) == ""


def test_a_suite_that_is_malformed_by_now_is_left_alone(tmp_path: Path) -> None:
    suite = read(tmp_path, ONE_LINE)
    suite.file.write_text(ONE_LINE + "}")
    with pytest.raises(ConfigError, match="the suite is not JSON"):
        write_levels(suite, calibrated(suite, measured([70.0, 70.5] * 80)))
    assert suite.file.read_text() == ONE_LINE + "}"


def test_nothing_is_written_where_nothing_can_be_proposed(tmp_path: Path) -> None:
    suite = read(tmp_path, ONE_LINE)
    with pytest.raises(ConfigError, match="nothing can be proposed"):
        write_levels(suite, calibrated(suite, measured([70.0] * 8)))
    assert suite.file.read_text() == ONE_LINE
