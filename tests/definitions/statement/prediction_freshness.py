"""prediction_freshness: hours from 08:00 on ``A`` to the first row of the primary system for it."""

from __future__ import annotations

from datetime import timedelta

from definitions.statement.games import game_days, no_game
from definitions.statement.keys import predictions
from definitions.statement.said import Said, Why, judged, unknown
from definitions.statement.seen import Seen, clock


def prediction_freshness(seen: Seen) -> list[Said]:
    """One row; while there is no prediction yet, the hours count on."""
    anchor = seen.anchor("predictions")
    if anchor not in game_days(seen):
        return [no_game(seen, anchor, [anchor])]
    arrivals = [
        row["created_at"]
        for row in predictions(seen)
        if row["game_date"] == anchor and row["system_id"] == seen.var("primary_system")
    ]
    first = min((arrival for arrival in arrivals if arrival is not None), default=None)
    if arrivals and first is None:
        return [unknown(anchor, Why.ARRIVED_UNTIMED)]
    expected = clock(anchor, seen.var("first_prediction_time"))
    hours = ((first or seen.as_of) - expected) / timedelta(hours=1)
    return [
        judged(anchor, hours_late=hours, first_row_at=first, numerator=hours, denominator=1),
    ]
