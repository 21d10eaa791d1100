"""What is said when the user's input is wrong; the command line turns it into exit code 64."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DemoSeasonError(Exception):
    """One clear message: what is wrong, where, and what to do."""

    def __init__(
        self, what: str, *, file: object = None, key: str | None = None, fix: str | None = None
    ) -> None:
        self.what, self.file, self.key, self.fix = what, file, key, fix
        super().__init__(what)

    def __str__(self) -> str:
        where = ": ".join(str(part) for part in (self.file, self.key) if part)
        lines = [self.what]
        if where:
            lines.append(f"  in: {where}")
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The fix for a word that is not known: the nearest one, else all of them."""
    choices = sorted(known)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(choices)}"
