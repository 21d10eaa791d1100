"""An incident that nobody acknowledges in time goes to the next channels."""

from __future__ import annotations

from datetime import timedelta

from plumbline.alerts.incidents.decide import decide
from plumbline.alerts.incidents.model import Decision
from plumbline.core.status import Status
from support.incidents import History, at, mute, outcome, told

IN_TIME = timedelta(hours=10)


class Escalating(History):
    """A history whose routes escalate after ten hours: at the second run after the opening."""

    def look(self, status: Status) -> Decision:
        found = outcome("coverage", status, at(self.runs))
        decision = decide(
            self.known,
            [found],
            found.as_of,
            checkpoint="health_check",
            policy=self.policy,
            mutes=self.mutes,
            escalate_after=lambda _: IN_TIME,
        )
        self.runs += 1
        self.known = decision.known
        return decision


def test_it_escalates_once_when_the_time_is_over() -> None:
    history = Escalating()
    assert [told(history.look(Status.CRITICAL)) for _ in range(4)] == [
        ["coverage: opened, first failure"],
        [],
        ["coverage: escalated, not acknowledged"],
        [],
    ]


def test_an_acknowledged_incident_does_not_escalate() -> None:
    history = Escalating()
    history.look(Status.CRITICAL)
    history.acknowledge("coverage")
    assert [told(history.look(Status.CRITICAL)) for _ in range(3)] == [[], [], []]


def test_a_muted_incident_escalates_after_the_mute() -> None:
    history = Escalating()
    history.look(Status.CRITICAL)
    history.mutes = [mute("coverage", until=3)]
    assert [told(history.look(Status.CRITICAL)) for _ in range(3)] == [
        [],
        [],
        ["coverage: escalated, not acknowledged"],
    ]


def test_a_status_that_rises_gives_people_the_time_again() -> None:
    history = Escalating()
    history.look(Status.WARNING)
    history.look(Status.WARNING)
    assert [told(history.look(Status.CRITICAL)) for _ in range(3)] == [
        ["coverage: escalated, status rose"],
        [],
        ["coverage: escalated, not acknowledged"],
    ]


def test_without_a_time_nothing_escalates() -> None:
    history = History()
    for _ in range(4):
        history.step({"coverage": "w"})
    assert [str(change.event) for change in history.changes] == ["opened"]
