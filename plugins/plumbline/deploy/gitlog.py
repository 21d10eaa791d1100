"""Reads from git what changed in a service's own paths.

A repository that can't know the answer (a shallow clone, an unknown commit, a rewritten branch)
raises; missing commits are never guessed. Used by `drift` and `check`.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from plumbline.core.errors import MonitorError
from plumbline.net.git import SECONDS, run_git

MOST_COMMITS = 50
"""Commits that are listed by name."""

COMMIT = re.compile(r"[0-9a-f]{7,64}")
"""The hash of a commit, whole or abbreviated."""

_FIELDS = "%H%x1f%ct%x1f%an%x1f%s"


class GitError(MonitorError):
    """Git could not answer, or the repository can't know."""


@dataclass(frozen=True)
class Commit:
    sha: str
    at: datetime
    """When it was committed: for what came by a merge request, when it was merged or rebased."""
    author: str
    subject: str


@dataclass(frozen=True)
class Behind:
    """What lies between a deployed commit and a branch."""

    main: str
    """The branch's newest commit."""
    last_own: str | None
    """The last commit that touched the service's own paths; None: none ever did."""
    commits: int
    """Commits of the branch that are not deployed."""
    own: int
    """Those of them that touched its own paths; 0 where they cancel each other out."""
    cancelled: int = 0
    """Those of them that cancelled each other out: a change and its revert."""
    oldest_at: datetime | None = None
    """When the first of its own came to the branch."""
    what: tuple[Commit, ...] = ()
    """Its own, newest first, at most `MOST_COMMITS`."""
    oldest: Commit | None = None
    """The first of its own to be written."""


@dataclass(frozen=True)
class Repository:
    folder: Path

    def behind(
        self, deployed: str, *, branch: str, paths: Sequence[str], pathspecs: Sequence[str]
    ) -> Behind:
        """How far ``deployed`` is behind ``branch``.

        Args:
            deployed: a commit, whole or abbreviated.
            paths: the service's own, relative to the root: each must be there.
            pathspecs: the same as git takes them, with what does not count.

        Raises:
            GitError: no repository, a shallow one, no such commit or branch, a deployed commit
                that is not an ancestor of the branch, a path that is not there.
        """
        self.must_be_whole()
        main = self.commit_of(branch, what="the branch")
        self.must_have(main, paths)
        known = self.commit_of(deployed, what="the deployed commit")
        if not self._succeeds("merge-base", "--is-ancestor", known, main):
            raise GitError(
                f"the deployed commit {known[:12]} is not in the history of {branch}: the branch "
                "was rewritten, or something else was deployed",
                fix=f"deploy from {branch}; `git branch --contains {known[:12]}` shows its branch",
            )
        span = f"{known}..{main}"
        specs = (*pathspecs, *self._former_paths(known, main, paths))
        last = self._lines("log", "-1", "--format=%H", main, "--", *pathspecs)
        commits = int(self._read("rev-list", "--count", span))
        own = self._own_commits(span, specs)
        if own and not self._differs(known, main, specs):
            return Behind(main, last[0] if last else None, commits, own=0, cancelled=len(own))
        # A commit of a side branch is as old as its writing; it came to the branch by the merge.
        arrived = self._log("--first-parent", span, "--", *specs)
        oldest = min((one.at for one in arrived or own), default=None)
        return Behind(
            main=main,
            last_own=last[0] if last else None,
            commits=commits,
            own=len(own),
            oldest_at=oldest,
            what=tuple(own[:MOST_COMMITS]),
            oldest=own[-1] if own else None,
        )

    def must_be_whole(self) -> None:
        """Raise if this isn't a repository, or is a shallow one.

        Raises:
            GitError: it is not, or it is.
        """
        try:
            shallow = self._read("rev-parse", "--is-shallow-repository").strip()
        except GitError as fault:
            raise GitError(
                f"{self.folder.name or self.folder} is not a git repository: {fault.what}",
                fix="use a full clone",
            ) from None
        if shallow == "true":
            raise GitError(
                "the clone is shallow, so commits can't be counted",
                fix="git fetch --unshallow (in GitHub Actions: fetch-depth: 0)",
            )

    def must_have(self, commit: str, paths: Sequence[str]) -> None:
        """Raise if a path isn't in ``commit``'s tree, because no commit would ever count for it.

        Raises:
            GitError: with the first that is missing.
        """
        for path in paths:
            if not self.has_path(commit, path):
                raise GitError(
                    f"the path {path!r} is not in the repository",
                    fix="use a folder or file that the service is built from",
                )

    def has_path(self, commit: str, path: str) -> bool:
        return path == "." or self._succeeds("cat-file", "-e", f"{commit}:{path.rstrip('/')}")

    def commit_of(self, name: str, *, what: str) -> str:
        """The whole name of a commit.

        Raises:
            GitError: there is none.
        """
        lines = self._tried("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if lines is None:
            raise GitError(
                f"{what} {name!r} is not in the repository {self.folder.name}",
                fix="git fetch; if it was never pushed, push it",
            )
        return lines.strip()

    def changes(self, pathspecs: Sequence[str] = ()) -> list[str]:
        """Uncommitted changes, one per line as in ``git status --short``.

        Raises:
            GitError: git could not say.
        """
        return self._lines("status", "--porcelain", "--untracked-files=normal", "--", *pathspecs)

    def current_branch(self) -> str | None:
        """The checked-out branch; None: none is."""
        found = self._tried("symbolic-ref", "--quiet", "--short", "HEAD")
        return found.strip() if found else None

    def upstream_gap(self, branch: str) -> tuple[str, int, int] | None:
        """The remote branch of ``branch``, after asking the remote, and how many commits the two
        are apart: only here, only there. None: it follows none.

        Raises:
            GitError: the remote does not answer.
        """
        found = self._tried("rev-parse", "--abbrev-ref", f"{branch}@{{upstream}}")
        if found is None:
            return None
        upstream = found.strip()
        self._read("fetch", "--quiet", upstream.partition("/")[0])
        ahead, behind = self._read(
            "rev-list", "--left-right", "--count", f"{branch}...{upstream}"
        ).split()
        return upstream, int(ahead), int(behind)

    def files(self, commit: str, folder: str) -> list[str]:
        """The names of a folder's files in a commit's tree.

        Raises:
            GitError: git could not say.
        """
        listed = self._lines("ls-tree", "-r", "--name-only", commit, "--", folder)
        return [Path(one).name for one in listed]

    def _own_commits(self, span: str, specs: Sequence[str]) -> list[Commit]:
        """Commits that touch ``specs``, newest first. Of merges only those that hold something of
        their own, as a conflict that was solved by hand does.
        """
        # --full-history: by itself git leaves out side branches whose end looks like the trunk.
        found = self._log("--full-history", "--no-merges", span, "--", *specs)
        merges = self._log("--full-history", "--merges", span, "--", *specs)
        names = ("diff-tree", "-c", "--no-commit-id", "--name-only", "-r")
        found += [one for one in merges if self._lines(*names, one.sha, "--", *specs)]
        return sorted(found, key=lambda one: one.at, reverse=True)

    def _former_paths(self, deployed: str, main: str, paths: Sequence[str]) -> list[str]:
        """Where what is its own lay when ``deployed`` was built: what was renamed since."""
        renamed = self._lines(
            "diff", "-M", "--diff-filter=R", "--name-status", "-z", deployed, main, zero=True
        )
        found = {}
        for old, new in zip(renamed[1::3], renamed[2::3], strict=True):
            if _is_in(new, paths) and not _is_in(old, paths):
                folder = _former_folder(old, new)
                gone = folder is not None and not self.has_path(main, folder)
                # Files of a renamed folder that changed much besides are not seen as renamed.
                found[f":(top,literal){folder if gone else old}"] = True
        return list(found)

    def _log(self, *arguments: str) -> list[Commit]:
        found = []
        for line in self._lines("log", f"--format={_FIELDS}", *arguments):
            sha, at, author, subject = line.split("\x1f", 3)
            found.append(Commit(sha, datetime.fromtimestamp(int(at), UTC), author, subject))
        return found

    def _differs(self, one: str, other: str, pathspecs: Sequence[str]) -> bool:
        return not self._succeeds("diff", "--quiet", one, other, "--", *pathspecs)

    def _lines(self, *arguments: str, zero: bool = False) -> list[str]:
        text = self._read(*arguments)
        return [part for part in (text.split("\0") if zero else text.splitlines()) if part]

    def _read(self, *arguments: str) -> str:
        done = self._git(*arguments)
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines()
            said = lines[-1] if lines else f"exit code {done.returncode}"
            raise GitError(
                f"git {arguments[0]} failed: {said}",
                fix=f"see `git -C {self.folder.name} {arguments[0]}` by hand",
            )
        return done.stdout

    def _tried(self, *arguments: str) -> str | None:
        done = self._git(*arguments)
        return done.stdout if done.returncode == 0 else None

    def _succeeds(self, *arguments: str) -> bool:
        return self._git(*arguments).returncode == 0

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        try:
            return run_git(self.folder, *arguments)
        except FileNotFoundError:
            raise GitError("git is not installed", fix="install git") from None
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise GitError(
                f"git {arguments[0]} did not end in {SECONDS} s"
                if isinstance(fault, subprocess.TimeoutExpired)
                else f"git can't be run: {fault}",
                fix="check whether another git process locks the repository",
            ) from None


def _former_folder(old: str, new: str) -> str | None:
    """``old`` of ``old/a.py`` that is ``new/a.py`` now; None where it is a file alone."""
    before, after = old.split("/"), new.split("/")
    while before and after and before[-1] == after[-1]:
        before.pop()
        after.pop()
    return "/".join(before) if before and "/".join(before) != old else None


def _is_in(file: str, paths: Sequence[str]) -> bool:
    own = [path.rstrip("/") for path in paths]
    return any(path in ("", ".", file) or file.startswith(f"{path}/") for path in own)
