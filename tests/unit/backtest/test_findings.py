"""Labelled incidents against what a range would have seen.

A history is told in one line: ``.`` PASS, ``w`` WARNING, ``C`` CRITICAL, ``E`` ERROR, ``s`` SKIPPED,
six hours apart.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from plumbline.backtest.findings import Score, score
from plumbline.backtest.replay import by_instant, replay_outcomes
from plumbline.core.alert_policy import Policy
from plumbline.core.outcome import Outcome
from plumbline.project.alerts import AlertsConfig, default_alerts
from plumbline.project.labels import Label
from support.incidents import STATUSES, outcome
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
    replay = replay_outcomes(
        by_instant(one for found in outcomes.values() for one in found),
        checkpoint="x",
        alerts=alerts or default_alerts(),
    )
    runs = len(next(iter(histories.values())))
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
    assert result.findings[0].reason == "coverage saw nothing wrong"
    assert result.precision is None


@pytest.mark.parametrize(
    ("histories", "of", "why"),
    [
        ({"other": "......"}, label(began=1, ends=4), "coverage is not among the monitors"),
        ({"coverage": "......"}, label(began=3, due=9, ends=12), "due after the range ends"),
        ({"coverage": ".ssss."}, label(began=1, ends=4), "nothing was judged while it lasted"),
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
    assert (finding.result, finding.reason) == ("not judged", "it began before the range does")


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
    assert finding.reason == "coverage failed, and nobody was notified of it"


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
