"""The doubt of monitors that stand on final games: some past their due time are not final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from definitions.statement.games import Game, games_on, no_game
from definitions.statement.said import Said, Why, skipped, unknown
from definitions.statement.seen import Seen


@dataclass(frozen=True)
class Slate:
    """The games of a window, of which enough are final."""

    final: Sequence[Game]
    not_final: int
    """Those that should be final and are not."""
    postponed: int
    """Those that are not final and are known to be postponed: no doubt."""

    @property
    def games(self) -> int:
        """How many should be final."""
        return len(self.final) + self.not_final

    @property
    def left_out(self) -> int:
        """How many are not looked at."""
        return self.not_final + self.postponed

    @property
    def why(self) -> Why | None:
        """That some were left out."""
        return Why.LEFT_OUT if self.left_out else None


def slate(seen: Seen, anchor: date, window: Sequence[date]) -> Slate | Said:
    """The games of the window, or why they can't be judged."""
    games = games_on(seen, window)
    if not games:
        return no_game(seen, anchor, window)
    final = [game for game in games if game.is_final]
    others = [game for game in games if not game.is_final]
    postponed = [game for game in others if game.game_id in seen.var("postponed_games")]
    found = Slate(final, len(others) - len(postponed), len(postponed))
    if not found.games:
        return skipped(anchor, Why.ALL_POSTPONED)
    if len(final) < found.games / 2:
        return unknown(anchor, Why.FEW_FINAL)
    return found
