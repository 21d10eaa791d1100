"""What lint writes: for people, for machines, for GitHub."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.lint import report as reports
from plumbline.lint.linter import LintReport
from plumbline.lint.rule import Rules
from plumbline.project.document import Place

RULES = Rules()
WRONG = RULES.error("some-error", "Something.", wrong="a", right="b")
DOUBTFUL = RULES.warning("some-warning", "Something.", wrong="a", right="b")


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LintReport:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(reports.WORKSPACE_VARIABLE, raising=False)
    root = tmp_path / "project"
    findings = (
        WRONG.at(Place(root / "a.json", 3, 7, "x[0].y"), "there is no 'b'", "did you mean 'c'?"),
        DOUBTFUL.at(Place(root / "b,1.sql", 2), "100% of\nit: \x1b[31mred", "fix it"),
    )
    return LintReport(root, findings, fixed=(root / "c.json",))


def test_text_is_a_line_to_follow_a_key_and_a_fix(report: LintReport) -> None:
    assert reports.as_text(report).splitlines() == [
        "fixed project/c.json",
        "project/a.json:3:7: error: there is no 'b' [some-error]",
        "  in: x[0].y",
        "  fix: did you mean 'c'?",
        "project/b,1.sql:2: warning: 100% of\\nit: \\x1b[31mred [some-warning]",
        "  fix: fix it",
        "1 error, 1 warning",
    ]


def test_text_has_colours_where_they_are_wanted(report: LintReport) -> None:
    assert "\x1b[1;38;5;160merror\x1b[0m: there is no 'b'" in reports.as_text(report, colour=True)
    assert "\x1b[31mred" not in reports.as_text(report, colour=True)


def test_nothing_found_is_said_in_one_line(report: LintReport) -> None:
    assert reports.as_text(LintReport(report.root, ())) == "nothing to fix\n"


def test_json_is_one_object_with_files_from_the_projects_folder(report: LintReport) -> None:
    content = reports.as_dict(report, exit_code=2)
    assert content["exit_code"] == 2
    assert content["counts"] == {"errors": 1, "warnings": 1}
    assert content["fixed"] == ["c.json"]
    assert content["findings"][0] == {
        "rule": "some-error",
        "severity": "error",
        "file": "a.json",
        "line": 3,
        "column": 7,
        "key": "x[0].y",
        "what": "there is no 'b'",
        "mend": "did you mean 'c'?",
    }


def test_github_gets_one_command_a_finding_escaped(report: LintReport) -> None:
    assert reports.as_annotations(report).splitlines() == [
        "::error file=project/a.json,line=3,col=7,title=some-error::"
        "there is no 'b'; did you mean 'c'?",
        "::warning file=project/b%2C1.sql,line=2,title=some-warning::"
        r"100%25 of\nit: \x1b[31mred; fix it",
        "1 error, 1 warning",
    ]


def test_github_counts_files_from_its_checkout(report: LintReport, tmp_path: Path) -> None:
    said = reports.as_annotations(report, {reports.WORKSPACE_VARIABLE: str(tmp_path / "project")})
    assert "::error file=a.json," in said
