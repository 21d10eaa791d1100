"""The outcomes of a run as rows: one a monitor, and one for each of its groups.

Used by the run, after everything has been judged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from plumbline.core.outcome import (
    ExpectationOutcome,
    GroupOutcome,
    MetricOutcome,
    Outcome,
    ThresholdLine,
)
from plumbline.core.run import Run
from plumbline.history.dataset import OwnDataset
from plumbline.history.loads import Appended, append
from plumbline.history.tables import OUTCOMES


def append_outcomes(
    dataset: OwnDataset,
    run: Run,
    outcomes: Sequence[Outcome],
    *,
    whole: bool = True,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Appended | None:
    """Append what a run found; None where it found nothing at all.

    Called again for the same run, it writes nothing more.

    Args:
        outcomes: what it found, one a monitor.
        whole: whether the run looked at all monitors of its checkpoint.

    Raises:
        WarehouseError: the rows could not be written.
    """
    project = dataset.target.plumbline_project
    rows = outcome_rows(run, outcomes, project=project, recorded_at=clock(), whole=whole)
    if not rows:
        return None
    return append(dataset, OUTCOMES, rows, job_id=dataset.job_id("outcomes", run.run_id))


def outcome_rows(
    run: Run,
    outcomes: Sequence[Outcome],
    *,
    project: str,
    recorded_at: datetime,
    whole: bool = True,
) -> list[dict[str, Any]]:
    """The rows of what ``run`` found.

    Args:
        whole: whether the run looked at all monitors of its checkpoint.
    """
    return [row for outcome in outcomes for row in _rows(run, outcome, project, recorded_at, whole)]


def outcome_event_id(
    *, project: str, target: str, checkpoint: str, as_of: datetime, monitor: str, group: str | None
) -> str:
    """What names one measurement: which checkpoint, of which target, judged what, as of when.

    The run is not in it: a run that is repeated for the same ``as_of`` measures the same thing
    again, so it counts once (the last one). The checkpoint is: two checkpoints with the same
    monitor may give it other vars and thresholds, so both count. So are the project and the
    target: two may share a dataset, but not their data.

    Args:
        as_of: what was judged; the same instant in another zone is the same.
        group: the canonical text of the group's key; None is the monitor itself.
    """
    instant = as_of.astimezone(UTC).isoformat()
    text = json.dumps([project, target, checkpoint, instant, monitor, group], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", errors="replace")).hexdigest()[:32]


def _rows(
    run: Run, outcome: Outcome, project: str, recorded_at: datetime, whole: bool
) -> Iterator[dict[str, Any]]:
    common = {
        "run_id": run.run_id,
        "checkpoint": run.checkpoint,
        "target": run.target,
        "project": project,
        "as_of": outcome.as_of,
        "recorded_at": recorded_at,
        "monitor": outcome.monitor,
        "suite_revision": None if run.revision is None else str(run.revision),
        "model": outcome.model,
        "sql_hash": outcome.sql_hash,
    }
    yield {
        "event_id": _event_id(project, run, outcome, None),
        **common,
        "status": str(outcome.status),
        "observed": outcome.observed,
        "unit": outcome.unit,
        "numerator": outcome.numerator,
        "denominator": outcome.denominator,
        "thresholds": outcome.thresholds,
        "reason": outcome.reason,
        "summary": outcome.summary,
        "row_count": outcome.rows,
        "jobs": json.dumps(list(outcome.job_ids)),
        "bytes_billed": outcome.bytes_billed,
        "seconds": outcome.seconds,
        "threshold_lines": _lines(outcome.lines),
        "metrics": _metrics(outcome.metrics),
        "expectations": _expectations(outcome.expectations),
        "owner": outcome.owner,
        "whole": whole,
    }
    for group in outcome.groups:
        yield {
            "event_id": _event_id(project, run, outcome, group),
            **common,
            "group_key": group.key.text,
            "group_hash": group.key.hash,
            "status": str(group.status),
            "observed": group.observed,
            "unit": group.unit,
            "numerator": group.numerator,
            "denominator": group.denominator,
            "threshold": group.threshold,
            "threshold_lines": _lines(group.lines),
            "metrics": _metrics(group.metrics),
        }


def _lines(lines: Sequence[ThresholdLine]) -> str:
    return json.dumps(lines)


def _metrics(metrics: Mapping[str, MetricOutcome]) -> str | None:
    return json.dumps(metrics) if metrics else None


def _expectations(expectations: Sequence[ExpectationOutcome]) -> str | None:
    found = [
        {
            "key": one.key,
            "type": one.type,
            "severity": one.severity,
            "text": one.text,
            "result": one.result,
        }
        for one in expectations
    ]
    return json.dumps(found) if found else None


def _event_id(project: str, run: Run, outcome: Outcome, group: GroupOutcome | None) -> str:
    return outcome_event_id(
        project=project,
        target=run.target,
        checkpoint=run.checkpoint,
        as_of=outcome.as_of,
        monitor=outcome.monitor,
        group=None if group is None else group.key.text,
    )
