"""What each monitor measures, said once more in plain pandas, on the tables of the generator.

A second witness beside the SQL: written from the definitions, and sharing no code with the models.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

import pandas as pd

NEW_YORK = ZoneInfo("America/New_York")
PRIMARY = "catboost_v9"
PHASE_3 = {
    "player_game_summary",
    "team_defense_game_summary",
    "team_offense_game_summary",
    "upcoming_player_game_context",
    "upcoming_team_game_context",
}
KEY = ["system_id", "game_date", "game_id", "player_lookup"]
PASS, WARNING, CRITICAL, ERROR, SKIPPED = "PASS", "WARNING", "CRITICAL", "ERROR", "SKIPPED"

ACTIVE = {
    "catboost_v10": dt.date(2026, 2, 22),
    "ensemble_v2": dt.date(2026, 2, 24),
    "catboost_v12": dt.date(2026, 2, 26),
}
"""From when on a system is declared to be active."""
RETIRED = {"ridge_v1": dt.date(2025, 12, 6)}
"""From when on a system is declared to be retired."""

DUE = {  # days later, hour in New York
    "line_coverage": (0, 10),
    "recent_predictions": (0, 10),
    "player_coverage": (0, 10),
    "prediction_freshness": (0, 10),
    "duplicate_rows": (0, 10),
    "phase_completion": (1, 8),
    "bdb_coverage": (1, 12),
    "game_status_lag": (1, 6),
    "grading_completeness": (1, 15),
    "grading_latest": (1, 15),
    "usage_rate": (0, 10),
    "feature_quality": (0, 10),
    "processor_success": (1, 15),
    "box_score_coverage": (1, 8),
}
ARRIVALS = {"created_at", "graded_at", "completed_at", "started_at"}
"""Columns that say when a row arrived."""
BACK = {"line_coverage": 1, "grading_completeness": 2, "game_status_lag": 2, "duplicate_rows": 3}
"""Dates before the anchor that a monitor looks at too."""


def new_york(day: dt.date, hour: float = 0.0) -> pd.Timestamp:
    """A New York hour as an instant."""
    moment = dt.datetime.combine(day, dt.time()) + dt.timedelta(hours=hour)
    return pd.Timestamp(moment.replace(tzinfo=NEW_YORK)).tz_convert("UTC")


def end_of(day: dt.date) -> pd.Timestamp:
    """What a bare ``--as-of`` means."""
    return new_york(day + dt.timedelta(days=1))


def anchor(monitor: str, as_of: pd.Timestamp) -> dt.date:
    """The latest date whose due time has passed."""
    later, hour = DUE[monitor]
    day = as_of.tz_convert(NEW_YORK).date()
    while new_york(day + dt.timedelta(days=later), hour) > as_of:
        day -= dt.timedelta(days=1)
    return day


def window(monitor: str, as_of: pd.Timestamp) -> list[dt.date]:
    """The dates that a monitor looks at, the anchor first."""
    last = anchor(monitor, as_of)
    return [last - dt.timedelta(days=n) for n in range(BACK.get(monitor, 0) + 1)]


@dataclass(frozen=True)
class Reading:
    """What a monitor says: a status, its one number, and the parts behind it."""

    status: str
    observed: float | None = None
    groups: dict | None = None


def below(value: float, warning: float, critical: float) -> str:
    return CRITICAL if value < critical else WARNING if value < warning else PASS


def above(value: float, warning: float, critical: float) -> str:
    return CRITICAL if value > critical else WARNING if value > warning else PASS


def at_most(value: float, warning: float, critical: float) -> str:
    return CRITICAL if value <= critical else WARNING if value <= warning else PASS


def worst(*statuses: str) -> str:
    return max(statuses, key=[PASS, WARNING, CRITICAL].index)


class Season:
    """The generated tables by name and date, and the monitors over them."""

    def __init__(self, tables) -> None:
        self.frames = {name.split(".")[1]: table.to_pandas() for name, table in tables.items()}
        features = self.frames["ml_feature_store_v2"]
        features["length"] = features["features"].map(len)
        features["line"] = features["features"].map(lambda each: each[25] if len(each) > 25 else 0)
        features["usage"] = features["features"].map(lambda each: each[31] if len(each) > 31 else 0)
        self._number_the_keys()
        games = self.frames["nba_schedule"]
        self.games = games[~games["is_all_star"]]
        self._by_date = {
            name: dict(iter(frame.groupby(date)))
            for name, frame in (self.frames | {"nba_schedule": self.games}).items()
            for date in {"game_date", "data_date"}.intersection(frame)
        }
        self._readings: dict[tuple[str, pd.Timestamp], Reading] = {}
        self._first_rows = {
            day: rows.groupby("system_id")["created_at"].min().to_dict()
            for day, rows in self._by_date["player_prop_predictions"].items()
        }

    def _number_the_keys(self) -> None:
        """One number for each key of predictions and grades: quicker to compare than four columns."""
        tables = [self.frames["player_prop_predictions"], self.frames["prediction_accuracy"]]
        numbers = pd.concat([table[KEY] for table in tables]).groupby(KEY, sort=False).ngroup()
        tables[0]["key"] = numbers.to_numpy()[: len(tables[0])]
        tables[1]["key"] = numbers.to_numpy()[len(tables[0]) :]

    def on(self, table: str, *days: dt.date, as_of: pd.Timestamp | None = None) -> pd.DataFrame:
        """Rows of some dates, without those that arrived after `as_of`."""
        frame, last = self._of_days(table, days)
        if as_of is None or (last is not None and last <= as_of):
            return frame
        for column in ARRIVALS.intersection(frame):
            frame = frame[frame[column] <= as_of]
        return frame

    @cache  # noqa: B019 - a season lives as long as the tests
    def _of_days(
        self, table: str, days: tuple[dt.date, ...]
    ) -> tuple[pd.DataFrame, pd.Timestamp | None]:
        """Rows of some dates, and when the last of them arrived: None, if not known of a row."""
        parts = [self._by_date[table][day] for day in days if day in self._by_date[table]]
        frame = pd.concat(parts) if parts else self.frames[table].iloc[:0]
        arrivals = [frame[column] for column in ARRIVALS.intersection(frame)]
        if frame.empty or any(column.isna().any() for column in arrivals):
            return frame, None
        return frame, max(
            (column.max() for column in arrivals), default=pd.Timestamp.min.tz_localize("UTC")
        )

    def is_game_day(self, day: dt.date) -> bool:
        return day in self._by_date["nba_schedule"]

    @property
    def game_days(self) -> list[dt.date]:
        """Game days up to the end of the data."""
        return [day for day in self._by_date["nba_schedule"] if day <= dt.date(2026, 2, 28)]

    def read(self, monitor: str, as_of: pd.Timestamp) -> Reading:
        key = (monitor, as_of)
        if key not in self._readings:
            measure = getattr(self, f"_{monitor}")
            self._readings[key] = measure(window(monitor, as_of), as_of)
        return self._readings[key]

    def _line_coverage(self, days, as_of):
        shares = {}
        for day in filter(self.is_game_day, days):
            rows = self.on("ml_feature_store_v2", day, as_of=as_of)
            rows = rows[rows["length"] >= 33]
            shares[day] = 100 * (rows["line"] > 0).mean() if len(rows) else 0.0
        if not shares:
            return Reading(SKIPPED)
        mean = sum(shares.values()) / len(shares)
        return Reading(below(mean, 80, 50), mean, shares)

    def _grading_completeness(self, days, as_of):
        games = self.on("nba_schedule", *days)
        if games.empty:
            return Reading(SKIPPED)
        final = games[games["game_status"] == 3]
        if 2 * len(final) < len(games):
            return Reading(ERROR)
        rows = self.on("player_prop_predictions", *days, as_of=as_of)
        rows = rows[rows["line_source"].isin(["ACTUAL_PROP", "ESTIMATED_AVG"])]
        rows = rows[rows["game_id"].isin(final["game_id"])].drop_duplicates("key")
        if rows.empty:
            return Reading(SKIPPED)
        graded = self.on("prediction_accuracy", *days, as_of=as_of)["key"]
        shares = 100 * rows["key"].isin(graded).groupby(rows["system_id"]).mean()
        status = worst(*(below(share, 80, 50) for share in shares))
        if len(final) < len(games):
            status = worst(status, WARNING)
        return Reading(status, int((shares < 50).sum()), shares.to_dict())

    _grading_latest = _grading_completeness

    def _phase_completion(self, days, as_of):
        (day,) = days
        if not self.is_game_day(day):
            return Reading(SKIPPED)
        rows = self.on("phase_completions", day, as_of=as_of)
        rows = rows[(rows["phase"] == "phase3") & (rows["status"] == "success")]
        complete = len(PHASE_3 & set(rows["processor_name"]))
        return Reading(below(complete, 5, 3), complete)

    def _recent_predictions(self, days, as_of):
        (day,) = days
        if not self.is_game_day(day):
            return Reading(SKIPPED)
        before = [day - dt.timedelta(days=n) for n in range(1, 31)]
        counts = Counter(self.on("player_prop_predictions", day, as_of=as_of)["system_id"])
        known = {
            system
            for each in before
            for system, first in self._first_rows.get(each, {}).items()
            if first <= as_of
        }
        known |= {system for system, since in ACTIVE.items() if since <= day}
        known -= {system for system, since in RETIRED.items() if since <= day}
        silent = {system for system in known - {PRIMARY} if not counts[system]}
        games = len(self.on("nba_schedule", day))
        status = at_most(counts[PRIMARY], min(100, 12 * games), min(50, 6 * games))
        return Reading(
            worst(status, WARNING) if silent else status, counts[PRIMARY], {"silent": silent}
        )

    def _player_coverage(self, days, as_of):
        (day,) = days
        if not self.is_game_day(day):
            return Reading(SKIPPED)
        rows = self.on("player_prop_predictions", day, as_of=as_of)
        players = rows[rows["system_id"] == PRIMARY]["player_lookup"].nunique()
        a_game = players / len(self.on("nba_schedule", day))
        return Reading(below(a_game, 12, 6), a_game)

    def _usage_rate(self, days, as_of):
        (day,) = days
        if not self.is_game_day(day):
            return Reading(SKIPPED)
        rows = self._complete_features(day, as_of)
        if rows.empty:
            return Reading(ERROR)
        share = 100 * (rows["usage"] > 0).mean()
        return Reading(below(share, 80, 50), share)

    def _feature_quality(self, days, as_of):
        (day,) = days
        if not self.is_game_day(day):
            return Reading(SKIPPED)
        rows = self._complete_features(day, as_of)
        scores = rows["feature_quality_score"].dropna()
        if rows.empty or 2 * len(scores) < len(rows):
            return Reading(ERROR)
        mean = float(sum(scores)) / len(scores)
        return Reading(below(mean, 70, 50), mean)

    def _complete_features(self, day, as_of):
        rows = self.on("ml_feature_store_v2", day, as_of=as_of)
        return rows[rows["length"] >= 33]

    def _processor_success(self, days, as_of):
        (day,) = days
        if not self.is_game_day(day):
            return Reading(SKIPPED)
        runs = self.on("processor_run_history", day, as_of=as_of)
        if runs.empty:
            return Reading(ERROR)
        succeeded = (runs["status"] == "success").groupby(runs["run_id"]).any()
        share = 100 * succeeded.mean()
        return Reading(at_most(share, 60, 50), share)

    def _box_score_coverage(self, days, as_of):
        games = self.on("nba_schedule", *days)
        if games.empty:
            return Reading(SKIPPED)
        final = (games["game_status"] == 3).sum()
        if 2 * final < len(games):
            return Reading(ERROR)
        rows = self.on("phase_completions", *days, as_of=as_of)
        rows = rows[(rows["processor_name"] == "player_game_summary")]
        rows = rows[(rows["phase"] == "phase3") & (rows["status"] == "success")]
        if rows.empty:
            return Reading(SKIPPED)
        records = rows.sort_values(["completed_at", "record_count"])["record_count"].iloc[-1]
        if records > 26 * len(games):
            return Reading(ERROR)
        share = min(100 * records / (26 * final), 100)
        return Reading(below(share, 80, 50), share)

    def _bdb_coverage(self, days, as_of):
        games = self.on("nba_schedule", *days)
        if games.empty:
            return Reading(SKIPPED)
        final = games[games["game_status"] == 3]
        if 2 * len(final) < len(games):
            return Reading(ERROR)
        events = self.on("bigdataball_play_by_play", *days)
        there = {str(number).rjust(10, "0") for number in events["bdb_game_id"].unique()}
        share = 100 * final["game_id"].isin(there).mean()
        doubt = WARNING if len(final) < len(games) else PASS
        return Reading(worst(below(share, 90, 50), doubt), share)

    def _game_status_lag(self, days, as_of):
        games = self.on("nba_schedule", *days)
        if games.empty:
            return Reading(SKIPPED)
        late = int((games["game_status"] != 3).sum())
        return Reading(above(late, 0, 3), late)

    def _prediction_freshness(self, days, as_of):
        (day,) = days
        if not self.is_game_day(day):
            return Reading(SKIPPED)
        rows = self.on("player_prop_predictions", day, as_of=as_of)
        rows = rows[rows["system_id"] == PRIMARY]
        first = rows["created_at"].min() if len(rows) else as_of
        hours = (first - new_york(day, 8)).total_seconds() / 3600
        return Reading(above(hours, 1, 6), hours)

    def _duplicate_rows(self, days, as_of):
        shares = {}
        for table in ("player_prop_predictions", "prediction_accuracy"):
            rows = self.on(table, *days, as_of=as_of)
            if len(rows):
                shares[table] = 100 * rows["key"].duplicated().sum() / len(rows)
        if not shares:
            return Reading(SKIPPED)
        return Reading(above(max(shares.values()), 1, 5), max(shares.values()), shares)
