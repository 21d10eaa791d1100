"""Who speaks for whom, where monitors build on each other.

``child`` depends on ``parent`` unless a test says otherwise. Letters as in `test_stories`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from plumbline.alerts.incidents.model import Change, Decision
from support.incidents import History, mute, told

CHILD = {"child": ["parent"]}


def play(
    history: History, depends_on: Mapping[str, Sequence[str]] = CHILD, **runs: str
) -> Decision:
    """The runs, one letter each; what was decided in the last."""
    decisions = [
        history.step(dict(zip(runs, letters, strict=True)), depends_on)
        for letters in zip(*runs.values(), strict=True)
    ]
    return decisions[-1]


def children(decision: Decision) -> dict[str, list[str]]:
    """By monitor that speaks, the monitors that its message names."""
    return {
        change.incident.monitor: [child.incident.monitor for child in change.children]
        for change in decision.changes
        if change.notifies
    }


def of(decision: Decision, monitor: str) -> Change:
    (change,) = [one for one in decision.changes if one.incident.monitor == monitor]
    return change


# (parent, child) of one run -> who is told of it, and whom the message names
@pytest.mark.parametrize(
    ("parent", "child", "expected"),
    [
        ("C", "C", {"parent": ["child"]}),
        ("C", "w", {"parent": ["child"]}),
        ("C", "E", {"parent": ["child"]}),
        ("E", "w", {"parent": ["child"]}),
        ("E", "E", {"parent": ["child"]}),
        ("w", "w", {"parent": ["child"]}),
        ("w", "C", {"child": [], "parent": []}),
        ("E", "C", {"child": [], "parent": []}),
        ("w", "E", {"child": [], "parent": []}),
        (".", "w", {"child": []}),
        ("s", "w", {"child": []}),
        ("-", "w", {"child": []}),
        ("C", ".", {"parent": []}),
    ],
)
def test_a_parent_that_is_at_least_as_bad_speaks_for_the_child(
    parent: str, child: str, expected: dict[str, list[str]]
) -> None:
    assert children(play(History(), parent=parent, child=child)) == expected


def test_the_child_is_recorded_as_held_back_with_who_speaks_for_it() -> None:
    change = of(play(History(), parent="C", child="C"), "child")
    assert (str(change.event), str(change.reason)) == ("suppressed", "inhibited")
    assert (change.notifies, change.inhibited_by) == (False, "parent")


def test_a_held_back_child_is_recorded_once() -> None:
    history = History()
    play(history, parent="C", child="C")
    assert play(history, parent="CC", child="CC").changes == ()


def test_a_reminder_of_the_parent_names_the_child_again() -> None:
    decision = play(History(), parent="CCCCC", child="CCCCC")
    assert told(decision) == ["parent: reminded, reminder due"]
    assert children(decision) == {"parent": ["child"]}
    assert [change.incident.monitor for change in decision.changes] == ["parent"]


def test_the_parent_recovers_and_the_child_does_not() -> None:
    decision = play(History(), parent="C.", child="CC")
    assert told(decision) == [
        "child: opened, no longer suppressed",
        "parent: resolved, recovered",
    ]


def test_the_parent_becomes_less_bad_than_the_child() -> None:
    decision = play(History(), parent="Cw", child="CC")
    assert told(decision) == [
        "child: opened, no longer suppressed",
        "parent: downgraded, status fell",
    ]


def test_both_recover_and_only_the_told_one_says_so() -> None:
    decision = play(History(), parent="C.", child="C.")
    assert told(decision) == ["parent: resolved, recovered"]
    assert of(decision, "child").notifies is False


def test_a_child_that_fails_later_makes_the_told_parent_speak_again() -> None:
    decision = play(History(), parent="CC", child=".C")
    assert told(decision) == ["parent: changed, new member"]
    assert children(decision) == {"parent": ["child"]}


def test_even_an_acknowledged_parent_names_a_new_child() -> None:
    history = History()
    play(history, parent="C", child=".")
    history.acknowledge("parent")
    decision = play(history, parent="C", child="C")
    assert children(decision) == {"parent": ["child"]}
    assert history.open("parent").ack is not None


def test_a_second_child_is_named_beside_the_first() -> None:
    both = {"child": ["parent"], "other": ["parent"]}
    decision = play(History(), both, parent="CC", child="CC", other=".w")
    assert children(decision) == {"parent": ["child", "other"]}


def test_a_parent_that_is_not_in_the_run_is_left_alone_and_the_child_speaks_itself() -> None:
    history = History()
    play(history, parent="C", child=".")
    before = history.open("parent")
    assert told(play(history, parent="-", child="C")) == ["child: opened, first failure"]
    assert history.open("parent") == before


def test_a_named_child_stays_silent_while_the_parent_is_not_looked_at() -> None:
    history = History()
    play(history, parent="C", child="C")
    assert play(history, parent="--s-", child="CCCC").changes == ()


def test_reminders_of_a_child_that_was_told_first_are_held_back() -> None:
    history = History()
    play(history, parent=".C", child="CC")
    assert told(play(history, parent="CCC", child="CCC")) == []
    assert told(play(history, parent="C", child="C")) == ["parent: reminded, reminder due"]
    assert told(play(history, parent=".", child="C")) == [
        "child: reminded, reminder due",
        "parent: resolved, recovered",
    ]


def test_a_told_child_that_becomes_worse_than_the_parent_is_told() -> None:
    decision = play(History(), parent=".ww", child="wwC")
    assert told(decision) == ["child: escalated, status rose"]


def test_a_told_child_that_becomes_as_bad_as_the_parent_is_not() -> None:
    decision = play(History(), parent=".CC", child="wwC")
    assert told(decision) == []


def test_a_named_child_that_becomes_worse_than_the_parent_is_told() -> None:
    decision = play(History(), parent="ww", child="wC")
    assert told(decision) == ["child: opened, no longer suppressed"]


def test_the_end_of_a_told_child_is_told_while_the_parent_fails() -> None:
    decision = play(History(), parent=".CC", child="CC.")
    assert told(decision) == ["child: resolved, recovered"]


def test_a_parent_that_is_muted_speaks_for_nobody() -> None:
    history = History()
    history.mutes = [mute("parent", until=9)]
    assert told(play(history, parent="C", child="C")) == ["child: opened, first failure"]


def test_a_parent_that_was_told_and_is_muted_then_does_not_take_on_a_new_child() -> None:
    history = History()
    play(history, parent="C", child=".")
    history.mutes = [mute("parent", until=9)]
    assert told(play(history, parent="C", child="C")) == ["child: opened, first failure"]


def test_a_parent_that_is_muted_after_it_named_the_child_still_stands_for_it() -> None:
    history = History()
    play(history, parent="C", child="C")
    history.mutes = [mute("parent", until=9)]
    assert told(play(history, parent="CCCCC", child="CCCCC")) == []


def test_a_muted_child_is_named_nowhere() -> None:
    history = History()
    history.mutes = [mute("child", until=9)]
    decision = play(history, parent="C", child="C")
    assert children(decision) == {"parent": []}
    assert str(of(decision, "child").reason) == "muted"


def test_when_the_mute_of_a_child_ends_the_parent_names_it() -> None:
    history = History()
    history.mutes = [mute("child", until=1)]
    decision = play(history, parent="CC", child="CC")
    assert told(decision) == ["parent: changed, new member"]
    assert children(decision) == {"parent": ["child"]}


def test_when_the_mute_of_a_parent_ends_it_is_told_beside_the_child() -> None:
    history = History()
    history.mutes = [mute("parent", until=1)]
    decision = play(history, parent="CC", child="CC")
    assert told(decision) == ["parent: opened, no longer suppressed"]


def test_a_flapping_parent_that_is_calm_speaks_for_nobody() -> None:
    decision = play(History(), parent="C.C.C.", child=".....C")
    assert told(decision) == ["child: opened, first failure"]


def test_a_flapping_parent_names_a_new_child() -> None:
    decision = play(History(), parent="C.C.CC", child=".....C")
    assert children(decision) == {"parent": ["child"]}


def test_a_parent_whose_data_is_wrong_and_that_is_in_error_speaks_of_the_error_only() -> None:
    decision = play(History(), parent="CE", child=".w")
    assert children(decision) == {"parent": ["child"]}
    assert told(decision) == ["parent: opened, first failure"]
    assert of(decision, "parent").incident.kind == "error"


def test_a_grandchild_is_named_by_who_speaks() -> None:
    chain = {"child": ["parent"], "grandchild": ["child"]}
    decision = play(History(), chain, parent="C", child="C", grandchild="C")
    assert children(decision) == {"parent": ["child", "grandchild"]}
    assert of(decision, "grandchild").inhibited_by == "parent"


def test_a_grandchild_speaks_where_what_is_between_is_muted() -> None:
    chain = {"child": ["parent"], "grandchild": ["child"]}
    history = History()
    history.mutes = [mute("child", until=9)]
    decision = play(history, chain, parent="C", child="C", grandchild="C")
    assert children(decision) == {"grandchild": [], "parent": []}


def test_a_grandchild_does_not_depend_on_what_is_well() -> None:
    chain = {"child": ["parent"], "grandchild": ["child"]}
    decision = play(History(), chain, parent="C", child=".", grandchild="C")
    assert children(decision) == {"grandchild": [], "parent": []}


def test_of_two_parents_the_worse_one_names_the_child() -> None:
    two = {"child": ["one", "two"]}
    decision = play(History(), two, one="w", two="C", child="w")
    assert children(decision) == {"two": ["child"], "one": []}


def test_of_two_parents_one_that_speaks_anyway_is_preferred() -> None:
    two = {"child": ["one", "two"]}
    decision = play(History(), two, one="C.", two=".C", child="..")
    assert children(decision) == {"one": [], "two": []}
    decision = play(History(), two, one="CC", two=".C", child=".C")
    assert children(decision) == {"two": ["child"]}


def test_when_one_of_two_parents_recovers_the_other_takes_the_child_over() -> None:
    two = {"child": ["one", "two"]}
    decision = play(History(), two, one="C.", two="CC", child="CC")
    assert told(decision) == ["two: changed, new member", "one: resolved, recovered"]
    assert children(decision)["two"] == ["child"]


@pytest.mark.parametrize(
    "circle",
    [
        {"a": ["a"], "b": [], "c": []},
        {"a": ["b"], "b": ["a"], "c": []},
        {"a": ["b"], "b": ["c"], "c": ["a"]},
        {"a": ["b", "c"], "b": ["a", "c"], "c": ["a", "b"]},
    ],
    ids=["itself", "two", "three", "each on each"],
)
@pytest.mark.parametrize("first", ["CCC", ".CC", "..C", "C.C", "w.w", "wCw"])
def test_a_circle_hides_nobody(circle: dict[str, list[str]], first: str) -> None:
    history = History()
    by_run = [play(history, circle, a=letter, b="C", c="C") for letter in (*first, *"CCCCCC")]
    aloud = {name for decision in by_run for name in children(decision)}
    named = {name for decision in by_run for names in children(decision).values() for name in names}
    assert aloud | named == {"a", "b", "c"}
    assert any("reminded" in line for decision in by_run for line in told(decision))


def test_in_a_circle_who_is_named_stays_silent_when_it_is_no_longer_the_lesser_evil() -> None:
    circle = {"a": ["b"], "b": ["a"]}
    history = History()
    assert children(play(history, circle, a="C", b="w")) == {"a": ["b"]}
    assert told(play(history, circle, a="w", b="w")) == ["a: downgraded, status fell"]


def test_an_error_is_told_again_although_the_data_of_the_same_monitor_is_worse() -> None:
    decision = play(History(), {"a": ["a"]}, a="CEEEEE")
    assert told(decision) == ["a: reminded, reminder due"]


def test_two_that_are_said_to_speak_for_each_other_do_not_fall_silent() -> None:
    circle = {"a": ["b"], "b": ["a"]}
    history = History()
    play(history, circle, a="C", b=".")
    play(history, circle, a="C", b="C")
    one, other = history.open("a"), history.open("b")
    history.known = replace(
        history.known,
        incidents=(replace(one, inhibited_by=other.id), replace(other, inhibited_by=one.id)),
    )
    said = [told(play(history, circle, a="C", b="C")) for _ in range(4)]
    assert any("reminded" in line for lines in said for line in lines)


def test_a_parent_that_nobody_knows_changes_nothing() -> None:
    decision = play(History(), {"child": ["nobody"]}, child="C")
    assert told(decision) == ["child: opened, first failure"]


def test_a_dependency_that_is_taken_away_releases_what_it_held_back() -> None:
    history = History()
    play(history, parent="C", child="C")
    assert told(play(history, {"child": []}, parent="C", child="C")) == [
        "child: opened, no longer suppressed"
    ]


def test_a_dependency_that_is_taken_away_in_the_middle_releases_the_grandchild() -> None:
    chain = {"child": ["parent"], "grandchild": ["child"]}
    history = History()
    play(history, chain, parent="C", child="C", grandchild="C")
    loose = {"child": [], "grandchild": ["child"]}
    decision = play(history, loose, parent="C", child="C", grandchild="C")
    assert children(decision) == {"child": ["grandchild"]}
