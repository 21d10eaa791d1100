"""Where this plumbline was installed from, by the record that installers keep (PEP 610).

Used by exported workflows, which install the same, and by fixes that name an extra. The name alone
is never a way to install it: an index that doesn't have it may get it from anybody.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

DISTRIBUTION = "plumbline-dq"
WHEEL = "/path/to/plumbline_dq.whl"
"""Stands in a fix for a wheel that isn't known."""


@dataclass(frozen=True)
class Installation:
    """What was installed, and from where."""

    version: str
    url: str | None = None
    """Of a file, a folder or a repository; None: from a package index, which isn't recorded."""
    sha256: str | None = None
    """Of a file."""
    commit: str | None = None
    """Of a git repository."""
    subdirectory: str | None = None
    """Of the package in that repository."""
    is_editable: bool = False

    @property
    def path(self) -> Path | None:
        """The file or folder on this machine; None: it is elsewhere."""
        if self.url is None or self.commit is not None:
            return None
        parts = urlsplit(self.url)
        return Path(unquote(parts.path)) if parts.scheme == "file" else None

    def requirement(self, extra: str | None = None) -> str:
        """What an installer takes to install the same again, from the same place.

        Without a place, only the version: right where it is installed already, or for an index
        that is known to have it.
        """
        extras = f"[{extra}]" if extra else ""
        if self.path is not None:
            return f"{self.path if self.path.exists() else WHEEL}{extras}"
        if self.url is None:
            return f"{DISTRIBUTION}{extras}=={self.version}"
        if self.commit is None:
            hash_ = f"#sha256={self.sha256}" if self.sha256 else ""
            return f"{DISTRIBUTION}{extras} @ {self.url}{hash_}"
        folder = f"#subdirectory={self.subdirectory}" if self.subdirectory else ""
        return f"{DISTRIBUTION}{extras} @ git+{self.url}@{self.commit}{folder}"


@cache
def read_installation() -> Installation | None:
    """The installation of this process; None: it runs from sources that aren't installed."""
    try:
        return parse_installation(distribution(DISTRIBUTION))
    except PackageNotFoundError:
        return None


def parse_installation(found: Distribution) -> Installation:
    """What the metadata of ``found`` say."""
    text = found.read_text("direct_url.json")
    record: dict[str, Any] = json.loads(text) if text else {}
    archive = record.get("archive_info") or {}
    hashes = archive.get("hashes") or dict([str(archive.get("hash") or "=").split("=", 1)])
    repository = record.get("vcs_info") or {}
    url = record.get("url")
    return Installation(
        version=found.version,
        url=None if url is None else _without_credentials(url),
        sha256=hashes.get("sha256"),
        commit=repository.get("commit_id"),
        subdirectory=record.get("subdirectory"),
        is_editable=bool((record.get("dir_info") or {}).get("editable")),
    )


def install_fix(extra: str | None = None) -> str:
    """The command that installs plumbline with ``extra`` the way it was installed here."""
    found = read_installation()
    requirement = (
        f"{WHEEL}{f'[{extra}]' if extra else ''}" if found is None else found.requirement(extra)
    )
    editable = "--editable " if found is not None and found.is_editable else ""
    return f"{_installer(Path(sys.prefix))} {editable}{shlex.quote(requirement)}"


def _installer(environment: Path) -> str:
    """What made ``environment``, which takes the extra only as a whole anew."""
    if (environment / "uv-receipt.toml").is_file():
        return "uv tool install --force"
    if (environment / "pipx_metadata.json").is_file():
        return "pipx install --force"
    return "pip install"


def _without_credentials(url: str) -> str:
    return re.sub(r"^(https?://)[^/@]*@", r"\1", url)
