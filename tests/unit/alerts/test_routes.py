"""Who is told: the first route that fits, and who in place of a channel that is not configured."""

from __future__ import annotations

import pytest

from plumbline.alerts.channels.message import Message
from plumbline.alerts.routes import channels_for, with_fallback
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.project.alerts import AlertsConfig, Route

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
