"""Thresholds proposed from history: what they are, when none are, and what looks wrong."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from plumbline.backtest.calibrate import LEAST_DAYS, calibrate
from plumbline.backtest.calibration import Calibration
from plumbline.backtest.proposing import Quantiles, propose
from plumbline.backtest.reports.calibration import calibration_dict
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.project import Suite
from plumbline.project.alerts import default_alerts
from plumbline.project.labels import Label
from plumbline.report.writers import as_json
from support.projects import between
from unit.backtest.conftest import NEW_YORK, at, grouped, label, levels, measured, write_suite


def calibrated(suite: Suite, history: list[Outcome], *labels: Label) -> Calibration:
    return calibrate(
        suite, history, labels, zone=NEW_YORK, alerts=default_alerts(), checkpoint="health_check"
    )


def only(calibration: Calibration):
    (family,) = calibration.families
    return family


def all_players(days: int = 60) -> list[float]:
    """Line coverage where the denominator is all players, four runs a day: its quantiles are those
    of January 2026 (p1 18.9, p5 37.0, p10 41.3, median 44.3)."""
    points = [(0.0, 12.0), (0.01, 18.9), (0.05, 37.0), (0.10, 41.3), (0.5, 44.3), (1.0, 47.5)]
    values = []
    for day in range(days):
        share = day / (days - 1)
        for (low, begin), (high, end) in pairwise(points):
            if low <= share <= high:
                values.append(begin + (end - begin) * (share - low) / (high - low))
                break
    random.Random(4).shuffle(values)
    return [value for value in values for _ in range(4)]


def test_the_values_of_january_have_its_quantiles() -> None:
    found = Quantiles.of(all_players(600), 600)
    assert [found.at(p) for p in (1, 5, 10, 50)] == pytest.approx([18.9, 37.0, 41.3, 44.3], abs=0.2)


def test_eighty_of_all_players_is_a_permanent_alarm_and_what_would_work_is_said(
    tmp_path: Path,
) -> None:
    suite = write_suite(
        tmp_path,
        *levels(column="coverage_pct"),
        observed={"column": "coverage_pct", "aggregate": "mean", "unit": "%"},
    )
    family = only(calibrated(suite, measured(all_players())))
    permanent, denominator = family.warnings
    assert permanent.startswith("80 % is a permanent alarm: 100 % of the values outside incidents")
    assert "median 44" in permanent
    assert "the denominator looks wrong" in denominator
    assert family.levels is not None
    assert 20 <= family.levels["warning"] <= 41
    assert 0 < family.levels["critical"] < family.levels["warning"]
    now, proposed = family.candidates[0], family.candidates[-1]
    assert proposed.false_alarms_per_month <= 2
    assert now.alerts_per_month > 4 * proposed.alerts_per_month
    assert f"warning < {family.levels['warning']:g} %" in permanent


@pytest.mark.parametrize("days", [LEAST_DAYS - 1, LEAST_DAYS + 10])
def test_infinity_and_nan_teach_nothing(suite: Suite, days: int) -> None:
    values = [90.0] * (4 * days)
    values[7], values[9] = math.inf, math.nan
    found = calibrated(suite, measured(values))
    quantiles = only(found).quantiles
    assert quantiles is not None
    assert set(quantiles.values) == {90.0}
    assert "NaN" not in as_json(calibration_dict(found))


def test_values_within_labelled_incidents_teach_nothing(suite: Suite) -> None:
    values = [90.0] * 160
    values[40:60] = [5.0] * 20
    outage = label(began=40, due=40, ends=60)
    family = only(calibrated(suite, measured(values), outage))
    assert family.quantiles is not None
    assert family.quantiles.at(0) == 90.0
    assert calibrated(suite, measured(values), outage).left_out == ("it",)
    unlabelled = only(calibrated(suite, measured(values)))
    assert unlabelled.quantiles is not None
    assert unlabelled.quantiles.at(0) == 5.0


def test_each_candidate_says_what_it_would_have_found_and_missed(suite: Suite) -> None:
    values = [90.0] * 160
    values[40:60] = [60.0] * 20
    outage = label(began=40, due=40, ends=60, name="outage")
    candidates = only(calibrated(suite, measured(values), outage)).candidates
    assert {one.name: (one.found, one.missed) for one in candidates}["now"] == (("outage",), ())
    low = write_suite(Path(suite.file.parent), *levels(50, 20))
    now = only(calibrated(low, measured(values), outage)).candidates[0]
    assert (now.found, now.missed) == ((), ("outage",))


def test_critical_lies_between_the_worst_healthy_value_and_incidents(suite: Suite) -> None:
    values = [90.0, 90.5] * 80
    values[40:60] = [30.0] * 20
    family = only(calibrated(suite, measured(values), label(began=40, ends=60)))
    assert family.levels == {"warning": 89.0, "critical": 60.0}


@pytest.mark.parametrize(("days", "enough"), [(LEAST_DAYS - 1, False), (LEAST_DAYS + 1, True)])
def test_a_short_history_proposes_nothing_and_says_so(
    suite: Suite, days: int, enough: bool
) -> None:
    family = only(calibrated(suite, measured([90.0] * (days * 4))))
    assert (family.levels is not None) == enough
    assert any("too short" in warning for warning in family.warnings) != enough
    assert family.candidates[0].name == "now"


def test_many_runs_of_a_day_are_no_long_history(suite: Suite) -> None:
    history = [
        Outcome("coverage", Status.PASS, "", at(0) + timedelta(minutes=run), 90.0)
        for run in range(900)
    ]
    assert only(calibrated(suite, history)).levels is None


def test_a_history_without_a_healthy_value_proposes_nothing(suite: Suite) -> None:
    family = only(calibrated(suite, measured([None] * 200)))
    assert (family.levels, family.warnings) == (
        None,
        ("no healthy value in the history: nothing can be proposed",),
    )


def test_a_group_that_is_poor_by_nature_gets_bounds_of_its_own(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path,
        between("warning", column="graded_pct", min_value=80, group_by=["system_id"]),
        between("critical", column="graded_pct", min_value=50, group_by=["system_id"]),
        observed={"count_failing": "critical"},
    )
    rows = [
        {"a": 95.0 + run % 3, "b": 96.0 + run % 2, "poor": 65.0 + run % 4} for run in range(160)
    ]
    family = only(calibrated(suite, grouped(rows)))
    assert family.levels is not None
    assert family.levels["warning"] >= 90
    assert set(family.overrides) == {"poor"}
    assert 55 <= family.overrides["poor"]["warning"] <= 65


def test_a_group_that_is_known_by_a_pseudonym_gets_no_bounds_in_the_suite(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path,
        between("warning", column="graded_pct", min_value=80, group_by=["system_id"]),
        observed={"count_failing": "warning"},
    )
    rows = [{"masked-0": 95.0 + run % 3, "masked-1": 95.0, "masked-2": 30.0} for run in range(160)]
    family = only(calibrated(suite, grouped(rows)))
    assert family.overrides == {}
    assert "shown as pseudonyms" in family.warnings[0]


def test_groups_that_are_alike_share_their_bounds(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path,
        between("warning", column="graded_pct", min_value=80, group_by=["system_id"]),
        observed={"count_failing": "warning"},
    )
    rows = [{"a": 95.0 + run % 3, "b": 96.0 + run % 2} for run in range(160)]
    assert only(calibrated(suite, grouped(rows))).overrides == {}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([90.0] * 150 + [108.0] * 10, "10 of 160 values are above 100 %"),
        ([90.0] * 160, None),
    ],
)
def test_shares_above_a_hundred_are_pointed_out(
    tmp_path: Path, values: list[float], says: str | None
) -> None:
    suite = write_suite(
        tmp_path,
        *levels(column="share_pct"),
        observed={"column": "share_pct", "aggregate": "mean"},
    )
    warnings = only(calibrated(suite, measured(values))).warnings
    assert [one for one in warnings if "above 100" in one] == (
        [f"{says}: numerator and denominator count different things"] if says else []
    )


def test_gaps_a_changed_grain_and_renamed_groups_are_said(suite: Suite) -> None:
    old = grouped([{"old": 90.0}] * 80)
    new = [
        replace(one, as_of=one.as_of + timedelta(days=30)) for one in grouped([{"new": 90.0}] * 80)
    ]
    notes = calibrated(suite, old + new).notes
    assert notes[0] == "the history has a gap from 2026-01-20 to 2026-01-31"
    assert any(
        "no rows for 14 days (renamed or removed): old; new since are new" in n for n in notes
    )


@pytest.mark.parametrize(
    ("values", "incidents", "side", "expected"),
    [
        ([5.0] * 60, [1.0, 2.0, 2.0], "below", (5.0, 3.0)),
        ([0.0] * 60, [4.0], "above", (0.0, 2.0)),
        ([0.5, 0.6, 0.7, 0.8] * 20, [14.6], "above", (0.97, 7.7)),
        ([100.0] * 60, [], "below", (100.0, 99.0)),
    ],
)
def test_proposals_that_a_person_can_check(
    values: list[float], incidents: list[float], side, expected: tuple[float, float]
) -> None:
    found = propose([values], Quantiles.of(values, len(values)), incidents, side=side)
    assert (found.warning, found.critical) == pytest.approx(expected, abs=0.11)
