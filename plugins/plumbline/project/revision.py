"""The revision of the suites: which commit, and whether the tree was dirty.

Every outcome carries it, so that a reader knows which thresholds judged. A container has no git:
its build writes the revision into `REVISION_VARIABLE` (see the Dockerfile).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from plumbline.core.errors import ConfigError
from plumbline.core.revision import Revision
from plumbline.net.git import FAILURES, read_git

REVISION_VARIABLE = "PLUMBLINE_REVISION"
"""A commit's 40 hex digits, with ``-dirty`` where the tree differed from it."""

_SECONDS = 10


def read_revision(root: Path, environment: Mapping[str, str] | None = None) -> Revision | None:
    """The revision of ``root``, as git says it; without git, what was baked in at build.

    Git goes first: a variable that was left set says nothing about a tree that can be looked at.

    Args:
        environment: default: the process's own.

    Returns:
        None where neither knows: outside git, before the first commit or without git, and
        `REVISION_VARIABLE` is unset or empty.

    Raises:
        ConfigError: it holds something else than a revision.
    """
    try:
        commit = _git(root, "rev-parse", "--verify", "HEAD")
        changes = _git(root, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    except FAILURES:
        return _baked_in(os.environ if environment is None else environment)
    return Revision(commit=commit.strip(), dirty=bool(changes.strip()))


def has_commit(root: Path, commit: str) -> bool | None:
    """Whether the repository of ``root`` has ``commit``; None: it can't tell, because there is no
    git, or not the whole history."""
    try:
        if _git(root, "rev-parse", "--is-shallow-repository").strip() != "false":
            return None
        found = _git(root, "rev-parse", "--quiet", "--verify", "HEAD")
    except FAILURES:
        return None
    try:
        return bool(found and _git(root, "cat-file", "-t", commit).strip() == "commit")
    except FAILURES:
        return False


def _baked_in(environment: Mapping[str, str]) -> Revision | None:
    said = environment.get(REVISION_VARIABLE, "").strip()
    if not said:
        return None
    found = re.fullmatch(r"([0-9a-f]{40})(-dirty)?", said)
    if found is None:
        raise ConfigError(
            f"{said!r} is not a valid revision",
            key=REVISION_VARIABLE,
            fix="write the output of `git rev-parse HEAD` (40 digits), followed by -dirty if "
            "files were modified; or leave it unset",
        )
    return Revision(commit=found[1], dirty=found[2] is not None)


def _git(root: Path, *arguments: str) -> str:
    return read_git(root, *arguments, seconds=_SECONDS)


def read_source_url(root: Path, commit: str) -> str | None:
    """The web address of the project's files at ``commit``, from the remote ``origin``.

    Credentials in the remote's address are left out. None where there is no remote, or none that
    has a web address.
    """
    try:
        remote = _git(root, "remote", "get-url", "origin").strip()
        prefix = _git(root, "rev-parse", "--show-prefix").strip()
    except FAILURES:
        return None
    repository = web_address(remote)
    if repository is None:
        return None
    blob = "-/blob" if "gitlab" in repository.split("/")[2] else "blob"
    if "bitbucket" in repository.split("/")[2]:
        blob = "src"
    return f"{repository}/{blob}/{commit}/{quote(prefix)}"


def web_address(remote: str) -> str | None:
    """``https://github.com/acme/data`` of ``git@github.com:acme/data.git``; None of a folder."""
    for pattern in _REMOTES:
        found = re.fullmatch(pattern, remote)
        if found is not None:
            return f"https://{found['host']}/{found['path']}"
    return None


_REMOTES = (
    r"https?://(?:[^/@]*@)?(?P<host>[\w.-]+(?::\d+)?)/(?P<path>[\w./~-]+?)(?:\.git)?/?",
    r"ssh://(?:[^/@]*@)?(?P<host>[\w.-]+)(?::\d+)?/(?P<path>[\w./~-]+?)(?:\.git)?/?",
    r"(?:[\w.-]+@)(?P<host>[\w.-]+):(?P<path>[\w./~-]+?)(?:\.git)?/?",
)
"""How git writes the address of a repository that also has a web page."""
