"""The folders that ``dbt_project.yml`` names for models and macros."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plumbline.core.errors import ConfigError


def model_folders(root: Path, dbt: Mapping[str, Any]) -> tuple[Path, ...]:
    """``model-paths``.

    Raises:
        ConfigError: it is not a list of folders of the project.
    """
    return _folders(root, dbt, "model-paths", "models")


def macro_folders(root: Path, dbt: Mapping[str, Any]) -> tuple[Path, ...]:
    """``macro-paths``.

    Raises:
        ConfigError: it is not a list of folders of the project.
    """
    return _folders(root, dbt, "macro-paths", "macros")


def _folders(root: Path, dbt: Mapping[str, Any], key: str, default: str) -> tuple[Path, ...]:
    names = dbt.get(key, [default])
    if not are_folders(root, names):
        raise ConfigError(
            f"{key} is not a list of folders of the project",
            file=root / "dbt_project.yml",
            key=key,
            fix=f'write {key}: ["{default}"]',
        )
    return tuple(root / name for name in names)


def are_folders(root: Path, value: object) -> bool:
    """Whether ``value`` is a list of folders below ``root``, where also links must stay."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return False
    real = root.resolve()
    try:
        return all((root / name).resolve().is_relative_to(real) for name in value)
    except (OSError, ValueError, RuntimeError):
        return False
