"""Predictions and grades, and the key that says which belong together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from definitions.statement.seen import Seen
from definitions.tables import Row

PREDICTIONS = "nba_predictions.player_prop_predictions"
GRADES = "nba_predictions.prediction_accuracy"


class Key(NamedTuple):
    """What makes a prediction one and the same, however often it is stored."""

    system_id: str | None
    game_date: date
    game_id: str | None
    player_lookup: str | None

    @property
    def is_whole(self) -> bool:
        """A key that lacks a part belongs to nothing: in SQL, NULL equals nothing."""
        return None not in self


def predictions(seen: Seen) -> list[Row]:
    """The predictions that have arrived."""
    return seen.rows(PREDICTIONS, arrival="created_at")


def grades(seen: Seen) -> list[Row]:
    """The grades that have arrived; voided ones too."""
    return seen.rows(GRADES, arrival="graded_at")


def keys(rows: Iterable[Row]) -> list[Key]:
    """The key of each row."""
    return [Key(*(row[name] for name in Key._fields)) for row in rows]
