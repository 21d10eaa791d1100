"""One monitor judged at every instant: as a live run judges it, without its overhead.

What only asks for bounds (`expect_metric_to_be_between`) is evaluated without results of Great
Expectations' shape. That both ways give the same outcomes is proved in
tests/gx/test_backtest_judges_as_gx.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plumbline.backtest.fetch import Asked, PastJobs
from plumbline.checks.baseline import WHOLE, EarlierRuns
from plumbline.core.errors import MonitorError
from plumbline.core.outcome import Outcome
from plumbline.evaluate.load import load_great_expectations, load_plugins
from plumbline.project import Project, Target
from plumbline.project.labels import Label, covered


@dataclass
class Judge:
    """Judges monitors at instants of the past.

    Args:
        project: where the suites are.
        target: what was asked.
        labels: what is known to have gone wrong: it must not teach an expectation what is usual.
    """

    project: Project
    target: Target
    labels: Sequence[Label] = ()
    refused: dict[str, MonitorError] = field(default_factory=dict)
    """By monitor that can't be replayed, why: nothing is known of its past."""
    _is_loaded: bool = False

    def outcomes(
        self,
        asked: Asked,
        instants: Sequence[datetime],
        *,
        through_gx: bool = False,
    ) -> Iterator[Outcome]:
        """The outcome of a monitor at each of ``instants``, in their order.

        Args:
            asked: its rows.
            instants: aware.
            through_gx: with results of Great Expectations' shape also where they are not needed.
        """
        self._load()
        from plumbline.evaluate.monitors import load_monitor
        from plumbline.run.judging import by_bounds, by_expectations, judge_monitor

        monitor = load_monitor(self.project, asked.monitor, asked.fault)
        if monitor.fault is not None:
            self.refused[asked.monitor] = monitor.fault
        evaluate_rows = by_expectations()
        if not through_gx:
            evaluate_rows = by_bounds(monitor, otherwise=evaluate_rows)
        # What is usual is what this backtest has found before: so would the history have had it.
        earlier = EarlierRuns(self.project.timezone)
        for instant in instants:
            at = instant.astimezone(self.project.timezone)
            jobs = PastJobs(
                self.project, self.target, at, pasts={asked.monitor: earlier.before(at)}
            )
            jobs.add(asked)
            outcome = judge_monitor(monitor, jobs, evaluate_rows=evaluate_rows).outcome
            if jobs.refused is not None:
                self.refused[asked.monitor] = jobs.refused
            self._remember(outcome, earlier)
            yield outcome

    def _remember(self, outcome: Outcome, earlier: EarlierRuns) -> None:
        at = outcome.as_of
        labels = covered(self.labels, outcome.monitor, at)
        earlier.add(
            at,
            WHOLE,
            outcome.observed,
            outcome.status,
            is_known_wrong=bool(labels),
            metrics=outcome.metrics,
        )
        for one in outcome.groups:
            earlier.add(
                at,
                one.key.text,
                one.observed,
                one.status,
                is_known_wrong=any(label.concerns(one.key) for label in labels),
                metrics=one.metrics,
            )

    def _load(self) -> None:
        """What evaluates; not before, so that the jobs are under way while it is imported."""
        if not self._is_loaded:
            self.project.check_stores()
            load_great_expectations()
            load_plugins(self.project)
            self._is_loaded = True
