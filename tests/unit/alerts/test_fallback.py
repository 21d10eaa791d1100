"""The state on this machine: what was decided without the warehouse is neither lost nor repeated."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plumbline.alerts.channels.message import Message
from plumbline.alerts.incidents.model import Incident, Kind, Known, MonitorMemory
from plumbline.alerts.state import AlertState, Pending, to_json
from plumbline.alerts.store import LocalFallback
from plumbline.core.status import Status
from plumbline.history.events import DeliveryRow

NOW = datetime(2026, 2, 3, 5, tzinfo=UTC)


def incident(name: str, monitor: str = "a", kind: Kind = "error", **changes: Any) -> Incident:
    made = Incident(
        id=name, monitor=monitor, kind=kind, status=Status.ERROR, worst=Status.ERROR,
        opened_at=NOW, last_seen=NOW, checkpoint="c",
    )  # fmt: skip
    return replace(made, **changes)


def pending(name: str) -> Pending:
    message = Message(
        id=name, channel="slack", run_id="r", checkpoint="c", target="t", as_of=NOW,
        created_at=NOW, items=(),
    )  # fmt: skip
    return Pending(message, since=NOW)


def delivered(name: str, verdict: str = "delivered") -> DeliveryRow:
    return DeliveryRow(f"{name}-0001", name, "slack", verdict, NOW, 1)


def state(
    version: int, *incidents: Incident, outbox: tuple[str, ...] = (), **more: Any
) -> AlertState:
    return AlertState(
        version=version,
        lineage="l",
        writer=f"w{version}",
        known=Known(incidents),
        outbox=tuple(pending(name) for name in outbox),
        **more,
    )


def ids(found: AlertState) -> tuple[list[str], list[str]]:
    return (
        [one.id for one in found.known.incidents],
        [one.message.id for one in found.outbox],
    )


def test_where_nothing_was_kept_nothing_is_known(tmp_path: Path) -> None:
    assert LocalFallback(tmp_path / "none" / "alerts.json").load() == AlertState()


def test_the_next_process_knows_what_the_warehouse_had(tmp_path: Path) -> None:
    LocalFallback(tmp_path / "alerts.json").synced(state(3, incident("i")))

    assert ids(LocalFallback(tmp_path / "alerts.json").load()) == (["i"], [])


def test_what_was_decided_here_is_known_to_the_next_process(tmp_path: Path) -> None:
    here = LocalFallback(tmp_path / "alerts.json")
    here.synced(state(3))
    here.commit(state(3, incident("i"), outbox=("m",)), based_on=here.load())

    found = LocalFallback(tmp_path / "alerts.json").load()

    assert (found.version, ids(found)) == (3, (["i"], ["m"]))


def test_events_wait_until_the_warehouse_is_back(tmp_path: Path) -> None:
    here = LocalFallback(tmp_path / "alerts.json")
    first = here.commit(state(3, events=(delivered("m"),)), based_on=state(3))
    here.commit(replace(first, events=(delivered("n"), delivered("m"))), based_on=first)

    waiting = LocalFallback(tmp_path / "alerts.json").load().events

    assert [event.event_id for event in waiting] == ["m-0001", "n-0001"]


def test_what_the_warehouse_has_is_taken_as_it_is(tmp_path: Path) -> None:
    here = LocalFallback(tmp_path / "alerts.json")
    here.synced(state(3, incident("old")))
    found = state(4, incident("new"))

    assert here.reconcile(found) is found


def test_where_nobody_went_on_what_was_decided_here_holds(tmp_path: Path) -> None:
    here = LocalFallback(tmp_path / "alerts.json")
    kept = state(3, incident("i"), outbox=("m",), events=(delivered("n"),))
    here.commit(kept, based_on=state(3))

    found = LocalFallback(tmp_path / "alerts.json").reconcile(state(3))

    assert (ids(found), found.events, found.writer) == ((["i"], ["m"]), kept.events, "w3")


@pytest.mark.parametrize(
    ("there", "here", "expected"),
    [
        pytest.param(
            state(4, incident("there", "b")),
            state(3, incident("here", "a")),
            ["there", "here"],
            id="an incident that was opened here is kept",
        ),
        pytest.param(
            state(4, incident("there", "a")),
            state(3, incident("here", "a")),
            ["there"],
            id="a monitor has one open incident of a kind",
        ),
        pytest.param(
            state(4, incident("there", "a", "data")),
            state(3, incident("here", "a")),
            ["there", "here"],
            id="of another kind it may have one more",
        ),
        pytest.param(
            state(4, incident("i", closed_at=NOW)),
            state(3, incident("i")),
            ["i"],
            id="an incident that was ended there stays ended",
        ),
        pytest.param(
            state(4),
            state(3, incident("here", closed_at=NOW)),
            [],
            id="an incident that came and went here is history",
        ),
    ],
)
def test_where_another_machine_went_on_its_word_counts(
    tmp_path: Path, there: AlertState, here: AlertState, expected: list[str]
) -> None:
    LocalFallback(tmp_path / "alerts.json").commit(here, based_on=state(3))

    found = LocalFallback(tmp_path / "alerts.json").reconcile(there)

    assert ids(found)[0] == expected
    assert [one.is_open for one in found.known.incidents[: len(there.known.incidents)]] == [
        one.is_open for one in there.known.incidents
    ]


def test_a_message_that_waits_here_goes_into_the_outbox_there(tmp_path: Path) -> None:
    LocalFallback(tmp_path / "alerts.json").commit(
        state(3, outbox=("both", "here")), based_on=state(3)
    )

    found = LocalFallback(tmp_path / "alerts.json").reconcile(state(4, outbox=("there", "both")))

    assert ids(found)[1] == ["there", "both", "here"]


def test_a_message_that_was_delivered_here_is_not_told_again(tmp_path: Path) -> None:
    kept = state(3, events=(delivered("told"), delivered("tried", "retry")))
    LocalFallback(tmp_path / "alerts.json").commit(kept, based_on=state(3))

    found = LocalFallback(tmp_path / "alerts.json").reconcile(state(4, outbox=("told", "tried")))

    assert ids(found)[1] == ["tried"]


def test_a_message_that_both_knew_and_there_was_delivered_is_not_told_again(tmp_path: Path) -> None:
    """It waited when the warehouse went away; another machine has told it since."""
    here = LocalFallback(tmp_path / "alerts.json")
    here.synced(state(3, outbox=("m",)))
    here.commit(state(3, incident("i"), outbox=("m", "new")), based_on=here.load())

    found = LocalFallback(tmp_path / "alerts.json").reconcile(state(5))

    assert ids(found)[1] == ["new"]


def test_what_was_ended_there_since_is_not_opened_again(tmp_path: Path) -> None:
    """It was open when the warehouse went away; there it ended, and is forgotten."""
    here = LocalFallback(tmp_path / "alerts.json")
    here.synced(state(3, incident("i")))
    here.commit(state(3, incident("i"), incident("new", "b")), based_on=here.load())

    found = LocalFallback(tmp_path / "alerts.json").reconcile(state(5))

    assert ids(found)[0] == ["new"]


def test_a_monitor_that_was_looked_at_here_later_is_remembered_so(tmp_path: Path) -> None:
    later = NOW.replace(hour=11)
    kept = replace(state(3), known=Known((), {"a": MonitorMemory("a", later)}))
    LocalFallback(tmp_path / "alerts.json").commit(kept, based_on=state(3))
    there = replace(
        state(4), known=Known((), {"a": MonitorMemory("a", NOW), "b": MonitorMemory("b", NOW)})
    )

    found = LocalFallback(tmp_path / "alerts.json").reconcile(there)

    assert {name: one.as_of for name, one in found.known.monitors.items()} == {
        "a": later,
        "b": NOW,
    }


def test_once_the_warehouse_has_it_nothing_is_ahead(tmp_path: Path) -> None:
    here = LocalFallback(tmp_path / "alerts.json")
    here.commit(state(3, incident("i")), based_on=state(3))
    here.synced(state(4, incident("i")))
    there = state(5)

    assert LocalFallback(tmp_path / "alerts.json").reconcile(there) is there


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"is_ahead": true, "snapshot": {}}'])
def test_a_torn_file_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "alerts.json").write_text(text)

    assert LocalFallback(tmp_path / "alerts.json").load() == AlertState()


def test_the_file_of_a_newer_plumbline_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = json.dumps({"is_ahead": True, "snapshot": {"format": 2, "state": {}}})
    (tmp_path / "alerts.json").write_text(text)
    here = LocalFallback(tmp_path / "alerts.json")

    kept = here.commit(state(3, incident("i")), based_on=here.load())

    assert (tmp_path / "alerts.json").read_text() == text
    assert "newer plumbline" in caplog.text
    assert here.load() == kept


def test_without_a_disk_a_run_still_knows_what_it_decided(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    here = LocalFallback(blocked / "alerts.json")

    kept = here.commit(state(3, incident("i")), based_on=AlertState())

    assert here.load() == kept
    assert "can't be stored on this machine" in caplog.text


def test_the_file_holds_the_snapshot_that_the_warehouse_would(tmp_path: Path) -> None:
    found = state(3, incident("i"))
    LocalFallback(tmp_path / "alerts.json").synced(found)

    kept = json.loads((tmp_path / "alerts.json").read_text())

    assert kept["snapshot"] == json.loads(to_json(found))
    assert [file.name for file in tmp_path.iterdir()] == ["alerts.json"]
