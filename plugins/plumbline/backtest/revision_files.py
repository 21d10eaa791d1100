"""A project as it was at another git revision, in a folder of its own."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from plumbline.core.errors import ConfigError
from plumbline.project import Project
from plumbline.project.find import PROJECT_FILE

_SECONDS = 60


@contextmanager
def project_at(project: Project, revision: str) -> Iterator[Project]:
    """The project of ``revision``, for the time of a ``with``.

    Raises:
        ConfigError: outside git, no such revision, or the project was not there then.
    """
    commit = resolve(project.root, revision)
    with TemporaryDirectory(prefix="plumbline-base-") as folder:
        # In a folder of a repository, git archives what is below it.
        content = _git(project.root, "archive", "--format=tar", commit)
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(folder, members=_needed(archive), filter="data")
        root = Path(folder)
        if not (root / PROJECT_FILE).is_file():
            raise ConfigError(
                f"there is no {PROJECT_FILE} in revision {revision}",
                key="--base",
                fix="name a later revision",
            )
        yield Project(root)


def resolve(root: Path, revision: str) -> str:
    """The commit that ``revision`` names.

    Raises:
        ConfigError: outside git, or there is none.
    """
    try:
        _git(root, "rev-parse", "--git-dir")
    except (OSError, subprocess.SubprocessError):
        raise ConfigError(
            f"{root} is not in a git repository, so there is no base to compare with",
            key="--base",
            fix="run it in a clone",
        ) from None
    try:
        said = _git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    except (OSError, subprocess.SubprocessError):
        raise ConfigError(
            f"git knows no revision {revision!r}",
            key="--base",
            fix="name a branch, a tag or a commit that is there; fetch it first (in GitHub "
            "Actions: fetch-depth: 0)",
        ) from None
    return said.decode().strip()


def _needed(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """All but the package itself: of it, there is one."""
    for member in archive:
        if not member.name.startswith("plugins/plumbline/"):
            yield member


def _git(root: Path, *arguments: str) -> bytes:
    return subprocess.run(
        ["git", "-C", str(root), "--no-optional-locks", *arguments],
        check=True,
        capture_output=True,
        timeout=_SECONDS,
    ).stdout
