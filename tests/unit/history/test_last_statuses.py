"""The last statuses: a convenience that never harms."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.core.outcome import Outcome, RunReport
from plumbline.core.status import Status
from plumbline.history.last_statuses import FILE, read_last_statuses, record_last_statuses

AS_OF = datetime(2026, 2, 3, 5, tzinfo=UTC)


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


def test_what_was_recorded_is_read(tmp_path: Path) -> None:
    record_last_statuses(tmp_path / "state", report(a=Status.PASS))
    assert read_last_statuses(tmp_path / "state")["a"].status == "PASS"


def test_a_partial_run_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    record_last_statuses(tmp_path, report(a=Status.PASS, b=Status.CRITICAL))
    record_last_statuses(tmp_path, replace(report(a=Status.WARNING), run_id="second"))
    statuses = read_last_statuses(tmp_path)
    assert {name: found.status for name, found in statuses.items()} == {
        "a": "WARNING",
        "b": "CRITICAL",
    }
    assert (statuses["a"].run_id, statuses["b"].run_id) == ("second", "r")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema_version": 99}', '{"monitors": 3}'])
def test_a_torn_or_foreign_file_reads_as_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert read_last_statuses(tmp_path) == {}


def test_no_file_is_left_beside_it(tmp_path: Path) -> None:
    record_last_statuses(tmp_path, report(a=Status.PASS))
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
