"""A report as sections: a title, sentences and a table; as text for a terminal or as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plumbline.core.safe_text import name, one_line
from plumbline.report.markdown import escape


@dataclass(frozen=True)
class Section:
    """One part of a report."""

    title: str = ""
    lines: tuple[str, ...] = ()
    """Sentences before the table."""
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    after: tuple[str, ...] = ()
    """Sentences after the table."""


def as_text(sections: Sequence[Section]) -> str:
    """For a terminal: columns aligned, a blank line between sections."""
    parts = []
    for section in sections:
        lines = [one_line(section.title)] if section.title else []
        lines += [one_line(line) for line in section.lines]
        lines += _aligned([section.header, *section.rows]) if section.rows else []
        lines += [one_line(line) for line in section.after]
        parts.append("\n".join(lines))
    return "\n\n".join(part for part in parts if part) + "\n"


def as_markdown(sections: Sequence[Section], *, level: int = 2) -> str:
    """For a page or a pull request: the first title is a heading of ``level``, others below it."""
    lines: list[str] = []
    for number, section in enumerate(sections):
        if section.title:
            lines += [f"{'#' * (level + (number > 0))} {escape(section.title)}", ""]
        lines += _paragraphs(section.lines)
        if section.rows:
            lines.append(_row(section.header))
            lines.append("|" + "---|" * len(section.header))
            lines += [_row(row) for row in section.rows]
            lines.append("")
        lines += _paragraphs(section.after)
    return "\n".join(lines).rstrip("\n") + "\n"


def _paragraphs(lines: Sequence[str]) -> list[str]:
    """A sentence a paragraph; what begins with a dash is an item of one list."""
    found: list[str] = []
    for line in lines:
        is_item = line.startswith("- ")
        if found and not (is_item and found[-1].startswith("- ")):
            found.append("")
        found.append(f"- {escape(line[2:])}" if is_item else escape(line))
    return [*found, ""] if found else []


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """``2026-02-02 06:00``, in the domain's zone; nothing for None."""
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def length(time: timedelta | None) -> str:
    """``4 h``, ``2 d 3 h``, ``45 min``; nothing for None."""
    if time is None:
        return ""
    minutes = round(time / timedelta(minutes=1))
    sign, minutes = ("-", -minutes) if minutes < 0 else ("", minutes)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [f"{days} d"] if days else []
    parts += [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes and not days else []
    return sign + (" ".join(parts) or "0 h")


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [[name(cell) if cell else "" for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(escape(cell) for cell in cells) + " |"
