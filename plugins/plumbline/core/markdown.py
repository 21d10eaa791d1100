"""Text as itself in GitHub's Markdown: reports for pull requests, and the texts of issues."""

from __future__ import annotations

import re

from plumbline.core.safe_text import one_line

_ESCAPED = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        "|": "&#124;",
        "\\": "&#92;",
        # An empty comment keeps GitHub from telling a person that data has an @ in it.
        "@": "@<!-- -->",
        # GitHub links #12 after it has read the Markdown, whether escaped or not.
        "#": "\\#<!-- -->",
        **{character: f"\\{character}" for character in "`*_[]~$>"},
    }
)
_EMOJI = r"[a-z+][a-z0-9_+-]*|-1|100|1234|8ball|[1-3][a-z]{2}_place_medal"
_LINKED_BY_GITHUB = re.compile(
    rf"(?P<before>:(?=//)|:(?=(?:{_EMOJI}):)|(?<![a-z0-9])(?:GH(?=-\d)|www(?=\.)))", re.IGNORECASE
)
"""In text: addresses, ``:emoji:`` and ``GH-12``."""


def escape(text: str) -> str:
    """``text`` as itself in Markdown: no markup, no HTML, no link, no mention, on one line."""
    unlinked = _LINKED_BY_GITHUB.sub("\\g<before>\0", one_line(text))
    return unlinked.translate(_ESCAPED).replace("\0", "<!-- -->")
