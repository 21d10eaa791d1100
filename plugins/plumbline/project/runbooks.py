"""Runbooks and their common headings, so that people on call find things in the same place.

``docs/runbooks/TEMPLATE.md`` describes what belongs under each heading.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from plumbline.project.files import Files

ENDINGS = (".md", ".markdown")
"""Of files whose headings can be read."""


class Heading(StrEnum):
    """One heading of a runbook, in their order."""

    MEANING = "What the alert means"
    SEVERITY = "How bad it is"
    QUERIES = "First three queries"
    CAUSES = "Likely causes"
    FIX = "Fix"
    ROLL_BACK = "Roll back"
    CALL = "Whom to call"


def find_runbook(root: Path, named: str) -> Path | None:
    """The file below ``root`` that a suite or a service names; None for a link or where none is."""
    if "://" in named:
        return None
    try:
        file = (root / named.partition("#")[0]).resolve()
        below = root / file.relative_to(root.resolve())
        return below if below.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


def read_runbook(root: Path, named: str, files: Files) -> str | None:
    """The text of a runbook, for its page; None for a link, or where it can't be read."""
    if "://" in named:
        return None
    try:
        return files.plain_text(root / named.partition("#")[0])
    except (OSError, ValueError):
        return None


def headings_of(markdown: str) -> list[str]:
    """The text of each heading, from top to bottom, without look-alikes in code."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").parse(markdown)
    return [text.content for mark, text in pairwise(tokens) if mark.type == "heading_open"]


def missing_headings(markdown: str) -> list[Heading]:
    """The headings that a runbook lacks, whatever their level and case."""
    there = {heading.casefold() for heading in headings_of(markdown)}
    if "mend" in there:  # what the template called it until 2026
        there.add(Heading.FIX.casefold())
    return [heading for heading in Heading if heading.casefold() not in there]
