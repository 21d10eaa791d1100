"""Where a line of a terminal may end: between words, and never within a value.

A threshold (``critical < 50 %``), a number with its unit, an instant, a short command and the exit
code stay on one line. Used by everything that folds text: reports, messages, errors and ``debug``.
"""

from __future__ import annotations

import re
import textwrap

GLUE = "\ufdd0"
"""Stands for a space at which no line ends, until the text is written. It is no character of any
text, and no program treats it as a space."""

_LONGEST_COMMAND = 32
"""Of a command between backticks that stays whole: a longer one has no room in a narrow column."""
_WORD = r"[^\W\d]\w*"
_NUMBER = r"(?:-?\d+(?:[.,]\d+)*|min\([^()]{1,30}\))"
_LEAST = (
    r"(?:warning|critical|at least|at most|above|below|worst) (?:(?:[<>≤≥]|[<>!=]=) )?"
    rf"(?:{_NUMBER}(?: (?:%|{_WORD}))?|(?<=[<>≤≥=] )(?=\S)\S{{1,20}}(?!\S))"
)
"""A level with the first word of its unit: ``critical > 10 errors``, ``at least 50 %``."""
_LEVEL = rf"{_LEAST}(?:(?: {_WORD}){{1,2}}(?=[,;:]|$))?(?: \([^()]{{1,30}}\))?"
"""With its whole unit, and what it is made of: ``warning ≤ 48 predictions (12 × 4 games)``."""
_ZONE = r"(?: (?:\([A-Z][\w/+-]+\)|[A-Z]{3,4}\b))?"
_INSTANT = (
    rf"(?:\bend of )?\b\d{{4}}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?{_ZONE}"
    rf"|\b\d\d? [A-Z][a-z]{{2}} \d\d:\d\d{_ZONE}|\bend of \d\d? [A-Z][a-z]{{2}}{_ZONE}"
)
"""``2026-02-02 15:00 (America/New_York)``, ``end of 2026-02-02``, ``3 Feb 05:00 UTC``."""
_COUNTED = (
    r"\b(?:exit|score) \d[\d/]*"
    r"|(?<!\w)(?:\d+ (?:×|of) )?\d(?:[\d.,/]*\d)? (?=(?:%|[^\W\d]\w{0,19})(?:\W|$))"
)
"""``exit 3``, and a number with the word after it: ``10 errors``, ``6 of 7 groups``."""
_COMMAND = rf"`[^`\n]{{1,{_LONGEST_COMMAND}}}`"
_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"")
_OPTION = re.compile(r"(?<!\S)--?[\w-]+ (?!-)\S+")
"""With its value."""
_GOES_ON = " \\"
_SEPARATOR = r" (?=· )"
"""It ends a line, and begins none."""
_WHOLE = re.compile(f"{_COMMAND}|{_LEVEL}|{_INSTANT}|{_COUNTED}|{_SEPARATOR}")

_HANGING = re.compile(r" *(?:- |(?:error|fix|in|note): |\S+(?: \S+){0,2} {2,})?")
"""What later lines of a folded line stay clear of: a bullet, a word with a colon, a label."""
_TO_COPY = re.compile(
    r"(?:bq|curl|dbt|gcloud|gh|git|gsutil|kubectl|make(?! sure)|plumbline|python3?) \S.*"
)
_LABELLED_COMMAND = re.compile(rf"( *(?:ack|do) {{2,}})({_TO_COPY.pattern})")
"""What a message says to do."""
_DEEPEST = 24


def is_command(text: str) -> bool:
    """Whether ``text`` is to be copied, and not a sentence."""
    return _TO_COPY.fullmatch(text) is not None


def glued(text: str) -> str:
    """``text`` with `GLUE` for each space within what stays whole."""
    return _WHOLE.sub(_glue, text)


def loosened(text: str, room: int) -> str:
    """Text that is `glued`, with spaces again in what is wider than ``room``."""

    def loosen(found: re.Match[str]) -> str:
        return found[0] if len(found[0]) <= room else found[0].replace(GLUE, " ")

    def least(found: re.Match[str]) -> str:
        return re.sub(r"\S+", loosen, re.sub(_LEAST, _glue, loosen(found)))

    return re.sub(r"\S+", least, text)


def _glue(found: re.Match[str]) -> str:
    return found[0].replace(" ", GLUE)


def folded(text: str, width: int | None, *, indent: int | None = None) -> str:
    """``text`` with its lines ended between words; the rest of a line stands below its beginning.

    A word that is wider than a line is left whole: a terminal shows it on two lines, and copies it
    as one.

    Args:
        text: any number of lines.
        width: columns of the terminal; None: no line is folded.
        indent: of the rest of a line; None: below what follows its bullet or label.
    """
    if width is None:
        return text
    return "\n".join(_folded(line, width, indent) for line in text.split("\n"))


def _folded(line: str, width: int, indent: int | None) -> str:
    if len(line) <= width:
        return line
    if command := _LABELLED_COMMAND.fullmatch(line):
        beside = len(command[1])
        text = folded_command(command[2], width - beside, indent=0)
        return command[1] + text.replace("\n", "\n" + " " * beside)
    if indent is None:
        found = _HANGING.match(line)
        indent = min(found.end() if found else 0, _DEEPEST, width // 2)
    lines = textwrap.wrap(
        loosened(glued(line), width - indent),
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace(GLUE, " ")


def folded_command(command: str, width: int, *, indent: int) -> str:
    """``command`` with its lines ended so that a shell reads them as one, and never within quotes.

    Args:
        width: of the room, without what stands before the command.
        indent: of the lines after the first.
    """
    if len(command) <= width:
        return command
    room = max(width - len(_GOES_ON), indent + 1)
    whole = _QUOTED.sub(_glue, command)
    whole = _OPTION.sub(
        lambda found: _glue(found) if len(found[0]) <= room - indent else found[0],
        whole,
    )
    lines = textwrap.wrap(
        whole,
        room,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{_GOES_ON}\n".join(lines).replace(GLUE, " ")
