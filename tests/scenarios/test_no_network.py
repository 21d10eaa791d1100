"""Nothing resolves: BigQuery, its token server, Slack and the ping. The run ends soon and says so."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.core.errors import PlumblineError
from plumbline.net import names
from plumbline.net.secrets import SecretUnreachableError, read_secret
from plumbline.site.objects import Objects
from support.bigquery_proxy import BigQueryProxy
from support.projects import SmallProject, make_project
from support.targets import bigquery_target

pytestmark = pytest.mark.scenario

MODEL = (
    "select instant as as_of, 'judge' as verdict, 100.0 as pct, 1 as numerator, 1 as denominator\n"
    "from unnest({{ var('as_of') }}) as instant\n"
)
ALERTS = """
channels: {errors: {type: slack, webhook: SLACK_WEBHOOK_URL_ERROR}}
routes: [{to: [errors]}]
confirm_after: {error: 1}
"""
SCHEDULE = """
schedules:
  - {checkpoint: health, cron: "0 0 * * *", timezone: UTC, deadline: 10m, notify: [errors], ping: PING}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    with BigQueryProxy("http://unused") as tokens:
        key = tokens.write_key_file(tmp_path / "key.json")
    content = json.loads(key.read_text())
    key.write_text(json.dumps({**content, "token_uri": "https://token.invalid/token"}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    monkeypatch.setenv("SLACK_WEBHOOK_URL_ERROR", "https://slack.invalid/services/x")
    monkeypatch.setenv("PING", "https://ping.invalid/x")
    monkeypatch.setenv("PLUMBLINE_SCHEDULE", "health")
    target = bigquery_target(api_endpoint="https://bq.invalid")
    target = replace(target, state_dir=tmp_path / "state")
    made = make_project(tmp_path / "project", target)
    made.add("coverage", MODEL)
    made.checkpoint(
        "coverage", name="health", actions=[{"name": "alerts", "type": "plumbline_alerts"}]
    )
    (made.root / "checkpoints" / "alerts.yml").write_text(ALERTS)
    (made.root / "checkpoints" / "schedule.yml").write_text(SCHEDULE)
    return made


def test_a_run_without_a_name_server_waits_for_each_host_once(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "GIVEN_UP_SECONDS", 0.5)
    monkeypatch.setattr(names, "FIRST_SECONDS", 0.5)
    import great_expectations  # noqa: F401 - it takes longer than all the rest

    began = time.monotonic()
    report = project.run_at(datetime(2026, 2, 3, 5, tzinfo=UTC))
    # The jobs, the message and the two pings; not each call of the state and the heartbeats too.
    assert time.monotonic() - began < 5
    assert report.exit_code == 3
    (outcome,) = report.outcomes
    assert "no access token: https://token.invalid can't be reached" in str(outcome.reason)
    said = "\n".join((*report.notes, *(str(note) for note in report.action_errors)))
    assert "slack.invalid can't be reached: its name cannot be resolved" in str(report)
    assert "ping.invalid can't be reached" in said
    assert said.count("The heartbeat could not be recorded: no access token") == 1
    assert said.count("The ping of schedule") == 1


def test_a_bucket_is_not_waited_for_and_the_token_server_is_named(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setattr(names, "GIVEN_UP_SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(PlumblineError) as raised:
        Objects("example-data-docs", project="example-data").get("bigquery/site.json")
    assert time.monotonic() - began < 5
    assert "no access token: https://token.invalid can't be reached" in raised.value.what


def test_of_secret_manager_the_missing_token_is_said(project: SmallProject) -> None:
    variable = {"HOOK": "sm://example-data/hook"}
    with pytest.raises(SecretUnreachableError) as raised:
        read_secret("HOOK", variable, timeout_seconds=5)
    assert "the token server gives no access token" in raised.value.what
