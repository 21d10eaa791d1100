"""What a decision leaves alone, what it remembers, and in which order it tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from plumbline.alerts.incidents.decide import decide
from plumbline.alerts.incidents.model import Incident, Known
from plumbline.core.alert_policy import RECENT, Policy
from plumbline.core.status import Status
from support.incidents import START, History, at, mute, outcome, told, written


def test_the_same_run_twice_says_nothing_and_changes_nothing() -> None:
    history = History()
    outcomes = [outcome("a", Status.CRITICAL, at(0)), outcome("b", Status.ERROR, at(0))]
    history.run(*outcomes)
    known = history.known
    again = history.run(*outcomes)
    assert (again.changes, again.known) == ((), known)
    assert again.notes == tuple(
        f"{name}: the outcome as of end of 2026-01-31 (UTC) changes no incident, because "
        "incidents are already decided up to then"
        for name in "ab"
    )


def test_a_note_has_the_times_of_the_projects_zone() -> None:
    history = History()
    instant = at(0).astimezone(ZoneInfo("America/New_York"))
    for _ in range(2):
        decision = history.run(outcome("a", Status.CRITICAL, instant))
    assert "as of 2026-01-31 19:00 (America/New_York) changes" in decision.notes[0]


def test_an_outcome_that_is_not_later_than_what_is_known_changes_nothing_and_is_noted() -> None:
    history = History()
    history.run(outcome("coverage", Status.CRITICAL, at(4)))
    decision = history.run(outcome("coverage", Status.PASS, at(3)))
    assert decision.changes == ()
    assert history.open("coverage").status is Status.CRITICAL
    assert decision.notes == (
        "coverage: the outcome as of 2026-02-01 18:00 (UTC) changes no incident, because "
        "incidents are already decided up to end of 2026-02-01 (UTC)",
    )


def test_many_outcomes_that_are_not_later_are_one_note() -> None:
    history = History()
    outcomes = [outcome(f"m{number}", Status.PASS, at(4)) for number in range(6)]
    history.run(*outcomes)
    assert history.run(*outcomes).notes == (
        "m0, m1, m2, m3, m4 and 1 more: these outcomes change no incident, because incidents "
        "are already decided up to end of 2026-02-01 (UTC)",
    )


def test_of_two_outcomes_of_a_monitor_in_a_run_the_later_counts() -> None:
    outcomes = [
        outcome("coverage", Status.CRITICAL, at(1)),
        outcome("coverage", Status.PASS, at(0)),
    ]
    decision = History().run(*outcomes)
    assert told(decision) == ["coverage: opened, first failure"]
    assert decision.notes == (
        "coverage: the outcome as of end of 2026-01-31 (UTC) changes no incident, because the "
        "same run has a later one",
    )


def test_monitors_without_an_outcome_are_left_alone() -> None:
    history = History()
    history.step({"a": "C", "b": "w", "c": "."})
    before = history.known
    for _ in range(30):
        history.step({"c": "."})
    assert [one for one in history.known.incidents if one.monitor in "ab"] == [*before.incidents]
    assert {name: history.known.monitors[name] for name in "ab"} == {
        name: before.monitors[name] for name in "ab"
    }


def test_what_is_given_is_not_changed() -> None:
    known = Known()
    History(known=known).step({"a": "C"})
    assert known == Known()


def test_what_is_new_comes_before_what_got_worse_what_goes_on_and_ends() -> None:
    history = History()
    history.step({"ended": "C", "rose": "w"})
    decision = history.step(
        {"ended": ".", "warning": "w", "error": "E", "b": "C", "a": "C", "rose": "C"}
    )
    assert [change.incident.monitor for change in decision.changes] == [
        *("a", "b", "error", "warning", "rose", "ended")
    ]


def test_a_new_critical_comes_before_an_old_ones_new_groups_and_reminder() -> None:
    history = History(policy=Policy(remind_critical=timedelta(hours=6)))
    history.step({"a_old": "C", "b_grew": "C"})
    decision = history.run(
        outcome("a_old", Status.CRITICAL, at(1)),
        outcome("b_grew", Status.CRITICAL, at(1), failing="x"),
        outcome("c_new", Status.CRITICAL, at(1)),
    )
    assert told(decision) == [
        "c_new: opened, first failure",
        "b_grew: changed, new member",
        "a_old: reminded, reminder due",
    ]


def test_an_incident_has_what_the_outcome_says_of_it() -> None:
    history = History()
    history.step({"coverage": "C"})
    history.step({"coverage": "w"})
    incident = history.open("coverage")
    assert (incident.status, incident.worst) == (Status.WARNING, Status.CRITICAL)
    assert (incident.opened_at, incident.last_seen) == (at(0), at(1))
    assert (incident.notified_at, incident.notified_status) == (at(1), Status.WARNING)
    assert (incident.summary, incident.owner) == ("coverage is WARNING", "data-platform")
    assert (incident.checkpoint, incident.sequence) == ("health_check", 2)


def test_a_change_has_the_incident_before_and_after() -> None:
    history = History()
    opened = history.step({"coverage": "w"}).changes[0]
    rose = history.step({"coverage": "C"}).changes[0]
    assert opened.previous is None
    assert rose.previous == opened.incident
    assert (rose.incident.status, rose.at) == (Status.CRITICAL, at(1))


def test_events_are_numbered_from_one() -> None:
    history = History()
    for letter in "wC.":
        history.step({"coverage": letter})
    incident = history.changes[0].incident.id
    assert [change.event_id for change in history.changes] == [
        f"{incident}-0001-opened",
        f"{incident}-0002-escalated",
        f"{incident}-0003-resolved",
    ]


def test_what_is_held_back_says_by_which_mute() -> None:
    history = History()
    longer = mute("coverage", until=9)
    history.mutes = [mute("coverage", until=2), longer, mute("other", until=20)]
    (change,) = history.step({"coverage": "C"}).changes
    assert change.mute == longer
    assert history.open("coverage").notified_at is None


def test_the_channels_that_were_told_and_their_references_are_left_to_the_caller() -> None:
    history = History()
    history.step({"coverage": "w"})
    incident = replace(
        history.open("coverage"), notified_channels=("slack",), references={"slack": {"ts": "1.2"}}
    )
    history.known = replace(history.known, incidents=(incident,))
    (change,) = history.step({"coverage": "."}).changes
    assert (change.incident.notified_channels, change.incident.references) == (
        ("slack",),
        {"slack": {"ts": "1.2"}},
    )


def test_what_has_just_ended_is_still_known_so_that_its_end_finds_its_message() -> None:
    history = History()
    for letter in "w" * 20 + ".":
        history.step({"coverage": letter})
    assert [one.ending for one in history.known.incidents] == ["resolved"]
    history.step({"coverage": "."})
    assert history.known.incidents == ()


def test_closed_incidents_are_known_while_they_count_towards_flapping() -> None:
    history = History()
    found = []
    for letter in "w" + "." * 9:
        history.step({"coverage": letter})
        found.append(len(history.known.incidents))
    assert found == [1] * 9 + [0]


@pytest.mark.parametrize("other", ["error", "data"])
def test_openings_of_another_kind_do_not_make_it_flap(other: str) -> None:
    history = History()
    runs = "E.E.C" if other == "error" else "C.C.E"
    for letter in runs:
        decision = history.step({"coverage": letter})
    assert told(decision) == ["coverage: opened, first failure"]


def test_an_error_flaps_too_and_must_be_calm_before_it_ends() -> None:
    history = History()
    for letter in "E.E.E":
        decision = history.step({"coverage": letter})
    assert told(decision) == ["coverage: flapping, flapping"]
    said = [written(history.step({"coverage": letter}).changes) for letter in "." * 9]
    assert said == [""] * 8 + ["resolved, recovered"]


@pytest.mark.parametrize("late", [-600, -2, 2, 600])
def test_a_run_a_day_reminds_every_day_also_where_it_is_early_or_late(late: int) -> None:
    history = History(policy=Policy(remind_critical=timedelta(hours=24)))
    days = [START + timedelta(days=day, seconds=late * (day % 2)) for day in range(5)]
    found = [told(history.run(outcome("coverage", Status.CRITICAL, day))) for day in days]
    assert found[1:] == [["coverage: reminded, reminder due"]] * 4


def test_an_hourly_run_reminds_once_a_day() -> None:
    history = History(policy=Policy(remind_critical=timedelta(hours=24)))
    hours = [START + timedelta(hours=hour) for hour in range(73)]
    found = [told(history.run(outcome("coverage", Status.CRITICAL, hour))) for hour in hours]
    assert [hour for hour, lines in enumerate(found) if lines] == [0, 24, 48, 72]


def test_intervals_are_those_of_the_policy() -> None:
    history = History(Policy(remind_warning=at(2) - at(0), flapping_openings=2))
    said = [written(history.step({"coverage": letter}).changes) for letter in "www.w"]
    assert said == [
        "opened, first failure",
        "",
        "reminded, reminder due",
        "resolved, recovered",
        "flapping, flapping",
    ]


def test_of_two_reasons_the_one_that_is_named_first_counts_and_the_other_is_recorded_after_it() -> (
    None
):
    history = History()
    history.step({"coverage": "C"})
    history.acknowledge("coverage")
    history.mutes = [mute("coverage", until=5)]
    said = [written(history.step({"coverage": "C"}).changes) for _ in range(6)]
    assert said == ["", "", "", "(suppressed, muted)", "(suppressed, acknowledged)", ""]


def test_an_acknowledgement_does_not_keep_back_what_nobody_was_told_of() -> None:
    history = History()
    history.mutes = [mute("coverage", until=1)]
    history.step({"coverage": "C"})
    history.acknowledge("coverage")
    assert told(history.step({"coverage": "C"})) == ["coverage: opened, no longer suppressed"]


def test_sightings_are_remembered_with_gaps_for_errors_and_without_skipped_ones() -> None:
    history = History()
    for number, letter in enumerate((Status.PASS, Status.ERROR, Status.SKIPPED, Status.WARNING)):
        history.run(outcome("coverage", letter, at(number), observed=float(number)))
    memory = history.known.monitors["coverage"]
    assert [(seen.as_of, seen.status, seen.observed) for seen in memory.recent] == [
        (at(0), Status.PASS, 0.0),
        (at(1), Status.ERROR, None),
        (at(3), Status.WARNING, 3.0),
    ]
    assert memory.last_good == memory.recent[0]
    assert (memory.monitor, memory.as_of) == ("coverage", at(3))


def test_a_skipped_run_moves_a_monitor_forward() -> None:
    history = History()
    history.run(outcome("coverage", Status.SKIPPED, at(3)))
    assert history.known.monitors["coverage"].as_of == at(3)
    assert history.run(outcome("coverage", Status.WARNING, at(3))).changes == ()


def test_the_last_good_value_is_kept_longer_than_the_sightings() -> None:
    history = History()
    for letter in "." + "w" * RECENT:
        history.step({"coverage": letter})
    memory = history.known.monitors["coverage"]
    assert len(memory.recent) == RECENT
    assert memory.last_good is not None
    assert memory.last_good.as_of == at(0)


def test_a_run_without_outcomes_decides_nothing() -> None:
    decision = decide(Known(), (), at(0), checkpoint="c", policy=Policy(), mutes=())
    assert (decision.changes, decision.known, decision.notes) == ((), Known(), ())


def test_a_word_that_is_held_back_still_counts_as_an_event_of_the_incident() -> None:
    history = History()
    history.mutes = [mute("coverage", until=1)]
    history.step({"coverage": "C"})
    history.step({"coverage": "C"})
    incident: Incident = history.open("coverage")
    assert incident.sequence == 2
    assert incident.suppressed_by is None
