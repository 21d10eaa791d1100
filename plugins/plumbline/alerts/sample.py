"""Sends samples along the routes: what ``plumbline alerts test`` does."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from plumbline.alerts.channels.base import TIMEOUT_SECONDS
from plumbline.alerts.channels.factory import OpenedChannels
from plumbline.alerts.channels.message import Message
from plumbline.alerts.routes import with_fallback
from plumbline.alerts.sample_messages import sample
from plumbline.core.status import FAILING, Status
from plumbline.net.receipt import DeliveryStatus
from plumbline.project.alerts import AlertsConfig


@dataclass(frozen=True)
class SampleResult:
    status: Status
    channel: str
    is_delivered: bool
    detail: str


def send_samples(
    config: AlertsConfig,
    opened: OpenedChannels,
    *,
    target: str,
    now: datetime,
    only: Collection[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> list[SampleResult]:
    """One sample of each severity to each channel that a route gives it to."""
    results = []
    for status in FAILING:
        for name in _channels(config, status, only):
            progress(f"sending a sample of {status} to {name}")
            results.append(_send(config, opened, name, status, target=target, now=now))
    return results


def routed_samples(
    config: AlertsConfig, *, target: str, now: datetime, only: Collection[str] = ()
) -> list[Message]:
    """The samples, which nobody is sent."""
    return [
        sample(name, status, target=target, now=now)
        for status in FAILING
        for name in _channels(config, status, only)
    ]


def _channels(config: AlertsConfig, status: Status, only: Collection[str]) -> list[str]:
    """Every channel that some monitor's message of that status may go to."""
    wanted = [
        channel
        for route in config.routes
        if not route.statuses or status in route.statuses
        for channel in route.channels
    ]
    if not wanted and config.fallback:
        wanted = [config.fallback]
    found = list(dict.fromkeys(wanted))
    if only:
        return [name for name in found if name in only] or list(only)
    return found


def _send(
    config: AlertsConfig,
    opened: OpenedChannels,
    name: str,
    status: Status,
    *,
    target: str,
    now: datetime,
) -> SampleResult:
    channel = opened.channels.get(name)
    if channel is None:
        why = f"not configured: {opened.missing.get(name, 'unknown')}"
        instead = with_fallback(config, name, opened.channels)
        if instead is not None:
            why += f"; its messages go to {instead}"
        return SampleResult(status, name, False, why)
    receipt = channel.deliver(
        sample(name, status, target=target, now=now), timeout_seconds=TIMEOUT_SECONDS
    )
    delivered = receipt.verdict is DeliveryStatus.DELIVERED and not receipt.missed
    detail = receipt.detail or str(receipt.verdict)
    return SampleResult(status, name, delivered, detail)
