"""Rows of ``phase_completions`` and ``processor_run_history``: how each day's processors ran."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from demo_season.columns import Columns
from demo_season.incidents import (
    BoxScores,
    Incidents,
    PostponedGame,
    ProcessorRuns,
    ProcessorsMissing,
    on_date,
)
from demo_season.world import BOX_SCORES, PROCESSORS, Processor, instant, span, stream, utc

FLAKY = 0.012
"""Share of runs that fail on a healthy day; half an hour before one that succeeds."""
FLAKY_CATEGORIES = ("timeout", "upstream_timeout", "memory", "rate_limit")
SUCCESS, FAILED = "success", "failed"


@dataclass(frozen=True)
class Run:
    """One run of a processor for the data of a day."""

    processor: Processor
    started_at: np.datetime64
    ended_at: np.datetime64
    records: int
    failure: str | None = None


def make_runs(seed: int, date: dt.date, games: int, incidents: Incidents) -> list[Run]:
    """The day's runs, in the order of the processors; the failed one of a processor first."""
    return [
        run for processor in PROCESSORS for run in _runs_of(seed, processor, date, games, incidents)
    ]


def _runs_of(
    seed: int, processor: Processor, date: dt.date, games: int, incidents: Incidents
) -> list[Run]:
    rng = stream(seed, f"runs/{processor.name}", date)
    hour = rng.uniform(*processor.hours)
    ended = instant(date, hour, days_later=processor.day)
    took = span(round(rng.uniform(60, 900), 3))
    if processor.name == BOX_SCORES:
        games -= len(incidents.of(PostponedGame, date))
    records = round(games * processor.records * rng.uniform(0.92, 1.0))
    flaky = games > 0 and rng.random() < FLAKY
    category = str(rng.choice(FLAKY_CATEGORIES))

    wrong = _failure(processor, date, incidents)
    if wrong and games:
        failure, mended = wrong
        runs = [Run(processor, ended - took, ended, 0, failure)]
        if mended is not None:
            again = utc(mended) + span(round(rng.uniform(0, 900), 3))
            runs.append(Run(processor, again, again + took, records))
        return runs
    done = [Run(processor, ended - took, ended, records)]
    few = incidents.on(BoxScores, date)
    if few and processor.name == BOX_SCORES:
        done[0] = replace(done[0], records=round(games * processor.records * few.share))
        if few.mended:
            again = utc(few.mended)
            done.append(Run(processor, again, again + took, records))
    failures = [category] if flaky else []
    repeated = incidents.on(ProcessorRuns, date)
    if repeated and games:
        failures += [repeated.category] * repeated.repeated.get(processor.name, 0)
    return [*_repeated(done[0], failures), *done]


def _repeated(done: Run, failures: Sequence[str]) -> list[Run]:
    """The runs that failed before the one that is done, half an hour apart."""
    return [
        replace(
            done,
            started_at=done.started_at - span(1800.0 * before),
            ended_at=done.ended_at - span(1800.0 * before),
            records=0,
            failure=category,
        )
        for before, category in zip(range(len(failures), 0, -1), failures, strict=True)
    ]


def _failure(
    processor: Processor, date: dt.date, incidents: Incidents
) -> tuple[str, dt.datetime | None] | None:
    """Why the processor fails that day, and when it succeeds after all."""
    for incident in incidents:
        if date not in incident.dates:
            continue
        failed = incident.failed_runs
        if isinstance(incident, ProcessorsMissing) and processor.phase == incident.phase:
            of_phase = [each for each in PROCESSORS if each.phase == incident.phase]
            if processor in of_phase[on_date(incident.complete, date) :]:
                return (failed.category if failed else "unknown"), incident.mended
        if failed and processor.name in failed.processors:
            return failed.category, incident.mended
    return None


def completion_rows(date: dt.date, runs: list[Run]) -> Columns:
    """What the phases say of a game day: one row a run of their processors, failures too."""
    of_phase = [run for run in runs if run.processor.phase]
    return {
        "phase": _text([run.processor.phase for run in of_phase]),
        "game_date": np.full(len(of_phase), np.datetime64(date)),
        "processor_name": _text([run.processor.name for run in of_phase]),
        "status": _text([FAILED if run.failure else SUCCESS for run in of_phase]),
        "completed_at": np.array([run.ended_at for run in of_phase], dtype="datetime64[us]"),
        "record_count": np.array([run.records for run in of_phase], dtype=np.int64),
    }


def run_rows(date: dt.date, runs: list[Run]) -> Columns:
    """The day's lines of the run history; processors run on days off too, and find nothing."""
    ids = [f"{date:%Y%m%d}-{run.processor.name}-{n}" for n, run in enumerate(runs, start=1)]
    return {
        "processor_name": _text([run.processor.name for run in runs]),
        "run_id": _text(ids),
        "status": _text([FAILED if run.failure else SUCCESS for run in runs]),
        "data_date": np.full(len(runs), np.datetime64(date)),
        "started_at": np.array([run.started_at for run in runs], dtype="datetime64[us]"),
        "records_processed": np.array([run.records for run in runs], dtype=np.int64),
        "failure_category": _text([run.failure for run in runs]),
        "cloud_run_revision": _text([_revision(run.processor.service, date) for run in runs]),
    }


def _revision(service: str, date: dt.date) -> str:
    """A revision such as Cloud Run names them; a service is deployed about every second week."""
    number = 60 + (date.toordinal() + zlib.crc32(service.encode()) % 14) // 14 % 60
    return f"{service}-{number:05d}-{zlib.crc32(f'{service}{number}'.encode()) % 4096:03x}"


def _text(values: list[str | None] | list[str]) -> np.ndarray:
    return np.array(values, dtype=object)
