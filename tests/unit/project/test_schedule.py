"""A fault in the schedule is refused with file, key and mend."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from plumbline.errors import ConfigError
from plumbline.project.schedule import read_schedules

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
    first, second = read_schedules(file, checkpoints=KNOWN)
    assert first.name == first.checkpoint == "health_check"
    assert first.cron == "0 */6 * * *"
    assert first.timezone.key == "America/Los_Angeles"
    assert first.deadline == timedelta(minutes=10)
    assert first.notify == ("slack-alerts",)
    assert (second.name, second.checkpoint) == ("weekly", "health_check_full")
    assert second.deadline == timedelta(hours=2)


def test_a_project_without_the_file_has_no_schedule(file: Path) -> None:
    assert read_schedules(file) == ()


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
        ("[slack-alerts]", "[]", "schedules[0].notify", "at least 1"),
        ("health_check\n", "health_chek\n", "schedules[0].checkpoint", "did you mean"),
        ("name: weekly", "name: health_check", "schedules[1].name", "a name of its own"),
        ("name: weekly", "nam: weekly", "schedules[1].nam", "did you mean 'name'?"),
    ],
)
def test_a_malformed_schedule_is_refused_with_file_key_and_mend(
    file: Path, old: str, new: str, key: str, said: str
) -> None:
    assert old in SCHEDULES
    file.write_text(SCHEDULES.replace(old, new, 1))
    with pytest.raises(ConfigError) as refused:
        read_schedules(file, checkpoints=KNOWN)
    assert refused.value.file == str(file)
    assert str(refused.value.key).partition(", column")[0] == key
    assert refused.value.mend
    assert said in str(refused.value)
