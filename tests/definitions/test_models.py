"""What holds for the SQL of every shipped monitor, whatever it measures."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlglot

from definitions.cases import PROJECT, Interview
from definitions.evaluator import Evaluator
from definitions.tables import world
from plumbline.models import CompiledModel, Compiler, VariableError
from support.targets import bigquery_target

_READ = re.compile(r"`test-project`\.`(\w+)`\.`(\w+)`\s+where(.*?)(?=\n\)|union all)", re.DOTALL)
NOW = datetime(2026, 2, 3, 5, tzinfo=UTC)
MODELS = sorted(file.stem for file in (PROJECT.root / "models" / "monitors").glob("*.sql"))
_DAY = r"date_sub\(\s*cast\(@first_date"
_BEGIN = (
    rf"((game_date|data_date) (between|>=)\s+{_DAY}"
    rf"|(observed_at|error_timestamp) >= timestamp\(\s*{_DAY})"
)


def compiled(name: str, **given: Any) -> CompiledModel:
    """The monitor for one instant."""
    compiler = Compiler(PROJECT, bigquery_target())
    return compiler.compile(name, as_of=[NOW], vars=given, where="the test")


@pytest.mark.parametrize("name", MODELS)
def test_it_is_one_select_that_takes_a_list_of_instants(name: str) -> None:
    model = compiled(name)
    (tree,) = sqlglot.parse(model.sql, read="bigquery")
    assert isinstance(tree, sqlglot.exp.Query)
    assert model.set_oriented


@pytest.mark.parametrize("name", MODELS)
def test_it_reads_each_table_once_and_not_whole(name: str) -> None:
    model = compiled(name)
    reads = _READ.findall(model.sql)
    assert sorted(f"{dataset}.{table}" for dataset, table, _ in reads) == sorted(model.sources)
    assert model.sql.count("`test-project`") == len(model.sources)
    for _, table, condition in reads:
        assert re.search(_BEGIN, condition), table


@pytest.mark.parametrize("name", MODELS)
def test_no_left_join_lacks_an_equality(name: str) -> None:
    # BigQuery refuses one, and neither witness does.
    (tree,) = sqlglot.parse(compiled(name).sql, read="bigquery")
    assert tree is not None
    for join in tree.find_all(sqlglot.exp.Join):
        if join.side == "LEFT":
            condition = join.args.get("on")
            assert join.args.get("using") or (condition and condition.find(sqlglot.exp.EQ)), join


@pytest.mark.parametrize("name", MODELS)
def test_it_never_mixes_countif_with_reading_an_array_by_position(name: str) -> None:
    # The embedded BigQuery then reads the element before.
    sql = compiled(name).sql.lower()
    code = re.sub(r"--.*", "", sql)
    assert "countif" not in code
    assert not re.search(r"\[\s*(safe_)?(offset|ordinal)\s*\(", code)


@pytest.mark.parametrize("name", MODELS)
def test_its_style_is_that_of_the_house(name: str) -> None:
    sql = (PROJECT.root / "models" / "monitors" / f"{name}.sql").read_text()
    assert sql.startswith("-- ")
    assert sql.endswith("\nfinal as (" + sql.split("\nfinal as (")[-1])
    assert sql.rstrip().endswith(")\n\nselect * from final")
    code = re.sub(r"--.*|'[^']*'|\{\{.*?\}\}|\{%.*?%\}", "", sql)
    assert code == code.lower()


@pytest.mark.oracle
@pytest.mark.parametrize("name", MODELS)
def test_its_columns_are_those_that_schema_yml_describes(name: str, evaluator: Interview) -> None:
    witness = evaluator.witness
    assert isinstance(witness, Evaluator)
    compiler = Compiler(PROJECT, bigquery_target(project=witness.project))
    model = compiler.compile(name, as_of=[NOW], vars={}, where="the test")
    properties = compiler.properties(name)
    assert properties is not None
    described = [(name, column.type) for name, column in properties.columns.items()]
    assert witness.columns(model, world()) == described
    assert properties.entry["description"]
    assert all(column.entry["description"] for column in properties.columns.values())


@pytest.mark.parametrize("name", ["evaluations", "calendar"])
def test_staging_models_are_described_too(name: str) -> None:
    properties = Compiler(PROJECT, bigquery_target()).properties(name)
    assert properties is not None
    assert properties.entry["description"]
    assert all(
        {"description", "data_type"} <= column.entry.keys()
        for column in properties.columns.values()
    )


@pytest.mark.parametrize("name", ["line_coverage", "grading_completeness", "duplicate_rows"])
@pytest.mark.parametrize("days", [0, 367, 10_000, -1])
def test_a_window_of_no_days_or_of_too_many_is_refused(name: str, days: int) -> None:
    with pytest.raises(VariableError, match=f"variable 'days' is {days}, not 1 to 366"):
        compiled(name, days=days)


def test_processors_that_nobody_expects_are_refused() -> None:
    with pytest.raises(VariableError, match="not at least 1 entries"):
        compiled("phase_completion", expected_processors=[])
