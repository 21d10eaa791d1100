"""Rules and findings: what lint looks for, and what it found where.

A rule is a value, so that the page of all rules (``docs/lint.md``) is made from the rules
themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from plumbline.project.document import Place


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """It would not run, or judge wrongly."""
    WARNING = "warning"
    """It runs, and someone will be sorry."""


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong."""

    code: str
    severity: Severity
    about: str
    """What is wrong then, and why it matters, in one line."""
    wrong: str
    """An example."""
    right: str
    """The same, fixed."""

    def at(self, place: Place, what: str, fix: str) -> Finding:
        """A finding of this rule."""
        return Finding(self, place, what, fix)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: where, what, and what to do."""

    rule: Rule
    place: Place
    what: str
    fix: str

    @property
    def severity(self) -> Severity:
        """As its rule's."""
        return self.rule.severity

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Findings are shown file by file, from top to bottom."""
        place = self.place
        return (str(place.file), place.line, place.column or 0, self.rule.code, self.what)


def error(code: str, about: str, *, wrong: str, right: str) -> Rule:
    """A rule whose findings are errors."""
    return Rule(code, Severity.ERROR, about, wrong, right)


def warning(code: str, about: str, *, wrong: str, right: str) -> Rule:
    """A rule whose findings are warnings."""
    return Rule(code, Severity.WARNING, about, wrong, right)
