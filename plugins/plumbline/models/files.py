"""Where models and macros lie: an index by name, made without rendering anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbline.core.errors import ConfigError, MonitorError, did_you_mean
from plumbline.project.parsing import read_text

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
                fix=did_you_mean(name, self.files),
            )
        if len(found) > 1:
            raise MonitorError(
                f"there are {len(found)} files for {self.kind} {name!r}",
                file=found[0],
                fix=f"rename it here or in {found[1]}",
            )
        return found[0]


def model_folders(root: Path, dbt: Mapping[str, Any]) -> tuple[Path, ...]:
    """``model-paths`` of ``dbt_project.yml``."""
    return _folders(root, dbt, "model-paths", "models")


def index_models(folders: Sequence[Path]) -> Index:
    """Every ``.sql`` file under ``folders``, by its stem."""
    files: dict[str, tuple[Path, ...]] = {}
    for file in _sql_files(folders):
        files[file.stem] = (*files.get(file.stem, ()), file)
    return Index("model", files, tuple(folders))


def index_macros(root: Path, dbt: Mapping[str, Any]) -> Index:
    """Every macro under ``macro-paths``, by its name."""
    folders = _folders(root, dbt, "macro-paths", "macros")
    files: dict[str, tuple[Path, ...]] = {}
    for file in _sql_files(folders):
        for name in _MACRO.findall(read_text(file, error=MonitorError, what="the macro file")):
            files[name] = (*files.get(name, ()), file)
    return Index("macro", files, folders)


def _folders(root: Path, dbt: Mapping[str, Any], key: str, default: str) -> tuple[Path, ...]:
    names = dbt.get(key, [default])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(
            f"{key} is not a list of folders",
            file=root / "dbt_project.yml",
            key=key,
            fix=f'write {key}: ["{default}"]',
        )
    return tuple(root / name for name in names)


def _sql_files(folders: Sequence[Path]) -> list[Path]:
    return [file for folder in folders for file in sorted(folder.rglob("*.sql"))]
