"""The rows of every instant: one job a monitor, two where there are very many instants.

Models are set-oriented in ``as_of``, so a season costs what a run costs: each table is scanned
once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from plumbline.backtest.instants import MOST_INSTANTS_A_JOB
from plumbline.core.errors import MonitorError
from plumbline.core.host import check_memory
from plumbline.core.instants import in_utc
from plumbline.models import CompiledModel
from plumbline.project import Project, Target
from plumbline.run.compiling import MonitorCompiler
from plumbline.run.jobs import MonitorJobs, answer_of, requests_of
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.result import QueryResult

DEADLINE_FACTOR = 10.0
"""A season in one job may take so many times as long as a run's job may."""


@dataclass(frozen=True)
class Asked:
    """What the jobs of one monitor brought."""

    monitor: str
    compiled: CompiledModel | None
    jobs: int
    """Query jobs that were sent."""
    rows: Mapping[datetime, Sequence[Mapping[str, Any]]] = field(default_factory=dict, repr=False)
    """By instant, in UTC."""
    answer: QueryResult | None = field(default=None, repr=False)
    """The (last) job's answer; its rows are those of many instants."""
    fault: MonitorError | None = None
    """Why there are no rows."""
    bytes_billed: int | None = None


@dataclass
class PastJobs(MonitorJobs):
    """The jobs of a run at one instant of the past, whose rows are there already."""

    refused: MonitorError | None = None
    """Why its monitor can't be replayed, where that is found as it is judged."""

    def query_batch(self, monitor: str, query: str) -> QueryResult:  # noqa: ARG002
        """Nothing: refused.

        Raises:
            MonitorError: always.
        """
        self.refused = MonitorError(
            "a query over the rows of a model is not replayed: it would be a job for each instant",
            fix="count the rows in the model, and expect the count",
        )
        raise self.refused

    def add(self, asked: Asked) -> None:
        """Let what was asked be the answer of its monitor's job."""
        answer: QueryResult | MonitorError
        if asked.fault is not None or asked.answer is None:
            answer = asked.fault or MonitorError("it was not queried")
        else:  # time and money are the whole job's
            rows = asked.rows.get(in_utc(self.as_of), ())
            answer = replace(asked.answer, rows=rows, seconds=0.0, total_bytes_billed=None)
        self.add_answer(asked.monitor, asked.compiled, answer)


def ask(
    project: Project,
    target: Target,
    instants: Mapping[str, Sequence[datetime]],
    *,
    labels: Mapping[str, str],
) -> dict[str, Sent]:
    """Send the jobs of all monitors.

    A fault in a monitor's files or its query is in its `Asked`, never raised.

    Args:
        instants: by monitor.

    Raises:
        ConfigError: the host allows too little memory.
    """
    check_memory()
    compiler = MonitorCompiler(project, target)
    runner = JobRunner(target, labels)
    deadline = target.limits.deadline_seconds * DEADLINE_FACTOR
    return {
        name: Sent.of(project, compiler, runner, name, asked, deadline)
        for name, asked in instants.items()
    }


@dataclass(frozen=True)
class Sent:
    """The jobs of one monitor, which run."""

    monitor: str
    compiler: MonitorCompiler
    compiled: CompiledModel | None = None
    parts: tuple[tuple[CompiledModel, tuple[Future[QueryResult], ...]], ...] = ()
    """Each asks for some of the instants, by one job or two."""
    fault: MonitorError | None = None

    @classmethod
    def of(
        cls,
        project: Project,
        compiler: MonitorCompiler,
        runner: JobRunner,
        monitor: str,
        instants: Sequence[datetime],
        deadline: float,
    ) -> Sent:
        try:
            if project.asset_of(monitor) is not None:
                raise MonitorError(
                    f"{monitor} looks at a table as it is now, by a validation definition of Great "
                    "Expectations: its past is unknown",
                    fix="write a model with a row for each instant of var('as_of'), as "
                    "`plumbline new monitor` does",
                )
            suite = project.suite_of(monitor)
            parts = [
                compiler.compile(
                    suite,
                    as_of=instants[begin : begin + MOST_INSTANTS_A_JOB],
                    vars=suite.monitor.vars,
                    where=str(suite.file),
                )
                for begin in range(0, len(instants), MOST_INSTANTS_A_JOB)
            ]
            if not parts[0].set_oriented:
                raise MonitorError(
                    f"model {parts[0].name} does not read var('as_of'): it can't be asked for the "
                    "past",
                    fix="return a row for each instant of unnest({{ var('as_of') }}), with a "
                    "column as_of, as a model of `plumbline new monitor` does",
                )
        except MonitorError as fault:
            return cls(monitor, compiler, fault=fault)
        sent = tuple(
            (
                part,
                tuple(
                    map(runner.submit, requests_of(monitor, part, deadline_seconds=deadline)),
                ),
            )
            for part in parts
        )
        return cls(monitor, compiler, parts[0], sent)

    def result(self) -> Asked:
        """What they bring, once they are done."""
        if self.fault is not None:
            return Asked(self.monitor, self.compiled, 0, fault=self.fault)
        rows: dict[datetime, list[Mapping[str, Any]]] = {}
        billed: list[int] = []
        answer: QueryResult | None = None
        jobs = sum(len(sent) for _, sent in self.parts)
        try:
            for part, sent in self.parts:
                answer = answer_of(part, sent, self.compiler, self.monitor)
                if "as_of" not in {column.name for column in answer.schema}:
                    raise self._without_as_of()
                for row in answer.rows:
                    at = row["as_of"]
                    if not isinstance(at, datetime):
                        raise self._without_as_of()
                    rows.setdefault(in_utc(at), []).append(row)
                if answer.total_bytes_billed is not None:
                    billed.append(answer.total_bytes_billed)
        except MonitorError as fault:
            return Asked(self.monitor, self.compiled, jobs, fault=fault)
        return Asked(
            self.monitor,
            self.compiled,
            jobs,
            rows=rows,
            answer=None if answer is None else replace(answer, rows=()),
            bytes_billed=sum(billed) if billed else None,
        )

    def _without_as_of(self) -> MonitorError:
        return MonitorError(
            f"model {self.monitor} returns rows without as_of, so they have no instant",
            fix="return as_of of ref('evaluations') unchanged",
        )
