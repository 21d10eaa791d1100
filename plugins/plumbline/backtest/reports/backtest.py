"""The report of a backtest: what was found when, what was noise, what was seen how."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from plumbline.backtest.findings import LabelResult
from plumbline.backtest.messages import MessageCounts, Spread
from plumbline.backtest.replay import ReplayedIncident
from plumbline.backtest.report import Backtest
from plumbline.core.status import Status
from plumbline.core.text import rfc3339, span
from plumbline.report.page import Block, Items, Section, Table
from plumbline.report.wording import minute

SCHEMA_VERSION = 1

_MOST_FALSE = 50
_COUNTED = (Status.PASS, Status.WARNING, Status.CRITICAL, Status.ERROR, Status.SKIPPED)


def backtest_page(backtest: Backtest) -> list[Section]:
    """All sections, most telling first."""
    sections = [_head(backtest)]
    if backtest.labelled:
        sections += [_incidents(backtest), _false_alarms(backtest)]
    else:
        sections.append(_all_incidents(backtest))
    sections += [_monitors(backtest), _tables(backtest)]
    if backtest.notes:
        sections.append(Section("What to know", (Items(backtest.notes),)))
    return [one for one in sections if one.blocks]


def backtest_dict(backtest: Backtest) -> dict[str, object]:
    """For machines, as ``schemas/backtest.schema.json`` says."""
    span, score = backtest.span, backtest.score
    return {
        "schema_version": SCHEMA_VERSION,
        "checkpoint": backtest.checkpoint,
        "target": backtest.target,
        "from": rfc3339(span.first),
        "to": rfc3339(span.last),
        "schedule": span.how,
        "timezone": span.zone.key,
        "instants": len(span.instants),
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
            "false_alarms": len(score.false_alarms) if backtest.labelled else None,
            "precision": _rounded(score.precision) if backtest.labelled else None,
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
                "false_alarms": one.false_alarms if backtest.labelled else None,
                "jobs": one.jobs,
            }
            for one in backtest.monitors
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
        "notes": list(backtest.notes),
    }


def verdict(backtest: Backtest) -> str:
    """The last line: how good the suites were."""
    score = backtest.score
    parts = []
    if backtest.labelled:
        judged = score.count("found") + score.count("missed")
        parts.append(f"{score.count('found')} of {judged} incidents found")
        parts.append(_many(len(score.false_alarms), "false alarm"))
        if score.precision is not None:
            parts.append(f"precision {100 * score.precision:.0f} %")
    else:
        parts.append(_many(len(backtest.replay.incidents), "incident"))
    parts.append(f"{_many(score.alerts, 'alert')}, {score.alerts_per_week:.1f} a week")
    parts.append(_messages(score.messages))
    parts.append(_many(backtest.jobs, "job"))
    parts.append(f"{backtest.seconds:.1f} s")
    return " · ".join(parts)


def _head(backtest: Backtest) -> Section:
    span, zone = backtest.span, backtest.zone
    revision = f"suites {backtest.revision}" if backtest.revision else "not in git"
    return Section(
        f"Backtest of {backtest.checkpoint}",
        (
            f"{minute(span.first, zone)} to {minute(span.last, zone)} {zone.key}, {span.how}: "
            f"{len(span.instants)} runs · target {backtest.target} · {revision}",
            verdict(backtest),
        ),
    )


def _incidents(backtest: Backtest) -> Section:
    header = (
        "incident",
        "began",
        "due",
        "found",
        "by",
        "delay",
        "notified",
        "alerts",
        "resolved in",
    )
    rows = tuple(_incident(backtest, finding) for finding in backtest.score.findings)
    return Section("Incidents", (Table(header, rows),) if rows else ())


def _incident(backtest: Backtest, finding: LabelResult) -> tuple[str, ...]:
    label, zone = finding.label, backtest.zone
    start = (label.id, minute(label.began, zone), minute(label.due, zone))
    if finding.first is None:
        return (*start, finding.result, finding.reason, "", "", "", "")
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
        str(finding.alerts),
        _ended(finding.time_to_resolve),
    )


def _ended(after: timedelta | None) -> str:
    return "open at the end" if after is None else span(after)


def _false_alarms(backtest: Backtest) -> Section:
    score = backtest.score
    false = score.false_alarms[:_MOST_FALSE]
    rows = [_past(backtest, one, "false alarm") for one in false]
    rows += [_past(backtest, one, "could not be checked") for one in score.unchecked[:_MOST_FALSE]]
    more = len(score.false_alarms) + len(score.unchecked) - len(rows)
    return Section("Alerts that no labelled incident explains", (_past_table(rows, more),))


def _all_incidents(backtest: Backtest) -> Section:
    found = backtest.replay.incidents
    rows = [_past(backtest, one, one.incident.kind) for one in found[:_MOST_FALSE]]
    more = len(found) - len(rows)
    return Section("Incidents as the range would have seen them", (_past_table(rows, more),))


def _past_table(rows: Sequence[tuple[str, ...]], more: int) -> Block:
    header = ("monitor", "what", "opened", "worst", "alerts", "ended in", "summary")
    return Table(header, tuple(rows), more=more) if rows else "none"


def _past(backtest: Backtest, one: ReplayedIncident, what: str) -> tuple[str, ...]:
    incident = one.incident
    ended = None if incident.closed_at is None else incident.closed_at - incident.opened_at
    return (
        incident.monitor,
        what,
        minute(incident.opened_at, backtest.zone),
        str(incident.worst),
        str(one.told),
        _ended(ended),
        one.summary,
    )


def _monitors(backtest: Backtest) -> Section:
    header = ("monitor", *map(str, _COUNTED), "incidents", "alerts", "false alarms")
    rows = tuple(
        (
            one.name,
            *(str(one.counts.get(status, 0)) for status in _COUNTED),
            str(one.incidents),
            str(one.alerts),
            str(one.false_alarms) if backtest.labelled else "",
        )
        for one in backtest.monitors
    )
    return Section("Monitors", (Table(header, rows),) if rows else ())


def _tables(backtest: Backtest) -> Section:
    items = tuple(table.describe() for table in backtest.tables)
    return Section("Tables, and how they were seen", (Items(items),) if items else ())


def _messages(counts: MessageCounts) -> str:
    text = _many(counts.total, "message")
    one = counts.per_incident_and_channel
    if counts.share is None or one is None:
        return text
    return (
        f"{text}, {counts.share:.1f} an incident ({one.mean:.1f} of one in one channel, at most "
        f"{one.worst})"
    )


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


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


def _spread_dict(spread: Spread | None) -> dict[str, object] | None:
    return None if spread is None else {"mean": _rounded(spread.mean), "worst": spread.worst}


def _at(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)


def _seconds(time: timedelta | None) -> float | None:
    return None if time is None else time.total_seconds()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
