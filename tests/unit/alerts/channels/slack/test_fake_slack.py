"""The Slack that tests speak to holds messages to Slack's limits, and runs by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from support.fake_slack import what_is_wrong

TESTS = Path(__file__).parents[4]


def section(length: int) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


def bar(color: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    return {"color": color, "blocks": list(blocks)}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "a"}, None),
        ({"text": "a" * 40_001}, "msg_too_long"),
        ({"text": "a", "blocks": [section(3000)] * 4}, None),
        ({"text": "a", "blocks": [section(3000)] * 5}, "msg_blocks_too_long"),
        ({"text": "a", "blocks": [section(1)] * 50}, None),
        ({"text": "a", "attachments": [bar("#cf222e", section(1))]}, None),
        ({"text": "a", "attachments": [bar("red", section(1))]}, "invalid_attachments"),
        ({"text": "a", "attachments": [bar("#cf222e", section(3001))]}, "invalid_blocks"),
        ({"text": "a", "attachments": [bar("#cf222e")] * 21}, "too_many_attachments"),
        ({"text": "a", "blocks": [section(1)] * 51}, "invalid_blocks"),
        ({"text": "a", "blocks": [section(3001)]}, "invalid_blocks"),
        ({"text": "a", "blocks": [section(0)]}, "invalid_blocks"),
        ({"text": "a", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"text": "a", "blocks": [{"type": "banner"}]}, "invalid_blocks"),
        ({"text": "a", "blocks": [section(1) | {"type": "header"}]}, "invalid_blocks"),
        ({"text": "a", "blocks": [{"type": "context", "elements": []}]}, "invalid_blocks"),
        ({"text": "a", "blocks": [{"type": "divider"}]}, None),
    ],
)
def test_it_refuses_what_slack_refuses(body: dict[str, Any], fault: str | None) -> None:
    assert what_is_wrong(body) == fault


def test_it_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    log = tmp_path / "slack.jsonl"
    command = [sys.executable, "-m", "support.fake_slack", "--port", "0", "--log", str(log)]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            addresses = json.loads(process.stdout.readline())
            request = urllib.request.Request(
                addresses["webhook_url"],
                data=b'{"text": "hello"}',
                headers={"Content-Type": "application/json"},
            )
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=10) as response:
                assert response.read() == b"ok"
        finally:
            process.terminate()
    (line,) = log.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["body"] == {"text": "hello"}
