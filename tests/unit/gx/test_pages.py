"""GX's suites and results as pages: real suites and results of GX, read as HTML."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
import pytest
from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationSuiteValidationResultSchema,
    ExpectationValidationResult,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.render import LegacyRendererType
from great_expectations.render.renderer.renderer import renderer
from markupsafe import escape

from plumbline.evaluate.build_suite import build_suite
from plumbline.evaluate.expectations.metric_between import ExpectMetricToBeBetween
from plumbline.evaluate.expectations.of_tables import ExpectTableToBeFresh
from plumbline.evaluate.suite_results import failed_result, unjudged_result
from plumbline.gx.pages import _html, result_body, suite_body
from plumbline.project import Project

PROJECT = Project(Path(__file__).parents[3])
HOSTILE = "<script>alert(1)</script>"
FRAME = pd.DataFrame(
    {
        "system_id": [HOSTILE, "catboost_v9"],
        "graded_pct": [88.2, 44.0],
        "numerator": [300, 44],
        "denominator": [340, 100],
        "nothing": pd.Series([None, None], dtype="float64"),
    }
)
Judge = Callable[..., ExpectationSuiteValidationResult]


@pytest.fixture(scope="module")
def asset() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("pandas")
    return source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")


@pytest.fixture
def judge(asset: Any) -> Judge:
    def run(
        *expectations: Expectation, frame: pd.DataFrame = FRAME, result_format: str = "SUMMARY"
    ) -> ExpectationSuiteValidationResult:
        suite = ExpectationSuite(name="suite", expectations=list(expectations))
        result: ExpectationSuiteValidationResult = asset.get_batch({"dataframe": frame}).validate(
            suite, result_format=result_format
        )
        return result

    return run


@pytest.fixture
def no_log_of_gx(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """GX logs a traceback where a renderer raises; a terminal is no place for it."""
    with caplog.at_level(logging.ERROR):
        yield
    assert caplog.records == []


def words(html: str) -> str:
    """The text of a page, without its tags; what was escaped stays so."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def frame_for(suite: ExpectationSuite) -> pd.DataFrame:
    """Two rows with each column that the expectations of a suite name; one name is hostile."""
    columns: dict[str, list[Any]] = {"numerator": [3, 1], "denominator": [4, 2]}
    for expectation in suite.expectations:
        kwargs = expectation.configuration.kwargs
        columns[kwargs["column"]] = [75.0, 50.0]
        columns.update({name: [HOSTILE, "b"] for name in kwargs.get("group_by") or ()})
    return pd.DataFrame(columns)


@pytest.mark.parametrize("name", PROJECT.suite_names())
def test_every_shipped_suite_and_its_result_become_pages(asset: Any, name: str) -> None:
    suite = build_suite(PROJECT.suite(name))
    page = suite_body(suite)
    for expectation in suite.expectations:
        assert expectation.configuration.kwargs["column"] in page or expectation.description in page
        assert str(escape(expectation.notes)) in page
    result = asset.get_batch({"dataframe": frame_for(suite)}).validate(suite)
    found = result_body(result)
    assert found.count('class="status ') == len(suite.expectations)
    for html in (page, found):
        assert not re.search(
            r"<script|<i[ >]| style=| on\w+=|https?://|great_expectations\.io", html
        )


def test_each_expectation_is_shown_with_its_severity_the_worst_first(judge: Judge) -> None:
    page = words(
        result_body(
            judge(
                gxe.ExpectTableRowCountToBeBetween(min_value=1),
                ExpectMetricToBeBetween(column="graded_pct", min_value=90, severity="warning"),
                gxe.ExpectTableRowCountToBeBetween(min_value=5, severity="info"),
            )
        )
    )
    assert page.startswith("1 of 3 expectations pass.")
    assert re.findall(r"(?:PASS|WARNING|CRITICAL|FAILED) (\w+)", page) == [
        "warning",
        "info",
        "critical",
    ]


def test_groups_are_shown_with_their_fractions_those_that_pass_in_a_fold(judge: Judge) -> None:
    page = result_body(
        judge(ExpectMetricToBeBetween(column="graded_pct", min_value=50, group_by=["system_id"]))
    )
    failing, passing = page.split("<details>")
    assert "system_id=catboost_v9 44 % (44 of 100) 50 %" in words(failing)
    assert f"system_id={escape(HOSTILE)} 88.2 % (300 of 340) 50 %" in words(passing)


@pytest.mark.parametrize("result_format", ["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"])
def test_values_are_text_whatever_they_say(judge: Judge, result_format: str) -> None:
    result = judge(
        gxe.ExpectColumnValuesToBeInSet(
            column="system_id", value_set=["$column", '"><img src=x onerror=alert(1)>']
        ),
        ExpectMetricToBeBetween(column="graded_pct", min_value=1, description=HOSTILE),
        result_format=result_format,
    )
    result.meta["note"] = HOSTILE
    page = result_body(result)
    assert "<script" not in page
    assert "<img" not in page
    assert str(escape(HOSTILE)) in page


def test_an_age_has_its_unit_and_names_are_no_python_list(judge: Judge) -> None:
    names = ["system_id", "graded_pct", "numerator", "denominator", "nothing"]
    result = judge(gxe.ExpectTableColumnsToMatchOrderedList(column_list=names))
    fresh = ExpectTableToBeFresh(column="created_at", max_hours=24)
    for found in (14.52, "older than 24 h", None):
        result.results.append(
            ExpectationValidationResult(
                success=True,
                expectation_config=fresh.configuration,
                result={"observed_value": found},
            )
        )
    page = words(result_body(result))
    assert ", ".join(names) in page
    assert "[" not in page
    assert "14.5 h old" in page
    assert "older than 24 h" in page


def test_what_raised_is_an_error_with_its_reason(judge: Judge) -> None:
    page = words(result_body(judge(ExpectMetricToBeBetween(column="graded", min_value=1))))
    assert "0 of 1 expectation passes." in page
    assert "? ERROR critical graded must be at least 1 column" in page
    assert "column &#39;graded&#39; is not among" in page


def test_a_success_over_nothing_but_nulls_is_no_pass(judge: Judge) -> None:
    result = judge(gxe.ExpectColumnValuesToBeBetween(column="nothing", min_value=1))
    assert result.success
    page = words(result_body(result))
    assert page.startswith("0 of 1 expectation passes.")
    assert "? ERROR" in page
    assert "PASS" not in page
    assert "nothing was checked: all 2 values are NULL" in page


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("/home/me/nba/models/x.sql is gone", "x.sql is gone"),
        ("open('/tmp/a/b.db'): locked", "open(&#39;b.db&#39;): locked"),
        ("file:///srv/plumbline/x.json", "x.json"),
        (r"C:\Users\me\x.sql is gone", "x.sql is gone"),
        ("it broke\nTraceback (most recent call last):\n  File \"/a/b.py\", line 3", "it broke"),
        ("404 https://example.invalid/a/b?c=/d", "404 https://example.invalid/a/b?c=/d"),
        ("and/or 3/4 of models/x.sql", "and/or 3/4 of models/x.sql"),
        ("Traceback (most recent call last): x", "it raised an exception"),
    ],
)  # fmt: skip
def test_a_reason_is_one_line_without_the_folders_of_a_machine(raised: str, said: str) -> None:
    suite = ExpectationSuite(name="s", expectations=[gxe.ExpectColumnToExist(column="a")])
    page = result_body(failed_result(suite, raised))
    cells = re.findall(r'<td class="said">(.*?)</td>', page)
    assert cells[1] == said
    assert f'<p class="lead">{said}</p>' in page


def test_a_suite_that_was_not_evaluated_says_why() -> None:
    suite = ExpectationSuite(name="s", expectations=[gxe.ExpectColumnToExist(column="a")])
    note = "SKIPPED: no games on 24 Dec 2025 <Christmas Eve>"
    page = result_body(unjudged_result(suite, success=True, results=[], note=note))
    assert words(page).startswith(f"Nothing was evaluated: {escape(note)}")
    assert "<table" not in page


@pytest.mark.usefixtures("no_log_of_gx")
def test_an_expectation_that_is_gone_is_shown_by_its_arguments(judge: Judge) -> None:
    raw = judge(gxe.ExpectColumnMeanToBeBetween(column="graded_pct", min_value=1)).to_json_dict()
    raw["results"][0]["expectation_config"]["type"] = "expect_what_was_once_ours"
    loaded: Any = ExpectationSuiteValidationResultSchema().load(raw)
    result = loaded if not isinstance(loaded, dict) else ExpectationSuiteValidationResult(**loaded)
    page = words(result_body(result))
    assert "expect_what_was_once_ours" in page
    assert "&#34;column&#34;: &#34;graded_pct&#34;" in page
    assert "66.1" in page


@pytest.mark.usefixtures("no_log_of_gx")
def test_a_result_that_names_no_expectation_has_a_page(judge: Judge) -> None:
    result = judge(ExpectMetricToBeBetween(column="graded_pct", min_value=1))
    result.results[0].expectation_config = None
    assert "[88.2, 44.0]" in words(result_body(result))


@pytest.mark.usefixtures("no_log_of_gx")
def test_an_expectation_whose_renderers_raise_costs_nothing_else(judge: Judge) -> None:
    class ExpectRenderersThatRaise(gxe.ExpectTableRowCountToBeBetween):
        """A project's own."""

        @classmethod
        @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
        def _prescriptive_renderer(cls, *_: Any, **__: Any) -> list[Any]:
            raise ZeroDivisionError

    broken = ExpectRenderersThatRaise(min_value=5)
    other = ExpectMetricToBeBetween(column="graded_pct", min_value=1)
    found = words(result_body(judge(broken, other)))
    assert found.startswith("1 of 2 expectations pass.")
    suite = words(suite_body(ExpectationSuite(name="s", expectations=[broken, other])))
    for page in (found, suite):
        assert "expect_renderers_that_raise" in page
        assert "graded_pct must be at least 1" in page


@pytest.mark.usefixtures("no_log_of_gx")
def test_part_of_a_finding_that_gx_fails_to_render_is_not_missed_in_silence(judge: Judge) -> None:
    """GX looks for a percentage that its own result of this expectation lacks."""
    result = judge(
        gxe.ExpectColumnDistinctValuesToBeInSet(column="system_id", value_set=["catboost_v9"])
    )
    page = words(result_body(result))
    assert "distinct values must belong to this set" in page
    assert "GX could not render the whole result." in page


def test_drawing_changes_neither_suite_nor_result(judge: Judge) -> None:
    expectation = ExpectMetricToBeBetween(column="missing", min_value=1, notes="why it is there")
    suite = ExpectationSuite(name="s", expectations=[expectation])
    result = judge(expectation)
    before = (suite.to_json_dict(), result.to_json_dict())
    suite_body(suite)
    result_body(result)
    assert (suite.to_json_dict(), result.to_json_dict()) == before


def test_a_suite_shows_notes_beside_each_expectation_and_other_bounds_of_groups() -> None:
    suite = ExpectationSuite(
        name="s",
        notes="what it is about",
        expectations=[
            ExpectMetricToBeBetween(
                column="graded_pct",
                min_value=1234567.5,
                group_by=["system_id"],
                overrides={HOSTILE: {"min_value": 30}},
                notes="why <it> is there",
                severity="warning",
            )
        ],
    )
    page = words(suite_body(suite))
    assert page.startswith("what it is about Severity Expectation warning graded_pct")
    assert "must be at least 1234567.5" in page
    assert f"{escape(HOSTILE)} at least 30" in page
    assert "why &lt;it&gt; is there" in page


def test_a_suite_shows_all_that_gx_says_of_an_expectation() -> None:
    ranges = {"quantiles": [0.1, 0.5], "value_ranges": [[0, 50], [None, 61]]}
    expectation = gxe.ExpectColumnQuantileValuesToBeBetween(column="pct", quantile_ranges=ranges)
    page = suite_body(ExpectationSuite(name="s", expectations=[expectation]))
    assert "Median Any 61" in words(page)
    assert "<div></div>" not in page


def test_a_suite_without_expectations_says_so() -> None:
    assert "declares no expectation" in suite_body(ExpectationSuite(name="s"))


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"content_block_type": "new", "body": HOSTILE}, str(escape(HOSTILE))),
        ({"content_block_type": "string_template"}, "string_template"),
        ({"content_block_type": "table", "table": {"x": "kept"}}, "kept"),
        ({"content_block_type": "text", "words": "kept"}, "kept"),
        ({"content_block_type": "bullet_list", "value_list": ["kept"]}, "kept"),
        (
            {
                "content_block_type": "tabs",
                "tabs": [
                    {"tab_name": "one", "tab_content": {"content_block_type": "text", "text": "a"}}
                ],
            },
            "one a",
        ),
        ({"content_block_type": "graph", "graph": {}}, "is left out"),
        ({"content_block_type": "header", "header": "the header"}, "the header"),
        ({"content_block_type": "text", "text": "x" * 3000}, "x" * 2000 + "…"),
        (
            {
                "content_block_type": "string_template",
                "string_template": {
                    "template": "$a <b> costs $$5, $unknown",
                    "params": {"a": "$b <i onclick=x>", "b": "no"},
                },
            },
            "$b &lt;i onclick=x&gt; &lt;b&gt; costs $5, $unknown",
        ),
    ],
)
def test_what_is_not_known_of_gx_appears_as_its_text(block: dict[str, Any], said: str) -> None:
    assert said in words(_html(block))


@pytest.mark.parametrize(("count", "folded"), [(30, False), (31, True)])
def test_long_lists_are_in_a_fold(count: int, folded: bool) -> None:
    values = [f"value {index}" for index in range(count)]
    table = {"content_block_type": "table", "header_row": ["a"], "table": [[v] for v in values]}
    listed = {"content_block_type": "value_list", "value_list": values}
    for block in (table, listed):
        html = _html(block)
        assert ("<details>" in html) is folded
        assert values[-1] in html
