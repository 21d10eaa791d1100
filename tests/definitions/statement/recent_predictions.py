"""recent_predictions: rows for ``A`` of the primary system, and systems that are silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from definitions.statement.games import game_days, games_on, no_game
from definitions.statement.keys import predictions
from definitions.statement.said import Said, judged
from definitions.statement.seen import DAY, Seen, dates


def recent_predictions(seen: Seen) -> list[Said]:
    """A row a system: the primary one, those with rows, and those that had some lately."""
    anchor = seen.anchor("predictions")
    days = game_days(seen)
    if anchor not in days:
        return [no_game(seen, anchor, [anchor])]
    lately = days.intersection(dates(anchor - 30 * DAY, anchor - DAY))
    primary = seen.var("primary_system")
    rows = predictions(seen)
    here = Counter(row["system_id"] for row in rows if row["game_date"] == anchor)
    before = {row["system_id"] for row in rows if row["game_date"] in lately}
    active = declared(seen.var("active_systems"), anchor)
    retired = declared(seen.var("retired_systems"), anchor)
    others = (here.keys() | before | active) - {None, *retired}
    return [
        judged(
            anchor,
            system_id=system,
            predictions=here[system],
            primary_predictions=here[primary],
            games=len(games_on(seen, [anchor])),
            numerator=here[system],
            denominator=1,
        )
        for system in {primary} | others
    ]


def declared(entries: Iterable[str], on: date) -> set[str]:
    """The systems of a list on a date; an entry ``system/date`` holds from that date on."""
    found = [entry.split("/") for entry in entries]
    return {name for name, *since in found if not since or date.fromisoformat(since[0]) <= on}
