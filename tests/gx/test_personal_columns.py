"""A personal column, from the warehouse to everything that is written: no name is in any of it.

Real runs against the embedded BigQuery, told to a real server that stands for Slack; then every
artefact is read back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from plumbline.core.failure import FailingColumn
from plumbline.core.masking import KEY_VARIABLE
from plumbline.core.outcome import Outcome, RunReport
from plumbline.core.status import Status
from plumbline.history.tables import DATASET, TABLES
from plumbline.project.targets import Target
from plumbline.warehouse.client import open_client
from support.fake_slack import FakeSlack
from support.projects import SmallMonitor, SmallProject, between
from support.reports import json_of, markdown_of, text_of

pytestmark = pytest.mark.warehouse

NAMES = ("LeBron James", "Royce O'Neale", "Stephen Curry", "Ja Morant", "O'Neale \\ Royce")
HEIGHTS = ("206.375", "188.125")
PSEUDONYM = re.compile(r"masked-[0-9a-f]{10}")

PLAYERS = """
with players as (
    select 'LeBron James' as player, 40.0 as pct, 206.375 as height, 4 as numerator
    union all select 'Stephen Curry', 20.0, 188.125, 2
    union all select 'Ja Morant', 90.0, 190.5, 9
    union all select 'O\\'Neale \\\\ Royce', 95.0, 191.5, 10
    union all select cast(null as string), 97.0, 191.5, 10
)
select
    player, pct, height, numerator, {denominator} as denominator,
    timestamp '2026-02-03 05:00:00+00' as as_of, '{verdict}' as verdict,
    concat('no line for ', coalesce(player, 'somebody')) as reason
from players
order by pct
"""
ROWS = PLAYERS.format(denominator="10", verdict="judge")


def gx(kind: str, severity: str = "warning", **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "severity": severity, "kwargs": kwargs}


def judged(*expectations: dict[str, Any], sql: str = ROWS, **others: Any) -> SmallMonitor:
    return SmallMonitor(sql, expectations=expectations, observed=others.get("observed"))


BY_PLAYER = between(
    column="pct", min_value=50, group_by=["player"], overrides={"LeBron James": {"min_value": 30}}
)
MONITORS = {
    "by_player": SmallMonitor(
        ROWS,
        expectations=[BY_PLAYER, between("warning", column="pct", min_value=96, group_by=["player", "verdict"])],
        observed={"count_failing": "critical", "unit": "players"},
    ),
    "as_a_whole": SmallMonitor(ROWS),
    "patterns": judged(
        gx("column_values_to_match_regex", column="player", regex="^[A-Z][a-z]+ [A-Z]"),
        gx("column_values_to_be_in_set", column="player", value_set=["Ja Morant", "Stephen Curry"]),
        gx("column_values_to_not_be_in_set", "critical", column="player", value_set=["LeBron James"]),
        gx("column_values_to_be_between", column="pct", min_value=50),
    ),
    "conditions": judged(
        gx("column_values_to_be_between", column="pct", min_value=50, row_condition={"type": "comparison", "column": {"name": "player"}, "operator": "!=", "parameter": "Ja Morant"}),
        gx("column_values_to_be_in_set", column="verdict", value_set=["x"], row_condition="player == 'LeBron James'", condition_parser="pandas"),
        gx("column_distinct_values_to_contain_set", column="player", value_set=["Ja Morant", "Royce O'Neale"]),
    ),
    "aggregates": judged(
        gx("column_distinct_values_to_be_in_set", column="player", value_set=["Ja Morant"]),
        gx("column_most_common_value_to_be_in_set", column="player", value_set=["nobody"]),
        gx("column_max_to_be_between", column="height", max_value=200),
        gx("column_min_to_be_between", column="height", min_value=189),
        gx("column_pair_values_to_be_equal", column_A="player", column_B="verdict"),
        gx("compound_columns_to_be_unique", column_list=["height", "as_of"]),
    ),
    "metric": judged(between(column="height", max_value=190), between("warning", column="height", aggregate="max", max_value=190)),
    "raises": judged(gx("column_mean_to_be_between", column="player", min_value=1)),
    "not_a_number": judged(between(column="player", min_value=1)),
    "skipped": judged(between(column="pct", min_value=1), sql=PLAYERS.format(denominator="10", verdict="skip")),
    "unknown": judged(between(column="pct", min_value=1), sql=PLAYERS.format(denominator="10", verdict="unknown")),
    "not_converted": judged(between(column="pct", min_value=1), sql=PLAYERS.format(denominator="cast(player as int64)", verdict="judge")),
    "not_compiled": judged(BY_PLAYER, sql="select {{ var('nothing') }} as player"),
}  # fmt: skip


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", server.webhook_url)
        yield server


DRILLED = SmallMonitor(
    ROWS.replace(
        "order by pct", "where player != {{ var('left_out') }} and pct > {{ var('days') }}"
    ),
    expectations=[BY_PLAYER],
    observed={"count_failing": "critical", "unit": "players"},
    meta={
        "vars": {"left_out": "LeBron James", "days": 3},
        "drilldown": "select * from unnest([1]) as n where {{ failing('player') }} and n < {{ var('days') }}"
        " and '{{ var(\"left_out\") }}' != ''",
    },
)


def test_queries_to_copy_name_no_person(small: SmallProject) -> None:
    (small.root / "models" / "schema.yml").write_text(
        "version: 2\nmodels:\n  - name: drilled\n    columns:\n"
        "      - {name: player, config: {meta: {personal: true}}}\n"
    )
    variables = (small.root / "dbt_project.yml").read_text()
    (small.root / "dbt_project.yml").write_text(f"{variables}  left_out: nobody\n")
    small.add("drilled", DRILLED)
    small.checkpoint("drilled")
    (outcome,) = small.run().outcomes
    assert outcome.status is Status.CRITICAL
    assert outcome.drilldown == (
        "-- @left_out is not shown, because it may hold values of a personal column: replace it.\n"
        "select * from unnest([1]) as n where "
        "true /* every group: values of player are masked */ and n < 3 and @left_out != ''"
    )
    (record,) = [text for name, text in stored(small).items() if "/results/" in name]
    sql = json.loads(record)["meta"]["plumbline"]["sql"]
    assert "where player != @left_out and pct > 3" in sql
    assert "is not shown" in sql.splitlines()[0]


def tag(small: SmallProject, *columns: str) -> None:
    listed = "".join(
        f"      - name: {column}\n        config: {{meta: {{personal: true}}}}\n"
        for column in columns
    )
    models = "".join(
        f"  - name: {name}\n    config: {{meta: {{grain: [player]}}}}\n    columns:\n{listed}"
        for name in MONITORS
    )
    (small.root / "models" / "schema.yml").write_text(f"version: 2\nmodels:\n{models}")


@pytest.fixture
def report(small: SmallProject, slack: FakeSlack) -> RunReport:
    for name, monitor in MONITORS.items():
        small.add(name, monitor)
    small.checkpoint(*MONITORS, actions=[{"name": "alerts", "type": "plumbline_alerts"}])
    tag(small, "player", "height")
    return small.run(alerts=True)


def of(report: RunReport, monitor: str) -> Outcome:
    (found,) = [outcome for outcome in report.outcomes if outcome.monitor == monitor]
    return found


def stored(small: SmallProject) -> dict[str, str]:
    """What the run left on disk; the project's own files name persons where their writer did."""
    left = small.root / ".plumbline"
    return {str(file): file.read_text() for file in left.rglob("*") if file.is_file()}


def tables(target: Target) -> dict[str, str]:
    client = open_client(target)
    found = {}
    for table in TABLES:
        rows = client.query(f"select * from `{target.project}.{DATASET}.{table.name}`").result()
        found[table.name] = repr([dict(row) for row in rows])
    return found


def test_no_name_is_in_anything_that_is_written(
    small: SmallProject, report: RunReport, slack: FakeSlack, caplog: pytest.LogCaptureFixture
) -> None:
    written = {
        "json": json_of(report),
        "text": text_of(report, width=400),
        "markdown": markdown_of(report),
        "slack": json.dumps([request.body for request in slack.requests], ensure_ascii=False),
        "report": repr(report),
        "log": caplog.text,
        **tables(small.target),
        **stored(small),
    }
    assert len(slack.messages) > 0
    assert len([name for name in written if "/results/" in name]) == len(MONITORS)
    for place, content in written.items():
        content = without_sql(content)
        for name in (*NAMES, *HEIGHTS):
            for part in (name, json.dumps(name)[1:-1], *name.split()[:1]):
                assert part not in content, (place, part)
    for place in ("json", "text", "markdown", "slack", "report", "state", "incidents", "outcomes"):
        assert PSEUDONYM.search(written[place]), place


def test_suites_are_judged_on_the_real_values(report: RunReport) -> None:
    by_player = of(report, "by_player")
    assert by_player.status is Status.CRITICAL
    assert by_player.observed == 1.0  # Curry; James has an override
    patterns = of(report, "patterns")
    assert (patterns.status, patterns.evaluated) == (Status.CRITICAL, 4)
    regex = patterns.expectations[0]
    assert not regex.success
    whole = of(report, "as_a_whole")
    assert whole.observed == pytest.approx(68.4)


def test_groups_stay_as_many_and_their_names_are_the_same_wherever_they_stand(
    report: RunReport,
) -> None:
    by_player, whole = of(report, "by_player"), of(report, "as_a_whole")
    one_column = {key.text for key in by_player.judged if len(key.items) == 1}
    assert len(one_column) == 5
    assert {key.text for key in whole.judged} == one_column
    assert '{"player":null}' in one_column
    assert {group.key.text for group in whole.groups} <= one_column


def test_the_next_run_knows_the_groups_again(
    small: SmallProject, report: RunReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = small.run(alerts=True)
    assert {group.key for group in of(again, "by_player").groups} == {
        group.key for group in of(report, "by_player").groups
    }
    assert [line for line in again.alerts if str(line.event) in ("opened", "changed")] == []
    monkeypatch.setenv(KEY_VARIABLE, "another")
    other = small.run(alerts=False)
    names, others = (
        {dict(group.key)["player"] for group in of(one, "by_player").groups}
        for one in (report, other)
    )
    assert names & others == {None}


def test_failing_rows_are_a_sample_with_pseudonyms_worst_first(report: RunReport) -> None:
    failing = of(report, "as_a_whole").failing
    assert failing is not None
    columns = [column.name for column in failing.columns]
    assert columns == ["player", "pct", "height", "numerator", "denominator", "reason"]
    assert [column.name for column in failing.columns if column.personal] == ["player", "height"]
    assert failing.total == 2
    assert [row[1] for row in failing.rows] == [20.0, 40.0]
    for row in failing.rows:
        assert PSEUDONYM.fullmatch(str(row[0]))
        assert row[5] == f"no line for {row[0]}"
    # Rows that GX's own expectations point to: by regex, set and bound.
    patterns = of(report, "patterns").failing
    assert patterns is not None
    assert sorted(str(row[1]) for row in patterns.rows) == ["20.0", "40.0", "95.0"]
    assert of(report, "raises").failing is None


def test_what_raised_says_that_its_words_are_withheld(report: RunReport) -> None:
    raises = of(report, "raises")
    assert raises.status is Status.ERROR
    assert "withheld, because it may quote player" in str(raises.reason)
    converted = of(report, "not_converted")
    assert converted.status is Status.ERROR
    assert "what it quotes is withheld" in str(converted.reason)


def test_a_tag_that_no_column_answers_to_is_an_error_and_not_an_open_name(
    small: SmallProject,
) -> None:
    for name, monitor in MONITORS.items():
        small.add(name, monitor)
    small.checkpoint("by_player")
    tag(small, "playr")
    (outcome,) = small.run().outcomes
    assert outcome.status is Status.ERROR
    assert "returns no column 'playr', which is tagged as personal" in str(outcome.reason)
    assert "schema.yml" in str(outcome.reason)
    tag(small, "PLAYER")  # BigQuery does not mind
    (outcome,) = small.run().outcomes
    assert outcome.status is Status.CRITICAL
    assert "Curry" not in repr(outcome)
    assert outcome.failing is not None
    assert outcome.failing.columns[0] == FailingColumn("player", personal=True)


def test_without_a_tag_everything_is_as_plain_gx_has_it(small: SmallProject) -> None:
    (small.root / "models" / "schema.yml").write_text("version: 2\nmodels: []\n")
    for name in ("by_player", "patterns"):
        small.add(name, MONITORS[name])
    small.checkpoint("by_player", "patterns")
    by_player, patterns = small.run().outcomes
    assert "LeBron James < 30" in by_player.thresholds
    assert by_player.failing is not None
    assert by_player.failing.rows[0][0] == "Stephen Curry"
    (file,) = [text for name, text in stored(small).items() if "patterns" in name]
    regex, in_set, *_ = json.loads(file)["results"]
    assert regex["result"]["partial_unexpected_list"] == ["LeBron James", "O'Neale \\ Royce"]
    assert regex["result"]["partial_unexpected_index_list"] == [1, 3]
    assert "unexpected_index_list" not in regex["result"]
    assert in_set["expectation_config"]["kwargs"]["value_set"] == ["Ja Morant", "Stephen Curry"]
    assert patterns.failing is not None
    assert patterns.failing.total == 3


@pytest.mark.parametrize(
    "result_format",
    [
        "BOOLEAN_ONLY",
        "BASIC",
        "COMPLETE",
        {
            "result_format": "COMPLETE",
            "unexpected_index_column_names": ["player", "pct"],
            "include_unexpected_rows": True,
        },
    ],
    ids=str,
)
def test_no_result_format_brings_a_name_to_light(small: SmallProject, result_format: Any) -> None:
    names = ("patterns", "aggregates", "raises")
    for name, monitor in MONITORS.items():
        small.add(name, monitor)
    small.checkpoint(*names)
    file = small.root / "checkpoints" / "all.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"result_format": result_format}))
    tag(small, "player", "height")
    report = small.run()
    written = without_sql(repr(report) + "".join(stored(small).values()))
    for name in (*NAMES, *HEIGHTS, "Curry", "Royce"):
        assert name not in written
    patterns = of(report, "patterns")
    assert (patterns.status, patterns.evaluated) == (Status.CRITICAL, 4)
    assert patterns.failing is not None
    assert patterns.failing.total == 3


def without_sql(text: str) -> str:
    """Without the compiled SQL, which the docs show: these models hold their rows as literals."""
    return re.sub(
        r"""(?:"?\w*sql\w*"?\s*[:=]\s*)(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", "", text
    )
