"""Bounds per unit are proposed where a number follows its units, and fixed ones elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.backtest.calibrate import calibrate
from plumbline.backtest.calibration import Calibration
from plumbline.backtest.reports.calibration import calibration_page
from plumbline.backtest.write_levels import write_levels
from plumbline.checks.threshold_families import Rates, families_of
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, MetricOutcome, Outcome
from plumbline.core.status import Status
from plumbline.project import Suite
from plumbline.project.alerts import default_alerts
from plumbline.project.labels import Label
from plumbline.report.terminal import as_text
from support.projects import between
from unit.backtest.conftest import NEW_YORK, at, label, write_suite

GAMES = [3, 12, 5, 9, 14, 2, 7, 10]
OUTAGE = label(began=80, due=80, ends=83, name="outage")


def suite(folder: Path, *, fixed: tuple[int, int] = (100, 50), **kwargs: object) -> Suite:
    """WARNING below 12 predictions a game and 100, CRITICAL below 6 and 50."""
    given = {"column": "rows", "aggregate": "max", **kwargs}
    return write_suite(
        folder,
        *(
            between(severity, **given, min_value=least, per={"column": "games", "min_value": rate})
            for severity, least, rate in zip(("warning", "critical"), fixed, (12, 6), strict=True)
        ),
        observed={"column": "rows", "aggregate": "max", "unit": "predictions"},
    )


def played(rate: Sequence[float], games: Sequence[int] = GAMES, runs: int = 160) -> list[Outcome]:
    """Predictions of so many a game, a slate a day."""
    return [
        Outcome(
            "coverage",
            Status.PASS,
            "",
            at(run),
            rate[run % len(rate)] * games[run // 4 % len(games)],
            metrics={"games": MetricOutcome(games[run // 4 % len(games)], Status.PASS)},
        )
        for run in range(runs)
    ]


def calibrated(of: Suite, history: Sequence[Outcome], *labels: Label) -> Calibration:
    return calibrate(
        of, history, labels, zone=NEW_YORK, alerts=default_alerts(), checkpoint="health_check"
    )


def outage(history: Sequence[Outcome], rate: float) -> list[Outcome]:
    """``history`` with few predictions at runs 80 to 83, on a slate of a known size."""
    return [
        replace(one, observed=rate * one.metrics["games"].observed) if 80 <= run <= 83 else one
        for run, one in enumerate(history)
    ]


def test_a_number_that_follows_its_units_gets_bounds_per_unit(tmp_path: Path) -> None:
    history = outage(played([16.0, 17.0, 18.0]), 5.0)
    found = calibrated(suite(tmp_path), history, OUTAGE)
    fixed, rates = found.families
    assert rates.family.subject == "max of rows per game"
    assert rates.rules.unit == "predictions per game"
    assert rates.levels == {"warning": 14, "critical": 10}
    assert rates.candidates[-1].found == ("outage",)
    assert fixed.levels == {"warning": 100, "critical": 50}
    assert fixed.decisions == (
        "the number grows with games: bounds per unit are proposed, fixed bounds stay",
    )
    assert [one.name for one in fixed.candidates] == ["now", "fixed bounds alone", "proposed"]


def test_the_rate_separates_better_than_the_number(tmp_path: Path) -> None:
    # Ten games of five predictions are as many as three games of seventeen.
    history = outage(played([16.0, 17.0, 18.0]), 8.0)
    found = calibrated(suite(tmp_path), history, OUTAGE)
    assert found.best.startswith("max of rows per game separates incidents best (100 %)")
    page = as_text(calibration_page(found))
    assert "Healthy values, in predictions per game" in page
    assert "< 12 predictions per game" in page


def test_a_number_that_does_not_follow_its_units_gets_fixed_bounds(tmp_path: Path) -> None:
    history = [replace(one, observed=200.0 + run % 5) for run, one in enumerate(played([1.0]))]
    fixed, rates = calibrated(suite(tmp_path), history).families
    assert fixed.levels is not None
    assert fixed.levels["warning"] > 150
    assert rates.levels == {"warning": 12, "critical": 6}
    assert rates.decisions == (
        "max of rows does not grow with games: the current bounds per unit stay",
    )


@pytest.mark.parametrize("games", [[7], [7, 7, 8]])
def test_units_that_hardly_vary_explain_nothing(tmp_path: Path, games: list[int]) -> None:
    history = played([10.0, 14.0, 18.0, 22.0], games)
    fixed, rates = calibrated(suite(tmp_path), history).families
    assert "does not grow with games" in rates.decisions[0]
    assert fixed.levels != {"warning": 100, "critical": 50}


def test_runs_without_units_are_left_out_of_the_rates(tmp_path: Path) -> None:
    none = MetricOutcome(0.0, Status.PASS)
    history = [
        replace(one, observed=0.0, metrics={"games": none}) if run % 8 == 0 else one
        for run, one in enumerate(played([16.0, 17.0, 18.0]))
    ]
    rates = calibrated(suite(tmp_path), history).families[1]
    assert rates.quantiles is not None
    assert rates.quantiles.at(0) == 16.0


def test_only_the_bounds_per_unit_are_written(tmp_path: Path) -> None:
    of = suite(tmp_path)
    before = json.loads(of.file.read_text())
    diff = write_levels(of, calibrated(of, outage(played([16.0, 17.0, 18.0]), 5.0), OUTAGE))
    after = json.loads(of.file.read_text())
    assert [one["kwargs"]["per"]["min_value"] for one in after["expectations"]] == [14, 10]
    for one, old in zip(after["expectations"], (12, 6), strict=True):
        one["kwargs"]["per"]["min_value"] = old
    assert after == before
    assert (
        sum(line[:1] in "+-" for line in diff.splitlines() if line[:3] not in ("+++", "---")) == 4
    )


def test_a_rate_that_would_lose_an_incident_is_tightened(tmp_path: Path) -> None:
    # Wide healthy rates ask for a lower bound than today's, which finds the outage at 11 a game.
    history = outage(played([12.0, 16.0, 20.0, 24.0], [3, 12, 30]), 11.0)
    of = suite(tmp_path, fixed=(1000, 900))
    rates = calibrated(of, history, OUTAGE).families[1]
    assert [one.id for one in rates.lost] == ["outage"]
    assert rates.levels is not None
    assert rates.levels["warning"] == 12
    assert rates.candidates[-1].found == ("outage",)


def test_groups_have_rates_of_their_own_units_and_no_overrides(tmp_path: Path) -> None:
    of = write_suite(
        tmp_path,
        between(
            "warning",
            column="rows",
            min_value=1000,
            group_by=["system_id"],
            per={"column": "games", "min_value": 12},
        ),
        observed={"count_failing": "warning"},
    )
    history = []
    for run in range(160):
        games = GAMES[run // 4 % len(GAMES)]
        groups = tuple(
            GroupOutcome(
                GroupKey.of({"system_id": name}),
                Status.PASS,
                rate * games,
                metrics={"games": MetricOutcome(games, Status.PASS)},
            )
            for name, rate in {"a": 16.0 + run % 3, "b": 17.0 + run % 2}.items()
        )
        history.append(Outcome("coverage", Status.PASS, "", at(run), 0.0, groups=groups))
    rates = calibrated(of, history).families[1]
    assert rates.levels == {"warning": 15}
    assert rates.overrides == {}


def test_a_suite_without_bounds_per_unit_has_no_rates(tmp_path: Path) -> None:
    (family,) = families_of(
        write_suite(tmp_path, between("warning", column="pct", aggregate="mean", min_value=1))
    )[0]
    assert family.rates() is None


def test_rates_of_one_level_only(tmp_path: Path) -> None:
    kwargs = {"column": "rows", "aggregate": "max"}
    of = write_suite(
        tmp_path,
        between("warning", **kwargs, min_value=100, per={"column": "games", "min_value": 12}),
        between("critical", **kwargs, min_value=50),
        observed=kwargs,
    )
    (family,) = families_of(of)[0]
    rates = family.rates()
    assert isinstance(rates, Rates)
    assert (rates.level("warning"), rates.level("critical")) == (12, None)
    changed = rates.with_levels({"warning": 14})
    assert [one.kwargs.get("per") for one in changed.members] == [
        {"column": "games", "min_value": 14},
        None,
    ]
