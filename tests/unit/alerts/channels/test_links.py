"""Every channel has the same links: runbook, documentation, SQL and suite at what ran."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from plumbline.alerts.channels.email import rendering as email
from plumbline.alerts.channels.github import rendering as github
from plumbline.alerts.channels.googlechat import rendering as googlechat
from plumbline.alerts.channels.message import Message
from plumbline.alerts.channels.pagerduty import rendering as pagerduty
from plumbline.alerts.channels.slack import render
from plumbline.alerts.channels.teams import rendering as teams
from plumbline.alerts.channels.webhook import rendering as webhook
from support.channel_messages import item, message

LINKS = {
    "runbook": "https://git.example/blob/abc/docs/runbooks/a.md",
    "docs_url": "https://docs.example/a",
    "sql_url": "https://git.example/blob/abc/models/a.sql",
    "suite_url": "https://git.example/blob/abc/expectations/a.json",
}
RENDERED: dict[str, Callable[[Message], str]] = {
    "slack": lambda told: json.dumps(render.payload(told)),
    "slack-bot": lambda told: json.dumps(render.payload_of(told, told.items[0])),
    "teams": lambda told: teams.encoded(told).decode(),
    "googlechat": lambda told: googlechat.encoded(told).decode(),
    "email": email.html,
    "github": lambda told: github.issue_body(told.items[0], told),
    "pagerduty": lambda told: json.dumps(pagerduty.event_of(told.items[0], told)),
    "webhook": lambda told: webhook.body(told).decode(),
}


@pytest.mark.parametrize("channel", RENDERED)
def test_a_channel_has_each_link(channel: str) -> None:
    told = message(item(**LINKS))
    text = RENDERED[channel](told)
    assert [address for address in LINKS.values() if address not in text] == []


@pytest.mark.parametrize("channel", sorted(RENDERED.keys() - {"webhook"}))
def test_a_runbook_without_an_address_is_named(channel: str) -> None:
    text = RENDERED[channel](message(item(runbook="docs/runbooks/a.md")))
    assert "docs/runbooks/a.md" in text.replace("&#95;", "_")
