"""Text that came out of a warehouse or a file, made safe to show on a terminal.

A prediction system may be named anything: an escape sequence in its name must not recolour,
move or retitle the reader's terminal, nor a newline forge a line of the report.
"""

from __future__ import annotations

import unicodedata

LONGEST_NAME = 160
"""Of a name from data in reports for people; JSON holds it whole."""

_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def one_line(text: str) -> str:
    """``text`` on one line, with control and direction characters written out (``\\x1b``)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def name(text: str) -> str:
    """A name from data: on one line, and no longer than a reader can take in."""
    shown = one_line(text)
    if not shown.strip():
        return repr(shown)
    return shown if len(shown) <= LONGEST_NAME else shown[: LONGEST_NAME - 1] + "…"


def _shown(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if unicodedata.category(character) not in _HARMFUL:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
