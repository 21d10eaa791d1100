"""The revision of the suites that judged: every outcome carries it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Revision:
    """A git commit (40 hex digits) and whether tracked files differed from it."""

    commit: str
    dirty: bool

    def __str__(self) -> str:
        return self.commit[:12] + ("-dirty" if self.dirty else "")
