"""A project as it was at another git revision, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from plumbline.core.errors import ConfigError, MonitorError
from plumbline.models.dbt_home import DbtHome, find_dbt_home
from plumbline.net.git import FAILURES, read_git
from plumbline.project import Project
from plumbline.project.documents import DBT_FILE
from plumbline.project.find import PROJECT_FILE


@contextmanager
def project_at(project: Project, revision: str) -> Iterator[Project]:
    """The project of ``revision``, for the time of a ``with``.

    Raises:
        ConfigError: outside git, no such revision, or the project was not there then.
    """
    commit = resolve(project.root, revision)
    with TemporaryDirectory(prefix="plumbline-base-") as folder:
        home = _dbt_home(project)
        # As far below a folder of its own as the project is below the dbt project around it.
        above = () if home is None else PurePath(_way_to(home, project)).parts
        packed = Path(folder, "base.tar")
        root = Path(folder, "base", *("project" for part in above if part == ".."))
        # In a folder of a repository, git archives what is below it.
        read_git(project.root, "archive", "--format=tar", f"--output={packed}", commit)
        with tarfile.open(packed) as archive:
            # As a checkout: links of the repository may lead anywhere. Python before 3.11.4 has no
            # filters, and git names no file outside of its folder.
            archive.extraction_filter = getattr(tarfile, "tar_filter", None)
            archive.extractall(root, members=_needed(archive))
        if not (root / PROJECT_FILE).is_file():
            raise ConfigError(
                f"there is no {PROJECT_FILE} in revision {revision}",
                key="--base",
                fix="name a later revision",
            )
        if home is not None:
            _copy_dbt(home, Path(os.path.normpath(root / _way_to(home, project))))
        yield Project(root)


def resolve(root: Path, revision: str) -> str:
    """The commit that ``revision`` names.

    Raises:
        ConfigError: outside git, or there is none.
    """
    try:
        read_git(root, "rev-parse", "--git-dir")
    except FAILURES:
        raise ConfigError(
            f"{root} is not in a git repository, so there is no base to compare with",
            key="--base",
            fix="run it in a clone",
        ) from None
    try:
        said = read_git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    except FAILURES:
        raise ConfigError(
            f"git has no revision {revision!r}",
            key="--base",
            fix="name an existing branch, tag or commit; fetch it first (in GitHub "
            "Actions: fetch-depth: 0)",
        ) from None
    return said.strip()


def _dbt_home(project: Project) -> DbtHome | None:
    try:
        return find_dbt_home(project)
    except MonitorError:  # each model that needs it says so
        return None


def _way_to(home: DbtHome, project: Project) -> str:
    return os.path.relpath(home.root.resolve(), project.root.resolve())


def _copy_dbt(home: DbtHome, to: Path) -> None:
    """What says where dbt's tables are, as it is now: git doesn't have the manifest."""
    for file in (home.root / DBT_FILE, home.manifest_file):
        copy = to / os.path.relpath(file, home.root)
        if file.is_file() and file.is_relative_to(home.root) and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)


def _needed(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """All but the package itself: of it, there is one."""
    for member in archive:
        if not member.name.startswith("plugins/plumbline/"):
            yield member
