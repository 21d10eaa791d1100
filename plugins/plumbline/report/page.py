"""A report as a page: what it says, and what each part of it means.

A page is built once for each report; `plumbline.report.terminal` writes it as text and
`plumbline.report.writers` as Markdown; they escape whatever comes from data or files. Machines
read the report's dict instead, whose keys are a contract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from plumbline.core.folding import is_command
from plumbline.core.status import RunStatus, Status


class Name(str):
    """A name from data or files: code where a form has it, and no longer than a reader takes in."""

    __slots__ = ()


class Command(str):
    """What is copied: never cut."""

    __slots__ = ()


class Link(str):
    """An address that a reader may follow."""

    __slots__ = ()


class Strong(str):
    """What catches the eye."""


class Verdict(Strong):
    """What a report comes to, in the colour of its status."""

    status: Status | RunStatus

    def __new__(cls, text: str, status: Status | RunStatus) -> Verdict:
        found = super().__new__(cls, text)
        found.status = status
        return found


class Dim(str):
    """Details for those who look for them."""

    __slots__ = ()


class Note(str):
    """A remark on what follows: Markdown sets it off."""

    __slots__ = ()


class Break(str):
    """A space, at which a terminal begins a new line if the text has no room on one."""

    __slots__ = ()


Line = str | tuple[str, ...]
"""Text, or parts of text that follow one another. Each may be one of the classes above, or a
`Status` or `RunStatus`, which is written with its symbol; other text is only text."""


def parts_of(line: Line) -> tuple[str, ...]:
    """The parts of a line, or the one text that it is."""
    return (line,) if isinstance(line, str) else line


@dataclass(frozen=True)
class Items:
    items: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells below a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    right: frozenset[int] = frozenset()
    """Columns of numbers."""
    more: int = 0
    """Rows that were left out."""
    keep: tuple[int, ...] = ()
    """Columns, the most important first: a terminal without room for all leaves out the last.
    Empty: none is left out, and rows without room stand below each other."""
    below: int | None = None
    """The column that a terminal shows on lines below each row, if it has no room in the table."""


@dataclass(frozen=True)
class Facts:
    """Labels and values. An empty label goes on with the one above."""

    facts: tuple[tuple[str, Line | Table], ...]


@dataclass(frozen=True)
class Code:
    """Code, line by line as it is."""

    text: str
    language: str = ""
    """Empty: a message, whose lines a terminal may fold."""
    summary: str = ""
    """What Markdown shows of it until a reader opens it."""


@dataclass(frozen=True)
class Result:
    """What was found, with its status if it was a check's."""

    status: Status | None
    line: Line
    facts: tuple[tuple[str, Line], ...] = ()


def fix_facts(fix: str | None) -> tuple[tuple[str, Line], ...]:
    """What to do about a fault, as every report labels it; none where that is not known."""
    return (("fix", fix),) if fix else ()


_LINK = re.compile(r"https?://[^\s<>]+")


def action(text: str) -> Line:
    """What to do first about a failure."""
    return Command(text) if is_command(text) else text


def runbook(text: str) -> Line:
    """A file of the project, or an address."""
    return Link(text) if _LINK.fullmatch(text) else Name(text)


@dataclass(frozen=True)
class Results:
    """A line each, with its facts below."""

    results: tuple[Result, ...]

    @classmethod
    def of_names(cls, results: Iterable[tuple[str, Result]]) -> Results:
        """Results that begin with the name of what was checked. Those that could not be checked
        for the same reason are one."""
        names: dict[tuple[Result, str], list[str]] = {}
        for name, result in results:
            alone = "" if result.status is Status.ERROR else name
            names.setdefault((result, alone), []).append(name)
        return cls(
            tuple(
                replace(
                    one, line=(", ".join(of), *((": ", *parts_of(one.line)) if one.line else ()))
                )
                for (one, _), of in names.items()
            )
        )


Block = Line | Items | Table | Facts | Results | Code
"""A line of its own is a sentence; in Markdown a paragraph."""


@dataclass(frozen=True)
class Section:
    """A part of a page. In Markdown the first title is the page's, the others stand below it."""

    title: Line = ""
    blocks: tuple[Block, ...] = ()


Page = Sequence[Section]
