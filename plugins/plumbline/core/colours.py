"""Colours of words on a terminal. Each word says the same without its colour.

They are of the 256 fixed ones: of the sixteen that a terminal's theme defines, yellow and green are
illegible on many white backgrounds. Each has a contrast of at least 3.7 on black and on white.
"""

from __future__ import annotations

from typing import Literal

Colour = Literal["green", "orange", "red", "purple"]

NUMBERS: dict[Colour, int] = {"green": 28, "orange": 130, "red": 160, "purple": 133}
"""By xterm's palette."""


def coloured(text: str, colour: Colour, *, bold: bool = False) -> str:
    """``text`` with the codes that colour it."""
    return f"\x1b[{'1;' if bold else ''}38;5;{NUMBERS[colour]}m{text}\x1b[0m"
