"""game_status_lag: games of ``A - 2 .. A`` that are not final."""

from __future__ import annotations

from definitions.statement.games import games_on, no_game
from definitions.statement.said import Said, Why, judged, skipped
from definitions.statement.seen import DAY, Seen, dates


def game_status_lag(seen: Seen) -> list[Said]:
    """A row a game of the three dates; older ones within ten days are listed, not counted."""
    anchor = seen.anchor("final_scores")
    window = dates(anchor - 2 * DAY, anchor)
    counted = [
        judged(
            anchor,
            game_id=game.game_id,
            game_date=game.game_date,
            not_final=int(not game.is_final),
            numerator=int(game.is_final),
            denominator=1,
        )
        for game in games_on(seen, window)
    ]
    listed = [
        skipped(anchor, Why.LISTED_AS_POSTPONED, game_id=game.game_id, game_date=game.game_date)
        for game in games_on(seen, dates(anchor - 10 * DAY, anchor - 3 * DAY))
        if not game.is_final
    ]
    return (counted or [no_game(seen, anchor, window)]) + listed
