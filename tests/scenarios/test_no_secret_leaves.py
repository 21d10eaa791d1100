"""Receivers and a BigQuery that echo what they were sent, in every form: no secret is printed, logged
or stored by a whole run, nor by the commands that show afterwards what it left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbline.history.dataset import OwnDataset
from plumbline.project import Target
from plumbline.warehouse.client import endpoint_of
from scenarios.conftest import Finished, Plumbline
from support.bigquery_faults import Refused
from support.bigquery_proxy import BigQueryProxy
from support.fake_receivers import FakeReceiver, Reply, Request
from support.projects import make_project
from support.secret_forms import WRITTEN, find_leak
from support.warehouse import shared_state_dir, warehouse

__all__ = ["shared_state_dir", "warehouse"]

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

PASSWORD, PATH, KEY = "pAssw0rdQx7zWv2L", "hOok5Zr8Yc3Mn6Bd", "sIgn1ngK3yTg9Vb4"
TOKEN, PROXY = "t0kEnRf6Jh2Ns8Wq", "pr0XyUd5Ep9Ga3Mz"
SECRETS = (PASSWORD, PATH, KEY, TOKEN, PROXY)
ALERTS = """
channels:
  errors: {type: slack, webhook: SLACK_URL}
  hook: {type: webhook, url: HOOK_URL, signing_key: HOOK_KEY}
  far: {type: webhook, url: FAR_URL}
routes: [{to: [errors, hook, far]}]
fallback: errors
confirm_after: {error: 1}
"""
TABLES = ("outcomes", "incidents", "deliveries", "heartbeats", "state")


@pytest.fixture
def echo() -> Iterator[FakeReceiver]:
    """Refuses each message, and says with what it was asked: each time in the next forms."""
    forms = iter(sorted(WRITTEN) * 100)

    def answer(request: Request) -> Reply:
        told = [request.target, *request.headers.values(), PATH, KEY]
        return Reply(400, json.dumps([WRITTEN[next(forms)](one) for one in reversed(told)]))

    with FakeReceiver(answer) as receiver:
        yield receiver


def test_no_secret_is_printed_logged_or_stored(
    warehouse: Target, plumbline: Plumbline, tmp_path: Path, echo: FakeReceiver
) -> None:
    with BigQueryProxy(endpoint_of(warehouse)) as proxy:
        proxy.token = TOKEN
        project = make_project(tmp_path / "project", warehouse)
        project.add("coverage", "select 20 as pct")
        forms = [form for form in WRITTEN if "HTML" not in form]
        for form in forms[::6]:
            name = "".join(c if c.isalnum() else "_" for c in form).lower()
            project.add(name, f"select 1 as pct -- {name}")
            said = f"got {WRITTEN[form](TOKEN)} and {WRITTEN['Basic'](TOKEN)}"
            proxy.on_query(f"plumbline_{name}_", Refused(400, "invalid", said, times=9))
        monitors = [file.stem for file in (project.root / "expectations").glob("*.json")]
        project.checkpoint(
            *monitors,
            actions=[
                {"name": "alerts", "type": "plumbline_alerts"},
                {"name": "docs", "type": "plumbline_docs"},
            ],
        )
        (project.root / "checkpoints" / "alerts.yml").write_text(ALERTS)
        file = project.root / "great_expectations.yml"
        there = "kind: bigquery\n"
        file.write_text(
            file.read_text().replace(there, f"{there}        api_endpoint: {proxy.url}\n")
        )
        host = echo.url.removeprefix("http://")
        environment = {
            "GOOGLE_APPLICATION_CREDENTIALS": str(proxy.write_key_file(tmp_path / "key.json")),
            "PLUMBLINE_PROJECT": warehouse.project,
            "PLUMBLINE_STATE_DIR": str(tmp_path / "state"),
            "SLACK_URL": f"http://{host}/services/T0/B0/{PATH}",
            "HOOK_URL": f"http://user:{PASSWORD}@{host}/hook/{PATH}",
            "HOOK_KEY": KEY,
            "FAR_URL": f"https://user:{PASSWORD}@hooks.example/{PATH}",
            "HTTPS_PROXY": f"http://user:{PROXY}@{host}",
        }

        def ask(*arguments: str, logs: str = "text") -> Finished:
            env = environment | {"PLUMBLINE_LOG_FORMAT": logs}
            # The proxy refuses what goes to https, which is tried again until the channel's time is over.
            return plumbline(*arguments, cwd=project.root, env=env, module="support.moments")

        on = ("--target", "bigquery")
        ran = ask("run", "all", *on, "--alerts", "--format", "json", "--debug")
        assert ran.code == 2, ran.stderr
        assert [one["status"] for one in ran.json["monitors"]].count("ERROR") == len(monitors) - 1
        assert not any(alert["delivered"] for alert in ran.json["alerts"])
        shown = [
            ran,
            ask("alerts", "list", *on, "--format", "json"),
            ask("alerts", "flush", *on, "--force", "--debug", logs="json"),
            ask("docs", "build", *on, "--debug", logs="json"),
            ask("debug", *on),
        ]
    assert len(echo.requests) > 2, "the receivers were asked"

    own = OwnDataset(warehouse)
    kept = {
        name: str(own.read_if_there("look", f"select * from `{{dataset}}.{name}`"))
        for name in TABLES
    }
    folders = (tmp_path / "state", project.root)
    for file in (file for folder in folders for file in folder.rglob("*") if file.is_file()):
        kept[str(file.relative_to(tmp_path))] = file.read_text(errors="replace")
    assert "answered 400" in kept["deliveries"]
    assert any("index.html" in name for name in kept), sorted(kept)
    printed = {f"output {at}": one.stdout + one.stderr for at, one in enumerate(shown)}
    each_once = {text: name for name, text in {**kept, **printed}.items()}
    for text, name in each_once.items():
        depth = 1 if name.endswith(".html") else 2
        assert find_leak(text, *SECRETS, depth=depth) is None, name
