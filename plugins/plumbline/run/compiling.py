"""From a monitor's suite to the SQL of its job: a model, or a table and all its expectations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from plumbline.core.errors import MonitorError, PlumblineError, WarehouseError
from plumbline.core.masking import named_columns, personal_among
from plumbline.models import CompiledModel, Compiler
from plumbline.models.drilldown import FailingGroups
from plumbline.models.named_table import NamedTable
from plumbline.models.properties import ModelProperties
from plumbline.models.relations import Relation
from plumbline.project import Project, Suite, Target
from plumbline.warehouse.result import ResultColumn

if TYPE_CHECKING:
    from google.cloud import bigquery

    from plumbline.evaluate.pushdown.source import Calendar
    from plumbline.evaluate.pushdown.statement import CompiledTable
    from plumbline.warehouse.metadata import TableMetadata

_TABLE = "meta.monitor.table"
_A_YEAR = 366
"""In days."""


def table_of(compiled: CompiledModel) -> CompiledTable | None:
    """``compiled`` as the statement of a suite over a table; None: it is a model's.

    What tables need is imported where there is one: most runs have none.
    """
    if type(compiled) is CompiledModel:
        return None
    from plumbline.evaluate.pushdown.statement import CompiledTable

    return compiled if isinstance(compiled, CompiledTable) else None


class MonitorCompiler:
    """Compiles the monitors of a project for a target.

    A suite over a table needs the table's columns, which are asked of the target.
    """

    def __init__(self, project: Project, target: Target) -> None:
        self._project = project
        self._target = target
        self._models = Compiler(project, target)
        self._known: dict[Relation, TableMetadata | WarehouseError] = {}

    def properties(self, model: str) -> ModelProperties | None:
        """What ``schema.yml`` says of ``model``."""
        return self._models.properties(model)

    def fix_of_sql(self, monitor: str) -> str:
        """What to do where the target refuses the SQL of ``monitor``."""
        fix = f"correct the SQL: `plumbline compile {monitor}` prints it as sent"
        if self._target.kind == "embedded":
            fix += (
                " (BigQuery may accept it: the embedded warehouse does not support all of its SQL)"
            )
        return fix

    def personal(self, suite: Suite) -> frozenset[str]:
        """The personal columns of a monitor's model or table, as its files say.

        Raises:
            MonitorError: they can't say it.
        """
        if suite.monitor.table is not None:
            personal = self._named(suite, suite.monitor.table).personal
            named = (name for one in suite.entry.expectations for name in named_columns(one.kwargs))
            return personal_among(personal, [*named, *suite.monitor.group_by])
        described = self.properties(suite.monitor.model or "")
        return described.personal if described else frozenset()

    def refuse_unbuilt(self, fault: WarehouseError) -> None:
        """Raise ``fault`` with dbt's command, where a table is missing that dbt builds.

        Raises:
            WarehouseError: it is.
        """
        fix = self._models.fix_of_unbuilt(fault.what) if fault.reason == "notFound" else None
        if fix is not None:
            raise fault.with_fix(fix) from fault

    def drilldown(
        self,
        suite: Suite,
        groups: FailingGroups,
        *,
        as_of: datetime,
        vars: Mapping[str, object],  # noqa: A002 - the word of dbt and of the suites
    ) -> CompiledModel:
        """The query for the rows behind failing groups, as the suite declares it.

        Raises:
            MonitorError: a fault in it.
        """
        return self._models.drilldown(
            suite.monitor_name,
            suite.drilldown or "",
            groups,
            as_of=as_of,
            vars=vars,
            file=suite.file,
        )

    def compile(
        self,
        suite: Suite,
        *,
        as_of: Sequence[datetime],
        vars: Mapping[str, object],  # noqa: A002 - the word of dbt and of the suites
        where: str,
    ) -> CompiledModel:
        """The one statement of a monitor.

        Args:
            suite: of the monitor.
            as_of: the instants that are judged.
            vars: values of the model's variables.
            where: the file or argument that gave the values, for messages.

        Raises:
            MonitorError: a fault in the suite's or the model's files.
            WarehouseError: the columns of the table can't be asked for.
        """
        try:
            return self._compile(suite, as_of=as_of, vars=vars, where=where)
        except MonitorError:
            raise
        except PlumblineError as raised:  # such as: there are no credentials to ask for columns
            raise MonitorError(
                raised.what, file=raised.file or suite.file, key=raised.key, fix=raised.fix
            ) from raised
        except Exception as raised:  # a fault of one monitor must not darken the others
            why = f"the SQL could not be compiled: {type(raised).__name__}: {raised}"
            raise MonitorError(why, file=suite.file) from raised

    def _compile(
        self,
        suite: Suite,
        *,
        as_of: Sequence[datetime],
        vars: Mapping[str, object],  # noqa: A002 - as above
        where: str,
    ) -> CompiledModel:
        if suite.monitor.table is None:
            compiled = self._models.compile(
                self._project.model_of(suite), as_of=as_of, vars=vars, where=where
            )
            if suite.returns_failing_rows:
                _refuse_limit(suite, compiled, len(as_of))
            return compiled
        return self._table(suite, suite.monitor.table, as_of)

    def _table(self, suite: Suite, name: str, as_of: Sequence[datetime]) -> CompiledModel:
        from plumbline.evaluate.pushdown.faults import refuse_table_faults
        from plumbline.evaluate.pushdown.statement import compile_table

        refuse_table_faults(suite)
        file, found = str(suite.file), self._named(suite, name)

        def resolve(other: str) -> tuple[Relation, TableMetadata]:
            place = self._models.table(other, file=file, key="to_table").relation
            return place, self._named_metadata(other, place)

        metadata = self.metadata(suite)
        _refuse_unfiltered(suite, found.relation, metadata)
        return compile_table(
            suite,
            found.relation,
            metadata.columns,
            fields=metadata.fields,
            as_of=as_of,
            zone=self._project.timezone,
            resolve=resolve,
            personal=found.personal,
            calendar=self._calendar(suite, as_of),
            pseudo=metadata.pseudo_columns,
        )

    def _calendar(self, suite: Suite, as_of: Sequence[datetime]) -> Calendar | None:
        from plumbline.evaluate.errors import EvaluationError
        from plumbline.evaluate.pushdown.source import Calendar

        rows, file, key = suite.monitor.rows, str(suite.file), "meta.monitor.rows.calendar"
        if rows is None or rows.calendar is None:
            return None
        try:
            if not self._models.is_inlined(rows.calendar, file=file, key=key):
                place = self._models.table(rows.calendar, file=file, key=key).relation
                found = self._named_metadata(rows.calendar, place, file=file, key=key)
                return Calendar.of_table(place, found.columns, rows.date_column)
            # A year more on both sides, so that it can be told whether it reaches to the window.
            before = timedelta(days=_A_YEAR + rows.due_days + rows.days)
            reach = [min(as_of) - before, max(as_of) + timedelta(days=_A_YEAR)]
            model = self._models.compile(rows.calendar, as_of=reach, vars={}, where=file)
            described = self.properties(rows.calendar)
            types = described.columns if described else {}
            columns = [ResultColumn(name, column.type or "") for name, column in types.items()]
            columns = columns or [ResultColumn(str(rows.date_column), "DATE")]
            return Calendar.of_model(model, columns, rows.date_column)
        except EvaluationError as fault:
            raise MonitorError(str(fault), file=file, key=key) from None

    def metadata(self, suite: Suite) -> TableMetadata:
        """The metadata of the table of a suite.

        Raises:
            MonitorError: it can't be told.
            WarehouseError: it is not there, or can't be asked for.
        """
        name = str(suite.monitor.table)
        return self._named_metadata(
            name, self._named(suite, name).relation, file=str(suite.file), key=_TABLE
        )

    def _named(self, suite: Suite, name: str) -> NamedTable:
        return self._models.table(name, file=str(suite.file), key=_TABLE)

    def _named_metadata(
        self, name: str, relation: Relation, *, file: str | None = None, key: str | None = None
    ) -> TableMetadata:
        """The metadata of a table; where it is missing, an error with the place that names it."""
        try:
            return self._metadata(relation)
        except WarehouseError as fault:
            if fault.reason != "notFound":
                raise
            what, fix = fault.what, fault.fix
            if what.casefold().startswith("not found: table"):
                what = f"there is no table {relation.key} in project {relation.project}"
                fix = self._models.near_table(name) or fix
            fix = self._models.fix_of_unbuilt(fault.what) or fix
            raise WarehouseError(
                what, file=file, key=key, fix=fix, job_id=fault.job_id, reason=fault.reason
            ) from fault

    def _metadata(self, relation: Relation) -> TableMetadata:
        """Asked for once; where the warehouse gives no answer, of no other table either."""
        from plumbline.warehouse.metadata import table_metadata

        unreachable = next((one for one in self._known.values() if _is_silent(one)), None)
        if relation not in self._known:
            try:
                self._known[relation] = unreachable or table_metadata(
                    self._client, self._target, relation
                )
            except WarehouseError as fault:
                self._known[relation] = fault
        known = self._known[relation]
        if isinstance(known, WarehouseError):
            raise known
        return known

    @cached_property
    def _client(self) -> bigquery.Client:
        from plumbline.warehouse.client import open_client

        return open_client(self._target)


def _refuse_limit(suite: Suite, compiled: CompiledModel, instants: int) -> None:
    from plumbline.checks.failing_rows import fault_of_limit
    from plumbline.models.limit import outer_limit

    limit = outer_limit(compiled.sql)
    given = [entry.kwargs for entry in suite.entry.expectations]
    fault = None if limit is None else fault_of_limit(limit, given, instants=instants)
    if fault is not None:
        what, fix = fault
        raise MonitorError(f"model {compiled.name}: {what}", file=suite.file, fix=fix)


def _refuse_unfiltered(suite: Suite, relation: Relation, metadata: TableMetadata) -> None:
    """Let no job be sent that BigQuery refuses for want of a filter on the partition column.

    Raises:
        MonitorError: neither the date column nor the condition is such a filter.
    """
    column, rows = metadata.needs_filter, suite.monitor.rows
    if column is None:
        return
    written = " ".join(filter(None, (rows.date_column, rows.where))) if rows else ""
    filters = {column, *(one.name for one in metadata.pseudo_columns if "PARTITION" in one.name)}
    if not any(one.casefold() in written.casefold() for one in filters):
        is_date = column == metadata.partition_column
        raise MonitorError(
            f"table {relation.key} can only be read with a filter on its partition column {column}",
            file=str(suite.file),
            key="meta.monitor.rows",
            fix=f'write "date_column": "{column}"'
            if is_date
            else f"write a where with a condition on {column}",
        )


def _is_silent(known: TableMetadata | WarehouseError) -> bool:
    return isinstance(known, WarehouseError) and known.reason in ("timeout", "unreachable")
