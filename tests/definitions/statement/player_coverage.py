"""player_coverage: players of the primary system for ``A``, by the games of ``A``."""

from __future__ import annotations

from definitions.statement.games import games_on, no_game
from definitions.statement.keys import predictions
from definitions.statement.said import Said, judged
from definitions.statement.seen import Seen


def player_coverage(seen: Seen) -> list[Said]:
    """One row."""
    anchor = seen.anchor("predictions")
    games = len(games_on(seen, [anchor]))
    if not games:
        return [no_game(seen, anchor, [anchor])]
    players = {
        row["player_lookup"]
        for row in predictions(seen)
        if row["game_date"] == anchor and row["system_id"] == seen.var("primary_system")
    } - {None}
    return [
        judged(
            anchor,
            players_per_game=len(players) / games,
            numerator=len(players),
            denominator=games,
        )
    ]
