"""The SQL that dbt has compiled of a model, for monitors that need what only dbt has.

A model with ``compiled_by: dbt`` may use macros of packages, ``target`` and ``this``. dbt pastes
values as text, so such a model knows no instant: it finds the failing rows of the present.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from plumbline.core.errors import MonitorError
from plumbline.models.manifest import NO_ROWS, RUN_DBT, RUN_NOT_EMPTY
from plumbline.models.relations import checked_relation
from plumbline.models.workspace import Workspace

_RELATION = re.compile(r"`([^`]+)`\.`([^`]+)`\.`([^`]+)`")
_VARIABLE = re.compile(r"\bvar\(\s*['\"](\w+)")


@dataclass(frozen=True)
class DbtSql:
    """Compiled SQL, and the tables that it names."""

    text: str
    sources: tuple[str, ...]


def dbt_sql(model: str, file: Path, workspace: Workspace) -> DbtSql:
    """What dbt has made of ``model``, with the datasets of the target.

    Raises:
        MonitorError: dbt has not compiled it, or not as it is now, or without rows, or its values
            would be dbt's.
    """
    text = workspace.project.files.text(file, error=MonitorError, what="the model")
    variable = _VARIABLE.search(text)
    if variable is not None:
        raise MonitorError(
            f"the model is compiled by dbt, which pastes its own value of {variable[1]!r}",
            file=file,
            fix="write the value, or remove compiled_by from the model's description",
        )
    own = str(workspace.project.dbt.get("name") or "")
    manifest = workspace.manifest
    node = manifest.find(model, package=own, version=None, own=own) if manifest else None
    if manifest is None or node is None or node.compiled is None:
        raise MonitorError(
            "the model is compiled by dbt, and dbt has not compiled it",
            file=workspace.manifest_file,
            key=f"nodes.model.{own}.{model}.compiled_code",
            fix="run `dbt compile`",
        )
    if node.checksum != hashlib.sha256(text.strip().encode()).hexdigest():
        raise MonitorError(
            "the model has changed since dbt compiled it",
            file=file,
            fix=RUN_DBT,
        )
    if NO_ROWS in node.compiled:
        raise MonitorError(
            "dbt compiled it with --empty, so that it reads no rows",
            file=manifest.file,
            key=f"nodes.{node.id}.compiled_code",
            fix=RUN_NOT_EMPTY,
        )
    sources: dict[str, None] = {}

    def moved(found: re.Match[str]) -> str:
        relation = checked_relation(
            project=found[1],
            dataset=workspace.dataset_name(found[2], found[1]),
            table=found[3],
            file=str(manifest.file),
            key=f"nodes.{node.id}.compiled_code",
        )
        sources[relation.key] = None
        return str(relation)

    return DbtSql(_RELATION.sub(moved, node.compiled), tuple(sources))
