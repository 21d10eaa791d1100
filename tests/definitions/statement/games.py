"""The calendar: which games there are, and what it means that there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from definitions.statement.said import Said, Why, skipped, unknown
from definitions.statement.seen import Seen, within

SCHEDULE = "nba_reference.nba_schedule"


@dataclass(frozen=True)
class Game:
    """A game of the calendar; All-Star entries are none."""

    game_date: date
    game_id: str | None
    is_final: bool


def games(seen: Seen) -> list[Game]:
    """All games, future ones too, because the calendar is known in advance.

    An id that stands twice on a date is one game, final if one of its rows says so.
    """
    rows = [row for row in seen.rows(SCHEDULE) if not row["is_all_star"]]
    final = {(row["game_date"], row["game_id"]) for row in rows if row["game_status"] == 3}
    everyone = {(row["game_date"], row["game_id"]) for row in rows}
    return [Game(*game, is_final=game in final) for game in everyone]


def games_on(seen: Seen, days: Sequence[date]) -> list[Game]:
    """The games of some dates."""
    return [game for game in games(seen) if game.game_date in days]


def game_days(seen: Seen) -> set[date]:
    """The dates with at least one game."""
    return {game.game_date for game in games(seen)}


def no_game(seen: Seen, anchor: date, window: Sequence[date]) -> Said:
    """Not one date of the window is a game day."""
    seasons, breaks = seen.var("seasons"), seen.var("breaks")
    expected = [day for day in window if within(day, seasons) and not within(day, breaks)]
    goes_on = any(day > anchor for day in game_days(seen))
    if expected and not goes_on:
        return unknown(anchor, Why.CALENDAR_KNOWS_NOTHING)
    if any(within(day, breaks) for day in window):
        return skipped(anchor, Why.BREAK)
    return skipped(anchor, Why.DAY_OFF if expected else Why.OFF_SEASON)
