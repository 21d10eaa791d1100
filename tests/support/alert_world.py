"""Runs that share one warehouse in memory and tell people whose phones are lists.

Each run is a process of its own: it has a service, a claim and a clock of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from plumbline.alerts.channels.factory import OpenedChannels
from plumbline.alerts.channels.message import Message
from plumbline.alerts.compose import RunFacts
from plumbline.alerts.report import AlertsReport
from plumbline.alerts.service import AlertService
from plumbline.core.mute import Mute
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.project.alerts import default_alerts
from support.alert_store import MemoryStore, NoFallback, Warehouse

START = datetime(2026, 2, 2, 12, tzinfo=UTC)
SIX_HOURS = timedelta(hours=6)
DONE = Receipt(DeliveryStatus.DELIVERED, "ok", 200)


class Phone:
    """Who is told: remembers every message that it took."""

    def __init__(self, name: str, *answers: Receipt) -> None:
        self.name = name
        self.took: list[Message] = []
        self.answers = list(answers)
        self.always: Receipt | None = None
        """What it answers once ``answers`` are used up; None: it accepts."""
        self.step: Callable[[str], None] = lambda _: None

    def deliver(self, message: Message, *, timeout_seconds: float) -> Receipt:
        self.step("before delivery")
        answer = self.answers.pop(0) if self.answers else self.always or DONE
        if answer.verdict is DeliveryStatus.DELIVERED:
            self.took.append(message)
        self.step("after delivery")
        return answer

    @property
    def heard(self) -> list[tuple[str, str]]:
        return [(item.monitor, str(item.event)) for message in self.took for item in message.items]


def outcome(status: Status, at: datetime, monitor: str = "a", **changes: Any) -> Outcome:
    return Outcome(
        monitor=monitor, status=status, summary=f"{monitor} is {status}", as_of=at, **changes
    )


def facts(at: datetime, run_id: str = "run") -> RunFacts:
    return RunFacts(Run(run_id, "c", "t", at, None), at)


class World:
    """One warehouse and its receivers; each run is a process of its own."""

    def __init__(self, tmp_path: Any, *missing: str) -> None:
        self.warehouse = Warehouse()
        self.config = default_alerts()
        self.phones = {name: Phone(name) for name in ("slack-warning", "slack-error", "slack")}
        self.missing = missing
        self.mutes: tuple[Mute, ...] = ()
        self.fallback = NoFallback()
        self.runs = 0

    def alert_service(
        self, at: datetime, step: Callable[[str], None] = lambda _: None
    ) -> AlertService:
        self.runs += 1
        for phone in self.phones.values():
            phone.step = step
        return AlertService(
            config=self.config,
            mutes=self.mutes,
            opened=OpenedChannels(
                channels={
                    name: phone for name, phone in self.phones.items() if name not in self.missing
                },
                missing={name: f"{name.upper()} is not set" for name in self.missing},
            ),
            store=MemoryStore(self.warehouse, step),
            fallback=self.fallback,
            clock=lambda: at,
            holder=f"run-{self.runs}",
            bound_seconds=1.0,
            sleep=lambda _: None,
        )

    def run(
        self,
        at: datetime,
        *outcomes: Outcome,
        step: Callable[[str], None] = lambda _: None,
    ) -> AlertsReport:
        return self.alert_service(at, step).notify(outcomes, facts(at, f"run-{self.runs}"))

    @property
    def heard(self) -> list[tuple[str, str]]:
        return [one for phone in self.phones.values() for one in phone.heard]


def lines(report: AlertsReport) -> list[tuple[str, str | None, bool]]:
    return [(str(line.event), line.channel, line.delivered) for line in report.lines]


class SideBySide:
    """Two runs on a warehouse that lets both in at once, and a clock that sleeping moves."""

    def __init__(self, tmp_path: Any) -> None:
        self.world = World(tmp_path)
        self.now = START
        self.first = self.service("first")
        self.second = self.service("second")

    def service(self, holder: str) -> AlertService:
        alert_service = self.world.alert_service(START)
        alert_service.store = MemoryStore(self.world.warehouse, takes_turns=False)  # type: ignore[assignment]
        alert_service.holder = holder
        alert_service.clock = lambda: self.now
        alert_service.sleep = self.sleep
        return alert_service

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
