"""`plumbline debug` looks whether plumbline's own dataset is there, and does not make it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.alerts.state import AlertState
from plumbline.alerts.store import StateStore
from plumbline.core.errors import ConfigError
from plumbline.doctor.checkup import check_all
from plumbline.doctor.diagnosis import Diagnosis, Level
from plumbline.history.dataset import OwnDataset
from plumbline.history.heartbeat_rows import Heartbeat, append_heartbeat
from plumbline.project import Project, Target
from plumbline.warehouse.client import open_client
from plumbline.warehouse.embedded import EmbeddedWarehouse
from support.projects import NOW
from support.targets import embedded_target

pytestmark = pytest.mark.warehouse

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 2, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A running warehouse, as a server of the user's own."""
    folder = tmp_path_factory.mktemp("debug")
    target = embedded_target(folder / "state", project_dir=folder)
    warehouse = EmbeddedWarehouse.of(target)
    yield replace(target, emulator_host=warehouse.start().url.removeprefix("http://"))
    warehouse.stop()


def history(server: Target, monkeypatch: pytest.MonkeyPatch, project: str) -> Diagnosis:
    return look(server, monkeypatch, project)["history"]


def look(server: Target, monkeypatch: pytest.MonkeyPatch, project: str) -> dict[str, Diagnosis]:
    assert server.emulator_host is not None
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", server.emulator_host)
    monkeypatch.setenv("PLUMBLINE_PROJECT", project)
    return {check.what: check for check in check_all(lambda: Project(ROOT), "local", now=NOW)}


def test_a_dataset_that_is_not_there_is_a_note_and_is_not_made(
    server: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        found = history(server, monkeypatch, "nothing-yet")
        assert found.level is Level.NOTE
        assert "a live run creates it" in found.detail


def test_a_dataset_that_is_there_is_said(server: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    OwnDataset(replace(server, project="has-one")).ensure()
    found = history(server, monkeypatch, "has-one")
    assert (found.level, found.detail) == (Level.OK, "dataset has-one.plumbline exists")


def test_a_dataset_that_cannot_be_asked_for_is_missing(
    server: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> OwnDataset:
        raise ConfigError("no credentials", fix="log in")

    monkeypatch.setattr("plumbline.history.dataset.OwnDataset", refused)
    found = history(server, monkeypatch, "nothing-yet")
    assert (found.level, found.fix) == (Level.MISSING, "log in")


def test_heartbeats_that_can_be_read_are_said_and_none_is_a_note(
    server: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = replace(server, project="beats")
    own = OwnDataset(target)
    own.ensure()
    empty = look(server, monkeypatch, "beats")["heartbeats"]
    assert (empty.level, "no live run" in empty.detail) == (Level.NOTE, True)
    append_heartbeat(own, Heartbeat("a-run", "started", AT, "health_check", target.name))
    found = look(server, monkeypatch, "beats")["heartbeats"]
    assert (found.level, found.detail) == (Level.OK, "beats.plumbline.heartbeats can be read")


def test_a_table_of_heartbeats_that_is_not_there_is_a_note_and_is_not_made(
    server: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = OwnDataset(replace(server, project="older"))
    own.client.create_dataset("plumbline")
    for _ in range(2):
        assert look(server, monkeypatch, "older")["heartbeats"].level is Level.NOTE


def test_a_state_that_is_not_a_snapshot_is_missing_with_its_row(
    server: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = replace(
        server, project="corrupt", plumbline_project=Project(ROOT).identity, project_dir=ROOT
    )
    store = StateStore(target)
    store.commit(AlertState(), based_on=store.load())
    assert look(server, monkeypatch, "corrupt")["state of alerts"].level is Level.OK
    open_client(target).query(
        'update `corrupt.plumbline.state` set snapshot = \'{"format": 1, "state": {\' where true'
    ).result()

    found = look(server, monkeypatch, "corrupt")

    assert found["state of alerts"].level is Level.MISSING
    assert "plumbline.state, version 1" in str(found["state of alerts"])
    assert found["state of the watchdog"].level is Level.NOTE
