"""Rows of ``player_prop_predictions``: what each prediction system said of a day's players."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import numpy as np

from demo_season.columns import Columns
from demo_season.duplicates import rows_written_twice
from demo_season.errors import DemoSeasonError
from demo_season.incidents import (
    PREDICTIONS,
    FewPredictions,
    Incidents,
    LatePredictions,
    SilentSystems,
)
from demo_season.schedule import Day
from demo_season.slate import ACTUAL_PROP, GRADABLE, NO_PROP_LINE, Slate
from demo_season.world import PRIMARY, SYSTEMS, System, instant, seconds, stream, utc

A_GAME = (16.3, 17.6)
"""Between how many players a game the primary system predicts on a healthy day."""


def active_systems(date: dt.date) -> list[System]:
    """The systems that predict on a day, if nothing is wrong."""
    return [system for system in SYSTEMS if system.first_day <= date <= system.last_day]


def volumes(seed: int, day: Day) -> dict[str, int]:
    """How many players each system predicts on a healthy day.

    Readings of the calendar are met exactly. Of a total of all systems, the primary system has its
    usual volume, or the share that all have alike if that is more; the others share the rest.
    """
    rng = stream(seed, "predictions/count", day.date)
    others = [system.name for system in active_systems(day.date) if system.name != PRIMARY]
    usual = day.primary_predictions or round(day.games * rng.uniform(*A_GAME))
    if day.predictions is None:
        shares = rng.uniform(0.9, 1.0, len(others))
        return {PRIMARY: usual} | {
            name: round(usual * share) for name, share in zip(others, shares, strict=True)
        }
    primary = day.primary_predictions or max(day.predictions // (len(others) + 1), usual)
    each, more = divmod(day.predictions - primary, len(others))
    return {PRIMARY: primary} | {name: each + (n < more) for n, name in enumerate(others)}


def make_predictions(
    seed: int, slate: Slate, counts: Mapping[str, int], features: int, incidents: Incidents
) -> tuple[Columns, np.ndarray] | None:
    """The day's rows without second copies, and each row's place in the slate.

    `features` are the players, the first of the slate, that a system can predict.
    """
    date = slate.date
    late = incidents.on(LatePredictions, date)
    if late and late.mended is None:
        return None
    silent = incidents.on(SilentSystems, date)
    systems = [
        system for system in active_systems(date) if not (silent and system.name in silent.systems)
    ]
    if not systems:
        return None
    written = _written(date, systems, counts, features, incidents)
    rng = stream(seed, "predictions/start", date)
    # Half an hour to an hour after 08:00 is what is expected of the primary system.
    start = utc(late.mended) if late and late.mended else instant(date, rng.uniform(8.5, 8.95))

    names, places, times, lined = [], [], [], []
    for system in systems:
        rng = stream(seed, f"predictions/{system.name}", date)
        place = _players(rng, slate, written[system.name], features)
        begin = 0.0 if system.name == PRIMARY else rng.uniform(30, 480)
        waits = np.sort(rng.uniform(0, 1200, len(place)))
        names.append(np.full(len(place), system.name, dtype=object))
        places.append(place)
        times.append(start + seconds(np.round(begin + waits - waits[:1], 3)))
        lined.append(np.full(len(place), date >= system.lines_from))
    return (
        _columns(
            stream(seed, "predictions/values", date),
            slate,
            np.concatenate(names),
            (place := np.concatenate(places)),
            np.concatenate(times),
            np.concatenate(lined),
        ),
        place,
    )


def _written(
    date: dt.date,
    systems: Iterable[System],
    counts: Mapping[str, int],
    features: int,
    incidents: Incidents,
) -> dict[str, int]:
    """How many players each system predicts, of `counts` on a healthy day."""
    few = incidents.on(FewPredictions, date)
    written = {}
    for system in systems:
        rows = few.of_system(system.name, date) if few else None
        written[system.name] = counts[system.name] if rows is None else rows
        if few and written[system.name] > features:
            raise DemoSeasonError(
                f"{system.name} can't predict {rows} players on {date}, {features} have features",
                key=f"{few.id}.rows",
                fix="give fewer",
            )
    return written


def _players(rng: np.random.Generator, slate: Slate, count: int, features: int) -> np.ndarray:
    """Whom a system predicts: always the same share of players with a line."""
    with_line = np.flatnonzero(slate.line_sources[:features] != NO_PROP_LINE)
    without = np.flatnonzero(slate.line_sources[:features] == NO_PROP_LINE)
    lined = min(round(count * GRADABLE), len(with_line))
    return np.concatenate(
        [
            rng.choice(with_line, lined, replace=False),
            rng.choice(without, min(count - lined, len(without)), replace=False),
        ]
    )


def _columns(
    rng: np.random.Generator,
    slate: Slate,
    systems: np.ndarray,
    place: np.ndarray,
    created_at: np.ndarray,
    lined: np.ndarray,
) -> Columns:
    rows = len(place)
    lines = np.where(lined, slate.lines[place], np.nan)
    sources = np.where(lined, slate.line_sources[place], NO_PROP_LINE)
    predicted = (slate.strength[place] + rng.normal(0, 2.2, rows)).clip(0).round(1)
    confidence = rng.uniform(45, 95, rows).round(2)
    edge = predicted - lines
    recommendation = np.select(
        [np.isnan(lines), edge > 1, edge < -1], ["NO_LINE", "OVER", "UNDER"], "PASS"
    ).astype(object)
    reasons = np.full(rows, None, dtype=object)
    out, postponed = slate.voided[place], ~slate.final[place]
    reasons[out] = "player_out"
    reasons[postponed] = "game_postponed"
    valid = ~(out | postponed)
    stamp = f"{slate.date:%Y%m%d}"
    return {
        "prediction_id": np.array(
            [f"{stamp}-{system}-{n:05d}" for n, system in enumerate(systems, start=1)], dtype=object
        ),
        "system_id": systems,
        "player_lookup": slate.players[place],
        "game_id": slate.game_ids[place],
        "recommendation": recommendation,
        "line_source": sources,
        "invalidation_reason": reasons,
        "game_date": np.full(rows, np.datetime64(slate.date)),
        "predicted_points": predicted,
        "confidence_score": confidence,
        "current_points_line": lines,
        "is_active": valid,
        "has_prop_line": sources == ACTUAL_PROP,
        "is_actionable": valid & np.isin(recommendation, ["OVER", "UNDER"]) & (confidence >= 60),
        "created_at": created_at,
    }


def second_copies(seed: int, day: Day, rows: Columns, incidents: Incidents) -> Columns | None:
    """Rows of the day that were written twice, under an id of their own some minutes later.

    None on days whose number of rows is a reading, unless an incident says so.
    """
    rng = stream(seed, "predictions/duplicates", day.date)
    counted = incidents.on(FewPredictions, day.date) is not None
    healthy = not counted and day.predictions is None and day.primary_predictions is None
    picked = rows_written_twice(
        rng, PREDICTIONS, day.date, rows["system_id"], incidents, healthy=healthy
    )
    if not len(picked):
        return None
    again = {name: values[picked] for name, values in rows.items()}
    again["prediction_id"] = np.array([f"{each}-2" for each in again["prediction_id"]], object)
    again["created_at"] = again["created_at"] + seconds(rng.uniform(120, 420, len(picked)).round(3))
    return again
