"""A fault in the schedule is refused with file, key and fix; whatever it is, before anything runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.core.maintenance import MaintenanceWindow
from plumbline.project import Project
from plumbline.project.schedule import read_schedules
from support.documents import read_document

SCHEDULES = """
schedules:
  - checkpoint: health_check
    cron: "0 */6  * * *"
    timezone: America/Los_Angeles
    deadline: 10m
    notify: [slack-alerts]
  - name: weekly
    checkpoint: health_check_full
    cron: 30 7 * * MON
    timezone: UTC
    deadline: 2h
    notify: [slack-alerts, pager]
"""
KNOWN = ("health_check", "health_check_full")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "schedule.yml"


def test_schedules_keep_the_order_of_the_file(file: Path) -> None:
    file.write_text(SCHEDULES)
    first, second = read_schedules(read_document(file))
    assert first.name == first.checkpoint == "health_check"
    assert first.cron == "0 */6 * * *"
    assert first.timezone.key == "America/Los_Angeles"
    assert first.deadline == timedelta(minutes=10)
    assert first.notify == ("slack-alerts",)
    assert (second.name, second.checkpoint) == ("weekly", "health_check_full")
    assert second.deadline == timedelta(hours=2)


def test_a_project_without_the_files_has_no_schedule_and_no_mutes(tmp_path: Path) -> None:
    assert Project(tmp_path).schedules == ()
    assert Project(tmp_path).mutes == ()


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("schedules:", "schedules: [", "line 3", "not YAML"),
        ("schedules:", "schedule:", "schedule", "did you mean 'schedules'?"),
        ('"0 */6  * * *"', "* */6 * * *", "line 4", "not YAML"),
        ("cron:", "crons:", "schedules[0].crons", "did you mean 'cron'?"),
        ('"0 */6  * * *"', '"0 */6"', "schedules[0].cron", "2 fields, not five"),
        ("America/Los_Angeles", "Pacific", "schedules[0].timezone", "IANA"),
        ("10m", "10 min", "schedules[0].deadline", "for example 10m"),
        ("10m", "10", "schedules[0].deadline", "valid string"),
        ("[slack-alerts]", "[]", "schedules[0].notify", "the list is empty"),
        ("name: weekly", "name: health_check", "schedules[1].name", "a name of its own"),
        ("name: weekly", "nam: weekly", "schedules[1].nam", "did you mean 'name'?"),
        ("name: weekly", "name: once a week", "schedules[1].name", "once a week"),
        ('"0 */6  * * *"', '"60 * * * *"', "schedules[0].cron", "'60' is not a valid minute"),
        ('"0 */6  * * *"', '"0 */0 * * *"', "schedules[0].cron", "'*/0' is not a valid hour"),
        ('"0 */6  * * *"', '"0 6 32 * *"', "schedules[0].cron", "'32' is not a valid day of month"),
        ('"0 */6  * * *"', '"0 6 ? * *"', "schedules[0].cron", "'?' is not a valid day of month"),
        ("30 7 * * MON", "30 7 * * FRI-SUN", "schedules[1].cron", "is not a valid day of week"),
        ('"0 */6  * * *"', '"0 6 31 2 *"', "schedules[0].cron", "never occurs"),
        ('"0 */6  * * *"', '"0 6 31 4,6,9,11 *"', "schedules[0].cron", "L is the last day"),
        ("10m", "7h", "schedules[0].deadline", "after the next run, which may start 6h later"),
        ("2h", "169h", "schedules[1].deadline", "write 168h or less"),
    ],
)
def test_a_malformed_schedule_is_refused_with_file_key_and_fix(
    file: Path, old: str, new: str, key: str, said: str
) -> None:
    assert old in SCHEDULES
    file.write_text(SCHEDULES.replace(old, new, 1))
    with pytest.raises(ConfigError) as refused:
        read_schedules(read_document(file))
    assert refused.value.file == str(file)
    assert str(refused.value.key).partition(", column")[0] == key
    assert refused.value.fix
    assert said in str(refused.value)


def with_window(window: str) -> str:
    return SCHEDULES + f"    maintenance:\n      - {window}\n"


def test_maintenance_windows_are_in_the_schedules_zone_or_their_own(file: Path) -> None:
    file.write_text(
        with_window('{cron: "0  2 * * SUN", duration: 90m}')
        + '      - {cron: "0 2 * * SUN", duration: 1d, zone: America/New_York}\n'
    )
    first, second = read_schedules(read_document(file))
    assert first.maintenance == ()
    assert second.maintenance == (
        MaintenanceWindow("0 2 * * SUN", timedelta(minutes=90), "UTC"),
        MaintenanceWindow("0 2 * * SUN", timedelta(days=1), "America/New_York"),
    )


@pytest.mark.parametrize(
    ("window", "key", "said"),
    [
        ('{cron: "0 2 * *", duration: 2h}', "maintenance[0].cron", "4 fields"),
        ('{cron: "0 2 31 2 *", duration: 2h}', "maintenance[0].cron", "never occurs"),
        ('{cron: "0 2 * * *", duration: 2 h}', "maintenance[0].duration", "2 h"),
        ('{cron: "0 2 * * *"}', "maintenance[0].duration", "missing"),
        ('{cron: "0 2 * * *", duration: 2h, zone: X}', "maintenance[0].zone", "no time zone"),
        ('{cron: "0 2 * * *", duraton: 2h}', "maintenance[0].duraton", "'duration'?"),
        ('{cron: "0 7 * * *", duration: 1h}', "maintenance", "no run of '30 7 * * MON' is due"),
        ('{cron: "0 * * * *", duration: 1h}', "maintenance", "no run of '30 7 * * MON' is due"),
    ],
)
def test_a_maintenance_window_that_is_wrong_is_refused(
    file: Path, window: str, key: str, said: str
) -> None:
    file.write_text(with_window(window))
    with pytest.raises(ConfigError) as refused:
        read_schedules(read_document(file))
    assert str(refused.value.key).partition(", column")[0] == f"schedules[1].{key}"
    assert refused.value.fix
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("cron", "deadline"),
    [
        ("0 */6 * * *", "6h"),
        ("* * * * *", "60s"),
        ("0 1,3 * * *", "2h"),
        ("0 0 1,31 * *", "24h"),  # from a 31st to the next 1st
        ("0 0 29 2 *", "9000h"),
        ("0 0 * 2 MON#5", "9000h"),
        ("30 1,2 * * *", "1h"),  # half an hour apart once a year, when the clocks are put forward
    ],
)
def test_a_deadline_may_last_until_the_next_run_and_not_longer(
    file: Path, cron: str, deadline: str
) -> None:
    text = SCHEDULES.replace('"0 */6  * * *"', f'"{cron}"')
    file.write_text(text.replace("10m", deadline))
    assert read_schedules(read_document(file))[0].cron == cron
    if deadline != "9000h":
        unit, number = deadline[-1], int(deadline[:-1])
        file.write_text(text.replace("10m", f"{number + 1}{unit}"))
        with pytest.raises(ConfigError, match="after the next run"):
            read_schedules(read_document(file))


def test_the_shipped_schedule_is_the_health_checks_and_the_mornings() -> None:
    schedule, morning = Project(Path(__file__).parents[3]).schedules
    assert (morning.checkpoint, morning.timezone.key) == ("daily_validation", "America/New_York")
    assert (schedule.checkpoint, schedule.cron) == ("health_check_full", "0 */6 * * *")
    assert (schedule.timezone.key, schedule.deadline) == (
        "America/Los_Angeles",
        timedelta(minutes=10),
    )


def test_schedules_of_checkpoints_that_are_gone_are_told_apart(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    assert Project(tmp_path).schedules == ()
    (folder / "schedule.yml").write_text(SCHEDULES)
    names = {name for name in KNOWN if name != "health_check"}
    for name in names:
        (folder / f"{name}.json").write_text("{}")

    project = Project(tmp_path)

    assert {one.checkpoint for one in project.schedules} <= names
    assert {one.checkpoint for one in project.stale_schedules} == {"health_check"}
    assert any("there is no checkpoint 'health_check'" in line for line in project.stale_entries)
    assert any("there is no channel 'slack-alerts'" in line for line in project.stale_entries)
    assert all("slack-alerts" not in one.notify for one in project.schedules)


def test_a_mute_of_a_monitor_that_is_gone_is_ignored_and_reported(tmp_path: Path) -> None:
    for folder in ("checkpoints", "expectations"):
        (tmp_path / folder).mkdir()
    (tmp_path / "expectations" / "here.json").write_text("{}")
    (tmp_path / "checkpoints" / "mutes.yml").write_text(
        "mutes:\n"
        "  - {monitor: gone, owner: ana, reason: moved, until: 2020-01-01}\n"
        "  - {monitor: here, owner: ana, reason: late, until: 2030-01-01}\n"
    )

    project = Project(tmp_path)

    assert [mute.monitor for mute in project.mutes] == ["here"]
    (line,) = project.stale_entries
    assert "there is no monitor 'gone'" in line
    assert "checkpoints/mutes.yml, mutes[0].monitor" in line
