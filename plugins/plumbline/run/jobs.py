"""One job a monitor, submitted together: compile, send, and hand out the rows.

GX-free, so that the jobs are under way while GX is still being imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from plumbline.checks.judge import Evidence
from plumbline.checks.verdict import SortedRows, sort_rows
from plumbline.core.errors import MonitorError, WarehouseError, did_you_mean
from plumbline.core.masking import Mask, mask_key, named_columns
from plumbline.core.run import Run
from plumbline.evaluate.table import Table
from plumbline.models import CompiledModel
from plumbline.models.batch import query_over_batch
from plumbline.models.copied_sql import with_values
from plumbline.models.drilldown import FailingGroups
from plumbline.models.limit import outer_limit
from plumbline.project import Project, Suite, Target
from plumbline.run.compiling import MonitorCompiler, table_of
from plumbline.run.withheld import withheld
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import QueryRequest
from plumbline.warehouse.result import QueryResult, to_dataframe

if TYPE_CHECKING:
    import pandas as pd

    from plumbline.checks.baseline import Past

MOST_ROWS_SHOWN = 20
"""Rows that are read of a query over a batch, which may return very many."""


def requests_of(
    monitor: str,
    compiled: CompiledModel,
    *,
    dry_run: bool = False,
    deadline_seconds: float | None = None,
) -> list[QueryRequest]:
    """The jobs of a monitor: one, or two where a suite over a table is too large for one."""
    return [
        QueryRequest(
            name=monitor,
            sql=statement.sql,
            parameters=statement.parameters,
            tables=len(statement.sources),
            dry_run=dry_run,
            deadline_seconds=deadline_seconds,
        )
        for statement in compiled.statements
    ]


def answer_of(
    compiled: CompiledModel,
    jobs: Iterable[Future[QueryResult]],
    compiler: MonitorCompiler,
    monitor: str,
) -> QueryResult:
    """What all jobs of a monitor bring, as one answer.

    Args:
        compiler: it compiled the monitor, and knows who makes a table that is missing.

    Raises:
        WarehouseError: one failed.
        MonitorError: they don't go together.
    """
    table = table_of(compiled)
    try:
        answers = [job.result() for job in jobs]
    except WarehouseError as fault:
        is_refused = fault.reason in ("invalid", "invalidQuery")
        if is_refused and table is not None and table.where:
            raise table.where.explain(fault) from fault
        if is_refused and fault.where is None and compiled.file is not None:
            raise WarehouseError(
                fault.what,
                file=compiled.file,
                fix=fault.fix or compiler.fix_of_sql(monitor),
                job_id=fault.job_id,
                reason=fault.reason,
            ) from fault
        compiler.refuse_unbuilt(fault)
        raise
    return answers[0] if table is None else table.joined(answers)


Sent: TypeAlias = tuple[Future[QueryResult], ...]
"""The jobs of a monitor."""


@dataclass(frozen=True)
class MonitorData:
    """What one job brought: the rows, sorted by verdict, and the evidence."""

    compiled: CompiledModel
    result: QueryResult
    verdict: SortedRows
    """The rows as they are, for the suite to be evaluated on."""
    shown: SortedRows
    """The same rows as they may be written: values of personal columns are masked."""
    mask: Mask
    evidence: Evidence

    def table(self) -> Table:
        """The rows that the suite is evaluated on."""
        return Table(self.result.schema, self.verdict.judge)

    def frame(self) -> pd.DataFrame:
        """The same for pandas, where people look at them in a notebook."""
        return to_dataframe(self.result.schema, self.verdict.judge)


@dataclass
class MonitorJobs:
    """The jobs of one run: monitors by name, each compiled and submitted once.

    Args:
        project: where suites and models are.
        target: where the jobs go; ready to be queried.
        as_of: the instant that is judged.
        run: whose jobs they are, in their labels; None: no run's.
        vars: values that replace those of the suites.
        broken: why the target can't be asked at all; then that is every monitor's fault.
        pasts: what suites that compare with history are held against, by monitor, or why that can't
            be read; None: it was not read yet.
    """

    project: Project
    target: Target
    as_of: datetime
    run: Run | None = None
    vars: Mapping[str, object] = field(default_factory=dict)
    broken: WarehouseError | None = None
    pasts: Mapping[str, Past] | MonitorError | None = None
    _started: dict[str, tuple[Future[QueryResult], ...] | MonitorError] = field(
        default_factory=dict
    )
    _compiled: dict[str, CompiledModel] = field(default_factory=dict)
    _done: dict[str, MonitorData | MonitorError] = field(default_factory=dict)
    _queried: dict[str, dict[str, QueryResult | MonitorError]] = field(default_factory=dict)

    @cached_property
    def _compiler(self) -> MonitorCompiler:
        return MonitorCompiler(self.project, self.target)

    @cached_property
    def _runner(self) -> JobRunner:
        labels = {"app": "plumbline"}
        if self.run is not None:
            labels |= {"checkpoint": self.run.checkpoint, "run": self.run.run_id}
        return JobRunner(self.target, labels)

    def compile(self, suite: Suite) -> CompiledModel:
        """The SQL of a monitor and its parameters.

        Raises:
            MonitorError: the suite judges no model, or the model can't be compiled.
        """
        definition = suite.definition
        given = definition.entry.batch_parameters.get("vars", {}) if definition else {}
        compiled = self._compiler.compile(
            suite,
            as_of=[self.as_of],
            vars={**suite.monitor.vars, **self.vars},
            where=str(definition.file if definition and given else suite.file),
        )
        for name in given:
            if definition and name not in compiled.variables:
                raise MonitorError(
                    f"model {compiled.name} reads no variable {name!r}",
                    file=definition.file,
                    key=f"batch_parameters.vars.{name}",
                    fix=did_you_mean(name, compiled.variables),
                )
        return compiled

    def compile_drilldown(self, suite: Suite, groups: FailingGroups) -> CompiledModel:
        """The query that a suite declares for the rows behind its failing groups.

        Raises:
            MonitorError: a fault in it.
        """
        given = {**suite.monitor.vars, **self.vars}
        return self._compiler.drilldown(suite, groups, as_of=self.as_of, vars=given)

    def submit(self, monitors: Iterable[str]) -> None:
        """Send the jobs of ``monitors``; a fault is kept and raised by ``data``.

        All are compiled before the first is sent: none shows another state of the files.
        """
        names = [name for name in monitors if name not in self._started]
        for name in names:
            try:
                suite = self.project.suite_of(name)
                if self.broken is not None and suite.monitor.table is not None:
                    raise self.broken  # its columns can't be asked for either
                self._compiled[name] = self.compile(suite)
            except MonitorError as error:
                self._started[name] = error
        for name in names:
            if name in self._started:
                continue
            compiled = self._compiled[name]
            try:
                if self.broken is not None:
                    raise self.broken
                self._started[name] = tuple(map(self._runner.submit, requests_of(name, compiled)))
            except MonitorError as error:
                self._started[name] = error

    @property
    def is_unreachable(self) -> bool:
        """Whether the warehouse gave no answer to any job."""
        if self.broken is not None:
            return self.broken.reason == "unreachable"
        runner = self.__dict__.get("_runner")  # a cached property: None until the first job
        return runner is not None and runner.is_unreachable

    def add_answer(
        self, monitor: str, compiled: CompiledModel | None, answer: QueryResult | MonitorError
    ) -> None:
        """Let an answer that is there already be that of a monitor's job; none is sent."""
        if compiled is not None:
            self._compiled[monitor] = compiled
        if isinstance(answer, MonitorError):
            self._started[monitor] = answer
            return
        done: Future[QueryResult] = Future()
        done.set_result(answer)
        self._started[monitor] = (done,)

    @property
    def submitted(self) -> tuple[str, ...]:
        """The monitors whose jobs were to be sent."""
        return tuple(self._started)

    def estimate(self, monitor: str, compiled: CompiledModel) -> int | None:
        """The bytes that BigQuery says the query would read; None on the embedded warehouse.

        Raises:
            WarehouseError: BigQuery refuses the query.
        """
        if self.target.kind == "embedded":
            return None
        found = [
            self._runner.run(request).total_bytes_processed or 0
            for request in requests_of(monitor, compiled, dry_run=True)
        ]
        return sum(found)

    def data(self, monitor: str) -> MonitorData:
        """The rows of ``monitor``, awaited; submitted first where it was not yet.

        Raises:
            MonitorError: a fault in its files or its rows.
            WarehouseError: the query failed, timed out, or never reached the warehouse.
        """
        self.submit([monitor])
        done = self._done.get(monitor)
        if done is None:
            try:
                done = self._await(monitor)
            except MonitorError as error:
                done = error
            self._done[monitor] = done
        if isinstance(done, MonitorError):
            raise done
        return done

    def query_batch(self, monitor: str, query: str) -> QueryResult:
        """What ``query`` returns over the judged rows of ``monitor``: a job of its own, sent once.

        Args:
            monitor: whose model's rows are ``{batch}`` in the query.
            query: one SELECT.

        Returns:
            How many rows there are, and the first of them.

        Raises:
            MonitorError: a fault in the monitor's files or its rows, or in the query's text.
            WarehouseError: a job failed, timed out, or never reached the warehouse.
        """
        data = self.data(monitor)
        asked = self._queried.setdefault(monitor, {})
        if query not in asked:
            try:
                asked[query] = self._query(monitor, data, query)
            except MonitorError as error:
                asked[query] = error
        answer = asked[query]
        if isinstance(answer, MonitorError):
            raise answer
        return answer

    def _query(self, monitor: str, data: MonitorData, query: str) -> QueryResult:
        compiled = data.compiled
        columns = [column.name for column in data.result.schema]
        table = table_of(compiled)
        if table is not None and table.batch is not None:
            compiled, columns = table.batch, []
        return self._runner.run(
            QueryRequest(
                name=monitor,
                sql=query_over_batch(query, compiled, columns),
                parameters=compiled.parameters,
                tables=len(compiled.sources),
                most_rows=MOST_ROWS_SHOWN,
            )
        )

    def close(self) -> None:
        """Let go of idle connections to the warehouse; who asks again gets new ones."""
        runner = self.__dict__.get("_runner")  # a cached property: None until the first job
        if runner is not None:
            runner.close()

    def sql(self, monitor: str) -> str | None:
        """The SQL of a monitor with the values of its parameters, as people copy it; None: it could
        not be compiled."""
        compiled = self._compiled.get(monitor)
        if compiled is None:
            return None
        suite = self.project.suite_of(monitor)
        return with_values(compiled, withheld=withheld(compiled, suite, self.mask(suite)))

    def mask(self, suite: Suite) -> Mask:
        """What stands for values of personal columns in what is written of a monitor.

        Where its rows never came and the files can't say either which columns are personal, all
        that the suite names are.
        """
        done = self._done.get(suite.monitor_name)
        if isinstance(done, MonitorData):
            return done.mask
        try:
            columns = self._compiler.personal(suite)
        except MonitorError:
            named = (named_columns(entry.kwargs) for entry in suite.entry.expectations)
            columns = frozenset(column for each in named for column in each)
        return Mask.of(columns, mask_key(self.project), (), suite.monitor.group_by)

    def evidence(self, monitor: str) -> Evidence:
        """What is known of a monitor's jobs, also where one failed."""
        done = self._done.get(monitor)
        if isinstance(done, MonitorData):
            return _with_queries(done.evidence, self._queried.get(monitor, {}).values())
        compiled = self._compiled.get(monitor)
        job_id = done.job_id if isinstance(done, WarehouseError) else None
        return Evidence(
            as_of=self.as_of,
            model=compiled.name if compiled else None,
            sql_hash=compiled.sql_hash if compiled else None,
            tables=compiled.sources if compiled else (),
            parameters=_parameters(compiled),
            job_ids=(job_id,) if job_id else (),
        )

    def _await(self, monitor: str) -> MonitorData:
        started = self._started[monitor]
        if isinstance(started, MonitorError):
            raise started
        compiled = self._compiled[monitor]
        result = answer_of(compiled, started, self._compiler, monitor)
        are_failing = self.project.suite_of(monitor).returns_failing_rows
        verdict = sort_rows(
            result.rows, as_of=self.as_of, model=compiled.name, are_failing=are_failing
        )
        limit = outer_limit(compiled.sql) if are_failing else None
        if limit is not None and len(result.rows) >= limit:
            more = f"the model ends in LIMIT {limit}, so there may be more rows"
            verdict = replace(verdict, notes=(*verdict.notes, more))
        mask = self._mask(compiled, result)
        evidence = Evidence(
            as_of=self.as_of,
            model=compiled.name,
            sql_hash=compiled.sql_hash,
            tables=compiled.sources,
            parameters=_parameters(compiled),
            grain=compiled.grain,
            personal=mask.columns,
            job_ids=(result.job_id, *result.more_jobs),
            bytes_billed=result.total_bytes_billed,
            seconds=result.seconds,
            rows=_rows(compiled, result.rows),
        )
        return MonitorData(
            compiled=compiled,
            result=result,
            verdict=verdict,
            shown=verdict.masked(mask, compiled.grain),
            mask=mask,
            evidence=evidence,
        )

    def _mask(self, compiled: CompiledModel, result: QueryResult) -> Mask:
        table = table_of(compiled)
        if table is not None:
            samples = table.samples(result.rows)
            return Mask.of(table.personal, mask_key(self.project), samples, table.groups)
        personal = self._personal(compiled, [column.name for column in result.schema])
        return Mask.of(personal, mask_key(self.project), result.rows)

    def _personal(self, compiled: CompiledModel, names: Sequence[str]) -> frozenset[str]:
        """The personal columns as the answer spells them; BigQuery does not mind their case.

        Raises:
            MonitorError: one is not among them: under another name it would be written as it is.
        """
        by_case = {name.casefold(): name for name in names}
        for column in sorted(compiled.personal):
            if column.casefold() not in by_case:
                described = self._compiler.properties(compiled.name)
                raise MonitorError(
                    f"model {compiled.name} returns no column {column!r}, "
                    "which is tagged as personal",
                    file=described.file if described else None,
                    key=f"models.{compiled.name}.columns.{column}",
                    fix="tag the column that holds the values, or remove the tag if none does; "
                    f"{did_you_mean(column, names)}",
                )
        return frozenset(by_case[column.casefold()] for column in compiled.personal)


def _rows(compiled: CompiledModel, rows: Sequence[Mapping[str, Any]]) -> int:
    """How many rows were judged: of a table those that the statement counted."""
    table = table_of(compiled)
    return len(rows) if table is None else table.count_rows(rows)


def _with_queries(evidence: Evidence, answers: Iterable[QueryResult | MonitorError]) -> Evidence:
    """``evidence`` with the jobs of queries over its batch."""
    billed = evidence.bytes_billed
    ids, seconds = list(evidence.job_ids), evidence.seconds
    for answer in answers:
        if isinstance(answer, QueryResult):
            ids.append(answer.job_id)
            seconds += answer.seconds
            if answer.total_bytes_billed is not None:
                billed = (billed or 0) + answer.total_bytes_billed
        elif isinstance(answer, WarehouseError) and answer.job_id:
            ids.append(answer.job_id)
    return replace(evidence, job_ids=tuple(ids), seconds=seconds, bytes_billed=billed)


def _parameters(compiled: CompiledModel | None) -> dict[str, Any]:
    if compiled is None:
        return {}
    return {parameter.name: parameter.value for parameter in compiled.parameters}
