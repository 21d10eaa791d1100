"""A backtest's own evaluation and Great Expectations give the same outcomes on the same rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from plumbline.backtest.fetch import ask
from plumbline.backtest.judging import Judge
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from support.projects import SmallMonitor, SmallProject, between

pytestmark = pytest.mark.warehouse

START = datetime(2026, 2, 1, tzinfo=UTC)
INSTANTS = [START + run * timedelta(hours=6) for run in range(8)]
# Values that differ by instant: one below, NULL, a skip, an unknown, no row, several groups.
ROWS = """
select
    instant as as_of,
    case run when 3 then 'skip' when 4 then 'unknown' else 'judge' end as verdict,
    case run when 3 then 'a day off' when 4 then 'an empty calendar' end as reason,
    system_id,
    if(run in (3, 4), null, if(run = 2, null, 100.0 - 20 * run - weight)) as pct,
    if(run in (3, 4), null, 100 - weight) as numerator,
    if(run in (3, 4), null, 100) as denominator,
    date '2026-02-01' as day,
    numeric '12.5' as amount,
    if(run = 6, 'text', '1') as word
from (
    select instant, cast(timestamp_diff(instant, timestamp '2026-02-01', hour) / 6 as int64) as run
    from unnest({{ var('as_of') }}) as instant
)
cross join (select 'a' as system_id, 0.0 as weight union all select 'b', 7.25)
where run != 5
"""
GX_ONLY = {
    "type": "expect_column_values_to_not_be_null",
    "severity": "warning",
    "kwargs": {"column": "pct"},
}
FAILING = """
select instant as as_of, 1 as id
from unnest({{ var('as_of') }}) as instant
where extract(hour from instant) = 6
"""
NONE_FAILING = {"type": "expect_no_failing_rows", "severity": "critical", "kwargs": {}}
SUITES = {
    "levels": SmallMonitor(ROWS),
    "groups": SmallMonitor(
        ROWS,
        [
            between("warning", column="pct", min_value=80, group_by=["system_id"]),
            between("critical", column="pct", min_value=50, group_by=["system_id"],
                    overrides={"b": {"min_value": 90, "strict_min": True}}),
            between("info", column="amount", aggregate="max", max_value=3),
        ],
        {"count_failing": "critical", "unit": "systems"},
    ),
    "each_row": SmallMonitor(ROWS, [between("warning", column="pct", min_value=80)], None),
    "described": SmallMonitor(
        ROWS,
        [{**between("warning", column="pct", aggregate="min", min_value=99), "description": "all well"}],
        {"column": "pct", "aggregate": "min", "unit": "%"},
    ),
    "a_text": SmallMonitor(ROWS, [between(column="word", aggregate="max", min_value=1)]),
    "no_such_column": SmallMonitor(ROWS, [between(column="nothing", min_value=1)]),
    "mixed": SmallMonitor(
        ROWS, [between("critical", column="pct", aggregate="mean", min_value=50), GX_ONLY]
    ),
    "unknown_type": SmallMonitor(ROWS, [{"type": "expect_nothing", "kwargs": {}}]),
    "failing_rows": SmallMonitor(FAILING, [NONE_FAILING], {"failing_rows": True, "unit": "rows"}),
    "not_replayed": SmallMonitor(
        "select {{ var('as_of') }}[offset(0)] as instant from unnest([1]) as n where n > 1",
        [NONE_FAILING],
        {"failing_rows": True},
    ),
    "bad_sql": SmallMonitor("select nothing as as_of, {{ var('as_of') }} as x"),
    "one_instant_only": SmallMonitor("select timestamp '2026-02-01' as as_of, 1.0 as pct"),
}  # fmt: skip


@pytest.fixture
def judged(small: SmallProject) -> dict[str, tuple[list[Outcome], list[Outcome]]]:
    """By suite: what the backtest says, and what GX says of each instant."""
    for name, monitor in SUITES.items():
        small.add(name, monitor)
    small.checkpoint(*SUITES)
    project = small.project
    asked = ask(project, small.target, dict.fromkeys(SUITES, INSTANTS), labels={})
    judge = Judge(project, small.target)
    answers = {name: answer.result() for name, answer in asked.items()}
    return {
        name: (
            list(judge.outcomes(answer, INSTANTS)),
            list(judge.outcomes(answer, INSTANTS, through_gx=True)),
        )
        for name, answer in answers.items()
    }


def test_each_outcome_is_that_of_gx(
    small: SmallProject, judged: dict[str, tuple[list[Outcome], list[Outcome]]]
) -> None:
    for name, (ours, theirs) in judged.items():
        assert ours == theirs, name
    # and that of a run of one instant, but for the job that it took
    once = {one.monitor: one for one in _run_at(small, INSTANTS[1])}
    for name in ("levels", "groups", "each_row", "described", "mixed", "failing_rows"):
        ours, alone = judged[name][0][1], once[name]
        assert _without_job(ours) == _without_job(alone), name


def test_the_instants_are_told_apart(
    judged: dict[str, tuple[list[Outcome], list[Outcome]]],
) -> None:
    found = [str(one.status) for one in judged["levels"][0]]
    assert found == [
        "PASS",
        "WARNING",
        "CRITICAL",
        "SKIPPED",
        "ERROR",
        "ERROR",
        "CRITICAL",
        "CRITICAL",
    ]
    assert "returned no row" in str(judged["levels"][0][5].reason)
    assert judged["levels"][0][4].reason == "an empty calendar"


def test_an_instant_without_failing_rows_passes(
    judged: dict[str, tuple[list[Outcome], list[Outcome]]],
) -> None:
    found = [(str(one.status), one.observed) for one in judged["failing_rows"][0]]
    assert found == [("CRITICAL" if run % 4 == 1 else "PASS", run % 4 == 1) for run in range(8)]


def test_what_can_not_be_judged_says_why_at_every_instant(
    judged: dict[str, tuple[list[Outcome], list[Outcome]]],
) -> None:
    for name, says in (
        ("unknown_type", "there is no expectation 'expect_nothing'"),
        ("one_instant_only", "does not read var('as_of')"),
        ("not_replayed", "returns rows without as_of"),
        ("no_such_column", "could not be evaluated"),
        ("bad_sql", "nothing"),
    ):
        ours = judged[name][0]
        errors = [one for one in ours if one.status is Status.ERROR]
        assert len(errors) >= len(INSTANTS) - 1, name
        assert says in str(errors[0].reason), name


def test_no_name_of_a_person_is_in_any_outcome(small: SmallProject) -> None:
    small.add(
        "persons",
        SmallMonitor(
            ROWS.replace("'a' as system_id", "'LeBron James' as system_id"),
            [between(column="pct", min_value=99, group_by=["system_id"])],
            {"count_failing": "critical"},
        ),
    )
    (small.root / "models" / "schema.yml").write_text(
        "version: 2\nmodels:\n- name: persons\n  columns:\n"
        "  - name: system_id\n    config: {meta: {personal: true}}\n"
    )
    small.checkpoint("persons")
    project = small.project
    asked = ask(project, small.target, {"persons": INSTANTS}, labels={})["persons"].result()
    outcomes = list(Judge(project, small.target).outcomes(asked, INSTANTS))
    assert [group.key.label[:7] for group in outcomes[1].groups] == ["masked-", "masked-"]
    assert "LeBron" not in repr(outcomes)


def _run_at(small: SmallProject, instant: datetime) -> tuple[Outcome, ...]:
    from plumbline.gx.context import open_workspace
    from plumbline.run.request import AsOf, RunRequest
    from plumbline.run.runner import run_checkpoint

    request = RunRequest(small.project, small.target, AsOf(instant, "given"), "all", docs=False)
    return run_checkpoint(request, now=instant, open_workspace=open_workspace).outcomes


def _without_job(outcome: Outcome) -> Outcome:
    """But for what only a live run has: its job, and the query for the rows that fail."""
    return replace(
        outcome,
        job_ids=(),
        seconds=0.0,
        parameters={},
        bytes_billed=None,
        docs_url=None,
        drilldown=None,
    )


def test_what_is_usual_is_what_the_backtest_itself_found_before(small: SmallProject) -> None:
    follows = {
        "type": "expect_metric_to_follow_history",
        "severity": "critical",
        "kwargs": {"column": "pct", "aggregate": "mean", "min_value": 50, "max_value": 100, "minimum": 4, "runs": 8,
                   "least_deviation": 2, "until_then": "floor"},
    }  # fmt: skip
    # usual, then an outage that stays, until it is mended
    sql = """
    select instant as as_of, case when run between 6 and 8 then 80.0 else 91.0 end as pct
    from (
        select instant, timestamp_diff(instant, timestamp '2026-02-01', day) as run
        from unnest({{ var('as_of') }}) as instant
    )
    """
    small.add("follows", SmallMonitor(sql, [follows]))
    small.checkpoint("follows")
    instants = [START + run * timedelta(days=1) for run in range(11)]
    project = small.project
    asked = ask(project, small.target, {"follows": instants}, labels={})["follows"].result()
    found = [str(one.status) for one in Judge(project, small.target).outcomes(asked, instants)]
    assert found == ["PASS"] * 6 + ["CRITICAL"] * 3 + ["PASS"] * 2


def test_a_group_that_the_backtest_has_found_before_is_missed(small: SmallProject) -> None:
    follows = {
        "type": "expect_metric_to_follow_history",
        "kwargs": {"column": "pct", "group_by": ["country"], "min_value": 50, "max_value": 100, "minimum": 4},
    }  # fmt: skip
    sql = """
    select instant as as_of, country, 91.0 as pct
    from unnest({{ var('as_of') }}) as instant, unnest(['fr', 'us']) as country
    where country = 'us' or timestamp_diff(instant, timestamp '2026-02-01', day) < 5
    """
    small.add("follows", SmallMonitor(sql, [follows]))
    small.checkpoint("follows")
    instants = [START + run * timedelta(days=1) for run in range(8)]
    project = small.project
    asked = ask(project, small.target, {"follows": instants}, labels={})["follows"].result()
    found = list(Judge(project, small.target).outcomes(asked, instants))
    assert [str(one.status) for one in found] == ["PASS"] * 5 + ["CRITICAL"] * 3
    assert [group.key.label for group in found[-1].groups if group.is_missing] == ["fr"]
