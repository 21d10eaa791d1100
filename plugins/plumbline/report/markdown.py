"""The report as GitHub-flavoured Markdown: for pull requests, issues and job summaries.

Whatever comes from data or files is escaped: it can't break a table, start a link or call
a person.
"""

from __future__ import annotations

import re
import shlex

from plumbline.core.outcome import RunReport
from plumbline.core.safe_text import name, one_line
from plumbline.core.text import fraction, moment
from plumbline.report import wording
from plumbline.report.findings import Findings, findings

_BACKTICKS = re.compile(r"`+")
_LINK = re.compile(r"https?://[^\s<>]+")
_COMMAND = re.compile(r"(bq|curl|dbt|gcloud|gh|git|gsutil|kubectl|make|plumbline|python3?) \S.*")
"""What ``action`` holds where it is to be copied, and not a sentence."""
_ESCAPED = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        "|": "&#124;",
        "\\": "&#92;",
        # An empty comment keeps GitHub from telling a person that data has an @ in it.
        "@": "@<!-- -->",
        **{character: f"\\{character}" for character in "`*_[]#~$>"},
    }
)


def render(report: RunReport) -> str:
    """The report as Markdown."""
    revision = code(str(report.revision)) if report.revision else "not in git"
    lines = [
        f"## {wording.SYMBOLS[report.status]} {report.status}: {code(report.checkpoint)}",
        "",
        f"Target {code(report.target)} · {escape(moment(report.as_of))} · suites {revision}",
        "",
    ]
    for note in report.notes:
        lines += [f"> {escape(note)}", ""]
    if report.outcomes:
        lines += _table(report)
    for block in findings(report):
        if not block.is_empty:
            lines += _block(block, report)
    if report.alerts:
        lines += ["### Alerts", ""]
        lines += [f"- {escape(wording.alert(line))}" for line in report.alerts]
        lines.append("")
    lines.append(f"**{escape(wording.verdict(report))}**")
    if report.cost:
        lines += ["", escape(report.cost)]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """``text`` as itself: no markup, no HTML, no link, no mention, on one line."""
    return one_line(text).translate(_ESCAPED).replace("://", ":<!-- -->//")


def code(text: str) -> str:
    """A name as code; one with a pipe as HTML, since a pipe ends a table's cell even in code."""
    shown = name(text)
    if "|" in shown:
        return f"<code>{escape(shown)}</code>"
    return _fenced(shown)


def whole(text: str) -> str:
    """What is copied, as code, and never cut: half of a command is none. Not for a table."""
    return _fenced(one_line(text))


def _fenced(shown: str) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _advice(label: str, text: str) -> str:
    if label == "runbook":
        return f"<{text}>" if _LINK.fullmatch(text) else code(text)
    return whole(text) if label == "do" and _COMMAND.fullmatch(text) else escape(text)


def _table(report: RunReport) -> list[str]:
    lines = [
        "| Status | Monitor | Observed | Threshold | Summary |",
        "|---|---|---|---|---|",
    ]
    for outcome in report.outcomes:
        cells = (
            f"{escape(wording.SYMBOLS[outcome.status])} {outcome.status}",
            code(outcome.monitor),
            escape(wording.observed(outcome)),
            escape(outcome.thresholds),
            escape(outcome.summary),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _block(block: Findings, report: RunReport) -> list[str]:
    outcome = block.outcome
    lines = [f"### {escape(wording.SYMBOLS[outcome.status])} {code(outcome.monitor)}", ""]
    if block.reason:
        lines.append(f"- **why**: {escape(block.reason)}")
    lines += [
        f"- **fails** ({failure.severity}): {escape(block.failure_text(failure))}"
        for failure in block.failures
    ]
    if block.more_failures:
        lines.append(f"- and {block.more_failures} more failed expectations")
    lines += [
        f"- **fails** ({expectation.severity}): {escape(expectation.text)} "
        f"(could not be evaluated: {escape(expectation.error or '')})"
        for expectation in block.expectations
    ]
    if block.more_expectations:
        lines.append(f"- and {block.more_expectations} more that could not be evaluated")
    if lines[-1]:
        lines.append("")
    if block.groups:
        lines += ["| Where | Status | Observed | Of |", "|---|---|--:|--:|"]
        lines += [
            f"| {code(group.key.label)} | {group.status} | "
            f"{escape(wording.group_observed(group))} | "
            f"{fraction(group.numerator, group.denominator)} |"
            for group in block.groups
        ]
        if block.more_groups:
            lines.append(f"| and {block.more_groups} more | | | |")
        lines.append("")
    lines += [f"- **{label}**: {_advice(label, text)}" for label, text in block.advice]
    return [*lines, f"- **again**: {whole(_again(outcome.monitor, report))}", ""]


def _again(monitor: str, report: RunReport) -> str:
    """The command that asks this one monitor what the run asked it."""
    run = ["plumbline", "run", report.checkpoint, "--select", monitor, "--target", report.target]
    return shlex.join([*run, *report.given])
