"""Findings as annotations of a pull request: GitHub's workflow commands.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from plumbline.lint.linter import LintReport
from plumbline.lint.reports.text import summary
from plumbline.lint.rule import Finding

WORKSPACE_VARIABLE = "GITHUB_WORKSPACE"
"""The folder of the checkout, from which GitHub counts the names of files."""


def render(report: LintReport, environment: Mapping[str, str] | None = None) -> str:
    """The report as workflow commands, and a last line for the log."""
    env = os.environ if environment is None else environment
    start = Path(env.get(WORKSPACE_VARIABLE) or Path.cwd())
    lines = [_annotation(finding, start) for finding in report.findings]
    return "\n".join([*lines, summary(report)]) + "\n"


def _annotation(finding: Finding, start: Path) -> str:
    place = finding.place
    properties = {"file": _short(place.file, start), "line": str(place.line)}
    if place.column is not None:
        properties["col"] = str(place.column)
    properties["title"] = finding.rule.code
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{finding.severity} {said}::{_data(f'{finding.what}; {finding.fix}')}"


def _short(file: Path, start: Path) -> str:
    resolved, start = file.resolve(), start.resolve()
    inside = resolved.is_relative_to(start)
    return (resolved.relative_to(start) if inside else resolved).as_posix()


def _data(text: str) -> str:
    """A line feed would end the command, and a percent sign begins an escape."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
