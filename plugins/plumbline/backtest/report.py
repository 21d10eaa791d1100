"""What a backtest found, as one value: the reports, the record and the tests read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from plumbline.backtest.caveats import TableSeen
from plumbline.backtest.findings import AlarmTime, Score
from plumbline.backtest.instants import Span
from plumbline.backtest.replay import PastRun, Replay, ReplayedIncident
from plumbline.core.errors import MonitorError
from plumbline.core.outcome import Outcome
from plumbline.core.revision import Revision
from plumbline.core.status import EXIT_ERROR, EXIT_OK, Status


@dataclass(frozen=True)
class MonitorSummary:
    """One monitor over the range."""

    name: str
    counts: Mapping[Status, int]
    incidents: int
    alerts: int
    false_alarms: int
    alarm: AlarmTime
    jobs: int

    @property
    def judged(self) -> bool:
        """Whether it was judged at all."""
        return any(self.counts.get(status) for status in Status if status is not Status.ERROR)


@dataclass(frozen=True)
class Backtest:
    """A replay of a range."""

    project: str
    """The plumbline project, to which recorded outcomes belong."""
    target: str
    span: Span
    zone: ZoneInfo
    """The domain's, in which the reports tell times."""
    outcomes: Mapping[str, Sequence[Outcome]] = field(repr=False)
    """By monitor, in order of time; none of one that could not be replayed."""
    runs: Sequence[PastRun] = field(repr=False)
    """The same by run, in order of time."""
    replay: Replay
    score: Score
    labelled: bool
    """Whether there is a file of labelled incidents: without one nothing is called false."""
    tables: tuple[TableSeen, ...]
    monitors: tuple[MonitorSummary, ...]
    """Those that were replayed."""
    not_replayed: Mapping[str, MonitorError]
    """By monitor without a past, why: nothing is recorded, counted or alerted of it."""
    revision: Revision | None
    started_at: datetime
    seconds: float
    jobs: int
    bytes_billed: int | None
    ignored: tuple[str, ...] = ()
    """A line for each entry of mutes and schedules that names what does not exist."""
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, or 3 where some monitor could not be replayed, or not be judged at all."""
        judged = not self.not_replayed and all(one.judged for one in self.monitors)
        return EXIT_OK if judged else EXIT_ERROR

    def false(self, incident: ReplayedIncident) -> bool:
        """Whether an incident is one that no label explains."""
        return incident in self.score.false_alarms
