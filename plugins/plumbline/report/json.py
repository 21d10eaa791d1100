"""The report for machines: one JSON object, by ``schemas/run.schema.json``."""

from __future__ import annotations

import math

from plumbline.core.failure import Failure, plain_sample
from plumbline.core.outcome import GroupOutcome, Outcome, RunReport
from plumbline.core.revision import Revision
from plumbline.core.status import Status
from plumbline.core.text import rfc3339

SCHEMA_VERSION = 1
_DECIMALS = 6
"""Enough for any threshold; the rest is the noise of binary fractions."""


def as_dict(report: RunReport) -> dict[str, object]:
    """The report as plain values, keys in the order of the contract."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": report.run_id,
        "checkpoint": report.checkpoint,
        "target": report.target,
        "as_of": rfc3339(report.as_of),
        "started_at": rfc3339(report.started_at),
        "seconds": round(report.seconds, 3),
        "status": str(report.status),
        "score": report.score,
        "exit_code": report.exit_code,
        "suite_revision": _revision(report.revision),
        "counts": report.counts,
        "jobs": report.jobs,
        "bytes_billed": report.bytes_billed,
        "action_errors": list(report.action_errors),
        "monitors": [_monitor(outcome) for outcome in report.outcomes],
        "alerts": [
            {
                "incident": line.incident,
                "event": str(line.event),
                "channel": line.channel,
                "delivered": line.delivered,
            }
            for line in report.alerts
        ],
    }


def _monitor(outcome: Outcome) -> dict[str, object]:
    return {
        "name": outcome.monitor,
        "status": str(outcome.status),
        "summary": outcome.summary,
        "observed": None if outcome.status is Status.ERROR else number(outcome.observed),
        "unit": outcome.unit,
        "reason": outcome.reason,
        "groups": [_group(group) for group in outcome.groups],
        "expectations": {
            "declared": outcome.declared,
            "evaluated": outcome.evaluated,
            "failed": outcome.failed,
        },
        "failures": [_failure(failure) for failure in outcome.failures],
        "rows": outcome.rows,
        "job_ids": list(outcome.job_ids),
        "seconds": round(outcome.seconds, 3),
        "owner": outcome.owner,
        "runbook": outcome.runbook,
        "docs_url": outcome.docs_url,
    }


def _group(group: GroupOutcome) -> dict[str, object]:
    return {
        "key": group.key.as_dict(),
        "status": str(group.status),
        "observed": None if group.status is Status.ERROR else number(group.observed),
        "numerator": number(group.numerator),
        "denominator": number(group.denominator),
        "threshold": number(group.threshold),
    }


def _failure(failure: Failure) -> dict[str, object]:
    percent = failure.unexpected_percent
    observed = failure.observed
    return {
        "expectation": failure.expectation,
        "column": failure.column,
        "severity": failure.severity,
        "unexpected_count": failure.unexpected_count,
        "element_count": failure.element_count,
        # A share too small for the decimals is not none.
        "unexpected_percent": (number(percent) or percent) if percent else percent,
        "samples": [plain_sample(sample) for sample in failure.samples],
        "missing_count": failure.missing_count,
        "absent": [plain_sample(value) for value in failure.absent],
        "observed": number(observed) if isinstance(observed, float) else observed,
        "expected": failure.expected,
        "row_condition": failure.row_condition,
        "description": failure.description,
        "text": failure.text(),
    }


def number(value: float | None) -> float | None:
    """A JSON number: whole ones without a point; NaN and infinity, which JSON lacks, as null."""
    if value is None or not math.isfinite(value):
        return None
    rounded = round(value, _DECIMALS)
    return int(rounded) if float(rounded).is_integer() else rounded


def _revision(revision: Revision | None) -> str | None:
    if revision is None:
        return None
    return revision.commit + ("-dirty" if revision.dirty else "")
