"""The statement of a suite over a table finds what the same expectations find in the table's rows.

Both witnesses compute it; the other side is `plumbline.evaluate`, which the matrix of expectations
holds against Google's evaluator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.validator.validator import Validator

from definitions.cases import PROJECT, Interview
from definitions.tables import World, at, day
from matrix.pushed_down import comparable
from plumbline.core.errors import MonitorError
from plumbline.evaluate.catalogue import EVALUATIONS
from plumbline.evaluate.errors import EvaluationError, NothingCheckedError
from plumbline.evaluate.found import CountFound, MapFound, ValueFound
from plumbline.evaluate.pushdown.catalogue import MEASURES
from plumbline.evaluate.pushdown.measure import Measure
from plumbline.evaluate.pushdown.source import Calendar
from plumbline.evaluate.pushdown.statement import (
    CALENDAR_END,
    EXPECTED,
    ROWS,
    CompiledTable,
    compile_table,
)
from plumbline.evaluate.table import Table
from plumbline.models.relations import Relation
from plumbline.project.suites import read_suite
from plumbline.warehouse.metadata import TableMetadata
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
    row(
        "a",
        "2026-02-02",
        season_year=2025,
        home_team_tricode="BOS",
        away_team_tricode="LAL",
        is_all_star=False,
        game_status=3,
    ),
    row("b", "2026-02-02", season_year=2025, home_team_tricode="LAL", is_all_star=False),
    row(
        "b",
        "2026-02-02",
        season_year=2024,
        home_team_tricode="bos",
        away_team_tricode="bos",
        game_status=4,
    ),
    row(None, "2026-02-02", season_year=2020, home_team_tricode="BOS", is_all_star=True),
    row("d", "2026-02-02", home_team_tricode="LAL\n"),
    row("e", "2026-02-01", season_year=1999, home_team_tricode="x" * 30),
]
WORLD = World({NAME: GAMES})
IN_2025 = {"row_condition": "season_year == 2025 and game_id.notnull()"}
PAIR = {"column_A": "home_team_tricode", "column_B": "away_team_tricode"}

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
    ("column_value_z_scores_to_be_less_than", {"column": "season_year", "threshold": 1, "double_sided": True}),
    ("column_values_to_not_be_outliers", {"column": "season_year", "multiplier": 0.5}),
    ("column_values_to_not_be_outliers", {"column": "season_year", "method": "std", **IN_2025}),
    ("column_values_to_be_json_parseable", {"column": "home_team_tricode"}),
    ("column_values_to_match_regex_list", {"column": "home_team_tricode", "regex_list": ["^B", "S$"], "match_on": "all"}),
    ("column_values_to_not_match_regex_list", {"column": "home_team_tricode", "regex_list": ["^b", "L"]}),
    ("column_values_to_match_like_pattern_list", {"column": "home_team_tricode", "like_pattern_list": ["B%", "%L"]}),
    ("column_values_to_not_match_like_pattern_list", {"column": "game_id", "like_pattern_list": ["a", "d%"]}),
    ("column_pair_values_to_be_equal", {**PAIR, "mostly": 0.5}),
    ("column_pair_values_to_be_equal", {**PAIR, "ignore_row_if": "either_value_is_missing"}),
    ("column_pair_values_a_to_be_greater_than_b", {**PAIR, "or_equal": True, **IN_2025}),
    ("column_pair_values_to_be_in_set", {**PAIR, "value_pairs_set": [["BOS", "LAL"], ["LAL", None]]}),
    ("compound_columns_to_be_unique", {"column_list": ["game_id", "home_team_tricode"]}),
    ("compound_columns_to_be_unique", {"column_list": ["is_all_star", "game_date"], **IN_2025}),
    ("multicolumn_sum_to_equal", {"column_list": ["season_year", "game_status"], "sum_total": 2028}),
    ("multicolumn_values_to_be_equal", {"column_list": ["home_team_tricode", "away_team_tricode", "game_id"]}),
    ("select_column_values_to_be_unique_within_record", {"column_list": ["home_team_tricode", "away_team_tricode", "game_id"]}),
    ("column_most_common_value_to_be_in_set", {"column": "game_id", "value_set": ["b"]}),
    ("column_most_common_value_to_be_in_set", {"column": "home_team_tricode", "value_set": ["BOS"], "ties_okay": True}),
    ("column_most_common_value_to_be_in_set", {"column": "season_year", "value_set": [1], **IN_2025}),
    ("column_quantile_values_to_be_between", {"column": "season_year", "quantile_ranges": {"quantiles": [0, 0.3, 1], "value_ranges": [[None, 2020], [2021, 2024], [2025, 2025]]}}),
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
    schema: Sequence[ResultColumn] = SCHEMA,
    pseudo: Sequence[ResultColumn] = (),
    personal: frozenset[str] = frozenset(),
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
        schema,
        as_of=[AS_OF],
        zone=PROJECT.timezone,
        resolve=lambda name: (Relation(project, *name.split(".")), TableMetadata(tuple(SCHEMA))),
        calendar=calendar,
        pseudo=pseudo,
        personal=personal,
    )


def test_every_measure_with_a_counterpart_is_among_the_cases() -> None:
    covered = {f"expect_{name}" for name, _ in CASES}
    assert {"expect_column_to_exist", "expect_column_type_to_be"} | covered >= {
        type_
        for type_ in MEASURES.keys() & EVALUATIONS.keys()
        if not type_.startswith(("expect_table_column", "expect_column_values_to_be_in_type"))
    }


@pytest.mark.parametrize(
    ("rows", "cases"),
    [
        pytest.param({}, CASES, id="the whole table"),
        pytest.param({"date_column": "game_date"}, CASES[::6], id="one day"),
        pytest.param({"date_column": "game_date", "days": 9, "where": "season_year > 0"}, CASES, id="filtered"),
    ],
)  # fmt: skip
def test_the_statement_finds_what_is_in_the_rows(
    witness: Interview,
    tmp_path: Path,
    rows: dict[str, Any],
    cases: Sequence[tuple[str, dict[str, Any]]],
) -> None:
    model = compiled(witness.witness.project, tmp_path, rows, cases=cases)
    (answer,) = witness.witness.ask(model, WORLD)
    seen = [
        one
        for one in GAMES
        if (rows.get("days", 0) == 9 or not rows or one["game_date"] == day("2026-02-02"))
        and ("where" not in rows or one["season_year"] is not None)
    ]
    table = Table(SCHEMA, seen)
    assert answer[ROWS] == len(seen)
    for index, (name, kwargs) in enumerate(cases):
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
        return comparable(measure.read(model.answer(answer, index), AS_OF))
    except NothingCheckedError:
        return "nothing checked"
    except EvaluationError:
        return "not defined"


def by_rows(table: Table, name: str, kwargs: Mapping[str, Any]) -> object:
    try:
        return comparable(EVALUATIONS[f"expect_{name}"](table, kwargs), table)
    except NothingCheckedError:
        return "nothing checked"
    except EvaluationError:
        return "not defined"


GX_DIFFERS = {
    # a comparison with NULL is neither right nor wrong: docs/expectations.md
    "column_pair_values_a_to_be_greater_than_b",
    "column_pair_values_to_be_in_set",
    "multicolumn_sum_to_equal",
    # nothing was checked
    "column_values_to_not_be_null",
    # of SQLite: `$` before a newline, LIKE without case, DATE as a type
    "column_values_to_match_regex",
    "column_values_to_match_like_pattern",
    "column_values_to_match_like_pattern_list",
    "column_values_to_be_of_type",
    # GX 1.24 raises: bounds that are texts, no such metric, a query that SQLAlchemy refuses
    "column_values_to_be_between",
    "column_values_to_be_json_parseable",
    "column_median_to_be_between",
    "column_most_common_value_to_be_in_set",
}


def test_great_expectations_finds_the_same_by_its_own_sql(tmp_path: Path) -> None:
    """On SQLite, which it needs no server for."""
    validator = sqlite_validator(f"sqlite:///{tmp_path}/games.db")
    table, different = Table(SCHEMA, GAMES), set()
    for name, kwargs in CASES:
        try:
            configuration = ExpectationConfiguration(type=f"expect_{name}", kwargs=in_gx(kwargs))
            [result] = validator.graph_validate(configurations=[configuration])
            theirs = (result.success, *numbers(result.result)) if result.result else None
        except ValueError:
            theirs = None  # it raises
        if theirs != verdict_of(table, name, kwargs):
            different.add(name)
    assert different == GX_DIFFERS


def sqlite_validator(url: str) -> Validator:
    """Great Expectations over the games."""
    types = {"INT64": sa.Integer, "BOOL": sa.Boolean, "DATE": sa.Date, "TIMESTAMP": sa.DateTime}
    columns = [sa.Column(one.name, types.get(one.type, sa.String)()) for one in SCHEMA]
    games, source = sa.Table("games", sa.MetaData(), *columns), sa.create_engine(url)
    with source.begin() as connection:
        games.create(connection)
        connection.execute(games.insert(), GAMES)
    engine = SqlAlchemyExecutionEngine(connection_string=url)
    data = SqlAlchemyBatchData(execution_engine=engine, table_name="games")
    engine.load_batch_data("games", data)
    return Validator(execution_engine=engine)


def in_gx(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as Great Expectations reads them for SQL."""
    found = {**kwargs, "batch_id": "games"}
    if kwargs == {**kwargs, **IN_2025}:
        year = {
            "type": "comparison",
            "column": {"name": "season_year"},
            "operator": "==",
            "parameter": 2025,
        }
        known = {"type": "nullity", "column": {"name": "game_id"}, "is_null": False}
        found["row_condition"] = {"type": "and", "conditions": [year, known]}
    elif "row_condition" in kwargs:
        found |= {
            "row_condition": 'col("season_year") == 7',
            "condition_parser": "great_expectations",
        }
    return found


def verdict_of(table: Table, name: str, kwargs: Mapping[str, Any]) -> tuple[object, ...]:
    """Whether the rows hold, and how many were looked at and are unexpected."""
    try:
        found = EVALUATIONS[f"expect_{name}"](table, kwargs)
    except EvaluationError:
        return ("error",)
    if isinstance(found, MapFound):
        counts = {"element_count": found.elements, "unexpected_count": found.count}
        return found.keeps(kwargs.get("mostly", 1)), *numbers(counts)
    return found.success, *numbers(found.result)


def numbers(result: Mapping[str, Any]) -> list[float | None]:
    """The counts and the observed number of a result."""
    found = (result.get(name) for name in ("element_count", "unexpected_count", "observed_value"))
    return [round(one, 9) if isinstance(one, int | float) else None for one in found]


ORDERS = " union all ".join(
    f"select {row}"
    for row in (
        "1 as id, 'de' as country, struct(['x'] as codes) as box, ['u', 'v'] as tags, "
        "[struct('a' as sku, 2 as n, ['r', 's'] as parts), ('b', null, ['r'])] as items",
        "2, 'fr', struct(['x', 'y']), ['v'], [struct('a', 3, cast([] as array<string>))]",
        "3, 'fr', struct(['y']), ['u'], []",
        "4, 'it', null, cast(null as array<string>), null",
    )
)
ORDERS_SCHEMA = [
    ResultColumn("id", "INT64"),
    ResultColumn("country", "STRING"),
    ResultColumn("box", "STRUCT<`codes` ARRAY<STRING>>"),
    ResultColumn("box.codes", "ARRAY<STRING>"),
    ResultColumn("tags", "ARRAY<STRING>"),
    ResultColumn("items", "ARRAY<STRUCT<`sku` STRING, `n` INT64, `parts` ARRAY<STRING>>>"),
]
IN_FR = {"row_condition": "country == 'fr'"}
ELEMENTS: list[tuple[str, dict[str, Any], object]] = [
    ("column_values_to_be_unique", {"column": "items.sku"}, (3, 0, 2)),
    ("column_values_to_not_be_null", {"column": "Items.N"}, (3, None, 1)),
    ("column_values_to_be_between", {"column": "items.n", "min_value": 3}, (3, 1, 1)),
    ("column_values_to_be_in_set", {"column": "items.sku", "value_set": ["b"], **IN_FR}, (1, 0, 1)),
    ("column_values_to_be_in_set", {"column": "tags[]", "value_set": ["u"]}, (4, 0, 2)),
    ("column_values_to_be_in_set", {"column": "items.parts[]", "value_set": ["s"]}, (3, 0, 2)),
    ("column_values_to_be_in_set", {"column": "box.codes[]", "value_set": ["x"]}, (4, 0, 2)),
    ("compound_columns_to_be_unique", {"column_list": ["id", "items.sku"]}, (3, 0, 0)),
    ("compound_columns_to_be_unique", {"column_list": ["country", "items.parts[]"]}, (3, 0, 2)),
    ("column_pair_values_a_to_be_greater_than_b", {"column_A": "items.n", "column_B": "id"}, (3, 0, 1)),
    ("column_sum_to_be_between", {"column": "items.n", "min_value": 5}, 5),
    ("column_median_to_be_between", {"column": "items.n", "min_value": 2}, 2.5),
    ("column_unique_value_count_to_be_between", {"column": "tags[]", "min_value": 2}, 2),
    ("column_values_to_be_unique", {"column": "box.codes"}, (4, 1, 0)),
    ("table_row_count_to_equal", {"value": 4}, 4),
    ("column_values_to_be_of_type", {"column": "items.n", "type_": "INT64"}, "INT64"),
    ("column_values_to_be_of_type", {"column": "items.parts[]", "type_": "STRING"}, "STRING"),
]  # fmt: skip


@pytest.mark.parametrize("group_by", [(), ("country",)], ids=["all rows", "by group"])
def test_values_in_arrays_are_those_of_all_elements(
    witness: Interview, tmp_path: Path, group_by: tuple[str, ...]
) -> None:
    cases = [(name, kwargs) for name, kwargs, _ in ELEMENTS]
    project = witness.witness.project
    model = compiled(project, tmp_path, {}, cases=cases, group_by=group_by, schema=ORDERS_SCHEMA)
    literal = f"(select * from ({ORDERS}))"
    sql = model.sql.replace(str(Relation(project, *NAME.split("."))), literal)
    answers = witness.witness.ask(replace(model, sql=sql, sources=()), World())
    if group_by:
        assert [row["g0"] for row in answers if row["e0_elements"]] in (
            ["de", "fr"],
            ["fr", "de"],
        )
        (french,) = (row for row in answers if row["g0"] == "fr")
        assert (french["e0_elements"], french["e4_elements"], french["e14_elements"]) == (1, 2, 2)
        return
    (answer,) = answers
    for index, (name, kwargs, expected) in enumerate(ELEMENTS):
        measure = model.measures[index]
        assert isinstance(measure, Measure), (name, kwargs, measure)
        found = measure.read(model.answer(answer, index), AS_OF)
        if isinstance(found, CountFound):
            assert (found.elements, found.missing, found.count) == expected, (name, kwargs)
        else:
            assert found.result.get("observed_value") == expected, (name, kwargs)


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("items.skus", "items has no field 'skus'; did you mean 'sku'?"),
        ("tags.x", "write tags[]"),
        ("id[]", "is INT64, not an array"),
        ("tags", "write tags[] for its elements"),
        ("item.sku", "has no column 'item.sku'"),
    ],
)
def test_what_is_not_in_an_array_says_so(tmp_path: Path, column: str, reason: str) -> None:
    cases = [("column_values_to_be_in_set", {"column": column, "value_set": ["a"]})]
    (fault,) = compiled("shop", tmp_path, {}, cases=cases, schema=ORDERS_SCHEMA).measures
    assert reason in str(fault)


@pytest.mark.parametrize(
    ("personal", "column", "is_masked"),
    [
        ("Items.SKU", "items.sku", True),
        ("items", "items.sku", True),
        ("box.codes", "box", True),
        ("tags", "tags[]", True),
        ("ITEMS", "Items.n", True),
        ("item", "items.sku", False),
        ("items.n", "items.sku", False),
    ],
)
def test_a_column_is_personal_however_it_is_named(
    tmp_path: Path, personal: str, column: str, is_masked: bool
) -> None:
    cases = [("column_values_to_not_be_null", {"column": column})]
    model = compiled(
        "shop", tmp_path, {}, cases=cases, schema=ORDERS_SCHEMA, personal=frozenset({personal})
    )
    (measure,) = model.measures
    assert isinstance(measure, Measure)
    assert ({column, *measure.columns} <= model.personal) is is_masked


def test_fields_of_elements_are_columns_that_exist(tmp_path: Path) -> None:
    names = {"items.sku": True, "tags[]": True, "items.weight": False, "id[]": False}
    cases = [("column_to_exist", {"column": name}) for name in names]
    model = compiled("shop", tmp_path, {}, cases=cases, schema=ORDERS_SCHEMA)
    found = [one.read({}, AS_OF) for one in model.measures if isinstance(one, Measure)]
    assert [one.success for one in found if isinstance(one, ValueFound)] == list(names.values())


def test_columns_of_two_arrays_are_not_compared(tmp_path: Path) -> None:
    cases = [("column_pair_values_to_be_equal", {"column_A": "items.sku", "column_B": "tags[]"})]
    (fault,) = compiled("shop", tmp_path, {}, cases=cases, schema=ORDERS_SCHEMA).measures
    assert "in another array" in str(fault)


# https://cloud.google.com/bigquery/docs/querying-partitioned-tables#query_an_ingestion-time_partitioned_table
# https://cloud.google.com/bigquery/docs/querying-wildcard-tables#filtering_selected_tables_using_table_suffix
PSEUDO_DATES: list[tuple[str, str, list[object]]] = [
    ("_PARTITIONDATE", "DATE", [day("2026-02-01"), day("2026-02-03")]),
    ("_PARTITIONTIME", "TIMESTAMP", [datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 3, tzinfo=UTC)]),
    ("_TABLE_SUFFIX", "STRING", ["20260201", "20260203"]),
]  # fmt: skip


@pytest.mark.parametrize(("column", "kind", "bounds"), PSEUDO_DATES, ids=lambda one: str(one)[:14])
def test_a_window_of_a_pseudo_column_is_filtered_where_the_table_is_read(
    tmp_path: Path, column: str, kind: str, bounds: list[object]
) -> None:
    model = compiled(
        "shop",
        tmp_path,
        {"date_column": column.lower(), "days": 2},
        cases=[("table_row_count_to_equal", {"value": 1})],
        pseudo=[ResultColumn(column, kind)],
    )
    assert (
        model.sql
        == f"""\
with instants as (
    select
        as_of,
        window_first,
        window_end
    from unnest(@as_of) as as_of with offset as position
    join unnest(@window_first) as window_first with offset as window_first_at on window_first_at = position
    join unnest(@window_end) as window_end with offset as window_end_at on window_end_at = position
),

selected as (
    select
        instants.as_of as row_as_of
    from instants
    join (select *, {column} as plumbline_date from `shop`.`nba_reference`.`nba_schedule` where {column} >= @read_first and {column} < @read_end) as t on t.plumbline_date >= instants.window_first and t.plumbline_date < instants.window_end
),

flagged as (
    select
        *
    from selected
)

select
    instants.as_of,
    count(flagged.row_as_of) as plumbline_rows,
    count(row_as_of) as e0_elements
from instants
left join flagged on flagged.row_as_of = instants.as_of
group by instants.as_of
"""
    )
    found = {one.name: one.value for one in model.parameters}
    assert [found["read_first"], found["read_end"]] == bounds


def test_a_pseudo_column_needs_such_a_table(tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match="only a wildcard table has _TABLE_SUFFIX"):
        compiled("shop", tmp_path, {"date_column": "_TABLE_SUFFIX"})


@pytest.mark.parametrize(
    ("checks", "jobs"),
    [
        (["column_values_to_not_be_null"], 1),
        (["column_values_to_not_be_null", "column_values_to_be_unique"], 2),
    ],
)
def test_a_table_of_2000_columns_fits_into_the_limits_of_bigquery(
    tmp_path: Path, checks: list[str], jobs: int
) -> None:
    wide = [ResultColumn(f"customer_attribute_{at}", "STRING") for at in range(2_000)]
    cases = [(name, {"column": column.name}) for name in checks for column in wide]
    model = compiled("shop", tmp_path, {}, cases=cases, schema=wide)
    assert all(isinstance(one, Measure) for one in model.measures)
    assert len(model.statements) == jobs
    assert max(len(one.sql) for one in model.statements) < 1_000_000


@pytest.mark.parametrize("limit", ["MOST_BYTES", "MOST_COLUMNS", "MOST_PARAMETERS"])
def test_more_than_two_jobs_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(f"plumbline.evaluate.pushdown.statement.{limit}", 20)
    with pytest.raises(MonitorError, match="split them into several suites"):
        compiled("shop", tmp_path, {})


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
        calendar=Calendar.of_table(Relation(project, *NAME.split(".")), SCHEMA, "game_date"),
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
