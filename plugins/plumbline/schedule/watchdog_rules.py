"""What the watchdog makes of what it sees: which runs did not come, came late, hang, or were none.

Pure: no clock, no warehouse. A finding has one of a few names, and says since when and what to do.
The rules are those of a heartbeat check (a run is due, has a deadline, starts, finishes) and of the
lies that a run can tell: that it was quick because it looked at nothing.
Used by `plumbline.schedule.watchdog_check`.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from plumbline.core.status import Status
from plumbline.core.text import count, span
from plumbline.history.heartbeat_rows import FAILED, Heartbeat
from plumbline.project.due import last_due
from plumbline.project.schedule import Schedule, write_duration

EARLY = timedelta(minutes=2)
"""How much before its time a run may begin and still be the one that was due: clocks differ."""

A_DAY = timedelta(days=1)
"""A run that was due on the day of the installation is expected all the same: who sets up a
schedule that runs each day learns on the same day whether it works."""

AHEAD = timedelta(minutes=10)
"""How much later than the watchdog's own time a heartbeat may be: beyond, its clock is ahead."""

QUICK_SHARE = 0.2
"""Of the usual time: a run that takes less is suspicious."""
QUICK_RUNS = 5
"""Finished runs that must be known before anything is usual."""
LEAST_SECONDS = 1.0
"""A run that usually takes less can't be suspiciously quick."""

_WITHOUT_ERROR = ("OK", "WARNING", "SKIPPED")
"""Statuses of a run in which every outcome is known: a monitor that is not checked has none."""

WAITS_TOO_LONG = timedelta(hours=1)
"""For a message in the outbox; a run comes by every few hours and tries again."""


class Kind(StrEnum):
    MISSING = "missing"
    HUNG = "hung"
    LATE = "late"
    FAILED = "failed"
    CHECKED_NOTHING = "checked nothing"
    ACTION = "action failed"
    QUICK = "suspiciously quick"
    UNDELIVERED = "undelivered"
    UNCONFIGURED = "not configured"
    STALE = "stale"
    CLOCK = "clock ahead"
    UNREADABLE = "unreadable"


STATUSES: Mapping[Kind, Status] = {
    Kind.MISSING: Status.CRITICAL,
    Kind.HUNG: Status.CRITICAL,
    Kind.LATE: Status.WARNING,
    Kind.FAILED: Status.CRITICAL,
    Kind.CHECKED_NOTHING: Status.CRITICAL,
    Kind.ACTION: Status.CRITICAL,
    Kind.QUICK: Status.WARNING,
    Kind.UNDELIVERED: Status.CRITICAL,
    Kind.UNCONFIGURED: Status.CRITICAL,
    Kind.STALE: Status.WARNING,
    Kind.CLOCK: Status.WARNING,
    Kind.UNREADABLE: Status.ERROR,
}


@dataclass(frozen=True)
class WatchdogFinding:
    kind: Kind
    what: str
    fix: str
    since: datetime

    @property
    def status(self) -> Status:
        return STATUSES[self.kind]


@dataclass(frozen=True)
class Seen:
    now: datetime
    beats: Sequence[Heartbeat] = ()
    """Of the target, oldest first."""
    installed: datetime | None = None
    """When the table of heartbeats was made; None: not asked."""
    alerts_fault: str | None = None
    """Why the state of the runs' alerts can't be read."""
    recording: frozenset[str] | None = None
    """Checkpoints whose runs write into the history; None: each."""
    newest_outcome: datetime | None = None
    """When an outcome was last recorded."""
    waiting: Sequence[tuple[str, datetime, str]] = ()
    """Messages in the outbox: channel, since when, why."""
    unconfigured: Mapping[str, str] = field(default_factory=dict)
    """Channels that can't be notified and have no fallback, and why."""


@dataclass(frozen=True)
class _Run:
    """One run as its heartbeats say."""

    started: Heartbeat | None
    finished: Heartbeat | None

    @property
    def at(self) -> datetime:
        """When it began, as far as that is known."""
        first = self.started or self.finished
        assert first is not None
        if self.started is None and first.seconds:
            return first.beat_at - timedelta(seconds=first.seconds)
        return first.beat_at


def judge_schedule(schedule: Schedule, seen: Seen) -> list[WatchdogFinding]:
    """What is wrong with the runs of ``schedule``: of the last one that should be over by now."""
    due = last_due(schedule, seen.now - schedule.deadline)
    following = last_due(schedule, seen.now)
    runs = _runs(schedule, [beat for beat in seen.beats if beat.beat_at <= seen.now + AHEAD])
    of_due = [run for run in runs if _is_of(run, due, until=following if following > due else None)]
    later = [run for run in runs if run.finished and run.at >= due - EARLY]
    if not of_due and later:
        of_due = later[:1]  # caught up after the next one was due
    if not of_due and not runs and _is_before_installation(schedule, due, seen):
        return []
    if not of_due:
        return [_missing(schedule, due, runs)]
    done = next((run for run in of_due if run.finished), None)
    if done is None:
        run = of_due[-1]
        if seen.now <= run.at + schedule.deadline:
            return [_still_running(schedule, due, run)]
        return [_hung(schedule, due, run)]
    return list(_of_finished(schedule, due, done, runs))


def _is_before_installation(schedule: Schedule, due: datetime, seen: Seen) -> bool:
    """Whether a run was over long before there was anything to run it: of a month, say."""
    return seen.installed is not None and due + schedule.deadline + A_DAY < seen.installed


def judge_rest(seen: Seen) -> Iterator[WatchdogFinding]:
    """What is wrong besides: messages that wait, channels that nobody reads, tables that stand."""
    if seen.alerts_fault is not None:
        yield unreadable(seen.alerts_fault, seen.now, of="the state of alerts")
    old = [one for one in seen.waiting if seen.now - one[1] > WAITS_TOO_LONG]
    if old:
        channels = ", ".join(sorted({channel for channel, _, _ in old}))
        why = next((why for _, _, why in old if why), "")
        yield WatchdogFinding(
            Kind.UNDELIVERED,
            f"{count(len(old), 'messages')} waiting for {channels}" + (f" ({why})" if why else ""),
            "fix the channel, then `plumbline alerts flush`",
            min(since for _, since, _ in old),
        )
    for name, why in sorted(seen.unconfigured.items()):
        yield WatchdogFinding(
            Kind.UNCONFIGURED,
            f"channel {name} can't be notified and has no fallback: {why}",
            "set its variables where the checkpoints run, and try it with `plumbline alerts test`",
            seen.now,
        )
    yield from _ahead(seen)
    finished = [
        beat
        for beat in seen.beats
        if beat.kind == "finished"
        and beat.beat_at <= seen.now + AHEAD
        and beat.status != FAILED
        and (seen.recording is None or beat.checkpoint in seen.recording)
    ]
    if finished:
        last = finished[-1].beat_at
        if seen.newest_outcome is None or last - seen.newest_outcome > WAITS_TOO_LONG:
            yield WatchdogFinding(
                Kind.STALE,
                "the last run is not in the history: the table outcomes "
                + (
                    "has no recent rows"
                    if seen.newest_outcome is None
                    else f"is {span(last - seen.newest_outcome)} behind"
                ),
                "see the notes of the last run; its account needs BigQuery Data Owner on the "
                "dataset",
                seen.newest_outcome or last,
            )


def _ahead(seen: Seen) -> Iterator[WatchdogFinding]:
    """Runs on a machine whose clock is ahead: they are not taken for those that are due."""
    beats = [beat for beat in seen.beats if beat.beat_at > seen.now + AHEAD]
    if not beats:
        return
    worst_beat = max(beats, key=lambda beat: beat.beat_at)
    where = f" on {worst_beat.place}" if worst_beat.place else ""
    at = f"{worst_beat.beat_at.astimezone(UTC):%Y-%m-%d %H:%M}"
    yield WatchdogFinding(
        Kind.CLOCK,
        f"a run of {worst_beat.checkpoint}{where} reports {at} UTC as its time: its clock is "
        "ahead, and the run does not count",
        "set the clock of the machine that runs it",
        seen.now,
    )


def unreadable(
    what: str, now: datetime, *, of: str = "the heartbeats", fix: str | None = None
) -> WatchdogFinding:
    """It can't be looked at, so nothing is known of it: by default, of any run."""
    return WatchdogFinding(
        Kind.UNREADABLE,
        f"{of} can't be read: {what}",
        f"{fix + '; ' if fix else ''}`plumbline debug` shows what is missing; until then, look "
        "at the runs' own logs",
        now,
    )


def _runs(schedule: Schedule, beats: Sequence[Heartbeat]) -> list[_Run]:
    """The runs of a schedule, oldest first.

    A run that names no schedule was started by hand, if the scheduler is one that names its
    schedule: then it says nothing of the scheduler. Else it is of its checkpoint's.
    """
    named = [beat for beat in beats if beat.schedule == schedule.name]
    unnamed = [
        beat for beat in beats if beat.schedule is None and beat.checkpoint == schedule.checkpoint
    ]
    by_id: dict[str, dict[str, Heartbeat]] = {}
    for beat in named or unnamed:
        by_id.setdefault(beat.run_id, {})[beat.kind] = beat
    runs = [_Run(kinds.get("started"), kinds.get("finished")) for kinds in by_id.values()]
    return sorted(runs, key=lambda run: run.at)


def _is_of(run: _Run, due: datetime, *, until: datetime | None) -> bool:
    first = run.started or run.finished
    if first is not None and first.due_at is not None:
        return first.due_at == due
    return due - EARLY <= run.at and (until is None or run.at < until - EARLY)


def _missing(schedule: Schedule, due: datetime, runs: Sequence[_Run]) -> WatchdogFinding:
    last = runs[-1] if runs else None
    before = f"the last run began {_moment(last.at, schedule)}" if last else "there was no run yet"
    return WatchdogFinding(
        Kind.MISSING,
        f"the run of {_moment(due, schedule)} is missing: {before}",
        "check whether the scheduler runs, and its log at that time",
        due,
    )


def _hung(schedule: Schedule, due: datetime, run: _Run) -> WatchdogFinding:
    place = run.started.place if run.started else None
    where = f" ({place})" if place else ""
    return WatchdogFinding(
        Kind.HUNG,
        f"the run of {_moment(due, schedule)} began {_moment(run.at, schedule)} and did not finish "
        f"within {write_duration(schedule.deadline)}{where}: it hangs or was killed",
        "see its log, and stop it; the next run starts as scheduled",
        due,
    )


def _still_running(schedule: Schedule, due: datetime, run: _Run) -> WatchdogFinding:
    """It began late (GitHub's cron, a run that is caught up): its own time is not over."""
    return WatchdogFinding(
        Kind.LATE,
        f"the run of {_moment(due, schedule)} began late ({_moment(run.at, schedule)}) and still "
        "runs",
        "nothing yet; if this happens each time, set a longer deadline",
        due + schedule.deadline,
    )


def _of_finished(
    schedule: Schedule, due: datetime, run: _Run, runs: Sequence[_Run]
) -> Iterator[WatchdogFinding]:
    beat = run.finished
    assert beat is not None
    when = _moment(due, schedule)
    if beat.status == FAILED:
        yield WatchdogFinding(
            Kind.FAILED,
            f"the run of {when} failed with exit code {beat.exit_code}",
            "see its log: its configuration is wrong, or there is a bug in plumbline",
            beat.beat_at,
        )
        return
    if beat.beat_at > due + schedule.deadline:
        yield WatchdogFinding(
            Kind.LATE,
            f"the run of {when} was done {span(beat.beat_at - due)} after its due time; its "
            f"deadline is {write_duration(schedule.deadline)}",
            "see in its log whether it started late or took long",
            due + schedule.deadline,
        )
    if beat.status != "SKIPPED" and not beat.evaluated:
        yield WatchdogFinding(
            Kind.CHECKED_NOTHING,
            f"the run of {when} evaluated nothing: {beat.checked or 0} of "
            f"{beat.monitors or 0} monitors have a result",
            "see its report; `plumbline debug` shows what is missing",
            beat.beat_at,
        )
    elif beat.status in _WITHOUT_ERROR and (beat.checked or 0) < (beat.monitors or 0):
        yield WatchdogFinding(
            Kind.CHECKED_NOTHING,
            f"the run of {when} checked {beat.checked or 0} of {beat.monitors} monitors; "
            "the others have no result",
            "see its report and its log",
            beat.beat_at,
        )
    if beat.action_errors:
        yield WatchdogFinding(
            Kind.ACTION,
            f"an action of the run of {when} failed: {beat.action_errors.splitlines()[0]}",
            "see `action_errors` in its report, and its log",
            beat.beat_at,
        )
    usual = _usual(run, runs)
    if usual is not None and beat.seconds is not None and beat.seconds < QUICK_SHARE * usual:
        yield WatchdogFinding(
            Kind.QUICK,
            f"the run of {when} took {beat.seconds:.1f} s, usually {usual:.1f} s",
            "see in its report whether every monitor checked what it should",
            beat.beat_at,
        )
    if beat.waiting:
        yield WatchdogFinding(
            Kind.UNDELIVERED,
            f"the run of {when} could not deliver {count(beat.waiting, 'messages')}",
            "fix the channel, then `plumbline alerts flush`",
            beat.beat_at,
        )


def _usual(run: _Run, runs: Sequence[_Run]) -> float | None:
    """Seconds, as a rule; None: too few runs are known, or they are all a matter of a moment."""
    known = [
        one.finished.seconds
        for one in runs
        if one is not run
        and one.finished is not None
        and one.finished.seconds
        and one.finished.status != FAILED
    ]
    if len(known) < QUICK_RUNS:
        return None
    usual = statistics.median(known)
    return usual if usual >= LEAST_SECONDS else None


def _moment(at: datetime, schedule: Schedule) -> str:
    local = at.astimezone(schedule.timezone)
    return f"{local.day} {local:%b %H:%M %Z}"
