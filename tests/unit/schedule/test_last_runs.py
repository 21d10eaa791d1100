"""What ran last is kept whole or not at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.schedule.last_runs import FILE, LastRun, read_last_runs, write_last_runs

RUNS = {
    "health_check": LastRun(
        cron="0 */6 * * *",
        timezone="America/Los_Angeles",
        due=datetime(2026, 11, 25, 20, tzinfo=UTC),
        outcome="done",
        exit_code=3,
        ended_at=datetime(2026, 11, 25, 20, 0, 12, 345678, tzinfo=UTC),
    ),
    "new": LastRun("0 7 * * 1", "UTC", datetime(2026, 11, 23, 7, tzinfo=UTC), "first seen"),
}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    state_dir = tmp_path / "not" / "there"
    write_last_runs(state_dir, RUNS)
    assert read_last_runs(state_dir) == RUNS
    assert [file.name for file in state_dir.iterdir()] == [FILE]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "\0",
        lambda text: text.replace('"schema_version": 1', '"schema_version": 2'),
        lambda text: text.replace("20:00:00Z", "20:00:00"),  # no zone
        lambda text: text.replace("2026-11-25T20:00:00Z", "yesterday"),
        lambda text: text.replace('"due"', '"du"'),
        lambda text: json.dumps({"schema_version": 1, "schedules": {"health_check": None}}),
    ],
)
def test_a_torn_or_foreign_file_says_nothing(tmp_path: Path, spoil) -> None:
    write_last_runs(tmp_path, RUNS)
    file = tmp_path / FILE
    file.write_text(spoil(file.read_text()))
    assert read_last_runs(tmp_path) == {}


def test_no_file_says_nothing(tmp_path: Path) -> None:
    assert read_last_runs(tmp_path) == {}


def test_a_write_that_fails_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_last_runs(tmp_path, RUNS)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_last_runs(tmp_path, {})
    assert read_last_runs(tmp_path) == RUNS
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
