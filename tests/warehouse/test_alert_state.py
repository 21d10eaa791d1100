"""The state of alerts in the embedded BigQuery: committed by compare and swap, read back whole.

What BigQuery answers to a repeated job id, and answers that are lost: test_own_dataset_state.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbline.alerts.channels.message import Message
from plumbline.alerts.incidents.model import FailingGroup, Incident, Known, MonitorMemory, Sighting
from plumbline.alerts.state import AlertState, Pending, StateFormatError, from_json, to_json
from plumbline.alerts.store import ConflictError, LocalFallback, StateStore
from plumbline.core.group_key import GroupKey
from plumbline.core.mute import Mute
from plumbline.core.outcome import GroupOutcome, Outcome
from plumbline.core.parameter import Parameter
from plumbline.core.run import Run
from plumbline.core.status import Status
from plumbline.history.events import IncidentRow
from plumbline.project.targets import Target

pytestmark = pytest.mark.warehouse

NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)


@pytest.fixture
def store(warehouse: Target) -> StateStore:
    return StateStore(warehouse)


def whole_state(groups: int = 3, messages: int = 2) -> AlertState:
    members = tuple(
        FailingGroup(f'{{"a":{n}}}', f"a {n}", Status.CRITICAL, NOW, NOW, n / 3, n, 3, 50.0, "%")
        for n in range(groups)
    )
    incident = Incident(
        id="a-1",
        monitor="a",
        kind="data",
        status=Status.CRITICAL,
        worst=Status.CRITICAL,
        opened_at=NOW,
        last_seen=NOW,
        checkpoint="c",
        members=members,
        notified_channels=("slack",),
        references={"slack": {"ts": "1.2"}},
    )
    memory = MonitorMemory("a", NOW, (Sighting(NOW, Status.CRITICAL, 44.2),), None)
    message = Message("m-1", "slack", "run", "c", "t", NOW, NOW, ())
    return AlertState(
        known=Known((incident,), {"a": memory}),
        mutes=(Mute("b", "ana", "backfill", NOW + timedelta(days=1), "command", NOW),),
        outbox=tuple(Pending(replace(message, id=f"m-{n}"), NOW) for n in range(messages)),
        events=(event("a-1-0001-opened"),),
        written_at=NOW,
        run_id="run",
    )


def event(event_id: str) -> IncidentRow:
    return IncidentRow(
        event_id, "a-1", "a", "data", "opened", "first failure", "CRITICAL", NOW, NOW, True
    )


def versions(store: StateStore) -> list[int]:
    rows = store._dataset.read("v", "select version from `{dataset}.state` order by version")
    return [row["version"] for row in rows]


def test_where_nothing_was_committed_the_state_is_empty(store: StateStore) -> None:
    assert store.load() == AlertState()


def test_what_was_committed_is_read_back_whole(store: StateStore) -> None:
    committed = store.commit(whole_state(groups=500, messages=50), based_on=store.load())
    assert committed.version == 1
    assert store.load() == committed


def test_a_commit_on_an_older_version_conflicts_and_writes_nothing(
    store: StateStore, warehouse: Target
) -> None:
    empty = store.load()
    store.commit(whole_state(), based_on=empty)
    with pytest.raises(ConflictError):
        StateStore(warehouse).commit(whole_state(), based_on=empty)
    assert versions(store) == [1]


def test_events_get_into_their_table_once_however_often_they_are_written(
    store: StateStore, warehouse: Target
) -> None:
    committed = store.commit(whole_state(), based_on=store.load())
    for _ in range(2):
        StateStore(warehouse).write_events(committed)
    rows = store.events_of("a-1", since=NOW)
    assert [row["event_id"] for row in rows] == ["a-1-0001-opened"]
    assert store.events_of(str(rows[0]["monitor"]), since=NOW) == rows


def test_what_a_killed_run_did_not_write_the_next_commit_writes(
    store: StateStore, warehouse: Target
) -> None:
    store.commit(whole_state(), based_on=store.load())  # and then it is killed
    after = StateStore(warehouse)
    read = after.load()
    after.commit(replace(read, events=()), based_on=read)
    assert [row["event_id"] for row in after.events_of("a-1", since=NOW)] == ["a-1-0001-opened"]


def test_the_last_version_is_looked_for_in_the_last_month_first(
    store: StateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.commit(whole_state(), based_on=store.load())
    asked: list[Parameter] = []
    query = store._dataset.read

    def watched(name: str, sql: str, parameters: list[Parameter]) -> object:
        asked.extend(parameters)
        return query(name, sql, parameters)

    monkeypatch.setattr(store._dataset, "read", watched)
    store.load()
    (since,) = asked
    assert datetime.now(UTC) - since.value < timedelta(days=32)


def test_a_state_of_months_ago_is_found_too(warehouse: Target) -> None:
    then = StateStore(warehouse, clock=lambda: NOW - timedelta(days=200))
    then.commit(whole_state(), based_on=then.load())
    assert StateStore(warehouse).load().version == 1


def test_a_newer_format_is_refused_and_not_overwritten() -> None:
    text = to_json(whole_state()).replace('"format":1', '"format":2')
    with pytest.raises(StateFormatError, match="newer plumbline"):
        from_json(text, where="plumbline.state")


def test_a_repeated_run_appends_outcomes_that_count_once(store: StateStore) -> None:
    outcome = Outcome(
        monitor="a",
        status=Status.CRITICAL,
        summary="44.2 %",
        as_of=NOW,
        observed=44.2,
        groups=(GroupOutcome(GroupKey.of({"s": "x"}), Status.CRITICAL, 12.0),),
    )
    for run_id in ("first", "first", "second"):
        store.record_outcomes(Run(run_id, "c", "t", NOW, None), [outcome])
    rows = store._dataset.read(
        "o", "select event_id, run_id, group_key, observed from `{dataset}.outcomes`"
    )
    assert len({row["event_id"] for row in rows}) == 2, "the monitor and its group"
    assert {row["observed"] for row in rows} == {44.2, 12.0}


def test_without_the_warehouse_this_machine_remembers(tmp_path: Path) -> None:
    here = LocalFallback(tmp_path / "alerts.json")
    here.commit(whole_state(), based_on=AlertState())
    assert LocalFallback(tmp_path / "alerts.json").load().known == whole_state().known


def test_what_was_decided_here_is_taken_over_when_the_warehouse_is_back(tmp_path: Path) -> None:
    here = LocalFallback(tmp_path / "alerts.json")
    here.synced(AlertState(version=4))
    here.commit(whole_state(), based_on=here.load())
    taken = LocalFallback(tmp_path / "alerts.json").reconcile(AlertState(version=4, lineage="x"))
    assert taken.known == whole_state().known
    assert taken.lineage == "x"


def test_where_another_machine_went_on_its_word_counts_and_nothing_of_here_is_lost(
    tmp_path: Path,
) -> None:
    here = LocalFallback(tmp_path / "alerts.json")
    here.synced(AlertState(version=4))
    here.commit(whole_state(), based_on=here.load())
    there = AlertState(version=6, mutes=())
    taken = here.reconcile(there)
    assert taken.version == 6
    assert [incident.id for incident in taken.known.incidents] == ["a-1"]
    assert [pending.message.id for pending in taken.outbox] == ["m-0", "m-1"]


def test_a_disk_that_is_full_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    here = LocalFallback(tmp_path / "file" / "alerts.json")
    here.commit(whole_state(), based_on=AlertState())
    assert here.load().known == whole_state().known
