"""Source tables as `models/sources.yml` declares them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.warehouse.tables import SourceTable
from support.source_tables import read_source_tables


def read(tmp_path: Path, text: str) -> tuple[SourceTable, ...]:
    file = tmp_path / "sources.yml"
    file.write_text(textwrap.dedent(text))
    return read_source_tables(file)


def test_a_table_is_read_with_its_columns_and_its_layout(tmp_path: Path) -> None:
    (table,) = read(
        tmp_path,
        """
        version: 2
        sources:
          - name: nba
            tables:
              - name: games
                config:
                  meta:
                    partition_by: game_date
                    cluster_by: [game_id]
                    require_partition_filter: true
                columns:
                  - {name: game_id, data_type: STRING}
                  - {name: game_date, data_type: DATE}
        """,
    )

    assert table.key == "nba.games"
    assert table.ddl("p-1", "copy", replace=True) == textwrap.dedent(
        """\
        create or replace table `p-1`.`copy`.`games` (
          `game_id` STRING,
          `game_date` DATE
        )
        partition by game_date
        cluster by `game_id`
        options (require_partition_filter = true)"""
    )


def test_a_plain_table_is_made_where_it_is_missing() -> None:
    table = SourceTable(dataset="d", name="t", columns=(("a", "ARRAY<FLOAT64>"),))

    assert table.ddl("p", "d", replace=False) == (
        "create table if not exists `p`.`d`.`t` (\n  `a` ARRAY<FLOAT64>\n)"
    )


def test_a_sources_dataset_and_a_tables_identifier_may_differ_from_their_names(
    tmp_path: Path,
) -> None:
    (table,) = read(
        tmp_path,
        """
        sources:
          - name: nba
            schema: nba_prod
            tables:
              - name: games
                identifier: games_v2
                meta: {partition_by: null}
                columns: [{name: a, data_type: INT64}]
        """,
    )

    assert table.key == "nba_prod.games_v2"
    assert table.partition_by is None


COLUMNS = "columns: [{name: c, data_type: INT64}]"
WRONG = [
    ("sources: 3", "sources"),
    ("sources: [x]", "sources"),
    ("sources: [{name: a, tables: 3}]", "sources[0].tables"),
    (f"sources: [{{name: a, tables: [{{name: t, {COLUMNS}, config: x}}]}}]",
     "sources[0].tables[0].config"),
    (f"sources: [{{name: a, tables: [{{name: 't`; drop', {COLUMNS}}}]}}]",
     "sources[0].tables[0].name"),
    ("sources: [{name: a, tables: [{name: t, columns: [{name: c, data_type: 'INT64;'}]}]}]",
     "sources[0].tables[0].columns[0].data_type"),
    (f"sources: [{{name: a, tables: [{{name: t, {COLUMNS}, config: {{meta: {{partition_by: 'a;b'}}}}}}]}}]",
     "sources[0].tables[0].config.meta.partition_by"),
]  # fmt: skip

MADE_ELSEWHERE = [
    "sources: [{name: a}]",
    "sources: [{name: a, tables: [{name: t}]}]",
    "sources: [{name: a, tables: [{name: t, columns: [{name: c}]}]}]",
]


@pytest.mark.parametrize("text", MADE_ELSEWHERE)
def test_a_table_without_typed_columns_is_made_elsewhere(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == ()


@pytest.mark.parametrize(("text", "key"), WRONG)
def test_what_is_malformed_is_named_with_its_key(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, text)

    assert raised.value.key == key
    assert raised.value.file == str(tmp_path / "sources.yml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="missing"):
        read_source_tables(tmp_path / "sources.yml")


def test_the_shipped_sources_are_readable() -> None:
    root = Path(__file__).parents[3]

    tables = read_source_tables(root / "models" / "sources.yml")

    assert "nba_predictions.prediction_accuracy" in {table.key for table in tables}
