"""GX's traps: the naive way gives the wrong status, ours the right one.

Each story runs plain GX (its own suite, its own checkpoint, on the same rows) beside a monitor.
"""

from __future__ import annotations

import json
import re
from typing import Any

import great_expectations as gx
import pandas as pd
import pytest
from great_expectations.core.expectation_suite import ExpectationSuite

from plumbline.core.status import RunStatus, Status
from support.projects import SmallMonitor, SmallProject, between

pytestmark = pytest.mark.warehouse

VALUES_BETWEEN = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "pct", "min_value": 50},
}


def naive(frame: pd.DataFrame, *expectations: dict[str, Any]) -> Any:
    """What plain GX says of ``expectations`` on ``frame``."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("pandas")
    rows = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    suite = ExpectationSuite(name="naive", expectations=[dict(e) for e in expectations])
    return rows.get_batch({"dataframe": frame}).validate(suite)


def test_trap_1_an_expectation_type_with_a_typo_is_error_not_a_shorter_suite(
    small: SmallProject,
) -> None:
    typo = {"type": "expect_metrik_to_be_between", "kwargs": {"column": "pct", "min_value": 50}}
    plain = naive(pd.DataFrame({"pct": [0.0]}), typo)
    assert plain.success
    assert plain.statistics["evaluated_expectations"] == 0

    outcome = small.outcome(SmallMonitor("select 0.0 as pct", expectations=[typo]))
    assert outcome.status is Status.ERROR
    assert "expectations[0].type" in (outcome.reason or "")
    assert outcome.fix == "did you mean 'expect_metric_to_be_between'?"
    assert (outcome.reason or "").endswith(f"; {outcome.fix}")


@pytest.mark.parametrize(
    ("rows", "sql"),
    [
        pytest.param([], "select 1.0 as pct from unnest([1]) where false", id="an empty result"),
        pytest.param([None, None], "select cast(null as float64) as pct", id="NULLs only"),
    ],
)
def test_trap_2_no_rows_and_nulls_never_pass(
    small: SmallProject, rows: list[Any], sql: str
) -> None:
    assert naive(pd.DataFrame({"pct": rows}, dtype="float64"), VALUES_BETWEEN).success

    outcome = small.outcome(sql)
    assert outcome.status in (Status.ERROR, Status.CRITICAL)
    assert outcome.observed is None


def test_trap_3_a_suite_and_a_checkpoint_without_ids_run(small: SmallProject) -> None:
    small.add("coverage", "select 90.0 as pct")
    small.checkpoint("coverage")
    for file in [*small.root.glob("expectations/*"), *small.root.glob("checkpoints/*")]:
        assert '"id"' not in file.read_text()

    assert small.run().status is RunStatus.OK


def test_trap_4_one_failing_query_among_five_leaves_the_other_four_their_results(
    small: SmallProject,
) -> None:
    for index in range(4):
        small.add(f"fine_{index}", "select 90.0 as pct")
    small.add("broken", "select pct from `no_such_dataset.no_such_table`")
    small.checkpoint("fine_0", "fine_1", "broken", "fine_2", "fine_3")

    report = small.run()
    assert [outcome.status for outcome in report.outcomes] == [
        Status.PASS,
        Status.PASS,
        Status.ERROR,
        Status.PASS,
        Status.PASS,
    ]
    assert (report.status, report.exit_code, report.score) == (RunStatus.ERROR, 3, 80)


def test_trap_4_an_action_that_fails_does_not_keep_the_next_from_running(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    from great_expectations.checkpoint.actions import UpdateDataDocsAction

    ran: list[str] = []

    def run(self: Any, checkpoint_result: Any, action_context: Any = None) -> dict[str, Any]:
        ran.append(self.name)
        if self.name == "first":
            raise OSError("disk full")
        return {}

    monkeypatch.setattr(UpdateDataDocsAction, "run", run)
    small.add("coverage", "select 90.0 as pct")
    actions = [{"type": "update_data_docs", "name": name} for name in ("first", "second")]
    small.checkpoint("coverage", actions=actions)

    report = small.run()
    assert ran == ["first", "second"]
    assert "action 'first' failed: OSError: disk full" in report.notes


@pytest.mark.parametrize("severity", ["info", "warning", "critical"])
def test_trap_5_an_expectation_that_raises_is_error_whatever_its_severity(
    small: SmallProject, severity: str
) -> None:
    wrong_column = {**VALUES_BETWEEN, "severity": severity}
    plain = naive(pd.DataFrame({"other": [1.0]}), wrong_column)
    assert plain.results[0].expectation_config.severity == severity

    outcome = small.outcome(
        SmallMonitor("select 1.0 as other", expectations=[wrong_column], observed=None)
    )
    assert outcome.status is Status.ERROR
    assert "pct" in (outcome.reason or "")


def test_trap_6_a_critical_failure_is_worse_than_a_warning_not_another_kind(
    small: SmallProject,
) -> None:
    assert small.outcome("select 79.0 as pct").status is Status.WARNING
    assert small.outcome("select 49.0 as pct").status is Status.CRITICAL


def test_trap_12_a_run_leaves_every_file_of_the_project_as_it_was(small: SmallProject) -> None:
    small.add("coverage", "select 90.0 as pct")
    small.checkpoint("coverage")
    before = {file: file.read_bytes() for file in small.root.rglob("*") if file.is_file()}

    small.run()
    after = {
        file: file.read_bytes()
        for file in small.root.rglob("*")
        if file.is_file() and ".plumbline" not in file.parts
    }
    assert after == before


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select pct from `no_such_dataset.t`", "not found"),
        ("select 1 / 0 as pct", "division by zero"),
        ("select no_such_column as pct from (select 1 as x)", "no_such_column"),
        ("select pct from unnest([1", ""),
    ],
    ids=["a missing table", "a division by zero", "a missing column", "a syntax error"],
)
def test_trap_18b_every_kind_of_query_error_is_error_never_an_empty_pass(
    small: SmallProject, sql: str, said: str
) -> None:
    outcome = small.outcome(sql)
    assert outcome.status is Status.ERROR
    assert said.lower() in (outcome.reason or "").lower()
    assert "%" not in outcome.summary
    assert "Traceback" not in outcome.summary


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 / 0 as pct",
        "select no_such_column as pct from (select 1 as x)",
        "select 1 as pct from (select 1) where 1 distinct 2",
    ],
)
def test_a_query_that_bigquery_refuses_is_an_error_with_file_and_fix(
    small: SmallProject, sql: str
) -> None:
    reason = small.outcome(sql).reason or ""
    assert "(in models/monitors/" in reason
    assert "x1b" not in reason
    fix = re.search(
        r"; correct the SQL: `plumbline compile (\w+)` prints it as sent "
        r"\(BigQuery may accept it: the embedded warehouse does not support all of its SQL\)$",
        reason,
    )
    assert fix is not None
    assert (small.root / "expectations" / f"{fix[1]}.json").is_file()


def test_a_monitor_is_one_job_whatever_its_number_of_expectations(small: SmallProject) -> None:
    many = [between("warning", column="pct", min_value=low) for low in range(20)]
    small.add("coverage", SmallMonitor("select 90.0 as pct", expectations=many))
    small.checkpoint("coverage")

    report = small.run()
    assert report.jobs == 1
    assert (report.outcomes[0].declared, report.outcomes[0].evaluated) == (20, 20)


def test_built_in_expectations_stand_beside_ours(small: SmallProject) -> None:
    expectations = [
        between("critical", column="pct", min_value=50),
        {
            "type": "expect_column_values_to_not_be_null",
            "severity": "warning",
            "kwargs": {"column": "owner"},
        },
        {
            "type": "expect_table_row_count_to_be_between",
            "severity": "warning",
            "kwargs": {"min_value": 1},
        },
    ]
    sql = "select 90.0 as pct, cast(null as string) as owner"
    outcome = small.outcome(SmallMonitor(sql, expectations=expectations))
    assert outcome.status is Status.WARNING
    assert (outcome.evaluated, outcome.failed) == (3, 1)


MALFORMED = [
    ("{", "not JSON"),
    ('{"name": "only"}', "'expectations' is missing"),
    ('{"name": "only", "expectations": [], "meta": {"monitor": {"model": "only"}}}', "nothing was evaluated"),
    ('{"name": "only", "expectations": [], "meta": {"monitor": {"model": "onyl"}}}', "did you mean 'only'?"),
    ('{"name": "only", "expectations": []}', "has no model"),
]  # fmt: skip


@pytest.mark.parametrize(("suite", "said"), MALFORMED)
def test_a_malformed_suite_is_that_monitors_error_and_the_others_run(
    small: SmallProject, suite: str, said: str
) -> None:
    small.add("only", SmallMonitor("select 1.0 as pct", suite_text=suite))
    small.add("fine", "select 90.0 as pct")
    small.checkpoint("only", "fine")

    broken, fine = small.run().outcomes
    assert broken.status is Status.ERROR
    assert said in (broken.reason or "")
    assert fine.status is Status.PASS


WRONG_KWARGS = [
    ({"column": "pct", "mininum": 3}, "expect_metric_to_be_between has no argument 'mininum'"),
    ({"min_value": 3}, "needs 'column'"),
    ({"column": "pct", "min_value": "3"}, "'3' is not a number"),
    ({"column": "pct", "min_value": 3, "severity": "warning"}, "move it out of kwargs"),
]


@pytest.mark.parametrize(("kwargs", "said"), WRONG_KWARGS)
def test_a_wrong_argument_is_error_not_a_shorter_suite(
    small: SmallProject, kwargs: dict[str, Any], said: str
) -> None:
    outcome = small.outcome(
        SmallMonitor("select 90.0 as pct", expectations=[between(**kwargs)])
        if "severity" not in kwargs
        else SmallMonitor(
            "select 90.0 as pct",
            expectations=[{"type": "expect_metric_to_be_between", "kwargs": kwargs}],
        )
    )
    assert outcome.status is Status.ERROR
    assert said in (outcome.reason or "")
    assert "expectations[0].kwargs" in (outcome.reason or "")


def test_verdicts_become_statuses(small: SmallProject) -> None:
    def says(verdict: str, reason: str = "null") -> Status:
        sql = f"select '{verdict}' as verdict, {reason} as reason, 10.0 as pct"
        return small.outcome(sql).status

    assert says("skip", "'no games'") is Status.SKIPPED
    assert says("unknown", "'the calendar is empty'") is Status.ERROR
    assert says("judge") is Status.CRITICAL
    assert says("maybe") is Status.ERROR


def test_a_skipped_monitor_keeps_its_sql_hash_and_parameters(small: SmallProject) -> None:
    sql = (
        "select cast(instant as timestamp) as as_of, 'skip' as verdict, 'no games' as reason, "
        "{{ var('days') }} as days from unnest({{ var('as_of') }}) as instant"
    )
    outcome = small.outcome(sql)
    assert outcome.status is Status.SKIPPED
    assert outcome.reason == "no games"
    assert outcome.sql_hash
    assert outcome.parameters["days"] == 1
    assert outcome.job_ids


def test_results_are_stored_in_the_folder_of_local_state_only(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLUMBLINE_STATE_DIR", raising=False)
    small.add("coverage", "select 90.0 as pct")
    small.checkpoint("coverage")
    small.run()
    (stored,) = (small.root / ".plumbline" / "results").rglob("*.json")
    assert json.loads(stored.read_text())["suite_name"] == "coverage"


def test_a_warehouse_that_does_not_start_is_every_monitors_error_and_is_reported(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plumbline.core.errors import WarehouseError
    from plumbline.warehouse import ready

    def refuse(*_: Any) -> Any:
        raise WarehouseError("the embedded BigQuery ended while starting", fix="read its log")

    monkeypatch.setattr(ready, "ensure_ready", refuse)
    small.add("coverage", "select 90.0 as pct")
    small.checkpoint("coverage")
    report = small.run()
    assert (report.status, report.exit_code) == (RunStatus.ERROR, 3)
    assert "ended while starting" in (report.outcomes[0].reason or "")


def test_trap_2_a_gx_expectation_that_saw_only_nulls_is_error_not_pass(
    small: SmallProject,
) -> None:
    sql = "select cast(null as float64) as pct union all select null"
    outcome = small.outcome(SmallMonitor(sql, expectations=[VALUES_BETWEEN], observed=None))
    assert outcome.status is Status.ERROR
    assert "all 2 values of 'pct' are NULL" in (outcome.reason or "")


def test_expecting_nulls_is_no_error(small: SmallProject) -> None:
    expected = {"type": "expect_column_values_to_be_null", "kwargs": {"column": "pct"}}
    sql = "select cast(null as float64) as pct"
    outcome = small.outcome(SmallMonitor(sql, expectations=[expected], observed=None))
    assert outcome.status is Status.PASS
