"""Labelled incidents against what a range would have seen.

A history is told in one line: ``.`` PASS, ``w`` WARNING, ``C`` CRITICAL, ``E`` ERROR, ``s`` SKIPPED,
six hours apart.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from plumbline.backtest.findings import Score, score
from plumbline.backtest.replay import replay_runs, runs_of
from plumbline.core.alert_policy import Policy
from plumbline.core.outcome import Outcome
from plumbline.core.status import worst
from plumbline.project.alerts import AlertsConfig, Route, default_alerts
from plumbline.project.labels import Label
from support.incidents import STATUSES, group, outcome
from unit.backtest.conftest import STEP, at, label


def found_in(
    histories: dict[str, str],
    *labels: Label,
    depends: dict[str, list[str]] | None = None,
    alerts: AlertsConfig | None = None,
) -> Score:
    outcomes: dict[str, list[Outcome]] = {
        name: [
            outcome(name, STATUSES[one], at(run), depends_on=(depends or {}).get(name, ()))
            for run, one in enumerate(history)
        ]
        for name, history in histories.items()
    }
    return scored(outcomes, *labels, alerts=alerts)


def groups_found(systems: dict[str, str], *labels: Label) -> Score:
    """``coverage`` with a history for each of its prediction systems."""
    outcomes = []
    for run, statuses in enumerate(zip(*systems.values(), strict=True)):
        found = [group(name, STATUSES[one]) for name, one in zip(systems, statuses, strict=True)]
        whole = outcome("coverage", worst([one.status for one in found]), at(run))
        judged = tuple(one.key for one in found)
        outcomes.append(replace(whole, groups=tuple(found), judged=judged))
    return scored({"coverage": outcomes}, *labels)


def scored(
    outcomes: dict[str, list[Outcome]], *labels: Label, alerts: AlertsConfig | None = None
) -> Score:
    replay = replay_runs(
        runs_of("x", (one for found in outcomes.values() for one in found)),
        alerts=alerts or default_alerts(),
    )
    runs = len(next(iter(outcomes.values())))
    return score(replay, outcomes, labels, first=at(0), last=at(runs))


def test_an_incident_is_found_when_the_first_of_its_monitors_is_not_well() -> None:
    (finding,) = found_in({"coverage": "...CC..."}, label(began=1, due=2, ends=6)).findings
    assert (finding.result, finding.first.at, finding.first.monitor) == ("found", at(3), "coverage")
    assert finding.delay == STEP
    assert finding.told_at == at(3)
    assert finding.resolved_at == at(5)
    assert finding.time_to_resolve == 2 * STEP
    assert finding.alerts == 2  # opened, resolved


def test_without_a_due_time_the_delay_counts_from_its_begin() -> None:
    (finding,) = found_in({"coverage": "...C..."}, label(began=1, ends=6)).findings
    assert finding.delay == 2 * STEP


def test_what_no_monitor_saw_is_missed() -> None:
    result = found_in({"coverage": "........"}, label(began=1, due=2, ends=6))
    assert [one.result for one in result.findings] == ["missed"]
    assert result.findings[0].reason == "coverage did not fail"
    assert result.precision is None


@pytest.mark.parametrize(
    ("histories", "of", "why"),
    [
        ({"other": "......"}, label(began=1, ends=4), "coverage is not among the replayed"),
        ({"coverage": "......"}, label(began=3, due=9, ends=12), "due after the replayed range"),
        (
            {"coverage": ".ssss."},
            label(began=1, ends=4),
            "nothing was evaluated during the incident",
        ),
    ],
)
def test_what_can_not_be_known_is_not_called_missed(
    histories: dict[str, str], of: Label, why: str
) -> None:
    (finding,) = found_in(histories, of).findings
    assert finding.result == "not judged"
    assert why in finding.reason


def test_one_that_began_before_the_range_is_not_judged() -> None:
    (finding,) = found_in({"coverage": "CC...."}, label(began=-3, ends=3)).findings
    assert (finding.result, finding.reason) == ("not judged", "it began before the replayed range")


def test_labels_far_from_the_range_are_left_out() -> None:
    assert found_in({"coverage": "...."}, label(began=-9, ends=-5)).findings == ()


def test_what_was_wrong_before_it_began_is_another_incident_until_its_data_are_due() -> None:
    earlier = label(began=0, due=1, ends=3, name="earlier")
    later = label(began=2, due=4, ends=8, name="later")
    first, second = found_in({"coverage": ".wwwCC.."}, earlier, later).findings
    assert first.first.at == at(1)
    assert second.first.at == second.told_at == at(4)


def test_an_alarm_that_was_open_before_finds_nothing() -> None:
    (finding,) = found_in({"coverage": "CCCCCC.."}, label(began=2, due=4, ends=8)).findings
    assert (finding.result, finding.delay) == ("missed", None)
    assert finding.reason == "coverage failed, but the alarm was open before it began"


def test_a_check_that_could_not_be_made_finds_nothing() -> None:
    (finding,) = found_in({"coverage": "..EEE."}, label(began=1, due=2, ends=4)).findings
    assert (finding.result, finding.reason) == ("missed", "coverage could not be checked")


def test_it_is_found_once_as_many_runs_in_a_row_saw_it_as_alerts_ask_for() -> None:
    patient = replace(default_alerts(), policy=Policy(confirm_critical=3))
    histories = {"coverage": "..CCCC.."}
    (finding,) = found_in(histories, label(began=1, due=2, ends=7), alerts=patient).findings
    assert (finding.first.at, finding.told_at, finding.delay) == (at(2), at(4), 2 * STEP)
    patient = replace(patient, policy=Policy(confirm_critical=5))
    (finding,) = found_in(histories, label(began=1, due=2, ends=7), alerts=patient).findings
    assert (finding.result, finding.first) == ("missed", None)


@pytest.mark.parametrize(
    ("history", "result", "told"),
    [
        ("..C.....", "found", 2),  # an opening
        ("CCCCCC..", "missed", None),  # open before, also when due
        ("wwwCC...", "found", 3),  # a rise in severity
        ("CCwwww..", "missed", None),  # a fall
        ("CC.C....", "found", 3),  # recovered and opened again
        ("..EEE...", "missed", None),
        ("CCEEC...", "missed", None),  # the same alarm after runs that could not check
        (".C......", "missed", None),  # over when it began
        (".......C", "missed", None),  # after its traces have left the windows
    ],
)
def test_it_is_found_by_what_is_new_after_it_began(
    history: str, result: str, told: int | None
) -> None:
    (finding,) = found_in({"coverage": history}, label(began=2, due=4, ends=6)).findings
    assert finding.result == result
    assert finding.told_at == (None if told is None else at(told))


@pytest.mark.parametrize(
    ("systems", "result", "told"),
    [
        ({"q43": "..CC....", "q50": "........"}, "found", 2),
        ({"q43": "........", "q50": "..CC...."}, "missed", None),  # another group
        ({"q43": "....CC..", "q50": "..CCCC.."}, "found", 4),  # its group joins another's alarm
        ({"q43": "...CC...", "q50": "CCCCC..."}, "found", 3),  # one that was open before
        ({"q43": "CCCCCC..", "q50": "..CC...."}, "missed", None),  # failing before it began
        ({"q43": "wwwCC...", "q50": "wwwww..."}, "found", 3),  # its group rises
        ({"q43": "wwwww...", "q50": "wwwCC..."}, "missed", None),  # another group rises
        ({"q43": "...ww...", "q50": "wwwCC..."}, "found", 3),  # new beside a rise
        ({"q43": "...ww...", "q50": "CCCww..."}, "found", 3),  # new beside a fall
    ],
)  # fmt: skip
def test_where_it_names_groups_one_of_them_finds_it(
    systems: dict[str, str], result: str, told: int | None
) -> None:
    (finding,) = groups_found(systems, label(began=2, ends=6, systems=["q43"])).findings
    assert finding.result == result
    assert finding.told_at == (None if told is None else at(told))


def test_a_monitor_without_groups_finds_no_incident_that_names_some() -> None:
    named = label(began=1, ends=6, systems=["q43"])
    (finding,) = found_in({"coverage": "...CC..."}, named).findings
    assert finding.result == "missed"
    assert finding.reason == "coverage failed, but nobody was notified of the groups that it names"


def test_a_misspelt_column_of_a_group_is_said() -> None:
    named = label(began=1, ends=6).model_copy(update={"groups": [{"sytem_id": "q43"}]})
    (finding,) = groups_found({"q43": "..CC....", "q50": "........"}, named).findings
    assert finding.result == "missed"
    assert finding.reason == (
        "no group of coverage has a column 'sytem_id': did you mean 'system_id'?"
    )


def test_an_alarm_of_other_groups_is_covered_by_a_label_of_its_monitor() -> None:
    result = groups_found(
        {"q43": "........", "q50": "..CC...."}, label(began=2, ends=6, systems=["q43"])
    )
    assert (result.count("found"), result.false_alarms, result.precision) == (0, (), 1.0)


def test_incidents_that_never_happened_are_missed() -> None:
    quiet = label("quiet", began=2, due=2, ends=6, name="quiet")
    busy = label("busy", began=2, due=2, ends=6, name="busy")
    real = label("busy", began=0, due=0, ends=4, name="real")
    result = found_in({"quiet": "." * 40, "busy": "C" * 40}, real, quiet, busy)
    assert {one.label.id: one.result for one in result.findings} == {
        "real": "found", "quiet": "missed", "busy": "missed",
    }  # fmt: skip


def test_those_found_soon_enough_after_they_were_due_are_counted() -> None:
    labels = [
        label(began=1, due=2, ends=12, name="two-steps"),
        label("other", began=1, due=3, ends=12, name="one-step"),
        label("third", began=1, due=2, ends=12, name="never"),
    ]
    histories = {"coverage": "....CC....", "other": "....CC....", "third": "." * 10}
    result = found_in(histories, *labels)
    assert (result.count("found"), result.count("missed"), result.found_within) == (2, 1, 1)
    assert replace(result, within=timedelta(hours=12)).found_within == 2


def test_an_alarm_is_false_where_no_label_covers_any_of_its_time() -> None:
    # opened before the label began and still open then
    result = found_in({"coverage": ".CCCCC.."}, label(began=4, due=4, ends=7))
    assert (result.false_alarms, result.precision) == ((), 1.0)
    # over before it began
    result = found_in({"coverage": ".CC....."}, label(began=4, due=4, ends=7))
    assert (len(result.false_alarms), result.precision) == (1, 0.0)
    # a label of another monitor covers nothing
    result = found_in(
        {"coverage": ".CCCCC..", "other": "........"}, label("other", began=1, ends=7)
    )
    assert len(result.false_alarms) == 1


def test_one_alarm_that_stays_open_is_time_in_false_alarm() -> None:
    result = found_in({"coverage": ".C" + "C" * 38}, label(began=1, due=1, ends=5))
    assert (result.precision, result.alarm.total) == (1.0, 39 * STEP)
    assert (result.alarm.false, result.alarm.share) == (35 * STEP, pytest.approx(35 / 39))


@pytest.mark.parametrize(
    ("labels", "false"),
    [
        ([], 4),
        ([(0, 9)], 0),
        ([(3, 4)], 3),
        ([(0, 3), (2, 4)], 2),  # overlapping
        ([(2, 3), (4, 5)], 2),
        ([(7, 9)], 4),
        ([(6, 9)], 4),
        ([(0, 2)], 4),
    ],
)
def test_time_in_false_alarm_is_what_no_label_covers(
    labels: list[tuple[int, int]], false: int
) -> None:
    known = [label(began=began, ends=ends) for began, ends in labels]
    result = found_in({"coverage": "..wwCC..", "well": "........"}, *known)
    assert result.alarms.keys() == {"coverage"}
    assert (result.alarm.total, result.alarm.false) == (4 * STEP, false * STEP)


def test_a_check_that_could_not_be_made_is_no_alarm_time() -> None:
    result = found_in({"coverage": "..EEEE.."})
    assert (result.alarm.total, result.alarm.share) == (timedelta(), None)


def test_what_no_channel_is_told_of_finds_nothing() -> None:
    only_warnings = replace(
        default_alerts(),
        routes=(Route(to=("slack-warning",), statuses=(STATUSES["w"],)),),
        fallback=None,
    )
    result = found_in({"coverage": "..CC...."}, label(began=1, ends=6), alerts=only_warnings)
    assert (result.findings[0].result, result.alerts, result.messages.total) == ("missed", 0, 0)


def test_an_incident_that_no_label_explains_is_a_false_alarm() -> None:
    result = found_in({"coverage": ".C...ww."}, label(began=1, due=1, ends=3))
    assert [one.incident.opened_at for one in result.false_alarms] == [at(5)]
    assert result.precision == 0.5
    assert result.alerts == 4


def test_a_failed_check_outside_labels_is_counted_apart() -> None:
    result = found_in({"coverage": "..E....."})
    assert result.false_alarms == ()
    assert [one.incident.opened_at for one in result.unchecked] == [at(2)]


def test_an_incident_said_in_its_parents_message_counts_as_told() -> None:
    result = found_in(
        {"parent": "..CC....", "coverage": "..CC...."},
        label(began=1, due=2, ends=5),
        depends={"coverage": ["parent"]},
    )
    (finding,) = result.findings
    assert finding.told_at == at(2)
    assert finding.alerts == 0


def test_alerts_a_week_are_those_sent_over_the_length_of_the_range() -> None:
    result = found_in({"coverage": "C" + "." * 27})
    assert (result.alerts, result.alerts_per_week) == (2, 2.0)


def test_a_message_is_one_post_of_a_run_to_a_channel() -> None:
    counts = found_in({"one": ".CC.....", "two": ".C......", "three": "..wC...."}).messages
    # error: opened 1 and 2; resolved 2; escalated 3 and resolved 1; resolved 3. warning: 3 three times
    assert counts.total == 4 + 3
    assert (counts.incidents, counts.share) == (3, pytest.approx(7 / 3))
    assert (counts.per_incident.mean, counts.per_incident.worst) == (pytest.approx(9 / 3), 5)
    one = counts.per_incident_and_channel
    assert (one.mean, one.worst) == (pytest.approx(9 / 4), 3)


def test_without_incidents_there_are_no_messages() -> None:
    counts = found_in({"one": "....."}).messages
    assert (counts.total, counts.share, counts.per_incident) == (0, None, None)


def test_messages_of_a_labelled_incident_are_those_while_it_lasted() -> None:
    found = found_in({"coverage": "C..wC..."}, label(began=2, due=3, ends=6))
    assert found.messages.total == 2 + 5
    assert found.findings[0].messages == 5  # opened, escalated twice, resolved twice


def test_an_incident_that_is_only_named_by_another_has_no_message() -> None:
    counts = found_in(
        {"parent": "..CC....", "child": "..CC...."}, depends={"child": ["parent"]}
    ).messages
    assert (counts.incidents, counts.total) == (1, 2)
