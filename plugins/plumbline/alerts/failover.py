"""The state of alerts during one run: in the warehouse, or on this machine while that is down.

Where the warehouse can't be reached, reads and commits go to `LocalFallback`, and the report says
so: alerts are sent all the same, and the next run that reaches the warehouse takes over what was
decided here. Used by `plumbline.alerts.service` and `plumbline.alerts.delivery`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime

from plumbline.alerts.state import AlertState, StateFormatError
from plumbline.alerts.store import LocalFallback, StateStore
from plumbline.core.errors import WarehouseError

logger = logging.getLogger(__name__)


class FailoverStore:
    """A `StateStore`, with a `LocalFallback` in its place while it can't be reached.

    Args:
        note: takes a sentence for the report.
    """

    def __init__(
        self, store: StateStore, fallback: LocalFallback, note: Callable[[str], None]
    ) -> None:
        self._store = store
        self._fallback = fallback
        self._note = note
        self.is_local = False
        """Whether this run goes on without the warehouse."""

    @property
    def takes_turns(self) -> bool:
        """Whether runs take turns, so that the claim of another run is that of a dead one."""
        return self._store.takes_turns

    @property
    def time(self) -> datetime | None:
        """The warehouse's, when it was last asked; None: it can't be asked."""
        return None if self.is_local else self._store.time

    def open(self, turn: ExitStack, progress: Callable[[str], None]) -> AlertState:
        """The state to decide on, when it is this run's turn.

        Args:
            turn: ends the turn when it is closed.
            progress: called when another run has the turn.
        """
        try:
            turn.enter_context(self._store.exclusively(progress))
            state = self._store.load()
            for note in self._store.notes:
                self._note(note)
            return state
        except (WarehouseError, StateFormatError) as fault:
            # A state that a newer plumbline wrote is left as it is; alerts are sent all the same.
            self._note(
                f"The state of alerts in the warehouse can't be reached ({fault.what}): messages "
                "may be sent twice."
            )
            self.is_local = True
            return self._fallback.load()

    def reconciled(self, state: AlertState) -> AlertState:
        """``state`` with what was decided on this machine while the warehouse was down."""
        return state if self.is_local else self._fallback.reconcile(state)

    def refreshed(self) -> AlertState | None:
        """The state as it is after this run was paused; None, with a note, where it can't be read.

        Meanwhile another run may have gone on in the warehouse, or on this machine.
        """
        self._fallback.forget()
        state = self.reload_if_readable()
        return None if state is None else self.reconciled(state)

    def reload(self) -> AlertState:
        """The state after another run has written it; fails over where it can't be read."""
        state = self.reload_if_readable("The state of alerts could not be read")
        if state is None:
            self.is_local = True
            return self._fallback.load()
        return state

    def reload_if_readable(
        self, said: str = "The state of alerts could not be read again"
    ) -> AlertState | None:
        """The state as it is now; None, with a note, where it can't be read."""
        if self.is_local:
            return self._fallback.load()
        try:
            return self._store.load()
        except WarehouseError as fault:
            self._note(f"{said}: {fault.one_line()}")
            return None

    def commit_decision(self, state: AlertState, *, based_on: AlertState) -> AlertState:
        """Commit what was decided; fails over where it can't be written.

        Raises:
            ConflictError: another run has committed that version.
        """
        try:
            return self._committed(state, based_on)
        except WarehouseError as fault:
            self._note(f"The state of alerts could not be written: {fault.one_line()}")
            self.is_local = True
            return self._fallback.commit(state, based_on=based_on)

    def commit(self, state: AlertState, *, based_on: AlertState) -> AlertState:
        """Commit claims, or what came of deliveries.

        A warehouse that fails now must not undo what was sent. It is asked again at the next
        commit: what it does not learn, a machine without a disk sends again.

        Raises:
            ConflictError: another run has committed that version.
        """
        try:
            return self._committed(state, based_on)
        except WarehouseError as fault:
            self._note(
                f"The state of alerts could not be written: {fault.what}. Messages may be sent "
                "twice."
            )
            return self._fallback.commit(state, based_on=based_on)

    def write_events(self, state: AlertState) -> None:
        """Write the rows of incidents and deliveries; what fails is written by the next run."""
        if self.is_local:
            return
        try:
            self._store.write_events(state)
        except WarehouseError as fault:
            logger.warning("the next run will write the history of incidents: %s", fault)

    def _committed(self, state: AlertState, based_on: AlertState) -> AlertState:
        if self.is_local:
            return self._fallback.commit(state, based_on=based_on)
        committed = self._store.commit(state, based_on=based_on)
        self._fallback.synced(committed)
        return committed
