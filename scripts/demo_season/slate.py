"""A game day's players: who may get features and predictions, what line they have, what they score.

Features, predictions and grades of a day are all drawn from its slate, so that they fit together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from demo_season.schedule import FINAL, Game
from demo_season.world import ROSTER, Rosters, stream

VOIDED = 0.015
ACTUAL_PROP, ESTIMATED_AVG, NO_PROP_LINE = "ACTUAL_PROP", "ESTIMATED_AVG", "NO_PROP_LINE"
GRADABLE = 0.53
"""Share of a day's players with a line that a prediction can be graded against."""
ESTIMATED = 0.25
"""Share of those lines that are estimated."""


@dataclass(frozen=True)
class Slate:
    """The players of one game day, likeliest to play first; arrays of one element a player."""

    date: dt.date
    game_ids: np.ndarray
    players: np.ndarray
    final: np.ndarray
    """Whether the player's game was played."""
    strength: np.ndarray
    """Points that the player is good for."""
    line_sources: np.ndarray
    """NO_PROP_LINE for all but the first ones."""
    lines: np.ndarray
    """The points line; NaN where there is none to be graded against."""
    points: np.ndarray
    """Points really scored."""
    voided: np.ndarray
    """Whether the player did not play after all."""

    def __len__(self) -> int:
        return len(self.players)


def make_slate(
    seed: int, date: dt.date, games: Sequence[Game], rosters: Rosters, expected: int
) -> Slate:
    """The slate of a day on which about `expected` players get features."""
    rng = stream(seed, "slate", date)
    teams = np.array([team for game in games for team in (game.home, game.away)]).repeat(ROSTER)
    spot = np.tile(np.arange(ROSTER), 2 * len(games))
    order = np.argsort(spot + rng.uniform(0, 4, len(spot)), kind="stable")
    teams, spot = teams[order], spot[order]
    of_game = order // (2 * ROSTER)
    size = len(order)

    strength = rosters.points[teams, spot]
    # Of the players that get features; the count of lines is exact, so that readings can be met.
    lined = min(round(expected * GRADABLE), size)
    line_sources = np.full(size, NO_PROP_LINE, dtype=object)
    line_sources[:lined] = ACTUAL_PROP
    line_sources[rng.choice(lined, round(lined * ESTIMATED), replace=False)] = ESTIMATED_AVG
    lines = np.round(strength + rng.normal(0, 1.0, size)).clip(0.0) + 0.5
    lines[line_sources == NO_PROP_LINE] = np.nan
    return Slate(
        date=date,
        game_ids=np.array([game.id for game in games], dtype=object)[of_game],
        players=rosters.lookup[teams, spot].astype(object),
        final=np.array([game.status == FINAL for game in games])[of_game],
        strength=strength,
        line_sources=line_sources,
        lines=lines,
        points=np.round(rng.gamma(4.0, strength / 4.0)).astype(np.int64),
        voided=rng.random(size) < VOIDED,
    )
