"""bdb_coverage: which final games of ``A`` have rows of play-by-play."""

from __future__ import annotations

from definitions.statement.finals import Slate, slate
from definitions.statement.said import Said, judged
from definitions.statement.seen import Seen


def bdb_coverage(seen: Seen) -> list[Said]:
    """A row a final game."""
    anchor = seen.anchor("play_by_play")
    found = slate(seen, anchor, [anchor])
    if not isinstance(found, Slate):
        return [found]
    played = {
        padded(row["bdb_game_id"])
        for row in seen.rows("nba_raw.bigdataball_play_by_play")
        if row["game_date"] == anchor and row["bdb_game_id"] is not None
    }
    return [
        judged(
            anchor,
            found.why,
            game_id=game.game_id,
            covered_pct=100.0 if game.game_id in played else 0.0,
            not_final_games=found.not_final,
            games=found.games,
            numerator=int(game.game_id in played),
            denominator=1,
        )
        for game in found.final
    ]


def padded(bdb_game_id: int) -> str:
    """``LPAD(CAST(bdb_game_id AS STRING), 10, '0')``: a longer text is cut."""
    return str(bdb_game_id).rjust(10, "0")[:10]
