"""What can be seen at one instant: the rows that have arrived, and the dates whose data is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from definitions.tables import Row, World

NEW_YORK = ZoneInfo("America/New_York")
DAY = timedelta(days=1)

# What the definitions say where nothing else is said. Two monitors look at more days, which their
# suites say; the definitions name no postponed games, no active and no retired systems.
DEFAULTS: Mapping[str, Any] = {
    "days": 1,
    "features_due_days": 0,
    "features_due_time": "10:00:00",
    "predictions_due_days": 0,
    "predictions_due_time": "10:00:00",
    "phase_due_days": 1,
    "phase_due_time": "08:00:00",
    "play_by_play_due_days": 1,
    "play_by_play_due_time": "12:00:00",
    "final_scores_due_days": 1,
    "final_scores_due_time": "06:00:00",
    "grades_due_days": 1,
    "grades_due_time": "15:00:00",
    "seasons": ["2025-10-21/2026-04-12/2025-26"],
    "breaks": ["2026-02-13/2026-02-18/All-Star break"],
    "postponed_games": [],
    "minimum_features": 33,
    "line_feature": 25,
    "usage_rate_feature": 31,
    "phase": "phase3",
    "expected_processors": [
        "player_game_summary",
        "team_defense_game_summary",
        "team_offense_game_summary",
        "upcoming_player_game_context",
        "upcoming_team_game_context",
    ],
    "box_score_processor": "player_game_summary",
    "box_scores_a_game": 26,
    "primary_system": "catboost_v9",
    "active_systems": [],
    "retired_systems": [],
    "gradable_line_sources": ["ACTUAL_PROP", "ESTIMATED_AVG"],
    "first_prediction_time": "08:00:00",
}


@dataclass(frozen=True)
class Seen:
    """The world at one instant. Nothing later is seen."""

    world: World
    as_of: datetime
    given: Mapping[str, Any] = field(default_factory=dict)
    """Variables that differ from the defaults."""

    def var(self, name: str) -> Any:
        """The value of a variable."""
        return self.given[name] if name in self.given else DEFAULTS[name]

    def rows(self, table: str, *, arrival: str | None = None) -> list[Row]:
        """The rows of a table that have arrived; without a time of arrival a row has."""
        rows = self.world.tables.get(table, [])
        if arrival is None:
            return list(rows)
        return [row for row in rows if row[arrival] is None or row[arrival] <= self.as_of]

    def anchor(self, kind: str) -> date:
        """The latest date whose data of this kind is due."""
        day = self.as_of.astimezone(NEW_YORK).date()
        while self._due(kind, day) > self.as_of:
            day -= DAY
        return day

    def _due(self, kind: str, day: date) -> datetime:
        return clock(day + self.var(f"{kind}_due_days") * DAY, self.var(f"{kind}_due_time"))


def clock(day: date, at: str) -> datetime:
    """The instant at which the clocks of New York show this time on this date."""
    return datetime.combine(day, time.fromisoformat(at), NEW_YORK).astimezone(UTC)


def dates(first: date, last: date) -> list[date]:
    """All dates from the first to the last, both included."""
    return [first + n * DAY for n in range((last - first).days + 1)]


def within(day: date, periods: Iterable[str]) -> bool:
    """Whether a date lies in one of the periods ``first/last/name``."""
    return any(first <= day <= last for first, last in map(_ends, periods))


def _ends(period: str) -> tuple[date, date]:
    first, last, *_ = period.split("/")
    return date.fromisoformat(first), date.fromisoformat(last)
