"""Projects and targets that share a dataset: each has a state and a history of its own.

What version 3 of the tables left, which recorded no project, is in ``version_3``: rows as its code
wrote them, of a project with the monitor ``orders`` in the checkpoint ``daily`` on ``local``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbline.alerts.state import AlertState
from plumbline.alerts.store import ConflictError, StateStore, read_last_state
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run
from plumbline.core.status import Status
from plumbline.history import dataset as dataset_module
from plumbline.history.dataset import OwnDataset
from plumbline.history.heartbeat_rows import Heartbeat, append_heartbeat, read_heartbeats
from plumbline.history.loads import append
from plumbline.history.outcomes import append_outcomes
from plumbline.history.reader import HistoryReader
from plumbline.history.tables import TABLES, OwnTable
from plumbline.project.targets import Target
from plumbline.warehouse.client import endpoint_of
from support.bigquery_proxy import BigQueryProxy
from support.committer import with_mute

pytestmark = pytest.mark.warehouse

VERSION_3 = Path(__file__).parent / "version_3"
ENDED = datetime(2026, 2, 3, 0, tzinfo=UTC)
"""When its last run was."""
NEW_COLUMNS = {
    "state": ("project", "target"),
    "watchdog": ("project", "target"),
    "incidents": ("project", "target"),
    "deliveries": ("project", "target"),
    "outcomes": ("project",),
    "heartbeats": ("project", "action_errors"),
    "service_deployments": ("project", "target"),
}


def tables_of_version_3() -> tuple[OwnTable, ...]:
    return tuple(
        replace(
            table,
            columns=tuple(
                column
                for column in table.columns
                if column.name not in NEW_COLUMNS.get(table.name, ())
            ),
        )
        for table in TABLES
        if table.name != "adoptions"
    )


@pytest.fixture
def old(warehouse: Target, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A dataset that version 3 made and wrote."""
    with monkeypatch.context() as then:
        then.setattr(dataset_module, "TABLES", tables_of_version_3())
        then.setattr(dataset_module, "SCHEMA_VERSION", 3)
        dataset = OwnDataset(warehouse)
        dataset.ensure()
        for table in tables_of_version_3():
            file = VERSION_3 / f"{table.name}.ndjson"
            if file.is_file():
                rows = [json.loads(line) for line in file.read_text().splitlines()]
                append(dataset, table, rows, job_id=f"old_{table.name}")
        dataset.close()
    return warehouse


def project(target: Target, root: Path, name: str, monitor: str) -> Target:
    """The target of a project with one monitor."""
    for folder in ("expectations", "checkpoints"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "expectations" / f"{monitor}.json").write_text("{}")
    (root / "checkpoints" / "daily.json").write_text("{}")
    return replace(target, project_dir=root, plumbline_project=name)


def past(target: Target) -> list[float | None]:
    found = HistoryReader(OwnDataset(target)).past(
        ["orders"], since=ENDED - timedelta(days=9), before=ENDED + timedelta(days=9)
    )
    return [one.observed for one in found if one.group is None]


def beats(target: Target) -> list[str]:
    found = read_heartbeats(OwnDataset(target), since=ENDED - timedelta(days=9))
    return [beat.run_id for beat in found if beat.kind == "finished"]


def open_incidents(state: AlertState | None) -> list[str]:
    return [one.id for one in state.known.incidents if one.is_open] if state else []


def test_the_state_of_version_3_goes_on_in_the_project_that_has_its_monitors(
    old: Target, tmp_path: Path
) -> None:
    other = project(old, tmp_path / "other", "other", "payments")
    shop = project(old, tmp_path / "shop", "shop", "orders")
    # Looked at before anything was migrated: it is read as version 3 read it.
    assert past(shop) == [93.0, 92.0]

    stranger = StateStore(other)
    empty = stranger.load()
    stranger.commit(with_mute(empty, "payments"), based_on=empty)

    assert empty == AlertState()
    assert "incidents of orders, which this project does not have" in stranger.notes[0]
    owner = StateStore(shop)
    found = owner.load()
    assert open_incidents(read_last_state(OwnDataset(shop), now=ENDED)) == ["orders-b782533f"]
    committed = owner.commit(with_mute(found, "orders"), based_on=found)
    assert (open_incidents(found), committed.version) == (["orders-b782533f"], found.version + 1)
    assert [mute.monitor for mute in StateStore(shop).load().mutes] == ["orders"]
    assert [mute.monitor for mute in StateStore(other).load().mutes] == ["payments"]
    assert (past(shop), past(other)) == ([93.0, 92.0], [])
    assert (len(beats(shop)), beats(other)) == (3, [])
    assert owner.events_of("orders-b782533f", since=ENDED - timedelta(days=9))
    assert not stranger.events_of("orders-b782533f", since=ENDED - timedelta(days=9))


def test_it_goes_on_on_the_target_that_was_recorded_and_there_once(
    old: Target, tmp_path: Path
) -> None:
    shop = project(old, tmp_path / "shop", "shop", "orders")
    staging = StateStore(replace(shop, name="staging"))
    twin = StateStore(project(old, tmp_path / "twin", "twin", "orders"))
    both_saw = twin.load()

    assert staging.load() == AlertState()
    assert "most of its runs are of target local" in staging.notes[0]
    owner = StateStore(shop)
    found = owner.load()
    owner.commit(found, based_on=found)
    assert open_incidents(both_saw) == ["orders-b782533f"]
    with pytest.raises(ConflictError):
        twin.commit(both_saw, based_on=both_saw)
    assert twin.load() == AlertState()


@pytest.fixture
def bigquery(warehouse: Target) -> Iterator[BigQueryProxy]:
    with BigQueryProxy(endpoint_of(warehouse)) as proxy:
        yield proxy


def test_two_projects_and_two_targets_commit_side_by_side(
    warehouse: Target, bigquery: BigQueryProxy
) -> None:
    targets = [
        replace(warehouse, plumbline_project=name, name=target)
        for name in ("shop", "bank")
        for target in ("local", "staging")
    ]
    stores = [StateStore(one, endpoint=bigquery.url, honours_job_ids=True) for one in targets]
    read = [store.load() for store in stores]

    done = [
        store.commit(with_mute(state, one.scope), based_on=state)
        for store, state, one in zip(stores, read, targets, strict=True)
    ]

    assert [state.version for state in done] == [1, 1, 1, 1]
    assert [[mute.monitor for mute in store.load().mutes] for store in stores] == [
        [one.scope] for one in targets
    ]


def test_what_only_another_project_ran_is_not_in_the_history(warehouse: Target) -> None:
    shop, bank = (replace(warehouse, plumbline_project=name) for name in ("shop", "bank"))
    run = Run("r-1", "daily", "local", ENDED, None)
    outcome = Outcome("orders", Status.PASS, "93 %", ENDED, observed=93.0)

    append_outcomes(OwnDataset(shop), run, [outcome])
    append_heartbeat(OwnDataset(shop), Heartbeat("r-1", "finished", ENDED, "daily", "local"))

    assert (past(shop), beats(shop)) == ([93.0], ["r-1"])
    assert (past(bank), beats(bank)) == ([], [])
    history = HistoryReader(OwnDataset(bank))
    day, now = timedelta(days=1), datetime.now(UTC)
    daily = ("daily",)
    assert history.newest_recorded(since=ENDED - day, until=now, checkpoints=daily) is None
    own = HistoryReader(OwnDataset(shop))
    assert own.newest_recorded(since=ENDED - day, until=now - day, checkpoints=daily) is None
    assert own.newest_recorded(since=ENDED - day, until=now, checkpoints=daily) is not None
    assert own.newest_recorded(since=ENDED - day, until=now, checkpoints=["weekly"]) is None
    assert history.judged("daily", first=ENDED, last=ENDED) == set()
    assert history.outcomes(since=ENDED - timedelta(days=1)) == []
