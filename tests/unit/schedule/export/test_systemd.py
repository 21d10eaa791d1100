"""Units of systemd: it takes them, and its timers say the same times as cron does."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plumbline.core.errors import ConfigError
from plumbline.project import Schedule
from plumbline.project.due import due_between
from plumbline.project.state_files import StateFiles
from plumbline.schedule.export.files import Machine
from plumbline.schedule.export.systemd import on_calendar, write_systemd
from unit.schedule.conftest import FALL, SPRING, schedule
from unit.schedule.export.places import MACHINE

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is the judge, and not here"
)

CALENDARS = {
    "0 */6 * * *": ["*-*-* 00,06,12,18:00:00 America/Los_Angeles"],
    "30 7 * * MON-FRI": ["Mon..Fri *-*-* 07:30:00 America/Los_Angeles"],
    "0 7 * * 0,6": ["Sat,Sun *-*-* 07:00:00 America/Los_Angeles"],
    "0 7 * * 5-7": ["Fri..Sun *-*-* 07:00:00 America/Los_Angeles"],
    "*/15 9-17 1,15 1-3 *": ["*-01..03-01,15 09..17:00,15,30,45:00 America/Los_Angeles"],
    "0 7 1 * MON": [
        "*-*-01 07:00:00 America/Los_Angeles",
        "Mon *-*-* 07:00:00 America/Los_Angeles",
    ],
    "0 7 */10 * MON": ["Mon *-*-01,11,21,31 07:00:00 America/Los_Angeles"],
    "30 * * * *": ["*-*-* *:30:00 UTC"],
    "* * * * *": ["*-*-* *:*:00 UTC"],
    "30 * * * 1": ["Mon *-*-* *:30:00 America/Los_Angeles"],
}


@pytest.mark.parametrize(("cron", "calendars"), CALENDARS.items())
def test_cron_is_said_as_a_calendar(cron: str, calendars: list[str]) -> None:
    assert list(on_calendar(schedule(cron))) == calendars


def test_where_a_zone_is_half_an_hour_off_its_minutes_are_its_own() -> None:
    one = schedule("30 * * * *", timezone=ZoneInfo("Asia/Kolkata"))
    assert on_calendar(one) == ("*-*-* *:30:00 Asia/Kolkata",)


def elapses(calendar: str, after: datetime, count: int) -> list[datetime]:
    """The next times, as systemd has them."""
    said = subprocess.run(
        [
            *("systemd-analyze", "calendar", f"--iterations={count}"),
            *(f"--base-time={after:%Y-%m-%d %H:%M:%S} UTC", calendar),
        ],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C"},
    ).stdout
    found = re.findall(r"(?:Next elapse|Iter\. #\d+|\(in UTC\)): \w{3} (\S+ \S+) UTC", said)
    return [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in found]


def by_systemd(one: Schedule, first: datetime, last: datetime) -> list[datetime]:
    """All times of a span, by whichever line of the timer."""
    enough = len(list(due_between(one, first, last))) + 2
    times = {time for calendar in on_calendar(one) for time in elapses(calendar, first, enough)}
    return sorted(time for time in times if first < time <= last)


YEAR = datetime(2026, 6, 1, tzinfo=UTC)


@needs_systemd
@pytest.mark.parametrize(
    ("cron", "days"),
    [
        *((cron, 10) for cron in CALENDARS if cron != "* * * * *"),
        ("* * * * *", 1),
        ("5 0 29 2 *", 800),
    ],
)
def test_systemd_elapses_when_cron_comes(cron: str, days: int) -> None:
    one, last = schedule(cron), YEAR + timedelta(days=days)
    assert by_systemd(one, YEAR, last) == list(due_between(one, YEAR, last))


@needs_systemd
@pytest.mark.parametrize("day", [SPRING, FALL], ids=["spring", "fall"])
@pytest.mark.parametrize("cron", ["0 */6 * * *", "30 * * * *", "30 1 * * *", "0 3 * * *"])
def test_systemd_and_cron_agree_when_the_clocks_are_changed(
    cron: str, day: tuple[datetime, datetime]
) -> None:
    one = schedule(cron)
    assert by_systemd(one, *day) == list(due_between(one, *day))


@needs_systemd
def test_a_time_in_the_skipped_hour_is_left_out_by_systemd_as_the_docs_say() -> None:
    assert by_systemd(schedule("30 2 * * *"), *SPRING) == []


def written(tmp_path: Path, *schedules: Schedule, machine: Machine = MACHINE) -> dict[str, str]:
    for file in write_systemd(schedules, machine):
        (tmp_path / file.name).write_text(file.text)
    return {file.name: file.read_text() for file in tmp_path.iterdir()}


def test_each_schedule_is_a_service_and_a_timer(tmp_path: Path) -> None:
    units = written(tmp_path, schedule(), schedule(name="weekly"))
    assert sorted(units) == [
        "plumbline-shop-bigquery-health-check.service",
        "plumbline-shop-bigquery-health-check.timer",
        "plumbline-shop-bigquery-weekly.service",
        "plumbline-shop-bigquery-weekly.timer",
    ]
    service = units["plumbline-shop-bigquery-health-check.service"]
    assert "TimeoutStartSec=600\n" in service
    assert "Environment=PLUMBLINE_SCHEDULE=health_check\n" in service
    assert (
        "ExecStart=/opt/plumbline/bin/python -m plumbline run health_check --fail-on error "
        "--target bigquery --project-dir /srv/dq\n"
    ) in service
    assert "Persistent=true\n" in units["plumbline-shop-bigquery-health-check.timer"]


ODD = 'it\'s 100% "odd" $HOME \\n'


@needs_systemd
@pytest.mark.parametrize("folder", ["plain", ODD])
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path, folder: str) -> None:
    home = tmp_path / folder
    home.mkdir()
    machine = Machine(("/bin/true",), home, StateFiles(home / "state", "shop", "local"))
    units = tmp_path / "units"
    units.mkdir()
    names = written(units, schedule(), machine=machine)
    checked = subprocess.run(
        ["systemd-analyze", "verify", *(str(units / name) for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in checked.stderr.splitlines() if "plumbline" in line]
    assert (checked.returncode, said) == (0, [])


def test_signs_that_systemd_reads_are_doubled(tmp_path: Path) -> None:
    machine = Machine(
        ("/bin/true",), Path("/a b/$c/100%"), StateFiles(Path('/d"e'), "shop", "local")
    )
    service = written(tmp_path, schedule(), machine=machine)[
        "plumbline-shop-local-health-check.service"
    ]
    assert (
        'ExecStart=/bin/true run health_check --fail-on error --target local --project-dir "/a b/$$c/100%%"'
        in service
    )
    assert "WorkingDirectory=/a b/$c/100%%\n" in service
    assert 'Environment="PLUMBLINE_STATE_DIR=/d\\"e"\n' in service


@pytest.mark.parametrize("cron", ["0 6 L * *", "0 6 * * MON#2"])
def test_what_it_can_t_say_is_refused(cron: str) -> None:
    with pytest.raises(ConfigError, match="can't be written: systemd does not know"):
        write_systemd([schedule(cron)], MACHINE)
