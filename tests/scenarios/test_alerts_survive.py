"""No alert is lost: real processes killed at every step, two at once, Slack or the warehouse gone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbline.project.targets import Target
from plumbline.warehouse.client import endpoint_of
from scenarios.conftest import ROOT, Finished, Plumbline, environment
from support.bigquery_proxy import BigQueryProxy
from support.fake_slack import Cut, FakeSlack, Stall, Status
from support.replay import copy_project
from support.sockets import refused_port
from support.warm_python import warm_python

SECRET = "fake-webhook-secret"

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

Tell = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


@pytest.fixture
def tell(warehouse: Target, slack: FakeSlack) -> Tell:
    """Start a process that tells outcomes; each test has a project, so a state, of its own."""

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                *warm_python(),
                "-m",
                "support.tell",
                *("--state-dir", str(warehouse.state_dir)),
                *("--project", warehouse.project),
                *("--root", str(ROOT)),
                *arguments,
            ],
            env=os.environ
            | {
                "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT / "tests")]),
                "SLACK_WEBHOOK_URL_ERROR": slack.webhook_url + "/error",
                "SLACK_WEBHOOK_URL_WARNING": slack.webhook_url + "/warning",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def finish(process: subprocess.Popen[str], *, code: int = 0) -> str:
    said, _ = process.communicate(timeout=120)
    assert process.returncode == code, said
    return said


def first_lines(slack: FakeSlack) -> list[str]:
    return [str(message["text"]).splitlines()[0].split(":")[0] for message in slack.messages]


T0, T1 = (f"2026-02-02T{hour}:00:00+00:00" for hour in ("06", "12"))


def test_a_process_killed_at_any_step_loses_no_alert(
    tell: Tell,
    warehouse: Target,
    slack: FakeSlack,
    tmp_path: Path,
) -> None:
    names = tmp_path / "steps"
    finish(tell("--as-of", T0, "--steps", str(names), "rehearsal=CRITICAL"))
    steps = names.read_text().splitlines()
    assert {"before load", "after commit", "before deliver_all", "after write_events"} <= set(steps)
    for place, step in enumerate(steps):
        if place and step.startswith("before"):
            continue  # nothing happens between the end of a step and the beginning of the next
        slack.requests.clear()
        monitor = f"monitor_{place}"
        finish(
            tell("--as-of", T0, "--die-at", str(place), f"{monitor}=CRITICAL"),
            code=-signal.SIGKILL,
        )
        finish(tell("--as-of", T1, f"{monitor}=CRITICAL"))
        assert first_lines(slack) == [f"CRITICAL {monitor}"] * (
            2 if is_lost_answer(steps[: place + 1]) else 1
        ), (place, step)


def is_lost_answer(done: list[str]) -> bool:
    """Whether Slack took the message, and that was not committed any more."""
    return (
        "after deliver_all" in done
        and "after commit" not in done[done.index("after deliver_all") :]
    )


@pytest.fixture
def bigquery(warehouse: Target) -> Iterator[BigQueryProxy]:
    """The embedded warehouse behind a proxy that takes a job id once: runs take no turns."""
    with BigQueryProxy(endpoint_of(warehouse)) as proxy:
        yield proxy


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        ("before deliver_all", ["CRITICAL a", "RESOLVED a"]),
        # That its message was taken is not stored: the next run sends it under the same id.
        ("after deliver_all", ["CRITICAL a", "CRITICAL a", "RESOLVED a"]),
    ],
)
def test_a_run_that_was_stopped_sends_nothing_that_another_has_sent_meanwhile(
    tell: Tell, slack: FakeSlack, bigquery: BigQueryProxy, stop: str, expected: list[str]
) -> None:
    options = ("--endpoint", bigquery.url)
    short = ("--claim-seconds", "3")
    paused = tell("--as-of", T0, *options, *short, "--stop-at", stop, "a=CRITICAL")
    assert paused.stdout is not None
    word, _, pid = paused.stdout.readline().partition(" ")
    assert word == "stopped"
    try:
        until = time.monotonic() + 60  # the claim of the stopped run lapses after 3 s
        while len(first_lines(slack)) < len(expected) and time.monotonic() < until:
            finish(tell("--as-of", T1, *options, "a=PASS"))
        assert first_lines(slack) == expected
    finally:
        os.kill(int(pid), signal.SIGCONT)
    finish(paused)
    assert first_lines(slack) == expected


@pytest.mark.parametrize("takes_turns", [True, False], ids=["embedded", "job ids count once"])
def test_of_runs_at_once_one_tells(
    tell: Tell, slack: FakeSlack, bigquery: BigQueryProxy, takes_turns: bool
) -> None:
    options = () if takes_turns else ("--endpoint", bigquery.url)
    found = {T0: ("a=CRITICAL", "b=WARNING"), T1: ("a=PASS", "b=PASS")}
    for number, (as_of, outcomes) in zip((4, 3), found.items(), strict=True):
        runs = [tell("--as-of", as_of, *options, *outcomes) for _ in range(number)]
        for run in runs:
            finish(run)
    assert sorted(first_lines(slack)) == ["CRITICAL a", "RESOLVED a", "RESOLVED b", "WARNING b"]


def test_what_slack_asks_to_wait_for_waits_and_nothing_overtakes_it(
    tell: Tell, slack: FakeSlack
) -> None:
    slack.always(Status(429, {"Retry-After": "600"}))
    said = finish(tell("--as-of", T0, "a=CRITICAL"))
    assert "1 message could not be delivered yet" in said
    slack.always(None)
    said = finish(tell("--as-of", T1, "a=PASS"))
    assert "2 messages could not be delivered yet" in said, "Slack asked us to wait ten minutes"
    assert slack.messages == []


def test_what_waits_goes_out_in_order_with_the_next_run(tell: Tell, slack: FakeSlack) -> None:
    slack.next(Status(403, body="action_prohibited"))
    said = finish(tell("--as-of", T0, "a=CRITICAL"))
    assert "1 message could not be delivered yet (" in said
    assert slack.messages == []
    finish(tell("--as-of", T1, "a=PASS"))
    assert first_lines(slack) == ["CRITICAL a", "RESOLVED a"]


def test_an_answer_that_was_lost_doubles_the_message_under_the_same_id(
    tell: Tell, slack: FakeSlack
) -> None:
    slack.next(Cut(after_taking=True))
    finish(tell("--as-of", T0, "a=CRITICAL"))
    first, second = slack.messages
    assert first["text"] == second["text"]
    assert "a-" in first["text"], "the incident's id"


def test_a_webhook_that_is_gone_sends_the_message_to_the_fallback(
    warehouse: Target,
    slack: FakeSlack,
    tell: Tell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", slack.webhook_url + "/default")
    slack.next(Status(404, body="no_service"))
    said = finish(tell("--as-of", T0, "a=CRITICAL"))
    assert "slack-error refused a message (" in said
    assert "it goes to slack." in said
    (message,) = [request for request in slack.requests if request.path.endswith("/default")]
    assert "no_service" in str(message.body["blocks"])
    assert SECRET not in said


def paths(slack: FakeSlack) -> list[tuple[str, str]]:
    """Which channel was sent what."""
    return [
        (request.path.rpartition("/")[2], str(request.body["text"]).split(":")[0])
        for request in slack.requests
    ]


def test_an_opening_that_went_to_the_fallback_ends_on_both_channels(
    slack: FakeSlack, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", slack.webhook_url + "/default")
    slack.next(Status(404, body="no_service"))
    finish(tell("--as-of", T0, "a=CRITICAL"))
    slack.requests.clear()
    finish(tell("--as-of", T1, "a=PASS"))
    assert sorted(paths(slack)) == [("default", "RESOLVED a"), ("error", "RESOLVED a")]


def test_a_channel_that_asks_to_wait_for_hours_is_backed_up_by_the_fallback(
    slack: FakeSlack, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_URL", slack.webhook_url + "/default")
    slack.next(Status(429, {"Retry-After": "7200"}))
    said = finish(tell("--as-of", T0, "a=CRITICAL"))
    assert "1 message could not be delivered yet" in said
    assert "Channel slack-error has failed since" in str(slack.requests[-1].body["blocks"])
    finish(tell("--as-of", T1, "a=PASS"))
    assert paths(slack) == [
        ("error", "CRITICAL a"),
        ("default", "CRITICAL a"),
        ("default", "RESOLVED a"),
    ]


def test_without_a_disk_the_end_of_an_outage_of_the_warehouse_reaches_slack(
    tell: Tell, slack: FakeSlack, warehouse: Target
) -> None:
    there, gone = endpoint_of(warehouse), f"http://127.0.0.1:{refused_port()}"
    no_disk = ("--state-dir", "/dev/null/state", "--patience", "0.5")
    # Runs are due at 08:00, 14:00 and 20:00 UTC.
    for hour, server, status in (
        (8, there, "PASS"),
        (14, gone, "ERROR"),
        (20, gone, "ERROR"),
        (26, there, "PASS"),
    ):
        as_of = datetime(2026, 2, 2, tzinfo=UTC) + timedelta(hours=hour)
        finish(tell(*no_disk, "--emulator", server, "--as-of", as_of.isoformat(), f"a={status}"))
    assert first_lines(slack) == ["ERROR a", "ERROR a", "RESOLVED a"]
    assert "no run was recorded since" in str(slack.messages[-1]["text"])
    assert len({incident for text in slack.messages for incident in ids_of(text)}) == 1


def test_a_run_that_is_ahead_of_the_warehouses_clock_silences_no_later_one(
    tell: Tell, slack: FakeSlack
) -> None:
    now = datetime.now(UTC)
    ahead = (now + timedelta(days=60)).isoformat()
    said = finish(tell("--as-of", ahead, "a=PASS"), code=1)
    assert "60.0 days ahead of the warehouse's clock" in said
    finish(tell("--as-of", now.isoformat(), "a=CRITICAL"))
    assert first_lines(slack) == ["CRITICAL a"]


def ids_of(message: dict[str, object]) -> set[str]:
    """The incidents that a message names."""
    return set(re.findall(r"\ba-[0-9a-f]{8}\b", str(message)))


def run_command(tmp_path: Path, slack: FakeSlack, **env: str) -> dict[str, str]:
    return environment(tmp_path / "state") | {
        "SLACK_WEBHOOK_URL_ERROR": slack.webhook_url + "/error",
        **env,
    }


def test_with_the_warehouse_down_the_error_is_told_once(
    plumbline: Plumbline, slack: FakeSlack, tmp_path: Path
) -> None:
    env = run_command(tmp_path, slack, BIGQUERY_EMULATOR_HOST=f"127.0.0.1:{refused_port()}")

    def run() -> Finished:
        return plumbline(
            *("run", "health_check", "--format", "json"), env=env, module="support.moments"
        )

    first = run()
    assert first.code == 3, first.stderr
    told = {(line["event"], line["channel"], line["delivered"]) for line in first.json["alerts"]}
    assert told == {("opened", "slack-error", True), ("suppressed", None, False)}, (
        "who builds on another is said in the other's message"
    )
    assert len(slack.messages) == 1, "one message a run and channel"
    again = run()
    assert again.json["alerts"] == []
    assert len(slack.messages) == 1
    assert SECRET not in first.stdout + first.stderr + again.stdout + again.stderr


def test_a_run_killed_while_slack_stalls_is_made_good_by_the_next(
    season: Target, tmp_path: Path, slack: FakeSlack
) -> None:
    """The whole command, on the demo season, with a project of its own for the state."""
    root = copy_project(tmp_path / "project", ROOT)
    env = environment(season.state_dir) | {
        "BIGQUERY_EMULATOR_HOST": endpoint_of(season),
        "SLACK_WEBHOOK_URL_ERROR": slack.webhook_url + "/error",
    }
    command = [*warm_python(), "-m", "plumbline", "run", "health_check", "--as-of", "2026-02-02"]
    slack.next(Stall(60))
    process = subprocess.Popen([*command, "--alerts"], cwd=root, env=env)
    expires = time.monotonic() + 100
    while not slack.requests and process.poll() is None and time.monotonic() < expires:
        time.sleep(0.05)
    process.kill()
    process.wait(30)
    assert slack.requests
    slack.requests.clear()  # whether Slack took it, nobody can know
    done = subprocess.run(
        [*command, "--alerts"], cwd=root, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2, done.stderr
    assert "Delivered now: 1 message of earlier runs." in done.stdout
    (message,) = slack.messages
    assert "line_coverage" in message["text"]
    assert SECRET not in done.stdout + done.stderr
    assert artefacts_with(SECRET.encode(), season.state_dir) == [], "nor is it in any file"


def artefacts_with(secret: bytes, folder: Path) -> list[str]:
    """Whatever a run leaves behind: results, logs, the state on this machine, the warehouse itself."""
    found = [file for file in folder.rglob("*") if file.is_file()]
    assert any(file.suffix == ".json" for file in found)
    assert any("warehouse" in file.parts for file in found)
    return [file.name for file in found if secret in file.read_bytes()]
