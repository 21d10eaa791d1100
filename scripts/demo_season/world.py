"""What stays from day to day: teams, players, prediction systems, processors, services."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass
from itertools import product
from zoneinfo import ZoneInfo

import numpy as np

NEW_YORK = ZoneInfo("America/New_York")
SEASON_YEAR = 2025
FIRST_DAY = dt.date(2025, 10, 21)
LAST_DAY = dt.date(2026, 2, 28)
"""The last day with rows; the calendar goes on to April."""

TEAMS = (
    *("ATL", "BKN", "BOS", "CHA", "CHI", "CLE", "DAL", "DEN", "DET", "GSW"),
    *("HOU", "IND", "LAC", "LAL", "MEM", "MIA", "MIL", "MIN", "NOP", "NYK"),
    *("OKC", "ORL", "PHI", "PHX", "POR", "SAC", "SAS", "TOR", "UTA", "WAS"),
)
ROSTER = 20
"""Players a team, with two-way contracts and call-ups."""

PRIMARY = "catboost_v9"


@dataclass(frozen=True)
class System:
    """A prediction system."""

    name: str
    first_day: dt.date = FIRST_DAY
    """From then on it predicts on every game day."""
    last_day: dt.date = LAST_DAY
    """Until then; it is retired after it."""
    lines_from: dt.date = FIRST_DAY
    """Until then its predictions carry no line, so that none can be graded."""


SYSTEMS = (
    System(PRIMARY),
    System("catboost_v8"),
    System("ensemble_v1"),
    System("ensemble_v1_1"),
    System("similarity_balanced_v1"),
    System("zone_matchup_v1"),
    System("moving_average"),
    System("catboost_v9_2026_02", dt.date(2026, 1, 31), lines_from=dt.date(2026, 2, 4)),
    System("catboost_v9_low_vegas", dt.date(2026, 2, 6)),
    System("catboost_v9_q43", dt.date(2026, 2, 8)),
    System("catboost_v9_q45", dt.date(2026, 2, 8)),
    System("lightgbm_v1", dt.date(2026, 2, 12)),
    System("xgboost_v1", dt.date(2026, 2, 19)),
    System("catboost_v10", dt.date(2026, 2, 22)),
    System("ensemble_v2", dt.date(2026, 2, 24)),
    System("catboost_v12", dt.date(2026, 2, 26)),
    System("ridge_v1", dt.date(2025, 11, 15), last_day=dt.date(2025, 12, 5)),
)

SERVICES = (
    "prediction-worker",
    "prediction-coordinator",
    "nba-phase3-analytics-processors",
    "nba-phase4-precompute-processors",
    "nba-grading-service",
    "nba-scrapers",
)


@dataclass(frozen=True)
class Processor:
    """A processor that runs once a day, and again after a failure."""

    name: str
    service: str
    phase: str | None
    """The phase in whose completions it is counted."""
    day: int
    """0: on the day of the games, 1: on the next."""
    hours: tuple[float, float]
    """New York hours between which it ends."""
    records: int
    """Rows that it writes a game, about."""


PHASE_3 = ("nba-phase3-analytics-processors", "phase3", 1, (2.2, 6.9))
PHASE_4 = ("nba-phase4-precompute-processors", "phase4", 0, (4.0, 6.4))

BOX_SCORES = "player_game_summary"
"""The processor that writes a row for each player of a game."""

# In phase 3 the order is the one in which they came to be complete in the incidents.
PROCESSORS = (
    Processor("upcoming_player_game_context", *PHASE_3, 36),
    Processor("upcoming_team_game_context", *PHASE_3, 2),
    Processor(BOX_SCORES, *PHASE_3, 26),
    Processor("team_offense_game_summary", *PHASE_3, 2),
    Processor("team_defense_game_summary", *PHASE_3, 2),
    Processor("team_defense_zone_analysis", *PHASE_4, 2),
    Processor("player_shot_zone_analysis", *PHASE_4, 30),
    Processor("player_composite_factors", *PHASE_4, 37),
    Processor("player_daily_cache", *PHASE_4, 37),
    Processor("ml_feature_store", *PHASE_4[:2], 0, (8.2, 8.4), 37),
    Processor("odds_player_props", "nba-scrapers", None, 0, (5.2, 6.2), 60),
    Processor("bigdataball_play_by_play", "nba-scrapers", None, 1, (7.5, 11.5), 40),
    Processor("prediction_coordinator", "prediction-coordinator", None, 0, (9.5, 9.7), 160),
    Processor("prediction_grading", "nba-grading-service", None, 1, (13.0, 13.3), 80),
)

# Made-up people: none of these names is a player's.
FIRST_NAMES = (
    *("arvo", "benno", "caspian", "dorrin", "elvar", "fabrice", "gideon", "hollis", "ivor"),
    *("jarno", "kelby", "lorcan", "magnus", "nevin", "orson", "piers", "quillon", "rasmus"),
    *("soren", "torvald", "ulric", "valdemar", "wendell", "xander", "yorick"),
)
LAST_NAMES = (
    *("ashgrove", "birkhall", "cobbleton", "dunmarsh", "eastwick", "fernsby", "goswold"),
    *("harkaway", "inglewhite", "jessop", "kettleby", "lindqvist", "mossgrave", "northcote"),
    *("oakhanger", "pennyfold", "quarrier", "rookwood", "saltmarsh", "thistleby", "umberfield"),
    *("vantongeren", "wetherall", "yarrowdale"),
)


@dataclass(frozen=True)
class Rosters:
    """The players, as arrays of one row a team: index 0 of a team plays most."""

    lookup: np.ndarray
    points: np.ndarray
    """Points a game that the player is good for."""


def make_rosters(seed: int) -> Rosters:
    """Twenty made-up players for each team."""
    rng = stream(seed, "rosters")
    names = np.array([first + last for first, last in product(FIRST_NAMES, LAST_NAMES)])
    shape = (len(TEAMS), ROSTER)
    points = 24.0 * np.exp(-np.arange(ROSTER) / 6.5) + rng.uniform(0.5, 3.0, shape)
    return Rosters(
        lookup=rng.permutation(names)[: len(TEAMS) * ROSTER].reshape(shape), points=points
    )


def stream(seed: int, purpose: str, day: dt.date | None = None) -> np.random.Generator:
    """Random numbers of their own for each purpose and day.

    So an incident that a user adds changes the rows of its own days and no others.
    """
    return np.random.default_rng(
        [seed, zlib.crc32(purpose.encode()), day.toordinal() if day else 0]
    )


def instant(day: dt.date, hour: float = 0.0, *, days_later: int = 0) -> np.datetime64:
    """The hour of a New York day as an instant (UTC, microseconds)."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=days_later), dt.time())
    return utc((midnight + dt.timedelta(hours=hour)).replace(tzinfo=NEW_YORK))


def utc(moment: dt.datetime) -> np.datetime64:
    """An instant with a zone, as numpy has it."""
    return np.datetime64(moment.astimezone(dt.UTC).replace(tzinfo=None), "us")


def seconds(values: np.ndarray) -> np.ndarray:
    """Numbers of seconds, as durations to add to instants."""
    return (values * 1e6).astype("timedelta64[us]")


def span(number: float) -> np.timedelta64:
    """A number of seconds as a duration."""
    return np.timedelta64(round(number * 1e6), "us")
