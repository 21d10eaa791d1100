"""The engine: sends the jobs of a run's monitors, evaluates, judges, and keeps what it found.

A run of the command line and a checkpoint in a notebook go through it alike. It is free of GX
until `judge` is called, so that the jobs are under way while that is imported.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plumbline.core.errors import MonitorError
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run
from plumbline.project import Project, Target
from plumbline.run.jobs import MonitorJobs
from plumbline.run.workspace import ResultStore
from plumbline.site.records import Record, RunStamp

if TYPE_CHECKING:
    from plumbline.run.monitor_result import MonitorResult

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Engine:
    """The monitors of one run.

    Args:
        jobs: the project, the target and the instant, and the jobs that go there.
        monitors: by name, in the order in which they are judged.
        stamp: of the run, in what is kept of it; None: it is not part of the monitors' past.
        parameters: values for parameters of the suites, before the suites' own.
        batch_parameters: of the run, as Great Expectations takes them.
        on_outcome: called with each outcome.
    """

    jobs: MonitorJobs
    monitors: tuple[str, ...]
    stamp: RunStamp | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    batch_parameters: Mapping[str, Any] = field(default_factory=dict)
    on_outcome: Callable[[Outcome], None] = lambda _: None

    def submit(self) -> None:
        """Send the jobs of all monitors, before the first is awaited."""
        self.jobs.submit(name for name in self.monitors if has_model(self.jobs.project, name))

    def judge(self, results: ResultStore) -> Iterator[MonitorResult]:
        """Judge the monitors one by one; what can't be kept of one is its own ERROR."""
        for name in self.monitors:
            judged = self._kept(self._drilled(self._judged(name, results)), results)
            judged = judged.at_page(self._page(name, results))
            self.on_outcome(judged.outcome)
            yield judged

    def _page(self, name: str, results: ResultStore) -> str | None:
        """The address of a monitor's page; None where the site can't say.

        An error here must not end the run before anyone is notified of what was found.
        """
        try:
            return results.page(name, self.jobs.target)
        except Exception as error:  # noqa: BLE001 - whatever the site raises
            logger.warning("%s has no link to its page: %s", name, error)
            return None

    def _judged(self, name: str, results: ResultStore) -> MonitorResult:
        from plumbline.evaluate.monitors import LoadedTable
        from plumbline.run.judging import by_expectations, judge_monitor
        from plumbline.run.tables import judge_table

        monitor = results.monitor(name)
        if isinstance(monitor, LoadedTable):
            return judge_table(
                monitor,
                self.jobs,
                parameters=self.parameters,
                batch_parameters=self.batch_parameters,
                result_format=results.result_format,
            )
        return judge_monitor(
            monitor,
            self.jobs,
            parameters=self.parameters,
            evaluate_rows=by_expectations(results.result_format),
        )

    def _drilled(self, judged: MonitorResult) -> MonitorResult:
        from plumbline.run.drilldown import with_drilldown

        return replace(judged, outcome=with_drilldown(judged.outcome, self.jobs))

    def _kept(self, judged: MonitorResult, results: ResultStore) -> MonitorResult:
        try:
            results.keep(judged, self._record(judged.outcome))
        except Exception as raised:
            logger.debug("a result could not be stored", exc_info=True)
            failed = judged.failed(
                f"the result could not be stored: {type(raised).__name__}: {raised}"
            )
            try:
                results.keep(failed, self._record(failed.outcome))
            except Exception:
                name = failed.outcome.monitor
                logger.warning("the error of %s could not be stored", name, exc_info=True)
            return failed
        return judged

    def _record(self, outcome: Outcome) -> Record | None:
        if self.stamp is None:
            return None
        sql = self.jobs.sql(outcome.monitor)
        return Record(self.stamp, outcome, ended_at=datetime.now(UTC), sql=sql)


def stamp_of(run: Run, project: Project, target: Target, *, started_at: datetime) -> RunStamp:
    """What is kept of a run beside its outcomes."""
    monitors = len(project.checkpoint(run.checkpoint).monitors)
    return RunStamp.of(
        run, project=target.plumbline_project, started_at=started_at, monitors=monitors
    )


def has_model(project: Project, name: str) -> bool:
    """Whether a monitor is over the rows of a model; a malformed one is not: that is its ERROR."""
    try:
        return project.asset_of(name) is None
    except MonitorError:
        return False
