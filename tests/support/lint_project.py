"""A small project without a fault, to be broken in one place: every file that lint reads is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from plumbline.lint.linter import LintReport, lint
from plumbline.lint.rule import Finding
from plumbline.project import Project

FILES = {
    "great_expectations.yml": """
        config_version: 4.0
        plugins_directory: plugins/
        stores:
          suites:
            class_name: ExpectationsStore
            module_name: plumbline.gx.stores
          validation_definition_store:
            class_name: ValidationDefinitionStore
            module_name: plumbline.gx.stores
          checkpoints:
            class_name: CheckpointStore
            module_name: plumbline.gx.stores
        expectations_store_name: suites
        checkpoint_store_name: checkpoints
        fluent_datasources:
          files:
            type: pandas
            assets:
              rows:
                type: csv
                filepath_or_buffer: rows.csv
                batch_definitions: {all: {}}
          warehouse:
            type: bigquery_models
            default_target: local
            targets:
              local:
                kind: embedded
                project: some-project
                limits: {deadline_seconds: 60}
              bigquery:
                kind: bigquery
        """,
    "dbt_project.yml": """
        name: small
        version: 1.0.0
        profile: small
        model-paths: [models]
        models:
          small:
            staging:
              +materialized: ephemeral
        vars:
          timezone: America/New_York
          as_of: ["2026-02-03T05:00:00+00:00"]
          first_date: "2026-02-02"
          last_date: "2026-02-02"
          days: 3
          postponed: []
          services: [worker]
        """,
    "macros/arrived_at.sql": """
        {% macro arrived_at(column) -%}
        coalesce({{ column }}, timestamp '1970-01-01 00:00:00+00')
        {%- endmacro %}
        """,
    "models/staging/evaluations.sql": """
        select cast(instant as timestamp) as as_of
        from unnest({{ var('as_of') }}) as instant
        """,
    "models/staging/calendar.sql": """
        select game_id, game_date, game_status
        from {{ source('nba', 'games') }}
        where
            game_date >= cast('{{ var("first_date") }}' as date)
            and game_id not in unnest({{ var('postponed') }})
        """,
    "models/monitors/coverage.sql": """
        with evaluations as (

            select as_of
            from {{ ref('evaluations') }}

        ),

        counted as (

            select
                game_date, team,
                sum(if(has_line, 1, 0)) as numerator,
                count(*) as denominator
            from {{ source('nba', 'features') }}
            where
                game_date >= date_sub(
                    cast('{{ var("first_date") }}' as date), interval {{ var('days') }} day
                )
                and {{ arrived_at('created_at') }} is not null
            group by game_date, team

        ),

        final as (

            select
                as_of, game_date, team,
                100 * numerator / denominator as coverage_pct,
                numerator, denominator
            from evaluations
            cross join counted

        )

        select * from final
        """,
    "models/monitors/lag.sql": """
        select evaluations.as_of, calendar.game_date, 1 as not_final
        from {{ ref('evaluations') }} as evaluations
        cross join {{ ref('calendar') }} as calendar
        """,
    "models/schema.yml": """
        version: 2
        models:
          - name: evaluations
            description: The instants that are looked at.
            columns:
              - {name: as_of, data_type: TIMESTAMP, description: The instant.}
          - name: calendar
            description: One row a game.
            columns:
              - {name: game_id, data_type: STRING, description: The game.}
              - {name: game_date, data_type: DATE, description: Its day.}
              - {name: game_status, data_type: INT64, description: Its status.}
          - name: coverage
            description: Share of players with a line, a row a day and team.
            config:
              meta:
                grain: [game_date, team]
                vars:
                  days: {min: 1, max: 366}
            columns:
              - {name: as_of, data_type: TIMESTAMP, description: The instant.}
              - {name: game_date, data_type: DATE, description: The day.}
              - {name: team, data_type: STRING, description: The team.}
              - {name: coverage_pct, data_type: FLOAT64, description: The share.}
              - {name: numerator, data_type: INT64, description: With a line.}
              - {name: denominator, data_type: INT64, description: All.}
          - name: lag
            description: Games that are not final, a row a game.
            columns:
              - {name: as_of, data_type: TIMESTAMP, description: The instant.}
              - {name: game_date, data_type: DATE, description: The day.}
              - {name: not_final, data_type: INT64, description: 1 each.}
        """,
    "models/sources.yml": """
        version: 2
        sources:
          - name: nba
            tables:
              - name: games
                description: The calendar.
                config: {meta: {partition_by: game_date, require_partition_filter: true}}
                columns:
                  - {name: game_id, data_type: STRING, description: The game.}
                  - {name: game_date, data_type: DATE, description: Its day.}
                  - {name: game_status, data_type: INT64, description: 3 is final.}
              - name: features
                description: A row a player and day.
                config:
                  meta:
                    partition_by: date_trunc(game_date, month)
                    cluster_by: [team]
                    arrival_time: created_at
                columns:
                  - {name: game_date, data_type: DATE, description: The day.}
                  - {name: team, data_type: STRING, description: The team.}
                  - {name: has_line, data_type: BOOL, description: Whether there is one.}
                  - {name: weights, data_type: "ARRAY<NUMERIC(5,1)>", description: Weights.}
                  - {name: created_at, data_type: TIMESTAMP, description: When it came.}
        """,
    "expectations/coverage.json": """
        {
          "name": "coverage",
          "meta": {
            "monitor": {
              "model": "coverage",
              "observed": {"column": "coverage_pct", "aggregate": "mean", "unit": "%"},
              "vars": {"days": 7},
              "owner": "data-platform",
              "impact": "Predictions are worse.",
              "action": "Look at the features.",
              "runbook": "docs/runbooks/coverage.md#what-to-do",
              "depends_on": ["lag"]
            }
          },
          "expectations": [
            {
              "type": "expect_metric_to_be_between",
              "severity": "warning",
              "kwargs": {"column": "coverage_pct", "group_by": ["team"], "min_value": 80,
                         "overrides": {"BOS": {"min_value": 60}}}
            },
            {
              "type": "expect_metric_to_be_between",
              "severity": "critical",
              "kwargs": {"column": "coverage_pct", "group_by": ["team"], "min_value": 50}
            }
          ]
        }
        """,
    "expectations/lag.json": """
        {
          "name": "lag",
          "meta": {
            "monitor": {
              "model": "lag",
              "observed": {"count_failing": "critical"},
              "owner": "data-platform",
              "runbook": "https://wiki.example.com/lag"
            }
          },
          "expectations": [
            {
              "type": "expect_metric_to_be_between",
              "severity": "critical",
              "kwargs": {"column": "not_final", "aggregate": "sum", "max_value": 3}
            }
          ]
        }
        """,
    "expectations/whole_table.json": """
        {
          "name": "whole_table",
          "meta": {"monitor": {"owner": "data-platform", "runbook": "docs/runbooks/coverage.md"}},
          "expectations": [
            {"type": "expect_column_to_exist", "kwargs": {"column": "anything"}}
          ]
        }
        """,
    "validation_definitions/whole_table.json": """
        {
          "name": "whole_table",
          "data": {
            "datasource": {"name": "files"},
            "asset": {"name": "rows"},
            "batch_definition": {"name": "all"}
          },
          "suite": {"name": "whole_table"}
        }
        """,
    "checkpoints/health_check.json": """
        {
          "name": "health_check",
          "validation_definitions": [
            {"name": "coverage"},
            {"name": "lag"},
            {"name": "whole_table"}
          ],
          "actions": [
            {"type": "slack", "name": "tell", "slack_webhook": "${SLACK_WEBHOOK}"}
          ]
        }
        """,
    "checkpoints/schedule.yml": """
        schedules:
          - checkpoint: health_check
            cron: "0 */6 * * *"
            timezone: America/New_York
            deadline: 10m
            notify: [alerts]
        """,
    "checkpoints/alerts.yml": """
        channels:
          alerts: {type: slack, webhook: SLACK_WEBHOOK_URL}
          pager: {type: pagerduty, routing_key: PAGERDUTY_ROUTING_KEY}
          issues: {type: github, token: GITHUB_TOKEN, repository: some/where}
        routes:
          - {status: CRITICAL, owner: data-platform, to: [pager]}
          - {status: [CRITICAL, ERROR], to: [alerts]}
          - {monitor: coverage, to: [issues]}
        fallback: alerts
        remind_after: {warning: 3d}
        """,
    "checkpoints/mutes.yml": """
        mutes:
          - monitor: lag
            owner: data-platform
            reason: the feed is down
            until: 2999-12-31
        """,
    "deploy/services.yml": """
        services:
          - name: worker
            paths: [macros, models]
            deployed: {command: [cat, DEPLOYED]}
            verify: health_check
            monitors: [coverage]
            owner: data-platform
            runbook: docs/runbooks/coverage.md
        """,
    "docs/runbooks/coverage.md": """
        # What to do

        ## What the alert means
        ## How bad it is
        ## First three queries
        ## Likely causes
        ## Fix
        ## Roll back
        ## Whom to call
        """,
}


@dataclass(frozen=True)
class LintedProject:
    """A project in a folder of the test's own."""

    root: Path

    def write(self, name: str, text: str) -> None:
        """A file, made or written over."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).lstrip("\n"), encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Another text in one place of a file."""
        text = self.read(name)
        assert text.count(old) >= 1, f"{old!r} is not in {name}"
        (self.root / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    def read(self, name: str) -> str:
        """What a file holds."""
        return (self.root / name).read_text(encoding="utf-8")

    def lint(
        self, *names: str, fix: bool = False, analyze: bool = False, plugins: bool = True
    ) -> LintReport:
        """What is wrong with it now."""
        return lint(Project(self.root), names=names, fix=fix, analyze=analyze, plugins=plugins)

    def found(self, code: str) -> list[Finding]:
        """The findings of one rule."""
        return [finding for finding in self.lint().findings if finding.rule.code == code]

    def codes(self) -> list[str]:
        """The rules that found something."""
        return [finding.rule.code for finding in self.lint().findings]


def make_linted(root: Path) -> LintedProject:
    """The project without a fault, in ``root``."""
    project = LintedProject(root)
    for name, text in FILES.items():
        project.write(name, text)
    return project
