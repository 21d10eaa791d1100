"""The failing groups of an incident: new, recovered, missing, and those that left the window."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plumbline.alerts.incidents.model import Decision, FailingGroup, Reason
from plumbline.core.alert_line import Event
from plumbline.core.alert_policy import MOST_GONE
from plumbline.core.group_key import GroupKey
from plumbline.core.status import Status
from support.incidents import History, at, group, mute, outcome, told, written


def see(history: History, failing: str = "", well: str = "") -> Decision:
    """A run that finds groups, one letter each; the monitor passes where none fails."""
    status = Status.WARNING if failing else Status.PASS
    now = at(history.runs)
    return history.run(outcome("coverage", status, now, failing=failing, well=well))


def labels(members: tuple[FailingGroup, ...]) -> str:
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


def test_a_group_that_is_not_among_the_failing_rows_has_recovered() -> None:
    history = History()
    for run, failing in enumerate(["ab", "a"]):
        found = outcome("orders", Status.WARNING, at(run), failing=failing)
        history.run(replace(found, lists_failing_only=True))
    incident = history.open("orders")
    assert labels(incident.members) == "a"
    assert labels(incident.recovered_members) == "b"


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
    assert (labels(change.recovered_members), labels(change.left_members)) == ("b", "")
    assert labels(change.incident.members) == "adc"


def test_what_was_told_as_gone_is_not_told_again() -> None:
    history = History()
    see(history, "ab")
    change = see(history, "c").changes[0]
    assert (labels(change.recovered_members), labels(change.left_members)) == ("", "ab")
    change = see(history, "cd").changes[0]
    assert (change.recovered_members, change.left_members) == ((), ())


@pytest.mark.parametrize(
    ("well", "event", "reason", "recovered", "left"),
    [
        ("ab", Event.RESOLVED, Reason.RECOVERED, "ab", ""),
        ("c", Event.EXPIRED, Reason.LEFT_THE_WINDOW, "", "ab"),
        ("", Event.EXPIRED, Reason.LEFT_THE_WINDOW, "", "ab"),
    ],
    ids=["all were seen well", "only a later one was looked at", "none was looked at"],
)
def test_only_what_was_seen_well_is_resolved(
    well: str, event: Event, reason: Reason, recovered: str, left: str
) -> None:
    history = History()
    see(history, "ab")
    (change,) = see(history, "", well).changes
    assert (change.event, change.reason, change.notifies) == (event, reason, True)
    assert (labels(change.recovered_members), labels(change.left_members)) == (recovered, left)
    assert (change.incident.recovered, change.incident.left) == (len(recovered), len(left))
    assert change.incident.ending == str(event)


def test_a_closed_incident_keeps_what_failed_last() -> None:
    history = History()
    see(history, "ab")
    (change,) = see(history, "", "ab").changes
    assert labels(change.incident.members) == "ab"


def test_one_that_left_long_before_the_end_makes_it_expire() -> None:
    history = History()
    see(history, "ab")
    see(history, "c")
    (change,) = see(history, "", "c").changes
    assert change.event is Event.EXPIRED


@pytest.mark.parametrize("between", ["", "b"], ids=["it was not looked at", "it was well"])
def test_one_that_comes_back_before_anybody_heard_that_it_had_gone_is_not_new(between: str) -> None:
    history = History()
    see(history, "ab")
    see(history, "a", between)
    assert see(history, "ab").changes == ()
    assert history.open("coverage").members[1].since == at(0)
    (change,) = see(history, "", "ab").changes
    assert (change.event, change.incident.recovered, change.incident.left) == (Event.RESOLVED, 2, 0)


def test_one_that_was_told_as_mended_and_fails_again_is_new() -> None:
    history = History()
    see(history, "ab")
    see(history, "ac", "b")
    decision = see(history, "abc")
    assert told(decision) == ["coverage: changed, new member"]
    assert labels(decision.changes[0].new_members) == "b"
    assert history.open("coverage").recovered == 0


def test_one_that_was_told_as_gone_and_comes_back_and_is_mended_leaves_nothing_behind() -> None:
    history = History()
    see(history, "ab")
    see(history, "ac")
    see(history, "abc")
    (change,) = see(history, "", "abc").changes
    assert change.event is Event.RESOLVED


def test_members_that_are_new_under_a_mute_are_told_when_the_status_changes() -> None:
    history = History()
    see(history, "a")
    history.mutes = [mute("coverage", until=3)]
    assert written(see(history, "ab").changes) == "(suppressed, muted)"
    assert see(history, "abc").changes == ()
    decision = history.run(outcome("coverage", Status.CRITICAL, at(3), failing="abc"))
    assert told(decision) == ["coverage: escalated, status rose"]
    assert labels(decision.changes[0].new_members) == "bc"


def test_a_member_of_which_nobody_was_told_is_not_told_as_mended() -> None:
    history = History()
    see(history, "a")
    history.mutes = [mute("coverage", until=2)]
    see(history, "ab")
    see(history, "a", "b")
    (change,) = see(history, "", "ab").changes
    assert labels(change.recovered_members) == "a"


def test_a_pass_fixes_the_rows_that_pull_the_whole_down_but_not_below() -> None:
    history = History()
    see(history, "a")
    row = outcome("coverage", Status.WARNING, at(1), failing="a")
    (change,) = history.run(replace(row, status=Status.PASS)).changes
    assert change.event is Event.RESOLVED


def test_what_an_error_found_besides_is_no_member_and_fixes_nobody() -> None:
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
    assert sum(member.is_missing for member in incident.members) == MOST_GONE
    assert (incident.left, len(incident.left_members)) == (399, MOST_GONE)
    history.run(outcome("coverage", Status.CRITICAL, at(2), failing=["new"]))
    assert (history.open("coverage").left, labels(history.open("coverage").members)) == (500, "new")


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


# Groups that are not returned any more


def days(history: History, failing: str = "", well: str = "") -> Decision:
    """A run that finds days of February, one digit each."""
    status = Status.WARNING if failing else Status.PASS
    names = [[f"2026-02-0{day}" for day in digits] for digits in (failing, well)]
    found = outcome("coverage", status, at(history.runs), failing=names[0], well=names[1])
    return history.run(found)


def test_what_is_not_returned_while_others_as_old_are_keeps_the_incident_open() -> None:
    history = History()
    see(history, "a", "bc")
    decision = see(history, "", "bc")
    assert decision.changes == ()
    incident = history.open("coverage")
    assert (labels(incident.members), incident.members[0].is_missing) == ("a", True)
    assert (incident.status, incident.last_seen) == (Status.WARNING, at(0))
    assert incident.summary == "no longer returned: a"
    (note,) = decision.notes
    assert note.startswith(f"coverage: incident {incident.id} stays open: no longer returned: a")


def test_what_the_outcome_says_is_missing_is_not_said_again() -> None:
    history = History()
    for run in range(2):
        found = outcome("coverage", Status.CRITICAL, at(run), failing="a", well="b")
        missing = tuple(replace(one, is_missing=True) for one in found.groups[:1])
        history.run(replace(found, groups=(*missing, *found.groups[1:])))
    incident = history.open("coverage")
    assert incident.members[0].is_missing
    assert incident.summary == "coverage is CRITICAL"


def test_it_ends_when_it_is_seen_well() -> None:
    history = History()
    see(history, "a", "b")
    see(history, "", "b")
    (change,) = see(history, "", "ab").changes
    assert (change.event, labels(change.recovered_members)) == (Event.RESOLVED, "a")


def test_it_is_no_new_member_when_it_fails_again() -> None:
    history = History()
    see(history, "a", "b")
    see(history, "", "b")
    assert see(history, "a", "b").changes == ()
    (member,) = history.open("coverage").members
    assert (member.since, member.is_missing) == (at(0), False)


def test_it_is_reminded_of() -> None:
    history = History()
    see(history, "a", "b")
    for _ in range(11):
        assert see(history, "", "b").changes == ()
    (change,) = see(history, "", "b").changes
    assert (change.event, change.notifies) == (Event.REMINDED, True)


def test_it_ends_when_it_is_retired() -> None:
    history = History()
    see(history, "a", "b")
    see(history, "", "b")
    found = replace(outcome("coverage", Status.PASS, at(2), well="b"), retired=("a",))
    (change,) = history.run(found).changes
    assert (change.event, labels(change.left_members)) == (Event.EXPIRED, "a")


def test_what_is_not_returned_is_as_bad_as_it_was() -> None:
    history = History()
    history.run(outcome("coverage", Status.CRITICAL, at(0), failing="a", well="bc"))
    assert see(history, "b", "c").changes[0].event is Event.CHANGED
    assert history.open("coverage").status is Status.CRITICAL


@pytest.mark.parametrize("between", ["s", "E"], ids=["skipped", "error"])
def test_a_run_that_saw_nothing_does_not_make_it_forgotten(between: str) -> None:
    history = History()
    see(history, "a", "b")
    history.step({"coverage": between})
    see(history, "", "b")
    assert history.open("coverage").members[0].is_missing


def test_groups_of_other_columns_say_nothing_of_it() -> None:
    history = History()
    see(history, "a", "b")
    found = outcome("coverage", Status.PASS, at(1))
    other = GroupKey.of({"game_date": "2026-02-01"})
    (change,) = history.run(replace(found, judged=(other,))).changes
    assert change.event is Event.EXPIRED


def test_games_leave_in_the_order_in_which_they_came() -> None:
    history = History()
    see(history, "", "ab")
    see(history, "b", "acd")
    see(history, "b", "cdef")
    (change,) = see(history, "", "efgh").changes
    assert (change.event, labels(change.left_members)) == (Event.EXPIRED, "b")


def test_a_date_leaves_when_it_is_before_all_that_are_judged() -> None:
    history = History()
    days(history, "1", "23")
    (change,) = days(history, "", "23").changes
    assert change.event is Event.EXPIRED


def test_a_date_within_the_window_is_missing_and_leaves_later() -> None:
    history = History()
    days(history, "2", "13")
    assert days(history, "", "13").changes == ()
    assert history.open("coverage").members[0].is_missing
    (change,) = days(history, "", "34").changes
    assert change.event is Event.EXPIRED


def test_what_an_earlier_version_kept_leaves_as_it_did() -> None:
    history = History()
    see(history, "a", "b")
    history.known = replace(
        history.known,
        monitors={
            name: replace(memory, arrivals={}) for name, memory in history.known.monitors.items()
        },
    )
    (change,) = see(history, "", "b").changes
    assert change.event is Event.EXPIRED


def test_a_new_critical_group_of_a_flapping_monitor_is_notified() -> None:
    history = History()
    for run, failing in enumerate(["a", "", "a", "", "a", "a"]):
        status = Status.CRITICAL if failing else Status.PASS
        history.run(outcome("coverage", status, at(run), failing=failing))
    assert history.open("coverage").flapping
    assert told(history.run(outcome("coverage", Status.CRITICAL, at(6), failing="ab"))) == [
        "coverage: changed, new member"
    ]


def test_a_new_warning_group_of_a_flapping_monitor_is_not() -> None:
    history = History()
    for run, failing in enumerate(["a", "", "a", "", "a", "ab"]):
        status = Status.WARNING if failing else Status.PASS
        decision = history.run(outcome("coverage", status, at(run), failing=failing))
    assert told(decision) == []
