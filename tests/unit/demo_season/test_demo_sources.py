"""``models/sources.yml`` says of every table and column what it is."""

from __future__ import annotations

import re

import pytest
import yaml

from demo_season.columns import SOURCES, arrow_type

TABLES = [
    pytest.param(table, id=f"{source['name']}.{table['name']}")
    for source in yaml.safe_load(SOURCES.read_text())["sources"]
    for table in source["tables"]
]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_and_its_columns_are_described_and_typed(table: dict) -> None:
    assert table["description"]
    for column in table["columns"]:
        assert column["description"]
        assert arrow_type(column["data_type"])


@pytest.mark.parametrize("table", TABLES)
def test_a_table_says_how_it_is_partitioned_and_when_its_rows_arrive(table: dict) -> None:
    meta = table["config"]["meta"]
    columns = {column["name"] for column in table["columns"]}
    partition = meta["partition_by"]
    assert partition is None or columns & set(re.findall(r"\w+", partition))
    assert isinstance(meta["require_partition_filter"], bool)
    assert set(meta["cluster_by"]) <= columns
    assert meta.get("arrival_time") in columns | {None}


@pytest.mark.parametrize("table", TABLES)
def test_columns_that_name_a_person_are_marked(table: dict) -> None:
    for column in table["columns"]:
        personal = column.get("config", {}).get("meta", {}).get("personal", False)
        assert personal == (column["name"] == "player_lookup")
