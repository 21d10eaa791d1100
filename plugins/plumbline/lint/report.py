"""The output of ``plumbline lint``: as text, as JSON, and as annotations of a pull request.

The text has a position that editors and terminals can open, and the fix. Annotations are GitHub's
workflow commands:
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from plumbline.core.colours import Colour, coloured
from plumbline.core.folding import folded
from plumbline.core.safe_text import one_line
from plumbline.core.text import count
from plumbline.lint.linter import LintReport
from plumbline.lint.rule import Finding, Severity

_COLOURS: dict[Severity, Colour] = {Severity.ERROR: "red", Severity.WARNING: "orange"}

SCHEMA_VERSION = 1

WORKSPACE_VARIABLE = "GITHUB_WORKSPACE"
"""The folder of the checkout, to which GitHub's file names are relative."""


def as_text(report: LintReport, *, colour: bool = False, width: int | None = None) -> str:
    """A line for each finding, and below it where it is and the fix.

    Args:
        width: columns of the terminal; None keeps every line whole.
    """
    lines = [f"fixed {one_line(_from_here(file))}" for file in report.fixed]
    for finding in report.findings:
        lines += _lines(finding, width, colour=colour)
    return "\n".join([*lines, summary(report)]) + "\n"


def summary(report: LintReport) -> str:
    """``2 errors, 1 warning``."""
    counted = [
        count(found, what)
        for found, what in ((report.errors, "errors"), (report.warnings, "warnings"))
        if found
    ]
    return ", ".join(counted) or "nothing to fix"


def _from_here(file: Path) -> str:
    """``file`` from the working directory, where it lies below it."""
    relative = os.path.relpath(file)
    return str(file) if relative.startswith("..") else relative


def _lines(finding: Finding, width: int | None, *, colour: bool) -> list[str]:
    place = finding.place
    where = f"{one_line(_from_here(place.file))}:{place.line}"
    if place.column is not None:
        where += f":{place.column}"
    severity: str = finding.severity
    what = f": {severity}: {one_line(finding.what)} [{finding.rule.code}]"
    what = folded(where + what, width, indent=4).removeprefix(where)
    if colour:
        is_bold = finding.severity is Severity.ERROR
        shown = coloured(severity, _COLOURS[finding.severity], bold=is_bold)
        what = what.replace(severity, shown, 1)
    lines = [where + what]
    if place.key:
        lines.append(folded(f"  in: {one_line(place.key)}", width))
    lines.append(folded(f"  fix: {one_line(finding.fix)}", width))
    return lines


def as_dict(report: LintReport, *, exit_code: int) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "exit_code": exit_code,
        "counts": {"errors": report.errors, "warnings": report.warnings},
        "findings": [_entry(finding, report.root) for finding in report.findings],
        "fixed": [_from_root(file, report.root) for file in report.fixed],
    }


def _entry(finding: Finding, root: Path) -> dict[str, object]:
    place = finding.place
    return {
        "rule": finding.rule.code,
        "severity": str(finding.severity),
        "file": _from_root(place.file, root),
        "line": place.line,
        "column": place.column,
        "key": place.key,
        "what": finding.what,
        "mend": finding.fix,
    }


def _from_root(file: Path, root: Path) -> str:
    """From the project's folder."""
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()


def as_annotations(report: LintReport, environment: Mapping[str, str] | None = None) -> str:
    """The report as workflow commands, and a last line for the log."""
    env = os.environ if environment is None else environment
    start = Path(env.get(WORKSPACE_VARIABLE) or Path.cwd())
    lines = [_annotation(finding, start) for finding in report.findings]
    return "\n".join([*lines, summary(report)]) + "\n"


def _annotation(finding: Finding, start: Path) -> str:
    place = finding.place
    properties = {"file": _from_checkout(place.file, start), "line": str(place.line)}
    if place.column is not None:
        properties["col"] = str(place.column)
    properties["title"] = finding.rule.code
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{finding.severity} {said}::{_data(f'{finding.what}; {finding.fix}')}"


def _from_checkout(file: Path, start: Path) -> str:
    resolved, start = file.resolve(), start.resolve()
    inside = resolved.is_relative_to(start)
    return (resolved.relative_to(start) if inside else resolved).as_posix()


def _data(text: str) -> str:
    """On one line, since a line feed would end the command; a percent sign begins an escape."""
    return one_line(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
