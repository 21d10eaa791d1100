"""The alerts action as a plain Great Expectations user meets it: no command line anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import great_expectations as gx
import pytest
from great_expectations.checkpoint.actions import SNSNotificationAction

import plumbline
from plumbline.history.dataset import OwnDataset
from plumbline.history.heartbeat_rows import read_heartbeats
from plumbline.project.targets import Target
from plumbline.warehouse.embedded import EmbeddedWarehouse
from support.fake_slack import FakeSlack
from support.projects import SmallProject, make_project

pytestmark = pytest.mark.warehouse

WRONG = "select '2026-02-02' as game_date, 44.2 as pct"


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", server.webhook_url)
        yield server


@pytest.fixture
def live(warehouse: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """A project on a server of the user's own: its runs are live ones."""
    assert plumbline.__version__
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", EmbeddedWarehouse.of(warehouse).url())
    monkeypatch.setenv("PLUMBLINE_PROJECT", warehouse.project)
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(tmp_path / "state"))
    small = make_project(tmp_path / "project", warehouse)
    small.add("coverage", WRONG)
    small.checkpoint("coverage", actions=[{"name": "alerts", "type": "plumbline_alerts"}])
    return small


def checkpoint_of(project: SmallProject) -> Any:
    return gx.get_context(context_root_dir=str(project.root)).checkpoints.get("all")


def test_a_run_in_a_notebook_tells_as_the_command_does(
    live: SmallProject, slack: FakeSlack
) -> None:
    checkpoint = checkpoint_of(live)
    checkpoint.run()
    (message,) = slack.messages
    assert "coverage" in message["text"].splitlines()[0]
    (action,) = checkpoint.actions
    assert [(str(line.event), line.delivered) for line in action.report.lines] == [("opened", True)]


def test_an_action_that_fails_before_it_does_not_stop_it(
    live: SmallProject, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("its server is down")

    monkeypatch.setattr(SNSNotificationAction, "run", fail)
    checkpoint = checkpoint_of(live)
    theirs = SNSNotificationAction(name="theirs", sns_topic_arn="arn", sns_message_subject=None)
    checkpoint.actions = [theirs, *checkpoint.actions]
    checkpoint.run()
    assert len(slack.messages) == 1
    assert checkpoint.failed_actions == ["action 'theirs' failed: RuntimeError: its server is down"]


def test_a_run_of_another_day_tells_nobody(live: SmallProject, slack: FakeSlack) -> None:
    checkpoint_of(live).run(batch_parameters={"as_of": "2026-02-02"})
    assert slack.messages == []


@pytest.mark.parametrize("raised", [ValueError("what is that?"), SystemExit(1)], ids=str)
def test_an_alerts_action_that_raises_is_an_error_of_the_run_and_in_its_heartbeat(
    warehouse: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise raised

    small = make_project(tmp_path / "project", warehouse)
    small.add("coverage", "select '2026-02-02' as game_date, 92.0 as pct")
    small.checkpoint("coverage", actions=[{"name": "alerts", "type": "plumbline_alerts"}])
    monkeypatch.setattr("plumbline.alerts.factory.notify", fail)
    now = datetime.now(UTC)

    report = small.run_at(now, "all")

    assert (str(report.status), report.exit_code, report.score) == ("ERROR", 3, 100)
    (line,) = report.action_errors
    assert f"action 'alerts' failed: {type(raised).__name__}" in line
    found = read_heartbeats(OwnDataset(small.target), since=now - timedelta(hours=1))
    assert [beat.action_errors for beat in found if beat.kind == "finished"] == [line]


def test_a_run_whose_clock_is_ahead_changes_nothing_and_the_next_one_acts(
    live: SmallProject, slack: FakeSlack
) -> None:
    now = datetime.now(UTC)

    ahead = live.run_at(now + timedelta(days=60), "all")

    assert slack.messages == []
    (line,) = ahead.action_errors
    assert "60.0 days ahead of the warehouse's clock" in line
    assert live.run_at(now, "all").action_errors == ()
    assert len(slack.messages) == 1


def test_a_project_or_target_that_is_well_does_not_end_the_incident_of_another(
    live: SmallProject, warehouse: Target, tmp_path: Path, slack: FakeSlack
) -> None:
    bank = make_project(tmp_path / "bank", warehouse)
    bank.add("coverage", "select '2026-02-02' as game_date, 92.0 as pct")
    bank.checkpoint("coverage", actions=[{"name": "alerts", "type": "plumbline_alerts"}])
    staging = replace(live.target, project_dir=bank.root, name="staging")
    now = datetime.now(UTC)
    live.run_at(now, "all")

    for number, target in enumerate((replace(staging, plumbline_project="bank"), staging), 1):
        replace(bank, target=target).run_at(now + timedelta(minutes=number), "all")

    assert len(slack.messages) == 1
    live.add("coverage", "select '2026-02-02' as game_date, 92.0 as pct")
    live.run_at(now + timedelta(minutes=3), "all")
    assert len(slack.messages) == 2
