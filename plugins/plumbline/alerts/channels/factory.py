"""From configuration and environment to channels: which are there, and why others are not.

Used where a run delivers, by ``plumbline alerts`` and by ``plumbline debug``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from plumbline.alerts.channels.base import Channel
from plumbline.core.errors import ConfigError
from plumbline.net.secret import Secret
from plumbline.net.secrets import read_secret
from plumbline.net.transport import is_private
from plumbline.project.alerts import (
    SECRET_KEYS,
    AlertsConfig,
    AnyChannelEntry,
    EmailEntry,
    GithubEntry,
    GoogleChatEntry,
    PagerdutyEntry,
    SlackEntry,
    TeamsEntry,
    WebhookEntry,
)

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
        settings = entry.model_dump_json(exclude={"renamed_from", *SECRET_KEYS})
        place = (settings, *sorted((key, secret.reveal()) for key, secret in secrets.items()))
        if place in places:
            channels[name] = channels[places[place]]
            continue
        places[place] = name
        channels[name] = _open(name, entry, secrets)
    return OpenedChannels(channels, missing)


def _secrets(entry: AnyChannelEntry, environment: Mapping[str, str]) -> dict[str, Secret]:
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


def _open(name: str, entry: AnyChannelEntry, secrets: Mapping[str, Secret]) -> Channel:
    # Imported when there is one: most projects have one type.
    match entry:
        case SlackEntry(webhook=None, channel=channel, api_url=url):
            from plumbline.alerts.channels.slack.channel import SlackBot

            return SlackBot(name, secrets["token"], str(channel), base_url=url)
        case SlackEntry():
            from plumbline.alerts.channels.slack.channel import SlackWebhook

            return SlackWebhook(name, secrets["webhook"])
        case GithubEntry(repository=repository, api_url=url):
            from plumbline.alerts.channels.github.channel import BASE_URL as GITHUB
            from plumbline.alerts.channels.github.channel import GitHubChannel

            return GitHubChannel(name, repository, secrets["token"], base_url=url or GITHUB)
        case PagerdutyEntry(api_url=url):
            from plumbline.alerts.channels.pagerduty.channel import BASE_URL as PAGERDUTY
            from plumbline.alerts.channels.pagerduty.channel import PagerDutyChannel

            return PagerDutyChannel(name, secrets["routing_key"], base_url=url or PAGERDUTY)
        case TeamsEntry():
            from plumbline.alerts.channels.teams.channel import TeamsChannel

            return TeamsChannel(name, secrets["webhook"])
        case GoogleChatEntry():
            from plumbline.alerts.channels.googlechat.channel import GoogleChatChannel

            return GoogleChatChannel(name, secrets["webhook"])
        case WebhookEntry():
            from plumbline.alerts.channels.webhook.channel import WebhookChannel

            return WebhookChannel(name, secrets["url"], signing_key=secrets.get("signing_key"))
        case EmailEntry():
            return _open_email(name, entry, secrets)


def _open_email(name: str, entry: EmailEntry, secrets: Mapping[str, Secret]) -> Channel:
    from plumbline.alerts.channels.email.channel import EmailChannel
    from plumbline.alerts.channels.email.transport import PORTS, Login, MailServer

    has_login = "username" in secrets
    server = MailServer(
        host=entry.host,
        port=entry.port or PORTS[entry.security],
        security=entry.security,
        login=Login(secrets["username"], secrets["password"]) if has_login else None,
    )
    return EmailChannel(name, server, sender=entry.sender, recipients=entry.to)
