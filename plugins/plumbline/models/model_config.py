"""How a model is configured, as far as its files say so in plain words.

dbt's order: the model's own ``config()``, its entry in a properties file, the project file. Nothing
is rendered, because a model that dbt builds may be full of what only dbt knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plumbline.models.workspace import Workspace

# BigQuery's words for the same.
_SYNONYMS = {
    "materialized": ("materialized",),
    "alias": ("alias",),
    "schema": ("schema", "dataset"),
    "database": ("database", "project"),
}


@dataclass(frozen=True)
class ModelConfig:
    materialized: str | None
    """None where it is calculated, so that only dbt knows."""
    place: Mapping[str, str]
    """Whatever of ``alias``, ``schema`` and ``database`` is said in plain words."""


def model_config(model: str, workspace: Workspace) -> ModelConfig:
    """The configuration of ``model``, whose file is in the project."""
    levels = list(_levels(model, workspace))
    said = {key: _first(levels, words) for key, words in _SYNONYMS.items()}
    materialized = said.pop("materialized")
    return ModelConfig(
        materialized="view" if materialized is None else _plain(materialized),
        place={key: text for key, value in said.items() if (text := _plain(value)) is not None},
    )


def _levels(model: str, workspace: Workspace) -> Iterator[Mapping[str, object]]:
    """What is said of ``model``, what counts most first."""
    file = workspace.models.find(model, file=None)
    yield workspace.templates.settings(file)
    properties = workspace.properties.models.get(model)
    if properties is not None:
        yield properties.config
    folder = next(folder for folder in workspace.folders if file.is_relative_to(folder))
    node: Any = workspace.project.dbt.get("models")
    folders: list[Mapping[str, object]] = []
    parts = file.relative_to(folder).with_suffix("").parts
    for part in (None, workspace.project.dbt.get("name"), *parts):
        node = node if part is None else node.get(part)
        if not isinstance(node, dict):
            break
        # What is a mapping is a folder, whatever it is called.
        settings = {key: value for key, value in node.items() if not isinstance(value, dict)}
        folders.append({str(key).removeprefix("+"): value for key, value in settings.items()})
    yield from reversed(folders)


def _first(levels: list[Mapping[str, object]], words: tuple[str, ...]) -> object:
    found = (level[word] for level in levels for word in words if level.get(word) is not None)
    return next(found, None)


def _plain(value: object) -> str | None:
    return value if isinstance(value, str) and "{" not in value else None
