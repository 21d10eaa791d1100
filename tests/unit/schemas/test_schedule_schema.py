"""The schema of the schedule takes what plumbline takes, and marks what plumbline refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from plumbline.core.errors import ConfigError
from plumbline.project.schedule import read_schedules
from support.documents import read_document
from unit.schemas.conftest import GONE, changed, schema_of

SCHEMA = schema_of("schedule")

SCHEDULES: dict[str, Any] = {
    "schedules": [
        {
            "checkpoint": "health_check",
            "cron": "0 */6 * * *",
            "timezone": "America/Los_Angeles",
            "deadline": "10m",
            "notify": ["slack-alerts"],
        },
        {
            "name": "full_on_weekdays",
            "checkpoint": "health_check_full",
            "cron": "30 7 * * MON-FRI",
            "timezone": "UTC",
            "deadline": "1h",
            "notify": ["slack-alerts", "pager"],
        },
    ]
}
ONE = "schedules/0"

RIGHT: dict[str, Any] = {
    "two schedules": SCHEDULES,
    "none": {"schedules": []},
    "a name that is null": changed(SCHEDULES, f"{ONE}/name", None),
    "lists and steps": changed(SCHEDULES, f"{ONE}/cron", "0,30 6-18/2 1 * *"),
    "seconds": changed(SCHEDULES, f"{ONE}/deadline", "90s"),
}

WRONG: dict[str, Any] = {
    "no list": {"schedules": {}},
    "an unknown key beside": {**SCHEDULES, "timezone": "UTC"},
    "nothing": {},
    "no checkpoint": changed(SCHEDULES, f"{ONE}/checkpoint", GONE),
    "a checkpoint without name": changed(SCHEDULES, f"{ONE}/checkpoint", ""),
    "an unknown key": changed(SCHEDULES, f"{ONE}/zone", "UTC"),
    "no cron": changed(SCHEDULES, f"{ONE}/cron", GONE),
    "four fields": changed(SCHEDULES, f"{ONE}/cron", "0 */6 * *"),
    "six fields": changed(SCHEDULES, f"{ONE}/cron", "0 0 */6 * * *"),
    "a nickname": changed(SCHEDULES, f"{ONE}/cron", "@daily"),
    "a question mark": changed(SCHEDULES, f"{ONE}/cron", "0 6 ? * *"),
    "a name with blanks": changed(SCHEDULES, f"{ONE}/name", "every six hours"),
    "a cron that is a number": changed(SCHEDULES, f"{ONE}/cron", 6),
    "no zone": changed(SCHEDULES, f"{ONE}/timezone", GONE),
    "a zone in words": changed(SCHEDULES, f"{ONE}/timezone", "Pacific time"),
    "no deadline": changed(SCHEDULES, f"{ONE}/deadline", GONE),
    "a deadline without unit": changed(SCHEDULES, f"{ONE}/deadline", 10),
    "a deadline in words": changed(SCHEDULES, f"{ONE}/deadline", "10 minutes"),
    "a deadline of nothing": changed(SCHEDULES, f"{ONE}/deadline", "0m"),
    "no one to tell": changed(SCHEDULES, f"{ONE}/notify", []),
    "whom to tell as text": changed(SCHEDULES, f"{ONE}/notify", "slack-alerts"),
    "whom to tell forgotten": changed(SCHEDULES, f"{ONE}/notify", GONE),
}


def read(tmp_path: Path, schedules: Any) -> None:
    """As plumbline does."""
    file = tmp_path / "schedule.yml"
    file.write_text(yaml.safe_dump(schedules))
    read_schedules(read_document(file))


@pytest.mark.parametrize("schedules", RIGHT.values(), ids=RIGHT)
def test_a_right_schedule_is_taken_by_the_schema_and_by_plumbline(
    tmp_path: Path, schedules: Any
) -> None:
    assert [error.message for error in SCHEMA.iter_errors(schedules)] == []
    read(tmp_path, schedules)


@pytest.mark.parametrize("schedules", WRONG.values(), ids=WRONG)
def test_a_wrong_schedule_is_refused_by_the_schema_and_by_plumbline(
    tmp_path: Path, schedules: Any
) -> None:
    assert not SCHEMA.is_valid(schedules)
    with pytest.raises(ConfigError):
        read(tmp_path, schedules)
