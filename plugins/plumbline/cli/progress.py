"""Progress on standard error: a live line on a terminal; in logs only what takes long."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plumbline.cli.output import is_terminal, live_line, write_message

if TYPE_CHECKING:
    from rich.status import Status

    from plumbline.core.outcome import Outcome
    from plumbline.run.progress import Progress


@contextmanager
def show_progress() -> Iterator[Progress]:
    """Progress for the time of a ``with``; the live line is gone afterwards."""
    if not is_terminal(sys.stderr):
        yield LoggedProgress()
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    with console.status("starting", spinner_style="") as status, live_line(status):
        yield LiveProgress(status)


class LoggedProgress:
    """For logs: long steps only."""

    def step(self, text: str) -> None:
        """Nothing: it is over soon."""

    def long_step(self, text: str) -> None:
        """A line."""
        write_message(text)

    def monitor_done(self, outcome: Outcome, *, of: int) -> None:
        """Do nothing; the report has it."""


class LiveProgress:
    """For a terminal: one line that says what is being done now."""

    def __init__(self, status: Status) -> None:
        self._status = status
        self._done = 0

    def step(self, text: str) -> None:
        """Show ``text`` as what is being done now."""
        from rich.text import Text

        from plumbline.core.safe_text import one_line

        shown = Text(one_line(text))
        # A live line that folds jumps up and down. The symbol before it takes two columns.
        shown.truncate(self._status.console.width - 2, overflow="ellipsis")
        self._status.update(shown)

    def long_step(self, text: str) -> None:
        """As ``step``: on a terminal nothing needs to stay."""
        self.step(text)

    def monitor_done(self, outcome: Outcome, *, of: int) -> None:
        """Show how many monitors are done, and the last one's status in words."""
        self._done = self._done % of + 1  # a command may run more than once
        self.step(f"{self._done} of {of} done; {outcome.monitor}: {outcome.status}")
