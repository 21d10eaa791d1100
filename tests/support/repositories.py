"""Real git repositories with the histories that hurt, written quickly."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 1, 20, 12, tzinfo=UTC)
AUTHOR = "Ana Lyst <ana@example.com>"


def git(folder: Path, *arguments: str) -> str:
    """What git prints; this machine's configuration has no say."""
    found = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env=os.environ
        | {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_AUTHOR_NAME": "Ana Lyst",
            "GIT_AUTHOR_EMAIL": "ana@example.com",
            "GIT_COMMITTER_NAME": "Ana Lyst",
            "GIT_COMMITTER_EMAIL": "ana@example.com",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


@dataclass
class History:
    """A repository whose commits are an hour apart, of one branch ``main``."""

    folder: Path
    now: datetime = START
    heads: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        git(self.folder, "init", "--quiet", "--initial-branch=main")

    def commit(self, *files: str, on: str = "main", after: timedelta = timedelta(hours=1)) -> str:
        """A commit that changes ``files``; its name."""
        self.now += after
        if self.branch() != on:
            git(self.folder, "switch", "--quiet", on)
        for name in files:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{self.now.isoformat()}\n")
        return self._committed(f"change {', '.join(files)}")

    def remove(self, *files: str) -> str:
        """A commit that removes files."""
        self.now += timedelta(hours=1)
        git(self.folder, "rm", "--quiet", "-r", *files)
        return self._committed(f"remove {', '.join(files)}")

    def rename(self, old: str, new: str) -> str:
        """A commit that moves a file or folder."""
        self.now += timedelta(hours=1)
        (self.folder / new).parent.mkdir(parents=True, exist_ok=True)
        git(self.folder, "mv", old, new)
        return self._committed(f"rename {old} to {new}")

    def revert(self, commit: str) -> str:
        """A commit that undoes another."""
        self.now += timedelta(hours=1)
        git(self.folder, "revert", "--no-commit", commit)
        return self._committed(f"revert {commit[:7]}")

    def fork(self, name: str) -> None:
        """A side branch from here."""
        git(self.folder, "switch", "--quiet", "--create", name)

    def merge(self, name: str, *, after: timedelta = timedelta(hours=1)) -> str:
        """A merge of a side branch into main, never fast-forward."""
        self.now += after
        git(self.folder, "switch", "--quiet", "main")
        git(self.folder, "merge", "--quiet", "--no-ff", "--no-commit", name)
        return self._committed(f"merge {name}")

    def branch(self) -> str:
        """The checked-out one."""
        return git(self.folder, "symbolic-ref", "--short", "HEAD")

    def clone(self, folder: Path, *options: str) -> Path:
        """A clone of it, through a file URL, so that ``--depth`` counts."""
        git(self.folder, "clone", "--quiet", *options, self.folder.as_uri(), str(folder))
        return folder

    def _committed(self, message: str) -> str:
        when = f"{self.now.timestamp():.0f} +0000"
        git(self.folder, "add", "--all")
        subprocess.run(
            ["git", "-C", str(self.folder), "commit", "--quiet", "--message", message],
            env=os.environ
            | {
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_AUTHOR_DATE": when,
                "GIT_COMMITTER_DATE": when,
                "GIT_AUTHOR_NAME": "Ana Lyst",
                "GIT_AUTHOR_EMAIL": "ana@example.com",
                "GIT_COMMITTER_NAME": "Ana Lyst",
                "GIT_COMMITTER_EMAIL": "ana@example.com",
            },
            check=True,
        )
        return git(self.folder, "rev-parse", "HEAD")


def written_at_once(folder: Path, groups: dict[str, int], *, begin: datetime, end: datetime) -> str:
    """A repository of a first commit and then as many commits to each path as ``groups`` says,
    mixed evenly, between two instants; the name of the first."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    total = sum(groups.values())
    # the n-th of a group of k stands at (n + 1/2)/k of the way
    order = sorted(
        ((n + 0.5) / count, path) for path, count in groups.items() for n in range(count)
    )
    stream = [_commit(1, begin - timedelta(days=1), "first", [*groups, "README.md"])]
    for number, (_, path) in enumerate(order, 2):
        at = begin + (end - begin) * (number - 2) / max(total - 1, 1)
        stream.append(_commit(number, at, f"change {path}", [path]))
    subprocess.run(
        ["git", "-C", str(folder), "fast-import", "--quiet"],
        input="".join(stream).encode(),
        check=True,
    )
    git(folder, "reset", "--quiet", "--hard", "main")
    return git(folder, "rev-list", "--max-parents=0", "main")


def _commit(mark: int, at: datetime, message: str, paths: list[str]) -> str:
    content = f"{mark}\n"
    lines = [
        "commit refs/heads/main",
        f"mark :{mark}",
        f"author {AUTHOR} {at.timestamp():.0f} +0000",
        f"committer {AUTHOR} {at.timestamp():.0f} +0000",
        f"data {len(message)}",
        message,
        *([f"from :{mark - 1}"] if mark > 1 else []),
        *(f"M 100644 inline {path}\ndata {len(content)}\n{content}" for path in paths),
    ]
    return "\n".join(lines) + "\n"
