"""The report of a backtest: what was found when, what was noise, what was seen how."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from plumbline.backtest.findings import AlarmTime, LabelResult
from plumbline.backtest.instants import Span
from plumbline.backtest.messages import MessageCounts, Spread
from plumbline.backtest.replay import ReplayedIncident
from plumbline.backtest.report import Backtest
from plumbline.core.status import Status
from plumbline.core.text import NOTHING, count, rfc3339, span
from plumbline.report.page import Block, Items, Section, Table
from plumbline.report.wording import minute

SCHEMA_VERSION = 1

_MOST_FALSE = 50
_COUNTED = (Status.PASS, Status.WARNING, Status.CRITICAL, Status.ERROR, Status.SKIPPED)


def backtest_page(backtest: Backtest) -> list[Section]:
    """All sections, most telling first."""
    sections = [_head(backtest)]
    if backtest.labelled:
        sections += [_incidents(backtest), false_alarms_section(backtest)]
    else:
        sections.append(_all_incidents(backtest))
    sections += [_monitors(backtest), _not_replayed(backtest), _tables(backtest)]
    if backtest.notes:
        sections.append(Section("What to know", (Items(backtest.notes),)))
    return [one for one in sections if one.blocks]


def backtest_dict(backtest: Backtest) -> dict[str, object]:
    """For machines, as ``schemas/backtest.schema.json`` says."""
    span, score = backtest.span, backtest.score
    labelled = backtest.labelled
    return {
        "schema_version": SCHEMA_VERSION,
        "checkpoint": ", ".join(span.checkpoints),
        "target": backtest.target,
        "from": rfc3339(span.first),
        "to": rfc3339(span.last),
        "schedule": span.how,
        "timezone": span.zone.key,
        "instants": len(span.instants),
        "schedules": [
            {
                "checkpoint": one.checkpoint,
                "schedule": one.how,
                "timezone": one.zone.key,
                "runs": len(one.instants),
            }
            for one in span.schedules
        ],
        "started_at": rfc3339(backtest.started_at),
        "seconds": round(backtest.seconds, 3),
        "jobs": backtest.jobs,
        "bytes_billed": backtest.bytes_billed,
        "suite_revision": None if backtest.revision is None else str(backtest.revision),
        "exit_code": backtest.exit_code,
        "labelled": backtest.labelled,
        "totals": {
            "found": score.count("found"),
            "missed": score.count("missed"),
            "not_judged": score.count("not judged"),
            "incidents": score.incidents,
            "within_seconds": score.within.total_seconds(),
            "found_within": score.found_within,
            "false_alarms": len(score.false_alarms) if labelled else None,
            "precision": _rounded(score.precision) if labelled else None,
            **_alarm_dict(score.alarm, labelled=labelled),
            "alerts": score.alerts,
            "alerts_per_week": _rounded(score.alerts_per_week),
            "messages": score.messages.total,
            "messages_by_incidents": _rounded(score.messages.share),
            "messages_per_incident": _spread_dict(score.messages.per_incident),
            "messages_per_incident_and_channel": _spread_dict(
                score.messages.per_incident_and_channel
            ),
        },
        "labels": [_finding_dict(finding) for finding in score.findings],
        "incidents": [
            _incident_dict(one, false=backtest.false(one) if backtest.labelled else None)
            for one in backtest.replay.incidents
        ],
        "monitors": [
            {
                "name": one.name,
                "counts": {
                    "passed": one.counts.get(Status.PASS, 0),
                    "warning": one.counts.get(Status.WARNING, 0),
                    "critical": one.counts.get(Status.CRITICAL, 0),
                    "error": one.counts.get(Status.ERROR, 0),
                    "skipped": one.counts.get(Status.SKIPPED, 0),
                },
                "incidents": one.incidents,
                "alerts": one.alerts,
                "false_alarms": one.false_alarms if labelled else None,
                **_alarm_dict(one.alarm, labelled=labelled),
                "jobs": one.jobs,
            }
            for one in backtest.monitors
        ],
        "not_replayed": [
            {"monitor": name, "reason": fault.what} for name, fault in backtest.not_replayed.items()
        ],
        "tables": [
            {
                "table": one.table,
                "seen": "by arrival" if one.by_arrival else "by day",
                "arrival_time": one.column,
                "by_day": list(one.by_day),
            }
            for one in backtest.tables
        ],
        "notes": [*backtest.ignored, *backtest.notes],
    }


def verdict(backtest: Backtest) -> tuple[str, ...]:
    """How good the suites were: a line for what was found, one for what was sent."""
    score = backtest.score
    if backtest.labelled:
        judged = score.count("found") + score.count("missed")
        parts = [
            f"{score.count('found')} of {judged} labelled incidents found, "
            f"{score.found_within} within {span(score.within)} of being due",
            count(len(score.false_alarms), "false alarms"),
        ]
        if score.precision is not None:
            parts.append(f"precision {100 * score.precision:.0f} %")
        if score.alarm.total:
            parts.append(f"time in false alarm {false_time(score.alarm)}")
    else:
        parts = [count(len(backtest.replay.incidents), "alarms")]
    sent = (
        _messages(score.messages),
        f"{count(score.alerts, 'alerts')}, {score.alerts_per_week:.1f} a week",
        count(backtest.jobs, "jobs"),
        f"{backtest.seconds:.1f} s",
    )
    return " · ".join(parts), " · ".join(sent)


def _schedules_table(replayed: Span) -> Table:
    """The schedules that were replayed."""
    header = ("checkpoint", "schedule", "runs")
    rows = ((one.checkpoint, one.how, f"{len(one.instants):,}") for one in replayed.schedules)
    return Table(header, tuple(rows), right=frozenset({2}))


def _head(backtest: Backtest) -> Section:
    replayed, zone = backtest.span, backtest.zone
    revision = f"suites {backtest.revision}" if backtest.revision else "not in git"
    first, last = minute(replayed.first, zone), minute(replayed.last, zone)
    about = f"target {backtest.target} · {revision}"
    if len(replayed.schedules) == 1:
        (one,) = replayed.schedules
        when = (
            f"{first} to {last} {zone.key}, {one.how}: {count(len(one.instants), 'runs')} · {about}"
        )
        return Section(
            f"Backtest of {one.checkpoint}", (when, *backtest.ignored, *verdict(backtest))
        )
    when = f"{first} to {last} {zone.key} · {about}"
    title = f"Backtest of {', '.join(replayed.checkpoints)}"
    return Section(title, (when, *backtest.ignored, *verdict(backtest), _schedules_table(replayed)))


def _incidents(backtest: Backtest) -> Section:
    header = (
        "incident",
        "due",
        "found",
        "by",
        "delay",
        "notified",
        "alerts",
        "resolved in",
    )
    rows = tuple(_incident(backtest, finding) for finding in backtest.score.findings)
    return Section(
        "Labelled incidents",
        (Table(header, rows, frozenset({4, 6, 7}), keep=(0, 2, 4, 7, 6, 1, 5, 3), below=3),)
        if rows
        else (),
    )


def _incident(backtest: Backtest, finding: LabelResult) -> tuple[str, ...]:
    label, zone = finding.label, backtest.zone
    start = (label.id, minute(label.due, zone) or f"began {minute(label.began, zone)}")
    if finding.first is None:
        result = _RESULTS.get(finding.result, finding.result)
        return (*start, result, finding.reason, *[""] * 4)
    by = ", ".join(
        f"{seen.monitor} {seen.status}"
        + ("" if seen.at == finding.first.at else f" after {span(seen.at - finding.first.at)}")
        for seen in finding.sightings
    )
    return (
        *start,
        minute(finding.first.at, zone),
        by,
        span(finding.delay),
        minute(finding.told_at, zone) or "nobody",
        f"{finding.alerts:,}",
        _ended(finding.time_to_resolve),
    )


_RESULTS = {"not judged": "not evaluated"}
"""Of a label, as people read it; JSON keeps the first."""


def _ended(after: timedelta | None) -> str:
    return "open at the end" if after is None else span(after)


def false_alarms_section(backtest: Backtest) -> Section:
    """Alarms of bad data, and failed checks, that no label of their monitor covers."""
    score = backtest.score
    false = score.false_alarms[:_MOST_FALSE]
    rows = [_past(backtest, one, "false alarm") for one in false]
    rows += [_past(backtest, one, "could not be checked") for one in score.unchecked[:_MOST_FALSE]]
    more = len(score.false_alarms) + len(score.unchecked) - len(rows)
    return Section("Alarms that no labelled incident explains", (_past_table(rows, more),))


def _all_incidents(backtest: Backtest) -> Section:
    found = backtest.replay.incidents
    rows = [_past(backtest, one, one.incident.kind) for one in found[:_MOST_FALSE]]
    more = len(found) - len(rows)
    return Section("Alarms", (_past_table(rows, more),))


def _past_table(rows: Sequence[tuple[str, ...]], more: int) -> Block:
    header = ("monitor", "what", "opened", "worst", "alerts", "ended in", "summary")
    return Table(header, tuple(rows), frozenset({4, 5}), more, below=6) if rows else "none"


def _past(backtest: Backtest, one: ReplayedIncident, what: str) -> tuple[str, ...]:
    incident = one.incident
    ended = None if incident.closed_at is None else incident.closed_at - incident.opened_at
    return (
        incident.monitor,
        what,
        minute(incident.opened_at, backtest.zone),
        str(incident.worst),
        f"{one.told:,}",
        _ended(ended),
        one.summary,
    )


def _monitors(backtest: Backtest) -> Section:
    header = (
        *("monitor", *map(str, _COUNTED), "alarms", "alerts", "false alarms"),
        "time in false alarm",
    )
    rows = tuple(
        (
            one.name,
            *(f"{one.counts.get(status, 0):,}" for status in _COUNTED),
            f"{one.incidents:,}",
            f"{one.alerts:,}",
            f"{one.false_alarms:,}" if backtest.labelled else "",
            false_time(one.alarm) if backtest.labelled else "",
        )
        for one in backtest.monitors
    )
    return Section(
        "Monitors",
        (Table(header, rows, right=frozenset(range(1, 10)), keep=(0, 1, 2, 3, 4, 6, 8, 7, 9, 5)),)
        if rows
        else (),
    )


def _not_replayed(backtest: Backtest) -> Section:
    rows = tuple((name, fault.what) for name, fault in backtest.not_replayed.items())
    return Section("Not replayed", (Table(("monitor", "reason"), rows),) if rows else ())


def _tables(backtest: Backtest) -> Section:
    items = tuple(table.describe() for table in backtest.tables)
    return Section("Tables, and how they were seen", (Items(items),) if items else ())


def _messages(counts: MessageCounts) -> str:
    text = count(counts.total, "messages")
    one = counts.per_incident_and_channel
    if counts.share is None or one is None:
        return text
    return (
        f"{text} for {count(counts.incidents, 'alarms')}: {counts.share:.1f} each on average, "
        f"at most {one.worst} about one alarm in one channel"
    )


def false_time(alarm: AlarmTime) -> str:
    """``12 h of 3 d 6 h (15 %)``."""
    if alarm.share is None:
        return NOTHING
    return f"{span(alarm.false)} of {span(alarm.total)} ({100 * alarm.share:.0f} %)"


def _finding_dict(finding: LabelResult) -> dict[str, object]:
    label, first = finding.label, finding.first
    return {
        "id": label.id,
        "title": label.title,
        "kind": label.kind,
        "result": finding.result,
        "reason": finding.reason or None,
        "began": rfc3339(label.began),
        "due": _at(label.due),
        "found_at": _at(first.at if first else None),
        "monitor": first.monitor if first else None,
        "status": str(first.status) if first else None,
        "delay_seconds": _seconds(finding.delay),
        "told_at": _at(finding.told_at),
        "alerts": finding.alerts,
        "messages": finding.messages,
        "resolved_at": _at(finding.resolved_at),
        "seconds_to_resolve": _seconds(finding.time_to_resolve),
        "sightings": [
            {"monitor": one.monitor, "at": rfc3339(one.at), "status": str(one.status)}
            for one in finding.sightings
        ],
    }


def _incident_dict(one: ReplayedIncident, *, false: bool | None) -> dict[str, object]:
    incident = one.incident
    return {
        "monitor": incident.monitor,
        "kind": incident.kind,
        "opened_at": rfc3339(incident.opened_at),
        "closed_at": _at(incident.closed_at),
        "ending": incident.ending,
        "worst": str(incident.worst),
        "alerts": one.told,
        "false_alarm": false,
        "summary": one.summary,
    }


def _alarm_dict(alarm: AlarmTime, *, labelled: bool) -> dict[str, object]:
    return {
        "alarm_seconds": alarm.total.total_seconds(),
        "false_alarm_seconds": alarm.false.total_seconds() if labelled else None,
        "false_alarm_share": _rounded(alarm.share) if labelled else None,
    }


def _spread_dict(spread: Spread | None) -> dict[str, object] | None:
    return None if spread is None else {"mean": _rounded(spread.mean), "worst": spread.worst}


def _at(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)


def _seconds(time: timedelta | None) -> float | None:
    return None if time is None else time.total_seconds()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
