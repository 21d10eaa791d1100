"""From names of variables to channels: what is there, what is missing and why, what is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.alerts.channels.factory import OpenedChannels, open_channels
from plumbline.project.alerts import read_alerts
from support.documents import read_document

CHANNELS = """
channels:
  slack-error: {type: slack, webhook: ERROR_URL}
  slack: {type: slack, webhook: SLACK_URL}
  bot: {type: slack, token: BOT_TOKEN, channel: "#data"}
  other-room: {type: slack, token: BOT_TOKEN, channel: "#other", api_url: "http://localhost:1/api/"}
  issues: {type: github, token: GITHUB_TOKEN, repository: some/where}
  pager: {type: pagerduty, routing_key: ROUTING_KEY, api_url: "http://localhost:1"}
  hook: {type: webhook, url: HOOK_URL, signing_key: HOOK_KEY}
  teams: {type: teams, webhook: TEAMS_URL}
  chat: {type: googlechat, webhook: CHAT_URL}
  mail:
    {type: email, host: localhost, username: SMTP_USER, password: SMTP_KEY, from: a@b.c, to: [d@e.f]}
routes: []
"""
ALL = {
    "ERROR_URL": "https://hooks.slack.com/services/T0/B0/error",
    "SLACK_URL": "https://hooks.slack.com/services/T0/B0/slack",
    "BOT_TOKEN": "xoxb-secret-token",
    "GITHUB_TOKEN": "ghp_secrettoken",
    "ROUTING_KEY": "secretroutingkey",
    "HOOK_URL": "http://localhost:1/secret-hook",
    "HOOK_KEY": "secret-key",
    "CHAT_URL": "http://localhost:1/secret-space",
    "TEAMS_URL": "http://localhost:1/secret-workflow",
    "SMTP_USER": "secret-user",
    "SMTP_KEY": "secret-password",
}


def opened(tmp_path: Path, **changes: str | None) -> OpenedChannels:
    file = tmp_path / "alerts.yml"
    file.write_text(CHANNELS)
    environment = {name: value for name, value in {**ALL, **changes}.items() if value is not None}
    return open_channels(read_alerts(read_document(file)), environment)


def test_every_type_is_opened_under_its_name(tmp_path: Path) -> None:
    found = opened(tmp_path)
    assert found.missing == {}
    assert {name: channel.name for name, channel in found.channels.items()} == {
        name: name
        for name in (
            "slack-error",
            "slack",
            "bot",
            "other-room",
            "issues",
            "pager",
            "hook",
            "teams",
            "mail",
            "chat",
        )
    }
    assert {type(channel).__name__ for channel in found.channels.values()} == {
        "SlackWebhook",
        "SlackBot",
        "GitHubChannel",
        "PagerDutyChannel",
        "WebhookChannel",
        "TeamsChannel",
        "GoogleChatChannel",
        "EmailChannel",
    }


@pytest.mark.parametrize(
    ("variable", "value", "name", "why"),
    [
        ("SLACK_URL", None, "slack", "SLACK_URL is not set"),
        ("SLACK_URL", "", "slack", "SLACK_URL is not set"),
        ("HOOK_KEY", None, "hook", "HOOK_KEY is not set"),
        ("HOOK_URL", "http://hooks.example.com/x", "hook", "HOOK_URL is not an https URL"),
        ("TEAMS_URL", "logic.azure.com/x", "teams", "TEAMS_URL is not an https URL"),
        ("SMTP_KEY", None, "mail", "SMTP_KEY is not set"),
        ("ROUTING_KEY", "sm://nonsense", "pager", "ROUTING_KEY"),
    ],
)
def test_what_is_missing_is_named_by_its_variable_and_the_others_are_there(
    tmp_path: Path, variable: str, value: str | None, name: str, why: str
) -> None:
    found = opened(tmp_path, **{variable: value})
    assert list(found.missing) == [name]
    assert why in found.missing[name]
    assert name not in found.channels
    assert len(found.channels) == 9


def test_two_names_for_one_place_lead_to_one_channel(tmp_path: Path) -> None:
    found = opened(tmp_path, SLACK_URL=ALL["ERROR_URL"])
    assert found.channels["slack"] is found.channels["slack-error"]
    assert found.channels["slack"].name == "slack-error"


def test_two_rooms_of_one_bot_are_two_places(tmp_path: Path) -> None:
    found = opened(tmp_path)
    assert found.channels["bot"] is not found.channels["other-room"]


def test_no_secret_is_seen_in_what_was_opened(tmp_path: Path) -> None:
    shown = repr(opened(tmp_path)) + repr(opened(tmp_path, HOOK_URL="no-url-but-secret"))
    for secret in (*ALL.values(), "no-url-but-secret"):
        assert secret not in shown
