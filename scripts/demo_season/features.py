"""Rows of ``ml_feature_store_v2``: the feature vectors of a day, written in the morning."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from demo_season.columns import Columns
from demo_season.incidents import FeatureQuality, Incidents, LineCoverage, UsageRate
from demo_season.schedule import Day
from demo_season.slate import Slate
from demo_season.world import instant, seconds, stream

LINE = 25
"""Where the Vegas points line stands in the vector, counted from 0."""
USAGE = 31
"""Where the usage rate stands, 0 to 1; 0 if there is none. The generator's own choice."""
FEWEST, MOST = 115, 449
"""Complete rows of a day."""
A_GAME = 37.5
HEALTHY = (0.908, 0.940)
"""Between which the share of rows with a line lies on a healthy day."""
HEALTHY_USAGE = (0.94, 0.99)
"""The same of rows with a usage rate: some players have not played yet."""
LONGER_FROM = dt.date(2026, 1, 1)
WIDTH, LONGER_WIDTH = 33, 37
SHORT_UNTIL = 3
"""On the first days of a month some rows of older feature versions are written too."""


def complete_rows(seed: int, day: Day, incidents: Incidents) -> int:
    """How many rows with a complete vector the day gets."""
    incident = incidents.on(LineCoverage, day.date)
    if incident and day.date in incident.by_date:
        return incident.by_date[day.date].rows
    noise = int(stream(seed, "features/count", day.date).integers(-4, 5))
    return min(max(round(day.games * A_GAME) + noise, FEWEST), MOST)


def make_features(seed: int, slate: Slate, complete: int, incidents: Incidents) -> Columns:
    """The day's rows: `complete` ones, and on some days a few of older feature versions."""
    date = slate.date
    rng = stream(seed, "features", date)
    short = min(int(rng.integers(4, 8)), len(slate) - complete) if date.day <= SHORT_UNTIL else 0
    rows = complete + short
    width = WIDTH if date < LONGER_FROM else LONGER_WIDTH

    strength = slate.strength[:rows]
    vectors = rng.gamma(3.0, 1.0, (rows, width)).round(2)
    vectors[:, :3] = (strength[:, None] + rng.normal(0, 2.0, (rows, 3))).clip(0).round(1)
    with_line = rng.permutation(complete)[: _with_line(rng, date, complete, incidents)]
    vectors[:, LINE] = 0.0
    vectors[with_line, LINE] = np.round(strength[with_line]) + 0.5
    vectors[:, USAGE] = _usage_rates(seed, slate, rows, incidents)
    # The short ones have a number where the line stands in a complete one: they must not count.
    vectors[complete:, LINE] = 9.5

    widths = np.full(rows, width)
    widths[complete:] = np.where(np.arange(short) % 2, 30, 25)
    offsets = np.concatenate([[0], np.cumsum(widths)]).astype(np.int32)
    kept = np.arange(width) < widths[:, None]
    versions = np.full(rows, f"v2_{width}features", dtype=object)
    versions[complete:] = [f"v1_{each}features" for each in widths[complete:]]
    quality = rng.uniform(62, 99, rows).round(1)
    if incident := incidents.on(FeatureQuality, date):
        quality[:complete] = _with_mean(quality[:complete], incident.mean)
    return {
        "player_lookup": slate.players[:rows],
        "game_date": np.full(rows, np.datetime64(date)),
        "game_id": slate.game_ids[:rows],
        "features": pa.ListArray.from_arrays(pa.array(offsets), pa.array(vectors[kept])),
        "feature_version": versions,
        "feature_quality_score": quality,
        "is_production_ready": quality >= 70,
        "created_at": instant(date, 6.5) + seconds(np.sort(rng.uniform(0, 1.75 * 3600, rows))),
    }


def _usage_rates(seed: int, slate: Slate, rows: int, incidents: Incidents) -> np.ndarray:
    """Shares of a team's possessions; 0 for those without."""
    rng = stream(seed, "features/usage", slate.date)
    rates = (
        (0.1 + slate.strength[:rows] / 120 + rng.normal(0, 0.03, rows)).clip(0.03, 0.45).round(3)
    )
    incident = incidents.on(UsageRate, slate.date)
    share = rng.uniform(*HEALTHY_USAGE) if incident is None else incident.share
    rates[rng.permutation(rows)[round(rows * share) :]] = 0.0
    return rates


def _with_mean(scores: np.ndarray, mean: float) -> np.ndarray:
    """Scores in the same order with another mean, exactly; in tenths, as all scores are."""
    tenths = np.floor(scores * 10 * mean / scores.mean()).astype(np.int64).clip(0, 1000)
    missing = round(mean * 10 * len(scores)) - int(tenths.sum())
    raised, rest = divmod(missing, len(scores))
    tenths += raised
    tenths[:rest] += 1
    return tenths / 10


def _with_line(rng: np.random.Generator, date: dt.date, complete: int, incidents: Incidents) -> int:
    incident = incidents.on(LineCoverage, date)
    if incident is None:
        return round(complete * rng.uniform(*HEALTHY))
    if date in incident.by_date:
        return incident.by_date[date].with_line
    share = incident.share
    return round(complete * (rng.uniform(*share) if isinstance(share, tuple) else share))
