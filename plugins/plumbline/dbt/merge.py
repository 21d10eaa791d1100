"""A repeated import: what changed in dbt is taken over, what people edited stays.

The lock file keeps a hash of each part that was imported: of the table of a suite, its owner, an
expectation, the SQL of a model. So dbt's version, the one in the file and the one that was imported
last are compared, as git compares three commits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plumbline.core.errors import ConfigError

LOCK_FILE = "dbt-import.lock"
_VERSION = 1

Parts = Mapping[str, Any]
"""What of a file comes from dbt, by name; a part that is not there is not there."""
Hashes = Mapping[str, str]


@dataclass(frozen=True)
class Conflict:
    """A part that both dbt and a person changed."""

    part: str
    ours: Any
    dbt: Any


@dataclass(frozen=True)
class Merged:
    """What a file shall hold."""

    parts: dict[str, Any]
    edited: tuple[str, ...]
    """Parts that people changed, and that stay as they are."""
    conflicts: tuple[Conflict, ...]


def merge(imported: Hashes, ours: Parts, dbt: Parts, held: Collection[str] = ()) -> Merged:
    """From what was imported last, what is in the file, and what dbt says now.

    Parts that are ``held`` stay as they are: dbt has them, and can't say how they are now.
    """
    parts, edited, conflicts = {}, [], []
    for name in dict.fromkeys((*ours, *dbt, *imported)):
        mine, theirs = ours.get(name), dbt.get(name)
        base, of_mine, of_theirs = imported.get(name), digest(mine), digest(theirs)
        chosen = theirs if of_mine == base and name not in held else mine
        if of_mine not in (base, of_theirs) and name not in held:
            if of_theirs != base:
                conflicts.append(Conflict(name, mine, theirs))
            elif base is not None:
                edited.append(name)
        if chosen is not None:
            parts[name] = chosen
    return Merged(parts, tuple(edited), tuple(conflicts))


def digest(part: Any) -> str | None:
    """A hash of what a part means; None where it is not there."""
    if part is None:
        return None
    text = json.dumps(part, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def hashes(parts: Parts) -> dict[str, str]:
    """Of each part."""
    return {name: found for name, part in parts.items() if (found := digest(part)) is not None}


@dataclass(frozen=True)
class LockedFile:
    """A file as it was imported."""

    of: str
    """What it is of: the id of a table or of a test."""
    parts: Hashes


@dataclass(frozen=True)
class Lock:
    """The files of the last import, by their path from the project's folder."""

    files: Mapping[str, LockedFile] = field(default_factory=dict)

    def path_of(self, of: str, folder: str) -> str | None:
        """Where in ``folder`` the file of a table or a test is."""
        found = (
            path
            for path, file in self.files.items()
            if file.of == of and path.startswith(f"{folder}/")
        )
        return next(found, None)

    def text(self) -> str:
        """As it is written: one line a part, so that git merges it."""
        content = {
            "version": _VERSION,
            "files": {
                path: {"of": file.of, "parts": dict(file.parts)}
                for path, file in sorted(self.files.items())
            },
        }
        return json.dumps(content, indent=2) + "\n"


def read_lock(file: Path) -> Lock:
    """The lock of the last import; an empty one before the first.

    Raises:
        ConfigError: it is not what an import wrote.
    """
    if not file.is_file():
        return Lock()
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["version"] != _VERSION:
            raise ValueError
        return Lock(
            {
                str(path): LockedFile(str(one["of"]), dict(one["parts"]))
                for path, one in content["files"].items()
            }
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(
            "the file of the last import can't be read",
            file=file,
            fix="restore it from git; without it, an import can't tell your edits from dbt's",
        ) from None
