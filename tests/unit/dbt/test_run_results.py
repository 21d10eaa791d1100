"""dbt's run_results.json and sources.json. The files in `artifacts` are real ones of dbt 1.11, trimmed:
a seed, models of which one can't be built, tests of each status; the same retried; a source."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.errors import ConfigError
from plumbline.dbt.run_results import read_invocations
from support.each import for_each

ARTIFACTS = Path(__file__).parent / "artifacts"

Change = Callable[[dict[str, Any]], object]


def copied(folder: Path, *names: str) -> Path:
    for name in names:
        shutil.copy(ARTIFACTS / name, folder / name)
    return folder


def changed(folder: Path, change: Change, *, name: str = "run_results.json") -> Path:
    content = json.loads((ARTIFACTS / name).read_text())
    change(content)
    (folder / name).write_text(json.dumps(content))
    return folder


def test_results_of_tests_and_of_freshness_are_one_invocation_each(tmp_path: Path) -> None:
    tests, freshness = read_invocations(copied(tmp_path, "run_results.json", "sources.json"))
    assert (tests.kind, tests.command, len(tests.results)) == ("tests", "build", 21)
    assert (freshness.kind, len(freshness.results)) == ("freshness", 1)
    assert tests.id == "bb04343d-cdbe-4d90-a499-150317d63e5b" != freshness.id


def test_a_result_is_of_the_instant_at_which_it_was_done(tmp_path: Path) -> None:
    (tests,) = read_invocations(copied(tmp_path, "run_results.json"))
    at = {one.id.split(".")[2]: one.at.isoformat() for one in tests.results}
    assert at["unique_orders_order_id"] == "2026-12-01T14:55:27.157246+00:00"
    assert at["not_null_broken_order_id"] == tests.generated_at.isoformat(), "it was skipped"


def test_which_invocations_run_a_part_of_the_tests(tmp_path: Path) -> None:
    cases: dict[str, tuple[Change, bool]] = {
        "all": (lambda content: None, False),
        "--select": (lambda content: content["args"].update(select=["orders"]), True),
        "--exclude": (lambda content: content["args"].update(exclude=["orders"]), True),
        "--selector": (lambda content: content["args"].update(selector="daily"), True),
        "--resource-type": (lambda content: content["args"].update(resource_types=["test"]), True),
        "no arguments are said": (lambda content: content.pop("args"), False),
        "a folder is called retry": (
            lambda content: content["args"].update(invocation_command="dbt build --target-path a/retry"),
            False,
        ),
    }  # fmt: skip

    def is_read(case: str) -> None:
        change, is_partial = cases[case]
        (found,) = read_invocations(changed(tmp_path, change))
        assert found.is_partial is is_partial

    for_each(cases, is_read)


def test_a_retry_is_a_part_although_it_says_build(tmp_path: Path) -> None:
    shutil.copy(ARTIFACTS / "retry.json", tmp_path / "run_results.json")
    (found,) = read_invocations(tmp_path)
    assert (found.command, found.is_partial) == ("build", True)


def test_versions(tmp_path: Path) -> None:
    def version(text: str) -> Change:
        return lambda content: content["metadata"].update(dbt_schema_version=text)

    url = "https://schemas.getdbt.com/dbt"
    for known in (f"{url}/run-results/v5.json", f"{url}/run-results/v6.json"):
        assert read_invocations(changed(tmp_path, version(known)))
    for unknown in (f"{url}/run-results/v7.json", f"{url}/manifest/v12.json", ""):
        with pytest.raises(ConfigError) as caught:
            read_invocations(changed(tmp_path, version(unknown)))
        fault = caught.value
        assert fault.file == str(tmp_path / "run_results.json")
        assert "unknown version" in fault.what
        assert "dbt 1.11.16" in fault.what
        assert "v5 and v6" in str(fault.fix)


def test_what_is_wrong_with_a_file_is_said_with_file_key_and_fix(tmp_path: Path) -> None:
    whole = (ARTIFACTS / "run_results.json").read_text()

    def edited(change: Change) -> str:
        content = json.loads(whole)
        change(content)
        return json.dumps(content)

    cases = {
        "cut off": (whole[:5000], "is incomplete JSON", "line "),
        "empty": ("", "is incomplete JSON", "line 1"),
        "a list": ("[]", "is malformed", None),
        "no results": (edited(lambda c: c.pop("results")), "has no list of results", "results"),
        "a result is a text": (
            edited(lambda c: c["results"].insert(0, "pass")), "is malformed", "results[0]"
        ),
        "no status": (
            edited(lambda c: c["results"][2].pop("status")), "'status'", "results[2].status"
        ),
        "no instant": (
            edited(lambda c: c["metadata"].update(generated_at="soon")), "no time", "generated_at"
        ),
    }  # fmt: skip

    def is_refused(case: str) -> None:
        text, what, key = cases[case]
        (tmp_path / "run_results.json").write_text(text)
        with pytest.raises(ConfigError) as caught:
            read_invocations(tmp_path)
        assert what in caught.value.what
        assert caught.value.file == str(tmp_path / "run_results.json")
        assert (key or "") in (caught.value.key or "")
        assert caught.value.fix

    for_each(cases, is_refused)


def test_a_folder_without_results_is_refused_with_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_invocations(tmp_path)
    assert "run `dbt build`" in str(caught.value.fix)
