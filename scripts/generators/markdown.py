"""Pieces of Markdown that GitHub and the documentation site show alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_CODE = re.compile(r"(`[^`]+`)")


def plain(text: str) -> str:
    """Plain text as Markdown: only what stands in backticks is markup."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(
        part if part.startswith("`") else re.sub(r"([*\\])", r"\\\1", part).replace("<", "&lt;")
        for part in parts
    )


def code(text: str) -> str:
    """A code span."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a cell holds no line break."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def slug(heading: str) -> str:
    """The anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
