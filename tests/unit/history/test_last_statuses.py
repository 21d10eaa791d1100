"""The last statuses: a convenience that never harms."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.core.outcome import Outcome, RunReport
from plumbline.core.status import Status
from plumbline.history.last_statuses import (
    NAME,
    LastStatus,
    read_last_statuses,
    record_last_statuses,
)
from plumbline.project.state_files import StateFiles

AS_OF = datetime(2026, 2, 3, 5, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> StateFiles:
    return StateFiles(tmp_path / "state", "shop", "local")


def report(**statuses: Status) -> RunReport:
    return RunReport(
        run_id="r",
        checkpoint="health_check",
        target="local",
        as_of=AS_OF,
        started_at=AS_OF,
        seconds=1.0,
        outcomes=tuple(
            Outcome(monitor=name, status=status, summary="", as_of=AS_OF)
            for name, status in statuses.items()
        ),
        revision=None,
    )


def test_what_was_recorded_is_read(files: StateFiles) -> None:
    record_last_statuses(files, report(a=Status.PASS))
    assert read_last_statuses(files)["a"].status == "PASS"


def test_a_partial_run_leaves_the_others_as_they_were(files: StateFiles) -> None:
    record_last_statuses(files, report(a=Status.PASS, b=Status.CRITICAL))
    record_last_statuses(files, replace(report(a=Status.WARNING), run_id="second"))
    statuses = read_last_statuses(files)
    assert {name: found.status for name, found in statuses.items()} == {
        "a": "WARNING",
        "b": "CRITICAL",
    }
    assert (statuses["a"].run_id, statuses["b"].run_id) == ("second", "r")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema_version": 99}', '{"monitors": 3}'])
def test_a_torn_or_foreign_file_reads_as_nothing(files: StateFiles, content: str) -> None:
    files.folder.mkdir()
    files.path(NAME).write_text(content)
    assert read_last_statuses(files) == {}


def test_no_file_is_left_beside_it(files: StateFiles) -> None:
    record_last_statuses(files, report(a=Status.PASS))
    assert list(files.folder.iterdir()) == [files.path(NAME)]


@pytest.mark.parametrize("other", [{"project": "tills"}, {"target": "bigquery"}])
def test_another_project_or_target_in_the_same_folder_is_not_seen(
    files: StateFiles, other: dict[str, str]
) -> None:
    record_last_statuses(files, report(a=Status.CRITICAL))
    others = replace(files, **other)
    assert read_last_statuses(others) == {}
    record_last_statuses(others, replace(report(b=Status.PASS), target=others.target))
    assert list(read_last_statuses(files)) == ["a"]


def test_the_file_of_an_earlier_version_is_taken_over_once(files: StateFiles) -> None:
    entries = {
        name: asdict(LastStatus("WARNING", "2026-02-03T05:00:00Z", "old", "health_check", target))
        for name, target in (("a", "local"), ("b", "local"), ("c", "bigquery"))
    }
    files.folder.mkdir()
    files.older(NAME).write_text(json.dumps({"schema_version": 1, "monitors": entries}))
    assert list(read_last_statuses(files)) == ["a", "b"]
    record_last_statuses(files, report(a=Status.PASS))
    assert {name: one.status for name, one in read_last_statuses(files).items()} == {
        "a": "PASS",
        "b": "WARNING",
    }
    assert read_last_statuses(replace(files, project="tills")) == {}
