"""``lint --fix``: one form, the ids that a run would make, and nothing lost."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plumbline.core.errors import ConfigError
from plumbline.lint.json_format import dumps, loads, ordered
from support.documents import read_document
from support.lint_project import LintedProject
from unit.lint.test_rules import CHECKPOINT, LAG, SUITE


def test_a_suite_gets_its_form_and_its_ids(linted: LintedProject) -> None:
    linted.write(
        LAG,
        '{"expectations":[{"kwargs":{"max_value":3,"column":"not_final"},"type":"expect_metric_to_be_between"}],'
        '"meta":{"monitor":{"owner":"data-platform","runbook":"https://x","model":"lag"}},"name":"lag"}',
    )
    linted.lint(fix=True)
    uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.sub(uuid, "ID", linted.read(LAG)) == (
        "{\n"
        '  "name": "lag",\n'
        '  "id": "ID",\n'
        '  "meta": {\n'
        '    "monitor": {\n'
        '      "model": "lag",\n'
        '      "owner": "data-platform",\n'
        '      "runbook": "https://x"\n'
        "    }\n"
        "  },\n"
        '  "expectations": [\n'
        "    {\n"
        '      "type": "expect_metric_to_be_between",\n'
        '      "kwargs": {\n'
        '        "max_value": 3,\n'
        '        "column": "not_final"\n'
        "      },\n"
        '      "id": "ID"\n'
        "    }\n"
        "  ]\n"
        "}\n"
    )


def test_a_checkpoint_gets_ids_for_itself_and_for_what_it_lists(linted: LintedProject) -> None:
    linted.replace("validation_definitions/whole_table.json", "{", '{"id": "of-the-file",')
    linted.lint(fix=True)
    checkpoint = json.loads(linted.read(CHECKPOINT))
    assert list(checkpoint) == ["name", "id", "validation_definitions", "actions"]
    listed = checkpoint["validation_definitions"]
    assert all(reference["id"] for reference in listed)
    assert listed[2] == {"name": "whole_table", "id": "of-the-file"}


def test_ids_are_those_that_a_run_makes_in_memory(linted: LintedProject) -> None:
    from plumbline.evaluate.build_suite import build_suite
    from plumbline.project.suites import read_suite

    before = build_suite(read_suite(read_document(linted.root / SUITE)))
    linted.lint(fix=True)
    written = json.loads(linted.read(SUITE))
    assert written["id"] == before.id
    assert [each["id"] for each in written["expectations"]] == [
        each.id for each in before.expectations
    ]


def test_fixing_again_writes_nothing(linted: LintedProject) -> None:
    first = linted.lint(fix=True)
    assert [file.name for file in first.fixed] == [
        "coverage.json", "lag.json", "whole_table.json", "health_check.json",
    ]  # fmt: skip
    assert linted.lint(fix=True).fixed == ()


def test_what_is_fixed_has_still_nothing_to_fix(linted: LintedProject) -> None:
    assert linted.lint(fix=True).findings == ()


def test_the_findings_are_those_of_the_fixed_files(linted: LintedProject) -> None:
    linted.write(LAG, linted.read(LAG).replace("\n", " ").replace('"max_value"', '"max_valu"'))
    finding = linted.lint(fix=True).findings[-1]
    line = linted.read(LAG).splitlines()[finding.place.line - 1]
    assert finding.place.line > 1
    assert "max_valu" in line or "kwargs" in line


def test_unknown_keys_stay_and_are_still_findings(linted: LintedProject) -> None:
    linted.replace(LAG, '"severity": "critical"', '"severty": "critical"')
    codes = [finding.rule.code for finding in linted.lint(fix=True).findings]
    assert '"severty": "critical"' in linted.read(LAG)
    assert "unknown-key" in codes


def test_numbers_stay_as_they_were_written(linted: LintedProject) -> None:
    linted.replace(LAG, '"max_value": 3', '"max_value": 3.00e0')
    linted.lint(fix=True)
    assert '"max_value": 3.00e0' in linted.read(LAG)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"name": "lag",', '"name": "lag",,'), ('"name": "lag",', '"name": "lag", "name": "lag",')],
    ids=["malformed", "a key that stands twice"],
)
def test_a_file_that_would_lose_something_is_left_alone(
    linted: LintedProject, old: str, new: str
) -> None:
    linted.replace(LAG, old, new)
    before = linted.read(LAG)
    report = linted.lint(fix=True)
    assert linted.read(LAG) == before
    assert linted.root / LAG not in report.fixed
    assert report.errors > 0


def test_only_the_files_that_are_named_are_written(linted: LintedProject) -> None:
    assert [file.name for file in linted.lint("lag", fix=True).fixed] == ["lag.json"]


def test_the_files_mode_stays_and_no_draft_is_left(linted: LintedProject) -> None:
    (linted.root / LAG).chmod(0o640)
    linted.lint(fix=True)
    assert stat.S_IMODE((linted.root / LAG).stat().st_mode) == 0o640
    assert not [file for file in (linted.root / LAG).parent.iterdir() if file.name[0] == "."]


def test_a_link_stays_a_link(linted: LintedProject) -> None:
    elsewhere = linted.root / "lag.json"
    (linted.root / LAG).rename(elsewhere)
    (linted.root / LAG).symlink_to(elsewhere)
    linted.lint(fix=True)
    assert (linted.root / LAG).is_symlink()
    assert '"id"' in elsewhere.read_text()


def test_a_file_outside_the_project_is_not_written(linted: LintedProject, tmp_path: Path) -> None:
    elsewhere = tmp_path / "lag.json"
    (linted.root / LAG).rename(elsewhere)
    (linted.root / LAG).symlink_to(elsewhere)
    before = elsewhere.read_text()
    linted.lint(fix=True)
    assert elsewhere.read_text() == before


def test_a_write_that_fails_leaves_the_old_file_and_says_so(
    linted: LintedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = linted.read(SUITE)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ConfigError, match="can't be written"):
        linted.lint(fix=True)
    assert linted.read(SUITE) == before
    assert sorted(file.name for file in (linted.root / "expectations").iterdir()) == [
        "coverage.json", "lag.json", "whole_table.json",
    ]  # fmt: skip


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_any_value_comes_back_whole_from_its_form(value: Any) -> None:
    text = dumps(loads(json.dumps(value)))
    assert json.loads(text) == json.loads(json.dumps(value))
    assert dumps(loads(text)) == text
    text.encode()


@given(st.dictionaries(st.text(), st.integers()), st.lists(st.text()))
def test_an_order_loses_no_key(value: dict[str, int], keys: list[str]) -> None:
    found = ordered(dict(value), keys)
    assert found == value
    known = [key for key in dict.fromkeys(keys) if key in value]
    assert list(found)[: len(known)] == known


@given(suite=st.dictionaries(st.sampled_from(["name", "id", "meta", "expectations", "x"]), JSON))
@settings(
    max_examples=settings().max_examples // 8,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_a_suite_holds_fixing_adds_and_takes_nothing_away(
    linted: LintedProject, suite: dict[str, Any]
) -> None:
    (linted.root / LAG).write_text(json.dumps(suite))
    linted.lint("lag", fix=True)
    written = json.loads(linted.read(LAG))
    again = linted.lint("lag", fix=True)
    assert again.fixed == ()
    for key, value in suite.items():
        if key == "id" and value is None:
            continue  # filled in
        if key == "expectations" and isinstance(value, list):
            for before, after in zip(value, written[key], strict=True):
                if isinstance(before, dict):
                    assert {**after, **before} == {**before, **after} | (
                        {"id": before["id"]} if "id" in before else {}
                    )
                else:
                    assert before == after
            continue
        assert written[key] == value
