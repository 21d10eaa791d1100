"""Writes pages: text for terminals and logs, Markdown for pull requests, JSON for machines.

Text has colour only where asked, and says a status by a word beside its symbol, never by a colour
alone. Without a width (pipes, logs) every line stays whole, however long, so that ``grep`` finds
it. In Markdown data can't break a table, start a link or call a person.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from plumbline.core.colours import NUMBERS
from plumbline.core.folding import GLUE, folded, glued
from plumbline.core.safe_text import in_json, name, one_line, visible
from plumbline.core.status import RunStatus, Status
from plumbline.core.text import rfc3339
from plumbline.report.page import (
    Block,
    Break,
    Code,
    Command,
    Dim,
    Facts,
    Items,
    Line,
    Link,
    Name,
    Note,
    Page,
    Result,
    Results,
    Section,
    Strong,
    Table,
    Verdict,
)
from plumbline.report.wording import SYMBOLS

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table as Grid
    from rich.text import Text

_STYLES: dict[str, str] = {
    "OK": f"bold color({NUMBERS['green']})",
    "PASS": f"color({NUMBERS['green']})",
    "WARNING": f"bold color({NUMBERS['orange']})",
    "CRITICAL": f"bold color({NUMBERS['red']})",
    "ERROR": f"bold color({NUMBERS['purple']})",
    "SKIPPED": "dim",
}
_UNBOUNDED = 1_000_000
_LEAST_WIDTH = 50
"""Names, numbers and words are folded only when they are wider than this."""
_READABLE_WIDTH = 40
"""A column of text is shown in a table that may leave it out only if it has this room or fits."""
_STATUS_WIDTH = 12
"""Of a status with its symbol, in a list of results."""
_BACKTICKS = re.compile(r"`+")
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
_LINKED_BY_GITHUB = re.compile(
    r"(?P<before>:(?=//)|:(?=[a-z+][a-z0-9_+-]*:)|\bGH(?=-\d)|\bwww(?=\.))", re.IGNORECASE
)
"""In text: addresses, ``:emoji:`` and ``GH-12``."""


def as_text(page: Page, *, width: int | None = None, colour: bool = False) -> str:
    """``page`` for a terminal of ``width`` columns; None keeps every line whole."""
    from rich.console import Console, Group
    from rich.text import Text

    console = Console(
        file=io.StringIO(),
        width=width or _UNBOUNDED,
        force_terminal=colour,
        color_system="256" if colour else None,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    parts: list[RenderableType] = []
    for section in page:
        parts += [Text(""), *_section(section, width)] if parts else _section(section, width)
    with console.capture() as captured:
        console.print(Group(*parts), crop=False)
    text = captured.get().replace(GLUE, " ")
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def as_markdown(page: Page, *, level: int = 2) -> str:
    """``page`` as GitHub-flavoured Markdown; the first title is a heading of ``level``."""
    parts: list[str] = []
    for place, section in enumerate(page):
        if section.title:
            parts.append(f"{'#' * (level + (place > 0))} {_marked(section.title)}")
        for block in section.blocks:
            parts += _markdown(block)
    return "\n\n".join(parts) + "\n"


def as_script(page: Page) -> str:
    """``page`` as a script, with everything except code in comments."""
    parts = []
    for section in page:
        lines = [_plain(section.title)] if section.title else []
        code = []
        for block in section.blocks:
            if isinstance(block, Code):
                code.append(block.text)
            elif isinstance(block, str | tuple):
                lines.append(_plain(block))
        parts.append("\n".join([*(f"-- {line}" for line in lines), *code]))
    return "\n\n".join(parts) + "\n"


def as_json(value: object) -> str:
    """One JSON object."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2, default=_json_value)
    return f"{in_json(text)}\n"


def escape(text: str) -> str:
    """``text`` as itself in Markdown: no markup, no HTML, no link, no mention, on one line."""
    unlinked = _LINKED_BY_GITHUB.sub("\\g<before>\0", one_line(text))
    return unlinked.translate(_ESCAPED).replace("\0", "<!-- -->")


def code(text: str) -> str:
    """A name as code; one with a pipe as HTML, since a pipe ends a table's cell even in code."""
    shown = name(text)
    if "|" in shown:
        return f"<code>{escape(shown)}</code>"
    return _fenced(shown)


def _json_value(value: object) -> str:
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _parts(line: Line) -> tuple[str, ...]:
    return (line,) if isinstance(line, str) else line


def _plain(line: Line) -> str:
    found = []
    for part in _parts(line):
        if isinstance(part, Status | RunStatus):
            found.append(f"{SYMBOLS[part]} {part}")
        else:
            found.append(name(part) if isinstance(part, Name) else one_line(part))
    return "".join(found)


def _text(line: Line, style: str = "") -> Text:
    from rich.text import Text

    found = Text(style=style)
    for part in _parts(line):
        found.append("\n" if isinstance(part, Break) else _glued(part), _style(part))
    return found


def _glued(line: Line) -> str:
    return glued(_plain(line))


def _style(part: str) -> str:
    if isinstance(part, Verdict):
        return _STYLES[part.status]
    if isinstance(part, Status | RunStatus):
        return _STYLES[part]
    return "bold" if isinstance(part, Strong) else "dim" if isinstance(part, Dim) else ""


def _is_status(part: Line) -> bool:
    return isinstance(part, Status | RunStatus)


def _section(section: Section, width: int | None) -> list[RenderableType]:
    from rich.padding import Padding

    parts: list[RenderableType] = [_text(section.title, "bold")] if section.title else []
    for block in section.blocks:
        if isinstance(block, str | tuple):
            parts.append(_text(block))
        elif isinstance(block, Items):
            parts += [_item(item, width) for item in block.items]
        elif isinstance(block, Table):
            indent = 2 if section.title else 0
            room = None if width is None else width - indent
            parts.append(Padding(_table(block, room), (0, 0, 0, indent), expand=False))
        elif isinstance(block, Facts):
            parts.append(Padding(_facts(block.facts, width), (0, 0, 0, 2), expand=False))
        elif isinstance(block, Results):
            for one in block.results:
                parts.append(_result(one, width))
                if one.facts:
                    parts.append(Padding(_facts(one.facts, width), (0, 0, 0, 4), expand=False))
        else:
            parts += _code(block, width)
    return parts


def _result(result: Result, width: int | None) -> RenderableType:
    from rich.table import Table as Grid

    status = _text(result.status)
    if width is None:
        status.pad_right(_STATUS_WIDTH - len(status))
        return status + _text(result.line)
    grid = Grid.grid(padding=(0, 0, 0, 0))
    grid.add_column(width=_STATUS_WIDTH)
    grid.add_column(overflow="fold")
    grid.add_row(status, _text(result.line))
    return grid


def _code(code: Code, width: int | None) -> list[RenderableType]:
    """Code is copied, so its lines stay whole, also where they are wider than the terminal."""
    from rich.text import Text

    text = visible(code.text)
    if not code.language:
        text = folded(text, width)
    return [Text(line, no_wrap=True, overflow="ignore") for line in text.splitlines()]


def _item(item: Line, width: int | None) -> RenderableType:
    from rich.table import Table as Grid

    if width is None:
        return _text(("- ", *_parts(item)))
    grid = Grid.grid(padding=(0, 1, 0, 0))
    grid.add_row("-", _text(item))
    return grid


def _table(table: Table, width: int | None) -> RenderableType:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Grid

    if width is not None and table.keep and len(table.rows) > 1:
        return _with_columns_that_fit(table, width)
    if width is not None and _least_width(table) > width:
        return _records(table, width)
    grid = Grid(
        box=None if width is None else SIMPLE_HEAD,
        padding=(0, 2 if width is None else 1, 0, 0),
        show_edge=False,
        pad_edge=False,
    )
    room = None if width is None else width - _gaps(table)
    return _filled(grid, table, room, has_header=True)


def _with_columns_that_fit(table: Table, width: int) -> RenderableType:
    """As a table, without the columns that have no room, and their titles below it."""
    from rich.console import Group
    from rich.text import Text

    room, shown = width + 1, set[int]()
    for place in table.keep:
        least = _least_column(table, place, has_header=True)
        needed = max(least, min(_READABLE_WIDTH, _widest(table, place, has_header=True))) + 2
        if needed <= room:
            shown.add(place)
            room -= needed
    if not shown.issuperset(table.keep[:2]):
        return _records(table, width)
    places = sorted(shown)
    narrow = Table(
        tuple(table.header[place] for place in places),
        tuple(tuple(row[place] for place in places) for row in table.rows),
        right=frozenset(new for new, old in enumerate(places) if old in table.right),
        more=table.more,
    )
    left_out = [title for place, title in enumerate(table.header) if place not in shown]
    if not left_out:
        return _table(narrow, width)
    note = Text(f"Not shown at {width} columns: {', '.join(left_out)}", "dim")
    return Group(_table(narrow, width), note)


def _fact_table(table: Table, width: int | None) -> RenderableType:
    """A table without a header, beside its label."""
    from rich.table import Table as Grid

    columns = range(len(table.header))
    least = sum(_least_column(table, place, has_header=False) + 2 for place in columns)
    is_narrow = width is not None and least > width
    grid = Grid(
        box=None,
        padding=(0, 1 if is_narrow else 2, 0, 0),
        show_edge=False,
        pad_edge=False,
        show_header=False,
    )
    room = None if width is None or is_narrow else width - 2 * len(columns)
    return _filled(grid, table, room, has_header=False)


def _filled(grid: Grid, table: Table, room: int | None, *, has_header: bool) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    widths = None if room is None else _column_widths(table, room, has_header=has_header)
    for place, title in enumerate(table.header):
        cells = [row[place] for row in table.rows]
        grid.add_column(
            Text(one_line(title)),
            justify="right" if place in table.right else "left",
            # Rich narrows the widest columns, whatever their least width, and cuts the last ones.
            width=None if widths is None else widths[place],
            min_width=_least_column(table, place, has_header=has_header),
            no_wrap=bool(cells) and all(map(_is_status, cells)),
            overflow="fold",
        )
    for row in table.rows:
        grid.add_row(*map(_text, row))
    return Group(grid, Text(f"and {table.more} more")) if table.more else grid


def _least_column(table: Table, place: int, *, has_header: bool) -> int:
    """The width below which a column breaks a number, a name or a word; at most `_LEAST_WIDTH`."""
    cells = [row[place] for row in table.rows]
    texts = [table.header[place] if has_header else "", *map(_glued, cells)]
    is_whole = place in table.right or all(isinstance(cell, Name | Status) for cell in cells)
    pieces = texts if is_whole else [word for text in texts for word in text.split()]
    return min(max(map(len, pieces), default=0), _LEAST_WIDTH)


def _column_widths(table: Table, room: int, *, has_header: bool) -> list[int] | None:
    """The width of each column where not all are as wide as their cells; None: they are, or the
    table doesn't fit. Columns that need little become whole first, the others share what is left.

    Args:
        room: the sum of all columns, without the gaps between them.
    """
    columns = range(len(table.header))
    widths = [_least_column(table, place, has_header=has_header) for place in columns]
    needs = [
        max(_widest(table, place, has_header=has_header) - widths[place], 0) for place in columns
    ]
    spare = room - sum(widths)
    if spare < 0 or spare >= sum(needs):
        return None
    waiting = sorted((place for place in columns if needs[place]), key=needs.__getitem__)
    while waiting:
        place = waiting.pop(0)
        need, others = needs[place], len(waiting)
        given = need if 2 * need <= spare else min(need, spare // (others + 1))
        widths[place] += given
        spare -= given
    return widths


def _widest(table: Table, place: int, *, has_header: bool) -> int:
    """The width at which no line of a column is folded."""
    texts = [_text(row[place]).plain for row in table.rows]
    lines = [line for text in texts for line in text.splitlines()]
    return max(map(len, [*lines, table.header[place] if has_header else ""]), default=0)


def _gaps(table: Table) -> int:
    """Between columns a space and a divider; rich counts a space after the last one too."""
    return 2 * len(table.header) - 1


def _least_width(table: Table) -> int:
    """The width below which a table with a header breaks words."""
    columns = range(len(table.header))
    return sum(_least_column(table, place, has_header=True) for place in columns) + _gaps(table)


def _records(table: Table, width: int) -> RenderableType:
    """The rows of a table that is too wide, one below the other: a line with the first cell, or
    with a status and the cell after it, then the other cells by their titles."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = []
    for row in table.rows:
        first = 2 if _is_status(row[0]) and len(row) > 1 else 1
        parts.append(Text("  ").join(map(_text, row[:first])))
        facts = [fact for fact in zip(table.header[first:], row[first:], strict=True) if fact[1]]
        parts.append(Padding(_facts(facts, width), (0, 0, 0, 2), expand=False))
    return Group(*parts, *([Text(f"and {table.more} more")] if table.more else []))


def _facts(facts: Sequence[tuple[str, Line | Table]], width: int | None) -> RenderableType:
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    labels = max((len(label) for label, _ in facts), default=0)
    room = None if width is None else width - labels - 4
    for label, value in facts:
        shown = _fact_table(value, room) if isinstance(value, Table) else _text(value)
        grid.add_row(Text(one_line(label)), shown)
    return grid


def _markdown(block: Block) -> Iterator[str]:
    if isinstance(block, str | tuple):
        yield f"> {_marked(block)}" if isinstance(block, Note) else _marked(block)
    elif isinstance(block, Items):
        yield "\n".join(f"- {_marked(item)}" for item in block.items)
    elif isinstance(block, Table):
        yield _markdown_table(block)
    elif isinstance(block, Facts):
        yield from _markdown_facts(block)
    elif isinstance(block, Results):
        yield "\n".join(_markdown_results(block))
    else:
        fence = _fence(block.text, least=3)
        text = f"{fence}{block.language}\n{visible(block.text.rstrip())}\n{fence}"
        summary = f"<details><summary>{escape(block.summary)}</summary>"
        yield f"{summary}\n\n{text}\n\n</details>" if block.summary else text


def _markdown_table(table: Table) -> str:
    marks = ("--:" if place in table.right else "---" for place in range(len(table.header)))
    lines = [_cells(table.header), f"|{'|'.join(marks)}|"]
    lines += [_cells(row) for row in table.rows]
    if table.more:
        lines.append(_cells([f"and {table.more} more", *[""] * (len(table.header) - 1)]))
    return "\n".join(lines)


def _cells(cells: Sequence[Line]) -> str:
    return "".join(f"| {_marked(cell)} " if cell else "| " for cell in cells) + "|"


def _markdown_facts(facts: Facts) -> Iterator[str]:
    items: list[str] = []
    last = ""
    for label, value in facts.facts:
        last = label or last
        if isinstance(value, Table):
            yield from ["\n".join(items)] if items else []
            yield _markdown_table(value)
            items = []
        else:
            items.append(f"- **{escape(last)}**: {_marked(value)}")
    if items:
        yield "\n".join(items)


def _markdown_results(results: Results) -> Iterator[str]:
    for one in results.results:
        yield f"- {_marked(one.status)} {_marked(one.line)}"
        last = ""
        for label, value in one.facts:
            last = label or last
            yield f"  - **{escape(last)}**: {_marked(value)}"


def _marked(line: Line) -> str:
    found = []
    for part in _parts(line):
        if isinstance(part, Name):
            found.append(code(part))
        elif isinstance(part, Command):
            found.append(_fenced(one_line(part)))
        elif isinstance(part, Link):
            found.append(f"<{part}>")
        elif isinstance(part, Strong):
            found.append(f"**{escape(part)}**")
        else:
            found.append(escape(_plain(part)))
    return "".join(found)


def _fenced(shown: str) -> str:
    fence = _fence(shown)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _fence(text: str, least: int = 1) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    return "`" * max(longest + 1, least)
