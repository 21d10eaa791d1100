"""Rules and findings.

A rule is a value, so that ``docs/lint.md`` is generated from the rules themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from plumbline.core.errors import did_you_mean
from plumbline.project.document import Place


class Severity(StrEnum):
    ERROR = "error"
    """It would not run, or give a wrong result."""
    WARNING = "warning"
    """It runs, but probably not as intended."""


@dataclass(frozen=True)
class Rule:
    code: str
    severity: Severity
    about: str
    """What is wrong and why it matters, in one line."""
    wrong: str
    """An example."""
    right: str
    """The same, fixed."""

    def at(self, place: Place, what: str, fix: str) -> Finding:
        return Finding(self, place, what, fix)

    def unknown(self, place: Place, what: str, name: str, known: Iterable[str]) -> Finding:
        """A finding of a name that is not among ``known``: ``there is no model 'coverge'``."""
        return self.at(place, f"{what} {name!r}", did_you_mean(name, known))


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


@dataclass(frozen=True)
class Rules:
    """The rules that a module declares, in its order."""

    declared: list[Rule] = field(default_factory=list)

    def error(self, code: str, about: str, *, wrong: str, right: str) -> Rule:
        """Declare a rule whose findings are errors."""
        return self._declare(Rule(code, Severity.ERROR, about, wrong, right))

    def warning(self, code: str, about: str, *, wrong: str, right: str) -> Rule:
        """Declare a rule whose findings are warnings."""
        return self._declare(Rule(code, Severity.WARNING, about, wrong, right))

    def _declare(self, rule: Rule) -> Rule:
        self.declared.append(rule)
        return rule
