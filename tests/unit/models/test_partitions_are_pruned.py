"""Each partitioned table is filtered, where it is read, by a constant or parameter on its partition.

BigQuery prunes partitions by what it can work out before it runs: literals, query parameters and
functions of them. A bound that comes from a subquery, a join or another column reads, and bills,
the whole table; and where the table requires a filter, the query is refused. No BigQuery is here to
say so: the compiled SQL of each monitor is parsed and each reading of a table looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from plumbline.project import Project
from plumbline.run.jobs import MonitorJobs
from plumbline.warehouse.tables import SourceTable
from support.source_tables import read_source_tables

ROOT = Path(__file__).parents[3]
PROJECT = Project(ROOT)
PARTITIONED = {
    table.key: table
    for table in read_source_tables(ROOT / "models/sources.yml")
    if table.partition_by is not None
}
MONITORS = PROJECT.suite_names()

COMPARED = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
VARIES = (exp.Column, exp.Subquery, exp.Select, exp.Rand, exp.Exists)
"""What is not known before the query runs."""


def compiled(monitor: str) -> str:
    jobs = MonitorJobs(PROJECT, PROJECT.target("local"), datetime(2026, 2, 2, 12, tzinfo=UTC))
    return jobs.compile(PROJECT.suite(monitor)).sql


def readings(sql: str) -> Iterator[tuple[SourceTable, exp.Select, str]]:
    """Each place where a partitioned table is read: the table, its SELECT, and its name there."""
    for table in sqlglot.parse_one(sql, read="bigquery").find_all(exp.Table):
        declared = PARTITIONED.get(f"{table.db}.{table.name}")
        if declared is not None:
            select = table.find_ancestor(exp.Select)
            assert select is not None
            yield declared, select, table.alias_or_name


def is_pruned(declared: SourceTable, select: exp.Select, name: str) -> bool:
    """Whether the WHERE of the very SELECT that reads the table bounds its partition column."""
    where = select.args.get("where")
    if where is None:
        return False
    alone = len(list(select.find_all(exp.Table))) == 1
    for condition in where.this.flatten() if isinstance(where.this, exp.And) else [where.this]:
        if _bounds(condition, declared, name, alone=alone):
            return True
    return False


def _bounds(condition: exp.Expression, declared: SourceTable, name: str, *, alone: bool) -> bool:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        return any(_bounds(part, declared, name, alone=alone) for part in condition.flatten())
    if not isinstance(condition, COMPARED):
        return False
    sides = [
        side
        for value in condition.args.values()
        for side in (value if isinstance(value, list) else [value])
        if isinstance(side, exp.Expression)
    ]
    columns = [side for side in sides if _is_partition(side, declared, name, alone=alone)]
    others = [side for side in sides if side not in columns]
    return len(columns) == 1 and bool(others) and not any(other.find(*VARIES) for other in others)


def _is_partition(side: exp.Expression, declared: SourceTable, name: str, *, alone: bool) -> bool:
    """Whether it is the partition column itself: BigQuery looks through no function on it."""
    wanted = sqlglot.parse_one(str(declared.partition_by), read="bigquery")
    column = wanted.find(exp.Column)
    assert column is not None
    # A column partitioned by its date is pruned by the instant and by the date.
    found = side.find(exp.Column)
    if found is None or found.name.lower() != column.name.lower():
        return False
    if not (found.table == name or (not found.table and alone)):
        return False
    bare = side.copy().transform(lambda node: exp.column(node.name) if node == found else node)
    return isinstance(side, exp.Column) or bare == wanted


def test_there_are_tables_to_look_at() -> None:
    read = {table.key for monitor in MONITORS for table, _, _ in readings(compiled(monitor))}
    assert {"nba_reference.nba_schedule", "nba_predictions.prediction_accuracy"} <= read
    assert len(MONITORS) >= 8


@pytest.mark.parametrize("monitor", MONITORS)
def test_each_partitioned_table_is_filtered_by_what_is_known_beforehand(monitor: str) -> None:
    sql = compiled(monitor)
    for declared, select, name in readings(sql):
        assert is_pruned(declared, select, name), (
            f"{monitor} reads {declared.key} without a constant or parameter on "
            f"{declared.partition_by}:\n{select.sql('bigquery', pretty=True)[:2000]}"
        )


TABLE = "`p`.`nba_reference`.`nba_schedule`"


@pytest.mark.parametrize(
    ("sql", "pruned"),
    [
        (f"select * from {TABLE} where game_date = @day", True),
        (f"select * from {TABLE} where game_date >= date '2026-02-02'", True),
        (f"select * from {TABLE} where game_date between @a and date_add(@a, interval 3 day)", True),
        (f"select * from {TABLE} where x = 1 and (game_date <= @day and y = 2)", True),
        (f"select * from {TABLE} where game_date in unnest(@days)", True),
        (f"select * from {TABLE} where @day >= game_date", True),
        (f"select * from {TABLE} as s join t using (a) where s.game_date = @day", True),
        (f"select * from {TABLE}", False),
        (f"select * from {TABLE} where game_id = @id", False),
        (f"select * from {TABLE} where game_date = @day or x = 1", False),
        (f"select * from {TABLE} where not game_date = @day", False),
        (f"select * from {TABLE} where game_date = (select max(d) from t)", False),
        (f"select * from {TABLE} where game_date in (select d from t)", False),
        (f"select * from {TABLE} where game_date = other_date", False),
        (f"select * from {TABLE} as s join t on s.game_date = t.day", False),
        (f"select * from {TABLE} as s join t using (a) where t.game_date = @day", False),
        (f"select * from {TABLE} as s join t using (a) where game_date = @day", False),
        (f"select * from {TABLE} where date_add(game_date, interval 1 day) = @day", False),
        (f"select * from (select * from {TABLE}) where game_date = @day", False),
    ],
)  # fmt: skip
def test_the_proof_itself_knows_what_prunes(sql: str, pruned: bool) -> None:
    ((declared, select, name),) = readings(sql)
    assert is_pruned(declared, select, name) is pruned
