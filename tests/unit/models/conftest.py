"""A project of a few files, for tests of the compiler."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plumbline.models import CompiledModel, Compiler
from plumbline.project import Project

NOW = datetime(2026, 2, 3, 5, tzinfo=UTC)

FILES = {
    "dbt_project.yml": """
        name: small
        vars:
          timezone: America/New_York
          days: 3
          share: 0.5
          primary: catboost_v9
          systems: [a, b]
          nobody: []
          since: 2026-01-01
          loud: true
          table_name: rows_v2
    """,
    "models/sources.yml": """
        version: 2
        sources:
          - name: nba
            tables:
              - name: games
              - name: rows
                identifier: rows_v3
          - name: elsewhere
            database: other-project
            schema: warehouse
            tables: [{name: games}]
    """,
}


@dataclass(frozen=True)
class SmallTarget:
    """A target with nothing but names."""

    project: str = "small-project"
    datasets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SmallProject:
    """A folder whose models can be compiled."""

    root: Path

    def write(self, files: Mapping[str, str]) -> SmallProject:
        """Add or replace files."""
        for name, text in files.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text), encoding="utf-8")
        return self

    def compile(
        self,
        model: str = "m",
        *,
        target: SmallTarget | None = None,
        as_of: tuple[datetime, ...] = (NOW,),
        **given: Any,
    ) -> CompiledModel:
        """The model, with ``given`` as a suite would give variables."""
        compiler = Compiler(Project(self.root), target or SmallTarget())
        return compiler.compile(model, as_of=as_of, vars=given, where="expectations/m.json")


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., SmallProject]:
    """``project("select 1")``, or ``project({"models/m.sql": ..., ...})``."""

    def make(files: str | Mapping[str, str]) -> SmallProject:
        given = {"models/m.sql": files} if isinstance(files, str) else files
        return SmallProject(tmp_path).write({**FILES, **given})

    return make
