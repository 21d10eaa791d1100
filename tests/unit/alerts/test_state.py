"""The state between runs as JSON: what is written is read back, and what is newer is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plumbline.alerts.channels.message import Child, GroupLine, Item, Message
from plumbline.alerts.incidents.model import (
    Ack,
    FailingGroup,
    Incident,
    Known,
    MonitorMemory,
    Reason,
    Sighting,
)
from plumbline.alerts.state import AlertState, Pending, StateFormatError, from_json, to_json
from plumbline.core.alert_line import Event
from plumbline.core.mute import Mute
from plumbline.core.outcome import ThresholdLine
from plumbline.core.status import RunStatus, Status
from plumbline.history.events import DeliveryRow, IncidentRow

NOW = datetime(2026, 2, 3, 5, 0, 0, 123456, tzinfo=UTC)


def member(number: int) -> FailingGroup:
    return FailingGroup(
        key=f'{{"system":"s{number}"}}',
        label=f"s{number} <é\n\u2028>",
        status=Status.WARNING,
        since=NOW - timedelta(hours=number),
        last_seen=NOW,
        observed=number / 3,
        numerator=number,
        unit="%",
        lines=(ThresholdLine("warning", 80.0, is_strict=True),),
    )


def incident(members: int) -> Incident:
    return Incident(
        id="coverage-1f2e3d4c",
        monitor="coverage",
        kind="data",
        status=Status.CRITICAL,
        worst=Status.CRITICAL,
        opened_at=NOW - timedelta(days=3),
        last_seen=NOW,
        checkpoint="health",
        members=tuple(member(number) for number in range(members)),
        ack=Ack(by="ann", at=NOW, status=Status.WARNING),
        suppressed_by=Reason.MUTED,
        notified_channels=("slack", "pager"),
        references={"slack": {"ts": "1700000000.1", "channel": "C1"}},
        closed_at=NOW,
        ending="expired",
    )


def message(number: int) -> Message:
    item = Item(
        incident="coverage-1f2e3d4c",
        event_id=f"coverage-1f2e3d4c-{number:04d}-opened",
        event=Event.OPENED,
        reason=Reason.FIRST_FAILURE,
        kind="data",
        monitor="coverage",
        status=Status.WARNING,
        since=NOW,
        at=NOW,
        summary="70 %",
        groups=(GroupLine("s1", Status.WARNING, 70.0, is_new=True),),
        trend=(1.0, None, 3.0),
        children=(Child("quality", "quality-1", Status.WARNING, "x"),),
        last_good_at=NOW,
    )
    return Message(
        id=f"m-{number}",
        channel="slack",
        run_id="run",
        checkpoint="health",
        target="local",
        as_of=NOW,
        created_at=NOW,
        items=(item,),
        run_status=RunStatus.CRITICAL,
        score=70,
        references={"coverage-1f2e3d4c": {"ts": "1"}},
    )


def full(members: int = 500, pending: int = 50) -> AlertState:
    """A state with something in every place."""
    return AlertState(
        version=7,
        lineage="18c",
        writer="w",
        written_at=NOW,
        run_id="run",
        known=Known(
            incidents=(incident(members),),
            monitors={
                "coverage": MonitorMemory(
                    "coverage", NOW, (Sighting(NOW, Status.PASS, 1.5),), Sighting(NOW, Status.PASS)
                )
            },
        ),
        mutes=(Mute("lag", "ann", "backfill", NOW, "command", NOW),),
        outbox=tuple(
            Pending(
                message(number),
                since=NOW,
                attempts=2,
                not_before=NOW + timedelta(minutes=1),
                last_error="503",
                claimed_by="run",
                claimed_until=NOW,
            )
            for number in range(pending)
        ),
        events=(
            IncidentRow(
                event_id="e1",
                incident_id="coverage-1f2e3d4c",
                monitor="coverage",
                kind="data",
                event="opened",
                reason="first failure",
                status="WARNING",
                as_of=NOW,
                opened_at=NOW,
                speaks=True,
            ),
            DeliveryRow("d1", "m-1", "slack", "retry", NOW, 3, status_code=503),
        ),
    )


def test_a_large_state_is_read_back_as_it_was_written() -> None:
    state = full()

    assert from_json(to_json(state), where="here") == state


def test_an_empty_state_is_read_back() -> None:
    assert from_json(to_json(AlertState()), where="here") == AlertState()


def test_what_is_read_back_has_the_types_that_it_had() -> None:
    state = from_json(to_json(full()), where="here")

    item = state.outbox[0].message.items[0]
    assert isinstance(item.event, Event)
    assert isinstance(item.status, Status)
    assert isinstance(state.known.incidents[0].members, tuple)
    assert isinstance(state.known.incidents[0].suppressed_by, Reason)
    assert [type(event) for event in state.events] == [IncidentRow, DeliveryRow]


def test_the_keys_of_format_1_keep_their_names() -> None:
    """Fields were renamed since; states that older versions wrote, or read, have these keys."""
    state = json.loads(to_json(full(members=1, pending=1)))["state"]

    (incident,) = state["known"]["incidents"]
    assert {"mended", "mended_members", "said_at", "said_status", "told"} <= incident.keys()
    assert incident["told"] == ["slack", "pager"]
    (pending,) = state["outbox"]
    assert "mended" in pending["message"]["items"][0]


def test_bounds_that_an_earlier_version_stored_are_not_strict() -> None:
    written = json.loads(to_json(full(members=1)))
    (of_incident,) = written["state"]["known"]["incidents"]
    of_incident["members"][0]["lines"] = [["warning", 80.0, "below"]]

    read = from_json(json.dumps(written), where="here")

    assert read.known.incidents[0].members[0].lines == (ThresholdLine("warning", 80.0),)


def test_an_instant_of_another_zone_is_the_same_instant() -> None:
    local = NOW.astimezone(ZoneInfo("America/New_York"))

    read = from_json(to_json(AlertState(written_at=local)), where="here")

    assert read.written_at == NOW
    assert read.written_at is not None
    assert read.written_at.tzinfo is not None


def test_a_field_of_a_later_version_of_this_format_is_passed_over() -> None:
    written = json.loads(to_json(AlertState(version=3)))
    written["state"]["mood"] = "fine"

    assert from_json(json.dumps(written), where="here").version == 3


def test_a_newer_format_is_refused() -> None:
    with pytest.raises(StateFormatError, match="format 2; this one reads up to 1") as raised:
        from_json('{"format": 2, "state": {}}', where="plumbline.state, version 9")

    assert raised.value.file == "plumbline.state, version 9"
    assert "upgrade plumbline" in str(raised.value.fix)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "not a snapshot"),
        ("[]", "not a snapshot"),
        ('{"state": {}}', "not a snapshot"),
        ('{"format": "1", "state": {}}', "not a snapshot"),
        ('{"format": 1}', "state: "),
        ('{"format": 1, "state": {"version": "x"}}', "version"),
        ('{"format": 1, "state": {"outbox": [{}]}}', "state.outbox.0.message"),
    ],
)
def test_what_is_no_state_is_refused_by_name(text: str, names: str) -> None:
    with pytest.raises(StateFormatError, match="can't be read") as raised:
        from_json(text, where="here")

    assert names in raised.value.what
    assert raised.value.where == "here"


def test_the_module_is_imported_without_building_its_reader() -> None:
    code = "import plumbline.alerts.state as s, sys\nsys.exit(s.adapter.cache_info().currsize)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
