"""Where models and macros lie: an index by name, made without rendering anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.project.dbt_folders import macro_folders
from plumbline.project.files import Files

_MACRO = re.compile(r"\{%-?\s*macro\s+([A-Za-z_]\w*)")


@dataclass(frozen=True)
class Index:
    """Files by the name that ``ref()`` or a call uses."""

    kind: str
    files: Mapping[str, tuple[Path, ...]]
    folders: tuple[Path, ...]

    def find(self, name: str, *, file: str | None, key: str | None = None) -> Path:
        """The one file of ``name``; ``file`` and ``key`` say who asks.

        Raises:
            MonitorError: none, or more than one.
        """
        found = self.files.get(name, ())
        if not found:
            raise MonitorError(
                f"there is no {self.kind} {name!r}",
                file=file,
                key=key,
                fix=did_you_mean(name, self.files)
                if self.files
                else f"add {self.kind}s/{name}.sql",
            )
        if len(found) > 1:
            raise MonitorError(
                f"there are {len(found)} files for {self.kind} {name!r}",
                file=found[0],
                fix=f"rename it here or in {found[1]}",
            )
        return found[0]


def index_models(folders: Sequence[Path], project_files: Files) -> Index:
    """Every ``.sql`` file under ``folders``, by its stem."""
    files: dict[str, tuple[Path, ...]] = {}
    for file in _sql_files(folders, project_files):
        files[file.stem] = (*files.get(file.stem, ()), file)
    return Index("model", files, tuple(folders))


def index_macros(root: Path, dbt: Mapping[str, Any], project_files: Files) -> Index:
    """Every macro under ``macro-paths``, by its name."""
    folders = macro_folders(root, dbt)
    files: dict[str, tuple[Path, ...]] = {}
    for file in _sql_files(folders, project_files):
        text = project_files.text(file, error=MonitorError, what="the macro file")
        for name in _MACRO.findall(text):
            files[name] = (*files.get(name, ()), file)
    return Index("macro", files, folders)


def _sql_files(folders: Sequence[Path], files: Files) -> list[Path]:
    return [file for folder in folders for file in files.listed(folder, "*.sql", below=True)]
