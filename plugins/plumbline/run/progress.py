"""What a run says while it works; the command line shows it, a scheduler may log it."""

from __future__ import annotations

from typing import Protocol

from plumbline.core.outcome import Outcome


class Progress(Protocol):
    """Told by the runner what happens; must never raise and never block."""

    def step(self, text: str) -> None:
        """A new step began: shown while it lasts, on a terminal only."""

    def long_step(self, text: str) -> None:
        """A step that takes seconds (starting the embedded warehouse): said in logs too."""

    def monitor_done(self, outcome: Outcome, *, of: int) -> None:
        """One of ``of`` monitors has its outcome."""


class PartProgress:
    """The progress of one of several parts of a command, which each have their own counts."""

    def __init__(self, whole: Progress, part: str) -> None:
        """``part``: ``replay 2 of 8``."""
        self._whole = whole
        self._part = part

    def step(self, text: str) -> None:
        """As the whole's, after the part."""
        self._whole.step(f"{self._part}: {text}")

    def long_step(self, text: str) -> None:
        """As the whole's, after the part."""
        self._whole.long_step(f"{self._part}: {text}")

    def monitor_done(self, outcome: Outcome, *, of: int) -> None:
        """Report it to the whole, with the count of this part."""
        self._whole.monitor_done(outcome, of=of)


class NoProgress:
    """Says nothing."""

    def step(self, text: str) -> None:
        """Nothing."""

    def long_step(self, text: str) -> None:
        """Nothing."""

    def monitor_done(self, outcome: Outcome, *, of: int) -> None:
        """Nothing."""
