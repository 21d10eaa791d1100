"""The newcomer's path: from a table to the first alert in three commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plumbline.project import Project
from plumbline.warehouse.client import open_client
from scenarios.conftest import Plumbline
from support.fake_slack import FakeSlack

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]


def test_three_commands_lead_from_a_table_to_the_first_alert(
    plumbline: Plumbline, season_state_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = tmp_path / "corner_shop"
    shop.mkdir()
    assert plumbline("init", cwd=shop).code == 0
    proposed = plumbline("new", "table", "shop.orders", "--yes", cwd=shop)
    assert "amount must be at least 0" in proposed.stdout + proposed.stderr

    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(season_state_dir))
    client = open_client(Project(shop).target("local"))
    client.query("update shop.orders set amount = -5 where country = 'at'").result()

    with FakeSlack() as slack:
        webhook = {"SLACK_WEBHOOK_URL": slack.webhook_url}
        done = plumbline("run", "-s", "orders", "--alerts", "--no-docs", cwd=shop, env=webhook)
    assert done.code == 1, done.stderr
    (message,) = slack.messages
    assert message["text"].startswith("WARNING orders")
    assert "amount" in str(message)
    # What was recorded is of the example's day, and not stale for that.
    checked = plumbline("schedule", "check", "--no-alerts", "--format", "json", cwd=shop)
    (alerts,) = [one for one in json.loads(checked.stdout)["watched"] if one["name"] == "alerts"]
    assert "stale" not in [finding["kind"] for finding in alerts["findings"]]
