"""What a run needs of Great Expectations' project; `plumbline.gx` is behind it.

So the engine knows no context, store or action: who starts a run hands this in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from plumbline.core.outcome import Outcome, RunReport
from plumbline.core.run import Run
from plumbline.project import Project, Target
from plumbline.site.records import Record

if TYPE_CHECKING:
    from plumbline.alerts.factory import LiveRun
    from plumbline.alerts.report import AlertsReport
    from plumbline.evaluate.monitors import LoadedMonitor, LoadedTable
    from plumbline.run.monitor_result import MonitorResult
    from plumbline.site.build import Built


@dataclass(frozen=True)
class RunOutcomes:
    """What a run found: what its actions go by."""

    run: Run
    outcomes: tuple[Outcome, ...]
    target: Target
    live: LiveRun | None = None
    """What alerts go by; None: incidents are left alone."""
    progress: Callable[[str], None] = lambda _: None


@dataclass(frozen=True)
class ActionResults:
    """What the actions of a run did."""

    alerts: tuple[AlertsReport, ...] = ()
    docs: tuple[Built, ...] = ()
    failed: tuple[str, ...] = ()
    """What went wrong, a line an action."""

    def added_to(self, report: RunReport) -> RunReport:
        """``report`` with what the actions did."""
        return replace(
            report,
            notes=(
                *report.notes,
                *(note for one in self.alerts for note in one.notes),
                *(note for built in self.docs for note in built.notes),
                *self.failed,
            ),
            action_errors=self.failed,
            docs=next((built.address for built in self.docs), None),
            alerts=tuple(line for one in self.alerts for line in one.lines),
            # All alerts of a project have one outbox: the last report counts what is left in it.
            waiting=sum(one.waiting for one in self.alerts[-1:]),
        )


class ResultStore(Protocol):
    """Monitors as they are loaded, and where their results are kept."""

    @property
    def result_format(self) -> Any:
        """Great Expectations'."""

    def monitor(self, name: str) -> LoadedMonitor | LoadedTable:
        """A monitor."""

    def keep(self, judged: MonitorResult, record: Record | None) -> None:
        """Store the result of a monitor.

        Args:
            judged: the monitor.
            record: what the data docs need; None: the run is not part of their past.
        """

    def page(self, name: str, target: Target) -> str | None:
        """The address of a monitor's page; None: this run builds no data docs."""


class Workspace(ResultStore, Protocol):
    """A checkpoint as Great Expectations has it, loaded for one run."""

    def act(self, found: RunOutcomes) -> ActionResults:
        """Run the actions, each whatever the one before it did."""


@dataclass(frozen=True)
class Opening:
    """Which checkpoint is to be loaded, for which run."""

    project: Project
    run: Run
    started_at: datetime
    monitors: tuple[str, ...]
    """Of the checkpoint's, those that are judged."""
    is_wanted: Callable[[str], bool]
    """Whether the actions of a type are to run."""
    batch_parameters: Mapping[str, Any] = field(default_factory=dict)


OpenWorkspace = Callable[[Opening], Workspace]
"""Loads a checkpoint.

Raises ``ConfigError`` where Great Expectations refuses the project's configuration or the
checkpoint's.
"""
