"""An incident told by a bot: one message that is edited, its history in the thread, acks on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plumbline.alerts.channels.factory import open_channels
from plumbline.alerts.compose import RunFacts
from plumbline.alerts.reactions import acknowledge
from plumbline.alerts.report import AlertsReport
from plumbline.alerts.service import AlertService
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run
from plumbline.core.status import Status
from plumbline.project.alerts import AlertsConfig, read_alerts
from support.alert_store import MemoryStore, NoFallback, Warehouse
from support.documents import read_document
from support.fake_slack import TOKEN, FakeSlack

START = datetime(2026, 2, 2, 12, tzinfo=UTC)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


class Desk:
    """A project whose only channel is a bot."""

    def __init__(self, slack: FakeSlack, folder: Path) -> None:
        file = folder / "alerts.yml"
        file.write_text(
            "channels:\n"
            f'  bot: {{type: slack, token: BOT, channel: "#data", api_url: "{slack.url}"}}\n'
            "routes: []\nfallback: bot\n"
        )
        self.config: AlertsConfig = read_alerts(read_document(file))
        self.opened = open_channels(self.config, {"BOT": TOKEN})
        self.warehouse = Warehouse()

    def run(self, hours: int, status: Status) -> AlertsReport:
        at = START + timedelta(hours=hours)
        alert_service: Any = AlertService(
            config=self.config,
            mutes=(),
            opened=self.opened,
            store=MemoryStore(self.warehouse),  # type: ignore[arg-type]
            fallback=NoFallback(),  # type: ignore[arg-type]
            clock=lambda: at,
            holder=f"run-{hours}",
            acknowledge=lambda known, now: acknowledge(known, now, self.opened.channels),
        )
        outcome = Outcome(monitor="a", status=status, summary=f"a is {status}", as_of=at)
        return alert_service.notify(
            [outcome],
            RunFacts(Run(f"run-{hours}", "c", "t", at, None), at),
        )


@pytest.fixture
def desk(slack: FakeSlack, tmp_path: Path) -> Desk:
    return Desk(slack, tmp_path)


def events(report: AlertsReport) -> list[str]:
    return [str(line.event) for line in report.lines if line.delivered]


def test_one_message_an_incident_edited_with_its_history_in_the_thread(
    desk: Desk, slack: FakeSlack
) -> None:
    assert events(desk.run(0, Status.WARNING)) == ["opened"]
    assert events(desk.run(6, Status.CRITICAL)) == ["escalated"]
    assert events(desk.run(12, Status.PASS)) == ["resolved"]
    root, *thread = slack.messages
    assert "thread_ts" not in root
    assert [reply["reply_broadcast"] for reply in thread] == [True, True], "these reach a phone"
    assert {reply["thread_ts"] for reply in thread} == {slack.edits[0]["ts"]}
    assert "RESOLVED" in slack.edits[-1]["text"]


def test_a_reminder_stays_in_the_thread(desk: Desk, slack: FakeSlack) -> None:
    desk.run(0, Status.CRITICAL)
    assert events(desk.run(72, Status.CRITICAL)) == ["reminded"]
    assert not slack.messages[-1].get("reply_broadcast")


def test_a_reaction_silences_reminders_until_the_status_changes(
    desk: Desk, slack: FakeSlack
) -> None:
    desk.run(0, Status.WARNING)
    (ts,) = {reference["bot"]["ts"] for reference in references(desk)}
    slack.reactions[ts] = [{"name": "eyes", "users": ["U1"]}]
    slack.users["U1"] = "ana"
    assert events(desk.run(168, Status.WARNING)) == []
    (incident,) = desk.warehouse.state.known.incidents
    assert incident.ack is not None
    assert incident.ack.by == "ana"
    assert events(desk.run(174, Status.CRITICAL)) == ["escalated"]
    assert events(desk.run(246, Status.CRITICAL)) == ["reminded"], "the old reaction counts no more"


def test_where_reactions_cant_be_read_nothing_is_silenced(desk: Desk, slack: FakeSlack) -> None:
    desk.run(0, Status.CRITICAL)
    slack.reactions.clear()
    assert events(desk.run(72, Status.CRITICAL)) == ["reminded"]


def references(desk: Desk) -> list[Any]:
    return [incident.references for incident in desk.warehouse.state.known.incidents]
