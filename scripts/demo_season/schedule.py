"""The calendar: which games are on which day, and what is known of the day's volume.

``calendar.csv`` holds the figures. Who plays whom is made up, but each team has about 82 games.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo_season.columns import Columns
from demo_season.errors import DemoSeasonError
from demo_season.incidents import Incidents, PostponedGame
from demo_season.world import SEASON_YEAR, TEAMS, stream

CALENDAR = Path(__file__).with_name("calendar.csv")

SCHEDULED, FINAL = 1, 3
ALL_STAR = (
    (dt.date(2026, 2, 13), "ROK", "SOP"),
    (dt.date(2026, 2, 13), "VET", "ROK"),
    (dt.date(2026, 2, 15), "STA", "WLD"),
    (dt.date(2026, 2, 15), "STR", "WLD"),
    (dt.date(2026, 2, 15), "STA", "STR"),
)


@dataclass(frozen=True)
class Day:
    """A line of the calendar."""

    date: dt.date
    games: int
    predictions: int | None
    """Prediction rows of all systems, where a reading is known and a healthy day can have it."""
    primary_predictions: int | None
    """Players that the primary system predicted, likewise."""


@dataclass(frozen=True)
class Game:
    """A game of the regular season."""

    number: int
    date: dt.date
    home: int
    """Index of the team in TEAMS."""
    away: int
    status: int

    @property
    def id(self) -> str:
        """As in the schedule."""
        return f"{self.number:010d}"


def read_calendar(path: Path = CALENDAR) -> dict[dt.date, Day]:
    """The days of the season, off days among them."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    return {
        (date := dt.date.fromisoformat(line["game_date"])): Day(
            date,
            int(line["games"]),
            int(line["predictions"]) if line["predictions"] else None,
            int(line["primary_predictions"]) if line["primary_predictions"] else None,
        )
        for line in lines
    }


def make_games(
    seed: int, calendar: Mapping[dt.date, Day], incidents: Incidents, last: dt.date
) -> list[Game]:
    """All games of the season; those up to `last` are final, but for postponed ones."""
    games: list[Game] = []
    number = 22_500_000
    pinned = _pinned(calendar, incidents)
    for day, pairs in _pairings(seed, calendar.values()):
        wanted = pinned.get(day.date, ())
        _pin(pairs, [(away, home) for away, home, _ in wanted])
        for index, (away, home) in enumerate(pairs):
            number += 1
            postponed = index < len(wanted) and wanted[index][2]
            final = day.date <= last and not postponed
            games.append(Game(number, day.date, home, away, FINAL if final else SCHEDULED))
    return games


def _pairings(seed: int, days: Iterable[Day]) -> Iterator[tuple[Day, list[tuple[int, int]]]]:
    """Pairs of each day, (away, home): teams that played least and are rested go first."""
    played = np.zeros(len(TEAMS))
    at_home = np.zeros(len(TEAMS))
    in_a_row = np.zeros(len(TEAMS))
    for day in days:
        rng = stream(seed, "schedule", day.date)
        order = np.argsort(played + 1.5 * in_a_row**2 + rng.uniform(0, 1.5, len(TEAMS)))
        playing = rng.permutation(order[: 2 * day.games])
        pairs = []
        for one, other in playing.reshape(-1, 2).tolist():
            home, away = (one, other) if at_home[one] <= at_home[other] else (other, one)
            at_home[home] += 1
            pairs.append((away, home))
        played[playing] += 1
        rested = np.ones(len(TEAMS), dtype=bool)
        rested[playing] = False
        in_a_row = np.where(rested, 0, in_a_row + 1)
        yield day, pairs


def _pinned(
    calendar: Mapping[dt.date, Day], incidents: Incidents
) -> dict[dt.date, list[tuple[int, int, bool]]]:
    """Games that an incident sets on a date: away, home, whether postponed there."""
    pinned: dict[dt.date, list[tuple[int, int, bool]]] = {}
    for incident in incidents:
        if not isinstance(incident, PostponedGame):
            continue
        pair = (TEAMS.index(incident.away), TEAMS.index(incident.home))
        pinned.setdefault(incident.dates[0], []).append((*pair, True))
        if incident.replayed:
            pinned.setdefault(incident.replayed, []).append((*pair, False))
    for date, games in pinned.items():
        teams = [team for game in games for team in game[:2]]
        if len(games) > (calendar[date].games if date in calendar else 0):
            raise DemoSeasonError(
                f"a postponed or replayed game is set on {date}, which has too few games",
                file=CALENDAR,
                key=str(date),
                fix="take a date with games",
            )
        if len(set(teams)) < len(teams):
            raise DemoSeasonError(f"a postponed or replayed team would play twice on {date}")
        # Postponed games first, so that their ids depend on the calendar alone.
        games.sort(key=lambda game: not game[2])
    return pinned


def _pin(pairs: list[tuple[int, int]], wanted: list[tuple[int, int]]) -> None:
    """Let the day's first games be the wanted ones, by trading places between teams."""
    for index, pair in enumerate(wanted):
        for side, team in enumerate(pair):
            trade = {pairs[index][side]: team, team: pairs[index][side]}
            pairs[:] = [(trade.get(away, away), trade.get(home, home)) for away, home in pairs]


def schedule_rows(games: Iterable[Game]) -> list[Columns]:
    """The rows of ``nba_schedule``, the All-Star weekend's entries among them."""
    rows: list[tuple[str, dt.date, str, str, int, bool]] = [
        (game.id, game.date, TEAMS[game.home], TEAMS[game.away], game.status, False)
        for game in games
    ]
    rows += [
        (f"{32_500_000 + number:010d}", date, home, away, FINAL, True)
        for number, (date, home, away) in enumerate(ALL_STAR, start=1)
    ]
    rows.sort(key=lambda row: (row[1], row[0]))
    ids, dates, homes, aways, statuses, all_star = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    return [
        {
            "game_id": ids,
            "game_date": dates.astype("datetime64[D]"),
            "season_year": np.full(len(rows), SEASON_YEAR),
            "home_team_tricode": homes,
            "away_team_tricode": aways,
            "game_status": statuses,
            "is_playoffs": np.zeros(len(rows), dtype=bool),
            "is_regular_season": ~all_star,
            "is_all_star": all_star,
        }
    ]
