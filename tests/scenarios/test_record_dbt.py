"""``plumbline record dbt`` in real processes: killed on the way, two at once, wrong files."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbline.project.targets import Target
from scenarios.conftest import environment
from support.dbt_results import write_run_results
from support.fake_slack import FakeSlack, Stall
from support.projects import make_project
from support.warm_python import warm_python

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]


@dataclass(frozen=True)
class Typed:
    """A project whose dbt has run, and commands typed in its folder."""

    root: Path
    environment: dict[str, str]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*warm_python(), "-m", "plumbline", *arguments],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def record(self) -> subprocess.Popen[str]:
        return self.start("record", "dbt", "--alerts", "--no-docs")

    def done(self, *arguments: str) -> tuple[int, str, str]:
        process = self.start(*arguments)
        said, complained = process.communicate(timeout=120)
        return process.returncode, said, complained


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


@pytest.fixture
def typed(tmp_path: Path, warehouse: Target, slack: FakeSlack) -> Typed:
    root = make_project(tmp_path, warehouse).root
    configuration = root / "great_expectations.yml"
    before, _, after = configuration.read_text().partition("        seed:\n")
    configuration.write_text(before + after[after.index("      bigquery:") :])
    at = datetime.now(UTC) - timedelta(hours=1)
    write_run_results(root / "target", {"a": "fail", "b": "pass"}, at=at, invocation="1")
    names = {"PLUMBLINE_PROJECT": warehouse.project, "SLACK_WEBHOOK_URL": slack.webhook_url}
    return Typed(root, environment(warehouse.state_dir) | names)


def test_the_next_recording_sends_what_a_killed_one_did_not(typed: Typed, slack: FakeSlack) -> None:
    slack.next(Stall(60))
    killed = typed.record()
    while not slack.requests:
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.02)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(timeout=30)
    again = typed.record()
    said, complained = again.communicate(timeout=120)
    assert again.returncode == 2, complained
    assert "Delivered now: 1 message of earlier runs" in said
    first, second = slack.messages
    assert first["text"] == second["text"]


def test_of_two_recordings_at_once_one_notifies(typed: Typed, slack: FakeSlack) -> None:
    both = [typed.record() for _ in range(2)]
    assert [(one.communicate(timeout=120), one.returncode)[1] for one in both] == [2, 2]
    assert len(slack.messages) == 1


def test_monitors_without_files_are_listed_and_muted_and_a_wrong_name_is_not(typed: Typed) -> None:
    typed.record().communicate(timeout=120)
    code, said, _ = typed.done("list")
    assert (code, "dbt.b" in said) == (0, True)
    mute = ("--for", "1d", "--owner", "ana", "--reason", "backfill")
    assert typed.done("alerts", "mute", "dbt.a", *mute)[0] == 0
    code, _, complained = typed.done("alerts", "mute", "dbt.aa", *mute)
    assert code == 64
    assert "did you mean 'dbt.a'" in complained


def test_a_file_that_is_cut_off_is_refused_and_records_nothing(
    typed: Typed, slack: FakeSlack
) -> None:
    file = typed.root / "target" / "run_results.json"
    file.write_text(file.read_text()[:200])
    again = typed.record()
    said, complained = again.communicate(timeout=120)
    assert (again.returncode, said) == (64, "")
    assert "run_results.json is incomplete JSON" in complained
    assert "fix: run dbt again" in complained
    assert slack.requests == []
