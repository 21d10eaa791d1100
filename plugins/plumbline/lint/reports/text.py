"""Findings for people: a line that editors and terminals can follow, and what to do."""

from __future__ import annotations

import os
from pathlib import Path

from plumbline.core.safe_text import one_line
from plumbline.lint.linter import LintReport
from plumbline.lint.rule import Finding, Severity

_COLOURS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[33m"}
_RESET = "\x1b[0m"


def render(report: LintReport, *, colour: bool = False) -> str:
    """The report as text."""
    lines = [f"fixed {one_line(short(file))}" for file in report.fixed]
    for finding in report.findings:
        lines += _finding(finding, colour=colour)
    return "\n".join([*lines, summary(report)]) + "\n"


def summary(report: LintReport) -> str:
    """``2 errors, 1 warning``."""
    counted = [
        f"{count} {noun}{'' if count == 1 else 's'}"
        for count, noun in ((report.errors, "error"), (report.warnings, "warning"))
        if count
    ]
    return ", ".join(counted) or "nothing to fix"


def short(file: Path) -> str:
    """``file`` from the working directory, where it lies below it."""
    relative = os.path.relpath(file)
    return str(file) if relative.startswith("..") else relative


def _finding(finding: Finding, *, colour: bool) -> list[str]:
    place = finding.place
    where = f"{short(place.file)}:{place.line}"
    if place.column is not None:
        where += f":{place.column}"
    severity: str = finding.severity
    if colour:
        severity = f"{_COLOURS[finding.severity]}{severity}{_RESET}"
    what = f"{one_line(where)}: {severity}: {one_line(finding.what)} [{finding.rule.code}]"
    lines = [what]
    if place.key:
        lines.append(f"  in: {one_line(place.key)}")
    lines.append(f"  fix: {one_line(finding.fix)}")
    return lines
