"""Writes the story as a git repository: a remote without a work tree, and a clone of it.

Names, dates and contents are fixed, so the names of the commits are too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from demo_platform.story import Commit

REMOTE, CLONE = "platform.git", "platform"

_ADDRESSES = "example.com"


def make_repository(folder: Path, commits: Sequence[Commit]) -> Path:
    """Write the remote and its clone into ``folder``, in place of those that are there.

    Returns:
        The clone's folder.
    """
    remote, clone = folder / REMOTE, folder / CLONE
    for old in (remote, clone):
        shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    run_git(
        folder, "init", "--quiet", "--bare", "--object-format=sha1", "--initial-branch=main", REMOTE
    )
    run_git(remote, "fast-import", "--quiet", given=_stream(commits))
    for branch in {commit.branch for commit in commits} - {"main"}:
        run_git(remote, "update-ref", "-d", f"refs/heads/{branch}")  # it is merged
    run_git(folder, "clone", "--quiet", "--no-hardlinks", REMOTE, CLONE)
    return clone


def commit_before(clone: Path, moment: datetime) -> str:
    """The last commit to main before ``moment``."""
    arguments = ("rev-list", "-1", "--first-parent", f"--before={moment.timestamp():.0f}")
    return run_git(clone, *arguments, "origin/main")


def run_git(folder: Path, *arguments: str, given: str | None = None) -> str:
    """What git prints. The user's configuration has no influence (hooks, signing, line ends).

    Raises:
        subprocess.CalledProcessError: git failed.
    """
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env=_environment(),
        input=given,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _environment() -> Mapping[str, str]:
    ours = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    return ours | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def _stream(commits: Sequence[Commit]) -> str:
    """The commits as ``git fast-import`` reads them."""
    heads: dict[str, int] = {}
    return "".join(_entry(mark, commit, heads) for mark, commit in enumerate(commits, 1))


def _entry(mark: int, commit: Commit, heads: dict[str, int]) -> str:
    when = f"{commit.at.timestamp():.0f} {commit.at:%z}"
    who = f"{commit.author} <{commit.author.lower()}@{_ADDRESSES}> {when}"
    lines = [
        f"commit refs/heads/{commit.branch}",
        f"mark :{mark}",
        f"author {who}",
        f"committer {who}",
        f"data {len(commit.subject.encode())}",
        commit.subject,
    ]
    parent, version = heads.get(commit.branch, heads.get("main")), mark
    if parent is not None:
        lines.append(f"from :{parent}")
    if commit.merges is not None:
        version = heads.pop(commit.merges)
        lines.append(f"merge :{version}")
    for name in commit.files:
        content = f"# version {version}\n"
        lines += [f"M 100644 inline {name}", f"data {len(content)}", content]
    heads[commit.branch] = mark
    return "\n".join(lines) + "\n"
