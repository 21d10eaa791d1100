"""``checkpoints/incidents.yml`` is read before a backtest needs it."""

from __future__ import annotations

import pytest

from support.lint_project import LintedProject

FILE = "checkpoints/incidents.yml"
RIGHT = """incidents:
  - id: no-lines
    title: No lines
    dates: 2026-01-26..2026-01-27
    began: 2026-01-26T06:30:00-05:00
    monitors: [line_coverage]
"""


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("", "", None),
        ("title", "titel", "unknown-key incidents[0].titel"),
        ("    monitors: [line_coverage]\n", "", "missing-key incidents[0]"),
        ("26T06:30:00-05:00", "26T06:30:00", "wrong-value incidents[0].began"),
        ("2026-01-26..2026-01-27", "2026-01-27..2026-01-26", "wrong-value incidents[0].dates"),
        ("title", "groups: [{system_id: [q43]}]\n    title", "wrong-value incidents[0].groups[0].system_id"),
        ("title", "group: [{system_id: q43}]\n    title", "unknown-key incidents[0].group"),
        ("incidents:", "incidents: [", "yaml-malformed None"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_in_its_place(
    linted: LintedProject, old: str, new: str, finding: str | None
) -> None:
    linted.write(FILE, RIGHT.replace(old, new) if old else RIGHT)
    found = [f"{one.rule.code} {one.place.key}" for one in linted.lint().findings]
    assert found == [] if finding is None else finding in found


def test_an_id_that_stands_twice_is_found_at_the_second(linted: LintedProject) -> None:
    linted.write(FILE, RIGHT + RIGHT.split("incidents:\n")[1])
    (finding,) = linted.lint().findings
    assert (finding.rule.code, finding.place.key) == ("wrong-value", "incidents[1].id")
    assert finding.place.line == 7


@pytest.mark.parametrize(
    ("monitors", "groups", "found"),
    [
        ("coverage", "{team: BOS}", []),
        ("coverage", "{team: BOS}, {taem: BOS}", ["incidents[0].groups[1].taem"]),
        ("coverage", "{game_date: 2026-01-26, team: BOS}", []),
        # The files of the second monitor don't say its columns.
        ("coverage, lag", "{taem: BOS}", []),
        ("coverage, gone", "{taem: BOS}", []),
    ],
)
def test_a_group_column_that_no_monitor_of_the_incident_has_is_found(
    linted: LintedProject, monitors: str, groups: str, found: list[str]
) -> None:
    linted.write(FILE, RIGHT.replace("[line_coverage]", f"[{monitors}]\n    groups: [{groups}]"))
    findings = linted.lint().findings
    assert [one.place.key for one in findings] == found
    assert {one.rule.code for one in findings} <= {"incident-unknown-group-column"}
