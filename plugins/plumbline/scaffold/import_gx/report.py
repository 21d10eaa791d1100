"""What an import converted, what it didn't, and what is left to the person."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Converted:
    """A part of the GX project, and the file that it became."""

    what: str
    file: str
    detail: str = ""


NAME_TABLE = "--table SUITE=DATASET.TABLE"
"""In a fix: stands for the option with the names of the suites that lack a table."""


@dataclass(frozen=True)
class NotConverted:
    """A part of the GX project that has no counterpart, or is wrong itself."""

    what: str
    why: str
    any_fix: str
    """With `NAME_TABLE`."""
    suite: str = ""
    """Where the part is a suite."""

    @property
    def fix(self) -> str:
        return fix_for(self.any_fix, [self.suite])


def fix_for(any_fix: str, suites: Sequence[str]) -> str:
    """The fix with the names of ``suites``."""
    options = (f"--table {shlex.quote(suite)}=DATASET.TABLE" for suite in suites)
    return any_fix.replace(NAME_TABLE, " ".join(options))


@dataclass
class Report:
    """Filled while the parts of a project are converted."""

    converted: list[Converted] = field(default_factory=list)
    not_converted: list[NotConverted] = field(default_factory=list)
    to_do: dict[str, str] = field(default_factory=dict)
    """What the person has to do, such as setting an environment variable; each once. By the text,
    its fix if it is a fault."""

    def leave(self, what: str, why: str, fix: str, *, suite: str = "") -> None:
        """Add a part that is not converted."""
        self.not_converted.append(NotConverted(what, why, fix, suite))

    def ask(self, text: str, fix: str = "") -> None:
        """Add something that is left to the person."""
        self.to_do[text] = fix


class NotConvertedError(Exception):
    """A part that can't be converted; the others go on."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix
