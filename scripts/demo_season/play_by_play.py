"""Rows of ``bigdataball_play_by_play``, thinned to some forty events a game from some hundreds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from demo_season.columns import Columns
from demo_season.incidents import Incidents, MissingGames, on_date
from demo_season.schedule import FINAL, Game
from demo_season.world import SEASON_YEAR, stream

EVENTS = (36, 49)
"""Between how many events a game has."""
OVERTIME = 0.06
EVENT_TYPES = ("shot", "miss", "rebound", "turnover", "foul", "free throw", "sub", "timeout")


def make_play_by_play(
    seed: int, date: dt.date, games: Sequence[Game], incidents: Incidents
) -> Columns | None:
    """The events of the day's final games, of those that arrived."""
    rng = stream(seed, "play_by_play", date)
    final = [game for game in games if game.status == FINAL]
    events = rng.integers(*EVENTS, len(final))
    overtime = rng.random(len(final)) < OVERTIME
    incident = incidents.on(MissingGames, date)
    present = on_date(incident.present, date) if incident else len(final)
    kept = np.sort(rng.permutation(len(final))[:present])
    if not len(kept):
        return None

    numbers = np.array([game.number for game in final])[kept].repeat(events[kept])
    sequence = np.concatenate([np.arange(1, count + 1) for count in events[kept]])
    share = np.concatenate([np.arange(count) / count for count in events[kept]])
    periods = np.floor(share * (4 + overtime[kept].repeat(events[kept]))).astype(np.int64) + 1
    return {
        "game_id": np.array([f"{number:010d}" for number in numbers], dtype=object),
        "bdb_game_id": numbers,
        "game_date": np.full(len(numbers), np.datetime64(date)),
        "season_year": np.full(len(numbers), SEASON_YEAR),
        "event_id": np.array(
            [f"{number}-{n:03d}" for number, n in zip(numbers, sequence, strict=True)], dtype=object
        ),
        "event_sequence": sequence,
        "period": periods,
        "event_type": rng.choice(np.array(EVENT_TYPES, dtype=object), len(numbers)),
    }
