"""What ``calibrate`` and ``impact`` print as JSON, held against the published schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from plumbline.backtest.calibration import Calibration
from plumbline.backtest.impact import Impact
from plumbline.backtest.reports.calibration import calibration_dict, calibration_page
from plumbline.backtest.reports.impact import impact_dict, impact_page
from plumbline.project import Suite
from support.projects import SmallProject, between
from support.report_tables import assert_numbers_stand_right
from unit.backtest.conftest import NEW_YORK, grouped, label, measured, write_suite
from unit.backtest.test_calibrate import calibrated
from unit.backtest.test_impact import SQL, changed, edit, impact

__all__ = ["changed"]

SCHEMAS = Path(__file__).parents[3] / "schemas"


def schema_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    return found


def keeps(values: dict[str, object], name: str) -> Any:
    """What a reader gets; asserts that it is as published, keys in the schema's order."""
    schema = schema_of(name)
    said = json.loads(json.dumps(values, allow_nan=False))
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(said)
    assert list(said) == schema["required"]
    return said


def keeps_calibration(found: Calibration) -> Any:
    assert_numbers_stand_right(calibration_page(found))
    return keeps(calibration_dict(found), "calibrate")


def keeps_impact(found: Impact) -> Any:
    assert_numbers_stand_right(impact_page(found, NEW_YORK))
    return keeps(impact_dict(found), "impact")


@pytest.mark.parametrize("name", ["backtest", "calibrate", "impact", "run"])
def test_a_published_schema_is_a_schema_without_loose_ends(name: str) -> None:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    loose = []

    def look(at: Any, path: str) -> None:
        if isinstance(at, dict):
            if at.get("type") == "object" and "additionalProperties" not in at:
                loose.append(path)
            for key, value in at.items():
                look(value, f"{path}/{key}")

    look(schema, "")
    assert loose == []


def test_a_calibration_keeps_to_its_schema(suite: Suite) -> None:
    values: list[float | None] = [90.0, 90.5] * 80
    values[40:60] = [30.0] * 20
    outage = label(began=40, due=40, ends=60, name="outage")
    said = keeps_calibration(calibrated(suite, measured(values), outage))
    assert said["left_out"] == ["outage"]
    assert said["from"] == "2026-01-01T05:00:00Z"
    (threshold,) = said["thresholds"]
    assert threshold["proposed"] == {"warning": 89.0, "critical": 60.0}
    assert threshold["separation"] == {"area": 1.0, "healthy": 139, "incident": 4}
    assert threshold["candidates"][0]["found"] == ["outage"]


@pytest.mark.parametrize(
    "values", [[90.0] * 8, [None] * 200, []], ids=["short", "never healthy", "empty"]
)
def test_a_calibration_that_proposes_nothing_keeps_to_its_schema(
    suite: Suite, values: list[float | None]
) -> None:
    (threshold,) = keeps_calibration(calibrated(suite, measured(values)))["thresholds"]
    assert threshold["proposed"] is None
    assert threshold["overrides"] == {}


def test_a_calibration_by_groups_keeps_to_its_schema(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path,
        between("warning", column="graded_pct", min_value=80, group_by=["system_id"]),
        observed={"count_failing": "warning"},
    )
    rows = [{"a": 95.0 + run % 3, "poor": 65.0 + run % 4} for run in range(160)]
    (threshold,) = keeps_calibration(calibrated(suite, grouped(rows)))["thresholds"]
    assert set(threshold["overrides"]) == {"poor"}


@pytest.mark.parametrize(
    ("file", "old", "new", "kind"),
    [
        ("expectations/coverage.json", '"min_value": 80', '"min_value": 95', "thresholds"),
        ("expectations/coverage.json", '"unit": "%"', '"unit": "percent"', "measurement"),
        ("expectations/coverage.json", '"model"', '"owner": "ann", "model"', "text"),
        ("expectations/coverage.json", '"model"', '"modle"', "broken"),
    ],
)
def test_the_impact_of_each_kind_of_change_keeps_to_its_schema(
    changed: SmallProject, file: str, old: str, new: str, kind: str
) -> None:
    edit(changed, old, new, file)
    said = keeps_impact(impact(changed, [90, 90, 40, 96], label(began=2, due=2, ends=3)))
    (monitor,) = said["monitors"]
    assert monitor["kind"] == kind
    assert (monitor["before"] is not None) == (kind == "thresholds")


def test_the_impact_of_monitors_that_come_and_go_keeps_to_its_schema(
    changed: SmallProject,
) -> None:
    changed.add("other", SQL)
    changed.checkpoint("other", name="health_check")
    (changed.root / "expectations" / "coverage.json").unlink()
    said = keeps_impact(impact(changed, []))
    assert [one["kind"] for one in said["monitors"]] == ["removed", "added"]
    assert said["others"]


def test_no_impact_keeps_to_its_schema(changed: SmallProject) -> None:
    assert keeps_impact(impact(changed, []))["monitors"] == []
