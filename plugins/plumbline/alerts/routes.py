"""Who is notified: the routes of ``checkpoints/alerts.yml``, pure.

Used where messages are composed and rerouted, and by what shows or tries the routes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from plumbline.alerts.channels.base import Channel
from plumbline.alerts.incidents.model import Incident
from plumbline.core.status import Status
from plumbline.project.alerts import AlertsConfig, Route


def channels_for(
    config: AlertsConfig, *, status: Status, monitor: str, owner: str | None
) -> tuple[str, ...]:
    """The channels of the first route that fits; the fallback where none does.

    Empty where none fits and there is no fallback.
    """
    for route in config.routes:
        if route.fits(status=status, monitor=monitor, owner=owner):
            return route.to
    return _fallback(config)


def route_of(config: AlertsConfig, incident: Incident) -> Route:
    """The first route that fits ``incident``; where none does, the way to the fallback."""
    for route in config.routes:
        if route.fits(
            status=incident.status,
            monitor=incident.monitor,
            owner=incident.owner,
            checkpoint=incident.checkpoint,
            tags=incident.tags,
        ):
            return route
    return Route(to=_fallback(config))


def _fallback(config: AlertsConfig) -> tuple[str, ...]:
    return () if config.fallback is None else (config.fallback,)


def with_fallback(
    config: AlertsConfig, name: str, configured: Collection[str] | Mapping[str, Channel]
) -> str | None:
    """The channel that is notified in place of ``name``: itself where it is configured.

    Args:
        name: the channel that a route names.
        configured: the channels that have what they need. As a mapping to the channels
            themselves (`plumbline.alerts.channels.factory`), of two names for one place the first
            is meant, so that nothing is sent there twice.

    Returns:
        None where neither it nor the fallback is configured.
    """
    for candidate in (name, config.fallback):
        if candidate is not None and candidate in configured:
            return configured[candidate].name if isinstance(configured, Mapping) else candidate
    return None
