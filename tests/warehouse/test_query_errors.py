"""Every kind of query error raises, with one line that a person can read.

The emulator's `jobs.query` answers errors with HTTP 200 and no rows, which the client's
`query_and_wait` takes for an empty result: here nothing may ever look like one.
"""

from __future__ import annotations

import pytest

from plumbline.core.errors import WarehouseError
from plumbline.project.targets import Target
from plumbline.warehouse.client import endpoint_of, open_client
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import QueryRequest
from support.targets import foreign_emulator

pytestmark = pytest.mark.warehouse

WRONG = [
    pytest.param("select * from `{p}.d.nope`", "notFound", "d.nope", id="missing table"),
    pytest.param("select * from `{p}.nope.t`", "notFound", "nope", id="missing dataset"),
    pytest.param("select nope from `{p}.d.t`", "invalidQuery", "nope", id="missing column"),
    pytest.param("select n / 0 from `{p}.d.t`", "invalidQuery", "zero", id="division by zero"),
    pytest.param("selec 1", "invalidQuery", "yntax", id="syntax error"),
    pytest.param("select", "invalidQuery", "SELECT", id="unfinished"),
    pytest.param("select no_such_function(1)", "invalidQuery", "unction", id="unknown function"),
    pytest.param("select cast('x' as int64)", "invalidQuery", "", id="a cast that fails"),
    pytest.param("select error('as asked')", "invalidQuery", "as asked", id="error()"),
    pytest.param("select @missing", None, "missing", id="missing parameter"),
    pytest.param("", "invalidQuery", "no SELECT", id="no SQL at all"),
    pytest.param("-- only a comment", "invalidQuery", "", id="only a comment"),
]


@pytest.fixture
def target(warehouse: Target) -> Target:
    client = open_client(warehouse)
    client.create_dataset("d")
    client.query("create table d.t (n int64)").result()
    client.query("insert into d.t values (1), (2)").result()
    return warehouse


@pytest.mark.parametrize(("sql", "reason", "names"), WRONG)
def test_a_wrong_query_raises(target: Target, sql: str, reason: str | None, names: str) -> None:
    runner = JobRunner(target)

    with pytest.raises(WarehouseError) as raised:
        runner.run(QueryRequest("wrong", sql.format(p=target.project)))

    fault = raised.value
    assert names in fault.what
    assert "\n" not in fault.what
    assert "Job ID" not in fault.what
    assert len(fault.what) < 350
    assert fault.job_id
    assert fault.job_id.startswith("plumbline_wrong_")
    assert reason is None or fault.reason == reason


def test_the_naive_way_hides_a_missing_table(target: Target) -> None:
    rows = open_client(target).query_and_wait(f"select * from `{target.project}.d.nope`")

    assert list(rows) == []


def test_a_wrong_query_does_not_disturb_those_beside_it(target: Target) -> None:
    runner = JobRunner(target)

    wrong = runner.submit(QueryRequest("wrong", "select 1 / 0"))
    right = [runner.submit(QueryRequest("right", "select count(*) as n from d.t")) for _ in "four"]

    assert isinstance(wrong.exception(), WarehouseError)
    assert [answer.result().rows for answer in right] == [[{"n": 2}]] * 4


def test_a_server_given_by_its_variable_is_used_as_it_is_found(target: Target) -> None:
    foreign = foreign_emulator(endpoint_of(target), project=target.project)

    assert JobRunner(foreign).run(QueryRequest("n", "select sum(n) as n from d.t")).rows == [
        {"n": 3}
    ]
