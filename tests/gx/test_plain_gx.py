"""A plain GX user in a notebook: the same observed values and failures as the command line."""

from __future__ import annotations

import json
from typing import Any

import great_expectations as gx
import pandas as pd
import pytest
from great_expectations.exceptions.exceptions import NoAvailableBatchesError

import plumbline  # noqa: F401 - what the user imports
from plumbline.core.errors import ConfigError, MonitorError
from plumbline.core.status import Status
from plumbline.gx.monitor import Monitor
from plumbline.warehouse.client import open_client
from support.projects import SmallMonitor, SmallProject, between

pytestmark = pytest.mark.warehouse


@pytest.fixture
def context(small: SmallProject, monkeypatch: pytest.MonkeyPatch) -> Any:
    small.add("coverage", "select 44.2 as pct")
    small.add(
        "systems",
        SmallMonitor(
            "select 'a' as system_id, 90.0 as pct union all select 'b', 10.0",
            expectations=[
                between("warning", column="pct", min_value=80, group_by=["system_id"]),
                between("critical", column="pct", min_value=50, group_by=["system_id"]),
            ],
            observed={"count_failing": "critical", "unit": "systems"},
        ),
    )
    small.add("broken", "select pct from `no_such_dataset.t`")
    small.add("off", "select 'skip' as verdict, 'no games' as reason, cast(null as float64) as pct")
    small.checkpoint("coverage", "systems", "broken", "off")
    # The datasource resolves its target itself: let it find the test's server.
    from plumbline.gx import datasource

    monkeypatch.setattr(datasource.Project, "target", lambda self, name=None: small.target)
    return gx.get_context(mode="file", context_root_dir=str(small.root))


def test_every_suite_and_checkpoint_loads(context: Any) -> None:
    assert {suite.name for suite in context.suites.all()} == {
        "coverage",
        "systems",
        "broken",
        "off",
    }
    (checkpoint,) = context.checkpoints.all()
    assert [definition.name for definition in checkpoint.validation_definitions] == [
        "coverage",
        "systems",
        "broken",
        "off",
    ]


def test_a_checkpoint_run_gives_what_the_command_line_gives(
    context: Any, small: SmallProject
) -> None:
    report = small.run()
    checkpoint = context.checkpoints.get("all")
    result = checkpoint.run(batch_parameters={"as_of": "2026-02-03T05:00:00+00:00"})

    assert not result.success
    assert [(o.monitor, o.status, o.observed) for o in checkpoint.outcomes] == [
        (o.monitor, o.status, o.observed) for o in report.outcomes
    ]
    by_suite = {found.suite_name: found for found in result.run_results.values()}
    assert [e.result["observed_value"] for e in by_suite["coverage"].results] == [44.2, 44.2]
    assert [e.success for e in by_suite["systems"].results] == [False, False]
    assert by_suite["systems"].results[0].result["observed_value"] == {"a": 90.0, "b": 10.0}


def test_a_failing_query_is_a_failed_result_that_says_why(context: Any) -> None:
    result = context.checkpoints.get("all").run()
    (broken,) = [r for r in result.run_results.values() if r.suite_name == "broken"]
    assert not broken.success
    assert all(e.exception_info["raised_exception"] for e in broken.results)
    assert "no_such_dataset" in broken.results[0].exception_info["exception_message"]


def test_nothing_expected_is_no_failure(context: Any) -> None:
    result = context.checkpoints.get("all").run()
    (off,) = [r for r in result.run_results.values() if r.suite_name == "off"]
    assert off.success
    assert off.meta["note"] == "no games"


def test_a_single_monitor_runs_as_a_validation_definition(context: Any) -> None:
    definition = context.validation_definitions.get("coverage")
    assert isinstance(definition, Monitor)
    assert not definition.run().success
    assert definition.outcome is not None
    assert definition.outcome.status is Status.CRITICAL


def test_a_suite_over_a_table_gives_what_the_command_line_gives(
    context: Any, small: SmallProject
) -> None:
    client = open_client(small.target)
    client.create_dataset("notebook")
    client.query(
        "create table notebook.orders as select 1 as id, 'de' as country, date '2026-02-02' as day "
        "union all select 1, 'fr', date '2026-02-02'"
    ).result()
    client.close()
    expectations = [
        {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}},
        {"type": "expect_metric_to_follow_history", "kwargs": {"metric": "row_count"}},
        {"type": "expect_column_to_exist", "severity": "warning", "kwargs": {"column": "email"}},
    ]
    rows = {"date_column": "day"}
    for name, group_by in (("orders", []), ("by_country", ["country"])):
        monitor = {"table": "notebook.orders", "rows": rows, "group_by": group_by}
        suite = {"name": name, "meta": {"monitor": monitor}, "expectations": expectations}
        (small.root / "expectations" / f"{name}.json").write_text(json.dumps(suite))
    small.checkpoint("orders", "by_country")
    report = small.run()
    checkpoint = context.checkpoints.get("all")
    result = checkpoint.run(batch_parameters={"as_of": "2026-02-03T05:00:00+00:00"})

    def told(outcomes: Any) -> list[Any]:
        return [(o.monitor, o.status, o.summary, o.groups, o.metrics) for o in outcomes]

    assert told(checkpoint.outcomes) == told(report.outcomes)
    by_suite = {found.suite_name: found for found in result.run_results.values()}
    assert [one.success for one in by_suite["orders"].results] == [False, True, False]
    assert [one.success for one in by_suite["by_country"].results] == [True, True, False]
    assert by_suite["orders"].results[0].result["unexpected_count"] == 2
    alone = context.validation_definitions.get("orders")
    assert not alone.run(batch_parameters={"as_of": "2026-02-03T05:00:00+00:00"}).success
    assert alone.outcome.summary == report.outcomes[0].summary


@pytest.mark.parametrize("starts", ["definition", "checkpoint"])
def test_a_run_asks_anew_whatever_was_looked_at_before(
    context: Any, small: SmallProject, starts: str
) -> None:
    definition = context.validation_definitions.get("coverage")
    definition.run()
    assert definition.outcome.observed == 44.2
    small.add("coverage", "select 91.0 as pct")
    if starts == "definition":
        definition.run()
        assert definition.outcome.observed == 91.0
        return
    checkpoint = context.checkpoints.get("all")
    checkpoint.run()
    assert checkpoint.outcomes[0].observed == 91.0


def define_over_a_frame(context: Any, small: SmallProject) -> None:
    """The monitor ``frame``: a suite over a frame that the run brings."""
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    asset.add_batch_definition_whole_dataframe("all")
    for folder, content in [
        (
            "expectations",
            {
                "name": "frame",
                "expectations": [
                    {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "n"}}
                ],
            },
        ),
        (
            "validation_definitions",
            {
                "name": "frame",
                "suite": {"name": "frame"},
                "data": {
                    "datasource": {"name": "frames"},
                    "asset": {"name": "frame"},
                    "batch_definition": {"name": "all"},
                },
            },
        ),
    ]:
        (small.root / folder).mkdir(exist_ok=True)
        (small.root / folder / "frame.json").write_text(json.dumps(content))


def test_a_frame_that_the_run_does_not_bring_is_an_error_with_a_fix(
    context: Any, small: SmallProject
) -> None:
    define_over_a_frame(context, small)
    definition = context.validation_definitions.get("frame")
    definition.run()
    assert definition.outcome.status is Status.ERROR
    reason = str(definition.outcome.reason)
    assert "data asset 'frame' is a data frame, which only your code has" in reason
    assert 'checkpoint.run(batch_parameters={"dataframe": frame})' in reason


@pytest.mark.parametrize("monitors", [[], ["coverage"]])
def test_a_checkpoint_takes_a_definition_of_gxs_own_over_a_frame(
    context: Any, small: SmallProject, monitors: list[str]
) -> None:
    suite = {
        "name": "frame",
        "expectations": [
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "n"}}
        ],
    }
    (small.root / "expectations" / "frame.json").write_text(json.dumps(suite))
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    plain = context.validation_definitions.add(
        gx.ValidationDefinition(
            name="over_a_frame",
            data=asset.add_batch_definition_whole_dataframe("all"),
            suite=context.suites.get("frame"),
        )
    )
    assert type(plain) is gx.ValidationDefinition
    actions = [
        {"name": "alerts", "type": "plumbline_alerts"},
        {"name": "docs", "type": "plumbline_docs"},
    ]
    small.checkpoint("coverage", actions=actions)
    checkpoint = context.checkpoints.get("all")
    checkpoint.validation_definitions = [
        *(context.validation_definitions.get(name) for name in monitors),
        plain,
    ]

    result = checkpoint.run(batch_parameters={"dataframe": pd.DataFrame({"n": [1]})})

    assert {found.suite_name: found.success for found in result.run_results.values()} == {
        "frame": True,
        **dict.fromkeys(monitors, False),
    }
    assert [outcome.monitor for outcome in checkpoint.outcomes] == monitors
    assert checkpoint.failed_actions == []


@pytest.mark.parametrize("first", ["over_a_frame", "coverage"])
def test_definitions_run_in_the_order_of_the_checkpoint(
    context: Any, small: SmallProject, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    plain = context.validation_definitions.add(
        gx.ValidationDefinition(
            name="over_a_frame",
            data=asset.add_batch_definition_whole_dataframe("all"),
            suite=context.suites.get("coverage"),
        )
    )
    stored: list[int] = []
    run = gx.ValidationDefinition.run

    def record(self: Any, **options: Any) -> Any:
        stored.append(len(list((small.root / ".plumbline" / "results").rglob("*.json"))))
        return run(self, **options)

    monkeypatch.setattr(gx.ValidationDefinition, "run", record)
    monitor = context.validation_definitions.get("coverage")
    checkpoint = context.checkpoints.get("all")
    checkpoint.validation_definitions = (
        [plain, monitor] if first == "over_a_frame" else [monitor, plain]
    )
    checkpoint.run(batch_parameters={"dataframe": pd.DataFrame({"pct": [1.0]})})
    assert stored == ([0] if first == "over_a_frame" else [1])


@pytest.mark.parametrize("monitor", ["coverage", "frame"])
@pytest.mark.parametrize(
    ("as_of", "message"),
    [("someday", "is neither a date nor an instant"), ("2999-01-01", "is later than today")],
)
def test_a_malformed_as_of_is_refused_before_anything_runs(
    context: Any, small: SmallProject, monitor: str, as_of: str, message: str
) -> None:
    define_over_a_frame(context, small)
    definition = context.validation_definitions.get(monitor)
    with pytest.raises(ConfigError, match=message) as refused:
        definition.run(batch_parameters={"as_of": as_of})
    assert refused.value.key == "batch_parameters['as_of']"
    assert definition.outcome is None


def test_of_a_frame_that_is_judged_no_rows_are_kept(context: Any, small: SmallProject) -> None:
    define_over_a_frame(context, small)
    small.checkpoint("coverage", "frame")
    checkpoint = context.checkpoints.get("all")

    frame = pd.DataFrame({"n": ["Ann of the frame"]})
    result = checkpoint.run(batch_parameters={"dataframe": frame})

    assert [outcome.status for outcome in checkpoint.outcomes] == [Status.CRITICAL, Status.PASS]
    assert "Ann of the frame" not in repr(checkpoint.outcomes)
    for found in result.run_results.values():
        assert found.meta["batch_parameters"] == {"dataframe": "<DATAFRAME>"}
    stored = list((small.root / ".plumbline" / "results").rglob("*.json"))
    assert len(stored) == 2
    assert not any("Ann of the frame" in file.read_text() for file in stored)


def test_an_error_about_a_batch_shows_no_rows_of_a_frame(
    context: Any, small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_batch(*_: Any, **__: Any) -> None:
        raise NoAvailableBatchesError

    monkeypatch.setattr("plumbline.run.tables.evaluate_batch", no_batch)
    define_over_a_frame(context, small)
    definition = context.validation_definitions.get("frame")
    definition.run(batch_parameters={"dataframe": pd.DataFrame({"n": ["Ann of the frame"]})})
    assert "no rows for dataframe '<DATAFRAME>' in frames.frame" in definition.outcome.reason
    assert "Ann of the frame" not in definition.outcome.reason


def test_the_rows_of_a_model_are_a_batch(context: Any) -> None:
    asset = context.data_sources.get("warehouse").get_asset("systems")
    batch = asset.get_batch_definition("rows").get_batch()
    assert batch.data.dataframe["pct"].tolist() == [90.0, 10.0]


def test_a_batch_has_the_rows_of_now(context: Any, small: SmallProject) -> None:
    asset = context.data_sources.get("warehouse").get_asset("coverage")
    definition = asset.get_batch_definition("rows")
    assert definition.get_batch().data.dataframe["pct"].tolist() == [44.2]
    small.add("coverage", "select 91.0 as pct")
    assert definition.get_batch().data.dataframe["pct"].tolist() == [91.0]


def test_an_unknown_batch_parameter_is_refused_with_the_near_one(context: Any) -> None:
    asset = context.data_sources.get("warehouse").get_asset("systems")
    with pytest.raises(Exception, match="did you mean 'as_of'") as caught:
        asset.build_batch_request({"asof": "2026-02-02"})
    assert "unknown batch parameter 'asof'" in str(caught.value)


def test_a_suite_that_lint_would_refuse_says_so_when_it_is_loaded(
    context: Any, small: SmallProject
) -> None:
    small.add(
        "coverage",
        SmallMonitor(
            "select 1 as pct", expectations=[{"type": "expect_colum_to_exist", "kwargs": {}}]
        ),
    )
    with pytest.raises(MonitorError, match="there is no expectation 'expect_colum_to_exist'"):
        context.suites.get("coverage")


def test_ids_are_the_same_at_each_load_and_never_written(context: Any, small: SmallProject) -> None:
    first, second = context.suites.get("coverage"), context.suites.get("coverage")
    assert first.id == second.id
    assert [e.id for e in first.expectations] == [e.id for e in second.expectations]
    assert len({e.id for e in first.expectations}) == 2
    assert "id" not in json.loads((small.root / "expectations" / "coverage.json").read_text())


def test_a_suite_over_a_whole_table_runs_beside_monitors(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GX's own data asset (here a CSV file), its validation definition written by hand."""
    (small.root / "rows.csv").write_text("pct\n90\n20\n")
    yml = (small.root / "great_expectations.yml").read_text()
    yml = yml.replace(
        "fluent_datasources:\n",
        "fluent_datasources:\n"
        "  files:\n    type: pandas\n    id: 5cf2a5f5-3a7e-4c43-a1a5-7dbaf7a7a001\n    assets:\n"
        "      rows:\n        type: csv\n        id: 5cf2a5f5-3a7e-4c43-a1a5-7dbaf7a7a002\n"
        f"        filepath_or_buffer: {small.root / 'rows.csv'}\n"
        "        batch_definitions:\n          all:\n"
        "            id: 5cf2a5f5-3a7e-4c43-a1a5-7dbaf7a7a003\n",
    )
    (small.root / "great_expectations.yml").write_text(yml)
    (small.root / "validation_definitions").mkdir()
    (small.root / "validation_definitions" / "whole_table.json").write_text(
        json.dumps(
            {
                "name": "whole_table",
                "suite": {"name": "whole_table"},
                "data": {
                    "datasource": {"name": "files"},
                    "asset": {"name": "rows"},
                    "batch_definition": {"name": "all"},
                },
            }
        )
    )
    (small.root / "expectations" / "whole_table.json").write_text(
        json.dumps(
            {
                "name": "whole_table",
                "expectations": [
                    {
                        "type": "expect_column_min_to_be_between",
                        "severity": "warning",
                        "kwargs": {"column": "pct", "min_value": 50},
                    }
                ],
            }
        )
    )
    small.add("coverage", "select 90.0 as pct")
    small.checkpoint("whole_table", "coverage")

    table, monitor = small.run().outcomes
    assert (table.monitor, table.status, table.observed) == ("whole_table", Status.WARNING, 20.0)
    assert monitor.status is Status.PASS

    (small.root / "rows.csv").unlink()
    table, monitor = small.run().outcomes
    assert table.status is Status.ERROR
    assert "rows.csv" in (table.reason or "")
    assert str(small.root) not in (table.reason or "")
    assert monitor.status is Status.PASS


def test_a_projects_own_expectation_is_known_to_a_run(small: SmallProject) -> None:
    (small.root / "plugins").mkdir()
    (small.root / "plugins" / "house_rules.py").write_text(
        "from great_expectations.expectations.core import ExpectColumnMinToBeBetween\n\n\n"
        "class ExpectColumnMinToBeHouseProud(ExpectColumnMinToBeBetween):\n"
        '    """A rule of the house."""\n'
    )
    rule = {
        "type": "expect_column_min_to_be_house_proud",
        "kwargs": {"column": "pct", "min_value": 50},
    }
    (small.root / "plugins" / "broken_rules.py").write_text("import no_such_module_of_ours\n")
    outcome = small.outcome(SmallMonitor("select 60.0 as pct", expectations=[rule]))
    assert (outcome.status, outcome.observed) == (Status.PASS, 60.0)
