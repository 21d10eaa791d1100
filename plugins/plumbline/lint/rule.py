"""Rules and findings.

A rule is a value, so that ``docs/lint.md`` is generated from the rules themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from plumbline.project.document import Place


class Severity(StrEnum):
    """The severity of a finding."""

    ERROR = "error"
    """It would not run, or give a wrong result."""
    WARNING = "warning"
    """It runs, but probably not as intended."""


@dataclass(frozen=True)
class Rule:
    """A kind of problem."""

    code: str
    severity: Severity
    about: str
    """What is wrong and why it matters, in one line."""
    wrong: str
    """An example."""
    right: str
    """The same, fixed."""

    def at(self, place: Place, what: str, fix: str) -> Finding:
        """A finding of this rule."""
        return Finding(self, place, what, fix)


@dataclass(frozen=True)
class Finding:
    """A problem in a file: the position, what is wrong, and the fix."""

    rule: Rule
    place: Place
    what: str
    fix: str

    @property
    def severity(self) -> Severity:
        """The severity of its rule."""
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
