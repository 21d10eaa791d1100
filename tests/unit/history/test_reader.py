"""The reader of history: rows of the table and of files become outcomes, by one module alone."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import plumbline
from plumbline.core.errors import ConfigError
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import ExpectationOutcome, Outcome, ThresholdLine
from plumbline.core.run import Run
from plumbline.core.status import Status
from plumbline.history.outcomes import outcome_rows
from plumbline.history.reader import assemble, by_monitor, read_file

AT = datetime(2026, 2, 2, 5, tzinfo=UTC)
ROW = {"as_of": "2026-02-02T05:00:00Z", "monitor": "coverage", "status": "PASS", "observed": 91.5}


def write(folder: Path, *lines: object) -> Path:
    file = folder / "history.jsonl"
    file.write_text(
        "".join(f"{json.dumps(one) if isinstance(one, dict) else one}\n" for one in lines)
    )
    return file


@pytest.mark.parametrize(
    "as_of",
    ["2026-02-02T05:00:00Z", "2026-02-02 05:00:00", "2026-02-02 05:00:00 UTC", "2026-02-02T00:00:00-05:00"],
)  # fmt: skip
def test_instants_are_read_as_json_and_as_bq_writes_them(tmp_path: Path, as_of: str) -> None:
    found = by_monitor(read_file(write(tmp_path, {**ROW, "as_of": as_of})))
    assert [one.as_of for one in found["coverage"]] == [AT]


def test_numbers_may_be_texts_as_bq_writes_them(tmp_path: Path) -> None:
    found = by_monitor(read_file(write(tmp_path, {**ROW, "observed": "91.5", "numerator": ""})))
    assert (found["coverage"][0].observed, found["coverage"][0].numerator) == (91.5, None)


def test_expectations_are_read_as_a_run_wrote_them() -> None:
    said = (
        ExpectationOutcome("expect_x", "warning", False, "at least 80 %", key="a"),
        ExpectationOutcome("expect_x", "critical", True, "at least 50 %", key="b"),
        ExpectationOutcome("expect_y", "info", False, "fresh", error="no table", key="c"),
        ExpectationOutcome("expect_y", "info", True, "unique", skipped="no rows", key="d"),
    )
    run = Run("run-1", "health_check", "local", AT, None)
    outcome = Outcome("coverage", Status.WARNING, "60 %", AT, expectations=said)
    (row,) = outcome_rows(run, [outcome], project="p", recorded_at=AT)
    (stored,) = assemble([row])
    found = stored.outcome.expectations
    assert [(one.key, one.severity, one.text, one.result) for one in found] == [
        ("a", "warning", "at least 80 %", "fail"),
        ("b", "critical", "at least 50 %", "pass"),
        ("c", "info", "fresh", "error"),
        ("d", "info", "unique", "skip"),
    ]


@pytest.mark.parametrize("stored", [None, "", "[]", "{}", "no JSON", '[{"key": "a"}]', "[1]"])
def test_a_row_without_readable_expectations_has_none(stored: object) -> None:
    (found,) = assemble([{**ROW, "as_of": AT, "expectations": stored}])
    assert found.outcome.expectations == ()


def test_groups_stand_with_their_monitor() -> None:
    key = '{"system_id":"a"}'
    head = {**ROW, "as_of": AT}
    (stored,) = assemble([head, {**head, "group_key": key, "status": "CRITICAL", "observed": 3.0}])
    assert (stored.outcome.status, stored.outcome.observed) == (Status.PASS, 91.5)
    (group,) = stored.outcome.groups
    assert (group.key, group.observed) == (GroupKey.of({"system_id": "a"}), 3.0)


@pytest.mark.parametrize(
    ("stored", "lines"),
    [
        ('[["critical", 50, "below", true]]', (ThresholdLine("critical", 50.0, "below", True),)),
        ('[["critical", 50, "above"]]', (ThresholdLine("critical", 50.0, "above", False),)),
        ("[]", ()),
        (None, ()),
    ],
)
def test_bounds_are_read_with_or_without_their_strictness(
    stored: str | None, lines: tuple[ThresholdLine, ...]
) -> None:
    (found,) = assemble([{**ROW, "as_of": AT, "threshold_lines": stored}])
    assert found.outcome.lines == lines


def test_the_last_recorded_word_counts() -> None:
    rows = [
        {**ROW, "as_of": AT, "recorded_at": AT.replace(hour=8), "observed": 2.0, "run_id": "b"},
        {**ROW, "as_of": AT, "recorded_at": AT.replace(hour=7), "observed": 1.0, "run_id": "a"},
    ]
    assert [one.outcome.observed for one in assemble(rows)] == [2.0]


def test_what_stands_under_an_earlier_name_is_of_the_name_now(tmp_path: Path) -> None:
    later = {**ROW, "monitor": "lines", "as_of": "2026-02-03T05:00:00Z"}
    found = by_monitor(read_file(write(tmp_path, ROW, later), {"coverage": "lines"}))
    assert {name: len(outcomes) for name, outcomes in found.items()} == {"lines": 2}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "this line is not an outcome"),
        ("[]", "not a JSON object"),
        ('{"as_of": "2026-02-02T05:00:00Z", "status": "PASS"}', "monitor is missing"),
        (json.dumps({**ROW, "status": "GREEN"}), "GREEN"),
        (json.dumps({**ROW, "as_of": "yesterday"}), "yesterday"),
        (json.dumps({**ROW, "observed": "many"}), "many"),
        (json.dumps({**ROW, "group_key": "{"}), "this line is not an outcome"),
    ],
)
def test_a_line_that_is_no_outcome_is_refused_with_its_number(
    tmp_path: Path, line: str, says: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read_file(write(tmp_path, ROW, line))
    assert says in refused.value.what
    assert refused.value.key == "line 2"


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        read_file(tmp_path / "none")
    assert "backtest --export" in str(refused.value.fix)


def test_no_other_module_selects_from_outcomes() -> None:
    package = Path(plumbline.__file__).parent
    asking = {
        file.relative_to(package).as_posix()
        for file in package.rglob("*.py")
        if re.search(r"from\s+`\{+dataset\}+\.outcomes`", file.read_text(encoding="utf-8"))
    }
    assert asking == {"history/reader.py"}
