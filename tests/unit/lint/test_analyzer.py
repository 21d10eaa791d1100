"""``lint --analyzer``: what Google's own analyzer rejects, in the line of the model."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from plumbline.cli.main import invoke
from plumbline.core.installation import install_fix
from plumbline.lint.rule import Finding
from support.compiled_zetasql import compiled_zetasql
from support.lint_project import LintedProject
from unit.lint.test_rules import CALENDAR, LAG_MODEL, MODEL, SCHEMA, SOURCES

CASES = [
    # file, what stands there, what is written, in the line, says
    (MODEL, "game_date, team,\n", "game_date, tem as team,\n", "tem as team", "Unrecognized name: tem"),
    (MODEL, "sum(if(has_line, 1, 0))", "sum(if(has_line > 1, 1, 0))", "has_line > 1", "argument types: BOOL, INT64"),
    (MODEL, "count(*) as denominator", "countt(*) as denominator", "countt", "Function not found: countt"),
    (LAG_MODEL, "1 as not_final", "calendar.status as not_final", "calendar.status", "status"),
    (CALENDAR, "select game_id,", "select game_id + 1 as game_id,", "game_id + 1", "STRING, INT64"),
    (MODEL, "100 * numerator / denominator as coverage_pct", "evaluations.counted as coverage_pct", "evaluations.counted", "counted"),
]  # fmt: skip

INGESTED = """\
      - name: ingested
        config: {meta: {partition_by: _PARTITIONDATE}}
        columns: [{name: id, data_type: INT64, description: An id.}]
"""
SHARDS = """\
      - name: shards_*
        columns: [{name: id, data_type: INT64, description: An id.}]
"""
LAG = """\
select evaluations.as_of, current_date() as game_date, 1 as not_final
from {{ ref('evaluations') }} as evaluations cross join {{ ref('calendar') }}
"""
AS_BIGQUERY_HAS_IT = [
    (INGESTED, "select id from {{ source('nba', 'ingested') }} where _PARTITIONDATE > '2026-01-01'"),
    (INGESTED, "select id, _PARTITIONTIME as arrived from {{ source('nba', 'ingested') }}"),
    (SHARDS, "select id from {{ source('nba', 'shards_*') }} where _TABLE_SUFFIX > '2026'"),
    ("", "select table_name from nba.INFORMATION_SCHEMA.TABLES"),
    ("", "from {{ source('nba', 'games') }} |> rename game_id as id |> drop game_status"),
    ("", "create temp function f(x int64) as (x); select f(1) as n"),
]  # fmt: skip


@pytest.fixture
def _loaded_once() -> Iterator[None]:
    """Compiling it takes half a minute."""
    with compiled_zetasql():
        yield


@pytest.mark.oracle
@pytest.mark.usefixtures("_loaded_once")
class TestGooglesAnalyzer:
    def test_what_it_accepts_has_nothing_to_fix(self, linted: LintedProject) -> None:
        assert linted.lint(analyze=True).findings == ()

    @pytest.mark.parametrize(("file", "old", "new", "at", "says"), CASES)
    def test_what_it_rejects_is_found_in_its_line_and_in_no_other_model(
        self, linted: LintedProject, file: str, old: str, new: str, at: str, says: str
    ) -> None:
        linted.replace(file, old, new)
        found = [
            finding
            for finding in linted.lint(analyze=True).findings
            if finding.rule.code == "sql-rejected"
        ]
        assert [finding.place.file for finding in found] == [linted.root / file]
        assert at in linted.read(file).splitlines()[found[0].place.line - 1]
        assert says in found[0].what

    def test_a_type_that_is_described_otherwise_is_found(self, linted: LintedProject) -> None:
        linted.replace(SCHEMA, "data_type: FLOAT64", "data_type: INT64")
        (finding,) = linted.lint(analyze=True).findings
        assert finding.rule.code == "column-type-differs"
        assert "INT64, the SQL returns FLOAT64" in finding.what
        assert "coverage_pct" in linted.read(SCHEMA).splitlines()[finding.place.line - 1]

    def test_aliases_and_precisions_are_the_same_type(self, linted: LintedProject) -> None:
        linted.replace(SCHEMA, "data_type: INT64", "data_type: bigint")
        assert linted.lint(analyze=True).findings == ()

    def test_a_structs_fields_are_known(self, linted: LintedProject) -> None:
        kind = '"STRUCT<low NUMERIC(5,1), high ARRAY<STRING>>"'
        linted.replace(SOURCES, '"ARRAY<NUMERIC(5,1)>"', kind)
        linted.replace(MODEL, "sum(if(has_line, 1, 0))", "sum(if(weights.low > 1, 1, 0))")
        assert linted.lint(analyze=True).findings == ()
        linted.replace(MODEL, "weights.low > 1", "weights.lo > 1")
        assert "lo" in linted.lint(analyze=True).findings[0].what

    @pytest.mark.parametrize(("extra", "sql"), AS_BIGQUERY_HAS_IT)
    def test_what_bigquery_adds_to_a_table_is_known(
        self, linted: LintedProject, extra: str, sql: str
    ) -> None:
        linted.replace(SOURCES, "      - name: features\n", f"{extra}      - name: features\n")
        linted.write("models/staging/calendar.sql", sql)
        linted.write("models/monitors/lag.sql", LAG)
        assert [finding.what for finding in self.rejected(linted)] == []
        linted.write("models/staging/calendar.sql", sql.replace("_PARTITION", "_PARTITIN"))
        assert bool(self.rejected(linted)) is ("_PARTITION" in sql)

    @staticmethod
    def rejected(linted: LintedProject) -> list[Finding]:
        found = linted.lint(analyze=True).findings
        return [
            finding for finding in found if finding.rule.code in ("sql-rejected", "sql-unreadable")
        ]


def test_without_the_extra_it_is_said_how_to_get_it(
    linted: LintedProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "zetasql", None)
    monkeypatch.chdir(linted.root)
    assert invoke(["lint", "--analyzer"]) == 64
    said = capsys.readouterr().err
    assert "Google's analyzer is not installed" in said
    assert install_fix("analyzer") in said
