"""A backtest for machines: one JSON object, as ``schemas/backtest.schema.json`` says."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from plumbline.backtest.findings import Finding
from plumbline.backtest.replay import PastIncident
from plumbline.backtest.report import Backtest
from plumbline.core.status import Status
from plumbline.core.text import rfc3339

SCHEMA_VERSION = 1


def render(backtest: Backtest) -> str:
    """The backtest as JSON text."""
    return json.dumps(as_dict(backtest), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def as_dict(backtest: Backtest) -> dict[str, object]:
    """The backtest as plain values."""
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
        },
        "labels": [_finding(finding) for finding in score.findings],
        "incidents": [
            _incident(one, false=backtest.false(one) if backtest.labelled else None)
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


def _finding(finding: Finding) -> dict[str, object]:
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
        "resolved_at": _at(finding.resolved_at),
        "seconds_to_resolve": _seconds(finding.time_to_resolve),
        "sightings": [
            {"monitor": one.monitor, "at": rfc3339(one.at), "status": str(one.status)}
            for one in finding.sightings
        ],
    }


def _incident(one: PastIncident, *, false: bool | None) -> dict[str, object]:
    return {
        "monitor": one.monitor,
        "kind": one.kind,
        "opened_at": rfc3339(one.opened_at),
        "closed_at": _at(one.closed_at),
        "ending": one.ending,
        "worst": str(one.worst),
        "alerts": one.told,
        "false_alarm": false,
        "summary": one.summary,
    }


def _at(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)


def _seconds(time: timedelta | None) -> float | None:
    return None if time is None else time.total_seconds()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
