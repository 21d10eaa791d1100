"""A date of the season that is half graded, or less, is found once its grades are due.

Every date is cut down in the same query: `grading_latest` looks at one date by itself, so what it says
of a date is what it would say if only that one were cut down. The thresholds are the suite's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from google.cloud import bigquery

from demo_season.world import FIRST_DAY, LAST_DAY
from plumbline.checks.bounds import observe
from plumbline.checks.check import checks_of
from plumbline.checks.metric_result import judge_check
from plumbline.core.status import Status, worst
from plumbline.models import CompiledModel, Compiler
from plumbline.project import Project
from plumbline.project.labels import project_labels
from plumbline.project.targets import Target
from plumbline.warehouse.client import open_client
from scenarios.conftest import ROOT

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

MONITOR = "grading_latest"
GRADES = "`nba-props-platform`.`nba_predictions`.`prediction_accuracy`"
CUT_DOWN = """(
    select grades.*
    from {grades} as grades
    inner join (
        select
            *,
            row_number() over (partition by system_id, game_date order by player_lookup, game_id) as place,
            count(*) over (partition by system_id, game_date) as gradable
        from (
            select distinct system_id, game_date, game_id, player_lookup
            from `nba-props-platform`.`nba_predictions`.`player_prop_predictions`
            where line_source in ('ACTUAL_PROP', 'ESTIMATED_AVG')
        )
    ) using (system_id, game_date, game_id, player_lookup)
    where 100 * place <= @share * gradable
)"""
"""The grades of at most so large a share of each system's gradable predictions of a date."""

Found = Mapping[dt.date, tuple[Status, str | None]]
"""Status, and the reason where nothing was judged, by date."""


@pytest.fixture(scope="module")
def project() -> Project:
    return Project(ROOT)


@pytest.fixture(scope="module")
def model(project: Project, season: Target) -> CompiledModel:
    """For the instant at which the grades of each date are due."""
    days = (LAST_DAY - FIRST_DAY).days + 1
    due = [
        dt.datetime.combine(FIRST_DAY + dt.timedelta(n + 1), dt.time(15), project.timezone)
        for n in range(days)
    ]
    suite = project.suite(MONITOR)
    # Else dates that are cut down beside it would help to find a date.
    assert suite.monitor.vars == {"days": 1}
    instants = [each.astimezone(dt.UTC) for each in due]
    return Compiler(project, season).compile(
        suite.monitor.model or "", as_of=instants, vars=suite.monitor.vars, where=MONITOR
    )


@pytest.fixture(scope="module")
def client(season: Target) -> bigquery.Client:
    return open_client(season)


def sweep(project: Project, client: bigquery.Client, model: CompiledModel, share: int) -> Found:
    """What the monitor finds on each date if at most this share of it is graded."""
    assert model.sql.count(GRADES) == 1
    sql = model.sql.replace(GRADES, CUT_DOWN.format(grades=GRADES))
    parameters = [
        bigquery.ArrayQueryParameter(p.name, p.element_type, list(p.value))  # type: ignore[arg-type]
        if p.element_type
        else bigquery.ScalarQueryParameter(p.name, p.type, p.value)
        for p in model.parameters
    ]
    # A parameter, because the server translates a statement that it knows only once.
    parameters.append(bigquery.ScalarQueryParameter("share", "INT64", share))
    config = bigquery.QueryJobConfig(query_parameters=parameters)
    by_date: dict[dt.date, list[dict[str, Any]]] = {}
    for row in client.query(sql, job_config=config).result():
        by_date.setdefault(row["anchor_date"], []).append(dict(row.items()))
    return {day: _judged(project, rows) for day, rows in by_date.items()}


def _judged(project: Project, rows: Sequence[Mapping[str, Any]]) -> tuple[Status, str | None]:
    if rows[0]["verdict"] != "judge":
        return {"skip": Status.SKIPPED, "unknown": Status.ERROR}[rows[0]["verdict"]], rows[0][
            "reason"
        ]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    results = [
        judge_check(
            observe(
                columns,
                column=str(check.column),
                aggregate=check.aggregate,
                group_by=check.group_by,
            ),
            check,
        )
        for check in checks_of(project.suite(MONITOR))
    ]
    return worst(result.status for result in results), None


@pytest.mark.parametrize(
    ("share", "statuses"),
    [
        (0, {Status.CRITICAL}),
        (25, {Status.CRITICAL}),
        (50, {Status.CRITICAL, Status.WARNING}),
    ],
)
def test_every_date_is_found_when_its_grades_are_due(
    project: Project,
    client: bigquery.Client,
    model: CompiledModel,
    share: int,
    statuses: set[Status],
) -> None:
    found = sweep(project, client, model, share)
    judged = {day: status for day, (status, _) in found.items() if status is not Status.SKIPPED}
    assert len(judged) > 115
    assert {day: status for day, status in judged.items() if status not in statuses} == {}
    quiet = [reason for status, reason in found.values() if status is Status.SKIPPED]
    assert all(str(reason).startswith("no games ") for reason in quiet)


def test_a_date_that_is_graded_is_not(
    project: Project, client: bigquery.Client, model: CompiledModel
) -> None:
    # Else the sweep would show nothing.
    labelled = {
        day
        for label in project_labels(project, None) or ()
        if MONITOR in label.monitors
        for day in label.dates
    }
    found = sweep(project, client, model, 100)
    failing = {
        day for day, (status, _) in found.items() if status not in (Status.PASS, Status.SKIPPED)
    }
    assert failing <= labelled
