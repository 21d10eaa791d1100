"""The schemas of alerts and mutes take what plumbline takes, and mark what plumbline refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from plumbline.core.errors import ConfigError
from plumbline.project.alerts import DEFAULT, read_alerts
from plumbline.project.mutes import read_mutes
from support.documents import read_document
from unit.schemas.conftest import GONE, ROOT, changed, schema_of

ALERTS_SCHEMA = schema_of("alerts")
MUTES_SCHEMA = schema_of("mutes")

ALERTS: dict[str, Any] = {
    "channels": {
        "slack": {"type": "slack", "webhook": "SLACK_WEBHOOK_URL"},
        "bot": {"type": "slack", "token": "SLACK_BOT_TOKEN", "channel": "#data-quality"},
        "issues": {"type": "github", "token": "GITHUB_TOKEN", "repository": "some/where"},
        "pager": {"type": "pagerduty", "routing_key": "PAGERDUTY_ROUTING_KEY"},
        "hook": {"type": "webhook", "url": "HOOK_URL", "signing_key": "HOOK_KEY"},
        "chat": {"type": "googlechat", "webhook": "CHAT_URL"},
        "teams": {"type": "teams", "webhook": "TEAMS_URL", "renamed_from": ["old"]},
        "mail": {
            "type": "email",
            "host": "smtp.example.com",
            "username": "SMTP_USERNAME",
            "password": "SMTP_PASSWORD",
            "from": "plumbline@example.com",
            "to": ["ana@example.com", "bob@example.com"],
        },
    },
    "routes": [
        {"status": "ERROR", "to": ["slack"]},
        {"status": ["CRITICAL", "WARNING"], "monitor": "lines", "owner": ["a"], "to": ["bot"]},
    ],
    "fallback": "slack",
    "remind_after": {"critical": "24h"},
    "flapping": {"openings": 3, "within": "2d"},
    "docs_url": "https://example.com",
}
RIGHT: dict[str, Any] = {
    "all of it": ALERTS,
    "the default": dict(DEFAULT),
    "no fallback": changed(ALERTS, "fallback", GONE),
    "an address of one's own": changed(ALERTS, "channels/bot/api_url", "http://localhost:1/api/"),
    "one recipient": changed(ALERTS, "channels/mail/to", "ana@example.com"),
    "a port of one's own": changed(ALERTS, "channels/mail/port", 2525),
    "no signing": changed(ALERTS, "channels/hook/signing_key", GONE),
}
WRONG: dict[str, Any] = {
    "nothing": {},
    "no channels": changed(ALERTS, "channels", {}),
    "no routes": changed(ALERTS, "routes", GONE),
    "an unknown key": changed(ALERTS, "route", []),
    "an unknown type": changed(ALERTS, "channels/pager/type", "pager"),
    "no type": changed(ALERTS, "channels/pager/type", GONE),
    "a key of another type": changed(ALERTS, "channels/pager/webhook", "SLACK_WEBHOOK_URL"),
    "a channel that is text": changed(ALERTS, "channels/pager", "PAGERDUTY_ROUTING_KEY"),
    "a name with a blank": changed(ALERTS, "channels/my pager", {"type": "webhook", "url": "A"}),
    "a URL in place of a variable": changed(
        ALERTS, "channels/slack/webhook", "https://hooks.slack.com/services/T0/B0/x"
    ),
    "a token in place of a variable": changed(ALERTS, "channels/bot/token", "xoxb-1-2"),
    "a bot without a room": changed(ALERTS, "channels/bot/channel", GONE),
    "a webhook and a bot": changed(ALERTS, "channels/bot/webhook", "SLACK_WEBHOOK_URL"),
    "a webhook with an address": changed(ALERTS, "channels/slack/api_url", "http://localhost"),
    "a repository without owner": changed(ALERTS, "channels/issues/repository", "where"),
    "a user without a password": changed(ALERTS, "channels/mail/password", GONE),
    "a password without encryption": changed(ALERTS, "channels/mail/security", "none"),
    "a sender without a domain": changed(ALERTS, "channels/mail/from", "plumbline"),
    "a recipient with a name": changed(ALERTS, "channels/mail/to", ["Ana <ana@example.com>"]),
    "no recipient": changed(ALERTS, "channels/mail/to", []),
    "a port that is none": changed(ALERTS, "channels/mail/port", 0),
    "an unknown encryption": changed(ALERTS, "channels/mail/security", "ssl"),
    "a host with a scheme": changed(ALERTS, "channels/mail/host", "smtp://example.com"),
    "a Teams URL in place of a variable": changed(
        ALERTS, "channels/teams/webhook", "https://prod-1.westeurope.logic.azure.com/workflows/x"
    ),
    "a status of no alert": changed(ALERTS, "routes/0/status", "PASS"),
    "a status in small letters": changed(ALERTS, "routes/0/status", "error"),
    "nobody to tell": changed(ALERTS, "routes/0/to", []),
    "whom to tell as text": changed(ALERTS, "routes/0/to", "slack"),
    "a duration in words": changed(ALERTS, "remind_after/critical", "a day"),
    "an unknown interval": changed(ALERTS, "remind_after/skipped", "1d"),
    "flapping at once": changed(ALERTS, "flapping/openings", 1),
    "an address that is none": changed(ALERTS, "docs_url", "the wiki"),
}

MUTES: dict[str, Any] = {
    "mutes": [
        {"monitor": "lines", "owner": "ana", "reason": "backfill", "until": "2026-02-10"},
        {
            "monitor": "lag",
            "owner": "ana",
            "reason": "backfill",
            "until": "2026-02-10T18:00:00-05:00",
        },
    ]
}
RIGHT_MUTES: dict[str, Any] = {
    "two": MUTES,
    "none": {"mutes": []},
    "none yet": {"mutes": None},
    "UTC": changed(MUTES, "mutes/0/until", "2026-02-10T18:00Z"),
}
WRONG_MUTES: dict[str, Any] = {
    "an unknown key": {"mute": []},
    "no owner": changed(MUTES, "mutes/0/owner", GONE),
    "no reason": changed(MUTES, "mutes/0/reason", GONE),
    "an empty reason": changed(MUTES, "mutes/0/reason", ""),
    "no end": changed(MUTES, "mutes/0/until", GONE),
    "an end in words": changed(MUTES, "mutes/0/until", "friday"),
    "an end without zone": changed(MUTES, "mutes/0/until", "2026-02-10T18:00:00"),
}


def read(tmp_path: Path, alerts: Any) -> None:
    """As plumbline does."""
    file = tmp_path / "alerts.yml"
    file.write_text(yaml.safe_dump(alerts))
    read_alerts(read_document(file))


def read_as_mutes(tmp_path: Path, mutes: Any) -> None:
    """As plumbline does."""
    file = tmp_path / "mutes.yml"
    file.write_text(yaml.safe_dump(mutes))
    read_mutes(read_document(file), zone=ZoneInfo("UTC"))


@pytest.mark.parametrize("alerts", RIGHT.values(), ids=RIGHT)
def test_right_alerts_are_taken_by_the_schema_and_by_plumbline(tmp_path: Path, alerts: Any) -> None:
    assert [error.message for error in ALERTS_SCHEMA.iter_errors(alerts)] == []
    read(tmp_path, alerts)


@pytest.mark.parametrize("alerts", WRONG.values(), ids=WRONG)
def test_wrong_alerts_are_refused_by_the_schema_and_by_plumbline(
    tmp_path: Path, alerts: Any
) -> None:
    assert not ALERTS_SCHEMA.is_valid(alerts)
    with pytest.raises(ConfigError):
        read(tmp_path, alerts)


@pytest.mark.parametrize("mutes", RIGHT_MUTES.values(), ids=RIGHT_MUTES)
def test_right_mutes_are_taken_by_the_schema_and_by_plumbline(tmp_path: Path, mutes: Any) -> None:
    assert [error.message for error in MUTES_SCHEMA.iter_errors(mutes)] == []
    read_as_mutes(tmp_path, mutes)


@pytest.mark.parametrize("mutes", WRONG_MUTES.values(), ids=WRONG_MUTES)
def test_wrong_mutes_are_refused_by_the_schema_and_by_plumbline(tmp_path: Path, mutes: Any) -> None:
    assert not MUTES_SCHEMA.is_valid(mutes)
    with pytest.raises(ConfigError):
        read_as_mutes(tmp_path, mutes)


def test_the_shipped_files_are_right() -> None:
    alerts, mutes = (
        yaml.safe_load((ROOT / "checkpoints" / name).read_text())
        for name in ("alerts.yml", "mutes.yml")
    )
    assert ALERTS_SCHEMA.is_valid(alerts)
    assert MUTES_SCHEMA.is_valid(mutes)
