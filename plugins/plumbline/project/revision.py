"""The revision of the suites: which commit, and whether the tree was dirty.

Every outcome carries it, so that a reader knows which thresholds judged.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 10


@dataclass(frozen=True)
class Revision:
    """A git commit (40 hex digits) and whether tracked files differed from it."""

    commit: str
    dirty: bool

    def __str__(self) -> str:
        return self.commit[:12] + ("-dirty" if self.dirty else "")


def read_revision(root: Path) -> Revision | None:
    """The revision of ``root``; None outside git, before the first commit or without git."""
    try:
        commit = _git(root, "rev-parse", "--verify", "HEAD")
        changes = _git(root, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    except (OSError, subprocess.SubprocessError):
        return None
    return Revision(commit=commit.strip(), dirty=bool(changes.strip()))


def _git(root: Path, *arguments: str) -> str:
    finished = subprocess.run(
        ["git", "-C", str(root), "--no-optional-locks", *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    return finished.stdout
