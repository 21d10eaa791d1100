"""Who is told: the first route that fits, and who in place of a channel that is not configured."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plumbline.alerts.channels.message import Message
from plumbline.alerts.compose import RunFacts, compose
from plumbline.alerts.incidents.model import Change, Incident, Known, Reason
from plumbline.alerts.routes import channels_for, route_of, with_fallback
from plumbline.core.alert_line import Event
from plumbline.core.errors import ConfigError
from plumbline.core.run import Run
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.project.alerts import AlertsConfig, Route, read_alerts
from support.documents import read_document

AT = datetime(2026, 2, 2, 12, tzinfo=UTC)

ROUTES = (
    Route(to=("pager", "slack"), statuses=(Status.CRITICAL,), owners=("ml-platform",)),
    Route(to=("issues",), monitors=("lines", "props")),
    Route(to=("slack",), statuses=(Status.CRITICAL, Status.ERROR)),
)


def config(fallback: str | None = "slack", routes: tuple[Route, ...] = ROUTES) -> AlertsConfig:
    return AlertsConfig(channels={}, routes=routes, fallback=fallback)


@pytest.mark.parametrize(
    ("status", "monitor", "owner", "told"),
    [
        (Status.CRITICAL, "lines", "ml-platform", ("pager", "slack")),
        (Status.CRITICAL, "lines", "somebody", ("issues",)),
        (Status.CRITICAL, "lines", None, ("issues",)),
        (Status.WARNING, "props", "ml-platform", ("issues",)),
        (Status.ERROR, "lag", "ml-platform", ("slack",)),
        (Status.WARNING, "lag", "ml-platform", ("slack",)),
    ],
)
def test_the_first_route_that_fits_in_all_it_asks_for_is_taken(
    status: Status, monitor: str, owner: str | None, told: tuple[str, ...]
) -> None:
    assert channels_for(config(), status=status, monitor=monitor, owner=owner) == told


def test_what_fits_no_route_goes_to_the_fallback_or_nowhere() -> None:
    asked = {"status": Status.WARNING, "monitor": "lag", "owner": None}
    assert channels_for(config("mail"), **asked) == ("mail",)  # type: ignore[arg-type]
    assert channels_for(config(None), **asked) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "fallback", "configured", "told"),
    [
        ("pager", "slack", {"pager", "slack"}, "pager"),
        ("pager", "slack", {"slack"}, "slack"),
        ("pager", "slack", {"issues"}, None),
        ("pager", None, {"slack"}, None),
        ("slack", "slack", set(), None),
        ("gone from the file", "slack", {"slack"}, "slack"),
    ],
)
def test_the_fallback_is_told_where_a_channel_is_not_configured(
    name: str, fallback: str | None, configured: set[str], told: str | None
) -> None:
    assert with_fallback(config(fallback), name, configured) == told


class Told:
    """A channel by its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def deliver(self, message: Message, *, timeout_seconds: float) -> Receipt:
        return Receipt(DeliveryStatus.DELIVERED)


def test_of_two_names_for_one_place_the_first_is_told() -> None:
    place = Told("slack-error")
    assert with_fallback(config(), "slack", {"slack-error": place, "slack": place}) == "slack-error"


BY_ALL = """
channels:
  team: {type: webhook, url: TEAM}
  pager: {type: webhook, url: PAGER}
  rest: {type: webhook, url: REST}
routes:
  - {KEY, to: [team], escalate: {after: 30m, to: [pager]}}
  - {to: [rest]}
owners:
  ml: {slack: [U012AB3CD, S0614TZR7]}
"""


def written(tmp_path: Path, key: str) -> AlertsConfig:
    file = tmp_path / "alerts.yml"
    file.write_text(BY_ALL.replace("KEY", key))
    return read_alerts(read_document(file))


def incident(**changes: Any) -> Incident:
    values: dict[str, Any] = {
        "id": "a-1",
        "monitor": "a",
        "kind": "data",
        "status": Status.CRITICAL,
        "worst": Status.CRITICAL,
        "opened_at": AT,
        "last_seen": AT,
        "checkpoint": "daily",
        "owner": "ml",
        "tags": ("finance", "eu"),
        "notified_at": AT,
    }
    return Incident(**(values | changes))


@pytest.mark.parametrize(
    ("key", "fits"),
    [
        ("checkpoint: daily", True),
        ("checkpoint: [hourly, daily]", True),
        ("checkpoint: hourly", False),
        ("tag: eu", True),
        ("tag: [us, asia]", False),
        ("target: bigquery", True),
        ("target: local", False),
        ("owner: ml, tag: finance", True),
        ("owner: data, tag: finance", False),
    ],
)
def test_a_route_chooses_by_checkpoint_target_and_tag(tmp_path: Path, key: str, fits: bool) -> None:
    config = written(tmp_path, key).for_target("bigquery")
    assert route_of(config, incident()).to == (("team",) if fits else ("rest",))


def changed(event: Event, reason: Reason, **changes: Any) -> Change:
    return Change("e", event, reason, incident(**changes), incident(), AT, notifies=True)


def sent(config: AlertsConfig, change: Change) -> dict[str, tuple[str, ...]]:
    """By channel that is notified: whom the message mentions."""
    facts = RunFacts(Run("r", "daily", "bigquery", AT, None), AT)
    channels: Any = {name: SimpleNamespace(name=name) for name in config.channels}
    known = Known((change.incident,))
    composed = compose([change], known, (), facts, config=config, configured=channels)
    return {message.channel: message.items[0].mentions for message in composed.messages}


@pytest.mark.parametrize(
    ("change", "channels"),
    [
        (changed(Event.OPENED, Reason.FIRST_FAILURE), ["team"]),
        (changed(Event.ESCALATED, Reason.NOT_ACKNOWLEDGED), ["pager"]),
        (changed(Event.CHANGED, Reason.NEW_MEMBER, escalated_at=AT), ["pager", "team"]),
        (
            changed(Event.RESOLVED, Reason.RECOVERED, notified_channels=("team", "pager")),
            ["pager", "team"],
        ),
    ],
)
def test_the_next_channels_hear_all_that_comes_after_the_escalation(
    tmp_path: Path, change: Change, channels: list[str]
) -> None:
    assert sorted(sent(written(tmp_path, "owner: ml"), change)) == channels


BY_STATUS = (
    Route(to=("pager",), statuses=(Status.CRITICAL,)),
    Route(to=("team",), statuses=(Status.WARNING,)),
)


@pytest.mark.parametrize(
    ("event", "status", "notified", "channels"),
    [
        (Event.ESCALATED, Status.CRITICAL, ("team",), ["pager", "team"]),
        (Event.DOWNGRADED, Status.WARNING, ("pager",), ["pager"]),
        (Event.DOWNGRADED, Status.WARNING, ("team", "pager"), ["pager", "team"]),
        # nobody heard of it while it was CRITICAL
        (Event.DOWNGRADED, Status.WARNING, (), ["team"]),
    ],
)
def test_a_lower_status_is_news_only_to_the_channels_that_heard_the_higher_one(
    tmp_path: Path, event: Event, status: Status, notified: tuple[str, ...], channels: list[str]
) -> None:
    config = replace(written(tmp_path, "owner: ml"), routes=BY_STATUS)
    change = changed(event, Reason.STATUS_FELL, status=status, notified_channels=notified)
    assert sorted(sent(config, change)) == channels


@pytest.mark.parametrize(
    ("event", "is_mentioned"),
    [
        (Event.OPENED, True),
        (Event.ESCALATED, True),
        (Event.CHANGED, False),
        (Event.REMINDED, False),
        (Event.RESOLVED, False),
    ],
)
def test_the_owner_is_mentioned_on_opening_and_escalation(
    tmp_path: Path, event: Event, is_mentioned: bool
) -> None:
    found = sent(written(tmp_path, "owner: ml"), changed(event, Reason.STATUS_ROSE))
    assert found == {"team": ("U012AB3CD", "S0614TZR7") if is_mentioned else ()}


def test_a_channel_to_escalate_to_must_exist(tmp_path: Path) -> None:
    file = tmp_path / "alerts.yml"
    file.write_text(BY_ALL.replace("KEY", "owner: ml").replace("to: [pager]}}", "to: [pagr]}}"))
    with pytest.raises(ConfigError) as refused:
        read_alerts(read_document(file))
    assert refused.value.key == "routes[0].escalate.to[0]"
