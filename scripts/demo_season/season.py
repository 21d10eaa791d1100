"""Puts a season together, day by day: the one entry for the command line and the tests."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping

import pyarrow as pa

from demo_season import grading
from demo_season import incidents as names
from demo_season.columns import Columns, read_schemas, table
from demo_season.deployments import make_deployments
from demo_season.features import complete_rows, make_features
from demo_season.incidents import Incidents, LineCoverage
from demo_season.play_by_play import make_play_by_play
from demo_season.predictions import make_predictions, second_copies, volumes
from demo_season.processors import completion_rows, make_runs, run_rows
from demo_season.schedule import Day, Game, make_games, read_calendar, schedule_rows
from demo_season.service_errors import make_errors
from demo_season.slate import make_slate
from demo_season.world import FIRST_DAY, LAST_DAY, make_rosters

SEED = 20260202


def make_season(
    incidents: Incidents,
    *,
    seed: int = SEED,
    first: dt.date = FIRST_DAY,
    last: dt.date = LAST_DAY,
    progress: Callable[[dt.date], None] = lambda _: None,
) -> dict[str, pa.Table]:
    """All tables, by ``dataset.table``: the whole calendar, and rows from `first` to `last`."""
    calendar = read_calendar()
    games = make_games(seed, calendar, incidents, last)
    by_date: dict[dt.date, list[Game]] = defaultdict(list)
    for game in games:
        by_date[game.date].append(game)

    days: dict[str, list[Columns]] = defaultdict(list)
    days[names.SCHEDULE] = schedule_rows(games)
    predicted: dict[dt.date, grading.Predicted] = {}
    rosters = make_rosters(seed)
    # So that what is deployed is known at the season's first instant.
    days[names.DEPLOYMENTS].append(make_deployments(seed, first - dt.timedelta(days=1), incidents))
    for date, day in calendar.items():
        if not first <= date <= last:
            continue
        progress(date)
        runs = make_runs(seed, date, day.games, incidents)
        days[names.RUNS].append(run_rows(date, runs))
        days[names.ERRORS].append(make_errors(seed, date, incidents))
        days[names.DEPLOYMENTS].append(make_deployments(seed, date, incidents))
        if not day.games:
            continue
        days[names.COMPLETIONS].append(completion_rows(date, runs))
        if (events := make_play_by_play(seed, date, by_date[date], incidents)) is not None:
            days[names.PLAY_BY_PLAY].append(events)

        counts = volumes(seed, day)
        complete = _complete_rows(seed, day, counts, incidents)
        slate = make_slate(seed, date, by_date[date], rosters, complete)
        days[names.FEATURES].append(make_features(seed, slate, complete, incidents))
        made = make_predictions(seed, slate, counts, complete, incidents)
        if made is None:
            continue
        rows, place = made
        predicted[date] = grading.Predicted(slate, rows, place)
        days[names.PREDICTIONS].append(rows)
        if (copies := second_copies(seed, day, rows, incidents)) is not None:
            days[names.PREDICTIONS].append(copies)
    days[names.ACCURACY] = list(grading.make_grades(seed, predicted, incidents).values())
    return {name: table(schema, days[name]) for name, schema in read_schemas().items()}


def _complete_rows(seed: int, day: Day, counts: Mapping[str, int], incidents: Incidents) -> int:
    """Complete feature rows of a day: one for every prediction, unless an incident counts them."""
    rows = complete_rows(seed, day, incidents)
    incident = incidents.on(LineCoverage, day.date)
    if incident and day.date in incident.by_date:
        return rows
    return max(rows, *counts.values())
