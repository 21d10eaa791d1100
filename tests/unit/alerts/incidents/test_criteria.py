"""The data got better, or the suite judges otherwise: the two are told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plumbline.alerts.incidents.model import Change
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, Outcome, ThresholdLine
from plumbline.core.status import Status
from support.incidents import History, at, outcome


def line(value: float) -> tuple[ThresholdLine, ...]:
    return (ThresholdLine("critical", value),)


def whole(run: int, observed: float, threshold: float, *, suite: str = "") -> Outcome:
    """A monitor without groups that is CRITICAL below ``threshold``."""
    status = Status.CRITICAL if observed < threshold else Status.PASS
    return replace(
        outcome("coverage", status, at(run), observed=observed),
        criteria=suite or f"suite of {threshold}",
        lines=line(threshold),
        thresholds=f"critical < {threshold:g}",
    )


def by_group(
    run: int, threshold: float, *, column: str = "system", suite: str = "", **observed: float
) -> Outcome:
    """A monitor of groups, each CRITICAL below ``threshold``."""
    groups = tuple(
        GroupOutcome(
            key=GroupKey.of({column: name}),
            status=Status.CRITICAL if value < threshold else Status.PASS,
            observed=value,
            threshold=threshold,
            lines=line(threshold),
        )
        for name, value in observed.items()
    )
    failing = any(group.status is Status.CRITICAL for group in groups)
    return replace(
        outcome("coverage", Status.CRITICAL if failing else Status.PASS, at(run)),
        criteria=suite or f"{column} below {threshold}",
        groups=groups,
        judged=tuple(group.key for group in groups),
    )


def last(*outcomes: Outcome) -> Change:
    history = History()
    for found in outcomes:
        decision = history.run(found)
    (change,) = decision.changes
    return change


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        (whole(0, 40, 50), whole(1, 40, 30), "threshold_changed"),
        (whole(0, 40, 50), whole(1, 45, 30), "threshold_changed"),
        (whole(0, 40, 50), whole(1, 60, 30), "resolved"),
        (whole(0, 40, 50), whole(1, 60, 50), "resolved"),
        (by_group(0, 50, a=40), by_group(1, 30, a=40), "threshold_changed"),
        (by_group(0, 50, a=40), by_group(1, 30, a=60), "resolved"),
        (by_group(0, 50, a=40), by_group(1, 50, column="region", eu=80), "threshold_changed"),
        (by_group(0, 50, a=40, b=40), by_group(1, 30, a=60, b=40), "threshold_changed"),
    ],
)
def test_an_end_that_the_suite_brought_is_not_called_recovered(
    before: Outcome, after: Outcome, event: str
) -> None:
    change = last(before, after)
    assert (str(change.event), change.incident.ending, change.notifies) == (event, event, True)


@pytest.mark.parametrize(
    ("strict", "observed", "event"),
    [
        (ThresholdLine("critical", 50.0, "below", is_strict=True), 50.0, "threshold_changed"),
        (ThresholdLine("critical", 50.0, "below", is_strict=True), 50.1, "resolved"),
        (ThresholdLine("critical", 50.0, "above", is_strict=True), 50.0, "threshold_changed"),
        (ThresholdLine("critical", 50.0, "above", is_strict=True), 49.9, "resolved"),
        (ThresholdLine("critical", 50.0, "above"), 50.0, "resolved"),
    ],
)
@pytest.mark.parametrize("as_group", [False, True])
def test_a_value_on_a_strict_bound_did_not_meet_it(
    strict: ThresholdLine, observed: float, event: str, as_group: bool
) -> None:
    before, after = (
        (by_group(0, 50, a=40), by_group(1, 30, a=observed))
        if as_group
        else (whole(0, 40, 50), whole(1, observed, 30))
    )
    before = replace(
        before,
        lines=(strict,),
        groups=tuple(replace(group, lines=(strict,)) for group in before.groups),
    )
    assert str(last(before, after).event) == event


def test_excused_groups_are_told_apart_from_recovered_ones() -> None:
    change = last(by_group(0, 50, a=40, b=40), by_group(1, 30, a=60, b=40))
    assert [one.label for one in change.recovered_members] == ["a"]
    assert [one.label for one in change.excused_members] == ["b"]
    assert (change.incident.recovered, change.incident.left) == (1, 0)


def test_what_recovers_after_the_edit_has_recovered() -> None:
    change = last(whole(0, 20, 50), whole(1, 20, 30), whole(2, 40, 30))
    assert str(change.event) == "resolved"


def test_an_error_between_does_not_hide_the_edit() -> None:
    failed = outcome("coverage", Status.ERROR, at(1), observed=None)
    changes = []
    history = History()
    for found in (whole(0, 40, 50), failed, whole(2, 40, 30)):
        changes = list(history.run(found).changes)
    assert "threshold_changed" in [str(change.event) for change in changes]


def test_other_groups_are_new_and_the_old_ones_did_not_age_out() -> None:
    change = last(by_group(0, 50, a=40), by_group(1, 50, column="region", eu=10))
    assert (str(change.event), str(change.reason)) == ("changed", "threshold changed")
    assert [one.label for one in change.new_members] == ["eu"]
    assert (change.left_members, change.recovered_members) == ((), ())


def test_a_status_that_fell_by_an_edit_says_so() -> None:
    before = whole(0, 40, 50)
    after = replace(whole(1, 40, 50), status=Status.WARNING, criteria="another suite")
    change = last(before, after)
    assert (str(change.event), str(change.reason)) == ("downgraded", "threshold changed")


def test_without_what_the_suite_required_an_end_has_recovered() -> None:
    change = last(
        outcome("coverage", Status.CRITICAL, at(0)), outcome("coverage", Status.PASS, at(1))
    )
    assert str(change.event) == "resolved"


def test_a_retired_group_is_not_an_edited_threshold() -> None:
    after = replace(by_group(1, 50, suite="with retired", b=80), retired=("a",))
    assert str(last(by_group(0, 50, a=40, b=80), after).event) == "expired"
