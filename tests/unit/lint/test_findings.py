"""Findings as a whole: all of them, in order, each once, in the right place."""

from __future__ import annotations

from textwrap import dedent

import pytest

from plumbline.core.errors import ConfigError
from support.lint_project import LintedProject
from unit.lint.test_rules import (
    ALERTS,
    CHECKPOINT,
    LAG,
    LAG_MODEL,
    MODEL,
    MUTES,
    RUNBOOK,
    SCHEDULE,
    SCHEMA,
    SERVICES,
    SUITE,
)


def test_every_fault_of_every_file_is_found_in_one_run(linted: LintedProject) -> None:
    linted.replace(SUITE, '"severity": "warning"', '"severty": "warning"')
    linted.replace(SUITE, '"owner"', '"onwer"')
    linted.replace(SUITE, '"column": "coverage_pct", "group_by"', '"colunm": "x", "group_by"')
    linted.replace(LAG, '"max_value": 3', '"max_value": "3", "agregate": 1')
    linted.replace(CHECKPOINT, '{"name": "lag"}', '{"nam": "lag"}')
    linted.replace(MODEL, "ref('evaluations')", "ref('evaluation')")
    linted.replace(MODEL, "var('days')", "var('dayz')")
    linted.replace(MODEL, "arrived_at('created_at')", "arived_at('created_at')")
    linted.replace(SCHEMA, "description: One row a game.", "desciption: One row a game.")
    found = {(finding.place.file.name, finding.rule.code) for finding in linted.lint().findings}
    assert found >= {
        ("coverage.json", "unknown-key"),
        ("coverage.json", "monitor-without-owner"),
        ("coverage.json", "expectation-unknown-argument"),
        ("lag.json", "expectation-wrong-argument"),
        ("lag.json", "expectation-unknown-argument"),
        ("health_check.json", "unknown-key"),
        ("health_check.json", "missing-key"),
        ("coverage.sql", "model-unknown-ref"),
        ("coverage.sql", "model-unknown-variable"),
        ("coverage.sql", "model-unknown-macro"),
        ("schema.yml", "unknown-key"),
        ("schema.yml", "model-without-description"),
    }


ALL_FAULTS = {
    ALERTS: (
        """
        channels:
          alerts: {type: slack, token: SLACK_BOT_TOKEN}
          issues: {type: github, token: GITHUB_TOKEN, repository: nowhere}
        routes:
          - {status: CRITICAL, to: [pager, issues]}
        remind_after: {warning: 3 days, critical: 1w}
        fallback: alert
        """,
        [
            "wrong-value channels.alerts",
            "wrong-value channels.issues.repository",
            "alerts-unknown-channel routes[0].to[0]",
            "wrong-value remind_after.critical",
            "wrong-value remind_after.warning",
            "alerts-unknown-channel fallback",
        ],
    ),
    MUTES: (
        """
        mutes:
          - {monitor: lagg, owner: me, reason: r, until: next week}
          - {monitor: lagg, owner: me, reason: r, untill: 2999-12-31}
        """,
        [
            "mute-unknown-monitor mutes[0].monitor",
            "wrong-value mutes[0].until",
            "missing-key mutes[1]",
            "wrong-value mutes[1].monitor",
            "mute-unknown-monitor mutes[1].monitor",
            "unknown-key mutes[1].untill",
        ],
    ),
    SCHEDULE: (
        """
        schedules:
          - {checkpoint: helth, cron: 0 6 * *, timezone: Mars, deadline: 10m, notify: [alrts]}
          - {checkpoint: helth, cron: 0 6 * * *, timezone: UTC, deadline: 25h, notify: [alerts]}
        """,
        [
            "schedule-unknown-checkpoint schedules[0].checkpoint",
            "wrong-value schedules[0].cron",
            "alerts-unknown-channel schedules[0].notify[0]",
            "wrong-value schedules[0].timezone",
            "schedule-unknown-checkpoint schedules[1].checkpoint",
            "schedule-deadline-too-long schedules[1].deadline",
            "wrong-value schedules[1].name",
        ],
    ),
    SERVICES: (
        """
        services:
          - &worker
            name: worker
            owner: me
            paths: [../elsewhere, macroz, '*.sql']
            deployed: {command: [cat, DEPLOYED]}
            runbook: docs/runbooks/coverage.md
          - <<: *worker
            paths: [macros]
        """,
        [
            "wrong-value services[0].paths[0]",
            "service-path-missing services[0].paths[1]",
            "wrong-value services[0].paths[2]",
            "wrong-value services[1].name",
        ],
    ),
    "checkpoints/incidents.yml": (
        """
        incidents:
          - &first
            id: no-lines
            title: No lines
            dates: 2026-01-26
            began: 2026-01-26T06:30:00-05:00
            due: 2026-01-25T06:30:00-05:00
            until: 2026-01-25T06:30:00-05:00
            monitors: [lag]
          - {<<: *first, due: null, until: null, tite: No lines}
        """,
        [
            "wrong-value incidents[0].due",
            "wrong-value incidents[0].until",
            "wrong-value incidents[1].id",
            "unknown-key incidents[1].tite",
        ],
    ),
}


@pytest.mark.parametrize(("file", "text", "expected"), [(k, *v) for k, v in ALL_FAULTS.items()])
def test_every_fault_of_a_file_is_found_where_it_stands(
    linted: LintedProject, file: str, text: str, expected: list[str]
) -> None:
    linted.write(file, dedent(text))
    findings = linted.lint().findings
    found = [f"{f.rule.code} {f.place.key}" for f in findings if f.place.file.name in file]
    assert sorted(found) == sorted(expected)


def test_findings_come_file_by_file_from_top_to_bottom(linted: LintedProject) -> None:
    linted.replace(SUITE, '"min_value": 50', '"min_value": 500')
    linted.replace(SUITE, '"owner"', '"onwer"')
    linted.replace(LAG, '"owner"', '"onwer"')
    places = [(f.place.file.name, f.place.line) for f in linted.lint().findings]
    assert places == sorted(places)
    assert len(set(places)) > 3


def test_a_fault_in_a_model_that_others_stand_on_is_said_once_and_there(
    linted: LintedProject,
) -> None:
    linted.replace("models/staging/evaluations.sql", "from unnest", "fromm unnest")
    (finding,) = linted.lint().findings
    assert finding.rule.code == "sql-unreadable"
    assert finding.place.file.name == "evaluations.sql"
    assert finding.place.line == 2


def test_a_model_that_only_a_macro_refers_to_is_looked_at(linted: LintedProject) -> None:
    linted.replace(LAG_MODEL, "{{ ref('calendar') }}", "{{ games() }}")
    linted.write("macros/games.sql", "{% macro games() %}{{ ref('calendar') }}{% endmacro %}")
    assert linted.codes() == []
    linted.replace("models/staging/calendar.sql", "source('nba', 'games')", "source('nba', 'gams')")
    linted.replace("macros/games.sql", "ref('calendar')", "ref('calender')")
    found = {(each.place.file.name, each.rule.code) for each in linted.lint().findings}
    assert found == {("games.sql", "model-unknown-ref")}
    linted.replace("macros/games.sql", "ref('calender')", "ref('calendar')")
    found = {(each.place.file.name, each.rule.code) for each in linted.lint().findings}
    assert found == {("calendar.sql", "model-unknown-source")}


def test_an_ephemeral_model_that_nobody_uses_any_more_needs_no_suite(linted: LintedProject) -> None:
    for model in (MODEL, LAG_MODEL):
        linted.replace(model, "ref('evaluations')", "ref('evaluation')")
    assert "model-without-suite" not in linted.codes()


def test_a_line_after_a_macro_of_many_lines_is_still_the_files_own(linted: LintedProject) -> None:
    linted.write(
        "macros/arrived_at.sql",
        """
        {% macro arrived_at(column) -%}
        coalesce(
            {{ column }},


            timestamp '1970-01-01 00:00:00+00'
        )
        {%- endmacro %}
        """,
    )
    assert linted.codes() == []
    linted.replace(MODEL, "cross join counted", "cross join counted counted counted")
    (finding,) = linted.found("sql-unreadable")
    line = linted.read(MODEL).splitlines()[finding.place.line - 1]
    assert "counted counted counted" in line


def test_a_column_and_its_key_are_named_with_the_place(linted: LintedProject) -> None:
    linted.replace(LAG, '"max_value": 3', '"max_valu": 3')
    finding = linted.found("expectation-unknown-argument")[0]
    assert finding.place.key == "expectations[0].kwargs.max_valu"
    line = linted.read(LAG).splitlines()[finding.place.line - 1]
    assert finding.place.column is not None
    assert line[finding.place.column - 1 :].startswith('"max_valu"')


def test_a_monitor_limits_findings_to_its_suite_and_model(linted: LintedProject) -> None:
    linted.replace(LAG, '"owner"', '"onwer"')
    linted.replace(LAG_MODEL, "ref('calendar')", "ref('calender')")
    linted.replace(SUITE, '"owner"', '"onwer"')
    names = {finding.place.file.name for finding in linted.lint("lag").findings}
    assert names == {"lag.json", "lag.sql"}


@pytest.mark.parametrize("name", [LAG, "expectations", "expectations/"])
def test_a_file_or_a_folder_limits_findings(linted: LintedProject, name: str) -> None:
    linted.replace(LAG, '"owner"', '"onwer"')
    linted.replace(LAG_MODEL, "ref('calendar')", "ref('calender')")
    names = {finding.place.file.name for finding in linted.lint(name).findings}
    assert names == {"lag.json"}


def test_a_file_that_lint_does_not_read_has_nothing_to_fix(linted: LintedProject) -> None:
    linted.replace(LAG, '"owner"', '"onwer"')
    linted.write("docs/notes.md", "# Notes")
    assert linted.lint("docs/notes.md").findings == ()


def test_a_monitor_and_its_runbook_are_looked_at_together(linted: LintedProject) -> None:
    linted.replace(RUNBOOK, "## Fix\n", "")
    assert [finding.place.file.name for finding in linted.lint("coverage").findings] == [
        "coverage.md"
    ]
    assert linted.lint("lag").findings == ()


def test_a_runbook_that_many_name_is_looked_at_once(linted: LintedProject) -> None:
    linted.replace(
        SUITE, "docs/runbooks/coverage.md#what-to-do", "docs/../docs/runbooks/coverage.md"
    )
    linted.replace(RUNBOOK, "## Fix\n", "")
    assert linted.codes() == ["runbook-without-heading"]


def test_a_runbook_that_is_not_text_is_left_alone(linted: LintedProject) -> None:
    (linted.root / RUNBOOK).write_bytes(b"\xff\xfe\x00")
    assert linted.codes() == []


def test_a_fault_behind_a_drilldown_names_its_file_from_the_projects_folder(
    linted: LintedProject,
) -> None:
    linted.write("models/staging/rows.sql", "select 1 from {{ source('nba', 'gamez') }}\n")
    linted.replace(SUITE, '"owner"', '"drilldown": "select * from {{ ref(\'rows\') }}", "owner"')
    (found,) = [one for one in linted.lint().findings if one.rule.code == "monitor-drilldown"]
    assert found.what.endswith("has no table 'gamez' (in models/staging/rows.sql)")


def test_a_name_that_is_nothing_is_refused_with_a_did_you_mean(linted: LintedProject) -> None:
    with pytest.raises(ConfigError, match="'coverge' is not a monitor, file or folder") as caught:
        linted.lint("coverge")
    assert caught.value.exit_code == 64
    assert caught.value.fix == "did you mean 'coverage'?"


def test_a_malformed_file_hides_only_itself(linted: LintedProject) -> None:
    linted.write("models/sources.yml", "sources: [\n")
    linted.write("great_expectations.yml", "fluent_datasources: [\n")
    linted.replace(LAG, '"owner"', '"onwer"')
    codes = linted.codes()
    assert sorted(codes) == [
        "monitor-without-owner",
        "unknown-key",
        "yaml-malformed",
        "yaml-malformed",
    ]


def test_what_a_malformed_file_declares_is_not_called_unknown(linted: LintedProject) -> None:
    linted.write("dbt_project.yml", "vars: [\n")
    assert linted.codes() == ["yaml-malformed"]
