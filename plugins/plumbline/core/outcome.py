"""The outcome of a monitor and the report of a run: values that everything after them reads.

Reports, history, incidents and docs read these, never a GX result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from plumbline.core.alert_line import AlertLine
from plumbline.core.failure import FailingRows, Failure
from plumbline.core.group_key import GroupKey
from plumbline.core.run import Run
from plumbline.core.safe_text import shorten_fields
from plumbline.core.status import (
    WORST_FIRST,
    FailOn,
    RunStatus,
    Status,
    counts,
    exit_code,
    run_status,
    score,
)

Result = Literal["pass", "fail", "error", "skip"]
"""What came of one expectation."""


class ThresholdLine(NamedTuple):
    """A bound as a line in a chart; a tuple, because histories hold thousands."""

    severity: Literal["warning", "critical"]
    value: float
    fails: Literal["below", "above"] = "below"
    """On which side of it the data is wrong."""
    is_strict: bool = False
    """Whether a value exactly on it fails too; what earlier versions stored does not say."""


class MetricOutcome(NamedTuple):
    """A number that history keeps beside the observed one, for later runs to be compared with."""

    observed: float
    status: Status
    """What the expectations on it make of it: PASS may become usual."""


@dataclass(frozen=True)
class GroupOutcome:
    """One group of a monitor: a prediction system, a date, a processor, a game."""

    key: GroupKey
    status: Status
    observed: float | None
    numerator: float | None = None
    denominator: float | None = None
    threshold: float | None = None
    """The bound that failed at the worst severity; where none failed, the first bound."""
    unit: str = ""
    """Of ``observed`` and ``threshold``; a group's may differ from its monitor's."""
    lines: tuple[ThresholdLine, ...] = ()
    """All its bounds."""
    usual: str = ""
    """What it was held against, where its past made it: ``usually 92 ± 4``; not in the JSON."""
    is_missing: bool = False
    """Whether it was expected, and no row is of it; not in the JSON."""
    metrics: Mapping[str, MetricOutcome] = field(default_factory=dict)
    """Of a suite over a table, by name; not in the JSON."""

    @property
    def label(self) -> str:
        """Of its key."""
        return self.key.label


class HasThreshold(Protocol):
    """A `GroupOutcome`, or a view of one."""

    @property
    def status(self) -> Status:
        """As of the group."""

    @property
    def observed(self) -> float | None:
        """As of the group."""

    @property
    def threshold(self) -> float | None:
        """As of the group."""


G = TypeVar("G", bound=HasThreshold)


def worst_groups_first(groups: Iterable[G]) -> list[G]:
    """``groups`` by status, then by their distance from the threshold; equals as they were.

    A failing group without a number is worse than any that has one; of those that pass, the one
    that is nearest to its threshold comes first.
    """
    return sorted(groups, key=_how_bad)


def _how_bad(group: HasThreshold) -> tuple[int, float]:
    rank, is_wrong = WORST_FIRST.index(group.status), group.status.is_failing
    if group.observed is None or not math.isfinite(group.observed):
        return rank, -math.inf if is_wrong else math.inf
    distance = abs(group.observed - group.threshold) if group.threshold is not None else 0.0
    return rank, -distance if is_wrong else distance


_MEASURED = (
    *("status", "observed", "numerator", "denominator"),
    *("threshold", "unit", "usual", "is_missing"),
)


def measured(group: object) -> dict[str, Any]:
    """What a view of a `GroupOutcome` has of it: a failing group of an incident, its line in a
    message."""
    return {name: getattr(group, name) for name in _MEASURED}


@dataclass(frozen=True)
class ExpectationOutcome:
    """One expectation of the suite, as GX judged it."""

    type: str
    severity: str
    success: bool
    text: str
    """What was expected, in words."""
    observed: object = None
    error: str | None = None
    """Why it could not be evaluated; None when it was."""
    skipped: str | None = None
    """Why it looked at nothing, where its suite says that this may be."""
    key: str = ""
    """What names it in history, the same whatever its bounds are; empty: of a version without."""

    @property
    def result(self) -> Result:
        """What came of it."""
        if self.error is not None:
            return "error"
        if self.skipped is not None:
            return "skip"
        return "pass" if self.success else "fail"


@dataclass(frozen=True)
class Outcome:
    """What one monitor found at one ``as_of``."""

    monitor: str
    status: Status
    summary: str
    """One line that a person can read."""
    as_of: datetime
    observed: float | None = None
    unit: str = ""
    thresholds: str = ""
    """What ``observed`` is held against, in words: ``warning < 80, critical < 50``."""
    lines: tuple[ThresholdLine, ...] = ()
    """The same as numbers; none where ``observed`` counts failing groups."""
    reason: str | None = None
    """Why, for ERROR and SKIPPED."""
    fix: str | None = None
    """What ``reason`` ends with, where that is what to do about an ERROR; not in the JSON."""
    metrics: Mapping[str, MetricOutcome] = field(default_factory=dict)
    """Of a suite over a table, by name; not in the JSON."""
    groups: tuple[GroupOutcome, ...] = ()
    judged: tuple[GroupKey, ...] = ()
    """The groups that were looked at, failing or not; not in the JSON."""
    lists_failing_only: bool = False
    """Whether a group that is not listed is healthy, as its rows are the failing ones; not in the
    JSON."""
    retired: tuple[str, ...] = ()
    """The names of groups that are gone for good, as the suite says; not in the JSON."""
    failing: FailingRows | None = None
    """A sample of the rows that failed; not in the JSON."""
    drilldown: str | None = None
    """A query for the rows behind what fails, with all values, ready to copy; not in the JSON."""
    expectations: tuple[ExpectationOutcome, ...] = ()
    failures: tuple[Failure, ...] = ()
    """Each expectation that the data did not meet, of any severity, in the suite's order."""
    declared: int = 0
    evaluated: int = 0
    failed: int = 0
    rows: int = 0
    numerator: float | None = None
    denominator: float | None = None
    notes: tuple[str, ...] = ()
    """What a reader should know besides: skipped parts, postponed games."""
    model: str | None = None
    sql_hash: str | None = None
    tables: tuple[str, ...] = ()
    """``dataset.table`` of each table that the model reads; not in the JSON."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    job_ids: tuple[str, ...] = ()
    bytes_billed: int | None = None
    seconds: float = 0.0
    owner: str | None = None
    impact: str | None = None
    action: str | None = None
    runbook: str | None = None
    depends_on: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """Words by which routes choose monitors; not in the JSON."""
    renamed_from: tuple[str, ...] = ()
    """Names that the monitor had before; not in the JSON."""
    criteria: str = ""
    """A hash of what the suite requires: the data got better, or the suite changed; not in the
    JSON. Empty: not known."""
    docs_url: str | None = None

    def __post_init__(self) -> None:
        texts = ("summary", "thresholds", "reason", "unit", "owner", "impact", "action", "runbook")
        shorten_fields(self, *texts)


@dataclass(frozen=True)
class RunReport(Run):
    """A whole run: what it found, and what came of it."""

    started_at: datetime
    seconds: float
    outcomes: tuple[Outcome, ...]
    fail_on: FailOn = "warning"
    notes: tuple[str, ...] = ()
    """What the run did not touch, and why; which day it judged."""
    alerts: tuple[AlertLine, ...] = ()
    """Who was notified of what; empty where nothing is sent."""
    waiting: int = 0
    """Messages that could not be delivered."""
    cost: str | None = None
    """What was billed, and what a month comes to; None where the warehouse does not say."""
    given: tuple[str, ...] = ()
    """``--as-of`` and ``--var``, for a command that asks the same again."""
    docs: str | None = None
    """Where the data docs are that this run built; None: it built none."""
    action_errors: tuple[str, ...] = ()
    """Actions that raised, a line each: then the run's status is at least ERROR."""
    is_recorded: bool = False
    """Whether another tool made the checks (dbt), so that plumbline can't make them again."""
    scored: tuple[Status, ...] | None = None
    """The statuses that the score counts; None: all."""

    @cached_property
    def statuses(self) -> list[Status]:
        """One a monitor, in the checkpoint's order."""
        return [outcome.status for outcome in self.outcomes]

    @property
    def status(self) -> RunStatus:
        return run_status(self._with_actions)

    @property
    def score(self) -> int | None:
        """0 to 100, or None when nothing counted."""
        return score(self.statuses if self.scored is None else self.scored)

    @property
    def exit_code(self) -> int:
        """The process's exit code under ``fail_on``."""
        return exit_code(self._with_actions, self.fail_on)

    @property
    def _with_actions(self) -> list[Status]:
        return [*self.statuses, Status.ERROR] if self.action_errors else self.statuses

    @property
    def counts(self) -> dict[str, int]:
        return counts(self.statuses)

    @property
    def jobs(self) -> int:
        """Query jobs on the monitored tables."""
        return sum(len(outcome.job_ids) for outcome in self.outcomes)

    @property
    def bytes_billed(self) -> int | None:
        """The sum over jobs; None where the warehouse does not say."""
        billed = [outcome.bytes_billed for outcome in self.outcomes]
        known = [amount for amount in billed if amount is not None]
        return sum(known) if known else None
