"""Random rows of each table that the monitors read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from definitions.random_worlds.setting import Setting
from definitions.statement.seen import DEFAULTS
from definitions.tables import Row

Entry = tuple[str, Row]
Entries = list[Entry]
Place = tuple[date, str | None]

# Ids of ten digits too, because a longer one is cut to them.
GAMES = ("0022500001", "0000000002", "1022500003", "1022500004", None)
SYSTEMS = ("catboost_v9", "catboost_v9", "catboost_v9", "a", "a", "a", "b", None)
PLAYERS = ("p1", "p1", "p2", None)
QUALITIES = (*map(Decimal, ("0", "62.6", "70", "69.999", "100")), None, None)
KEY = ("system_id", "game_date", "game_id", "player_lookup")
FAR_AHEAD = date(2026, 12, 31)


def calendar(setting: Setting) -> Entries:
    """The calendar: now and then empty, or at its end."""
    games = [_game(setting, setting.day()) for _ in range(setting.one(20, 10, 5, 0))]
    return games + setting.one([], [_game(setting, FAR_AHEAD)])


def no_rows(setting: Setting, games: Sequence[Place]) -> Entries:
    """Nothing beside the calendar."""
    return []


def feature_rows(setting: Setting, games: Sequence[Place]) -> Entries:
    """Feature vectors of any length, with any line, usage rate and quality."""

    def row() -> Entry:
        on = setting.day()
        length = setting.mostly(33, 0, 1, 25, 26, 32, 40, None)
        line = setting.one(0.0, 20.5, 0.5, -3.5, 5e-324, math.nan, math.inf)
        rate = setting.one(0.0, 0.21, 1.0, -0.1, math.nan)
        vector = [1000.0 + index for index in range(length or 0)]
        for element, value in ((25, line), (31, rate)):
            vector[element : element + 1] = [value] if element < len(vector) else []
        return "nba_predictions.ml_feature_store_v2", {
            "game_date": on,
            "features": None if length is None else vector,
            "feature_quality_score": setting.one(*QUALITIES),
            "created_at": setting.arrival(on),
        }

    return _many(setting, row)


def predictions(setting: Setting, games: Sequence[Place]) -> Entries:
    """Predictions, mostly on games of the calendar."""

    def row() -> Entry:
        key = _key(setting, games)
        return "nba_predictions.player_prop_predictions", {
            **key,
            "line_source": setting.mostly("ACTUAL_PROP", "ESTIMATED_AVG", "NO_PROP_LINE", None),
            "created_at": setting.arrival(key["game_date"]),
        }

    return _many(setting, row)


def predictions_and_grades(setting: Setting, games: Sequence[Place]) -> Entries:
    """Predictions, and grades mostly of them."""
    predicted = predictions(setting, games)

    def row() -> Entry:
        key = _key(setting, games)
        if predicted and setting.mostly(True, False):
            _, of = setting.one(*predicted)
            key = {name: of[name] for name in KEY}
        return "nba_predictions.prediction_accuracy", {
            **key,
            "is_voided": setting.one(False, True, None),
            "graded_at": setting.arrival(key["game_date"]),
        }

    return predicted + _many(setting, row)


def runs(setting: Setting, games: Sequence[Place]) -> Entries:
    """Runs of processors, some recorded more than once."""

    def row() -> Entry:
        on = setting.day()
        return "nba_reference.processor_run_history", {
            "processor_name": setting.one("a", "b", None),
            "run_id": setting.one("r1", "r2", "r3", None),
            "status": setting.mostly("success", "failed", "running", None),
            "data_date": on,
            "started_at": setting.arrival(on),
        }

    return _many(setting, row)


def box_scores(setting: Setting, games: Sequence[Place]) -> Entries:
    """Runs of the processor of box scores and of others, with any number of rows."""

    def row() -> Entry:
        on, _ = _place(setting, games)
        return "nba_orchestration.phase_completions", {
            "phase": setting.mostly("phase3", "phase4", None),
            "game_date": on,
            "processor_name": setting.mostly("player_game_summary", "other", None),
            "status": setting.mostly("success", "failed", None),
            "record_count": setting.one(0, 2, 13, 20, 26, 27, 52, 60, None),
            "completed_at": setting.arrival(on),
        }

    return _many(setting, row)


def completions(setting: Setting, games: Sequence[Place]) -> Entries:
    """Processors that finished, or not, or another phase."""

    def row() -> Entry:
        on = setting.day()
        return "nba_orchestration.phase_completions", {
            "phase": setting.mostly("phase3", "phase4", None),
            "game_date": on,
            "processor_name": setting.one(*DEFAULTS["expected_processors"], "other", None),
            "status": setting.mostly("success", "failed", None),
            "completed_at": setting.arrival(on),
        }

    return _many(setting, row)


def plays(setting: Setting, games: Sequence[Place]) -> Entries:
    """Play-by-play of the games, of none, and with ids that are no ids."""

    def row() -> Entry:
        on, game_id = _place(setting, games)
        right = int(game_id or 0)
        return "nba_raw.bigdataball_play_by_play", {
            # the same with a digit more is cut to ten digits, which not every id has
            "bdb_game_id": setting.one(
                right, right, right, right * 10 + 1, right * 10 + 1, -right, None
            ),
            "game_date": on,
        }

    return _many(setting, row)


def _game(setting: Setting, on: date) -> Entry:
    return "nba_reference.nba_schedule", {
        "game_id": setting.one(*GAMES),
        "game_date": on,
        "game_status": setting.mostly(3, 1, 2, None),
        "is_all_star": setting.mostly(False, None, True),
    }


def _key(setting: Setting, games: Sequence[Place]) -> dict[str, Any]:
    on, game_id = _place(setting, games)
    player, system = setting.one(*PLAYERS), setting.one(*SYSTEMS)
    return dict(zip(KEY, (system, on, game_id, player), strict=True))


def _place(setting: Setting, games: Sequence[Place]) -> Place:
    """Mostly a game of the calendar."""
    if games and setting.mostly(True, False):
        return setting.one(*games)
    return setting.day(), setting.one(*GAMES)


def _many(setting: Setting, row: Callable[[], Entry]) -> Entries:
    """Rows of a table, mostly enough of them to meet each other."""
    return [row() for _ in range(setting.one(30, 30, 15, 5, 0))]
