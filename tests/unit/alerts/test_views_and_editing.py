"""What a person sees of the state of alerts, and does to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plumbline.alerts import editing
from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.incidents.model import FailingGroup, Incident, Known, Reason
from plumbline.alerts.state import AlertState, Pending
from plumbline.alerts.store import ConflictError
from plumbline.cli import alerts as command
from plumbline.core.alert_line import Event
from plumbline.core.errors import ConfigError
from plumbline.core.mute import Mute
from plumbline.core.status import Status
from plumbline.report import alerts as views
from plumbline.report.terminal import as_text
from support.alert_store import MemoryStore, Warehouse

NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
NEW_YORK = NOW.astimezone(ZoneInfo("America/New_York"))


def incident(monitor: str = "a", number: int = 1, **changes: Any) -> Incident:
    values: dict[str, Any] = {
        "id": f"{monitor}-000{number}",
        "monitor": monitor,
        "kind": "data",
        "status": Status.CRITICAL,
        "worst": Status.CRITICAL,
        "opened_at": NOW,
        "last_seen": NOW,
        "checkpoint": "c",
        "summary": "44.2 %",
        "members": (
            FailingGroup('{"s":"x"}', "x", Status.CRITICAL, NOW, NOW, 12.0, 3, 25, 50.0, "%"),
        ),
        "notified_channels": ("slack",),
        "owner": "ana",
    }
    return Incident(**(values | changes))


def state(*incidents: Incident, **changes: Any) -> AlertState:
    return replace(AlertState(known=Known(incidents or (incident(),))), **changes)


def waiting() -> Pending:
    item = Item(
        "a-0001",
        "e",
        Event.OPENED,
        Reason.FIRST_FAILURE,
        "data",
        "a",
        Status.CRITICAL,
        NOW,
        NOW,
        "",
    )
    message = Message("m", "slack", "r", "c", "t", NOW, NOW, (item,))
    return Pending(message, NOW, attempts=3, last_error="503")


def text_of(view: object) -> str:
    if isinstance(view, views.Overview):
        return as_text(views.overview_page(view))
    assert isinstance(view, views.IncidentDetails)
    return as_text(views.incident_page(view))


def listed(state: AlertState, *mutes: Mute, with_closed: bool = False) -> views.Overview:
    return views.overview(state, mutes, NEW_YORK, with_closed=with_closed)


def test_an_open_incident_is_a_line_with_since_in_the_domains_zone() -> None:
    text = text_of(listed(state()))
    assert "Since (America/New_York)" in text
    (line,) = [line for line in text.splitlines() if "a-0001" in line]
    assert "CRITICAL" in line
    assert "2026-02-02 07:00" in line
    assert "slack" in line


def test_at_80_columns_open_incidents_are_a_table() -> None:
    long = [incident(number=n, monitor="prediction_coordinator_errors") for n in (1, 2)]
    lines = as_text(views.overview_page(listed(state(*long))), width=80).splitlines()
    assert " ".join(lines[1].split()) == "Status Incident (America/New_York) Groups"
    (place,) = (n for n, line in enumerate(lines) if "prediction_coordinator_errors-0002" in line)
    assert "2026-02-02 07:00" in lines[place]
    assert lines[place + 1].strip() == "slack"
    assert max(map(len, lines)) <= 80


def test_a_message_that_waits_has_its_times_in_the_domains_zone() -> None:
    kept = waiting()
    kept = replace(kept, message=replace(kept.message, as_of=NOW.astimezone(UTC)))
    text = text_of(views.IncidentDetails("a-0001", incident(), [], (kept,), NEW_YORK))
    assert "as of 2 Feb 07:00 EST" in text
    assert "UTC" not in text


def test_of_a_message_about_many_incidents_the_part_about_this_one_is_shown() -> None:
    kept = waiting()
    (item,) = kept.message.items
    others = [replace(item, incident=f"b-{number:04}", monitor="b") for number in range(9)]
    kept = replace(kept, message=replace(kept.message, items=(*others, item)))
    text = text_of(views.IncidentDetails("a-0001", incident(), [], (kept,), NEW_YORK))
    shown = text.partition("Message m, one of its 10 incidents\n")[2]
    assert "incident  a-0001" in shown
    assert "b-0000" not in shown


def test_where_nothing_is_open_that_is_said() -> None:
    assert "No incident is open." in text_of(listed(AlertState()))


@pytest.mark.parametrize(("with_closed", "shown"), [(False, False), (True, True)])
def test_what_has_ended_is_shown_on_demand(with_closed: bool, shown: bool) -> None:
    ended = incident(closed_at=NOW, ending="resolved")
    assert ("a-0001" in text_of(listed(state(ended), with_closed=with_closed))) is shown


def test_mutes_that_hold_and_messages_that_wait_are_shown() -> None:
    over = Mute("b", "ana", "x", NOW - timedelta(hours=1))
    holds = Mute("c", "bo", "backfill", NOW + timedelta(hours=1), "command")
    text = text_of(listed(state(mutes=(over, holds), outbox=(waiting(),))))
    assert "c is muted until 2026-02-02 08:00 EST by bo: backfill (command)" in text
    assert "b is muted" not in text
    assert "slack: opened a-0001" in text
    assert "3 attempts: 503" in text


def test_a_channel_whose_message_waits_is_not_said_to_be_notified() -> None:
    of_two = incident(notified_channels=("slack", "mail")), incident(number=2, monitor="b")
    lines = text_of(listed(state(*of_two, outbox=(waiting(),)))).splitlines()
    (late,) = (line for line in lines if "CRITICAL  a-0001" in line)
    (other,) = (line for line in lines if "CRITICAL  b-0002" in line)
    assert "slack (message waiting), mail" in late
    assert "waiting" not in other
    text = text_of(views.IncidentDetails("a-0001", of_two[0], [], (waiting(),), NEW_YORK))
    assert "slack (message waiting), mail" in text


def test_hostile_names_stay_on_their_line() -> None:
    bad = incident(id="a-\x1b[31m\nline", summary="x\ny")
    text = text_of(listed(state(bad)))
    assert "\x1b" not in text


def test_an_incident_is_shown_with_its_members_and_history() -> None:
    event = {
        "as_of": NOW, "event": "opened", "reason": "first failure", "status": "CRITICAL",
        "speaks": False,
    }  # fmt: skip
    text = text_of(views.IncidentDetails("a-0001", incident(), [event], (waiting(),), NEW_YORK))
    assert "x  12.0 %  3/25\n" in text
    assert "opened: first failure, CRITICAL (not sent)" in text


def test_of_one_that_is_over_the_history_is_shown() -> None:
    event = {
        "as_of": NOW, "event": "resolved", "reason": "recovered", "status": "CRITICAL",
        "speaks": True,
    }  # fmt: skip
    view = views.IncidentDetails("a-0001", None, [event], (), NEW_YORK)
    assert "a-0001 has ended: 2026-02-02 07:00 (America/New_York), recovered" in text_of(view)
    assert views.incident_dict(view)["incident"] is None


def test_one_that_is_not_open_and_whose_end_is_not_recorded_is_not_said_to_have_ended() -> None:
    event = {
        "as_of": NOW, "event": "opened", "reason": "first failure", "status": "CRITICAL",
        "speaks": True,
    }  # fmt: skip
    text = text_of(views.IncidentDetails("a-0001", None, [event], (), NEW_YORK))
    assert "has ended" not in text
    assert "a-0001 is not open. The last known event: 2026-02-02 07:00" in text


def test_json_holds_what_the_text_shows() -> None:
    read = views.overview_dict(listed(state(outbox=(waiting(),))))
    assert [found["id"] for found in read["incidents"]] == ["a-0001"]
    assert read["incidents"][0]["members"][0]["key"] == {"s": "x"}
    assert read["waiting"][0]["last_error"] == "503"


@pytest.mark.parametrize("text", ["a-0001", "a-00", "a"])
def test_an_incident_is_found_by_id_its_beginning_or_its_monitor(text: str) -> None:
    assert editing.find_incident(state(), text).id == "a-0001"


@pytest.mark.parametrize(
    ("text", "fix"), [("a-0009", "did you mean 'a-0001'?"), ("zzz", "known: a-0001")]
)
def test_an_incident_that_is_not_there_is_refused_with_what_is(text: str, fix: str) -> None:
    with pytest.raises(ConfigError) as refused:
        editing.find_incident(state(), text)
    assert refused.value.fix == fix


def test_where_nothing_is_recorded_a_refusal_says_so_and_names_no_fix() -> None:
    with pytest.raises(ConfigError, match="'a': no run has opened one") as refused:
        editing.find_incident(AlertState(), "a")
    assert refused.value.fix is None
    with pytest.raises(ConfigError, match="no message is waiting") as refused:
        editing.dropped(state(), "m", by="ana", reason="x", at=NOW)
    assert refused.value.fix is None


def test_what_may_be_several_is_refused() -> None:
    both = state(incident(number=1), incident(number=2, kind="error", status=Status.ERROR))
    with pytest.raises(ConfigError, match="several"):
        editing.find_incident(both, "a")


def test_of_a_monitor_without_an_open_incident_the_newest_that_ended_is_meant() -> None:
    ended = [
        incident(number=number, opened_at=NOW - timedelta(days=9 - number), closed_at=NOW)
        for number in (1, 3, 2)
    ]
    assert editing.last_ended(state(*ended), "a") == ended[1]
    assert editing.last_ended(state(*ended), "a-0002") == ended[2]
    assert editing.last_ended(state(*ended), "b") is None
    assert editing.last_ended(state(), "a") is None
    with pytest.raises(editing.NoIncidentError):
        editing.find_incident(state(*ended), "a")  # which an acknowledgement would change


def test_an_incident_that_ended_says_how_and_when() -> None:
    ended = incident(closed_at=NOW + timedelta(hours=1), ending="resolved")
    text = text_of(views.IncidentDetails("a-0001", ended, (), (), NEW_YORK))
    assert text.startswith("resolved  a-0001\n")
    assert "ended     2026-02-02 08:00 (America/New_York), resolved" in text


def test_one_that_has_ended_cant_be_acknowledged() -> None:
    with pytest.raises(ConfigError, match="has ended"):
        editing.acknowledged(state(incident(closed_at=NOW)), "a-0001", by="ana", at=NOW, note="")


def test_a_mute_takes_the_place_of_an_earlier_one() -> None:
    first = Mute("a", "ana", "x", NOW + timedelta(hours=1))
    second = Mute("a", "bo", "y", NOW + timedelta(hours=2))
    muted = editing.muted(editing.muted(state(), first, NOW), second, NOW)
    assert muted.mutes == (second,)
    assert editing.unmuted(muted, "a").mutes == ()


def test_what_is_not_muted_by_command_cant_be_unmuted() -> None:
    with pytest.raises(ConfigError, match="not muted by a command"):
        editing.unmuted(state(), "a")


def test_an_edit_is_made_again_on_what_a_run_wrote_meanwhile() -> None:
    warehouse = Warehouse(state=state(version=3))
    raced: list[str] = []

    def step(name: str) -> None:
        if name == "before commit" and not raced:
            raced.append(name)
            warehouse.state = replace(warehouse.state, version=4, run_id="the run")

    store: Any = MemoryStore(warehouse, step)
    editing.edit(
        store,
        lambda read: editing.acknowledged(read, "a", by="ana", at=NOW, note=""),
        now=NOW,
    )
    assert warehouse.state.version == 5
    assert warehouse.state.known.incidents[0].ack is not None
    assert warehouse.state.run_id == "the run"


def test_an_edit_that_changes_nothing_commits_nothing() -> None:
    warehouse = Warehouse(state=state(version=3))
    store: Any = MemoryStore(warehouse)
    editing.edit(store, lambda read: read, now=NOW)
    assert warehouse.state.version == 3


def test_an_edit_that_is_always_overtaken_gives_up() -> None:
    class Busy(MemoryStore):
        def commit(self, *_: Any, **__: Any) -> AlertState:
            raise ConflictError

    store: Any = Busy(Warehouse(state=state()))
    with pytest.raises(Exception, match="wrote it first"):
        editing.edit(store, lambda read: replace(read, run_id="x"), now=NOW)


def two_groups() -> Incident:
    later = FailingGroup('{"s":"y"}', "y", Status.CRITICAL, NOW + timedelta(hours=6), NOW)
    return incident(members=(*incident().members, later))


def test_the_groups_that_an_ack_does_not_cover_are_shown_first() -> None:
    acked = editing.acknowledged(state(two_groups()), "a", by="ana", at=NOW, note="")
    (found,) = acked.known.incidents
    text = text_of(views.IncidentDetails("a-0001", found, [], (), NEW_YORK))
    assert text.index("y  ") < text.index("x  12.0 %")
    assert text.count("acknowledged") == 1
    assert [
        one["acknowledged"]
        for one in views.incident_dict(views.IncidentDetails("a-0001", found, [], (), NEW_YORK))[
            "incident"
        ]["members"]
    ] == [True, False]


def test_an_ack_of_a_group_says_what_it_covers_and_until_when() -> None:
    late = NOW + timedelta(hours=8)
    acked = editing.acknowledged(
        state(replace(two_groups(), last_seen=late)),
        "a",
        by="ana",
        at=late,
        note="",
        until=late,
        groups=["s=y"],
    )
    assert views.acknowledged(acked.known.incidents[0], NEW_YORK) == (
        "a-0001 is acknowledged by ana (1 of 2 groups): no reminders until 2026-02-02 15:00 "
        "(America/New_York), or its status changes from CRITICAL."
    )


@pytest.mark.parametrize("group", ["s=z", "t=x", "x", ""])
def test_an_ack_of_a_group_that_does_not_fail_is_refused_with_those_that_do(group: str) -> None:
    with pytest.raises(ConfigError) as refused:
        editing.acknowledged(state(), "a", by="ana", at=NOW, note="", groups=[group])
    assert refused.value.key == "--group"
    assert "a failing group: s=x" in str(refused.value.fix)


def test_the_timeline_says_new_failing_group() -> None:
    event = {
        "as_of": NOW, "event": "changed", "reason": "new member", "status": "CRITICAL",
        "speaks": True,
    }  # fmt: skip
    text = text_of(views.IncidentDetails("a-0001", incident(), [event], (), NEW_YORK))
    assert "changed: new failing group, CRITICAL" in text


def test_dropping_says_which_messages_nobody_will_get(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = waiting()
    second = replace(first, message=replace(first.message, id="m-2"), attempts=1)
    other = replace(first, message=replace(first.message, id="m-3", channel="pager"))
    held = state(outbox=(first, second, other))
    project = SimpleNamespace(timezone=NEW_YORK.tzinfo)
    monkeypatch.setattr(command, "_alerting", lambda _: (project, None))
    monkeypatch.setattr(command, "_edit", lambda _, change: change(held))
    monkeypatch.setattr(command, "_now", lambda *_: NEW_YORK)
    assert command.drop("slack", by="ana", reason="it was deleted", target=None) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2 messages dropped by ana, never delivered:",
        "- m to slack: opened a-0001, since 2026-02-02 07:00 (America/New_York), 3 attempts: 503",
        "- m-2 to slack: opened a-0001, since 2026-02-02 07:00 (America/New_York), 1 attempt: 503",
    ]


@pytest.mark.parametrize("width", [30, 60, 80])
def test_a_group_has_its_status_where_that_is_not_the_incidents(width: int) -> None:
    group = incident().members[0]
    groups = (group, replace(group, key="y", label="a_long_name_of_a_group", status=Status.WARNING))
    view = views.IncidentDetails("a-0001", incident(members=groups), [], (), NEW_YORK)
    text = as_text(views.incident_page(view), width=width)
    assert text.count("CRITICAL") == 1  # in the head
    assert "! WARNING" in text
