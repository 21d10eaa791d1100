"""State and history of every version of the tables are read, and the next commit goes on from them.

``stored_versions.json`` holds, by version, the columns that it added, and the snapshot that its own
code wrote of one state (where it differs from the version before). Rows are those of ``version_3``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plumbline.alerts.state import from_json
from plumbline.alerts.store import StateStore
from plumbline.history import dataset as dataset_module
from plumbline.history.dataset import OwnDataset
from plumbline.history.heartbeat_rows import read_heartbeats
from plumbline.history.loads import append
from plumbline.history.reader import HistoryReader
from plumbline.history.tables import SCHEMA_VERSION, TABLES, OwnTable
from plumbline.project.targets import Target
from support.committer import with_mute

pytestmark = pytest.mark.warehouse

HERE = Path(__file__).parent
STORED: Mapping[str, Any] = json.loads((HERE / "stored_versions.json").read_text())
ENDED = datetime(2026, 2, 3, 0, tzinfo=UTC)
OWNED = {"project": "shop", "target": "local"}
"""What rows say of their owner since version 4."""


def columns_of(version: int) -> dict[str, dict[str, str]]:
    """Types by column, by table."""
    found: dict[str, dict[str, str]] = {}
    for number in range(1, version + 1):
        for table, columns in STORED[str(number)]["columns"].items():
            found.setdefault(table, {}).update(columns)
    return found


def snapshot_of(version: int) -> dict[str, Any]:
    known = [STORED[str(number)].get("snapshot") for number in range(1, version + 1)]
    snapshot: dict[str, Any] = [one for one in known if one][-1]
    return snapshot


def tables_of(version: int) -> tuple[OwnTable, ...]:
    columns = columns_of(version)
    return tuple(
        replace(
            table,
            columns=tuple(one for one in table.columns if one.name in columns[table.name]),
        )
        for table in TABLES
        if table.name in columns
    )


def rows_of(table: OwnTable, version: int) -> list[dict[str, Any]]:
    names = {column.name for column in table.columns}
    file = HERE / "version_3" / f"{table.name}.ndjson"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []
    if table.name == "state":
        rows = rows[-1:]
        rows[0] |= {"schema_version": version, "snapshot": json.dumps(snapshot_of(version))}
    kept = [{name: row[name] for name in row if name in names} for row in rows]
    return [row | {name: OWNED[name] for name in OWNED if name in names} for row in kept]


def test_a_version_only_adds_columns() -> None:
    now = {table.name: {one.name: one.type for one in table.columns} for table in TABLES}
    assert columns_of(SCHEMA_VERSION) == now, (
        "a new column is a new version: add it to stored_versions.json"
    )
    assert [int(version) for version in STORED] == list(range(1, SCHEMA_VERSION + 1))


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_a_snapshot_of_each_version_is_read(version: int) -> None:
    state = from_json(json.dumps(snapshot_of(version)), where="state")
    (incident,) = state.known.incidents
    assert (incident.id, incident.owner) == ("orders-b782533f", "ana")
    assert incident.notified_channels == ("slack",)


# Version 5 added columns to a table that neither state nor history is in.
@pytest.mark.parametrize("version", [1, 2, 3, 4, 6, 7])
def test_a_dataset_of_each_version_is_read_and_continued(
    version: int, warehouse: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as then:
        then.setattr(dataset_module, "TABLES", tables_of(version))
        then.setattr(dataset_module, "SCHEMA_VERSION", version)
        old = OwnDataset(warehouse)
        old.ensure()
        for table in tables_of(version):
            if rows := rows_of(table, version):
                append(old, table, rows, job_id=f"old_{table.name}")
        old.close()
    for folder, name in (("expectations", "orders"), ("checkpoints", "daily")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.json").write_text("{}")
    shop = replace(warehouse, project_dir=tmp_path, plumbline_project="shop")

    since, before = ENDED - timedelta(days=9), ENDED + timedelta(days=9)
    past = HistoryReader(OwnDataset(shop)).past(["orders"], since=since, before=before)
    assert [one.observed for one in past if one.group is None] == [93.0, 92.0]
    store = StateStore(shop)
    found = store.load()
    assert [one.id for one in found.known.incidents if one.is_open] == ["orders-b782533f"]
    committed = store.commit(with_mute(found, "orders"), based_on=found)
    assert committed.version == found.version + 1
    assert [mute.monitor for mute in StateStore(shop).load().mutes] == ["orders"]
    assert store.events_of("orders-b782533f", since=since)
    beats = read_heartbeats(OwnDataset(shop), since=since)
    assert len([one for one in beats if one.kind == "finished"]) == (3 if version >= 3 else 0)
