"""Findings for machines: one JSON object."""

from __future__ import annotations

import json
from pathlib import Path

from plumbline.lint.linter import LintReport
from plumbline.lint.rule import Finding

SCHEMA_VERSION = 1


def render(report: LintReport, *, exit_code: int) -> str:
    """The report as JSON text."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "exit_code": exit_code,
        "counts": {"errors": report.errors, "warnings": report.warnings},
        "findings": [_finding(finding, report.root) for finding in report.findings],
        "fixed": [_short(file, report.root) for file in report.fixed],
    }
    return json.dumps(content, indent=2) + "\n"


def _finding(finding: Finding, root: Path) -> dict[str, object]:
    place = finding.place
    return {
        "rule": finding.rule.code,
        "severity": str(finding.severity),
        "file": _short(place.file, root),
        "line": place.line,
        "column": place.column,
        "key": place.key,
        "what": finding.what,
        "mend": finding.fix,
    }


def _short(file: Path, root: Path) -> str:
    """From the project's folder."""
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()
