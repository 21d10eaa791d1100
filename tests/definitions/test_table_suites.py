"""The statement of a suite over a table finds what the same expectations find in the table's rows.

Both witnesses compute it; the other side is `plumbline.evaluate`, which the matrix of expectations
holds against Google's evaluator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from definitions.cases import PROJECT, Interview
from definitions.tables import World, at, day
from plumbline.evaluate.catalogue import EVALUATIONS
from plumbline.evaluate.errors import EvaluationError, NothingCheckedError
from plumbline.evaluate.found import CountFound, MapFound, ValueFound
from plumbline.evaluate.pushdown.catalogue import MEASURES
from plumbline.evaluate.pushdown.measure import Measure
from plumbline.evaluate.pushdown.statement import (
    CALENDAR_END,
    EXPECTED,
    ROWS,
    Calendar,
    CompiledTable,
    compile_table,
)
from plumbline.evaluate.table import Table
from plumbline.models.relations import Relation
from plumbline.project.suites import read_suite
from plumbline.warehouse.result import ResultColumn
from support.documents import read_document
from support.source_tables import read_source_tables

NAME = "nba_reference.nba_schedule"
SCHEMA = [
    ResultColumn(name, kind)
    for table in read_source_tables(PROJECT.root / "models/sources.yml")
    if table.key == NAME
    for name, kind in table.columns
]
AS_OF = at("2026-02-02")


def row(game_id: str | None, on: str, **columns: Any) -> dict[str, Any]:
    return {column.name: None for column in SCHEMA} | {
        "game_id": game_id,
        "game_date": day(on),
        **columns,
    }


GAMES = [
    row("a", "2026-02-02", season_year=2025, home_team_tricode="BOS", is_all_star=False),
    row("b", "2026-02-02", season_year=2025, home_team_tricode="LAL", is_all_star=False),
    row("b", "2026-02-02", season_year=2024, home_team_tricode="bos"),
    row(None, "2026-02-02", season_year=2020, home_team_tricode="BOS", is_all_star=True),
    row("d", "2026-02-02", home_team_tricode="LAL\n"),
    row("e", "2026-02-01", season_year=1999, home_team_tricode="x" * 30),
]
WORLD = World({NAME: GAMES})
IN_2025 = {"row_condition": "season_year == 2025 and game_id.notnull()"}

CASES: list[tuple[str, dict[str, Any]]] = [
    ("column_values_to_not_be_null", {"column": "game_id"}),
    ("column_values_to_be_null", {"column": "is_all_star"}),
    ("column_values_to_be_unique", {"column": "game_id"}),
    ("column_values_to_be_unique", {"column": "game_id", **IN_2025}),
    ("column_values_to_be_unique", {"column": "is_all_star"}),
    ("column_values_to_be_in_set", {"column": "home_team_tricode", "value_set": ["BOS", "LAL"]}),
    ("column_values_to_be_in_set", {"column": "game_date", "value_set": ["2026-02-02"]}),
    ("column_values_to_be_in_set", {"column": "is_all_star", "value_set": [True]}),
    ("column_values_to_not_be_in_set", {"column": "season_year", "value_set": [2020, 1]}),
    ("column_values_to_be_between", {"column": "season_year", "min_value": 2024, "strict_min": True}),
    ("column_values_to_be_between", {"column": "game_date", "max_value": "2026-02-01"}),
    ("column_values_to_be_between", {"column": "home_team_tricode", "min_value": "M"}),
    ("column_value_lengths_to_equal", {"column": "home_team_tricode", "value": 3}),
    ("column_value_lengths_to_be_between", {"column": "home_team_tricode", "min_value": 4}),
    ("column_values_to_match_regex", {"column": "home_team_tricode", "regex": "^[A-Z]{3}$"}),
    ("column_values_to_not_match_regex", {"column": "home_team_tricode", "regex": r"\n"}),
    ("column_values_to_match_like_pattern", {"column": "home_team_tricode", "like_pattern": "B_S"}),
    ("column_values_to_not_match_like_pattern", {"column": "game_id", "like_pattern": "%b%"}),
    ("column_min_to_be_between", {"column": "season_year", "min_value": 2020}),
    ("column_max_to_be_between", {"column": "game_date", "max_value": "2026-02-01"}),
    ("column_max_to_be_between", {"column": "season_year", "min_value": 2025, **IN_2025}),
    ("column_mean_to_be_between", {"column": "season_year", "max_value": 2023}),
    ("column_sum_to_be_between", {"column": "season_year", "min_value": 1}),
    ("column_stdev_to_be_between", {"column": "season_year", "max_value": 2}),
    ("column_median_to_be_between", {"column": "season_year", "min_value": 2024.5}),
    ("column_median_to_be_between", {"column": "season_year", "min_value": 1, **IN_2025}),
    ("column_unique_value_count_to_be_between", {"column": "home_team_tricode", "max_value": 3}),
    ("column_proportion_of_unique_values_to_be_between", {"column": "game_id", "min_value": 1}),
    ("column_proportion_of_non_null_values_to_be_between", {"column": "game_id", "min_value": 0.9}),
    ("column_distinct_values_to_be_in_set", {"column": "game_id", "value_set": ["a", "b"]}),
    ("column_distinct_values_to_contain_set", {"column": "game_id", "value_set": ["a", "z"]}),
    ("column_distinct_values_to_equal_set", {"column": "game_id", "value_set": ["a", "b", "d"]}),
    ("column_values_to_be_in_set", {"column": "game_status", "value_set": [3]}),
    ("column_mean_to_be_between", {"column": "game_status", "min_value": 3}),
    ("column_values_to_not_be_null", {"column": "game_id", "row_condition": "season_year == 7"}),
    ("table_row_count_to_equal", {"value": 5}),
    ("table_row_count_to_be_between", {"min_value": 1, **IN_2025}),
    ("column_values_to_be_of_type", {"column": "game_date", "type_": "DATE"}),
    ("table_columns_to_match_set", {"column_set": ["game_id"], "exact_match": False}),
]  # fmt: skip


def compiled(
    project: str,
    folder: Path,
    rows: Mapping[str, Any],
    *,
    cases: Sequence[tuple[str, dict[str, Any]]] = CASES,
    group_by: Sequence[str] = (),
    calendar: Calendar | None = None,
) -> CompiledTable:
    """The statement of all cases."""
    file = folder / "games.json"
    expectations = [{"type": f"expect_{name}", "kwargs": kwargs} for name, kwargs in cases]
    monitor = {"table": NAME, "rows": rows, "group_by": list(group_by)}
    suite = {"name": "games", "meta": {"monitor": monitor}, "expectations": expectations}
    file.write_text(json.dumps(suite))
    dataset, table = NAME.split(".")
    return compile_table(
        read_suite(read_document(file)),
        Relation(project, dataset, table),
        SCHEMA,
        as_of=[AS_OF],
        zone=PROJECT.timezone,
        resolve=lambda name: Relation(project, *name.split(".")),
        calendar=calendar,
    )


def test_every_measure_with_a_counterpart_is_among_the_cases() -> None:
    covered = {f"expect_{name}" for name, _ in CASES}
    assert {"expect_column_to_exist", "expect_column_type_to_be"} | covered >= {
        type_
        for type_ in MEASURES.keys() & EVALUATIONS.keys()
        if not type_.startswith(("expect_table_column", "expect_column_values_to_be_in_type"))
    }


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param({}, id="the whole table"),
        pytest.param({"date_column": "game_date"}, id="one day"),
        pytest.param({"date_column": "game_date", "days": 9, "where": "season_year > 0"}, id="filtered"),
    ],
)  # fmt: skip
def test_the_statement_finds_what_is_in_the_rows(
    witness: Interview, tmp_path: Path, rows: dict[str, Any]
) -> None:
    model = compiled(witness.witness.project, tmp_path, rows)
    (answer,) = witness.witness.ask(model, WORLD)
    seen = [
        one
        for one in GAMES
        if (rows.get("days", 0) == 9 or not rows or one["game_date"] == day("2026-02-02"))
        and ("where" not in rows or one["season_year"] is not None)
    ]
    table = Table(SCHEMA, seen)
    assert answer[ROWS] == len(seen)
    for index, (name, kwargs) in enumerate(CASES):
        measure = model.measures[index]
        assert isinstance(measure, Measure), (name, kwargs, measure)
        assert by_statement(model, measure, answer, index) == by_rows(table, name, kwargs), (
            name,
            kwargs,
        )


def by_statement(
    model: CompiledTable, measure: Measure, answer: Mapping[str, Any], index: int
) -> object:
    try:
        found = measure.read(model.answer(answer, index), AS_OF)
    except NothingCheckedError:
        return "nothing checked"
    except EvaluationError:
        return "not defined"
    if isinstance(found, CountFound):
        return found.elements, found.missing, found.count, sorted(map(str, found.samples))
    return found.success, comparable(found.result)


def by_rows(table: Table, name: str, kwargs: Mapping[str, Any]) -> object:
    try:
        found = EVALUATIONS[f"expect_{name}"](table, kwargs)
    except NothingCheckedError:
        return "nothing checked"
    except EvaluationError:
        return "not defined"
    if isinstance(found, MapFound):
        values = [table.rows[at_][found.columns[0]] for at_ in found.unexpected]
        return found.elements, found.missing, found.count, sorted(map(str, values))
    return found.success, comparable(found.result)


def comparable(result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: pytest.approx(value)
        if isinstance(value, float)
        else sorted(map(str, value))
        if isinstance(value, list)
        else value
        for name, value in result.items()
    }


def test_keys_freshness_groups_and_the_calendar_are_computed(
    witness: Interview, tmp_path: Path
) -> None:
    project = witness.witness.project
    keys = {"column": "game_id", "to_table": NAME, "to_column": "home_team_tricode"}
    own = {"column": "game_id", "to_table": NAME, "to_column": "game_id"}
    cases = [
        ("foreign_key_to_exist", keys),
        ("foreign_key_to_exist", own),
        ("table_to_be_fresh", {"column": "game_date", "max_hours": 24}),
    ]
    model = compiled(
        project,
        tmp_path,
        {"date_column": "game_date", "calendar": NAME},
        cases=cases,
        group_by=["is_all_star"],
        calendar=Calendar(Relation(project, *NAME.split(".")), "game_date"),
    )
    answers = witness.witness.ask(model, WORLD)
    found = {
        row["g0"]: [
            measure.read(model.answer(row, index), AS_OF)
            for index, measure in enumerate(model.measures)
            if isinstance(measure, Measure)
        ][:2]
        for row in answers
        if row["g0"] is not True  # whose only game has no id
    }
    counts = {
        key: [(one.elements, one.count) for one in found[key] if isinstance(one, CountFound)]
        for key in found
    }
    assert counts == {False: [(2, 2), (2, 0)], None: [(2, 2), (2, 0)]}
    for row in answers:
        assert (row[EXPECTED], row[CALENDAR_END]) == (1, day("2026-02-02"))
        newest = model.measures[2]
        assert isinstance(newest, Measure)
        fresh = newest.read(model.answer(row, 2), AS_OF.astimezone(PROJECT.timezone))
        assert isinstance(fresh, ValueFound)
        assert (fresh.success, fresh.result["observed_value"]) == (True, 24.0)
