"""Outcomes of a backtest kept: in the history, beside those of live runs, or in a file.

What a live run found is never overridden: where the history has an outcome of a monitor at an
instant already, the backtest's is left out. Its rows differ from those of runs in their run's id,
which begins with ``backtest_``, and they hold no cost. Repeated, nothing is written again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plumbline.backtest.report import Backtest
from plumbline.core.errors import ConfigError
from plumbline.core.run import Run
from plumbline.history.loads import append, ndjson
from plumbline.history.outcomes import outcome_rows
from plumbline.history.reader import BACKTEST_PREFIX, open_history
from plumbline.history.tables import OUTCOMES
from plumbline.project import Target
from plumbline.run.progress import NoProgress, Progress

_MOST_ROWS = 5000
"""Of one load job."""


def outcome_lines(backtest: Backtest, *, recorded_at: datetime) -> Iterator[list[dict[str, Any]]]:
    """The rows of each outcome: those of a checkpoint's monitor at an instant stay together."""
    run_id = BACKTEST_PREFIX + _short_id(backtest)
    for past in backtest.runs:
        run = Run(
            run_id=run_id,
            checkpoint=past.checkpoint,
            target=backtest.target,
            as_of=past.at,
            revision=backtest.revision,
        )
        for outcome in past.outcomes:
            unbilled = replace(outcome, job_ids=(), bytes_billed=None)
            yield outcome_rows(
                run, [unbilled], project=backtest.project, recorded_at=recorded_at, whole=False
            )


def record_outcomes(
    backtest: Backtest, target: Target, *, now: datetime, progress: Progress | None = None
) -> Backtest:
    """Append what no run has left; the backtest with a note of how much that was.

    Raises:
        WarehouseError: the rows could not be written; those of earlier load jobs are there.
    """
    progress = progress or NoProgress()
    with open_history(target) as history:
        dataset = history.dataset
        instants = backtest.span.instants
        there = {
            (checkpoint, monitor, at)
            for checkpoint in backtest.span.checkpoints
            for monitor, at in history.judged(checkpoint, first=instants[0], last=instants[-1])
        }
        written, kept, size = 0, 0, 0
        batch: list[dict[str, Any]] = []

        def load() -> None:
            nonlocal size
            content = ndjson(batch)
            ids = "".join(str(row["event_id"]) for row in batch)
            job = dataset.job_id("backtest", hashlib.sha256(ids.encode()).hexdigest()[:24])
            append(dataset, OUTCOMES, batch, job_id=job)
            size += len(content)
            batch.clear()

        for rows in outcome_lines(backtest, recorded_at=now):
            first = rows[0]
            if (first["checkpoint"], first["monitor"], first["as_of"].astimezone(UTC)) in there:
                kept += 1
                continue
            batch += rows
            written += 1
            if len(batch) >= _MOST_ROWS:
                load()
                progress.step(f"{written} outcomes written")
        if batch:
            load()
    note = f"{written} outcomes were written into the history ({size / 1e6:.1f} MB)"
    if kept:
        note += f"; {kept} existed already and are unchanged"
    return replace(backtest, notes=(*backtest.notes, note + "."))


def writable(file: Path) -> None:
    """Refuse now a file that could not be written after minutes.

    Raises:
        ConfigError: its folder is missing, or it may not be written.
    """
    try:
        with file.open("ab"):
            pass
    except OSError as fault:
        raise ConfigError(
            f"the outcomes can't be written to this file: {fault.strerror}",
            file=file,
            key="--export",
            fix="name a file in an existing folder",
        ) from None


def export_outcomes(backtest: Backtest, file: Path, *, now: datetime) -> Backtest:
    """Write all outcomes as JSON lines; the backtest with a note of it.

    Raises:
        ConfigError: the file can't be written.
    """
    writable(file)
    count = 0
    with file.open("wb") as stream:
        for rows in outcome_lines(backtest, recorded_at=now):
            stream.write(ndjson(rows))
            count += len(rows)
    note = f"{count} rows were written to {file}."
    return replace(backtest, notes=(*backtest.notes, note))


def _short_id(backtest: Backtest) -> str:
    at = backtest.started_at.astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%S}"
