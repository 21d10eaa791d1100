"""Monitors that are renamed, removed or closed by hand."""

from __future__ import annotations

from dataclasses import replace

from plumbline.core.status import Status
from support.incidents import History, at, mute, outcome, told


def renamed(status: Status, run: int, *, old: str = "old") -> list:
    return [replace(outcome("new", status, at(run)), renamed_from=(old,))]


def test_a_renamed_monitor_keeps_its_incident() -> None:
    history = History()
    history.step({"old": "C"})
    before = history.open("old")
    assert told(history.run(*renamed(Status.CRITICAL, 1))) == []
    assert history.known.open_incident("old", "data") is None
    assert history.open("new").id == before.id
    assert told(history.run(*renamed(Status.PASS, 2))) == ["new: resolved, recovered"]


def test_a_renamed_monitor_keeps_what_is_remembered_of_it() -> None:
    history = History()
    history.step({"old": "."})
    history.run(*renamed(Status.CRITICAL, 1))
    assert [seen.status for seen in history.known.monitors["new"].recent] == [
        Status.PASS,
        Status.CRITICAL,
    ]
    assert "old" not in history.known.monitors


def test_a_name_that_is_still_judged_keeps_its_incident() -> None:
    history = History()
    history.step({"old": "C"})
    decision = history.run(outcome("old", Status.CRITICAL, at(1)), *renamed(Status.CRITICAL, 1))
    assert told(decision) == ["new: opened, first failure"]
    assert history.open("old").id != history.open("new").id


def test_a_mute_of_the_old_name_mutes_the_new_one() -> None:
    history = History()
    history.mutes = [mute("old", until=9)]
    assert told(history.run(*renamed(Status.CRITICAL, 0))) == []


def test_the_incident_of_a_removed_monitor_ends_and_says_so() -> None:
    history = History()
    history.step({"gone": "C", "kept": "C"})
    decision = history.run(outcome("kept", Status.CRITICAL, at(1)), monitors=["kept"])
    assert told(decision) == ["gone: monitor_removed, monitor removed"]
    assert decision.changes[0].incident.ending == "monitor_removed"
    history.run(outcome("kept", Status.CRITICAL, at(2)), monitors=["kept"])
    assert [one.monitor for one in history.known.incidents] == ["kept"]
    assert set(history.known.monitors) == {"kept"}


def test_a_removed_monitor_that_was_muted_ends_silently() -> None:
    history = History()
    history.mutes = [mute("gone", until=9)]
    history.step({"gone": "C"})
    decision = history.run(outcome("kept", Status.PASS, at(1)), monitors=["kept"])
    assert told(decision) == []
    assert [str(change.event) for change in decision.changes] == ["monitor_removed"]


def test_what_a_removed_monitor_held_back_is_notified() -> None:
    history = History()
    depends_on = {"child": ["parent"]}
    history.step({"parent": "C", "child": "C"}, depends_on)
    child = outcome("child", Status.CRITICAL, at(1), depends_on=["parent"])
    assert told(history.run(child, monitors=["child"])) == [
        "child: opened, no longer suppressed",
        "parent: monitor_removed, monitor removed",
    ]


def test_a_monitor_that_is_not_in_this_run_but_in_the_project_is_left_alone() -> None:
    history = History()
    history.step({"other": "C"})
    decision = history.run(outcome("kept", Status.PASS, at(1)), monitors=["kept", "other"])
    assert decision.changes == ()
    assert history.open("other").is_open


def test_a_monitor_of_a_checkpoint_outside_of_the_project_is_left_alone() -> None:
    history = History()
    history.step({"notebook": "C"})
    incident = replace(history.open("notebook"), checkpoint="a notebook's")
    history.known = replace(history.known, incidents=(incident,))
    decision = history.run(outcome("kept", Status.PASS, at(1)), monitors=["kept"])
    assert decision.changes == ()
    assert history.open("notebook").is_open
