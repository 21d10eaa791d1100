"""What an acknowledgement covers, and when it ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import pytest

from plumbline.alerts.incidents import acks
from plumbline.alerts.incidents.model import Ack, Decision
from plumbline.core.status import Status
from support.incidents import History, at, group, outcome, told


def failing(history: History, labels: str, *, well: str = "") -> Decision:
    """The next run: one CRITICAL group a letter."""
    status = Status.CRITICAL if labels else Status.PASS
    return history.run(
        outcome("coverage", status, at(history.runs), failing=list(labels), well=list(well))
    )


def acknowledge(
    history: History, groups: Iterable[str] = (), *, until: datetime | None = None
) -> None:
    incident = history.open("coverage")
    keys = [group(label, Status.CRITICAL).key.text for label in groups]
    acked = acks.acknowledge(incident, by="ana", at=incident.last_seen, until=until, groups=keys)
    history.known = replace(history.known, incidents=(acked,))


def test_a_group_that_fails_after_the_ack_is_notified() -> None:
    history = History()
    failing(history, "a")
    acknowledge(history)
    decision = failing(history, "ab")
    assert told(decision) == ["coverage: changed, new member"]
    assert [member.label for member in decision.changes[0].new_members] == ["b"]


def test_the_ack_stays_for_the_groups_that_it_covers() -> None:
    history = History()
    failing(history, "a")
    acknowledge(history)
    failing(history, "ab")
    assert [member.label for member in acks.uncovered(history.open("coverage"))] == ["b"]


def test_reminders_go_on_while_a_group_is_not_covered() -> None:
    history = History()
    failing(history, "a")
    acknowledge(history)
    assert [told(failing(history, "ab")) for _ in range(5)] == [
        ["coverage: changed, new member"],
        *([[]] * 3),
        ["coverage: reminded, reminder due"],
    ]


def test_no_reminder_once_only_covered_groups_fail() -> None:
    history = History()
    failing(history, "a")
    acknowledge(history)
    failing(history, "ab")
    assert [told(failing(history, "a", well="b")) for _ in range(6)] == [[]] * 6


def test_a_covered_group_that_comes_back_is_still_covered() -> None:
    history = History()
    failing(history, "ab")
    acknowledge(history)
    failing(history, "a", well="b")
    assert told(failing(history, "ab")) == []


def test_an_ack_of_one_group_leaves_the_reminders_of_the_others() -> None:
    history = History()
    failing(history, "ab")
    acknowledge(history, "a")
    assert [told(failing(history, "ab")) for _ in range(4)][-1] == [
        "coverage: reminded, reminder due"
    ]


def test_acks_of_two_groups_add_up() -> None:
    history = History()
    failing(history, "ab")
    acknowledge(history, "a")
    acknowledge(history, "b")
    assert acks.uncovered(history.open("coverage")) == ()


@pytest.mark.parametrize(("clock", "is_kept"), [(1, True), (2, False), (3, False)])
def test_an_ack_expires_when_its_time_is_over(clock: int, is_kept: bool) -> None:
    history = History()
    failing(history, "a")
    acknowledge(history, until=at(2))
    incident = acks.without_expired(history.open("coverage"), at(clock))
    assert (incident.ack is not None) is is_kept


def test_an_ack_of_an_earlier_version_covers_what_failed_when_it_was_given() -> None:
    history = History()
    failing(history, "a")
    incident = history.open("coverage")
    ack = Ack(by="ana", at=incident.last_seen, status=incident.status)
    history.known = replace(history.known, incidents=(replace(incident, ack=ack),))
    assert told(failing(history, "ab")) == ["coverage: changed, new member"]
