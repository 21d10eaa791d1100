"""The compiler: a model's file, with everything that it refers to, as one SELECT.

Ephemeral models become CTEs named and ordered as dbt does it, so that ``dbt compile`` and
``plumbline compile`` give the same query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from plumbline.models.compilation import Compilation
from plumbline.models.compiled import CompiledModel
from plumbline.models.drilldown import FailingGroups, compile_drilldown
from plumbline.models.named_table import NamedTable, find_table, near_source
from plumbline.models.properties import ModelProperties
from plumbline.models.references import Place
from plumbline.models.refs import Ref, resolve_ref
from plumbline.models.unbuilt import fix_of_unbuilt
from plumbline.models.workspace import ProjectLike, TargetLike, Workspace


class Compiler:
    """Compiles models of one project for one target. Parsed files are kept between calls."""

    def __init__(self, project: ProjectLike, target: TargetLike) -> None:
        self._workspace = Workspace(project, target)

    def properties(self, model: str) -> ModelProperties | None:
        """What ``schema.yml`` says of ``model``."""
        return self._workspace.properties.models.get(model)

    def table(self, name: str, *, file: str, key: str) -> NamedTable:
        """The table that a suite names: a source, a model that dbt has built, or a plain name.

        Raises:
            MonitorError: it can't be told, or the name is none of BigQuery's.
        """
        return find_table(name, self._workspace, Place(file, 0, key))

    def near_table(self, name: str) -> str | None:
        """As the fix of a table that is not there: the declared source with a similar name."""
        return near_source(name, self._workspace)

    def fix_of_unbuilt(self, what: str) -> str | None:
        """As the fix of a table that is not there: how dbt builds it; None: it is not dbt's.

        Args:
            what: BigQuery's message.
        """
        return fix_of_unbuilt(what, self._workspace)

    def is_inlined(self, name: str, *, file: str, key: str) -> bool:
        """Whether a suite names a model of the project that has no table.

        Raises:
            MonitorError: there is no such model.
        """
        if "." in name:
            return False
        return resolve_ref(Ref(name, None, None, Place(file, 0, key)), self._workspace) is None

    def compile(
        self,
        model: str,
        *,
        as_of: Sequence[datetime],
        vars: Mapping[str, object],  # noqa: A002 - the word of dbt and of the suites
        where: str,
    ) -> CompiledModel:
        """``model`` as one SELECT over the evaluation instants ``as_of``.

        Args:
            as_of: instants with a zone, at least one.
            vars: values that differ from the project's defaults.
            where: the file or argument that chose the model and the values, for messages.

        Raises:
            MonitorError: a fault in the model's files or values, with file, line and fix.
        """
        if not as_of or any(instant.tzinfo is None for instant in as_of):
            raise ValueError("as_of needs at least one instant, each with a zone")
        return Compilation(self._workspace, as_of=as_of, given=vars, where=where).compile(model)

    def drilldown(
        self,
        monitor: str,
        text: str,
        groups: FailingGroups,
        *,
        as_of: datetime,
        vars: Mapping[str, object],  # noqa: A002 - as above
        file: Path,
    ) -> CompiledModel:
        """The query for the rows behind a monitor's failing groups.

        Args:
            text: the template, as it stands in the suite.
            as_of: the instant that was judged.
            vars: as for the monitor's model.
            file: the suite.

        Raises:
            MonitorError: a fault in the template, with file, line and fix.
        """
        return compile_drilldown(
            self._workspace, monitor, text, groups, as_of=as_of, vars=vars, file=file
        )
