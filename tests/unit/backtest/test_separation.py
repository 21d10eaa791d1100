"""How well a number tells labelled incidents from healthy times."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.backtest.calibrate import calibrate
from plumbline.backtest.separation import Separation, separate
from plumbline.checks.threshold_families import families_of
from plumbline.core.outcome import Outcome
from plumbline.project import Suite
from plumbline.project.alerts import default_alerts
from plumbline.project.labels import Label
from support.projects import between
from unit.backtest.conftest import NEW_YORK, grouped, label, levels, measured, write_suite

OUTAGE = label(began=4, due=4, ends=7)
"""Of one day: runs 4 to 7, of which a day has four."""


@pytest.mark.parametrize(
    ("healthy", "wrong", "side", "area"),
    [
        ([90, 91, 92, 93], [50, 60, 70, 80], "min_value", 1.0),
        ([90, 91, 92, 93], [90, 91, 92, 93], "min_value", 0.5),
        ([90, 90, 90, 90], [90, 90, 90, 90], "min_value", 0.5),
        ([90, 91, 92, 93], [94, 95, 96, 97], "min_value", 0.0),
        ([90, 91, 92, 93], [90, 50, 50, 50], "min_value", 0.96875),
        ([1, 1, 2, 2], [5, 6, 7, 8], "max_value", 1.0),
        ([1, 1, 2, 2], [0, 0, 0, 0], "max_value", 0.0),
        ([1, 1, 2, 2], [None, None, None, 3], "max_value", 1.0),
    ],
)
def test_the_share_of_pairs_in_which_the_incident_is_worse(
    tmp_path: Path, healthy: list[float], wrong: list[float], side: str, area: float
) -> None:
    suite = write_suite(tmp_path, between("warning", column="pct", aggregate="mean", **{side: 80}))
    (family,) = families_of(suite)[0]
    found = separate(family, "coverage", measured([*healthy, *wrong]), [OUTAGE])
    assert found is not None
    assert found.area == area
    assert (found.healthy, found.incident) == (4, len([one for one in wrong if one is not None]))


@pytest.mark.parametrize(
    ("history", "labels"),
    [
        (measured([90.0] * 8), []),
        (measured([90.0] * 8), [label("other", began=4, ends=7)]),
        (measured([None] * 8), [OUTAGE]),
        (measured([90.0] * 4), [OUTAGE]),
        (measured([None] * 4 + [5.0] * 4), [OUTAGE]),
        ([], [OUTAGE]),
    ],
)
def test_without_healthy_and_labelled_values_nothing_is_known(
    suite: Suite, history: list[Outcome], labels: list[Label]
) -> None:
    (family,) = families_of(suite)[0]
    assert separate(family, "coverage", history, labels) is None


def test_what_comes_before_the_data_are_due_or_after_the_affected_days_is_left_out(
    suite: Suite,
) -> None:
    (family,) = families_of(suite)[0]
    # One affected day, whose data are due at run 6: the traces of runs 11 to 14 are not compared.
    late = label(began=4, due=6, ends=14)
    values = [90.0] * 6 + [10.0] * 5 + [90.0] * 4 + [91.0]
    assert separate(family, "coverage", measured(values), [late]) == Separation(1.0, 5, 4)


def test_the_worst_group_at_an_instant_counts_and_of_an_incident_those_that_it_concerns(
    tmp_path: Path,
) -> None:
    suite = write_suite(
        tmp_path,
        between("warning", column="graded_pct", min_value=80, group_by=["system_id"]),
        observed={"count_failing": "warning"},
    )
    (family,) = families_of(suite)[0]
    rows = [{"a": 95.0, "b": 70.0}] * 4 + [{"a": 80.0, "b": 60.0}] * 4
    any_group = separate(family, "coverage", grouped(rows), [OUTAGE])
    only_a = OUTAGE.model_copy(update={"groups": [{"system_id": "a"}]})
    of_a = separate(family, "coverage", grouped(rows), [only_a])
    assert any_group is not None
    assert of_a is not None
    assert (any_group.area, of_a.area) == (1.0, 0.0)


def best(folder: Path, *labels: Label) -> str:
    suite = write_suite(
        folder,
        *levels(),
        between("warning", column="predictions", min_value=1, group_by=["system_id"]),
    )
    # During the outage the whole is worse at each instant, and its groups now and then.
    history = [
        Outcome(
            one.monitor,
            one.status,
            one.summary,
            one.as_of,
            observed=50.0 if 4 <= run <= 7 else 90.0 + run % 3,
            groups=one.groups,
        )
        for run, one in enumerate(
            grouped([{"a": 10.0 + run % 3} if run != 5 else {"a": 1.0} for run in range(160)])
        )
    ]
    found = calibrate(
        suite, history, labels, zone=NEW_YORK, alerts=default_alerts(), checkpoint="x"
    )
    return found.best


def test_the_number_that_separates_best_is_named(tmp_path: Path) -> None:
    said = best(tmp_path, OUTAGE)
    assert said.startswith("mean of pct separates incidents best (100 %); predictions by system_id")


def test_without_labels_it_is_not_known_which_number_separates_best(tmp_path: Path) -> None:
    assert best(tmp_path).startswith("unknown which number separates incidents best")


def test_of_one_number_nothing_is_said(suite: Suite) -> None:
    found = calibrate(
        suite, measured([90.0] * 8), [], zone=NEW_YORK, alerts=default_alerts(), checkpoint="x"
    )
    assert found.best == ""
