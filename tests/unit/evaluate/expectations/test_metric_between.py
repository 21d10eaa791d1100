"""``expect_metric_to_be_between`` in real GX: a pandas batch, GX's validator, GX's renderers."""

from typing import Any

import great_expectations as gx
import pandas as pd
import pytest
from great_expectations.core.expectation_validation_result import ExpectationValidationResult

from plumbline.evaluate.expectations.metric_between import ExpectMetricToBeBetween

FRAME = pd.DataFrame(
    {
        "system_id": ["catboost_v9", "ensemble_v1"],
        "graded_pct": [88.2, 44.0],
        "numerator": [300, 44],
        "denominator": [340, 100],
        "nothing": pd.Series([None, None], dtype="float64"),
        "half": [50.0, None],
        "below_zero": [-4, -4],
        "text": ["88", "44"],
    }
)


@pytest.fixture(scope="module")
def asset() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("pandas")
    return source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")


@pytest.fixture
def validate(asset: Any) -> Any:
    def run(frame: pd.DataFrame = FRAME, **kwargs: Any) -> ExpectationValidationResult:
        batch = asset.get_batch({"dataframe": frame})
        result: ExpectationValidationResult = batch.validate(ExpectMetricToBeBetween(**kwargs))
        return result

    return run


CASES = [
    ("the mean keeps the bound", {"column": "graded_pct", "aggregate": "mean", "min_value": 66}, True, 66.1),
    ("the mean breaks it", {"column": "graded_pct", "aggregate": "mean", "min_value": 67}, False, 66.1),
    ("equality passes", {"column": "graded_pct", "aggregate": "min", "min_value": 44}, True, 44.0),
    (
        "strict equality fails",
        {"column": "graded_pct", "aggregate": "min", "min_value": 44, "strict_min": True},
        False,
        44.0,
    ),
    ("the maximum", {"column": "graded_pct", "aggregate": "max", "max_value": 88}, False, 88.2),
    ("a sum", {"column": "numerator", "aggregate": "sum", "min_value": 344}, True, 344.0),
    ("each row", {"column": "graded_pct", "min_value": 40}, True, [88.2, 44.0]),
    (
        "each group",
        {"column": "graded_pct", "min_value": 50, "group_by": ["system_id"]},
        False,
        {"catboost_v9": 88.2, "ensemble_v1": 44.0},
    ),
    (
        "a group with bounds of its own",
        {
            "column": "graded_pct",
            "min_value": 50,
            "group_by": ["system_id"],
            "overrides": {"ensemble_v1": {"min_value": 40}},
        },
        True,
        {"catboost_v9": 88.2, "ensemble_v1": 44.0},
    ),
    (
        "each row by its own units",
        {"column": "numerator", "max_value": 10, "per": {"column": "denominator", "max_value": 0.5}},
        False,
        [300, 44],
    ),
    ("NULLs only", {"column": "nothing", "aggregate": "mean", "min_value": 0}, False, None),
    ("one NULL", {"column": "half", "aggregate": "mean", "min_value": 0}, False, None),
    ("one NULL row", {"column": "half", "min_value": 0}, False, [50.0, None]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kwargs", "success", "observed"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_it_judges_and_shows_what_it_observed(
    validate: Any, kwargs: dict[str, Any], success: bool, observed: object
) -> None:
    result = validate(**kwargs)
    assert not result.exception_info["raised_exception"]
    assert result.success is success
    assert result.result["observed_value"] == pytest.approx(observed)


def test_no_rows_fail(validate: Any) -> None:
    result = validate(FRAME.iloc[:0], column="graded_pct", aggregate="mean", min_value=0)
    assert not result.success
    assert result.result["observed_value"] is None


def test_a_group_has_its_numerator_denominator_and_threshold(validate: Any) -> None:
    result = validate(column="graded_pct", min_value=50, group_by=["system_id"])
    assert result.result["details"]["failing"] == 1
    assert result.result["details"]["groups"][1] == {
        "key": {"system_id": "ensemble_v1"},
        "observed": 44.0,
        "numerator": 44.0,
        "denominator": 100.0,
        "rows": 1,
        "nulls": 0,
        "threshold": 50.0,
        "success": False,
    }


def test_of_each_row_the_units_are_told(validate: Any) -> None:
    per = {"column": "denominator", "max_value": 0.5}
    result = validate(column="numerator", max_value=10, per=per)
    told = result.result["details"]["groups"]
    assert [(one["threshold"], one["units"], one["success"]) for one in told] == [
        (170.0, 340.0, False),
        (50.0, 100.0, True),
    ]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("denominatr", "'denominatr' is not among"),
        ("text", "is not a number"),
        ("half", "per: column 'half' is NULL in a row"),
        ("denominator", "per: column 'denominator' differs between the rows: 340 and 100"),
        ("below_zero", "per: column 'below_zero' is negative: -4"),
    ],
)
def test_units_that_are_not_one_number_raise(validate: Any, column: str, said: str) -> None:
    per = {"column": column, "min_value": 1}
    result = validate(column="numerator", aggregate="sum", per=per)
    (info,) = result.exception_info.values()
    assert said in info["exception_message"]


@pytest.mark.parametrize(
    ("column", "said"), [("grded_pct", "'grded_pct' is not among"), ("text", "is not a number")]
)
def test_a_wrong_column_raises_so_that_the_monitor_ends_in_error(
    validate: Any, column: str, said: str
) -> None:
    result = validate(column=column, min_value=0)
    assert not result.success
    (info,) = result.exception_info.values()
    assert info["raised_exception"]
    assert said in info["exception_message"]


@pytest.mark.parametrize(
    ("kwargs", "said"),
    [
        ({}, "without a bound nothing can fail"),
        ({"min_value": "80"}, "'80' is not a number"),
        ({"min_value": True}, "True is not a number"),
        ({"min_value": 80, "max_value": 50}, "min_value 80 is above max_value 50"),
        ({"min_value": 80, "aggregate": "median"}, "unexpected value"),
        ({"min_value": 80, "overrides": {"a": {"min_value": 1}}}, "overrides need group_by"),
        (
            {"min_value": 80, "group_by": ["s"], "overrides": {"a": {"min_vale": 1}}},
            "did you mean 'min_value'?",
        ),
        (
            {"min_value": 80, "group_by": ["s"], "overrides": {"a": {"min_value": "1"}}},
            "'1' is not a number",
        ),
        (
            {"min_value": 80, "group_by": ["s"], "overrides": {"a": {"max_value": 1}}},
            "for 'a': nothing can pass",
        ),
        ({"min_value": 80, "mininum": 1}, "extra fields not permitted"),
        ({"per": {"colum": "games", "min_value": 1}}, "did you mean 'column'?"),
        ({"per": {"min_value": 1}}, "per.column is not a column"),
        ({"per": {"column": 3, "min_value": 1}}, "per.column is not a column"),
        ({"per": {"column": "games"}}, "per has neither min_value nor max_value"),
        ({"per": {"column": "games", "min_value": None}}, "per.min_value: None is not a number"),
        ({"per": {"column": "games", "max_value": True}}, "per.max_value: True is not a number"),
        (
            {"per": {"column": "games", "min_value": 3, "max_value": 2}},
            "per.min_value is above per.max_value",
        ),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(kwargs: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=".") as caught:
        ExpectMetricToBeBetween(column="pct", **kwargs)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("kwargs", "text"),
    [
        ({"min_value": 80, "aggregate": "mean"}, "mean of pct must be at least 80"),
        ({"max_value": 6, "strict_max": True}, "pct must be below 6"),
        ({"column": "graded_pct", "min_value": 80}, "graded_pct must be at least 80 %"),
        (
            {"min_value": 1, "max_value": 2, "group_by": ["system_id"]},
            "pct of each system_id must be between 1 and 2",
        ),
        ({"min_value": 5, "max_value": 5}, "pct must be between 5 and 5"),
        (
            {"min_value": 5, "per": {"column": "games", "min_value": 0.5}},
            "pct must be at least min(5, 0.5 × games)",
        ),
    ],
)  # fmt: skip
def test_gx_renders_it_in_words(kwargs: dict[str, Any], text: str) -> None:
    expectation = ExpectMetricToBeBetween(**{"column": "pct", **kwargs})
    expectation.render()
    assert expectation.rendered_content is not None
    assert expectation.rendered_content[0].value.template == text


def test_data_docs_show_every_group_those_that_fail_first(validate: Any) -> None:
    result = validate(column="graded_pct", min_value=50, group_by=["system_id"])
    assert (
        ExpectMetricToBeBetween._diagnostic_observed_value_renderer(result=result)
        == "1 of 2 groups pass"
    )
    failing, passing = ExpectMetricToBeBetween._diagnostic_unexpected_table_renderer(result=result)
    assert failing.table == [["system_id=ensemble_v1", "44 % (44 of 100)", "50 %"]]
    assert passing.collapse_toggle_link == "1 group passes"
    assert passing.collapse[0].table == [["system_id=catboost_v9", "88.2 % (300 of 340)", "50 %"]]


@pytest.mark.parametrize(
    ("column", "values", "counts", "said"),
    [
        ("graded_pct", [44.0], (44, 100), "44 % (44 of 100)"),
        ("graded_pct", [88.2], (300, 340), "88.2 % (300 of 340)"),  # the model rounds
        ("graded_pct", [None], (0, 0), "NULL (0 of 0)"),
        ("complete", [4], (4, 6), "4 (4 of 6)"),
        ("predictions", [1234567], (1234567, 2000000), "1234567 (1234567 of 2000000)"),
        ("not_final_games", [0], (339, 1675), "0"),  # the pair is of what was graded
        ("not_final_games", [0], (0, 1675), "0"),
        ("hours_late", [7.3], (7.3, 1), "7.3 h"),
        ("graded_pct", [70.0], (10, 100), "70 %"),  # a mean of percentages, say
        ("graded_pct", [49.9970004], (1, 3), "49.9970004 %"),  # never 50 below 50
    ],
)
def test_the_fraction_stands_beside_the_number_that_it_is(
    validate: Any, column: str, values: list[float | None], counts: tuple[float, float], said: str
) -> None:
    frame = pd.DataFrame(
        {
            column: pd.Series(values, dtype="float64"),
            "numerator": [counts[0]],
            "denominator": [counts[1]],
        }
    )
    result = validate(frame, column=column, aggregate="max", min_value=50)
    assert ExpectMetricToBeBetween._diagnostic_observed_value_renderer(result=result) == said


def test_rows_without_a_group_are_called_rows(validate: Any) -> None:
    result = validate(column="graded_pct", min_value=50)
    assert (
        ExpectMetricToBeBetween._diagnostic_observed_value_renderer(result=result)
        == "1 of 2 rows pass"
    )
    assert ExpectMetricToBeBetween._diagnostic_unexpected_table_renderer(result=result) is None


def test_its_own_examples_hold_as_gx_tests_its_own() -> None:
    (example,) = ExpectMetricToBeBetween.examples
    asset = (
        gx.get_context(mode="ephemeral")
        .data_sources.add_pandas("examples")
        .add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("all")
    )
    batch = asset.get_batch({"dataframe": pd.DataFrame(example["data"])})
    for case in example["tests"]:
        result = batch.validate(ExpectMetricToBeBetween(**case["in"]))
        assert result.success is case["out"]["success"], case["title"]
        assert result.result["observed_value"] == case["out"]["observed_value"], case["title"]


def test_importing_plumbline_makes_it_known_to_gx_by_its_type() -> None:
    from great_expectations.expectations.registry import get_expectation_impl

    import plumbline  # noqa: F401

    assert get_expectation_impl("expect_metric_to_be_between") is ExpectMetricToBeBetween
