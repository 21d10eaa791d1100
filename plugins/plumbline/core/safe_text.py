"""Text that came out of a warehouse or a file, made safe for each place where it is shown.

A prediction system may be named anything: an escape sequence in its name must not recolour,
move or retitle the reader's terminal, nor a newline forge a line of the report. Every outlet calls
this module: reports, messages and errors `one_line`; pages and code `visible`; JSON `in_json`; what
is written to a terminal `on_terminal`, whatever was done before.
"""

from __future__ import annotations

import json
import re

LONGEST_NAME = 160
"""Of a name from data in reports for people; JSON holds more of it."""
LONGEST_LINE = 4_000
"""Of any text from data or files, in every output: what is longer has no reader."""

_INVISIBLE = (
    "\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f\ud800-\udfff"
)
"""Unicode's Cc beyond ASCII, Cf, Cs, Zl and Zp: among them what changes the direction."""
_HARMFUL = re.compile(f"[\x00-\x1f{_INVISIBLE}]")
_HARMFUL_IN_LINES = re.compile(f"[\x00-\x08\x0b-\x1f{_INVISIBLE}]")
_HARMFUL_IN_COLOUR = re.compile(f"(?!\x1b\\[[0-9;]*m)[\x00-\x08\x0b-\x1f{_INVISIBLE}]")
_HARMFUL_IN_JSON = re.compile(f"[{_INVISIBLE}]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def one_line(text: str, *, longest: int = LONGEST_LINE) -> str:
    """``text`` on one line, with control and direction characters written out (``\\x1b``)."""
    if text.isascii() and text.isprintable():
        return shorten(text, longest)
    return shorten(_HARMFUL.sub(_shown, shorten(text, longest)), longest)


def visible(text: str) -> str:
    """``text`` with its line ends and tabs, and all else that harms written out."""
    return _HARMFUL_IN_LINES.sub(_shown, text)


def in_json(text: str) -> str:
    """JSON with the same value, in which what harms a terminal is escaped."""
    return _HARMFUL_IN_JSON.sub(lambda found: json.dumps(found[0])[1:-1], text)


def on_terminal(text: str, *, colour: bool) -> str:
    """``text`` as a terminal may get it; with ``colour``, colours pass."""
    return _HARMFUL_IN_COLOUR.sub(_shown, text) if colour else visible(text)


def name(text: str) -> str:
    """A name from data: on one line, and no longer than a reader can take in."""
    shown = one_line(text)
    return shorten(shown, LONGEST_NAME) if shown.strip() else repr(shown)


def shorten(text: str, longest: int = LONGEST_LINE) -> str:
    """``text``, or the beginning of it."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shorten_fields(value: object, *fields: str) -> None:
    """Bound the texts in these fields of a frozen dataclass that is being made."""
    for field in fields:
        text = getattr(value, field)
        if text is not None and len(text) > LONGEST_LINE:
            object.__setattr__(value, field, shorten(text))


def _shown(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT:
        return _SHORT[character]
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
