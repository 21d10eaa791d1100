"""From configuration and environment to channels: which are there, and why others are not.

Used where a run delivers, by ``plumbline alerts`` and by ``plumbline debug``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from plumbline.alerts.channels.base import Channel
from plumbline.core.errors import ConfigError
from plumbline.net.secret import Secret
from plumbline.net.secrets import read_secret
from plumbline.net.transport import is_private
from plumbline.project.alerts import AlertsConfig, ChannelConfig

if TYPE_CHECKING:
    from plumbline.alerts.channels.email.transport import Security

_ADDRESSES = ("webhook", "url")


@dataclass(frozen=True)
class OpenedChannels:
    """The channels of a project as the environment makes them.

    Two channels whose secrets and settings are the same are one place: both names lead to the first
    one's channel, so that nothing is sent there twice.
    """

    channels: Mapping[str, Channel] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    """By name: why a channel can't be used (``SLACK_WEBHOOK_URL is not set``)."""


def open_channels(config: AlertsConfig, environment: Mapping[str, str]) -> OpenedChannels:
    """The channels that have what they need; nothing is sent, only Secret Manager may be asked."""
    channels: dict[str, Channel] = {}
    missing: dict[str, str] = {}
    places: dict[tuple[object, ...], str] = {}
    for name, entry in config.channels.items():
        try:
            secrets = _secrets(entry, environment)
        except ConfigError as fault:
            missing[name] = fault.one_line()
            continue
        place = (
            entry.type,
            *sorted((key, secret.reveal()) for key, secret in secrets.items()),
            *sorted(entry.settings.items()),
        )
        if place in places:
            channels[name] = channels[places[place]]
            continue
        places[place] = name
        channels[name] = _open(entry, secrets)
    return OpenedChannels(channels, missing)


def _secrets(entry: ChannelConfig, environment: Mapping[str, str]) -> dict[str, Secret]:
    """By key.

    Raises:
        ConfigError: a variable is not set, or does not hold what it should.
    """
    found = {}
    for key, variable in entry.variables.items():
        secret = read_secret(variable, environment, is_noted=key != "username")
        if secret is None:
            raise ConfigError(f"{variable} is not set")
        if key in _ADDRESSES and not is_private(secret.reveal()):
            raise ConfigError(f"{variable} is not an https URL")
        found[key] = secret
    return found


def _open(entry: ChannelConfig, secrets: Mapping[str, Secret]) -> Channel:
    # Imported when there is one: most projects have one type.
    url = entry.settings.get("api_url")
    if entry.type == "slack" and "webhook" in secrets:
        from plumbline.alerts.channels.slack.channel import SlackWebhook

        return SlackWebhook(entry.name, secrets["webhook"])
    if entry.type == "slack":
        from plumbline.alerts.channels.slack.channel import SlackBot

        return SlackBot(entry.name, secrets["token"], entry.settings["channel"], base_url=url)
    if entry.type == "github":
        from plumbline.alerts.channels.github.channel import BASE_URL as GITHUB
        from plumbline.alerts.channels.github.channel import GitHubChannel

        return GitHubChannel(
            entry.name, entry.settings["repository"], secrets["token"], base_url=url or GITHUB
        )
    if entry.type == "pagerduty":
        from plumbline.alerts.channels.pagerduty.channel import BASE_URL as PAGERDUTY
        from plumbline.alerts.channels.pagerduty.channel import PagerDutyChannel

        return PagerDutyChannel(entry.name, secrets["routing_key"], base_url=url or PAGERDUTY)
    if entry.type == "teams":
        from plumbline.alerts.channels.teams.channel import TeamsChannel

        return TeamsChannel(entry.name, secrets["webhook"])
    if entry.type == "googlechat":
        from plumbline.alerts.channels.googlechat.channel import GoogleChatChannel

        return GoogleChatChannel(entry.name, secrets["webhook"])
    if entry.type == "email":
        return _open_email(entry, secrets)
    from plumbline.alerts.channels.webhook.channel import WebhookChannel

    return WebhookChannel(entry.name, secrets["url"], signing_key=secrets.get("signing_key"))


def _open_email(entry: ChannelConfig, secrets: Mapping[str, Secret]) -> Channel:
    from plumbline.alerts.channels.email.channel import EmailChannel
    from plumbline.alerts.channels.email.transport import PORTS, Login, MailServer

    settings = entry.settings
    security = cast("Security", settings["security"])
    has_login = "username" in secrets
    server = MailServer(
        host=settings["host"],
        port=int(settings.get("port", PORTS[security])),
        security=security,
        login=Login(secrets["username"], secrets["password"]) if has_login else None,
    )
    return EmailChannel(
        entry.name, server, sender=settings["from"], recipients=settings["to"].split(" ")
    )
