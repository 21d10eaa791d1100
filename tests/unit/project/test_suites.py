"""What is wrong in a suite is said with file, key and fix; nothing is passed over."""

import json
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.errors import MonitorError
from plumbline.project.suites import ObservedColumn, ObservedCount, read_suite
from support.documents import read_document

GOOD: dict[str, Any] = {
    "name": "grading",
    "meta": {
        "monitor": {
            "model": "grading",
            "observed": {"count_failing": "critical", "unit": "systems"},
            "vars": {"days": 3},
            "owner": "ml",
        },
        "team": "anything of the user's own",
    },
    "expectations": [
        {
            "type": "expect_metric_to_be_between",
            "severity": "warning",
            "kwargs": {"column": "graded_pct", "min_value": 80},
        }
    ],
}


def write(folder: Path, suite: object, name: str = "grading") -> Path:
    file = folder / f"{name}.json"
    file.write_text(suite if isinstance(suite, str) else json.dumps(suite))
    return file


def changed(path: str, value: object) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(GOOD))
    *parents, last = path.split(".")
    place: Any = copy
    for part in parents:
        place = place[int(part)] if part.isdigit() else place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copy


def test_a_suite_as_an_analyst_writes_it_needs_no_id(tmp_path: Path) -> None:
    suite = read_suite(read_document(write(tmp_path, GOOD)))
    assert suite.name == "grading"
    assert suite.monitor.model == "grading"
    assert suite.monitor.observed == ObservedCount(count_failing="critical", unit="systems")
    assert suite.declared == 1


def test_observed_is_a_column_with_its_aggregate_or_a_count(tmp_path: Path) -> None:
    suite = changed("meta.monitor.observed", {"column": "pct", "aggregate": "mean", "unit": "%"})
    observed = read_suite(read_document(write(tmp_path, suite))).monitor.observed
    assert observed == ObservedColumn(column="pct", aggregate="mean", unit="%")


@pytest.mark.parametrize("written", ["500 MB", 500 * 1024**2])
def test_a_budget_is_a_text_or_a_number_of_bytes(tmp_path: Path, written: object) -> None:
    suite = read_suite(
        read_document(write(tmp_path, changed("meta.monitor.budget", {"bytes_per_day": written})))
    )
    assert suite.monitor.budget is not None
    assert suite.monitor.budget.bytes_per_day == 500 * 1024**2


def test_a_severity_that_is_left_out_is_gx_own_default(tmp_path: Path) -> None:
    suite = read_suite(read_document(write(tmp_path, changed("expectations.0.severity", None))))
    assert suite.entry.expectations[0].severity == "critical"


OBSERVED = "meta.monitor.observed"
BYTES_PER_DAY = "meta.monitor.budget.bytes_per_day"

WRONG = [
    ("{", "line 1, column 2", "not JSON"),
    ("[]", None, "not a JSON object"),
    ('{"name": "grading", "name": "grading"}', "line 1, column 21", "twice"),
    ('{"name": "grading", "expectations": [], "x": NaN}', "line 1, column 46", "not JSON"),
    (changed("name", "other"), "name", "rename the file to other.json"),
    (changed("expectations", None), "expectations", "missing"),
    ({**GOOD, "expectation": []}, "expectation", "did you mean 'expectations'?"),
    (changed("meta.monitor.modl", "x"), "meta.monitor.modl", "did you mean 'model'?"),
    (changed("meta.monitor.model", "a b"), "meta.monitor.model", "pattern"),
    (changed("meta.monitor.vars", 3), "meta.monitor.vars", "not a mapping"),
    (changed(OBSERVED, {"column": "pct"}), f"{OBSERVED}.aggregate", "missing"),
    (changed(OBSERVED, {"unit": "%"}), f"{OBSERVED}.count_failing", "missing"),
    (
        changed(OBSERVED, {"column": "pct", "agregate": "mean"}),
        f"{OBSERVED}.agregate",
        "did you mean 'aggregate'?",
    ),
    (
        changed(OBSERVED, {"count_failling": "critical"}),
        f"{OBSERVED}.count_failling",
        "did you mean 'count_failing'?",
    ),
    (changed(OBSERVED, {"count_failing": "info"}), f"{OBSERVED}.count_failing", "'critical'"),
    (
        changed("expectations.0.severty", "warning"),
        "expectations[0].severty",
        "did you mean 'severity'?",
    ),
    (changed("expectations.0.severity", "urgent"), "expectations[0].severity", "'warning'"),
    (changed("expectations.0.kwargs", []), "expectations[0].kwargs", "not a mapping"),
    (changed("expectations.0.type", None), "expectations[0].type", "missing"),
    (
        changed("meta.monitor.budget", {"byte_per_day": 1}),
        "meta.monitor.budget.byte_per_day",
        "did you mean 'bytes_per_day'?",
    ),
    *(
        (changed("meta.monitor.rows", {key: 10**15}), f"meta.monitor.rows.{key}", "36600")
        for key in ("days", "due_days")
    ),
    (changed("meta.monitor.budget", {}), "meta.monitor.budget.bytes_per_day", "missing"),
    *(
        (changed("meta.monitor.budget", {"bytes_per_day": wrong}), BYTES_PER_DAY, said)
        for wrong, said in (
            ("500 mb", "such as '500 MB'"),
            ("much", "such as '500 MB'"),
            (True, "such as '500 MB'"),
            (0, "greater than or equal to 1"),
            ("0 MB", "greater than or equal to 1"),
            (1.5, "integer"),
        )
    ),
]


@pytest.mark.parametrize(("suite", "key", "said"), WRONG)
def test_a_malformed_suite_is_refused_with_file_key_and_fix(
    tmp_path: Path, suite: object, key: str | None, said: str
) -> None:
    file = write(tmp_path, suite)
    with pytest.raises(MonitorError) as caught:
        read_suite(read_document(file))
    assert caught.value.file == str(file)
    assert caught.value.key == key
    assert said in str(caught.value)
    assert caught.value.fix


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "grading.json"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MonitorError, match="can't be read"):
        read_suite(read_document(file))


def test_json_nested_without_end_is_refused_without_a_crash(tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match="nested too deeply"):
        read_suite(read_document(write(tmp_path, '{"a":' * 100_000)))


@pytest.mark.parametrize(
    ("path", "value", "is_other"),
    [
        ("expectations.0.kwargs.min_value", 70, True),
        ("expectations.0.kwargs.group_by", ["system_id"], True),
        ("expectations.0.severity", "critical", True),
        ("expectations.0.description", "Graded enough.", False),
        ("meta.monitor.owner", "data", False),
        ("expectations.0.notes", "why", False),
    ],
)
def test_only_what_is_required_changes_the_criteria(
    tmp_path: Path, path: str, value: object, is_other: bool
) -> None:
    before = read_suite(read_document(write(tmp_path, GOOD)))
    after = read_suite(read_document(write(tmp_path, changed(path, value))))
    assert (before.criteria != after.criteria) is is_other
