"""What one check of ``plumbline debug`` found, and how it is shown."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from plumbline.core.colours import Colour, coloured
from plumbline.core.errors import PlumblineError
from plumbline.core.folding import folded
from plumbline.core.safe_text import one_line


class Level(StrEnum):
    OK = "OK"
    MISSING = "MISSING"
    NOTE = "NOTE"
    """Not there, and not needed."""


_COLOURS: dict[Level, Colour] = {
    Level.OK: "green",
    Level.MISSING: "red",
    Level.NOTE: "orange",
}


@dataclass(frozen=True)
class Diagnosis:
    what: str
    level: Level
    detail: str
    fix: str | None = None

    def render(self, *, has_colour: bool, width: int | None = None) -> str:
        """A line, and one for its fix.

        Args:
            width: columns of the terminal, between whose words lines end; None: no line is folded.
        """
        word = f"{self.level:<7}"
        text = folded(f"{word}  {self.what}: {one_line(self.detail)}", width) + "\n"
        if has_colour:
            shown = coloured(word, _COLOURS[self.level], bold=self.level is Level.MISSING)
            text = shown + text.removeprefix(word)
        if self.fix:
            text += folded(f"{'':9}fix: {one_line(self.fix)}", width) + "\n"
        return text


def fault(what: str, error: PlumblineError) -> Diagnosis:
    """The line of what a check could not find out."""
    where = f" (in {_near(error)})" if error.where else ""
    return Diagnosis(what, Level.MISSING, f"{error.what}{where}", error.fix)


def _near(error: PlumblineError) -> str:
    """Where it is; a file below the working directory by its short name, as a run has it."""
    where, here = str(error.where), f"{Path.cwd()}{os.sep}"
    return where.removeprefix(here)
