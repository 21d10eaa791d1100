"""How an exported workflow installs plumbline: what is installed here, or a locked file.

Never by its name alone. Whoever registers a name that an index doesn't have would run code in a
job that may sign in to Google.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plumbline.core.errors import ConfigError
from plumbline.core.installation import DISTRIBUTION, Installation
from plumbline.net.git import FAILURES, read_git

_FLAG = "--requirements"
_PIP = "python -m pip install"
_LOCKED = f"{_PIP} --no-deps --require-hashes --only-binary :all:"


@dataclass(frozen=True)
class Repository:
    """The git repository that holds the project, as a job checks it out."""

    root: Path
    project_dir: Path
    """Below ``root``, or ``root`` itself."""
    is_git: bool = True
    """Whether it is one already; if not, ``root`` is the project's folder."""

    @property
    def folder(self) -> str:
        """The project's, below the root; ``.`` for the root."""
        return self.project_dir.relative_to(self.root).as_posix()


def read_repository(project_dir: Path) -> Repository:
    """The repository of a project, as git says it."""
    folder = project_dir.resolve()
    try:
        root = Path(read_git(folder, "rev-parse", "--show-toplevel").rstrip("\n"))
    except FAILURES:
        return Repository(folder, folder, is_git=False)
    return Repository(root.resolve(), folder)


def install_lines(
    installed: Installation | None, repository: Repository, requirements: Path | None
) -> list[str]:
    """The commands for a shell at the repository's root.

    Args:
        installed: what is installed here; None: nothing is.
        repository: what the job checks out.
        requirements: a file in it that locks plumbline and all it needs, with hashes.

    Raises:
        ConfigError: it can't be said what is to be installed; or the file doesn't lock it.
    """
    if requirements is not None:
        return [_from_file(installed, repository, requirements)]
    if installed is None or installed.url is None:
        raise _unknown(
            "plumbline is not installed from a file, URL or repository, and a package index is "
            "not recorded"
        )
    if installed.path is not None:
        return _from_this_machine(installed, installed.path, repository)
    if not installed.url.startswith("https://"):
        raise _unknown(f"a job can't install plumbline from {installed.url}")
    if installed.commit is None and installed.sha256 is None:
        raise _unknown(f"the record of {installed.url} has no SHA-256")
    return [f"{_PIP} {shlex.quote(installed.requirement())}"]


def _from_this_machine(installed: Installation, path: Path, repository: Repository) -> list[str]:
    root = repository.root
    if path.is_dir():
        if not _is_below(path, root):
            raise _unknown(f"plumbline is installed from {path}, which is not in {root}")
        return _from_sources(path, root)
    digest = installed.sha256 or _digest(path)
    copies = (path, *root.glob(path.name), *root.glob(f"*/{path.name}"))
    folder = repository.project_dir
    for copy in (*copies, *folder.glob(path.name), *folder.glob(f"*/{path.name}")):
        if _is_below(copy, root) and digest is not None and _digest(copy) == digest:
            name = copy.resolve().relative_to(root.resolve()).as_posix()
            return [
                f"echo {shlex.quote(f'{digest}  {name}')} | sha256sum --check",
                f"{_PIP} {shlex.quote(f'./{name}')}",
            ]
    raise ConfigError(
        f"plumbline is installed from {path}, which a job can't reach",
        key=_FLAG,
        fix=f"copy that file to {root / 'wheels'}, commit it and export again; or give "
        f"{_FLAG} FILE, which locks {DISTRIBUTION} with its hash",
    )


def _from_sources(path: Path, root: Path) -> list[str]:
    """plumbline's own repository."""
    below = path.resolve().relative_to(root.resolve())
    locks = [(below / "requirements" / f"{name}.txt").as_posix() for name in ("build", "runtime")]
    files = " ".join(f"-r {shlex.quote(lock)}" for lock in locks)
    folder = "." if below == Path() else f"./{below.as_posix()}"
    return [
        f"{_LOCKED} {files}",
        f"{_PIP} --no-deps --no-index --no-build-isolation {shlex.quote(folder)}",
    ]


def _from_file(installed: Installation | None, repository: Repository, file: Path) -> str:
    if not file.is_file():
        raise ConfigError(f"there is no file {file}", key=_FLAG, fix="give a requirements file")
    if not _is_below(file, repository.root):
        raise ConfigError(
            f"{file} is not in {repository.root}, which a job checks out",
            key=_FLAG,
            fix="put it into the repository and commit it",
        )
    versions = list(_locked_versions(file.read_text(encoding="utf-8")))
    if not versions:
        raise ConfigError(
            f"{file} doesn't lock {DISTRIBUTION}",
            file=file,
            fix=f"it must hold `{DISTRIBUTION}==VERSION --hash=sha256:...`, or a wheel with its "
            "hash, and all that plumbline needs, as `uv pip compile --generate-hashes` writes it",
        )
    if installed is not None and installed.version not in versions:
        raise ConfigError(
            f"{file} locks {DISTRIBUTION} {versions[0]}, but {installed.version} is installed here",
            file=file,
            fix="lock the version that is installed, or install the one that is locked",
        )
    name = file.resolve().relative_to(repository.root.resolve()).as_posix()
    return f"{_PIP} --require-hashes -r {shlex.quote(name)}"


def _locked_versions(text: str) -> Iterator[str]:
    """Those of plumbline's lines that have a hash."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        locked = re.match(
            r"\s*(?:(?:\S*/)?plumbline_dq-(?P<wheel>[^-/\s]+)-\S+\.whl\b"
            r"|plumbline[-_.]+dq(?:\[[^]]*])?\s*(?:==\s*(?P<pin>[^\s;]+)"
            r"|@\s*\S*/plumbline_dq-(?P<url>[^-/\s]+)-\S+\.whl\b))",
            line,
            re.IGNORECASE,
        )
        if locked and re.search(r"(?:--hash=sha256:|#sha256=)[0-9a-f]{64}\b", line):
            yield locked["wheel"] or locked["pin"] or locked["url"]


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _digest(file: Path) -> str | None:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def _unknown(why: str) -> ConfigError:
    return ConfigError(
        f"a workflow can't say which plumbline to install: {why}",
        key=_FLAG,
        fix=f"give {_FLAG} FILE, a file in the repository that locks {DISTRIBUTION} with its hash; "
        "or install plumbline from a wheel in the repository, or from git over https",
    )
