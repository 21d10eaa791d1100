"""The files that deploy a project: image, compose file, declaration for Google Cloud, watchdog.

Used by ``plumbline deploy init``. They come from the package, so an installed plumbline needs no
clone of its repository; and the image installs what is installed here.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import distributions
from pathlib import Path, PurePath, PurePosixPath
from typing import Literal

from plumbline.core.installation import DISTRIBUTION, Installation
from plumbline.deploy.docs_hosting import NGINX_IMAGE, site_conf
from plumbline.models.dbt_home import find_dbt_home
from plumbline.project import Project
from plumbline.scaffold.templating import render
from plumbline.scaffold.writing import write_new
from plumbline.schedule.export.files import Scope
from plumbline.schedule.export.installing import Repository, install_lines, read_repository

Platform = Literal["cloud-run", "docker"]

CONSTRAINTS = "deploy/constraints.txt"
_WHEELS = "wheels"
_LONGEST_ACCOUNT = 30
_MOUNT = "/site"


@dataclass(frozen=True)
class Wanted:
    """What is to be deployed, and where.

    Args:
        target: of kind bigquery.
        google_project: for Cloud Run.
        region: for Cloud Run.
        requirements: a file in the project that locks plumbline and all it needs; None: what is
            installed here.
    """

    platform: Platform
    target: str
    google_project: str | None = None
    region: str | None = None
    requirements: Path | None = None


@dataclass(frozen=True)
class Written:
    """What was done, by path."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    """Files that were there."""


@dataclass(frozen=True)
class _Install:
    """How the image and the workflow install plumbline."""

    in_image: tuple[str, ...]
    """Commands in the image, at the project's folder."""
    in_workflow: tuple[str, ...]
    """Commands at the repository's root."""
    copied: tuple[str, ...]
    """What the image needs for it, below the project's folder."""
    files: Mapping[str, str] = field(default_factory=dict)
    """What has to be written for it, by path."""
    needs_git: bool = False


def write_deployment(project: Project, wanted: Wanted, installed: Installation | None) -> Written:
    """Write what is missing; what is there stays as it is.

    Raises:
        ConfigError: it can't be said which plumbline to install, or a value is missing.
    """
    root = project.root.resolve()
    repository = read_repository(root)
    copied_wheel = None
    wheel = installed.path if installed is not None and wanted.requirements is None else None
    if installed is not None and wheel is not None and wheel.is_file():
        copied_wheel = _copy_wheel(wheel, root)
        # The copy is what the image and the workflow can reach.
        installed = replace(installed, url=(root / _WHEELS / wheel.name).as_uri())
    install = _read_install(installed, repository, root, wanted.requirements)
    files = {
        _below(repository, path): text
        for path, text in _project_files(project, wanted, install).items()
    }
    files[f".github/workflows/{Scope(project.identity, wanted.target).name}-watchdog.yml"] = (
        _watchdog(project, wanted, install, repository)
    )
    kept = tuple(repository.root / name for name in files if (repository.root / name).exists())
    new = {name: text for name, text in files.items() if repository.root / name not in kept}
    written = write_new(repository.root, new)
    return Written((*([copied_wheel] if copied_wheel else []), *written), kept)


def _project_files(project: Project, wanted: Wanted, install: _Install) -> dict[str, str]:
    identity = project.identity
    base = Scope(identity, wanted.target).name
    word = base.removeprefix("plumbline-")
    checkpoints = [schedule.checkpoint for schedule in project.schedules]
    variables = tuple(project.alerts.variables)
    values = {
        "name": identity,
        "image": base,
        "account": base[: _LONGEST_ACCOUNT - len("-start")].rstrip("-"),
        "target": wanted.target,
        "checkpoint": checkpoints[0] if checkpoints else "health_check",
        "python": _python(),
        "needs_git": install.needs_git,
        "copied": install.copied,
        "constraints": CONSTRAINTS if CONSTRAINTS in install.files else None,
        "installing": install.in_image,
        "variables": variables,
        "secrets": {one: f"{word}-{one.lower().replace('_', '-')}" for one in variables},
        "nginx": NGINX_IMAGE,
        "dbt": _dbt_beside(project),
        "google_project": wanted.google_project,
        "region": wanted.region,
    }
    files = {
        "Dockerfile": render("deploy/Dockerfile", **values),
        ".dockerignore": render("deploy/dockerignore", **values),
        **install.files,
    }
    if wanted.platform == "docker":
        files["compose.yaml"] = render("deploy/compose.yaml", **values)
        files["deploy/nginx.conf"] = site_conf(wanted.target, folder=_MOUNT)
    else:
        files["deploy/deploy.yml"] = render("deploy/deploy.yml", **values)
    return files


@dataclass(frozen=True)
class _DbtBeside:
    """The dbt project outside of the plumbline project's folder, which is the image's context."""

    folder: str
    """From the plumbline project's folder."""
    manifest: str
    """From its own."""
    working_directory: str
    """Of the image: below which the same relative path leads to it."""


def _dbt_beside(project: Project) -> _DbtBeside | None:
    home = find_dbt_home(project)
    if home.is_own:
        return None
    root, manifest = project.root.resolve(), home.manifest_file
    folder = PurePath(os.path.relpath(home.root, root))
    above = sum(part == ".." for part in folder.parts)
    return _DbtBeside(
        folder.as_posix(),
        PurePath(os.path.relpath(manifest, home.root)).as_posix(),
        PurePosixPath("/app", *root.parts[len(root.parts) - above :]).as_posix(),
    )


def _watchdog(project: Project, wanted: Wanted, install: _Install, repository: Repository) -> str:
    folder = repository.folder
    return render(
        "deploy/watchdog.yml",
        name=project.identity,
        target=wanted.target,
        python=_python(),
        installing=install.in_workflow,
        variables=tuple(project.alerts.variables),
        project_dir="" if folder == "." else f" --project-dir {shlex.quote(folder)}",
    )


def _read_install(
    installed: Installation | None, repository: Repository, root: Path, requirements: Path | None
) -> _Install:
    in_workflow = install_lines(installed, repository, requirements)
    # The image is built in the project's folder, of which git says nothing.
    context = Repository(root, root, is_git=False)
    in_image = install_lines(installed, context, requirements)
    if requirements is not None:
        locked = requirements.resolve().relative_to(root).as_posix()
        wheels = (_WHEELS,) if (root / _WHEELS).is_dir() else ()
        return _Install(tuple(in_image), tuple(in_workflow), (*wheels, locked))
    wheels = (_WHEELS,) if installed is not None and installed.path is not None else ()
    return _Install(
        tuple(in_image),
        tuple(in_workflow),
        (*wheels, CONSTRAINTS),
        {CONSTRAINTS: _constraints()},
        needs_git=installed is not None and installed.commit is not None,
    )


def _copy_wheel(wheel: Path, root: Path) -> Path | None:
    """Copy the wheel from which plumbline was installed into the project; None: it is there."""
    copy = root / _WHEELS / wheel.name
    if copy.is_file() and copy.read_bytes() == wheel.read_bytes():
        return None
    copy.parent.mkdir(exist_ok=True)
    shutil.copyfile(wheel, copy)
    return copy


def _constraints() -> str:
    """The versions of all packages that are installed here, which bind only what is needed."""
    found = {one.name.lower(): one.version for one in distributions() if one.name}
    found.pop(DISTRIBUTION, None)
    lines = [f"{name}=={version}" for name, version in sorted(found.items())]
    about = "# The versions that were installed when `plumbline deploy init` was run."
    return "\n".join([about, *lines]) + "\n"


def _below(repository: Repository, path: str) -> str:
    return path if repository.folder == "." else f"{repository.folder}/{path}"


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"
