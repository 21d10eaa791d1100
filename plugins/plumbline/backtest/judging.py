"""One monitor judged at every instant: as a live run judges it, without its overhead.

What only asks for bounds (`expect_metric_to_be_between`) is evaluated here, by the code that the
expectation itself calls; a suite with other expectations goes through Great Expectations instant by
instant. That both give the same outcomes is proved in tests/gx/test_backtest_judges_as_gx.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from plumbline.backtest.fetch import Asked, PastJobs
from plumbline.checks import judge
from plumbline.checks.baseline import WHOLE, Past
from plumbline.checks.bounds import observe
from plumbline.checks.check import Check
from plumbline.checks.judged import JudgedExpectation
from plumbline.checks.metric_result import judge_metric
from plumbline.checks.verdict import Verdict
from plumbline.core.errors import MonitorError
from plumbline.core.expectation_types import OURS
from plumbline.core.masking import Mask, explain_masked
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.project import Project, Suite, Target
from plumbline.project.local_paths import without_local_paths
from plumbline.project.masked_suite import masked_suite
from plumbline.project.parameters import has_parameter

if TYPE_CHECKING:
    from plumbline.gx.monitor import Monitor


@dataclass(frozen=True)
class _Metric(Check):
    """One of our expectations, its arguments checked."""

    description: str | None


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
        self._monitors: dict[str, Monitor] | None = None

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
            through_gx: also where it is not needed.
        """
        try:
            suite = self._project.suite_of(asked.monitor)
        except MonitorError:
            suite = None
        metrics, fault = None, asked.fault
        if suite is not None and fault is None:
            try:
                metrics = None if through_gx else self._metrics(suite)
            except MonitorError as broken:
                fault = broken
        if fault is not None:
            asked = Asked(asked.monitor, asked.compiled, asked.jobs, fault=fault)
        found = _Found()
        for instant in instants:
            at = instant.astimezone(self._project.timezone)
            outcome = self._at(asked, at, suite, metrics, found)
            found.remember(outcome, is_wrong=self._is_known_wrong(asked.monitor, at))
            yield outcome

    def _at(
        self,
        asked: Asked,
        instant: datetime,
        suite: Suite | None,
        metrics: Sequence[_Metric] | None,
        found: _Found,
    ) -> Outcome:
        # What is usual is what this backtest has found before: so would the history have had it.
        past = Past(instant, found.points, self._project.timezone, found.judged)
        jobs = PastJobs(
            self._project,
            self._target,
            instant,
            checkpoint=self._checkpoint,
            pasts={asked.monitor: past},
        )
        jobs.hold(asked)
        try:
            data = jobs.data(asked.monitor)
            if not data.verdict.judge:
                if data.shown.unknown:
                    reason = " ".join("; ".join(data.shown.unknown).split())
                    return self._faulty(reason, data.suite, jobs, asked.monitor)
                return judge.skip(data.suite, data.shown, data.evidence)
            results = None
            # What is masked in results, GX's path masks; it also words what raises.
            if metrics is not None and not data.mask:
                results = _evaluate(metrics, data.verdict)
            if results is None:
                return self._through_gx(asked.monitor, jobs, instant)
            return judge.judge(data.suite, data.shown, results, data.evidence)
        except MonitorError as error:
            mask = Mask()
            if suite is not None:
                mask = jobs.mask(suite)
                suite = masked_suite(suite, mask)
            return self._faulty(explain_masked(error, mask), suite, jobs, asked.monitor)

    def _faulty(self, reason: str, suite: Suite | None, jobs: PastJobs, monitor: str) -> Outcome:
        reason = without_local_paths(reason, self._project.root)
        return judge.fault(monitor, reason, suite=suite, evidence=jobs.evidence(monitor))

    def _metrics(self, suite: Suite) -> list[_Metric] | None:
        """The suite's expectations where all are ours and plain, else None.

        Raises:
            MonitorError: the suite can't be built.
        """
        entries = suite.entry.expectations
        if not entries or any(entry.type != OURS for entry in entries):
            return None
        if any(has_parameter(entry.kwargs) for entry in entries):
            return None  # now(), which is another at each instant, or what has no value
        self._load()
        from plumbline.evaluate.build_suite import build_suite

        built = build_suite(suite)
        return [
            _Metric(
                type=entry.type,
                severity=entry.severity,
                kwargs=expectation.dict(include=set(expectation.success_keys)),
                description=entry.description,
            )
            for entry, expectation in zip(entries, built.expectations, strict=True)
        ]

    def _load(self) -> Mapping[str, Monitor]:
        """GX's monitors of the checkpoint; loading them registers our expectations."""
        if self._monitors is None:
            from plumbline.gx.context import load_context

            context = load_context(self._project)
            checkpoint: Any = context.checkpoints.get(self._checkpoint)
            self._monitors = {one.name: one for one in checkpoint.validation_definitions}
        return self._monitors

    def _through_gx(self, name: str, jobs: PastJobs, instant: datetime) -> Outcome:
        from great_expectations.core.result_format import DEFAULT_RESULT_FORMAT

        monitor: Any = self._load()[name]
        options = {"as_of": instant.isoformat()}
        source = monitor.data_source
        source.attach(jobs, options)
        try:
            monitor._evaluate(options, DEFAULT_RESULT_FORMAT)
        finally:
            source._jobs.clear()
        outcome: Outcome = monitor.outcome
        return outcome


def _evaluate(metrics: Sequence[_Metric], verdict: Verdict) -> list[JudgedExpectation] | None:
    """What the expectations make of the rows; None where one of them raises."""
    rows = verdict.judge
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    found = []
    for metric in metrics:
        try:
            groups = observe(
                columns,
                column=str(metric.column),
                aggregate=metric.aggregate,
                group_by=metric.group_by,
            )
        except (KeyError, TypeError):
            return None
        judged = judge_metric(groups, metric)
        details = judged["result"]["details"]
        found.append(
            JudgedExpectation(
                type=metric.type,
                severity=metric.severity,
                kwargs={name: value for name, value in metric.kwargs.items() if value is not None},
                success=judged["success"],
                observed=judged["result"]["observed_value"],
                groups=tuple(details["groups"]),
                failing=() if judged["success"] else tuple(details["failing_rows"]),
                description=metric.description,
            )
        )
    return found


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
