"""The report for a terminal, and for logs: the same words, with colour only where asked.

A status is always a word beside its symbol, never a colour alone. Without a width (pipes,
logs) a monitor is one line, however long, so that nothing is cut and ``grep`` finds it.
On a terminal the table holds what fits, and the block below it the rest.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from plumbline.core.outcome import GroupOutcome, Outcome, RunReport
from plumbline.core.safe_text import name, one_line
from plumbline.core.status import Status
from plumbline.core.text import fraction, moment
from plumbline.report import wording
from plumbline.report.findings import Findings, findings

STYLES: dict[str, str] = {
    "OK": "bold green",
    "PASS": "green",
    "WARNING": "bold yellow",
    "CRITICAL": "bold red",
    "ERROR": "bold magenta",
    "SKIPPED": "dim",
}
_UNBOUNDED = 1_000_000
_ROOM_FOR_SUMMARY = 100
"""Columns of a terminal from which the table has room for summaries."""
_LONGEST_SUMMARY = 120
_LONGEST_MONITOR = 30


def render(report: RunReport, *, width: int | None = None, colour: bool = False) -> str:
    """The report as text.

    Args:
        report: what the run found.
        width: of the terminal; None keeps every line whole.
        colour: whether to write ANSI colours.
    """
    parts: list[RenderableType] = [_header(report)]
    if report.outcomes:
        parts += [Text(""), _table(report, width)]
    for block in findings(report):
        summary = None if _fits(block.outcome, width) else block.outcome.summary
        if summary or not block.is_empty:
            parts += [Text(""), _block(block, summary)]
    if report.alerts:
        parts += [Text(""), Text("Alerts", style="bold")]
        parts += [
            Padding(Text(one_line(wording.alert(line))), (0, 0, 0, 2)) for line in report.alerts
        ]
    if report.cost:
        parts += [Text(""), Text(one_line(report.cost), style="dim")]
    if report.docs:
        parts += [Text(""), Text(f"Data docs: {one_line(wording.docs(report.docs))}", style="dim")]
    parts += [Text(""), Text(wording.verdict(report), style=STYLES[report.status])]
    return to_text(Group(*parts), width=width, colour=colour)


def to_text(renderable: RenderableType, *, width: int | None, colour: bool) -> str:
    """What rich makes of ``renderable``, without trailing blanks."""
    console = Console(
        file=io.StringIO(),
        width=width or _UNBOUNDED,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    with console.capture() as captured:
        console.print(renderable)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def status_text(status: str) -> Text:
    """Symbol and word."""
    return Text(f"{wording.SYMBOLS[status]} {status}", style=STYLES[status], no_wrap=True)


def _header(report: RunReport) -> Text:
    revision = f"suites {report.revision}" if report.revision else "suites not in git"
    parts = [
        one_line(report.checkpoint),
        f"target {one_line(report.target)}",
        moment(report.as_of),
        revision,
    ]
    header = Text(" · ".join(parts), style="bold")
    for note in report.notes:
        header.append(f"\n{one_line(note)}", style="not bold")
    return header


def _fits(outcome: Outcome, width: int | None) -> bool:
    """Whether the table holds the summary whole; one of a PASS need not be whole."""
    if width is None or outcome.status is Status.PASS:
        return True
    return width >= _ROOM_FOR_SUMMARY and len(one_line(outcome.summary)) <= _LONGEST_SUMMARY


def _table(report: RunReport, width: int | None) -> Table:
    with_summary = width is None or width >= _ROOM_FOR_SUMMARY
    table = Table(
        box=None if width is None else SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 2 if width is None else 1, 0, 0),
        show_edge=False,
    )
    names = [one_line(outcome.monitor) for outcome in report.outcomes]
    longest = min(max(map(len, names)), _LONGEST_MONITOR)
    table.add_column("Status", no_wrap=True)
    table.add_column("Monitor", overflow="fold", min_width=longest)
    table.add_column("Observed", overflow="fold")
    table.add_column("Threshold", overflow="fold")
    if with_summary:
        table.add_column("Summary", overflow="fold")
    for shown, outcome in zip(names, report.outcomes, strict=True):
        cells = [
            status_text(outcome.status),
            Text(shown),
            Text(wording.observed(outcome)),
            Text(one_line(outcome.thresholds)),
        ]
        if with_summary:
            cells.append(Text(_summary_cell(outcome, width)))
        table.add_row(*cells)
    return table


def _summary_cell(outcome: Outcome, width: int | None) -> str:
    summary = one_line(outcome.summary)
    if width is None or len(summary) <= _LONGEST_SUMMARY:
        return summary
    return summary[: _LONGEST_SUMMARY - 1] + "…"


def _block(block: Findings, summary: str | None) -> RenderableType:
    title = status_text(block.outcome.status)
    title.append(f"  {one_line(block.outcome.monitor)}", style="bold")
    body = Table.grid(padding=(0, 2, 0, 0))
    body.add_column(no_wrap=True, style="dim")
    body.add_column(overflow="fold")
    if summary:
        checked = block.outcome.status in (Status.WARNING, Status.CRITICAL)
        body.add_row("found" if checked else "why", Text(one_line(summary)))
    if block.reason:
        body.add_row("why", Text(one_line(block.reason)))
    for row, line in enumerate(_failures(block)):
        body.add_row("fails" if row == 0 else "", Text(line))
    if block.groups:
        body.add_row("where", _groups(block))
    for label, text in block.advice:
        body.add_row(label, Text(one_line(text)))
    return Group(title, Padding(body, (0, 0, 0, 2)))


def _failures(block: Findings) -> Iterator[str]:
    """A line for each expectation that failed or could not be evaluated."""
    for failure in block.failures:
        yield f"{failure.severity}: {one_line(block.failure_text(failure))}"
    if block.more_failures:
        yield f"and {block.more_failures} more failed expectations"
    for expectation in block.expectations:
        why = one_line(expectation.error or "")
        text = one_line(expectation.text)
        yield f"{expectation.severity}: {text} (could not be evaluated: {why})"
    if block.more_expectations:
        yield f"and {block.more_expectations} more that could not be evaluated"


def _groups(block: Findings) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    longest = max(len(name(group.key.label)) for group in block.groups)
    # Without a least width, rich folds a short name to one letter a line.
    table.add_column(overflow="fold", min_width=min(longest, _LONGEST_MONITOR))
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True)
    for group in block.groups:
        table.add_row(
            Text(name(group.key.label)),
            Text(wording.group_observed(group)),
            Text(fraction(group.numerator, group.denominator)),
            _level(block.outcome, group),
        )
    if not block.more_groups:
        return table
    return Group(table, Text(f"and {block.more_groups} more"))


def _level(outcome: Outcome, group: GroupOutcome) -> Text:
    """The group's own status, where it is not the monitor's."""
    if group.status is outcome.status:
        return Text("")
    return Text(str(group.status), style=STYLES[group.status])
