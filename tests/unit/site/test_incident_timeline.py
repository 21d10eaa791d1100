"""An incident's timeline from its rows: observations, decisions and deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.incidents.model import Ack, Known, Reason
from plumbline.alerts.state import AlertState, Pending
from plumbline.core.alert_line import Event
from plumbline.core.outcome import ThresholdLine
from plumbline.core.status import Status
from plumbline.history.dataset import OwnDataset
from plumbline.site import history_cache, sync
from plumbline.site.history_cache import HistoryCache, IncidentStory
from plumbline.site.incident_timeline import incident_of, view_of
from plumbline.site.rows import MOST_SEEN, Row
from plumbline.site.view_models import IncidentView
from support.site_records import LINES, Story, at, days, record, row_of, story


def told(one: Story) -> IncidentStory:
    (known,) = history_cache.with_stories(HistoryCache(), one.events, one.deliveries).incidents
    return known


def rows(first: str, last: str, values: Sequence[float | None], **more: object) -> list[Row]:
    instants = days(first, last)
    return [
        row_of(record(instant, value, **more))  # type: ignore[arg-type]
        for instant, value in zip(instants, values, strict=True)
    ]


def lines(view: IncidentView) -> list[str]:
    """Of the entries, each with its messages below."""
    return [
        f"{entry.at:%d %b} {entry.kind}: {entry.title}"
        for one in view.timeline
        for entry in (one, *one.messages)
    ]


def whole() -> Story:
    one = story("i-1", "2026-02-01")
    one.event(
        "2026-02-03", "escalated", "status rose", members=("a", "b"), told=("slack", "pagerduty")
    )
    one.event("2026-02-04", "suppressed", "muted", speaks=False)
    return one.event("2026-02-05", "resolved", "recovered", told=("slack",))


def test_what_was_seen_decided_and_said_stands_in_order() -> None:
    seen = rows("2026-01-31", "2026-02-05", [92.0, 70.0, 60.0, 40.0, 40.0, 95.0])
    assert lines(view_of(told(whole()), seen)) == [
        "02 Feb event: opened: first failure",
        "02 Feb notified: slack",
        "03 Feb observed: 60.0 %",
        "04 Feb event: escalated: status rose",
        "04 Feb notified: pagerduty",
        "04 Feb notified: slack",
        "05 Feb not notified: suppressed: muted, not sent",
        "06 Feb event: resolved: recovered",
        "06 Feb notified: slack",
    ]


def test_what_it_was_as_its_rows_say() -> None:
    incident = incident_of(told(whole()), owner="ml-platform")
    assert (incident.opened_at, incident.closed_at, incident.ending) == (
        at("2026-02-01"),
        at("2026-02-05"),
        "resolved",
    )
    assert (incident.worst, incident.notified_channels, incident.owner) == (
        Status.CRITICAL,
        ("slack", "pagerduty"),
        "ml-platform",
    )
    assert incident.last_seen == at("2026-02-04")
    assert incident.summary == "suppressed at 05 Feb"


def test_an_open_incident_goes_on() -> None:
    incident = incident_of(told(story("i-1", "2026-02-01")))
    assert (incident.is_open, incident.closed_at, incident.ending) == (True, None, None)


def test_what_left_the_window_is_not_shown_as_mended() -> None:
    one = story("i-1", "2026-02-01").event("2026-02-05", "expired", "left the window")
    view = view_of(told(one), ())
    assert view.incident.ending == "expired"
    assert view.timeline[-1].status is Status.CRITICAL


def test_its_groups_are_those_that_failed() -> None:
    incident = incident_of(
        told(story("i-1", "2026-02-01").event("2026-02-02", "changed", members=("a", "b")))
    )
    assert [(member.label, member.status) for member in incident.members] == [
        ("a", Status.CRITICAL),
        ("b", Status.CRITICAL),
    ]


@pytest.mark.parametrize(
    "members", ["", "{", "null", '"x"', "3", '[{"key": "no json"}]', "[3]", None]
)
def test_members_that_cannot_be_read_take_nothing_else_away(members: str | None) -> None:
    one = story("i-1", "2026-02-01")
    one.events[0] = replace(one.events[0], members=members)  # type: ignore[arg-type]
    assert lines(view_of(told(one), ()))[0] == "02 Feb event: opened: first failure"


def test_a_run_that_saw_the_same_is_not_named_again_and_neither_is_one_that_was_skipped() -> None:
    seen = rows("2026-02-01", "2026-02-05", [40.0, 40.0, 40.0, 40.0, 35.0])
    seen[2] = replace(seen[2], status=Status.SKIPPED, observed=None)
    assert lines(view_of(told(story("i-1", "2026-02-01")), seen))[2:] == ["06 Feb observed: 35.0 %"]


def test_an_error_is_never_a_number() -> None:
    seen = rows("2026-02-01", "2026-02-02", [40.0, None])
    assert lines(view_of(told(story("i-1", "2026-02-01")), seen))[-1] == "03 Feb observed: ERROR"


ABOVE = (ThresholdLine("warning", 1.0, "above"), ThresholdLine("critical", 6.0, "above"))


@pytest.mark.parametrize(
    ("values", "lines", "worst"),
    [
        ([40.0, 12.5, 60.0], LINES, (1, 12.5)),
        ([0.0, 45.7, 45.7], LINES, (0, 0.0)),
        ([12.5, 12.5, 40.0], LINES, (0, 12.5)),
        # the status counts before the number
        ([60.0, 79.0, 49.0], LINES, (2, 49.0)),
        ([7.0, 30.0, 8.0], ABOVE, (1, 30.0)),
        # a count of failing groups has no threshold
        ([3.0, 6.0, 4.0], (), (1, 6.0)),
    ],
)
def test_the_worst_number_is_the_one_farthest_beyond_its_threshold(
    values: list[float], lines: tuple[ThresholdLine, ...], worst: tuple[int, float]
) -> None:
    seen = rows("2026-02-01", "2026-02-03", values)
    if lines is not LINES:
        seen = [replace(row, lines=lines, status=Status.CRITICAL) for row in seen]
    found = view_of(told(story("i-1", "2026-02-01")), seen).worst
    assert found is not None
    assert (found.at, found.observed) == (seen[worst[0]].at, worst[1])


def test_the_worst_number_outlives_the_sightings_that_are_kept() -> None:
    seen = rows("2026-01-01", "2026-03-01", [0.0, *(30.0 + index / 10 for index in range(59))])
    one = told(story("i-1", "2026-01-01"))
    for row in seen:
        one = history_cache._with_sightings(one, [row])
    found = view_of(one, ()).worst
    assert found is not None
    assert found.observed == 0.0


def test_groups_that_no_longer_fail_at_the_end_have_recovered() -> None:
    one = story("i-1", "2026-02-01")
    one.event("2026-02-02", "changed", members=("a", "b", "c"))
    assert incident_of(told(one)).recovered == 0
    one.event("2026-02-03", "changed", members=("c",))
    assert incident_of(told(one)).recovered == 2
    one.event("2026-02-04", "resolved", "recovered")
    incident = incident_of(told(one))
    assert (incident.recovered, incident.left) == (3, 0)


def test_groups_that_failed_when_it_expired_aged_out() -> None:
    one = story("i-1", "2026-02-01")
    one.event("2026-02-02", "changed", members=("a", "b", "c"))
    one.event("2026-02-03", "changed", members=("c",))
    one.event("2026-02-04", "expired", "left the window")
    incident = incident_of(told(one))
    assert (incident.recovered, incident.left) == (2, 1)


def test_what_came_before_and_after_it_is_not_its_own() -> None:
    one = story("i-1", "2026-02-02").event("2026-02-04", "resolved", "recovered")
    seen = rows("2026-02-01", "2026-02-05", [10.0, 40.0, 41.0, 92.0, 12.0])
    assert [line for line in lines(view_of(told(one), seen)) if "observed" in line] == [
        "04 Feb observed: 41.0 %"
    ]


def test_what_is_archived_and_what_is_not_are_one_story() -> None:
    seen = rows("2026-02-01", "2026-02-06", [40.0, 41.0, 41.0, 42.0, 42.0, 43.0])
    one = told(story("i-1", "2026-02-01"))
    kept = history_cache._with_sightings(one, seen[:3])
    assert view_of(kept, seen[3:]) == view_of(one, seen)


def test_of_a_long_incident_the_last_sightings_are_named() -> None:
    values = [40.0 - index / 10 for index in range(60)]
    found = lines(
        view_of(told(story("i-1", "2026-01-01")), rows("2026-01-01", "2026-03-01", values))
    )
    seen = [line for line in found if "observed" in line]
    assert (len(seen), seen[-1]) == (MOST_SEEN, "02 Mar observed: 34.1 %")


def test_many_groups_are_counted_and_not_listed() -> None:
    groups = [(f"s{number:02d}", 10.0) for number in range(30)]
    seen = rows("2026-02-01", "2026-02-02", [40.0, 39.0], groups=groups)
    entry = view_of(told(story("i-1", "2026-02-01")), seen).timeline[-1]
    assert (len(entry.members), entry.members[-1]) == (21, "and 10 more")


def test_what_could_not_be_delivered_is_not_told() -> None:
    one = story("i-1", "2026-02-01")
    (sent,) = one.deliveries
    one.deliveries[:] = [
        replace(sent, verdict="retry", detail="503: later", attempts=2),
        replace(
            sent, event_id="2", attempts=5, attempted_at=sent.attempted_at + timedelta(hours=1)
        ),
    ]
    (opened,) = view_of(told(one), ()).timeline
    assert [(message.kind, message.text) for message in opened.messages] == [
        ("not notified", "retry, after 2 attempts: 503: later"),
        ("notified", "delivered after 5 attempts"),
    ]
    assert opened.undelivered == ()
    one.deliveries.pop()
    (opened,) = view_of(told(one), ()).timeline
    assert opened.undelivered == ("slack",)


def test_who_acknowledged_it_is_part_of_the_story() -> None:
    one = told(story("i-1", "2026-02-01").event("2026-02-04", "reminded", "reminder due"))
    ack = Ack("ana", at("2026-02-02"), Status.CRITICAL, "on it")
    view = view_of(replace(one, known=replace(incident_of(one), ack=ack)), ())
    assert lines(view)[2] == "03 Feb event: acknowledged by ana"
    assert view.timeline[1].text == "on it"


def test_rows_that_are_ahead_of_what_the_state_knew_count() -> None:
    one = told(story("i-1", "2026-02-01"))
    ack = Ack("ana", at("2026-02-02"), Status.CRITICAL, "on it")
    known = replace(incident_of(one), ack=ack)
    ended = told(story("i-1", "2026-02-01").event("2026-02-04", "resolved", "recovered"))
    view = view_of(replace(ended, known=known), ())
    assert view.incident.closed_at == at("2026-02-04")
    assert "03 Feb event: acknowledged by ana" in lines(view)


def test_a_channel_whose_message_waits_is_not_said_to_be_notified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = told(story("i-1", "2026-02-01"))  # delivered to slack
    known = replace(incident_of(one), notified_channels=("slack", "pager", "mail"))
    item = Item("i-1", "e", Event.OPENED, Reason.FIRST_FAILURE, "data", "coverage",
                Status.CRITICAL, at("2026-02-01"), at("2026-02-01"), "")  # fmt: skip
    waiting = tuple(
        Pending(Message("m", name, "r", "c", "t", item.at, item.at, (item,)), item.at)
        for name in ("slack", "pager")
    )
    found = AlertState(known=Known((known,)), outbox=waiting)
    monkeypatch.setattr("plumbline.alerts.store.read_last_state", lambda *_, **__: found)
    read = sync._state(cast("OwnDataset", None))
    assert read is not None
    view = view_of(replace(one, known=read.incidents["i-1"]), ())
    assert view.incident.notified_channels == ("mail", "slack")


def test_a_replay_tells_what_was_said_on_the_day_that_it_was_of() -> None:
    one = story("i-1", "2026-02-01")
    one.deliveries[:] = [replace(sent, attempted_at=at("2026-08-01")) for sent in one.deliveries]
    assert lines(view_of(told(one), ()))[1] == "02 Feb notified: slack"
