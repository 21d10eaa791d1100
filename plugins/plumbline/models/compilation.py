"""One compilation: what ``ref``, ``source`` and ``var`` do while a model's template is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.core.instants import find_zone, no_zone
from plumbline.core.parameter import Parameter
from plumbline.models.binding import BoundSql, Use, bind
from plumbline.models.compiled import CompiledModel
from plumbline.models.dbt_sql import dbt_sql
from plumbline.models.references import Place, Reference
from plumbline.models.refs import Ref, resolve_ref
from plumbline.models.sources import find_source
from plumbline.models.templates import LONGEST_SQL, current_place
from plumbline.models.variables import NAME, VariableError, check_bounds, parameter, typed_like
from plumbline.models.workspace import Workspace
from plumbline.project.documents import DBT_FILE
from plumbline.project.jinja import holds_jinja, render_variable
from plumbline.project.sandbox import bounded

# plumbline sets these itself; dbt_project.yml holds defaults only so that dbt can compile too.
BUILT_IN = ("as_of", "first_date", "last_date", "plumbline_project", "plumbline_target")


@dataclass(frozen=True)
class _Piece:
    """One rendered model, before it is put together with those that it refers to."""

    sql: BoundSql
    refs: Mapping[str, Place]
    """The models that are inlined in it."""


@dataclass
class Compilation:
    """The state of one ``Compiler.compile`` call."""

    workspace: Workspace
    as_of: Sequence[datetime]
    given: Mapping[str, object]
    where: str
    uses: list[Use] = field(default_factory=list)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)
    naming: dict[str, None] = field(default_factory=dict)
    """The variables that names of sources are made of."""
    pieces: dict[str, _Piece] = field(default_factory=dict)

    def compile(self, model: str) -> CompiledModel:
        file = self.workspace.models.find(model, file=self.where)
        with self._bounded(file):
            whole = self._put_together(model, file)
            self._check_values(model)
            return whole

    def compile_text(
        self, name: str, text: str, *, file: Path, functions: Mapping[str, Callable[..., str]]
    ) -> CompiledModel:
        """``text``, a value in ``file``, as one SELECT.

        Args:
            name: unlike that of any model.
            functions: what it may call beside those of a model.
        """
        with self._bounded(file):
            self.pieces[name] = self._rendered(
                lambda known: self.workspace.templates.render_text(
                    text, file=file, functions={**known, **functions}
                ),
                file,
            )
            return self._put_together(name, file)

    @contextmanager
    def _bounded(self, file: Path) -> Iterator[None]:
        try:
            with bounded():  # for all pieces together
                yield
        except RecursionError:
            raise MonitorError(
                "models and macros refer to each other too deeply",
