"""Texts from data as Slack must show them: as themselves, whatever they hold.

Slack's ``mrkdwn`` has an escape for ``&``, ``<`` and ``>`` only; its other signs have none, so they
are replaced by characters that look alike. Nothing in a name can format, link, or call a person.
"""

from __future__ import annotations

import re

from plumbline.core.safe_text import one_line

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LOOK_ALIKE = {"*": "∗", "~": "∼", "`": "ˋ", "_": "ˍ", "@": "＠", ":": "꞉"}

_SIGN = re.compile(
    r"""[&<>*~`]
    | (?<![^\W_])_ | _(?![^\W_])  # one inside a word (line_coverage) does not make italics
    | @(?=(?:here|channel|everyone)\b)
    | (?<!\d):(?=[\w+-]+:)  # an emoji's name, and no time
    """,
    re.VERBOSE,
)
_CONTROL = re.compile(r"<(?=[!@#/\w])")
_FENCE = re.compile(r"`(?=`)")


def mrkdwn(text: str) -> str:
    """For a ``mrkdwn`` text: one line without formatting, links, mentions or emoji."""
    return _SIGN.sub(lambda match: _ENTITIES.get(match[0]) or _LOOK_ALIKE[match[0]], one_line(text))


def plain(text: str) -> str:
    """For a ``plain_text``, which Slack does not parse: one line; a mention does not look like one.

    It stays harmless where the text is taken over into a notification that is parsed.
    """
    return _CONTROL.sub("‹", one_line(text))


def code(text: str) -> str:
    """For the inside of a code block of ``mrkdwn``: it cannot be broken out of.

    Newlines stay, since a command may have several lines.
    """
    lines = [one_line(line) for line in text.split("\n")]
    text = _FENCE.sub("ˋ", "\n".join(lines))
    return re.sub(r"[&<>]", lambda match: _ENTITIES[match[0]], text)
