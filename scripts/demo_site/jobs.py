"""Jobs of many runs at once: each model is asked once, for all instants of a replay.

Models are set-oriented in ``as_of``, so the rows of one instant are the same as if it alone was
asked for (tests/definitions/test_one_instant_or_many.py). Used by the replay of the demo season and
by the scenarios.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from plumbline.models import CompiledModel
from plumbline.project import Suite
from plumbline.run.jobs import MonitorJobs
from plumbline.warehouse.query import QueryRequest
from plumbline.warehouse.result import QueryResult


class _Part:
    """The rows of one instant, of a job that brings those of many."""

    def __init__(self, whole: Future[QueryResult], as_of: datetime) -> None:
        self._whole, self._as_of = whole, as_of

    def result(self) -> QueryResult:
        found = self._whole.result()
        rows = [row for row in found.rows if row["as_of"] == self._as_of]
        return replace(found, rows=rows)


class ScheduleJobs(MonitorJobs):
    """One job a monitor for a whole schedule; set `instants` and empty `sent` before its runs."""

    instants: ClassVar[list[datetime]] = []
    sent: ClassVar[dict[str, tuple[CompiledModel, Future[QueryResult]]]] = {}

    def compile(self, suite: Suite) -> CompiledModel:
        return self._compiler.compile(
            suite, as_of=self.instants, vars=suite.monitor.vars, where=str(suite.file)
        )

    def submit(self, monitors: Iterable[str]) -> None:
        for name in monitors:
            if name not in self.sent:
                compiled = self.compile(self.project.suite(name))
                query = QueryRequest(name=name, sql=compiled.sql, parameters=compiled.parameters)
                self.sent[name] = compiled, self._runner.submit(query)
            self._compiled[name], whole = self.sent[name]
            part: Any = _Part(whole, self.as_of)
            self._started[name] = (part,)
