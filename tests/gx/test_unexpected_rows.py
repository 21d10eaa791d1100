"""`unexpected_rows_expectation` over a model: a query, one job more, the rows it returns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.models.batch import query_over_batch
from plumbline.models.compiled import CompiledModel
from support.projects import SmallMonitor, SmallProject, between

pytestmark = pytest.mark.warehouse

TRIPS = """
with instants as (select instant from unnest({{ var('as_of') }}) as instant),

trips as (
    select 'judge' as verdict, 1 as id, 2 as passengers, 'a' as label
    union all select 'judge', 2, 7, 'b'
    union all select 'judge', 3, 9, 'b'
    union all select 'skip', 4, 99, 'c'
)

select instant as as_of, 'off' as reason, trips.*
from instants
cross join trips  -- the last trip is not judged
"""


def query(text: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "unexpected_rows_expectation",
        "kwargs": {"unexpected_rows_query": text},
        **more,
    }


def outcome_of(small: SmallProject, *expectations: dict[str, Any], sql: str = TRIPS) -> Outcome:
    return small.outcome(SmallMonitor(sql, list(expectations), None))


def result_of(small: SmallProject, *expectations: dict[str, Any], sql: str = TRIPS) -> Any:
    """GX's result of the last expectation, as it is stored."""
    outcome_of(small, *expectations, sql=sql)
    (file,) = (small.project.state_dir / "results").rglob("*.json")
    return json.loads(file.read_text())["results"][-1]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("SELECT * FROM {batch} WHERE passengers > 6", 2),
        ("select * from {batch} where passengers > 6;", 2),
        ("SELECT id FROM {batch} AS trips WHERE trips.passengers > 90", 0),
        ("SELECT subselect.id FROM {batch} WHERE subselect.passengers > 8", 1),
        ("SELECT label FROM {batch} GROUP BY label HAVING COUNT(*) > 1", 1),
        (
            "WITH b AS (SELECT * FROM {batch}) SELECT b.id FROM b JOIN {batch} c ON b.id = c.id + 1",
            2,
        ),
        ("SELECT * FROM {batch} WHERE REGEXP_CONTAINS(label, r'^b{{1}}$')", 2),
        ("SELECT * FROM {batch} -- all of them", 3),
    ],
)
def test_the_rows_that_it_returns_are_the_unexpected_ones(
    small: SmallProject, text: str, count: int
) -> None:
    found = outcome_of(small, query(text))
    assert found.status is (Status.CRITICAL if count else Status.PASS), found.reason
    assert found.expectations[0].observed == count


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 as id, 7 as passengers union all select 2, 8",
        "select 1 as id, 7 as passengers union all select 2, 8 order by id",
        "(select 1 as id, 7 as passengers union all select 2, 8) -- no verdict",
    ],
)
def test_a_model_without_a_verdict_is_judged_whole(small: SmallProject, sql: str) -> None:
    found = outcome_of(small, query("SELECT * FROM {batch} WHERE passengers > 6"), sql=sql)
    assert found.expectations[0].observed == 2, found.reason


def test_the_result_has_gxs_shape_with_up_to_twenty_rows(small: SmallProject) -> None:
    sql = "select id, date '2026-02-01' as day from unnest(generate_array(1, 50)) as id"
    found = result_of(small, query("SELECT * FROM {batch} ORDER BY id"), sql=sql)
    assert found["result"]["observed_value"] == 50
    rows = found["result"]["details"]["unexpected_rows"]
    assert len(rows) == 20
    assert rows[0] == {"id": 1, "day": "2026-02-01"}


def test_each_query_is_one_job_more_and_the_same_query_is_asked_once(small: SmallProject) -> None:
    one, other = "SELECT * FROM {batch} WHERE id = 0", "SELECT * FROM {batch} WHERE id < 0"
    found = outcome_of(
        small,
        between(column="passengers", min_value=0),
        query(one),
        query(other),
        query(one, severity="warning"),
    )
    assert found.status is Status.PASS
    assert len(set(found.job_ids)) == 3
    assert (found.declared, found.evaluated) == (4, 4)


def test_nothing_is_asked_where_nothing_is_judged(small: SmallProject) -> None:
    sql = "select 'skip' as verdict, 'no games' as reason, 1 as id"
    found = outcome_of(small, query("SELECT * FROM {batch}"), sql=sql)
    assert (found.status, len(found.job_ids)) == (Status.SKIPPED, 1)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("SELECT no_such_column FROM {batch}", "no_such_column"),
        ("SELECT * FROM {batch} WHERE", "yntax"),
        ("SELECT * FROM {batch} WHERE label LIKE '{x}'", "a brace that is not {batch}"),
        ("SELECT * FROM {batch} WHERE REGEXP_CONTAINS(label, r'x{3}')", "and {{ or }} for a brace"),
        ("DELETE FROM {batch} WHERE TRUE", "the query begins with 'DELETE'"),
        ("SELECT 1; DROP TABLE t", "the query holds more than one statement"),
        ("SELECT * FROM {batch} WHERE label = 'a", "the query opens ' and never closes it"),
        ("SELECT * FROM shop.customers", "does not use {batch}"),
        ("", "the query is empty"),
    ],
)
def test_a_query_that_fails_is_this_monitors_error_and_the_others_run(
    small: SmallProject, text: str, what: str
) -> None:
    small.add("broken", SmallMonitor(TRIPS, [query(text)], None))
    small.add("fine", SmallMonitor(TRIPS, [query("SELECT * FROM {batch} WHERE id < 0")], None))
    small.checkpoint("broken", "fine")
    broken, fine = small.run(docs=False).outcomes
    assert (broken.status, fine.status) == (Status.ERROR, Status.PASS), broken.reason
    assert what in str(broken.reason)
    assert "expectations/broken.json: expectations[0]" in str(broken.reason)


def test_a_query_may_be_a_parameter(small: SmallProject) -> None:
    monitor = SmallMonitor(
        TRIPS,
        [query({"$PARAMETER": "most"})],  # type: ignore[arg-type]
        None,
        parameters={"most": "SELECT * FROM {batch} WHERE passengers > 8"},
    )
    assert small.outcome(monitor).expectations[0].observed == 1


def test_personal_columns_are_masked_in_the_rows_under_any_name(small: SmallProject) -> None:
    (small.root / "models" / "schema.yml").write_text(
        "version: 2\nmodels:\n  - name: only\n    description: d\n    columns:\n"
        "      - {name: label, description: d, config: {meta: {personal: true}}}\n"
    )
    text = (
        "SELECT id, label, UPPER(CONCAT(label, '-x')) AS other, [UPPER(label)] AS listed "
        "FROM {batch} WHERE id = 2"
    )
    found = result_of(small, query(text))
    (row,) = found["result"]["details"]["unexpected_rows"]
    assert row["id"] == 2
    assert row["label"].startswith("masked-")
    assert row["other"].startswith("masked-")
    assert row["listed"][0].startswith("masked-")


def test_gx_prints_nothing_into_the_report(
    small: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome_of(small, query("SELECT 1 AS one FROM UNNEST([1])"))
    assert capsys.readouterr().out == ""


def test_a_backtest_says_that_it_does_not_replay_it(small: SmallProject) -> None:
    from plumbline.backtest.fetch import ask
    from plumbline.backtest.judging import Judge
    from support.projects import NOW

    small.add("only", SmallMonitor(TRIPS, [query("SELECT * FROM {batch} WHERE id < 0")], None))
    small.checkpoint("only")
    project = small.project
    asked = ask(project, small.target, {"only": [NOW]}, labels={})["only"].result()
    (found,) = Judge(project, small.target).outcomes(asked, [NOW])
    assert found.status is Status.ERROR
    assert "is not replayed" in str(found.reason)


def test_the_models_rows_are_a_subquery_with_its_parameters() -> None:
    model = CompiledModel("m", "with a as (select @x)\nselect * from a -- end", (), (), (), ())
    assert query_over_batch("select * from {batch} b", model, ["id"]) == (
        "select * from (\nwith a as (select @x)\nselect * from a -- end\n) b"
    )
    assert query_over_batch("select * from {batch}", model, ["Verdict"]) == (
        "select * from (select * from (\nwith a as (select @x)\nselect * from a -- end\n) "
        "where Verdict = 'judge')"
    )
