"""Records of runs and rows of incidents, as runs leave them, for the tests of the site's build."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from plumbline.core.group_key import GroupKey
from plumbline.core.instants import end_of
from plumbline.core.outcome import GroupOutcome, Outcome, ThresholdLine
from plumbline.core.status import Status
from plumbline.history.events import DeliveryRow, IncidentRow
from plumbline.site import history_cache
from plumbline.site.records import Record, RunStamp
from plumbline.site.rows import Row

ZONE = ZoneInfo("America/New_York")
LINES = (ThresholdLine("warning", 80.0), ThresholdLine("critical", 50.0))


def at(text: str) -> datetime:
    """``2026-02-02``: the end of that day in New York; ``2026-02-02 06:00``: that time there."""
    if len(text) == 10:
        return end_of(date.fromisoformat(text), ZONE)
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def days(first: str, last: str) -> list[datetime]:
    """The ends of all days from one to another."""
    day, until = date.fromisoformat(first), date.fromisoformat(last)
    return [end_of(day + timedelta(days=n), ZONE) for n in range((until - day).days + 1)]


def every_six_hours(first: str, last: str) -> list[datetime]:
    """Four runs a day: at 06:00, 12:00, 18:00 and at the day's end."""
    found = []
    for end in days(first, last):
        day = (end - timedelta(days=1)).date()
        found += [datetime.combine(day, time(hour), tzinfo=ZONE) for hour in (6, 12, 18)]
        found.append(end)
    return found


def status_of(observed: float | None) -> Status:
    """By `LINES`; what was not observed is an ERROR."""
    if observed is None:
        return Status.ERROR
    if observed < 50:
        return Status.CRITICAL
    return Status.WARNING if observed < 80 else Status.PASS


def row_of(record: Record) -> Row:
    """What the site's cache keeps of it."""
    return history_cache.row_of(record.outcome, record.run, record.result)


def record(
    when: datetime | str,
    observed: float | None = 92.0,
    *,
    monitor: str = "coverage",
    run_id: str | None = None,
    monitors: int = 1,
    target: str = "local",
    checkpoint: str = "health_check",
    result: tuple[str, ...] | None = None,
    groups: Sequence[tuple[str, float]] = (),
    sql: str | None = "select 92.0 as pct",
    **outcome: Any,
) -> Record:
    """What one monitor found in one run."""
    judged = at(when) if isinstance(when, str) else when
    values: dict[str, Any] = {
        "monitor": monitor,
        "status": status_of(observed),
        "summary": f"{observed} %",
        "as_of": judged,
        "observed": observed,
        "unit": "%",
        "thresholds": "mean of coverage_pct: warning < 80 %, critical < 50 %",
        "lines": LINES,
        "groups": tuple(
            GroupOutcome(
                GroupKey.of({"system": name}), status_of(value), value, unit="%", lines=LINES
            )
            for name, value in groups
        ),
        "seconds": 2.5,
        "owner": "ml-platform",
    }
    return Record(
        run=RunStamp(
            run_id=run_id or f"run-{judged:%Y%m%dt%H%M}",
            checkpoint=checkpoint,
            target=target,
            as_of=judged,
            started_at=judged + timedelta(minutes=1),
            monitors=monitors,
            revision="a0e0d3d86cce",
        ),
        outcome=Outcome(**values | outcome),
        ended_at=judged + timedelta(minutes=1, seconds=4),
        sql=sql,
        result=result,
    )


def records(
    instants: Iterable[datetime], observed: float | None = 92.0, **more: Any
) -> list[Record]:
    """One a run, all alike."""
    return [record(instant, observed, **more) for instant in instants]


@dataclass(frozen=True)
class Story:
    """An incident's rows, made event by event."""

    id: str
    monitor: str
    opened_at: datetime
    events: list[IncidentRow] = field(default_factory=list)
    deliveries: list[DeliveryRow] = field(default_factory=list)

    def event(
        self,
        when: datetime | str,
        event: str,
        reason: str = "first failure",
        *,
        status: str = "CRITICAL",
        members: Sequence[str] = (),
        told: Sequence[str] = (),
        **more: Any,
    ) -> Story:
        """Add an event, and who was told of it."""
        instant = at(when) if isinstance(when, str) else when
        number = len(self.events) + 1
        run_id = f"run-{instant:%Y%m%dt%H%M}"
        keys = [json.dumps({"system": name}, separators=(",", ":")) for name in members]
        said = [
            {"key": key, "label": name, "status": status, "since": instant.isoformat()}
            for key, name in zip(keys, members, strict=True)
        ]
        values: dict[str, Any] = {
            "event_id": f"{self.id}-{number:04d}-{event}",
            "incident_id": self.id,
            "monitor": self.monitor,
            "kind": "data",
            "event": event,
            "reason": reason,
            "status": status,
            "as_of": instant,
            "opened_at": self.opened_at,
            "speaks": True,
            "run_id": run_id,
            "checkpoint": "health_check",
            "members": json.dumps(said),
            "summary": f"{event} at {instant:%d %b}",
        }
        self.events.append(IncidentRow(**values | more))
        for channel in told:
            self.deliveries.append(
                DeliveryRow(
                    event_id=f"{self.id}-{number}-{channel}-1-delivered",
                    message_id=f"{self.id}-{number}-{channel}",
                    channel=channel,
                    verdict="delivered",
                    attempted_at=instant + timedelta(seconds=5),
                    attempts=1,
                    run_id=run_id,
                    incidents=json.dumps([self.id]),
                )
            )
        return self


def story(name: str, opened: str, *, monitor: str = "coverage") -> Story:
    """An incident that opened at the end of a day, and told slack of it."""
    empty = Story(name, monitor, at(opened))
    return empty.event(opened, "opened", told=("slack",))
