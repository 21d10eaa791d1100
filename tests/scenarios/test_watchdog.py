"""A run that did not happen is told of: real runs, killed, hung and starved, and a watchdog elsewhere."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbline.history.dataset import OwnDataset
from plumbline.history.heartbeat_rows import Heartbeat, read_heartbeats
from plumbline.net import ping
from plumbline.project import Project, Target
from plumbline.schedule.watchdog_check import CheckReport, check
from plumbline.warehouse.embedded import EmbeddedWarehouse
from plumbline.warehouse.retries import PATIENCE
from scenarios.conftest import environment
from support.fake_receivers import FakeReceiver, Reply
from support.fake_slack import FakeSlack, Stall, Status
from support.projects import SmallProject, make_project
from support.sockets import refused_port
from support.warm_python import warm_python

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

SCHEDULE = """
schedules:
  - checkpoint: all
    cron: "{minute} {hour} * * *"
    timezone: UTC
    deadline: 30m
    ping: PING_URL
    notify: [slack]
"""
OVER = timedelta(minutes=31)
"""After the run was due: its deadline is over."""
ALERTS = [{"name": "alerts", "type": "plumbline_alerts"}]


class Elsewhere:
    """A live project whose runs are processes of their own, and who watches them."""

    def __init__(
        self, small: SmallProject, server: str, slack: FakeSlack, pings: FakeReceiver
    ) -> None:
        self.small, self.slack, self.pings = small, slack, pings
        self.environment = environment(small.root / "state") | {
            "BIGQUERY_EMULATOR_HOST": server,
            "PLUMBLINE_PROJECT": small.target.project,
            "PLUMBLINE_SCHEDULE": "all",
            "SLACK_WEBHOOK_URL": slack.webhook_url,
            "PING_URL": pings.url + "/ping/secret-check",
        }
        self.watchers = self.environment | {"PLUMBLINE_STATE_DIR": str(small.root / "elsewhere")}

    def start(self, *, module: str = "plumbline", **changes: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*warm_python(), "-m", module, "run", "all", "--no-docs"],
            cwd=self.small.root,
            env=self.environment | changes,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *, module: str = "plumbline", **changes: str) -> str:
        said, _ = self.start(module=module, **changes).communicate(timeout=120)
        return said

    @property
    def target(self) -> Target:
        found = Project(self.small.root).target("local")
        return replace(found, emulator_host=self.environment["BIGQUERY_EMULATOR_HOST"], project=self.small.target.project,
                       state_dir=self.small.root / "elsewhere")  # fmt: skip

    def beats(self) -> list[Heartbeat]:
        since = datetime.now(UTC) - timedelta(hours=1)
        return list(read_heartbeats(OwnDataset(self.target), since=since))

    def check(self, *, later: timedelta = OVER, target: Target | None = None) -> CheckReport:
        return check(
            Project(self.small.root),
            target or self.target,
            now=datetime.now(UTC) + later,
            tells=True,
            environment=self.watchers,
        )

    def signals(self) -> list[str]:
        return [request.path.rsplit("/", 1)[-1] for request in self.pings.requests]

    def kinds(self, report: CheckReport) -> list[str]:
        (schedule,) = [one for one in report.watched if one.name == "schedule all"]
        return [str(finding.kind) for finding in schedule.findings]


@pytest.fixture
def elsewhere(warehouse: Target, tmp_path: Path) -> Iterator[Elsewhere]:
    now = datetime.now(UTC)
    small = make_project(tmp_path / "project", warehouse)
    small.add("coverage", "select '2026-02-02' as game_date, 92.0 as pct")
    small.checkpoint("coverage", name="all", actions=ALERTS)
    (small.root / "checkpoints" / "schedule.yml").write_text(
        SCHEDULE.format(minute=now.minute, hour=now.hour)
    )
    with (small.root / "great_expectations.yml").open() as stream:
        text = stream.read()
    own = f"datasets: {{plumbline: plumbline_{tmp_path.name.replace('-', '_')}}}"
    (small.root / "great_expectations.yml").write_text(
        text.replace("kind: embedded\n", f"kind: embedded\n        {own}\n")
    )
    with FakeSlack() as slack, FakeReceiver() as pings:
        yield Elsewhere(small, EmbeddedWarehouse.of(warehouse).url(), slack, pings)


def wait_for(condition: object, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_run_that_happened_is_known_to_have_started_and_checked_something(
    elsewhere: Elsewhere,
) -> None:
    elsewhere.run()
    started, finished = elsewhere.beats()
    assert (started.kind, finished.kind) == ("started", "finished")
    assert (finished.monitors, finished.checked, finished.evaluated) == (1, 1, 2)
    assert (finished.status, finished.schedule, finished.waiting) == ("OK", "all", 0)
    assert elsewhere.signals() == ["start", "secret-check"]
    first, last = (request.query["rid"] for request in elsewhere.pings.requests)
    assert first == last
    assert elsewhere.kinds(elsewhere.check()) == []
    assert elsewhere.slack.messages == []


def test_a_run_that_is_killed_is_told_of_once_and_its_successor_ends_it(
    elsewhere: Elsewhere,
) -> None:
    elsewhere.small.add("coverage", "select '2026-02-02' as game_date, 10.0 as pct")
    elsewhere.slack.next(Stall(60))
    process = elsewhere.start()
    wait_for(lambda: "start" in elsewhere.signals())
    wait_for(lambda: elsewhere.beats() and elsewhere.slack.requests)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    elsewhere.slack.always(None)
    told = len(elsewhere.slack.messages)

    assert elsewhere.kinds(elsewhere.check()) == ["hung"]
    (message,) = elsewhere.slack.messages[told:]
    assert "schedule all" in message["text"].splitlines()[0]
    elsewhere.check()
    assert len(elsewhere.slack.messages) == told + 1
    assert elsewhere.signals() == ["start"], "no success, so the service outside calls too"

    elsewhere.run()
    report = elsewhere.check(later=OVER + timedelta(minutes=1))
    assert elsewhere.kinds(report) == []
    assert report.alerts is not None
    assert [str(line.event) for line in report.alerts.lines] == ["resolved"]


def test_entries_that_name_what_is_gone_silence_neither_runs_nor_the_watchdog(
    elsewhere: Elsewhere,
) -> None:
    checkpoints = elsewhere.small.root / "checkpoints"
    (checkpoints / "mutes.yml").write_text(
        "mutes: [{monitor: gone, owner: ana, reason: moved, until: 2020-01-01}]\n"
    )
    with (checkpoints / "schedule.yml").open("a") as stream:
        stream.write(
            "  - {checkpoint: dead, cron: '0 0 * * *', timezone: UTC, deadline: 1h,"
            " notify: [slack]}\n"
        )

    said = elsewhere.run()

    assert "there is no monitor 'gone'" in said
    assert "there is no checkpoint 'dead'" in said
    report = elsewhere.check()
    assert elsewhere.kinds(report) == []
    assert any("there is no monitor 'gone'" in note for note in report.notes)
    (message,) = elsewhere.slack.messages
    assert "checkpoint dead does not exist" in str(message)


def test_a_run_that_never_came_is_missing(elsewhere: Elsewhere) -> None:
    assert elsewhere.kinds(elsewhere.check()) == ["missing"]
    assert len(elsewhere.slack.messages) == 1
    elsewhere.check()
    assert len(elsewhere.slack.messages) == 1, "it is said once, not at each look"


def test_a_run_that_was_starved_is_none(elsewhere: Elsewhere) -> None:
    elsewhere.small.add("coverage", "select * from `nowhere.at_all`")
    elsewhere.run()
    assert elsewhere.kinds(elsewhere.check()) == ["checked nothing"]
    assert elsewhere.signals() == ["start", "fail"]


def test_a_slack_that_is_down_does_not_silence_the_ping(elsewhere: Elsewhere) -> None:
    elsewhere.slack.always(Status(404))
    elsewhere.small.add("coverage", "select '2026-02-02' as game_date, 10.0 as pct")
    elsewhere.run()
    assert elsewhere.signals() == ["start", "fail"]
    assert "undelivered" in elsewhere.kinds(elsewhere.check())


def test_a_run_of_which_nobody_could_be_told_is_no_success_to_who_watches_from_outside(
    elsewhere: Elsewhere,
) -> None:
    elsewhere.small.add("coverage", "select '2026-02-02' as game_date, 10.0 as pct")
    elsewhere.slack.always(Status(404))
    elsewhere.run()
    assert elsewhere.slack.messages == []
    assert elsewhere.signals() == ["start", "fail"]


def test_without_credentials_the_watchdog_tells_all_the_same(elsewhere: Elsewhere) -> None:
    done = subprocess.run(
        [*warm_python(), "-m", "plumbline", "schedule", "check", "--target", "bigquery"],
        cwd=elsewhere.small.root,
        env=elsewhere.watchers | {"GOOGLE_APPLICATION_CREDENTIALS": "/not/there.json"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "unreadable" in done.stdout
    (message,) = elsewhere.slack.messages
    assert "ERROR" in message["text"]


def test_a_scheduled_run_that_is_refused_is_a_failure_to_who_watches_from_outside(
    elsewhere: Elsewhere,
) -> None:
    (elsewhere.small.root / "checkpoints" / "all.json").write_text("{}")
    elsewhere.run()
    assert elsewhere.signals() == ["fail"]


def test_a_ping_that_is_down_does_not_silence_slack_nor_delay_the_run(elsewhere: Elsewhere) -> None:
    elsewhere.pings.answers(Reply(how="stall"))
    began = time.monotonic()
    said = elsewhere.run(module="support.moments")
    assert "The ping of schedule all failed" in said
    assert "secret-check" not in said
    assert time.monotonic() - began < 60
    assert ping.TIMEOUT_SECONDS <= 5, "of the two pings of a run, each"
    assert elsewhere.kinds(elsewhere.check()) == []


def test_a_warehouse_that_is_down_is_told_of_by_what_this_machine_knows(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PATIENCE, "embedded", 0.5)
    down = replace(elsewhere.target, emulator_host=f"http://127.0.0.1:{refused_port()}")
    report = elsewhere.check(target=down)
    assert elsewhere.kinds(report) == ["unreadable"]
    (message,) = elsewhere.slack.messages
    assert "ERROR" in message["text"]
    elsewhere.check(target=down)
    assert len(elsewhere.slack.messages) == 1


def test_the_command_ends_with_the_status_and_says_what_to_do(elsewhere: Elsewhere) -> None:
    done = subprocess.run(
        [*warm_python(), "-m", "plumbline", "schedule", "check", "--no-alerts"],
        cwd=elsewhere.small.root,
        env=elsewhere.watchers,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "missing  the run of" in done.stdout
    assert "fix      check whether the scheduler runs" in done.stdout
    assert os.environ.get("SLACK_WEBHOOK_URL") is None or elsewhere.slack.messages == []
