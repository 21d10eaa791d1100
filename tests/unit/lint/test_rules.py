"""Every rule: a file that breaks it, the line it points to, what it says, and its fix.

The project that is broken here in one place has, whole, nothing to fix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from plumbline.lint.linter import LintReport
from plumbline.lint.registry import RULES
from plumbline.lint.rules import analyzer, history
from support.lint_project import LintedProject, make_linted

SUITE = "expectations/coverage.json"
LAG = "expectations/lag.json"
TABLE = "expectations/whole_table.json"
DEFINITION = "validation_definitions/whole_table.json"
CHECKPOINT = "checkpoints/health_check.json"
SCHEDULE = "checkpoints/schedule.yml"
ALERTS = "checkpoints/alerts.yml"
MUTES = "checkpoints/mutes.yml"
INCIDENTS = "checkpoints/incidents.yml"
SERVICES = "deploy/services.yml"
MODEL = "models/monitors/coverage.sql"
LAG_MODEL = "models/monitors/lag.sql"
CALENDAR = "models/staging/calendar.sql"
SCHEMA = "models/schema.yml"
SOURCES = "models/sources.yml"
DBT = "dbt_project.yml"
GX = "great_expectations.yml"
RUNBOOK = "docs/runbooks/coverage.md"

WARNING_KWARGS = '"min_value": 80,\n                 "overrides": {"BOS": {"min_value": 60}}'
PER_GAME = '{"column": "not_final", "aggregate": "sum", "max_value": 3, "per": {"column": "game_date", "max_value": 0.5}}'
LAG_SCHEMA = "description: Games that are not final, a row a game."
LAG_ENTRIES = (
    f"{LAG_SCHEMA}\n    config: {{meta: {{vars: {{postponed: {{entries: name_from_date}}}}}}}}"
)
LABEL = """incidents:
  - id: no-lines
    title: No lines
    dates: 2026-01-26..2026-01-27
    began: 2026-01-26T06:30:00-05:00
    monitors: [coverage]
    groups:
      - {}
"""
LAG_KWARGS = '{"column": "not_final", "aggregate": "sum", "max_value": 3}'


@dataclass(frozen=True)
class Case:
    """One way to break a rule."""

    code: str
    edits: tuple[tuple[str, str, str], ...]
    """File, what stands there, what is written instead; an empty first text makes the file."""
    at: str
    """In the line that the finding points to."""
    says: str = ""
    fix: str = ""
    found_in: str | None = None
    """Which holds that line, where it is not the first one edited."""
    among: tuple[str, ...] = field(default=())
    """Rules that find something in this too."""

    def __str__(self) -> str:
        return f"{self.code}: {' '.join(self.edits[0][2].split())[:50]}"


def broken(
    code: str, file: str, old: str, new: str, *, at: str | None = None, **others: Any
) -> Case:
    """A case of one edit; it points to where the new text stands, unless told."""
    return Case(code, ((file, old, new),), at=new if at is None else at, **others)


FILES = [
    broken("json-malformed", SUITE, '"name": "coverage",', '"name": "coverage",,', says="not JSON"),
    broken("json-malformed", SUITE, '"min_value": 50', '"min_value": NaN', says="holds NaN", fix="number"),
    broken("json-malformed", LAG, "{", "[{", at="}", says="not JSON"),
    broken("yaml-malformed", SCHEDULE, "notify: [alerts]", "notify: [alerts", at="", says="not YAML"),
    broken("yaml-malformed", SCHEMA, "version: 2", "- version: 2", at="", says="", among=("model-without-description",)),
    broken("duplicate-key", SUITE, '"name": "coverage",', '"name": "coverage", "meta": {},', at='"meta": {', says="'meta' occurs twice"),
    broken("duplicate-key", SCHEMA, "version: 2", "version: 2\nversion: 1", at="version: 1", says="'version' occurs twice"),
    broken("unknown-key", SUITE, '"severity": "warning"', '"severty": "warning"', says="'severty'", fix="did you mean 'severity'?", among=("threshold-levels-inverted",)),
    broken("unknown-key", SUITE, '"expectations": [', '"expectation": [], "expectations": [', says="'expectation'", fix="'expectations'"),
    broken("unknown-key", SUITE, '"owner"', '"onwer"', says="'onwer'", fix="did you mean 'owner'?", among=("monitor-without-owner",)),
    broken("unknown-key", SUITE, '"unit": "%"', '"unti": "%"', says="'unti'", fix="did you mean 'unit'?"),
    broken("unknown-key", SUITE, '"monitor": {', '"moniter": {}, "monitor": {', says="'moniter'", fix="'monitor'"),
    broken("unknown-key", CHECKPOINT, '"actions"', '"action"', says="'action'", fix="'actions'"),
    broken("unknown-key", CHECKPOINT, '"slack_webhook"', '"slack_webhok"', says="'slack_webhok'", fix="'slack_webhook'"),
    broken("unknown-key", GX, "deadline_seconds", "deadline_secs", says="'deadline_secs'", fix="'deadline_seconds'"),
    broken("unknown-key", GX, "default_target", "default_taget", says="'default_taget'", fix="'default_target'"),
    broken("unknown-key", SCHEMA, "grain:", "grian:", says="'grian'", fix="'grain'"),
    broken("unknown-key", SCHEMA, "{min: 1, max: 366}", "{min: 1, maximum: 366}", says="'maximum'"),
    broken("unknown-key", SCHEMA, "description: One row a game.", "desciption: One row a game.", says="'desciption'", fix="'description'", among=("model-without-description",)),
    broken("unknown-key", SOURCES, "arrival_time", "arival_time", says="'arival_time'", fix="'arrival_time'"),
    broken("unknown-key", DBT, "model-paths", "model-path", says="'model-path'", fix="'model-paths'"),
    broken("unknown-key", SCHEDULE, "cron:", "crn:", says="'crn'", fix="'cron'", among=("missing-key",)),
    broken("missing-key", LAG, '"type": "expect_metric_to_be_between",', "", at="{", says="'type' is missing"),
    broken("missing-key", CHECKPOINT, '"name": "tell", ', "", at="slack", says="'name' is missing"),
    broken("missing-key", CHECKPOINT, '"type": "slack", ', "", at="tell", says="no type"),
    broken("missing-key", GX, "kind: embedded", "location: US", at="local:", says="'kind' is missing"),
    broken("missing-key", SOURCES, "- name: games", "- label: games", at="label", says="'name' is missing", among=("model-unknown-source", "source-unknown-column")),
    broken("wrong-value", SUITE, '"severity": "warning"', '"severity": "warn"', says="'warn'", fix="did you mean 'warning'?"),
    broken("wrong-value", SUITE, '"depends_on": ["lag"]', '"depends_on": "lag"', says="'lag'"),
    broken("wrong-value", LAG, '"count_failing": "critical"', '"count_failing": "criticl"', says="'criticl'", fix="'critical'"),
    broken("wrong-value", GX, "kind: embedded", "kind: embeded", says="'embeded'", fix="'embedded'"),
    broken("wrong-value", SCHEMA, "grain: [game_date, team]", "grain: game_date", says="'game_date'"),
    broken("wrong-value", SCHEMA, "description: 1 each.", "description: 1.", says="1.0"),
    broken("wrong-value", SOURCES, "require_partition_filter: true", "require_partition_filter: often", says="'often'"),
    broken("wrong-value", DBT, "model-paths: [models]", "model-paths: models", says="list of folders"),
    broken("wrong-value", DBT, "model-paths: [models]", "model-paths: [/]", says="list of folders"),
    broken("wrong-value", SCHEDULE, "America/New_York", "America/NewYork", says="America/NewYork"),
    broken("wrong-value", SCHEDULE, '"0 */6 * * *"', '"0 */6 * *"', says="five"),
    broken("wrong-value", SCHEDULE, '"0 */6 * * *"', '"0 */6 * * MO"', says="'MO' is not a valid day of week"),
    broken("name-differs-from-file", SUITE, '"name": "coverage",', '"name": "line_coverage",', says="'line_coverage'", fix="rename the file to line_coverage.json"),
    broken("name-differs-from-file", CHECKPOINT, '"name": "health_check"', '"name": "health"', says="'health'"),
]  # fmt: skip

SUITES = [
    Case("suite-without-expectations", ((TABLE, '[\n    {"type": "expect_column_to_exist", "kwargs": {"column": "anything"}}\n  ]', "[]"),), at='"expectations"', fix="add an expectation"),
    broken("suite-without-model", LAG, '"model": "lag",', "", at='"monitor"', says="has no model", among=("model-without-suite",)),
    Case("suite-without-model", ((DEFINITION, '"suite": {"name": "whole_table"}', '"suite": {"name": "coverage"}'),), at="{", found_in=TABLE, among=("suite-in-no-checkpoint",)),
    broken("suite-unknown-model", LAG, '"model": "lag"', '"model": "lagg"', says="'lagg'", fix="did you mean 'lag'?", among=("model-without-suite",)),
    broken("suite-in-no-checkpoint", CHECKPOINT, '{"name": "lag"},', "", found_in=LAG, at="{", says="'lag'"),
]  # fmt: skip

MONITORS = [
    broken("monitor-without-owner", LAG, '"owner": "data-platform",', "", at='"monitor"', says="'lag'"),
    broken("monitor-without-runbook", LAG, '"owner": "data-platform",\n              "runbook": "https://wiki.example.com/lag"'.replace("              ", "      "), '"owner": "data-platform"', at='"monitor"', fix="docs/runbooks/lag.md"),
    broken("monitor-runbook-missing", SUITE, "docs/runbooks/coverage.md#what-to-do", "docs/runbooks/coverge.md", says="'docs/runbooks/coverge.md'"),
    broken("monitor-runbook-missing", SUITE, "docs/runbooks/coverage.md#what-to-do", "../../../../etc/hostname", fix="file of the project"),
    broken("monitor-unknown-dependency", SUITE, '["lag"]', '["lagg"]', says="'lagg'", fix="did you mean 'lag'?"),
    broken("monitor-renamed-from-existing", SUITE, '"depends_on"', '"renamed_from": ["lag"], "depends_on"', says="renamed from 'lag'", fix="remove the monitor 'lag'"),
    broken("monitor-dependency-cycle", LAG, '"owner"', '"depends_on": ["coverage"], "owner"', found_in=SUITE, at='"depends_on"', says="coverage -> lag -> coverage"),
    broken("monitor-dependency-cycle", LAG, '"owner"', '"depends_on": ["lag"], "owner"', says="lag -> lag"),
    broken("monitor-unknown-column", SUITE, '"observed": {"column": "coverage_pct"', '"observed": {"column": "covrage_pct"', says="'covrage_pct'", fix="'coverage_pct'"),
    Case("monitor-observes-personal-column", ((SCHEMA, "description: The share.}", "description: The share., meta: {personal: true}}"),), at='"observed"', found_in=SUITE, says="'coverage_pct'"),
    *(
        broken("monitor-drilldown", SUITE, '"owner"', f'"drilldown": {drilldown}, "owner"', at='"drilldown"', says=says, fix=fix)
        for drilldown, says, fix in (
            ('"select 1 where {{ failing(\'teem\') }}"', "failing('teem')", "did you mean 'team'?"),
            ('"select 1 where {{ failing() }}"', "needs a column", "name one of"),
            ('["select 1", "from {{ source(\'nba\', \'gamez\') }}"]', "line 2", "'games'"),
            ('"select 1 where {{ filing(\'team\') }}"', "'filing'", "'failing'"),
            ('"select 1; select 2"', "more than one statement", "one SELECT"),
            ('"select from where"', "not valid SQL", "correct the drilldown"),
        )
    ),
    broken("monitor-counts-nothing", LAG, '"count_failing": "critical"', '"count_failing": "warning"', says="'warning'"),
]  # fmt: skip


def gx(code: str, kind: str, kwargs: str, **expected: Any) -> Case:
    """One of GX's own expectations in the place of ours."""
    edits = ((LAG, "expect_metric_to_be_between", kind), (LAG, LAG_KWARGS, kwargs))
    return Case(code, edits, **expected)


NOT_NULL = '"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "game_id"}'


def over_games(
    monitor: str,
    expectation: str,
    *,
    table: str = "nba.games",
    code: str = "expectation-unknown-column",
    **expected: Any,
) -> Case:
    """A suite over a declared table."""
    edits = (
        (TABLE, '"type": "expect_column_to_exist", "kwargs": {"column": "anything"}', expectation),
        (TABLE, '"owner"', f'"table": "{table}",\n {monitor}\n"owner"'),
    )
    return Case(code, edits, **expected)


EXPECTATIONS = [
    broken("expectation-unknown-type", LAG, "expect_metric_to_be_between", "expect_metric_to_be_betwen", says="'expect_metric_to_be_betwen'", fix="did you mean 'expect_metric_to_be_between'?"),
    broken("expectation-unknown-argument", LAG, '"aggregate": "sum"', '"agregate": "sum"', says="'agregate'", fix="did you mean 'aggregate'?"),
    broken("expectation-unknown-argument", SUITE, '{"BOS": {"min_value": 60}}', '{"BOS": {"min_valu": 60}}', says="'min_valu'", fix="'min_value'"),
    broken("expectation-missing-argument", LAG, '"column": "not_final", ', "", at='"kwargs"', says="needs 'column'"),
    broken("expectation-missing-argument", TABLE, ', "kwargs": {"column": "anything"}', "", at="expect_column_to_exist", says="needs 'column'"),
    broken("expectation-wrong-argument", LAG, '"max_value": 3', '"max_value": "3"', says="'3' is not a number"),
    broken("expectation-wrong-argument", LAG, '"aggregate": "sum"', '"aggregate": "summ"', says="'summ'", fix="did you mean 'sum'?"),
    broken("expectation-wrong-argument", SUITE, '"group_by": ["team"]', '"group_by": "team"', says="'team' is not a list"),
    broken("expectation-wrong-argument", SUITE, '{"BOS": {"min_value": 60}}', '{"BOS": {"min_value": "60"}}', says="'60' is not a number"),
    broken("expectation-misplaced-key", LAG, '"max_value": 3', '"max_value": 3, "severity": "warning"', says="'severity'", fix="out of kwargs"),
    broken("expectation-overrides-without-groups", LAG, '"max_value": 3', '"max_value": 3, "retired": ["BOS"]', fix="remove retired"),
    broken("expectation-retired-overrides", SUITE, '{"BOS": {"min_value": 60}}', '{"BOS": {"min_value": 60}}, "retired": ["BOS"]', says="'BOS' is retired"),
    broken("expectation-overrides-without-groups", LAG, '"max_value": 3', '"max_value": 3, "overrides": {"BOS": {"max_value": 4}}', fix="group_by"),
    broken("expectation-twice", TABLE, '{"type": "expect_column_to_exist", "kwargs": {"column": "anything"}}', '{"type": "expect_column_to_exist", "kwargs": {"column": "anything"}},\n{"kwargs": {"column": "anything"}, "type": "expect_column_to_exist"}', at='{"kwargs": {"column": "anything"}, "type"', says="expectations[0]"),
    Case("expectation-follows-another", ((LAG, "be_between", "follow_history"), (LAG, '"max_value": 3', '"min_value": 0, "max_value": 3')), at='"column": "not_final"', says="history holds how many groups fail", fix="group_by"),
    broken("suite-table-unsupported", LAG, '"model": ', '"table": "nba.games", "model": ', at='"model"', says="a suite over a table has no model", fix="remove model", among=("suite-table-unsupported",)),
    over_games('"rows": {"where": "game_id === "}, ', NOT_NULL, code="suite-table-unsupported", at='"where"', says="near '='", fix="GoogleSQL"),
    over_games('"rows": {"where": "gameid > game_date"}, ', NOT_NULL, at='"where"', says="table nba.games has no column 'gameid'", fix="did you mean 'game_id'?"),
    over_games('"rows": {"date_column": "gamedate"}, ', NOT_NULL, at='"date_column"', says="'gamedate'", fix="did you mean 'game_date'?"),
    over_games('"group_by": ["game_status", "game_stats"], ', NOT_NULL, at='"group_by"', says="'game_stats'", fix="did you mean 'game_status'?"),
    over_games("", '"type": "expect_table_to_be_fresh", "kwargs": {"column": "game_dat", "max_hours": 4}', at="game_dat", says="'game_dat'", fix="did you mean 'game_date'?"),
    over_games("", '"type": "expect_foreign_key_to_exist", "kwargs": {"column": "game_id", "to_table": "nba.features", "to_column": "taem"}', at="to_column", says="table nba.features has no column 'taem'", fix="did you mean 'team'?"),
    over_games("", '"type": "expect_column_values_to_not_be_null", "kwargs": {"colum": "game_id"}', code="expectation-unknown-argument", at="colum", says="no argument 'colum'", fix="did you mean 'column'?"),
    over_games("", '"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "game_id", "valueset": ["a"]}', code="expectation-unknown-argument", at="valueset", says="no argument 'valueset'", fix="did you mean 'value_set'?"),
    over_games("", NOT_NULL, table="nba.gamez", code="suite-undeclared-table", at='"table"', says="declares no table nba.gamez", fix="did you mean 'nba.games'?"),
    over_games("", '"type": "expect_column_values_to_not_be_nul", "kwargs": {"column": "game_id"}', code="expectation-unknown-type", at='"type"', says="there is no expectation", fix="did you mean 'expect_column_values_to_not_be_null'?"),
    broken("suite-table-unsupported", LAG, '"model": ', '"group_by": ["game_date"], "model": ', at='"group_by"', says="for suites over a table", fix="remove group_by"),
    Case("suite-table-unsupported", ((TABLE, '{"type": "expect_column_to_exist", "kwargs": {"column": "anything"}}', '{"type": "expect_metric_to_follow_history",\n "kwargs": {"metric": "row_count", "retired": ["BOS"]}}'), (TABLE, '"owner"', '"table": "nba.games", "owner"')), at='"retired"', says="meta.monitor has no group_by", fix="add group_by"),
    Case("expectation-follows-another", ((LAG, "be_between", "follow_history"), (LAG, LAG_KWARGS, '{"metric": "row_count"}')), at='"metric"', says="metric is for suites over a table", fix="the model's column"),
    broken("expectation-failing-rows", LAG, '"expectations": [', '"expectations": [{"type": "expect_no_failing_rows"},', at='"expect_no_failing_rows"', says="needs a model that returns the failing rows", fix='{"failing_rows": true}'),
    broken("expectation-compares-sources", LAG, '"expectations": [', '"expectations": [{"type": "expect_table_row_count_to_equal_other_table", "kwargs": {"other_table_name": "games"}},', says="compares the number of rows with that of another table", fix="a model that reads both tables"),
    broken("expectation-compares-sources", LAG, '"expectations": [', '"expectations": [{"type": "expect_query_results_to_match_comparison", "kwargs": {"base_query": "a", "comparison_data_source_name": "b", "comparison_query": "c"}},', says="those of another data source", fix="a model that reads both tables"),
    gx("expectation-judges-nothing", "expect_column_mean_to_be_between", '{"column": "not_final"}', at='"type"', says="neither min_value nor max_value", fix="write one of them"),
    gx("expectation-judges-nothing", "expect_column_values_to_not_be_in_set", '{"column": "game_date", "value_set": []}', at="value_set", says="value_set is empty", among=("expectation-wrong-argument",)),
    gx("expectation-judges-nothing", "expect_column_values_to_not_be_null", '{"column": "game_date", "mostly": 0}', at="mostly", says="mostly: 0"),
    broken("expectation-not-evaluable", LAG, '"max_value": 3}', '"max_value": 3}, "meta": {"when_no_rows": "skipp"}', says="'skipp'", fix="write 'skip'"),
    broken("expectation-not-evaluable", LAG, '"max_value": 3}', '"max_value": 3}, "meta": {"max_unexpected_count": 0}', says="max_unexpected_count is 0", fix="how many values may fail"),
    broken("expectation-not-evaluable", LAG, '"max_value": 3}', '"max_value": 3}, "meta": {"max_unexpected_counts": 5}', says="'max_unexpected_counts'", fix="did you mean 'max_unexpected_count'?"),
    gx("expectation-not-evaluable", "unexpected_rows_expectation", '{"unexpected_rows_query": "select * from nba.games"}', at="unexpected_rows_query", says="does not use {batch}"),
    gx("row-condition-unsupported", "expect_column_values_to_be_between", '{"column": "game_date", "min_value": {"$PARAMETER": "least"}, "row_condition": "game_date.dt.year > 2025"}', at="row_condition", says="game_date.dt.year", fix="write comparisons", among=("parameter-without-value",)),
    gx("row-condition-unsupported", "expect_column_values_to_not_be_null", '{"column": "game_date", "row_condition": "not_final > 0", "condition_parser": "spark"}', at="condition_parser", says="'spark' is not supported", fix="write 'pandas'"),
    broken("expectation-not-evaluable", LAG, '"column": "not_final", "aggregate": "sum"', '"column": "game_date", "aggregate": "sum"', says="a metric must be a number", among=("threshold-of-nothing",)),
    gx("row-condition-unsupported", "expect_column_values_to_not_be_null", '{"column": "game_date", "row_condition": "game_date.dt.year > 2025", "condition_parser": "pandas"}', at="row_condition", says="game_date.dt.year", fix="write comparisons"),
    gx("expectation-unknown-column", "expect_column_values_to_not_be_null", '{"column": "game_date", "row_condition": "not_finl > 0", "condition_parser": "pandas"}', at="row_condition", says="'not_finl'", fix="'not_final'"),
    gx("expectation-not-evaluable", "expect_column_values_to_be_in_set", '{"column": "game_date", "value_set": ["1 Feb 2026"]}', at="value_set", says="'1 Feb 2026' is not a DATE", fix='write a text such as "2026-02-01"'),
    gx("expectation-not-evaluable", "expect_column_values_to_match_regex", '{"column": "not_final", "regex": "[0-9]+"}', at="{", says="INT64", fix="let the model cast it"),
    gx("expectation-not-evaluable", "expect_column_values_to_not_be_null", '{"column": "not_final", "row_condition": "game_date > 5", "condition_parser": "pandas"}', at="row_condition", says="5 is not a DATE"),
    Case("expectation-not-evaluable", ((SCHEMA, "{name: game_date, data_type: DATE, description: The day.}\n      - {name: not_final", "{name: game_date, description: The day.}\n      - {name: not_final"), (LAG, "expect_metric_to_be_between", "expect_column_max_to_be_between"), (LAG, LAG_KWARGS, '{"column": "game_date", "max_value": 3}')), at="max_value", found_in=LAG, says="game_date' is DATE", among=("column-without-type",)),
    broken("parameter-without-value", LAG, '"max_value": 3', '"max_value": {"$PARAMETER": "most"}', says="parameter 'most' has no value", fix="or with --param most=VALUE"),
    Case("parameter-malformed", ((LAG, '"max_value": 3', '"max_value": {"$PARAMETER": "most *"}'), (LAG, '"expectations": [', '"suite_parameters": {"most": 3}, "expectations": [')), at='"most *"', says="its syntax is wrong", fix="arithmetic"),
    broken("parameter-malformed", LAG, '"max_value": 3', '"max_value": {"$PARAMETER": 3}', says="3 is not the name of a parameter"),
    Case("parameter-unread", ((LAG, '"expectations": [', '"suite_parameters": {"most": 3}, "expectations": ['),), at='"suite_parameters"', says="no expectation uses parameter 'most'", fix="remove it"),
    Case("expectation-wrong-argument", ((LAG, '"max_value": 3', '"max_value": {"$PARAMETER": "most"}'), (LAG, '"expectations": [', '"suite_parameters": {"most": "3"}, "expectations": [')), at='"$PARAMETER"', says="'3' is not a number"),
    Case("threshold-never-fires", ((SUITE, '"min_value": 50', '"min_value": {"$PARAMETER": "low - 1"}'), (SUITE, '"expectations": [', '"suite_parameters": {"low": 1}, "expectations": [')), at='"$PARAMETER"', says="every percentage is at least 0"),
    broken("expectation-unknown-column", LAG, '"column": "not_final"', '"column": "not_finl"', says="'not_finl'", fix="did you mean 'not_final'?"),
    broken("expectation-unknown-column", LAG, LAG_KWARGS, PER_GAME.replace("game_date", "game_dat"), says="'game_dat'", fix="did you mean 'game_date'?"),
    broken("expectation-wrong-argument", LAG, LAG_KWARGS, PER_GAME.replace("0.5", '"0.5"'), says="per.max_value: '0.5' is not a number", fix="write a number"),
    broken("expectation-wrong-argument", LAG, LAG_KWARGS, PER_GAME.replace(', "max_value": 0.5', ""), says="neither min_value nor max_value"),
    broken("expectation-wrong-argument", LAG, LAG_KWARGS, PER_GAME.replace('"column": "game_date", ', ""), says="per.column is not a column", fix='"column": "games"'),
    broken("expectation-unknown-argument", LAG, LAG_KWARGS, PER_GAME.replace('"column": "game_date"', '"colum": "game_date"'), says="per has an unknown key 'colum'", fix="did you mean 'column'?"),
    broken("expectation-unknown-column", SUITE, '"group_by": ["team"]', '"group_by": ["tem"]', says="'tem'", fix="did you mean 'team'?"),
]  # fmt: skip

THRESHOLDS = [
    broken("threshold-missing", LAG, ', "max_value": 3', "", at='"kwargs"', fix="min_value or max_value"),
    broken("threshold-missing", LAG, '"max_value": 3', '"max_value": null', fix="min_value or max_value"),
    Case("threshold-open-side", ((SUITE, "be_between", "follow_history"),), at='"kwargs": {"column": "coverage_pct"', says="max_value is missing", fix="never acceptable"),
    Case("threshold-open-side", ((SUITE, "be_between", "follow_history"), (SUITE, WARNING_KWARGS, '"min_value": 80, "max_value": 100, "overrides": {"BOS": {"max_value": null}}')), at='"BOS"', says="max_value is missing for 'BOS'"),
    Case("threshold-never-fires", ((SUITE, "be_between", "follow_history"), (SUITE, WARNING_KWARGS, '"min_value": 0, "max_value": 100')), at='"min_value": 0', says="min_value never fires"),
    broken("threshold-inverted", LAG, '"max_value": 3', '"min_value": 5, "max_value": 3', says="nothing can pass"),
    broken("threshold-inverted", LAG, '"max_value": 3', '"min_value": 3, "max_value": 3, "strict_max": true', says="nothing can pass"),
    broken("threshold-inverted", SUITE, '{"BOS": {"min_value": 60}}', '{"BOS": {"min_value": 60, "max_value": 50}}', says="'BOS'"),
    broken("threshold-inverted", TABLE, '"type": "expect_column_to_exist", "kwargs": {"column": "anything"}', '"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 9, "max_value": 1}', says="nothing can pass"),
    broken("threshold-unreachable", SUITE, '"min_value": 80', '"min_value": 800', says="no percentage can be at least 800"),
    broken("threshold-unreachable", SUITE, WARNING_KWARGS, '"min_value": 100, "strict_min": true', says="no percentage can be above 100"),
    broken("threshold-unreachable", SUITE, WARNING_KWARGS, '"max_value": 0, "strict_max": true', says="no percentage can be below 0"),
    broken("threshold-unreachable", SUITE, WARNING_KWARGS, '"max_value": -1', says="no percentage can be at most -1"),
    broken("threshold-never-fires", SUITE, '"min_value": 50', '"min_value": 0', says="min_value never fires"),
    broken("threshold-never-fires", SUITE, '"min_value": 50', '"min_value": -5, "max_value": 50', says="min_value never fires"),
    broken("threshold-never-fires", SUITE, '"min_value": 50', '"min_value": -5, "strict_min": true', says="min_value never fires"),
    broken("threshold-never-fires", SUITE, '"min_value": 50', '"max_value": 100', says="max_value never fires"),
    broken("threshold-never-fires", SUITE, '"min_value": 50', '"min_value": 50, "max_value": 120', says="max_value never fires"),
    broken("threshold-never-fires", SUITE, '{"BOS": {"min_value": 60}}', '{"BOS": {"min_value": 0}}', says="'BOS'", among=("threshold-levels-inverted",)),
    broken("threshold-levels-inverted", SUITE, '"min_value": 50', '"min_value": 90', says="the status is never WARNING"),
    broken("threshold-levels-inverted", SUITE, '"min_value": 50', '"min_value": 80', says="the warning's min_value 80 also fails critical min_value 80"),
    broken("threshold-levels-inverted", SUITE, '{"BOS": {"min_value": 60}}', '{"BOS": {"min_value": 40}}', at='"min_value": 50', says="for 'BOS'"),
    broken("threshold-levels-inverted", SUITE, '"min_value": 50', '"min_value": 50, "overrides": {"LAL": {"min_value": 85}}', says="for 'LAL'"),
    broken("threshold-levels-inverted", LAG, LAG_KWARGS, PER_GAME + '},\n{"type": "expect_metric_to_be_between", "severity": "warning", "kwargs": ' + PER_GAME.replace("0.5", "0.6"), at=PER_GAME, says="the warning's max_value 0.6 also fails critical max_value 0.5"),
    broken("threshold-inverted", LAG, LAG_KWARGS, PER_GAME.replace("0.5", '0.5, "min_value": 0.6'), says="no value can be"),
    Case("threshold-levels-inverted", ((LAG, LAG_KWARGS, LAG_KWARGS + '},\n{"type": "expect_metric_to_be_between", "severity": "warning", "kwargs": {"column": "not_final", "aggregate": "sum", "max_value": 5}'),), at=LAG_KWARGS, says="critical max_value 3"),
]  # fmt: skip

VARIABLES = [
    broken("variable-unknown", SUITE, '"vars": {"days": 7}', '"vars": {"dayz": 7}', says="'dayz'", fix="did you mean 'days'?"),
    broken("variable-unknown", SUITE, '"vars": {"days": 7}', '"vars": {"as_of": 7}', says="set by plumbline"),
    broken("variable-unknown", SCHEMA, "days: {min: 1, max: 366}", "dayz: {min: 1, max: 366}", says="'dayz'", fix="'days'"),
    broken("variable-wrong-value", SUITE, '"vars": {"days": 7}', '"vars": {"days": "seven"}', says="'seven'", fix="INT64"),
    broken("variable-wrong-value", SUITE, '"vars": {"days": 7}', '"vars": {"days": {"a": 1}}', says="'days'"),
    broken("variable-wrong-value", DBT, "days: 3", "days: [1, x]", says="'days'", among=("variable-wrong-value", "model-not-compilable")),
    broken("variable-wrong-value", DBT, "timezone: America/New_York", "timezone: America/NewYork", says="America/NewYork"),
    broken("variable-wrong-value", SUITE, '"vars": {"days": 7}', '"vars": {"timezone": "America/NewYork"}', says="America/NewYork"),
    broken("variable-wrong-value", SCHEMA, "days: {min: 1, max: 366}", "days: {min: one}", says="bounds"),
    broken("variable-out-of-bounds", SUITE, '"vars": {"days": 7}', '"vars": {"days": 10000}', says="10000", fix="1 to 366"),
    Case("variable-out-of-bounds", ((DBT, "days: 3", "days: 0"), (SUITE, '"vars": {"days": 7},', "")), at="days: 0", says="0"),
    Case("variable-out-of-bounds", ((DBT, "postponed: []", "postponed: lone"), (SCHEMA, LAG_SCHEMA, LAG_ENTRIES)), at="postponed: lone", says="'lone' (STRING), not a list", fix="write a list"),
    Case("variable-out-of-bounds", ((DBT, "postponed: []", "postponed: [a/2026-22-02]"), (SCHEMA, LAG_SCHEMA, LAG_ENTRIES)), at="postponed: [", says="'a/2026-22-02'", fix="a date that exists"),
    broken("variable-unused", LAG, '"owner"', '"vars": {"days": 7}, "owner"', says="'days'"),
    broken("variable-unused", SCHEMA, "days: {min: 1, max: 366}", "days: {min: 1, max: 366}\n          timezone: {}", at="timezone: {}", says="'timezone'"),
]  # fmt: skip

CHECKPOINTS = [
    broken("checkpoint-unknown-monitor", CHECKPOINT, '{"name": "lag"}', '{"name": "lagg"}', says="'lagg'", fix="did you mean 'lag'?", among=("suite-in-no-checkpoint",)),
    broken("checkpoint-monitor-twice", CHECKPOINT, '{"name": "lag"}', '{"name": "coverage"}', says="lists monitor 'coverage' twice", among=("suite-in-no-checkpoint",)),
    broken("checkpoint-unknown-action", CHECKPOINT, '"type": "slack"', '"type": "slak"', says="'slak'", fix="did you mean 'slack'?"),
    broken("schedule-unknown-checkpoint", SCHEDULE, "checkpoint: health_check", "checkpoint: helth_check", says="'helth_check'", fix="did you mean 'health_check'?"),
    broken("schedule-never-comes", SCHEDULE, '"0 */6 * * *"', "0 6 31 2 *", says="never occurs", fix="L is the last day"),
    broken("schedule-uneven-step", SCHEDULE, 'deadline:', "maintenance: [{cron: '0 */5 * * *', duration: 1h}]\n    deadline:", says="means 0,5,10,15,20", fix="a step that divides 24"),
    broken("schedule-uneven-step", SCHEDULE, '"0 */6 * * *"', "'*/25 * * * *'", says="means 0,25,50: 60 is not a multiple of 25", fix="a step that divides 60"),
    broken("schedule-deadline-too-long", SCHEDULE, "deadline: 10m", "deadline: 7h", says="6h later", fix="write 6h or less"),
]  # fmt: skip

WEBHOOK = "https://hooks.slack.com/services/T0/B0/abc"

ALERTING = [
    broken("yaml-malformed", ALERTS, "fallback: alerts", "fallback: [alerts", at="", says="not YAML"),
    broken("unknown-key", ALERTS, "fallback:", "falback:", says="'falback'", fix="did you mean 'fallback'?", among=("alerts-no-fallback",)),
    broken("unknown-key", ALERTS, "owner: data-platform", "onwer: data-platform", says="'onwer'", fix="did you mean 'owner'?"),
    broken("unknown-key", ALERTS, "repository: some/where", "repositry: some/where", says="'repositry'", fix="did you mean 'repository'?", among=("missing-key",)),
    broken("missing-key", ALERTS, "token: GITHUB_TOKEN, ", "", at="issues", says="'token' is missing"),
    broken("missing-key", ALERTS, "type: pagerduty, ", "", at="pager", says="'type' is missing", fix="pagerduty"),
    broken("wrong-value", ALERTS, "type: pagerduty", "type: pagerdut", says="'pagerdut'", fix="did you mean 'pagerduty'?"),
    broken("wrong-value", ALERTS, "some/where", "somewhere", says="'somewhere'"),
    broken("wrong-value", ALERTS, "webhook: SLACK_WEBHOOK_URL", "token: SLACK_BOT_TOKEN", says="webhook, or token and channel", fix="#name"),
    broken("wrong-value", ALERTS, "status: CRITICAL", "status: CRITICL", says="'CRITICL'", fix="did you mean 'CRITICAL'?"),
    broken("wrong-value", ALERTS, "warning: 3d", "warning: 3 days", says="not a valid duration", fix="24h"),
    broken("wrong-value", ALERTS, "fallback: alerts", "fallback: alerts\nflapping: {openings: 1}", at="flapping", says="greater than or equal to 2"),
    broken("alerts-secret-in-file", ALERTS, "SLACK_WEBHOOK_URL", WEBHOOK, says="must not be in a file", fix="into an environment variable"),
    broken("alerts-secret-in-file", ALERTS, "GITHUB_TOKEN", "ghp_0123456789abcdef"),
    broken("alerts-secret-in-file", ALERTS, "PAGERDUTY_ROUTING_KEY", "R0123456789ABCDEF0123456789ABCDE"),
    broken("alerts-unknown-channel", ALERTS, "to: [pager]", "to: [pagr]", says="'pagr'", fix="did you mean 'pager'?", among=("alerts-unused-channel",)),
    broken("alerts-unknown-channel", ALERTS, "fallback: alerts", "fallback: alert", says="'alert'", fix="did you mean 'alerts'?"),
    broken("alerts-unknown-channel", SCHEDULE, "notify: [alerts]", "notify: [alrts]", says="'alrts'", fix="did you mean 'alerts'?"),
    broken("alerts-unused-channel", ALERTS, "to: [issues]", "to: [pager]", at="issues: {", says="'issues'", fix="`to`"),
    broken("alerts-route-never-reached", ALERTS, "- {monitor: coverage, to: [issues]}", "- {monitor: coverage, to: [issues]}\n  - {monitor: coverage, owner: data-platform, to: [pager]}", at="- {monitor: coverage, owner", says="earlier routes match everything"),
    broken("alerts-route-never-reached", ALERTS, "- {monitor: coverage, to: [issues]}", "- {to: [issues]}\n  - {status: WARNING, monitor: lag, to: [pager]}", at="- {status: WARNING", fix="broader"),
    broken("alerts-route-unknown-name", ALERTS, "monitor: coverage", "monitor: coverge", says="'coverge'", fix="did you mean 'coverage'?"),
    broken("alerts-route-unknown-name", ALERTS, "owner: data-platform", "owner: [data-platfrm]", says="no suite with owner 'data-platfrm'", fix="did you mean 'data-platform'?"),
    broken("alerts-route-unknown-name", ALERTS, "owner: data-platform", "owner: data-platform, checkpoint: [helth]", says="no checkpoint 'helth'"),
    broken("alerts-route-unknown-name", ALERTS, "owner: data-platform", "owner: data-platform, tag: finance", says="no suite with tag 'finance'"),
    broken("alerts-no-fallback", ALERTS, "fallback: alerts\n", "\n", at="channels:", fix="fallback: NAME"),
    broken("missing-key", MUTES, "    until: 2999-12-31\n", "", at="- monitor: lag", says="'until' is missing"),
    broken("missing-key", MUTES, "    reason: the feed is down\n", "", at="- monitor: lag", says="'reason' is missing"),
    broken("wrong-value", MUTES, "until: 2999-12-31", "until: 2999-12-31T10:00:00", says="no time zone", fix="offset"),
    broken("wrong-value", MUTES, "until: 2999-12-31", "until: next week", says="neither a date nor an instant"),
    broken("mute-unknown-monitor", MUTES, "monitor: lag", "monitor: lagg", says="'lagg'", fix="did you mean 'lag'?"),
    broken("mute-over", MUTES, "until: 2999-12-31", "until: 2020-01-31", says="has ended"),
    broken("incident-unknown-group-column", INCIDENTS, "", LABEL.format("{taem: BOS}"), at="taem", says="coverage has no group column 'taem'", fix="did you mean 'team'?"),
    broken("service-path-missing", SERVICES, "[macros,", "[macroz,", says="'macroz' is not in the repository"),
    broken("wrong-value", SERVICES, "[macros,", "['macros/*.sql',", says="is a pattern", fix="repository's root"),
    broken("wrong-value", SERVICES, "[macros,", "[../elsewhere,", says="is outside the repository"),
    broken("wrong-value", SERVICES, "{command: [cat, DEPLOYED]}", "{command: [cat], http: {url: 'https://x'}}", says="just one of cloud_run, http and command"),
    broken("service-unknown-checkpoint", SERVICES, "verify: health_check", "verify: health_chek", says="'health_chek'", fix="did you mean 'health_check'?"),
    broken("service-unknown-monitor", SERVICES, "[coverage]", "[coverge]", says="'coverge'", fix="did you mean 'coverage'?"),
    broken("service-runbook-missing", SERVICES, "runbook: docs/runbooks/coverage.md", "runbook: docs/runbooks/worker.md", says="'docs/runbooks/worker.md'"),
    broken("service-without-runbook", SERVICES, "    runbook: docs/runbooks/coverage.md\n", "", at="- name: worker", says="no runbook"),
    broken("service-not-watched", DBT, "services: [worker]", "services: [worker, grading]", says="differ in grading"),
]  # fmt: skip

RUNBOOKS = [
    broken("runbook-without-heading", RUNBOOK, "## Roll back\n", "", at="# What to do", says="'Roll back'", fix="## Roll back"),
    broken("runbook-without-heading", RUNBOOK, "## Roll back\n## Whom to call\n", "Roll back\n\n```\n## Whom to call\n```\n", at="# What to do", says="'Roll back', 'Whom to call'"),
]  # fmt: skip

TARGETS = [
    broken("target-missing", GX, "type: bigquery_models", "type: pandas", at="fluent_datasources", says="no datasource"),
    broken("store-not-plumblines", GX, "class_name: CheckpointStore\n    module_name: plumbline.gx.stores", "class_name: CheckpointStore", at="checkpoints:", says="'checkpoints' is Great Expectations' own", fix="module_name: plumbline.gx.stores"),
    broken("store-not-plumblines", GX, "module_name: plumbline.gx.stores", "module_name: great_expectations.data_context.store", at="suites:", says="'suites'"),
    broken("store-not-plumblines", GX, "validation_definition_store:", "validation_definitions:", at="stores:", says="there is no store 'validation_definition_store'", fix="class_name: ValidationDefinitionStore"),
    broken("project-nameless", DBT, "name: small\n", "", at="warehouse:", found_in=GX, says="no name", fix="plumbline_project", among=("model-not-compilable",)),
    broken("project-nameless", DBT, "timezone: America/New_York", "plumbline_project: 3", says="3 is not"),
    broken("target-unknown", GX, "default_target: local", "default_target: locl", says="'locl'", fix="did you mean 'local'?"),
]  # fmt: skip

ON_MODEL = '{"name": "x", "suite": {"name": "lag"}, "data": {"datasource": {"name": "warehouse"}, "asset": {"name": "lag"}, "batch_definition": {"name": "rows"}}}'
SECOND = "validation_definitions/x.json"


def on_model(code: str, old: str, new: str, **others: Any) -> Case:
    """A second definition of a suite, over a model, wrong in one place."""
    content = ON_MODEL.replace(old, new)
    assert content != ON_MODEL
    return Case(
        code,
        (
            (SECOND, "", content),
            (CHECKPOINT, '{"name": "lag"},', '{"name": "lag"}, {"name": "x"},'),
        ),
        at=new,
        **others,
    )


DEFINITIONS = [
    broken("definition-unknown-suite", DEFINITION, '"suite": {"name": "whole_table"}', '"suite": {"name": "hole_table"}', says="'hole_table'", fix="'whole_table'", among=("suite-without-model",)),
    broken("definition-unknown-data", DEFINITION, '{"name": "files"}', '{"name": "file"}', says="no datasource 'file'", fix="did you mean 'files'?"),
    broken("definition-unknown-data", DEFINITION, '{"name": "rows"}', '{"name": "row"}', says="no asset 'row'", fix="did you mean 'rows'?"),
    broken("definition-unknown-data", DEFINITION, '{"name": "all"}', '{"name": "daily"}', says="no batch definition 'daily'"),
    broken("definition-unfit", DEFINITION, '"suite": {', '"days_back": 1, "suite": {', says="'all' is not by day"),
    on_model("definition-unknown-data", '"asset": {"name": "lag"}', '"asset": {"name": "lagg"}', says="'lagg'", fix="did you mean 'lag'?"),
    on_model("definition-unknown-data", '"asset": {"name": "lag"}', '"asset": {"name": "whole_table"}', says="'whole_table' has no model"),
    on_model("definition-unfit", '{"name": "rows"}', '{"name": "row"}', says="'row'", fix="'rows'"),
    on_model("definition-unfit", '{"name": "x",', '{"name": "x", "batch_parameters": {"as_of": "2026-02-02"},', says="'as_of'", fix="--as-of"),
    on_model("definition-unfit", '{"name": "x",', '{"name": "x", "days_back": 1,', says="days_back"),
    on_model("variable-unknown", '{"name": "x",', '{"name": "x", "batch_parameters": {"vars": {"dayz": 7}},', says="'dayz'"),
    on_model("variable-unknown", '{"name": "x",', '{"name": "x", "batch_parameters": {"vars": {"days": 7}},', says="'lag' does not use variable 'days'"),
    on_model("unknown-key", '{"name": "x",', '{"name": "x", "batch_parmeters": {},', says="'batch_parmeters'", fix="did you mean 'batch_parameters'?"),
    on_model("wrong-value", '{"name": "x",', '{"name": "x", "days_back": -1,', says="-1"),
    on_model("missing-key", '"suite": {"name": "lag"}, ', "", says="'suite' is missing"),
    on_model("name-differs-from-file", '{"name": "x",', '{"name": "y",', says="the name is 'y'", fix="'x'"),
    on_model("definition-name-twice", '{"name": "x",', '{"name": "whole_table",', says="whole_table.json is named 'whole_table' too", among=("name-differs-from-file",)),
    Case("definition-in-no-checkpoint", ((SECOND, "", ON_MODEL),), at="{", says="'x'", fix='{"name": "x"}'),
    Case(
        "suite-without-model",
        (
            ("expectations/bare.json", "", '{"name": "bare", "meta": {"monitor": {"owner": "data-platform", "runbook": "https://x.example"}}, "expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "a"}}]}'),
            (SECOND, "", ON_MODEL.replace('"suite": {"name": "lag"}', '"suite": {"name": "bare"}')),
            (CHECKPOINT, '{"name": "lag"},', '{"name": "lag"}, {"name": "x"}, {"name": "bare"},'),
        ),
        at="{", says="'bare' has no model", fix="list x in the checkpoint instead",
    ),
]  # fmt: skip

MODELS = [
    Case("model-without-suite", (("models/monitors/volume.sql", "", "select 1 as one\n"),), at="select 1", says="'volume'", fix="expectations/volume.json", among=("model-without-description",)),
    Case("model-without-suite", (("models/volume.sql", "", "select as_of from {{ ref('evaluations') }}\n"),), at="select as_of", says="'volume'", among=("model-without-description",)),
    Case("model-named-twice", (("models/zz/coverage.sql", "", "select 1 as one\n"),), at="select 1", says="'coverage'", fix="models/monitors/coverage.sql", among=("model-not-compilable",)),
    broken("template-malformed", MODEL, "select * from final", "select * from {% final %}", says="Jinja"),
    broken("template-malformed", "macros/arrived_at.sql", "coalesce(", "{% if %}coalesce(", says="Jinja"),
    broken("model-unknown-ref", LAG_MODEL, "{{ ref('calendar') }}", "{{ ref('calender') }}", says="'calender'", fix="did you mean 'calendar'?"),
    broken("model-unknown-source", CALENDAR, "'games'", "'gams'", says="'gams'", fix="did you mean 'games'?"),
    broken("model-unknown-source", CALENDAR, "'nba'", "'nbaa'", says="'nbaa'", fix="did you mean 'nba'?"),
    broken("model-unknown-variable", MODEL, "var('days')", "var('dayz')", says="'dayz'", fix="'days'", among=("variable-unused",)),
    broken("model-unknown-macro", MODEL, "arrived_at('created_at')", "arived_at('created_at')", says="'arived_at'", fix="did you mean 'arrived_at'?"),
    broken("model-cycle", CALENDAR, "{{ source('nba', 'games') }}", "{{ ref('lag') }}", says="calendar -> lag -> calendar"),
    broken("model-not-compilable", LAG_MODEL, "select evaluations", "delete evaluations", at="", says="delete", fix="SELECT"),
    broken("model-not-compilable", MODEL, "{{ var('days') }}", "{{ var('days') + 1 }}", says="calculates", fix="SQL", among=("variable-unused",)),
    broken("model-not-compilable", LAG_MODEL, "{{ ref('calendar') }}", "{{ ref('coverage') }}", says="materialised"),
    broken("model-not-compilable", "macros/arrived_at.sql", "coalesce(", "{{ arrived_at(column) }}coalesce("),
]  # fmt: skip

DESCRIPTIONS = [
    broken("model-without-description", SCHEMA, "description: One row a game.", "docs: {show: true}", at="- name: calendar", says="'calendar'"),
    broken("model-without-description", SCHEMA, "- name: calendar", "- name: calendars", found_in=CALENDAR, at="select", fix="models/schema.yml", among=("description-unknown-model",)),
    broken("model-without-description", SOURCES, "description: The calendar.\n", "\n", at="- name: games", says="nba.games"),
    broken("column-without-description", SCHEMA, "description: Its status.}", "}", at="{name: game_status", says="'game_status'"),
    broken("column-without-description", SCHEMA, "- {name: not_final, data_type: INT64, description: 1 each.}", "", at="columns:", says="'not_final'"),
    broken("column-without-description", SOURCES, ", description: 3 is final.", "", at="game_status", says="'game_status'"),
    broken("description-unknown-model", SCHEMA, "- name: calendar", "- name: calender", says="'calender'", fix="did you mean 'calendar'?", among=("model-without-description",)),
    broken("model-described-twice", SCHEMA, "- name: lag", "- name: coverage\n    description: Again.\n  - name: lag", at="- name: coverage", says="'coverage'"),
    broken("column-not-returned", SCHEMA, "{name: not_final,", "{name: not_finl,", says="'not_finl'", fix="did you mean 'not_final'?", among=("column-without-description",)),
    broken("column-not-returned", SCHEMA, "- {name: not_final,", "- {name: player, description: Who., config: {meta: {personal: true}}}\n      - {name: not_final,", at="{name: player", says="'player'"),
    broken("wrong-value", SCHEMA, "description: Its status.}", "description: Its status., config: {meta: {personal: often}}}", says="'often'"),
    broken("wrong-value", SCHEMA, "description: Its status.}", "description: Its status., meta: {personal: 1}}", says="1"),
    broken("unknown-key", SCHEMA, "description: Its status.}", "description: Its status., config: {meta: {persnal: true}}}", says="'persnal'", fix="did you mean 'personal'?"),
    broken("grain-unknown-column", SCHEMA, "grain: [game_date, team]", "grain: [game_date, tem]", says="'tem'", fix="did you mean 'team'?"),
]  # fmt: skip

SOURCE_TABLES = [
    broken("source-described-twice", SOURCES, "- name: features\n", "- name: games\n      - name: features\n", at="- name: games", says="'games'", among=("model-without-description",)),
    broken("source-unresolved", SOURCES, "- name: nba\n", "- name: nba\n    schema: \"{{ env_var('NOT_SET_ANYWHERE') }}\"\n", at="schema:", says="NOT_SET_ANYWHERE is not set", fix="give a default"),
    broken("source-unresolved", SOURCES, "- name: nba\n", "- name: nba\n    schmea: nba\n", at="schmea:", says="unknown key 'schmea'", fix="did you mean 'schema'?"),
    broken("column-unknown-type", SOURCES, "data_type: INT64", "data_type: INT46", says="'INT46'", fix="did you mean 'INT64'?"),
    broken("column-unknown-type", SCHEMA, "data_type: FLOAT64", "data_type: FLOAT46", says="'FLOAT46'"),
    broken("source-column-without-type", SOURCES, "{name: team, data_type: STRING,", "{name: team,", says="'team'"),
    broken("source-unknown-column", SOURCES, "partition_by: game_date,", "partition_by: game_day,", says="'game_day'", fix="did you mean 'game_date'?", among=("sql-without-partition-filter",)),
    broken("source-unknown-column", SOURCES, "arrival_time: created_at", "arrival_time: creatd_at", says="'creatd_at'", fix="'created_at'"),
    broken("source-unknown-column", SOURCES, "cluster_by: [team]", "cluster_by: [tem]", says="'tem'", fix="'team'"),
]  # fmt: skip

SQL = [
    broken("sql-unreadable", MODEL, "select * from final", "select * from final final final", says="near 'final'", fix="plumbline compile coverage"),
    broken("sql-unreadable", MODEL, "count(*) as denominator", "count(* as denominator"),
    broken("sql-repeated-cte", MODEL, "final as (", "Evaluations as (select 1 as one),\n\nfinal as (", at="Evaluations as (select 1", says="two CTEs are named 'Evaluations'", fix="rename one"),
    broken("sql-without-as-of", LAG_MODEL, "evaluations.as_of, ", "", at="calendar", says="as_of", among=("column-not-returned",)),
    broken("sql-without-partition-filter", CALENDAR, "game_date >= cast('{{ var(\"first_date\") }}' as date)\n    and ", "", at="source('nba', 'games')", says="nba.games"),
    broken("sql-reads-whole-table", MODEL, "game_date >= date_sub(", "current_game_date >= date_sub(", at="source('nba', 'features')", says="nba.features"),
    broken("sql-reads-clock", MODEL, "count(*) as denominator", "countif(created_at < current_timestamp()) as denominator", says="current_timestamp"),
    Case("sql-limit-hides-failing-rows", ((LAG_MODEL, "as calendar\n", "as calendar limit 9\n"), (LAG, '{"count_failing": "critical"}', '{"failing_rows": true}'), (LAG, "expect_metric_to_be_between", "expect_no_failing_rows"), (LAG, LAG_KWARGS, '{"group_by": ["game_date"]}')), at="limit 9", says="LIMIT 9, so groups whose rows it cuts off look healthy", fix="remove LIMIT"),
    broken("sql-countif-beside-offset", MODEL, "sum(if(has_line, 1, 0))", "countif(weights[offset(0)] > 0)", says="countif", fix="sum(if"),
]  # fmt: skip

CASES = [
    *FILES,
    *SUITES,
    *MONITORS,
    *EXPECTATIONS,
    *THRESHOLDS,
    *VARIABLES,
    *CHECKPOINTS,
    *ALERTING,
    *RUNBOOKS,
    *TARGETS,
    *DEFINITIONS,
    *MODELS,
    *DESCRIPTIONS,
    *SOURCE_TABLES,
    *SQL,
]


def apply(linted: LintedProject, case: Case) -> None:
    for file, old, new in case.edits:
        if old:
            linted.replace(file, old, new)
        else:
            linted.write(file, new)


def test_the_project_that_is_broken_here_has_nothing_to_fix(linted: LintedProject) -> None:
    assert [f"{f.place} {f.what}" for f in linted.lint().findings] == []


@pytest.fixture(scope="module")
def looked_at(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Case], tuple[LintedProject, LintReport]]:
    """A case as it stands on disk, and what lint finds in it: once for all tests."""
    known: dict[Case, tuple[LintedProject, LintReport]] = {}

    def look(case: Case) -> tuple[LintedProject, LintReport]:
        if case not in known:
            project = make_linted(tmp_path_factory.mktemp("broken"))
            apply(project, case)
            known[case] = project, project.lint()
        return known[case]

    return look


LookedAt = Callable[[Case], tuple[LintedProject, LintReport]]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_breaks_a_rule_is_found_in_its_line_with_a_fix(
    looked_at: LookedAt, case: Case
) -> None:
    linted, report = looked_at(case)
    codes = [finding.rule.code for finding in report.findings]
    assert case.code in codes
    finding = report.findings[codes.index(case.code)]
    file = case.found_in or case.edits[0][0]
    assert finding.place.file == linted.root / file
    line = linted.read(file).splitlines()[finding.place.line - 1]
    first = case.at.strip().splitlines()[0] if case.at.strip() else ""
    assert first in line or line.strip() in case.at
    assert case.says in finding.what
    assert case.fix in finding.fix
    assert finding.fix


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_fault_drags_no_others_along(looked_at: LookedAt, case: Case) -> None:
    _, report = looked_at(case)
    codes = {finding.rule.code for finding in report.findings}
    assert codes - {case.code} <= set(case.among)


@pytest.mark.parametrize(
    "secret",
    [WEBHOOK, "xoxb-1234-abcd", "ghp_0123456789abcdef", "0123456789abcdef0123456789abcdef"],
)
def test_a_secret_is_not_repeated(linted: LintedProject, secret: str) -> None:
    linted.replace(ALERTS, "SLACK_WEBHOOK_URL", secret)
    findings = linted.lint().findings
    assert [finding.rule.code for finding in findings] == ["alerts-secret-in-file"]
    assert secret not in findings[0].what + findings[0].fix


def test_each_fault_of_each_schedule_is_said_at_once(linted: LintedProject) -> None:
    linted.replace(SCHEDULE, "America/New_York", "America/NewYork")
    linted.replace(
        SCHEDULE,
        "notify: [alerts]",
        "notify: [alerts]\n"
        "  - {name: b, checkpoint: health_check, cron: 0 6 31 2 *, timezone: UTC, deadline: 10,\n"
        "     notify: [alerts]}\n"
        "  - {name: c, checkpoint: health_check, cron: 0 6 31 2 *, timezone: UTC, deadline: 10x,\n"
        "     notify: [alerts]}",
    )
    assert [(finding.rule.code, finding.place.key) for finding in linted.lint().findings] == [
        ("wrong-value", "schedules[0].timezone"),
        ("wrong-value", "schedules[1].deadline"),
        ("schedule-never-comes", "schedules[2].cron"),
        ("wrong-value", "schedules[2].deadline"),
    ]


def test_without_alerts_yml_a_schedule_may_name_the_channels_that_there_are_then(
    linted: LintedProject,
) -> None:
    (linted.root / ALERTS).unlink()
    assert linted.codes() == ["alerts-unknown-channel"]
    linted.replace(SCHEDULE, "notify: [alerts]", "notify: [slack-error]")
    assert linted.codes() == []


def test_routes_and_mutes_may_name_what_is_recorded_of_another_tool(linted: LintedProject) -> None:
    route = "- {monitor: dbt.unique_id, checkpoint: dbt, owner: theirs, tag: finance, to: [issues]}"
    linted.replace(ALERTS, "- {monitor: coverage, to: [issues]}", route)
    linted.replace(MUTES, "monitor: lag", "monitor: dbt.unique_id")
    assert linted.codes() == [*["alerts-route-unknown-name"] * 4, "mute-unknown-monitor"]
    linted.replace(ALERTS, "fallback: alerts", "fallback: alerts\nrecorded: [dbt]")
    assert linted.codes() == []
    linted.replace(MUTES, "monitor: dbt.unique_id", "monitor: shop.unique_id")
    assert linted.codes() == ["mute-unknown-monitor"]


def test_every_rule_is_broken_here() -> None:
    covered = {case.code for case in CASES} | {"file-unreadable", "plugin-broken"}
    assert {rule.code for rule in RULES} - covered == {
        rule.code for rule in (*analyzer.RULES.declared, *history.RULES.declared)
    }


def test_a_file_that_is_not_utf_8_is_said(linted: LintedProject) -> None:
    (linted.root / SUITE).write_bytes(b"\xff\xfe{}")
    (finding,) = linted.found("file-unreadable")
    assert finding.place.file == linted.root / SUITE
    assert "UTF-8" in finding.what


def test_codes_are_unique_and_examples_differ() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert all(rule.wrong != rule.right and rule.about.endswith(".") for rule in RULES)
