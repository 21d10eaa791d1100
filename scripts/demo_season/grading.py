"""Rows of ``prediction_accuracy``: graded late next morning, or when an outage ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from demo_season.columns import Columns
from demo_season.duplicates import rows_written_twice
from demo_season.incidents import ACCURACY, GradingOutage, Incidents
from demo_season.slate import NO_PROP_LINE, Slate
from demo_season.world import NEW_YORK, instant, seconds, span, stream, utc

RUN_HOUR = 10.0
"""New York hour of the next day at which grading begins."""
UNGRADED = (0.01, 0.045)
"""Between which the share of gradable predictions lies that nobody ever grades."""
BACKFILLED = 0.97
"""Share of what an outage held back that its backfill grades."""
WITHOUT_LINE = 0.05
"""Share of NO_PROP_LINE predictions that are graded too, and must count in no share."""


@dataclass(frozen=True)
class Predicted:
    """A day's predictions, as made by ``predictions.make_predictions``."""

    slate: Slate
    rows: Columns
    place: np.ndarray

    @property
    def gradable(self) -> np.ndarray:
        """Rows whose game was played and that have a line."""
        sources: np.ndarray = self.rows["line_source"]
        return np.asarray(self.slate.final[self.place] & (sources != NO_PROP_LINE))


def make_grades(
    seed: int, predicted: Mapping[dt.date, Predicted], incidents: Incidents
) -> dict[dt.date, Columns]:
    """The graded rows by game date."""
    grades: dict[dt.date, Columns] = {}
    for date, day in predicted.items():
        if incidents.on(GradingOutage, date) is None:
            grades[date] = _healthy_day(seed, day, incidents)
    for incident in incidents:
        if isinstance(incident, GradingOutage):
            grades |= _outage(seed, incident, predicted, incidents)
    return dict(sorted(grades.items()))


def _healthy_day(seed: int, day: Predicted, incidents: Incidents) -> Columns:
    date = day.slate.date
    rng = stream(seed, "grades", date)
    gradable, systems = day.gradable, day.rows["system_id"]
    graded = gradable.copy()
    for system in np.unique(systems):
        rows = np.flatnonzero(gradable & (systems == system))
        missed = round(len(rows) * rng.uniform(*UNGRADED))
        graded[rng.choice(rows, missed, replace=False)] = False
    extra = np.flatnonzero(~gradable & day.slate.final[day.place])
    graded[rng.choice(extra, int(len(extra) * WITHOUT_LINE), replace=False)] = True
    picked = np.flatnonzero(graded)
    created_at = day.rows["created_at"][picked]
    run = _run_after(date, created_at)
    graded_at = np.maximum(run + seconds(_within_run(rng, len(picked))), created_at + span(600))
    return _columns(rng, day, picked, graded_at, incidents, healthy=True)


def _outage(
    seed: int, incident: GradingOutage, predicted: Mapping[dt.date, Predicted], incidents: Incidents
) -> dict[dt.date, Columns]:
    """The graded rows of an outage's dates: some in time, the rest by the backfill, or never."""
    rng = stream(seed, f"grades/{incident.id}")
    days = [predicted[date] for date in incident.dates if date in predicted]
    if not days:
        return {}
    gradable = np.concatenate([day.gradable for day in days])
    systems = np.concatenate([day.rows["system_id"] for day in days])
    in_time = np.zeros(len(gradable), dtype=bool)
    turn = np.full(len(gradable), np.inf)
    for system in np.unique(systems[gradable]):
        rows = rng.permutation(np.flatnonzero(gradable & (systems == system)))
        first = round(incident.graded.get(system, 0.0) * len(rows))
        in_time[rows[:first]] = True
        # Every system gets its part of the backfill, so what stays ungraded is spread evenly.
        turn[rows[first:]] = (np.arange(len(rows) - first) + rng.random()) / (len(rows) - first)
    held_back = np.argsort(turn, kind="stable")[: int(np.isfinite(turn).sum())]
    if incident.mended is None:
        later = 0
    elif incident.backfilled is not None:
        later = incident.backfilled
    else:
        later = round(len(held_back) * BACKFILLED)
    backfilled = np.zeros(len(gradable), dtype=bool)
    backfilled[held_back[:later]] = True

    grades: dict[dt.date, Columns] = {}
    begin = 0
    for day in days:
        end = begin + len(day.place)
        early, late = in_time[begin:end], backfilled[begin:end]
        begin = end
        picked = np.flatnonzero(early | late)
        run = _run_in_outage(day.slate.date, incident)
        graded_at = run + seconds(_within_run(rng, len(picked)))
        if incident.mended:
            backfill = utc(incident.mended) + seconds(rng.uniform(0, 3000, len(picked)).round(3))
            graded_at = np.where(late[picked], backfill, graded_at)
        graded_at = np.maximum(graded_at, day.rows["created_at"][picked] + span(600))
        grades[day.slate.date] = _columns(rng, day, picked, graded_at, incidents, healthy=False)
    return grades


def _run(date: dt.date) -> np.datetime64:
    """When the grading run of a game date begins."""
    return instant(date, RUN_HOUR, days_later=1)


def _run_in_outage(date: dt.date, incident: GradingOutage) -> np.datetime64:
    """When that run begins if the service may be down: the first one once it is up again."""
    usual = _run(date)
    up = incident.restored or incident.mended
    if up is None or not utc(incident.began) <= usual < utc(up):
        return usual
    day = up.astimezone(NEW_YORK).date()
    same_day = instant(day, RUN_HOUR)
    return same_day if same_day >= utc(up) else _run(day)


def _run_after(date: dt.date, created_at: np.ndarray) -> np.datetime64:
    """The first grading run after the date that finds predictions of it."""
    run = _run(date)
    while len(created_at) and created_at.min() > run:
        run += np.timedelta64(1, "D")
    return run


def _within_run(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Seconds after the run's begin: it takes two to three hours, and is done by 13:00."""
    return (rng.uniform(0, 900) + np.sort(rng.uniform(0, 2.6 * 3600, rows))).round(3)


def _columns(
    rng: np.random.Generator,
    day: Predicted,
    picked: np.ndarray,
    graded_at: np.ndarray,
    incidents: Incidents,
    *,
    healthy: bool,
) -> Columns:
    slate, place, rows = day.slate, day.place[picked], day.rows
    lines, voided = rows["current_points_line"][picked], slate.voided[place]
    points = slate.points[place]
    recommendation = rows["recommendation"][picked]
    judged = np.isin(recommendation, ["OVER", "UNDER"]) & ~voided
    correct = np.where(recommendation == "OVER", points > lines, points < lines)
    columns = {
        "player_lookup": slate.players[place],
        "game_id": slate.game_ids[place],
        "system_id": rows["system_id"][picked],
        "line_source": rows["line_source"][picked],
        "game_date": np.full(len(picked), np.datetime64(slate.date)),
        "line_value": lines,
        "actual_points": np.where(voided, None, points.astype(object)),
        "prediction_correct": np.where(judged, correct.astype(object), None),
        "is_voided": voided,
        "graded_at": graded_at,
    }
    copied = rows_written_twice(
        rng, ACCURACY, slate.date, columns["system_id"], incidents, healthy=healthy
    )
    twice = np.sort(np.concatenate([np.arange(len(picked)), copied]), kind="stable")
    again = np.concatenate([[False], twice[1:] == twice[:-1]])
    columns = {name: values[twice] for name, values in columns.items()}
    columns["graded_at"] = columns["graded_at"] + np.where(again, span(300), span(0))
    return columns
