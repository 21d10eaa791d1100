"""Two to four runs at once, their steps mixed at random: each event is sent once, and none is lost.

Each round has its own order of steps, given by its number, so that a round that fails can be run
again. Time passes in each step, as under load; no claim lapses while its run goes on.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from plumbline.alerts.service import AlertService
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus, Receipt
from support.alert_store import MemoryStore
from support.alert_world import SIX_HOURS, START, World, facts, outcome

ROUNDS = 200
MINUTE = timedelta(minutes=1)
TIMEOUT = Receipt(DeliveryStatus.RETRY, "timed out")


@dataclass
class Turns:
    """Lets one run go on at a time, and chooses whose turn it is at each step."""

    choose: random.Random
    waiting: dict[str, threading.Event] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, runs: dict[str, Callable[[], None]]) -> None:
        """Run all, step by step, to their ends."""
        threads = [threading.Thread(target=self._run, args=one) for one in runs.items()]
        self.waiting = {name: threading.Event() for name in runs}
        for thread in threads:
            thread.start()
        self._next()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()

    def step(self, name: str) -> None:
        """Hand the turn to whoever is next, and wait for one's own."""
        mine = self.waiting[name]
        mine.clear()
        self._next()
        assert mine.wait(30)

    def _run(self, name: str, run: Callable[[], None]) -> None:
        assert self.waiting[name].wait(30)
        try:
            run()
        finally:
            with self.lock:
                del self.waiting[name]
            self._next()

    def _next(self) -> None:
        with self.lock:
            names = sorted(self.waiting)
        if names:
            self.waiting[self.choose.choice(names)].set()


class Round:
    """One mix of runs on a world."""

    def __init__(self, tmp_path: Path, number: int) -> None:
        self.choose = random.Random(number)
        self.world = World(tmp_path)
        self.turns = Turns(self.choose)
        self.now = START + SIX_HOURS

    def service(self, name: str) -> AlertService:
        service = self.world.alert_service(self.now)
        service.holder = name
        service.clock = lambda: self.now
        service.sleep = lambda _: self.turns.step(name)
        service.bound_seconds = 30.0
        service.store = MemoryStore(  # type: ignore[assignment]
            self.world.warehouse, lambda _: self.pass_time(name), takes_turns=False
        )
        return service

    def pass_time(self, name: str) -> None:
        self.now += timedelta(milliseconds=self.choose.randrange(200))
        self.turns.step(name)

    def run(self, count: int, found: Callable[[int], Outcome]) -> None:
        self.turns.start(
            {
                f"run {number}": self._notify(f"run {number}", found(number))
                for number in range(count)
            }
        )

    def _notify(self, name: str, found: Outcome) -> Callable[[], None]:
        service = self.service(name)

        def notify() -> None:
            service.notify([found], facts(found.as_of, name))

        return notify


@contextmanager
def slow_phones(world: World, choose: random.Random) -> Iterator[None]:
    """Phones that do not answer now and then."""
    for phone in world.phones.values():
        phone.answers = [TIMEOUT for _ in range(choose.randrange(2))]
    yield


@pytest.mark.parametrize("part", range(4))
def test_each_event_is_sent_once_however_the_runs_are_mixed(tmp_path: Path, part: int) -> None:
    for number in range(part * ROUNDS // 4, (part + 1) * ROUNDS // 4):
        mixed = Round(tmp_path, number)
        count = 2 + number % 3
        at = mixed.now
        with slow_phones(mixed.world, mixed.choose):
            mixed.run(count, lambda run, at=at: outcome(Status.CRITICAL, at + run * MINUTE))
        after = at + 9 * SIX_HOURS
        mixed.now = after
        with slow_phones(mixed.world, mixed.choose):
            mixed.run(count, lambda run, at=after: outcome(Status.PASS, at + run * MINUTE))

        mixed.world.alert_service(mixed.now + timedelta(hours=1)).flush()
        assert mixed.world.heard == [("a", "opened"), ("a", "resolved")], f"round {number}"
        assert mixed.world.warehouse.state.outbox == (), f"round {number}"
