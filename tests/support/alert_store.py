"""A state of alerts in memory, with the store's own rules, that can be interrupted at any step.

For laws about the order of steps; the real store is proved in tests/warehouse and tests/scenarios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from plumbline.alerts.state import AlertState
from plumbline.alerts.store import ConflictError


class KilledError(BaseException):
    """The process is gone: nothing catches it."""


@dataclass
class Warehouse:
    """What outlives a process."""

    state: AlertState = field(default_factory=AlertState)
    projected: dict[str, int] = field(default_factory=dict)
    """How often each event was written."""
    recorded: int = 0


@dataclass
class MemoryStore:
    """One process's way to the warehouse."""

    warehouse: Warehouse
    step: Callable[[str], None] = lambda _: None
    """Told before and after each step; may raise `KilledError`, or another run's commit."""
    takes_turns: bool = True
    notes: tuple[str, ...] = ()
    time: datetime | None = None
    """The warehouse's."""

    @contextmanager
    def exclusively(self, progress: Callable[[str], None]) -> Iterator[None]:
        """One process at a time is the test's business."""
        yield

    def load(self) -> AlertState:
        """What is committed."""
        self.step("before load")
        return self.warehouse.state

    def commit(self, state: AlertState, *, based_on: AlertState) -> AlertState:
        """Compare and swap."""
        self.step("before commit")
        if self.warehouse.state.version != based_on.version:
            raise ConflictError
        for event in based_on.events:
            self.warehouse.projected.setdefault(event.event_id, 1)
        committed = replace(state, version=based_on.version + 1)
        self.warehouse.state = committed
        self.step("after commit")
        return committed

    def write_events(self, state: AlertState) -> None:
        """Write the events into their tables."""
        self.step("before project")
        for event in state.events:
            self.warehouse.projected[event.event_id] = (
                self.warehouse.projected.get(event.event_id, 0) + 1
            )
        self.step("after project")


class NoFallback:
    """There is nothing on this machine."""

    is_empty = True

    def __init__(self) -> None:
        self.state = AlertState()

    def load(self) -> AlertState:
        """What was decided without the warehouse."""
        return self.state

    def commit(self, state: AlertState, *, based_on: AlertState) -> AlertState:
        """Keep it."""
        self.state = state
        return state

    def write_events(self, state: AlertState) -> None:
        """There is no table."""

    def forget(self) -> None:
        """There is no file."""

    def synced(self, state: AlertState) -> None:
        """Nothing is kept here."""

    def reconcile(self, state: AlertState) -> AlertState:
        """The warehouse knows best."""
        return state
