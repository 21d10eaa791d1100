"""A proposal finds the labelled incidents that today's thresholds find, or says what it misses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from plumbline.backtest.calibrate import calibrate
from plumbline.backtest.calibration import Calibration
from plumbline.backtest.reports.calibration import calibration_page
from plumbline.backtest.write_levels import write_levels
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.project import Suite
from plumbline.project.alerts import default_alerts
from plumbline.project.labels import Label
from plumbline.report.terminal import as_text
from support.projects import between
from unit.backtest.conftest import NEW_YORK, grouped, label, levels, measured, write_suite

SPREAD = [85.0, 88.0, 92.0, 96.0, 99.0]
"""Healthy values whose proposal is a WARNING below 77."""
OUTAGE = label(began=40, due=40, ends=60, name="outage").model_copy(
    update={"title": "Few lines came"}
)


def calibrated(
    suite: Suite, history: Sequence[Outcome], *labels: Label, allow_missing: bool = False
) -> Calibration:
    return calibrate(
        suite,
        history,
        labels,
        zone=NEW_YORK,
        alerts=default_alerts(),
        checkpoint="health_check",
        allow_missing=allow_missing,
    )


@dataclass(frozen=True)
class Case:
    now: tuple[float, float | None]
    incident: float
    proposed: dict[str, float]
    says: str | None
    """Of what the arithmetic would miss."""


CASES = {
    "what the proposal finds is left alone":
        Case((80, 50), 60.0, {"warning": 77, "critical": 72}, None),
    "a warning is tightened to the loosest bound that finds it":
        Case((82, 50), 78.0, {"warning": 79, "critical": 62}, "the proposal is tightened"),
    "also where only today's does":
        Case((79, 50), 78.5, {"warning": 79, "critical": 62}, "the proposal is tightened"),
    "what today's thresholds miss too is not lost":
        Case((70, 50), 78.0, {"warning": 77, "critical": 62}, None),
    "a warning alone":
        Case((82, None), 78.0, {"warning": 79}, "the proposal is tightened"),
    "a warning alone that only today's finds":
        Case((79, None), 78.5, {"warning": 79}, "the current thresholds stay"),
}  # fmt: skip


def history(incident: float) -> list[Outcome]:
    values = SPREAD * 32
    values[40:60] = [incident] * 20
    return measured(values)


def suite_of(case: Case, folder: Path) -> Suite:
    warning, critical = case.now
    two = levels(warning, critical or 0)
    return write_suite(folder, *(two if critical is not None else two[:1]))


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_proposal_finds_what_todays_thresholds_find(tmp_path: Path, case: Case) -> None:
    (family,) = calibrated(suite_of(case, tmp_path), history(case.incident), OUTAGE).families
    assert family.levels == case.proposed, family.decisions
    now, proposed = family.candidates[0], family.candidates[-1]
    assert set(proposed.found) >= set(now.found)
    assert [one.name for one in family.candidates if one.name == "untightened"] == (
        [] if case.says is None else ["untightened"]
    )
    if case.says is None:
        assert family.lost == ()
        before, after = (f"{one.alerts_per_month:.1f}" for one in (now, proposed))
        louder = f"with {after} alerts per month instead of {before}: keep today's"
        is_same = now.found == proposed.found != ()
        is_louder = is_same and proposed.alerts_per_month > now.alerts_per_month
        assert [louder in said for said in family.decisions] == ([True] if is_louder else [])
    else:
        assert family.lost == (OUTAGE,)
        (said,) = family.decisions
        assert "would miss what today's thresholds find: outage (Few lines came)" in said
        assert case.says in said


def test_an_alarm_that_was_open_before_loses_it_and_todays_warning_stays(tmp_path: Path) -> None:
    values = [90.0, 91.0, 92.0, 93.0] * 40
    values[36:40] = [
        85.0
    ] * 4  # not labelled: a stricter warning has an alarm open until the outage
    values[40:60] = [40.0] * 20
    suite = write_suite(tmp_path, *levels(50, 0)[:1])
    (family,) = calibrated(suite, measured(values), OUTAGE).families
    assert family.lost == (OUTAGE,)
    assert family.levels == {"warning": 50}
    assert family.decisions[-1].endswith("the current thresholds stay")


def test_with_the_option_the_proposal_misses_it_and_says_so(tmp_path: Path) -> None:
    case = CASES["a warning is tightened to the loosest bound that finds it"]
    suite = suite_of(case, tmp_path)
    found = calibrated(suite, history(case.incident), OUTAGE, allow_missing=True)
    (family,) = found.families
    assert family.levels == {"warning": 77, "critical": 62}
    assert family.decisions == (
        "the proposal misses what today's thresholds find: outage (Few lines came)",
    )
    assert family.candidates[-1].missed == ("outage",)


def test_only_with_the_option_is_what_misses_an_incident_written(tmp_path: Path) -> None:
    case = CASES["a warning is tightened to the loosest bound that finds it"]
    suite, measured_ = suite_of(case, tmp_path), history(case.incident)

    def written(*, allow_missing: bool) -> list[float]:
        write_levels(suite, calibrated(suite, measured_, OUTAGE, allow_missing=allow_missing))
        expectations = json.loads(suite.file.read_text())["expectations"]
        return [one["kwargs"]["min_value"] for one in expectations]

    before = suite.file.read_text()
    assert written(allow_missing=False) == [79, 62]
    suite.file.write_text(before)
    assert written(allow_missing=True) == [77, 62]


def test_numbers_that_find_it_together_do_not_both_stop_finding_it(tmp_path: Path) -> None:
    """Each could be loosened by itself, because the other still finds the outage."""
    suite = write_suite(
        tmp_path,
        *levels(82, 0)[:1],
        between("warning", column="graded_pct", min_value=82, group_by=["system_id"]),
    )
    values = history(78.0)
    groups = grouped([{"a": one.observed or 0.0} for one in values])
    both = [
        Outcome(one.monitor, one.status, "", one.as_of, one.observed, groups=of.groups)
        for one, of in zip(values, groups, strict=True)
    ]
    first, second = calibrated(suite, both, OUTAGE).families
    assert first.levels == {"warning": 77}
    assert second.levels == {"warning": 79}
    assert second.candidates[-1].found == ("outage",)


def test_bounds_of_a_group_that_lose_its_incident_are_tightened(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path,
        between("warning", column="graded_pct", min_value=80, group_by=["system_id"]),
        observed={"count_failing": "warning"},
    )
    # The poor one is below 80 now and then, which is one opening in a month.
    rows = [{"a": 95.0, "b": 96.0, "poor": 81.0 + run % 4 * 3} for run in range(160)]
    for run in (20, 21, 22, 23, 24, 25, 26, 27, 28, 29):
        rows[run]["poor"] = 70.0
    for run in range(100, 120):
        rows[run]["poor"] = 64.0
    outage = label(began=100, due=100, ends=120, name="poor-outage").model_copy(
        update={"groups": [{"system_id": "poor"}]}
    )
    (family,) = calibrated(suite, grouped(rows), outage).families
    assert family.candidates[0].found == ("poor-outage",)
    assert family.candidates[-1].found == ("poor-outage",)
    assert [one.id for one in family.lost] == ["poor-outage"]
    assert family.overrides == {"poor": {"warning": 65}}


def test_the_report_names_what_would_be_lost(tmp_path: Path) -> None:
    case = CASES["a warning is tightened to the loosest bound that finds it"]
    found = calibrated(suite_of(case, tmp_path), history(case.incident), OUTAGE)
    page = as_text(calibration_page(found))
    assert "untightened  < 77     < 62" in page
    assert "would miss what today's thresholds find: outage (Few lines came)" in page


def test_a_proposal_that_is_louder_and_finds_no_more_is_none(tmp_path: Path) -> None:
    values = [97.0, 98.0, 99.0, 100.0] * 40
    values[80:84] = [84.0] * 4  # one opening a month is allowed
    values[40:60] = [40.0] * 20
    (family,) = calibrated(
        write_suite(tmp_path, *levels(80, 50)), measured(values), OUTAGE
    ).families
    assert family.levels == {"warning": 80, "critical": 50}
    (said,) = family.decisions
    assert "false alarms per month instead of 0.0 and find no more labelled incidents" in said
    assert said.endswith("the current thresholds stay")


def test_a_proposal_that_finds_an_incident_later_says_so(tmp_path: Path) -> None:
    values = SPREAD * 32
    values[40:44], values[44:60] = [79.0] * 4, [40.0] * 16
    (family,) = calibrated(
        write_suite(tmp_path, *levels(80, 50)), measured(values), OUTAGE
    ).families
    assert family.levels is not None
    assert family.levels["warning"] == 77
    assert family.decisions == ("the proposal finds outage 1 d later than today's thresholds",)


def test_the_head_counts_what_was_not_healthy_too(tmp_path: Path) -> None:
    case = CASES["what the proposal finds is left alone"]
    measured_ = [
        replace(one, status=Status.SKIPPED if run < 3 else Status.ERROR) if run < 5 else one
        for run, one in enumerate(history(case.incident))
    ]
    found = calibrated(suite_of(case, tmp_path), measured_, OUTAGE)
    head = as_text(calibration_page(found)).splitlines()[1]
    assert (
        f"160 instants, {found.healthy} healthy, {found.within} within labelled incidents" in head
    )
    assert head.endswith("3 SKIPPED, 2 ERROR")
    assert found.healthy + found.within == 155


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_candidates_are_a_table_in_each_terminal(tmp_path: Path, width: int) -> None:
    suite = write_suite(
        tmp_path, between("warning", column="graded_pct", min_value=80, group_by=["system_id"])
    )
    rows = [{"a": 95.0 + run % 3, "poor": 65.0 + run % 4} for run in range(160)]
    page = as_text(calibration_page(calibrated(suite, grouped(rows), OUTAGE)), width=width)
    assert max(map(len, page.splitlines())) <= width
    poor = [line for line in page.splitlines() if line.startswith("  poor  ")]
    assert all(len(line.split()) > 3 for line in poor)
    (now,) = (line for line in page.splitlines() if line.startswith("  now "))
    assert "< 80 %" in now
