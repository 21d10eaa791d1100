"""What a person is told when the schedule of two real fortnights is re-lived.

Written down first: this is what somebody on call would want to read, and no more. Every run is real
(`support.replay`), every message is posted by the real client to a real server.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from plumbline.project.targets import Target
from plumbline.warehouse.client import endpoint_of
from scenarios.conftest import ROOT
from support.fake_slack import FakeSlack, Received
from support.replay import NEW_YORK, Replay, copy_project, every_six_hours, make_replay
from support.sampled import TAKES_ALL

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

# When (New York), and of which monitor what is told.
THE_LAST_DAYS_OF_JANUARY = """
01-26 03:00  opened      bdb_coverage          CRITICAL
01-26 15:00  opened      recent_predictions    CRITICAL
01-26 15:00  opened      line_coverage         WARNING
01-26 15:00  downgraded  bdb_coverage          WARNING
01-27 09:00  opened      phase_completion      CRITICAL
01-27 15:00  escalated   line_coverage         CRITICAL
01-27 15:00  resolved    recent_predictions
01-27 15:00  expired     bdb_coverage
01-28 03:00  resolved    phase_completion
01-28 09:00  opened      phase_completion      CRITICAL
01-29 03:00  resolved    phase_completion
01-29 09:00  opened      phase_completion      CRITICAL
01-30 15:00  reminded    line_coverage         CRITICAL
01-31 09:00  downgraded  phase_completion      WARNING
01-31 15:00  opened      grading_completeness  WARNING
01-31 21:00  resolved    phase_completion
02-01 09:00  opened      phase_completion      WARNING
02-01 15:00  escalated   grading_completeness  CRITICAL
02-02 09:00  resolved    phase_completion
02-02 15:00  opened      recent_predictions    CRITICAL
02-02 15:00  reminded    line_coverage         CRITICAL
02-03 03:00  resolved    recent_predictions
02-03 15:00  resolved    grading_completeness
02-04 15:00  downgraded  line_coverage         WARNING
02-05 15:00  expired     line_coverage
"""


LAST_DAY, OUR_MESSAGES, GX_MESSAGES = (
    ("2026-02-05", 26, 42) if TAKES_ALL else ("2026-01-30", 11, 20)
)
"""Until when the days are lived; how many messages we send, and GX's own Slack action of the same runs
(``notify_on: failure``). Most runs of the tests live the first half, in which an alert of each kind is
sent."""


def to(slack: FakeSlack, word: str) -> list[Received]:
    """What Slack took at one of the webhooks."""
    return [
        request for request in slack.requests if request.taken and request.path.endswith(f"/{word}")
    ]


def by_gx(slack: FakeSlack) -> list[Received]:
    """Also what Slack would not have taken."""
    return [request for request in slack.requests if request.path.endswith("/gx")]


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        for name in ("WARNING", "ERROR"):
            monkeypatch.setenv(f"SLACK_WEBHOOK_URL_{name}", f"{server.webhook_url}/{name.lower()}")
        monkeypatch.delenv("SLACK_WEBHOOK_URL", raising=False)
        yield server


@pytest.fixture
def replay(
    season: Target, tmp_path: Path, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> Replay:
    """The shipped project, with GX's own Slack action beside ours to compare with."""
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(season.state_dir))
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", endpoint_of(season))
    of_gx = {
        "name": "gx",
        "type": "slack",
        "slack_webhook": f"{slack.webhook_url}/gx",
        "notify_on": "failure",
    }
    return make_replay(copy_project(tmp_path / "project", ROOT, of_gx))


def told(report: Any, at: datetime) -> list[str]:
    """One line an incident that somebody was told of in this run."""
    monitors = {outcome.monitor: outcome for outcome in report.outcomes}
    found = {}
    for line in report.alerts:
        if line.channel is None:
            continue
        assert line.delivered, line
        monitor = line.incident.rpartition("-")[0]
        over = str(line.event) in ("resolved", "expired")
        status = "" if over else str(monitors[monitor].status)
        when = at.astimezone(NEW_YORK).strftime("%m-%d %H:%M")
        found[line.incident] = f"{when}  {line.event!s:<10}  {monitor:<20}  {status}".rstrip()
    return list(found.values())


def relive(replay: Replay, first: str, last: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    instants = list(every_six_hours(first, last))
    replay.schedule(instants, monkeypatch)
    for at in instants:
        is_last = at == instants[-1]  # the docs of all runs are built once
        lines += told(replay.run(at, docs=is_last), at)
    return lines


@pytest.mark.timeout(600)
def test_the_last_days_of_january_are_told_once_each(
    replay: Replay, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = relive(replay, "2026-01-26", LAST_DAY, monkeypatch)
    story = THE_LAST_DAYS_OF_JANUARY.strip().splitlines()
    assert sorted(lines) == sorted(line for line in story if f"2026-{line[:5]}" <= LAST_DAY)
    assert len(to(slack, "error")) + len(to(slack, "warning")) == OUR_MESSAGES
    assert len(by_gx(slack)) == GX_MESSAGES


# unit/demo_season/test_demo_healthy_days.py reads these days in each run of the tests, without runs.
@pytest.mark.weekly
@pytest.mark.timeout(600)
def test_nothing_is_told_on_the_days_around_the_all_star_break(
    replay: Replay, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert relive(replay, "2026-02-11", "2026-02-20", monkeypatch) == []
    assert slack.messages == []
    assert by_gx(slack) == []


def test_the_same_run_twice_says_nothing_new(replay: Replay, slack: FakeSlack) -> None:
    at = datetime(2026, 1, 27, 15, tzinfo=NEW_YORK)
    first = replay.run(at)
    count = len(to(slack, "error"))
    assert count
    assert {str(line.event) for line in first.alerts} == {"opened"}
    assert replay.run(at).alerts == ()
    assert len(to(slack, "error")) == count
