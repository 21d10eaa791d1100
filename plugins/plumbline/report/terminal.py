"""Writes a page as text, for terminals and logs.

It has colour only where asked, and says a status by a word beside its symbol, never by a colour
alone. Without a width (pipes, logs) every line stays whole, however long, so that ``grep`` finds
it. On a terminal lines end between words (`plumbline.core.folding`). A table without room puts one
column below its rows (`Table.below`), leaves columns out (`Table.keep`) or becomes a list. A name
that is wider than the terminal is one line for it: it is shown on two, and copied as one.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from plumbline.core.colours import NUMBERS
from plumbline.core.folding import GLUE, folded, folded_command, glued, loosened
from plumbline.core.safe_text import one_line, visible
from plumbline.core.status import RunStatus, Status
from plumbline.report.page import (
    Break,
    Code,
    Command,
    Dim,
    Facts,
    Items,
    Line,
    Name,
    Page,
    Result,
    Results,
    Section,
    Strong,
    Table,
    Verdict,
    parts_of,
)
from plumbline.report.wording import plain

STYLES: dict[str, str] = {
    "OK": f"bold color({NUMBERS['green']})",
    "PASS": f"color({NUMBERS['green']})",
    "WARNING": f"bold color({NUMBERS['orange']})",
    "CRITICAL": f"bold color({NUMBERS['red']})",
    "ERROR": f"bold color({NUMBERS['purple']})",
    "SKIPPED": "dim",
}
_UNBOUNDED = 1_000_000
_BREAK = "\ufdd1"
"""Stands for the space of a `Break` until the room of its text is known. It is no character of any
text."""
_READABLE_WIDTH = 40
"""A column of text is shown in a table that may leave it out only if it has this room or fits."""
_LEAST_TEXT = 24
"""A table whose texts would get less room than this, and need it, becomes a list."""
_STATUS_WIDTH = 12
"""Of a status with its symbol, in a list of results."""


def as_text(page: Page, *, width: int | None = None, colour: bool = False) -> str:
    """``page`` for a terminal of ``width`` columns; None keeps every line whole."""
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
    screen = _Screen(console, width)
    parts: list[RenderableType] = []
    for place, section in enumerate(page):
        parts += [*([Text()] if place else []), *screen.section(section)]
    with console.capture() as captured:
        # As a group: texts that are printed one by one are joined, and folded again.
        console.print(Group(*parts), crop=False)
    text = captured.get().replace(GLUE, " ")
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


class _Screen:
    """Makes the parts of a page for one width. Text comes as lines of their own."""

    def __init__(self, console: Console, width: int | None) -> None:
        self._console = console
        self._width = width

    def section(self, section: Section) -> Iterator[RenderableType]:
        """The title and the blocks; below a title tables and facts are indented."""
        if section.title:
            yield from self._lines(_text(section.title, "bold"))
        for block in section.blocks:
            if isinstance(block, str | tuple):
                yield from self._lines(_text(block))
            elif isinstance(block, Items):
                for item in block.items:
                    yield from self._lines(_text(item), Text("- "))
            elif isinstance(block, Table):
                yield from self._table(block, indent=2 if section.title else 0)
            elif isinstance(block, Facts):
                yield from self._facts(block.facts, indent=2)
            elif isinstance(block, Results):
                for one in block.results:
                    yield from self._result(one)
            else:
                yield from self._code(block)

    def _lines(self, body: Text, first: Text | None = None) -> Iterator[Text]:
        """``body``, folded, beside ``first``."""
        first = first or Text()
        indent = first.cell_len
        if self._width is None:
            yield _whole(first + _broken(body, None))
            return
        body.overflow = "ignore"  # a word that is too long is neither cut nor broken
        room = max(self._width - indent, 1)
        body = _broken(body, room)
        body.plain = loosened(body.plain, room)
        for place, line in enumerate(body.wrap(self._console, room) or [Text()]):
            line.rstrip()
            yield _whole((Text(" " * indent) if place else first) + line)

    def _result(self, result: Result) -> Iterator[RenderableType]:
        first, indent = Text("- "), 2
        if result.status is not None:
            first, indent = _text(result.status), 4
            first.pad_right(_STATUS_WIDTH - first.cell_len)
        yield from self._lines(_text(result.line), first)
        yield from self._facts(result.facts, indent=indent)

    def _code(self, code: Code) -> Iterator[Text]:
        """Code is copied, so its lines stay whole, also where they are wider than the terminal."""
        text = visible(code.text)
        if not code.language:
            text = folded(text, self._width)
        for line in text.splitlines():
            yield _whole(Text(line))

    def _facts(
        self, facts: Sequence[tuple[str, Line | Table]], *, indent: int
    ) -> Iterator[RenderableType]:
        widest = max((cell_len(one_line(label)) for label, _ in facts), default=0)
        for label, value in facts:
            first = Text().append(f"{'':{indent}}{one_line(label)}", "dim")
            first.pad_right(indent + widest + 2 - first.cell_len)
            if isinstance(value, Table):
                yield from self._fact_table(value, first)
            elif isinstance(value, Command):
                yield from self._command(one_line(value), first)
            else:
                yield from self._lines(_text(value), first)

    def _command(self, command: str, first: Text) -> Iterator[Text]:
        indent = first.cell_len
        if self._width is not None:
            command = folded_command(command, self._width - indent, indent=0)
        for place, line in enumerate(command.split("\n")):
            yield _whole((Text(" " * indent) if place else first) + Text(line))

    def _fact_table(self, table: Table, label: Text) -> Iterator[RenderableType]:
        """A table without a header, beside its label; rows without room are lines."""
        columns = range(len(table.header))
        least = sum(_least_column(table, place, has_header=False) for place in columns)
        gap = 2
        if self._width is not None:
            room = self._width - label.cell_len
            gap = 2 if least + 2 * len(columns) <= room else 1
            if least + gap * len(columns) > room:
                for place, row in enumerate(table.rows):
                    cells = [_broken(_text(cell), None) for cell in row if cell]
                    first = Text(" " * label.cell_len) if place else label
                    yield from self._lines(Text("  ").join(cells), first)
                if table.more:
                    yield Text(f"{'':{label.cell_len}}and {table.more:,} more")
                return
        grid = Grid(
            box=None, padding=(0, gap, 0, 0), show_edge=False, pad_edge=False, show_header=False
        )
        inner = None if self._width is None else room - gap * len(columns)
        outer = Grid.grid(padding=(0, 0, 0, 0))
        outer.add_column(width=label.cell_len)
        outer.add_row(label, _filled(grid, table, inner, has_header=False))
        if table.more:
            outer.add_row("", Text(f"and {table.more:,} more"))
        yield outer

    def _table(self, table: Table, *, indent: int) -> Iterator[RenderableType]:
        room = None if self._width is None else self._width - indent
        columns: Sequence[int] = range(len(table.header))
        below = None
        if room is not None and len(table.rows) > 1:
            below = None if _has_room(table, room) else table.below
            columns = _columns_that_fit(table, room, below)
        shown = _narrowed(table, columns)
        if room is not None and (not columns or _least_width(shown) > room):
            yield from self._records(table, indent=indent)
            return
        if room is not None and below is not None:
            yield from self._rows_and_lines(table, columns, below, indent=indent)
        else:
            grid = Grid(
                box=None if room is None else SIMPLE_HEAD,
                padding=(0, 2 if room is None else 1, 0, 0),
                show_edge=False,
                pad_edge=False,
            )
            filled = _filled(grid, shown, None if room is None else room - _gaps(shown))
            yield Padding(filled, (0, 0, 0, indent), expand=False)
        if table.more:
            yield Text(f"{'':{indent}}and {table.more:,} more")
        if left_out := [
            title
            for place, title in enumerate(table.header)
            if place not in columns and place != below
        ]:
            note = f"Not shown at {self._width} columns: {', '.join(left_out)}"
            yield from self._lines(Text(note, "dim"), Text(" " * indent))

    def _rows_and_lines(
        self, table: Table, columns: Sequence[int], below: int, *, indent: int
    ) -> Iterator[RenderableType]:
        """Each row, and its cell of the column ``below`` on lines of its own."""
        assert self._width is not None
        shown = _narrowed(table, columns)
        widths = _column_widths(shown, self._width - indent - _gaps(shown))
        if widths is None:
            widths = [_widest(shown, place) for place in range(len(columns))]
        under = Text(" " * (indent + (_STATUS_WIDTH if _is_status(shown.rows[0][0]) else 2)))

        def line(rows: tuple[tuple[Line, ...], ...]) -> RenderableType:
            grid = Grid(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=not rows)
            filled = _filled(grid, replace(shown, rows=rows), widths=widths, has_header=not rows)
            return Padding(filled, (0, 0, 0, indent), expand=False)

        yield line(())
        yield from self._lines(_text(table.header[below], "bold"), under)
        yield Text(" " * indent + "─" * (sum(widths) + 2 * len(widths) - 2))
        for row, whole in zip(shown.rows, table.rows, strict=True):
            yield line((row,))
            if whole[below]:
                yield from self._lines(_text(whole[below]), under)

    def _records(self, table: Table, *, indent: int) -> Iterator[RenderableType]:
        """The rows of a table that is too wide, one below the other: a line with the first cell,
        or with a status and the cell after it, then the other cells by their titles."""
        for row in table.rows:
            first = 2 if _is_status(row[0]) and len(row) > 1 else 1
            title = Text("  ").join(map(_text, row[:first]))
            yield from self._lines(title, Text(" " * indent))
            rest = zip(table.header[first:], row[first:], strict=True)
            yield from self._facts([fact for fact in rest if fact[1]], indent=indent + 2)
        if table.more:
            yield Text(f"{'':{indent}}and {table.more:,} more")


def _whole(line: Text) -> Text:
    """A line that is not folded again."""
    line.no_wrap = True
    line.overflow = "ignore"
    return line


def _text(line: Line, style: str = "") -> Text:
    found = Text(style=style)
    for part in parts_of(line):
        text = _BREAK if isinstance(part, Break) else glued(plain(part))
        # a status keeps its symbol
        found.append(text.replace(" ", GLUE) if _is_status(part) else text, _style(part))
    return found


def _broken(text: Text, room: int | None) -> Text:
    """``text`` with a new line at each `Break` if it is wider than ``room``."""
    text = text.copy()
    is_whole = room is None or text.cell_len <= room
    text.plain = text.plain.replace(_BREAK, " " if is_whole else "\n")
    return text


def _plain(cell: Line) -> str:
    return _text(cell).plain.replace(_BREAK, " ")


def _style(part: str) -> str:
    if isinstance(part, Verdict):
        return STYLES[part.status]
    if isinstance(part, Status | RunStatus):
        return STYLES[part]
    return "bold" if isinstance(part, Strong) else "dim" if isinstance(part, Dim) else ""


def _is_status(part: Line) -> bool:
    return isinstance(part, Status | RunStatus)


def _has_room(table: Table, room: int) -> bool:
    """Whether the column `Table.below` has room beside the others: enough to be read."""
    if table.below is None:
        return True
    others = (place for place in range(len(table.header)) if place != table.below)
    keep = table.keep or (*others, table.below)
    return table.below in _columns_that_fit(replace(table, keep=keep), room, None)


def _columns_that_fit(table: Table, width: int, below: int | None) -> Sequence[int]:
    """The columns that are shown beside each other: those of `Table.keep` that have room, the most
    important first; all where none may be left out. Empty: not even the first two have room.

    Args:
        below: the column that is shown below each row.
    """
    if not table.keep:
        return [place for place in range(len(table.header)) if place != below]
    kept = [place for place in table.keep if place != below]
    room, shown = width + 1, set[int]()
    for place in kept:
        least = _least_column(table, place)
        needed = max(least, min(_READABLE_WIDTH, _widest(table, place, has_header=False))) + 2
        if needed <= room:
            shown.add(place)
            room -= needed
    return sorted(shown) if shown.issuperset(kept[:2]) else ()


def _narrowed(table: Table, places: Sequence[int]) -> Table:
    """``table`` with only these columns."""
    return Table(
        tuple(table.header[place] for place in places),
        tuple(tuple(row[place] for place in places) for row in table.rows),
        right=frozenset(new for new, old in enumerate(places) if old in table.right),
        more=table.more,
    )


def _filled(
    grid: Grid,
    table: Table,
    room: int | None = None,
    *,
    widths: Sequence[int] | None = None,
    has_header: bool = True,
) -> Grid:
    """``grid`` with the columns and rows of ``table``.

    Args:
        room: of all columns, if ``widths`` are not given; None: each is as wide as its cells.
    """
    if widths is None and room is not None:
        widths = _column_widths(table, room, has_header=has_header)
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
        rooms = [None] * len(row) if widths is None else widths
        grid.add_row(*map(_broken, map(_text, row), rooms))
    return grid


def _least_column(table: Table, place: int, *, has_header: bool = True) -> int:
    """The width below which a column breaks a number, a name or a word."""
    cells = [row[place] for row in table.rows]
    is_whole = place in table.right or all(isinstance(cell, Name | Status) for cell in cells)
    texts = map(_plain, cells)
    pieces = list(texts) if is_whole else [word for text in texts for word in text.split()]
    return max(
        map(cell_len, [*pieces, *(table.header[place].split() if has_header else ())]), default=0
    )


def _column_widths(table: Table, room: int, *, has_header: bool = True) -> list[int] | None:
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


def _widest(table: Table, place: int, *, has_header: bool = True) -> int:
    """The width at which no line of a column is folded."""
    texts = [_plain(row[place]) for row in table.rows]
    lines = [line for text in texts for line in text.splitlines()]
    return max(map(cell_len, [*lines, table.header[place] if has_header else ""]), default=0)


def _gaps(table: Table) -> int:
    """Between columns a space and a divider; rich counts a space after the last one too."""
    return 2 * len(table.header) - 1


def _least_width(table: Table) -> int:
    """The width below which a table with a header breaks words, or makes a text a tower of them."""
    columns = range(len(table.header))
    least = (
        max(
            _least_column(table, place),
            min(_LEAST_TEXT, _widest(table, place, has_header=False)),
        )
        for place in columns
    )
    return sum(least) + _gaps(table)
