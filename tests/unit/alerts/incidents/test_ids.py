"""Ids of incidents and events."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from plumbline.alerts.incidents.ids import event_id, incident_id
from plumbline.alerts.incidents.model import Incident
from plumbline.core.alert_line import Event
from plumbline.core.status import Status

AT = datetime(2026, 2, 3, 12, tzinfo=UTC)
INCIDENT = Incident(
    id="coverage-12345678",
    monitor="coverage",
    kind="data",
    status=Status.WARNING,
    worst=Status.WARNING,
    opened_at=AT,
    last_seen=AT,
    checkpoint="health_check",
)


def test_an_incident_is_named_by_its_monitor_and_eight_hex_digits() -> None:
    assert re.fullmatch(r"coverage-[0-9a-f]{8}", incident_id("coverage", "data", AT))


def test_the_same_instant_in_another_zone_gives_the_same_incident() -> None:
    new_york = AT.astimezone(ZoneInfo("America/New_York"))
    assert incident_id("coverage", "data", new_york) == incident_id("coverage", "data", AT)


def test_kind_and_opening_tell_incidents_of_a_monitor_apart() -> None:
    ids = {
        incident_id("coverage", "data", AT),
        incident_id("coverage", "error", AT),
        incident_id("coverage", "data", AT.replace(hour=18)),
    }
    assert len(ids) == 3


def test_an_event_has_its_number_and_its_name() -> None:
    assert event_id(INCIDENT, Event.OPENED) == "coverage-12345678-0001-opened"
    assert event_id(replace(INCIDENT, sequence=12), Event.ESCALATED).endswith("-0012-escalated")
