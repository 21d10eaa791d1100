"""GitHub's cron is UTC's: each distance of a zone has its own, and a step lets the right one on."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from plumbline.core.cron import next_time
from plumbline.core.errors import ConfigError
from plumbline.project import Schedule
from plumbline.project.due import due_between
from plumbline.schedule.export.files import Cloud
from plumbline.schedule.export.github_actions import utc_crons, write_github_actions
from unit.schedule.conftest import FALL, SPRING, schedule
from unit.schedule.export.places import CLOUD

NOW = datetime(2026, 5, 1, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


INSTALLING = ["python -m pip install ./wheels/plumbline_dq-0.1.0-py3-none-any.whl"]


def workflow(one: Schedule, cloud: Cloud = CLOUD, folder: str = ".") -> dict[str, Any]:
    """As GitHub reads it; YAML 1.1 takes the key `on` for true."""
    (file,) = write_github_actions([one], cloud, installing=INSTALLING, folder=folder, now=NOW)
    assert file.name == "plumbline-shop-bigquery-health-check.yml"
    read = yaml.safe_load(file.text)
    read["on"] = read.pop(True)
    return read


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_the_workflows_own_token_may_write_issues_where_a_channel_has_it() -> None:
    def permissions(cloud: Cloud) -> object:
        return workflow(schedule(), cloud)["jobs"]["run"]["permissions"]

    assert "issues" not in permissions(CLOUD)
    own = replace(CLOUD, secrets=("GITHUB_TOKEN",))
    assert permissions(own) == {"contents": "read", "id-token": "write", "issues": "write"}


def test_that_monitors_read_dbts_manifest_is_said_at_its_top() -> None:
    files = write_github_actions([schedule()], CLOUD, installing=INSTALLING, dbt="shop", now=NOW)
    (text,) = [file.text for file in files]
    assert "# Monitors read dbt's manifest: before the run, add a step for the folder shop" in text


CASES = [
    ("0 */6 * * *", "America/Los_Angeles", {
        "0 2,8,14,20 * * *": (hours(-8),),
        "0 1,7,13,19 * * *": (hours(-7),),
    }),
    ("30 7 * * 1-5", "America/Los_Angeles", {
        "30 15 * * 1-5": (hours(-8),),
        "30 14 * * 1-5": (hours(-7),),
    }),
    # the evening there is the next day in UTC, and the morning in Auckland the day before
    ("30 20 * * 1-5", "America/Los_Angeles", {
        "30 4 * * 2-6": (hours(-8),),
        "30 3 * * 2-6": (hours(-7),),
    }),
    ("0 7 * * MON", "Pacific/Auckland", {
        "0 18 * * 0": (hours(13),),
        "0 19 * * 0": (hours(12),),
    }),
    ("0 9,17 * * 6", "America/Los_Angeles", {
        "0 17 * * 6": (hours(-8),), "0 1 * * 0": (hours(-8),),
        "0 16 * * 6": (hours(-7),), "0 0 * * 0": (hours(-7),),
    }),
    ("30 * * * *", "America/Los_Angeles", {"30 * * * *": (hours(-8), hours(-7))}),
    ("0 */6 * * *", "UTC", {"0 0,6,12,18 * * *": (hours(0),)}),
    ("0,45 9 * * *", "Asia/Kolkata", {"30 3 * * *": (hours(5.5),), "15 4 * * *": (hours(5.5),)}),
    ("0 7 1 * *", "America/Los_Angeles", {
        "0 15 1 * *": (hours(-8),), "0 14 1 * *": (hours(-7),),
    }),
]  # fmt: skip


@pytest.mark.parametrize(("cron", "zone", "crons"), CASES)
def test_each_distance_from_utc_has_crons_of_its_own(
    cron: str, zone: str, crons: dict[str, tuple[timedelta, ...]]
) -> None:
    assert utc_crons(schedule(cron, timezone=ZoneInfo(zone)), NOW) == crons


def let_on(one: Schedule, first: datetime, last: datetime) -> list[datetime]:
    """What GitHub starts in a span and the first step lets on, if GitHub is never late."""
    found = set()
    for cron, offsets in utc_crons(one, NOW).items():
        at = next_time(cron, UTC_ZONE, first)
        while at <= last:
            if at.astimezone(one.timezone).utcoffset() in offsets:
                found.add(at)
            at = next_time(cron, UTC_ZONE, at)
    return sorted(found)


@pytest.mark.parametrize(("cron", "zone"), [(cron, zone) for cron, zone, _ in CASES])
def test_in_all_of_a_year_it_runs_when_cron_comes(cron: str, zone: str) -> None:
    one = schedule(cron, timezone=ZoneInfo(zone))
    span = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert let_on(one, *span) == list(due_between(one, *span))


@pytest.mark.parametrize(
    ("cron", "day", "count"),
    [("30 2 * * *", SPRING, 0), ("30 1 * * *", FALL, 2)],
    ids=["left out in the hour that is skipped", "twice in the hour that comes twice"],
)
def test_when_the_clocks_are_changed_it_is_as_the_file_says(
    cron: str, day: tuple[datetime, datetime], count: int
) -> None:
    assert len(let_on(schedule(cron), *day)) == count


def step(read: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in read["jobs"]["run"]["steps"] if name in str(one)]
    return found


def guarded(tmp_path: Path, read: dict[str, Any], *, cron: str, offset: str) -> bool:
    """Whether the first step, in a real shell with a clock of that distance, lets the rest on."""
    script = read["jobs"]["run"]["steps"][0]["run"]
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "date").write_text(
        f'#!/bin/sh\n[ "$TZ" = America/Los_Angeles ] && [ "$1" = +%z ] && echo "{offset}"\n'
    )
    (tools / "date").chmod(0o755)
    output = tmp_path / "output"
    output.touch()
    subprocess.run(
        ["bash", "-e", "-c", script],
        check=True,
        timeout=30,
        env={
            "PATH": f"{tools}:{os.environ['PATH']}",
            "GITHUB_OUTPUT": str(output),
            "CRON": cron,
        },
    )
    assert output.read_text() in ("", "now=yes\n")
    return bool(output.read_text())


@pytest.mark.parametrize(
    ("cron", "offset", "is_on"),
    [
        ("0 2,8,14,20 * * *", "-0800", True),
        ("0 2,8,14,20 * * *", "-0700", False),
        ("0 1,7,13,19 * * *", "-0700", True),
        ("0 1,7,13,19 * * *", "-0800", False),
        ("", "-0700", True),  # by hand
    ],
)
def test_the_first_step_lets_on_what_fits_the_clock_of_the_day(
    tmp_path: Path, cron: str, offset: str, is_on: bool
) -> None:
    read = workflow(schedule())
    assert cron == "" or cron in [one["cron"] for one in read["on"]["schedule"]]
    assert guarded(tmp_path, read, cron=cron, offset=offset) is is_on


def test_the_real_clock_says_its_distance_as_the_step_expects(tmp_path: Path) -> None:
    said = subprocess.run(
        ["date", "+%z"],
        env={"PATH": os.environ["PATH"], "TZ": "America/Los_Angeles"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() in ("-0700", "-0800")


def test_every_step_behind_the_first_waits_for_it() -> None:
    first, *rest = workflow(schedule())["jobs"]["run"]["steps"]
    assert first["id"] == "due"
    assert {one["if"] for one in rest} == {"steps.due.outputs.now == 'yes'"}


def test_a_zone_with_one_distance_needs_no_such_step() -> None:
    steps = workflow(schedule(timezone=UTC_ZONE))["jobs"]["run"]["steps"]
    assert not any("if" in one or "id" in one for one in steps)


def test_it_runs_the_checkpoint_within_its_deadline_and_never_two_at_once() -> None:
    read = workflow(schedule(deadline=timedelta(seconds=90)))
    run = step(read, "plumbline run")
    assert run["run"] == "plumbline run health_check --fail-on error --target bigquery"
    assert run["timeout-minutes"] == 2
    assert read["jobs"]["run"]["timeout-minutes"] == 17
    assert run["env"] == {
        "PLUMBLINE_PROJECT": "my-project",
        "PLUMBLINE_SCHEDULE": "health_check",
        "PLUMBLINE_STATE_DIR": "${{ runner.temp }}/plumbline",
        "SLACK_WEBHOOK_URL": "${{ secrets.SLACK_WEBHOOK_URL }}",
    }
    assert read["concurrency"] == {
        "group": "plumbline-shop-bigquery-health_check",
        "cancel-in-progress": False,
    }
    assert "workflow_dispatch" in read["on"]


def test_what_is_not_said_is_a_variable_of_the_repository() -> None:
    cloud = replace(CLOUD, project=None, service_account=None)
    read = workflow(schedule(), cloud)
    assert (
        step(read, "plumbline run")["env"]["PLUMBLINE_PROJECT"] == "${{ vars.PLUMBLINE_PROJECT }}"
    )
    account = step(read, "google-github-actions/auth")["with"]["service_account"]
    assert account == "${{ vars.GCP_SERVICE_ACCOUNT }}"


def test_it_installs_what_it_is_told() -> None:
    assert step(workflow(schedule()), "Install")["run"] == f"{INSTALLING[0]}\n"


def test_a_project_in_a_folder_of_the_repository_is_named() -> None:
    run = step(workflow(schedule(), folder="data/my checks"), "plumbline run")
    assert run["run"].endswith(" --target bigquery --project-dir 'data/my checks'")


def test_a_folder_in_which_github_would_see_an_expression_is_refused() -> None:
    with pytest.raises(ConfigError, match="has characters that a workflow can't hold"):
        workflow(schedule(), folder="data/${{ secrets.TOKEN }}")


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (schedule("0 20 1 * *"), "possibly of another month"),
        (schedule("0 20 * 6 *"), "possibly of another month"),
        (schedule("0 6 L * *"), "does not know the last day of a month"),
        (schedule("0 6 1 * MON"), "differently from cron"),
        (schedule("*/4 * * * *"), "every 5 minutes at most"),
        (schedule(checkpoint="a; rm -rf /"), "has characters that a workflow can't hold"),
    ],
    ids=["day of month", "month", "last day", "two kinds of days", "too often", "shell"],
)
def test_what_it_can_t_say_is_refused(one: Schedule, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        workflow(one)
    assert refused.value.fix


def test_its_crons_are_in_the_same_order_each_time() -> None:
    texts = {
        file.text
        for _ in range(3)
        for file in write_github_actions([schedule()], CLOUD, installing=INSTALLING, now=NOW)
    }
    assert len(texts) == 1
