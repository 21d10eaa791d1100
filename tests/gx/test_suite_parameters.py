"""Suite parameters in a run: the value is what is judged by, and what every reader sees."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import great_expectations as gx
import pytest

import plumbline  # noqa: F401 - what a user of notebooks imports
from plumbline.backtest.fetch import ask
from plumbline.backtest.judging import Judge
from plumbline.core.errors import ConfigError, MonitorError
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from support.projects import NOW, SmallMonitor, SmallProject, between

pytestmark = pytest.mark.warehouse

SQL = """
select instant as as_of, 70.0 as pct, 'a' as word, instant as at, 3 as n
from unnest({{ var('as_of') }}) as instant
"""
DOCS = [{"name": "docs", "type": "plumbline_docs"}]


def parameter(expression: str) -> dict[str, Any]:
    return {"$PARAMETER": expression}


def mean_at_least(expression: str, **kwargs: Any) -> dict[str, Any]:
    return between(column="pct", aggregate="mean", min_value=parameter(expression), **kwargs)


def gx_type(type_: str, **kwargs: Any) -> dict[str, Any]:
    return {"type": type_, "kwargs": kwargs}


def outcome_of(small: SmallProject, *expectations: dict[str, Any], **values: Any) -> Outcome:
    return small.outcome(SmallMonitor(SQL, list(expectations), parameters=values))


@pytest.mark.parametrize(
    ("expectation", "values", "status"),
    [
        (mean_at_least("least"), {"least": 60}, Status.PASS),
        (mean_at_least("least"), {"least": 80}, Status.CRITICAL),
        (mean_at_least("least * 2"), {"least": 40}, Status.CRITICAL),
        (mean_at_least("round(least / 2)"), {"least": 80}, Status.PASS),
        (
            between(column="pct", min_value=0, group_by=["word"],
                    overrides={"a": {"min_value": parameter("least")}}),
            {"least": 80},
            Status.CRITICAL,
        ),
        (
            gx_type("expect_column_values_to_be_in_set", column="word", value_set=parameter("words")),
            {"words": ["b"]},
            Status.CRITICAL,
        ),
        (
            gx_type("expect_column_values_to_be_in_set", column="word", value_set=parameter("words")),
            {"words": ["a"]},
            Status.PASS,
        ),
        (
            gx_type("expect_column_values_to_be_in_set", column="word", value_set=["a"],
                    mostly=parameter("share")),
            {"share": 0.5},
            Status.PASS,
        ),
        (
            gx_type("expect_column_max_to_be_between", column="n", max_value=parameter("most - 1")),
            {"most": 3},
            Status.CRITICAL,
        ),
        (
            gx_type("expect_column_max_to_be_between", column="at", max_value=parameter("now()")),
            {},
            Status.PASS,
        ),
        (
            gx_type("expect_column_max_to_be_between", column="at",
                    max_value=parameter("now() - timedelta(minutes=1)")),
            {},
            Status.CRITICAL,
        ),
        (
            gx_type("expect_column_values_to_not_be_null", column="word",
                    row_condition={"type": "comparison", "column": {"name": "n"}, "operator": "==",
                                   "parameter": parameter("most")}),
            {"most": 3},
            Status.PASS,
        ),
        (
            gx_type("expect_column_quantile_values_to_be_between", column="n",
                    quantile_ranges=parameter("ranges")),
            {"ranges": {"quantiles": [0.5], "value_ranges": [[5, 6]]}},
            Status.CRITICAL,
        ),
        (
            gx_type("expect_column_values_to_match_regex", column="word", regex=parameter("form")),
            {"form": "^b$"},
            Status.CRITICAL,
        ),
    ],
)  # fmt: skip
def test_an_argument_has_the_value_of_its_parameter(
    small: SmallProject, expectation: dict[str, Any], values: dict[str, Any], status: Status
) -> None:
    found = outcome_of(small, expectation, **values)
    assert found.status is status, found.reason
    assert "PARAMETER" not in f"{found.summary} {found.thresholds} {found.expectations}"


def test_the_value_is_what_is_shown(small: SmallProject) -> None:
    found = outcome_of(small, mean_at_least("least * 2"), least=40)
    assert found.thresholds == "mean of pct: critical < 80 %"
    assert "must be at least 80" in found.summary
    assert [line.value for line in found.lines] == [80.0]
    assert small.project.suite("only").entry.expectations[0].kwargs["min_value"] == 80


@pytest.mark.parametrize(
    ("expectation", "values", "what"),
    [
        (mean_at_least("least"), {}, "parameter 'least' has no value"),
        (mean_at_least("least"), {"leest": 1}, "did you mean 'leest'?"),
        (mean_at_least("least *"), {"least": 1}, "its syntax is wrong"),
        (mean_at_least("least"), {"least": "80"}, "'80' is not a number"),
        (mean_at_least("least"), {"least": "80"}, "('80' is the value of $least)"),
        (mean_at_least("least", max_value=10), {"least": 80}, "above max_value 10"),
        (mean_at_least("least"), {"least": None}, "without a bound nothing can fail"),
        (
            gx_type("expect_column_values_to_be_in_set", column="word", value_set=["a"],
                    mostly=parameter("share")),
            {"share": 2},
            "(2 is the value of $share)",
        ),
    ],
)  # fmt: skip
def test_without_a_value_that_fits_it_is_this_monitors_error(
    small: SmallProject, expectation: dict[str, Any], values: dict[str, Any], what: str
) -> None:
    small.add("fine", SmallMonitor(SQL, [mean_at_least("least")], parameters={"least": 1}))
    small.add("broken", SmallMonitor(SQL, [expectation], parameters=values))
    small.checkpoint("broken", "fine")
    broken, fine = small.run(docs=False).outcomes
    assert (broken.status, fine.status) == (Status.ERROR, Status.PASS)
    assert what in str(broken.reason)
    assert "expectations/broken.json" in str(broken.reason)
    assert "expectations[0].kwargs" in str(broken.reason)


def test_what_a_run_is_given_goes_before_the_suites_own_and_is_not_kept(
    small: SmallProject,
) -> None:
    small.add("given", SmallMonitor(SQL, [mean_at_least("least")], parameters={"least": 60}))
    small.add("only_given", SmallMonitor(SQL, [mean_at_least("floor + 1")]))
    small.checkpoint("given", "only_given", actions=DOCS)
    report = small.run(parameters={"least": 80, "floor": 68})
    assert [str(one.status) for one in report.outcomes] == ["CRITICAL", "PASS"]
    assert [one.thresholds for one in report.outcomes] == [
        "mean of pct: critical < 80 %",
        "mean of pct: critical < 69 %",
    ]
    assert report.given[-4:] == ("--param", "least=80", "--param", "floor=68")
    assert any(
        note.startswith("This run is not stored in the data docs: --param changes what it checks")
        for note in report.notes
    )
    given, only_given = small.run().outcomes
    assert (str(given.status), str(only_given.status)) == ("PASS", "ERROR")
    assert "or with --param floor=VALUE" in str(only_given.reason)


def test_a_value_that_only_a_run_gives_may_be_any_argument(small: SmallProject) -> None:
    ranges = {"quantiles": [0.5], "value_ranges": [[5, 6]]}
    quantiles = gx_type(
        "expect_column_quantile_values_to_be_between", column="n", quantile_ranges=parameter("r")
    )
    small.add("only", SmallMonitor(SQL, [quantiles, mean_at_least("least * 2")], None))
    small.checkpoint("only")
    (found,) = small.run(parameters={"r": ranges, "least": 1}).outcomes
    assert found.status is Status.CRITICAL, found.reason


def test_a_live_run_with_parameters_sends_nothing(small: SmallProject) -> None:
    small.add("given", SmallMonitor(SQL, [mean_at_least("least")], parameters={"least": 60}))
    small.checkpoint("given", actions=[{"name": "alerts", "type": "plumbline_alerts"}])
    from plumbline.gx.context import open_workspace
    from plumbline.run.request import AsOf, RunRequest
    from plumbline.run.runner import run_checkpoint

    request = RunRequest(
        small.project, small.target, AsOf(NOW, "now"), "all", parameters={"least": 80}, docs=False
    )
    report = run_checkpoint(request, now=NOW, open_workspace=open_workspace)
    assert report.alerts == ()
    assert any("--param changes what this run checks" in note for note in report.notes)


@pytest.mark.parametrize("select", [(), ("one",)])
def test_a_parameter_that_no_selected_monitor_reads_is_refused(
    small: SmallProject, select: tuple[str, ...]
) -> None:
    small.add("one", SmallMonitor(SQL, [mean_at_least("least")]))
    small.add("two", SmallMonitor(SQL, [mean_at_least("other")]))
    small.checkpoint("one", "two")
    wrong = "other" if select else "leest"
    with pytest.raises(ConfigError, match="none of the selected monitors reads") as caught:
        small.run(select=select, parameters={wrong: 7})
    assert caught.value.key == f"--param {wrong}"


NOW_CASES = [
    # Against the newest `at`, which is the judged instant.
    ("now()", 0, Status.PASS),
    ("now()", 3, Status.PASS),
    ("now() - timedelta(hours=1)", 0, Status.CRITICAL),
]


@pytest.mark.parametrize(("expression", "days", "status"), NOW_CASES)
def test_now_is_the_instant_that_is_judged(
    small: SmallProject, expression: str, days: int, status: Status
) -> None:
    sql = (
        "select instant as as_of, "
        "timestamp_diff(instant, timestamp '2026-02-03 05:00:00', second) as s, "
        "format_timestamp('%Y-%m-%dT%H:%M:%E6S', instant) as at "
        "from unnest({{ var('as_of') }}) as instant"
    )
    small.add(
        "only",
        SmallMonitor(
            sql,
            [
                gx_type(
                    "expect_column_values_to_be_in_set",
                    column="at",
                    value_set=[parameter(expression)],
                )
            ],
            None,
        ),
    )
    small.checkpoint("only")
    from plumbline.gx.context import open_workspace
    from plumbline.run.request import AsOf, RunRequest
    from plumbline.run.runner import run_checkpoint

    at = NOW - timedelta(days=days, microseconds=1)
    request = RunRequest(small.project, small.target, AsOf(at, "given"), "all", docs=False)
    (found,) = run_checkpoint(request, now=NOW, open_workspace=open_workspace).outcomes
    assert found.status is status, found.reason


def test_a_notebook_gives_them_as_gx_documents(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.add("given", SmallMonitor(SQL, [mean_at_least("least")], parameters={"least": 60}))
    small.checkpoint("given")
    from plumbline.gx import datasource

    monkeypatch.setattr(datasource.Project, "target", lambda self, name=None: small.target)
    context: Any = gx.get_context(mode="file", context_root_dir=str(small.root))
    checkpoint = context.checkpoints.get("all")
    assert checkpoint.run().success
    result = checkpoint.run(expectation_parameters={"least": 80})
    assert not result.success
    (found,) = result.run_results.values()
    assert found.results[0].expectation_config.kwargs["min_value"] == 80
    assert checkpoint.run().success, "the next run has the suite's own again"
    # What GX may save is what the file says.
    (expectation,) = context.suites.get("given").expectations
    assert expectation.min_value == parameter("least")
    assert context.suites.get("given").suite_parameters == {"least": 60}


def test_an_id_is_the_same_whatever_the_values_are(small: SmallProject) -> None:
    from plumbline.evaluate.build_suite import build_suite

    small.add("given", SmallMonitor(SQL, [mean_at_least("least")], parameters={"least": 60}))
    read = small.project.suite("given")
    filled = read.with_parameters({"least": 80}, NOW)
    (one,), (other,) = build_suite(read).expectations, build_suite(filled).expectations
    (written,) = build_suite(read, as_written=True).expectations
    assert one.id == other.id == written.id
    assert (one.min_value, other.min_value) == (60, 80)


def test_what_follows_history_takes_parameters_as_bounds(small: SmallProject) -> None:
    follows = {
        "type": "expect_metric_to_follow_history",
        "kwargs": {
            "column": "pct",
            "aggregate": "mean",
            "min_value": parameter("least"),
            "max_value": parameter("least + 100"),
            "minimum": parameter("runs"),
        },
    }
    small.add("follows", SmallMonitor(SQL, [follows], parameters={"least": 80, "runs": 5}))
    small.checkpoint("follows")
    (found,) = small.run(docs=False).outcomes
    assert found.status is Status.CRITICAL, found.reason
    (found,) = small.run(docs=False, parameters={"least": 60}).outcomes
    assert found.status is Status.PASS, found.reason


def test_a_backtest_judges_by_the_values_and_names_what_has_none(small: SmallProject) -> None:
    suites = {
        "plain": SmallMonitor(SQL, [mean_at_least("least * 2")], parameters={"least": 40}),
        "moving": SmallMonitor(
            SQL.replace("instant as at", "format_timestamp('%Y-%m-%dT%H:%M:%S', instant) as at"),
            [
                gx_type(
                    "expect_column_values_to_be_in_set", column="at", value_set=[parameter("now()")]
                )
            ],
            None,
        ),
        "missing": SmallMonitor(SQL, [mean_at_least("least")]),
    }
    for name, monitor in suites.items():
        small.add(name, monitor)
    small.checkpoint(*suites)
    project = small.project
    instants = [NOW - timedelta(days=days) for days in (2, 1)]
    judge = Judge(project, small.target)
    found = {
        name: list(judge.outcomes(asked.result(), instants))
        for name, asked in ask(
            project, small.target, dict.fromkeys(suites, instants), labels={}
        ).items()
    }
    assert [str(one.status) for one in found["plain"]] == ["CRITICAL", "CRITICAL"]
    assert [one.thresholds for one in found["plain"]] == ["mean of pct: critical < 80 %"] * 2
    assert [str(one.status) for one in found["moving"]] == ["PASS", "PASS"]
    assert [str(one.status) for one in found["missing"]] == ["ERROR", "ERROR"]
    assert "parameter 'least' has no value" in str(found["missing"][0].reason)


def test_a_stored_number_is_not_held_against_a_bound_that_is_not_known(small: SmallProject) -> None:
    from plumbline.checks.threshold_families import families_of

    small.add("known", SmallMonitor(SQL, [mean_at_least("least")], parameters={"least": 60}))
    small.add("unknown", SmallMonitor(SQL, [mean_at_least("least")]))
    (family,), beyond = families_of(small.project.suite("known"))
    assert (family.level("critical"), beyond) == (60, ())
    assert families_of(small.project.suite("unknown")) == (
        (),
        ("expect_metric_to_be_between on pct",),
    )


def test_plain_gx_checks_a_bound_of_ours_once_its_value_is_known() -> None:
    from plumbline.evaluate.expectations.metric_between import ExpectMetricToBeBetween

    unknown = ExpectMetricToBeBetween(column="pct", min_value=parameter("least"), max_value=10)
    assert unknown.min_value == parameter("least")
    for wrong in ({"least": 1}, "80", True):
        with pytest.raises(ValueError, match="is not a number"):
            ExpectMetricToBeBetween(column="pct", min_value=wrong)
    with pytest.raises(ValueError, match="neither true nor false"):
        ExpectMetricToBeBetween(column="pct", min_value=1, strict_min={"a": 1})
    template = unknown.configuration.to_domain_obj()._prescriptive_renderer(
        configuration=unknown.configuration, runtime_configuration={"suite_parameters": {}}
    )
    assert "the value of least" in json.dumps([block.to_json_dict() for block in template])


def test_a_suite_whose_argument_takes_no_parameter_says_so(small: SmallProject) -> None:
    small.add("odd", SmallMonitor(SQL, [between(column=parameter("name"), min_value=1)]))
    from plumbline.evaluate.build_suite import build_suite

    with pytest.raises(MonitorError, match="expect_metric_to_be_between"):
        build_suite(small.project.suite("odd"))
