"""What ran last is kept whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.project.state_files import StateFiles
from plumbline.schedule.last_runs import NAME, LastRun, read_last_runs, write_last_runs

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


@pytest.fixture
def files(tmp_path: Path) -> StateFiles:
    return StateFiles(tmp_path / "not" / "there", "shop", "bigquery")


def test_what_was_written_is_read(files: StateFiles) -> None:
    write_last_runs(files, RUNS)
    assert read_last_runs(files, []) == RUNS
    assert list(files.folder.iterdir()) == [files.path(NAME)]


@pytest.mark.parametrize("other", [{"project": "tills"}, {"target": "local"}])
def test_another_project_or_target_in_the_same_folder_is_not_seen(
    files: StateFiles, other: dict[str, str]
) -> None:
    write_last_runs(files, RUNS)
    others = replace(files, **other)
    assert read_last_runs(others, RUNS) == {}
    write_last_runs(others, {})
    assert read_last_runs(files, RUNS) == RUNS


def earlier(files: StateFiles) -> None:
    """The file as an earlier version left it, for all projects and targets."""
    write_last_runs(files, RUNS)
    files.path(NAME).rename(files.older(NAME))


def test_the_file_of_an_earlier_version_is_taken_over_once(files: StateFiles) -> None:
    earlier(files)
    assert read_last_runs(files, [*RUNS, "added"]) == RUNS
    write_last_runs(files, RUNS)
    assert read_last_runs(files, RUNS) == RUNS
    assert read_last_runs(replace(files, project="tills"), RUNS) == {}


def test_the_file_of_an_earlier_version_with_schedules_of_another_project_is_left_to_it(
    files: StateFiles,
) -> None:
    earlier(files)
    tills = replace(files, project="tills")
    assert read_last_runs(tills, ["health_check"]) == {}
    write_last_runs(tills, {"health_check": RUNS["health_check"]})
    assert read_last_runs(files, RUNS) == RUNS


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
def test_a_torn_or_foreign_file_says_nothing(files: StateFiles, spoil) -> None:
    write_last_runs(files, RUNS)
    file = files.path(NAME)
    file.write_text(spoil(file.read_text()))
    assert read_last_runs(files, RUNS) == {}


def test_no_file_says_nothing(files: StateFiles) -> None:
    assert read_last_runs(files, RUNS) == {}


def test_a_write_that_fails_leaves_the_old_file_whole(
    files: StateFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_last_runs(files, RUNS)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_last_runs(files, {})
    assert read_last_runs(files, RUNS) == RUNS
    assert list(files.folder.iterdir()) == [files.path(NAME)]
