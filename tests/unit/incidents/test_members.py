"""The failing groups of an incident: new ones, mended ones, those that left the window."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plumbline.group_key import GroupKey
from plumbline.incidents.model import Decision, Event, Member, Reason
from plumbline.incidents.policy import MOST_GONE
from plumbline.run.status import Status
from support.incidents import History, at, group, outcome, told, written


def see(history: History, failing: str = "", well: str = "") -> Decision:
    """A run that finds groups, one letter each; the monitor passes where none fails."""
    status = Status.WARNING if failing else Status.PASS
    now = at(history.runs)
    return history.run(outcome("coverage", status, now, failing=failing, well=well))


def labels(members: tuple[Member, ...]) -> str:
    return "".join(member.label for member in members)


def test_a_member_has_what_was_observed_of_it_and_since_when() -> None:
    history = History()
    see(history, "a")
    see(history, "ab")
    first, second = history.open("coverage").members
    assert (first.label, first.status, first.observed) == ("a", Status.WARNING, 1.0)
    assert (first.key, first.since, first.last_seen) == ('{"system_id":"a"}', at(0), at(1))
    assert (second.since, second.last_seen) == (at(1), at(1))


def test_a_new_member_is_told_and_named() -> None:
    history = History()
    see(history, "a", "b")
    decision = see(history, "ab")
    assert told(decision) == ["coverage: changed, new member"]
    assert labels(decision.changes[0].new_members) == "b"


def test_at_an_opening_no_member_is_named_as_new() -> None:
    assert see(History(), "ab").changes[0].new_members == ()


def test_the_same_members_again_say_nothing() -> None:
    history = History()
    see(history, "ab")
    assert see(history, "ab").changes == ()


def test_a_monitor_without_groups_has_no_members_and_no_changes() -> None:
    history = History()
    history.step({"coverage": "C"})
    assert history.step({"coverage": "C"}).changes == ()
    assert history.open("coverage").members == ()


def test_an_escalation_names_the_new_members_too() -> None:
    history = History()
    see(history, "a")
    decision = history.run(outcome("coverage", Status.CRITICAL, at(1), failing="ab"))
    assert told(decision) == ["coverage: escalated, status rose"]
    assert labels(decision.changes[0].new_members) == "b"


def test_what_fails_no_more_says_nothing_until_something_else_does() -> None:
    history = History()
    see(history, "abc")
    assert see(history, "a", "b").changes == ()
    change = see(history, "ad", "b").changes[0]
    assert (labels(change.mended_members), labels(change.left_members)) == ("b", "c")


def test_what_was_told_as_gone_is_not_told_again() -> None:
    history = History()
    see(history, "abc")
    see(history, "ad", "b")
    change = see(history, "ade", "b").changes[0]
    assert (change.mended_members, change.left_members) == ((), ())


@pytest.mark.parametrize(
    ("well", "event", "reason", "mended", "left"),
    [
        ("ab", Event.RESOLVED, Reason.RECOVERED, "ab", ""),
        ("a", Event.EXPIRED, Reason.LEFT_THE_WINDOW, "a", "b"),
        ("", Event.EXPIRED, Reason.LEFT_THE_WINDOW, "", "ab"),
    ],
    ids=["all were seen well", "one was not looked at", "none was looked at"],
)
def test_only_what_was_seen_well_is_resolved(
    well: str, event: Event, reason: Reason, mended: str, left: str
) -> None:
    history = History()
    see(history, "ab")
    (change,) = see(history, "", well).changes
    assert (change.event, change.reason, change.speaks) == (event, reason, True)
    assert (labels(change.mended_members), labels(change.left_members)) == (mended, left)
    assert (change.incident.mended, change.incident.left) == (len(mended), len(left))
    assert change.incident.ending == str(event)


def test_a_closed_incident_keeps_what_failed_last() -> None:
    history = History()
    see(history, "ab")
    (change,) = see(history, "", "ab").changes
    assert labels(change.incident.members) == "ab"


def test_one_that_left_long_before_the_end_makes_it_expire() -> None:
    history = History()
    see(history, "ab")
    see(history, "a")
    (change,) = see(history, "", "a").changes
    assert change.event is Event.EXPIRED


@pytest.mark.parametrize("between", ["", "b"], ids=["it was not looked at", "it was well"])
def test_one_that_comes_back_before_anybody_heard_that_it_had_gone_is_not_new(between: str) -> None:
    history = History()
    see(history, "ab")
    see(history, "a", between)
    assert see(history, "ab").changes == ()
    assert history.open("coverage").members[1].since == at(0)
    (change,) = see(history, "", "ab").changes
    assert (change.event, change.incident.mended, change.incident.left) == (Event.RESOLVED, 2, 0)


def test_one_that_was_told_as_mended_and_fails_again_is_new() -> None:
    history = History()
    see(history, "ab")
    see(history, "ac", "b")
    decision = see(history, "abc")
    assert told(decision) == ["coverage: changed, new member"]
    assert labels(decision.changes[0].new_members) == "b"
    assert history.open("coverage").mended == 0


def test_one_that_was_told_as_gone_and_comes_back_and_is_mended_leaves_nothing_behind() -> None:
    history = History()
    see(history, "ab")
    see(history, "ac")
    see(history, "abc")
    (change,) = see(history, "", "abc").changes
    assert change.event is Event.RESOLVED


def test_an_acknowledgement_silences_new_members_until_the_status_changes() -> None:
    history = History()
    see(history, "a")
    history.acknowledge("coverage")
    assert written(see(history, "ab").changes) == "(suppressed, acknowledged)"
    assert see(history, "abc").changes == ()
    decision = history.run(outcome("coverage", Status.CRITICAL, at(3), failing="abc"))
    assert told(decision) == ["coverage: escalated, status rose"]
    assert labels(decision.changes[0].new_members) == "bc"


def test_a_member_of_which_nobody_was_told_is_not_told_as_mended() -> None:
    history = History()
    see(history, "a")
    history.acknowledge("coverage")
    see(history, "ab")
    see(history, "a", "b")
    (change,) = see(history, "", "ab").changes
    assert labels(change.mended_members) == "a"


def test_a_pass_mends_the_rows_that_pull_the_whole_down_but_not_below() -> None:
    history = History()
    see(history, "a")
    row = outcome("coverage", Status.WARNING, at(1), failing="a")
    (change,) = history.run(replace(row, status=Status.PASS)).changes
    assert change.event is Event.RESOLVED


def test_what_an_error_found_besides_is_no_member_and_mends_nobody() -> None:
    history = History()
    see(history, "ab")
    history.run(outcome("coverage", Status.ERROR, at(1), well="ab"))
    assert history.open("coverage", "error").members == ()
    assert labels(history.open("coverage").members) == "ab"


def test_a_group_that_passes_is_no_member() -> None:
    history = History()
    see(history, "a", "bc")
    assert labels(history.open("coverage").members) == "a"


def test_hundreds_of_groups_are_all_members_and_what_is_remembered_of_the_gone_is_bounded() -> None:
    many = [f"system-{number}" for number in range(500)]
    history = History()
    history.run(outcome("coverage", Status.CRITICAL, at(0), failing=many))
    assert len(history.open("coverage").members) == 500
    history.run(outcome("coverage", Status.CRITICAL, at(1), failing=many[:1]))
    incident = history.open("coverage")
    assert (incident.left, len(incident.left_members)) == (499, MOST_GONE)


def test_a_flapping_monitor_does_not_tell_each_new_member() -> None:
    history = History()
    for failing in ("a", "", "a", "", "a"):
        see(history, failing, "" if failing else "a")
    assert written(see(history, "ab").changes) == "(suppressed, flapping)"
    assert see(history, "abc").changes == ()


def test_group_keys_with_the_same_label_are_told_apart() -> None:
    text = group("1", Status.WARNING)
    number = replace(text, key=GroupKey.of({"system_id": 1}))
    history = History()
    history.run(replace(outcome("coverage", Status.WARNING, at(0)), groups=(text,)))
    both = replace(outcome("coverage", Status.WARNING, at(1)), groups=(text, number))
    assert told(history.run(both)) == ["coverage: changed, new member"]
