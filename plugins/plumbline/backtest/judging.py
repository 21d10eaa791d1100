"""One monitor judged at every instant: as a live run judges it, without its overhead.

What only asks for bounds (`expect_metric_to_be_between`) is evaluated without results of Great
Expectations' shape. That both ways give the same outcomes is proved in
tests/gx/test_backtest_judges_as_gx.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from plumbline.backtest.fetch import Asked, PastJobs
from plumbline.checks.baseline import WHOLE, Past
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.evaluate.load import load_great_expectations, load_plugins
from plumbline.project import Project, Target

if TYPE_CHECKING:
    from plumbline.evaluate.monitors import LoadedMonitor
    from plumbline.run.judging import EvaluateRows


class Judge:
    """Judges the monitors of one checkpoint at instants of the past.

    Args:
        project: where the suites are.
        target: what was asked.
        checkpoint: whose monitors they are.
        is_known_wrong: whether what a monitor sees at an instant may be a labelled incident: what
            was broken must not teach an expectation what is usual.
    """

    def __init__(
        self,
        project: Project,
        target: Target,
        checkpoint: str,
        is_known_wrong: Callable[[str, datetime], bool] = lambda _monitor, _at: False,
    ) -> None:
        self._is_known_wrong = is_known_wrong
        self._project = project
        self._target = target
        self._checkpoint = checkpoint
        self._is_loaded = False

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
        from plumbline.run.judging import by_bounds, by_expectations

        monitor = load_monitor(self._project, asked.monitor, asked.fault)
        evaluate_rows = by_expectations()
        if not through_gx:
            evaluate_rows = by_bounds(monitor, otherwise=evaluate_rows)
        found = _Found()
        for instant in instants:
            at = instant.astimezone(self._project.timezone)
            outcome = self._at(asked, at, monitor, evaluate_rows, found)
            found.remember(outcome, is_wrong=self._is_known_wrong(asked.monitor, at))
            yield outcome

    def _load(self) -> None:
        """What evaluates; not before, so that the jobs are under way while it is imported."""
        if not self._is_loaded:
            self._project.check_stores()
            load_great_expectations()
            load_plugins(self._project)
            self._is_loaded = True

    def _at(
        self,
        asked: Asked,
        instant: datetime,
        monitor: LoadedMonitor,
        evaluate_rows: EvaluateRows,
        found: _Found,
    ) -> Outcome:
        from plumbline.run.judging import judge_monitor

        # What is usual is what this backtest has found before: so would the history have had it.
        past = Past(instant, found.points, self._project.timezone, found.judged)
        jobs = PastJobs(
            self._project,
            self._target,
            instant,
            checkpoint=self._checkpoint,
            pasts={asked.monitor: past},
        )
        jobs.add(asked)
        return judge_monitor(monitor, jobs, evaluate_rows=evaluate_rows).outcome


@dataclass
class _Found:
    """What the backtest has found so far, as `plumbline.run.baselines` reads stored outcomes."""

    points: dict[str, list[tuple[datetime, float]]] = field(default_factory=dict)
    judged: dict[str, list[datetime]] = field(default_factory=dict)

    def remember(self, outcome: Outcome, *, is_wrong: bool) -> None:
        """Which groups were judged; good numbers, where nothing was known to be wrong."""
        for group in outcome.groups:
            self.judged.setdefault(group.key.text, []).append(outcome.as_of)
        if is_wrong:
            return
        if outcome.status is Status.PASS and outcome.observed is not None:
            self.points.setdefault(WHOLE, []).append((outcome.as_of, outcome.observed))
        for group in outcome.groups:
            if group.status is Status.PASS and group.observed is not None:
                self.points.setdefault(group.key.text, []).append((outcome.as_of, group.observed))
