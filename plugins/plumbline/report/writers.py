"""Writes pages: Markdown for pull requests, scripts, JSON for machines.

In Markdown data can't break a table, start a link or call a person. Text is in
`plumbline.report.terminal`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from plumbline.core.markdown import escape
from plumbline.core.safe_text import in_json, name, one_line, visible
from plumbline.core.text import rfc3339
from plumbline.report.page import (
    Block,
    Code,
    Command,
    Facts,
    Items,
    Line,
    Link,
    Name,
    Note,
    Page,
    Results,
    Strong,
    Table,
    parts_of,
)
from plumbline.report.wording import plain

_BACKTICKS = re.compile(r"`+")
_BEGINS_BLOCK = re.compile(r"^(?=[-+](?:\s|$)|-[-\s]*$)|^\d{1,9}(?=[.)](?:\s|$))")
"""A bullet, a rule, the number of a list's item."""


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
        lines = [plain(section.title)] if section.title else []
        code = []
        for block in section.blocks:
            if isinstance(block, Code):
                code.append(block.text)
            elif isinstance(block, str | tuple):
                lines.append(plain(block))
        parts.append("\n".join([*(f"-- {line}" for line in lines), *code]))
    return "\n\n".join(parts) + "\n"


def as_json(value: object) -> str:
    """One JSON object."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2, default=_json_value)
    return f"{in_json(text)}\n"


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


def _markdown(block: Block) -> Iterator[str]:
    if isinstance(block, str | tuple):
        yield f"{'> ' if isinstance(block, Note) else ''}{_begun(_marked(block))}"
    elif isinstance(block, Items):
        yield "\n".join(f"- {_begun(_marked(item))}" for item in block.items)
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
        lines.append(_cells([f"and {table.more:,} more", *[""] * (len(table.header) - 1)]))
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
        status = () if one.status is None else (one.status, " ")
        yield f"- {_begun(_marked((*status, *parts_of(one.line))))}"
        last = ""
        for label, value in one.facts:
            last = label or last
            yield f"  - **{escape(last)}**: {_marked(value)}"


def _marked(line: Line) -> str:
    found = []
    for part in parts_of(line):
        if isinstance(part, Name):
            found.append(code(part))
        elif isinstance(part, Command):
            found.append(_fenced(one_line(part)))
        elif isinstance(part, Link):
            found.append(f"<{part}>")
        elif isinstance(part, Strong):
            found.append(f"**{escape(part)}**")
        else:
            found.append(escape(plain(part)))
    return "".join(found)


def _begun(marked: str) -> str:
    """Marked-up text as the beginning of a paragraph or an item: data there begins no list, rule
    or block of code."""
    return _BEGINS_BLOCK.sub(r"\g<0>\\", marked.lstrip(" "))


def _fenced(shown: str) -> str:
    fence = _fence(shown)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _fence(text: str, least: int = 1) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    return "`" * max(longest + 1, least)
