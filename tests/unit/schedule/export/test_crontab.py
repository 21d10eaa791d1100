"""A crontab: its lines run, and run plumbline."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plumbline.core.errors import ConfigError
from plumbline.project.state_files import StateFiles
from plumbline.schedule.export.crontab import write_crontab
from plumbline.schedule.export.files import Machine
from unit.schedule.conftest import schedule
from unit.schedule.export.places import MACHINE

needs_tools = pytest.mark.skipif(
    not (shutil.which("flock") and shutil.which("timeout")),
    reason="flock (util-linux) and timeout (coreutils) are what the lines are made of",
)


def lines(*schedules, machine: Machine = MACHINE) -> list[str]:
    """The crontab without comments."""
    (file,) = write_crontab(schedules, machine)
    assert file.name == f"plumbline-shop-{machine.target}.crontab"
    return [line for line in file.text.splitlines() if line and not line.startswith("#")]


def command_of(line: str) -> str:
    """What cron gives to `sh`: behind five fields, up to the first bare percent sign."""
    command = line.split(" ", 5)[5]
    assert "%" not in command.replace(r"\%", "")
    return command.replace(r"\%", "%")


def test_a_schedule_is_a_line_below_its_zone() -> None:
    zone, line = lines(schedule())
    assert zone == "CRON_TZ=America/Los_Angeles"
    assert line.startswith("0 */6 * * * ")
    for part in (
        "flock -n /var/lib/plumbline/plumbline-shop-bigquery-health-check-shop_bigquery-",
        "timeout --kill-after=10 600",
        "/opt/plumbline/bin/python -m plumbline run health_check --fail-on error",
        "--target bigquery --project-dir /srv/dq",
        "PLUMBLINE_SCHEDULE=health_check",
    ):
        assert part in line


def test_each_zone_is_said_before_what_it_is_for() -> None:
    utc = ZoneInfo("UTC")
    found = lines(schedule(), schedule(name="b", timezone=utc), schedule(name="c", timezone=utc))
    assert [line.split("=")[1] if "CRON_TZ" in line else line[:3] for line in found] == [
        "America/Los_Angeles", "0 *", "UTC", "0 *", "0 *",
    ]  # fmt: skip


def made(tmp_path: Path, script: str) -> Machine:
    """A machine whose plumbline is a script, in folders with names that shells and crons mind."""
    folder = tmp_path / 'it\'s 100% "odd" $HOME'
    folder.mkdir()
    fake = folder / "plumb line"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    return Machine((str(fake),), folder, StateFiles(folder / "state", "shop", "local"))


def run(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", command_of(line)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
        timeout=30,
    )


@needs_tools
def test_its_line_runs_plumbline_whatever_the_paths_are_called(tmp_path: Path) -> None:
    machine = made(tmp_path, 'echo "$PLUMBLINE_SCHEDULE|$PLUMBLINE_STATE_DIR"; printf "%s|" "$@"')
    _, line = lines(schedule(), machine=machine)
    done = run(line)
    assert (done.returncode, done.stderr) == (0, "")
    first, arguments = done.stdout.splitlines()
    assert first == f"health_check|{machine.state.folder}"
    assert arguments.split("|")[:-1] == [
        *("run", "health_check", "--fail-on", "error", "--target", "local"),
        *("--project-dir", str(machine.project_dir)),
    ]


@needs_tools
def test_its_line_ends_a_run_at_its_deadline(tmp_path: Path) -> None:
    _, line = lines(
        schedule(deadline=timedelta(seconds=1)), machine=made(tmp_path, "exec sleep 60")
    )
    assert run(line).returncode == 124


@needs_tools
def test_its_line_starts_no_second_run_beside_the_first(tmp_path: Path) -> None:
    machine = made(tmp_path, 'touch "$PLUMBLINE_STATE_DIR/begun"; sleep 1')
    _, line = lines(schedule(), machine=machine)
    first = subprocess.Popen(["/bin/sh", "-c", command_of(line)])
    while not (machine.state.folder / "begun").exists():
        assert first.poll() is None
    assert run(line).returncode == 1
    assert first.wait(timeout=30) == 0


def test_a_name_that_would_break_the_line_is_refused() -> None:
    with pytest.raises(ConfigError, match="has control characters"):
        lines(schedule(checkpoint="health\ncheck"))
