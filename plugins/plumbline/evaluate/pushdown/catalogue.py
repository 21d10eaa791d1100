"""How each expectation is measured in the statement of a suite over a table, by its type."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from plumbline.core.expectation_types import (
    FOLLOWS_HISTORY,
    FOREIGN_KEY,
    IS_FRESH,
    NO_FAILING_ROWS,
    OURS,
    SAME_SCHEMA,
)
from plumbline.evaluate import aggregates as of_rows
from plumbline.evaluate import schema_checks
from plumbline.evaluate.pushdown import aggregates, columns
from plumbline.evaluate.pushdown import several_columns as rows
from plumbline.evaluate.pushdown.aggregates import (
    aggregate_measure,
    distinct_measure,
    schema_measure,
)
from plumbline.evaluate.pushdown.columns import Build, null_measure, values_measure
from plumbline.evaluate.pushdown.several_columns import columns_measure


def _regex(argument: str, *, matches: bool) -> Build:
    return values_measure(columns.regex_wrong(argument, matches=matches))


def _like(argument: str, *, matches: bool) -> Build:
    return values_measure(columns.like_wrong(argument, matches=matches))


MEASURES: Mapping[str, Build] = {
    # each value
    "expect_column_values_to_not_be_null": null_measure(wanted=False),
    "expect_column_values_to_be_null": null_measure(wanted=True),
    "expect_column_values_to_be_unique": values_measure(columns.repeated),
    "expect_column_values_to_be_in_set": values_measure(columns.not_in_set),
    "expect_column_values_to_not_be_in_set": values_measure(columns.in_set),
    "expect_column_values_to_be_between": values_measure(columns.outside),
    "expect_column_value_lengths_to_be_between": values_measure(columns.length_outside),
    "expect_column_value_lengths_to_equal": values_measure(columns.length_outside),
    "expect_column_values_to_match_regex": _regex("regex", matches=False),
    "expect_column_values_to_match_regex_list": _regex("regex_list", matches=False),
    "expect_column_values_to_not_match_regex": _regex("regex", matches=True),
    "expect_column_values_to_not_match_regex_list": _regex("regex_list", matches=True),
    "expect_column_values_to_match_like_pattern": _like("like_pattern", matches=False),
    "expect_column_values_to_match_like_pattern_list": _like("like_pattern_list", matches=False),
    "expect_column_values_to_not_match_like_pattern": _like("like_pattern", matches=True),
    "expect_column_values_to_not_match_like_pattern_list": _like("like_pattern_list", matches=True),
    "expect_column_values_to_be_json_parseable": values_measure(columns.not_json),
    "expect_column_value_z_scores_to_be_less_than": values_measure(columns.far_by_score),
    "expect_column_values_to_not_be_outliers": values_measure(columns.outlying),
    FOREIGN_KEY: values_measure(columns.without_key),
    # each row
    "expect_column_pair_values_a_to_be_greater_than_b": columns_measure(rows.not_greater),
    "expect_column_pair_values_to_be_equal": columns_measure(rows.not_equal),
    "expect_column_pair_values_to_be_in_set": columns_measure(rows.not_in_pairs),
    "expect_compound_columns_to_be_unique": columns_measure(rows.repeated_together),
    "expect_multicolumn_sum_to_equal": columns_measure(rows.other_sum),
    "expect_multicolumn_values_to_be_equal": columns_measure(rows.not_all_equal),
    "expect_select_column_values_to_be_unique_within_record": columns_measure(
        rows.same_within_record
    ),
    # a column as a whole
    "expect_column_min_to_be_between": aggregate_measure(aggregates.minimum),
    "expect_column_max_to_be_between": aggregate_measure(aggregates.maximum),
    "expect_column_mean_to_be_between": aggregate_measure(aggregates.mean),
    "expect_column_sum_to_be_between": aggregate_measure(aggregates.total),
    "expect_column_stdev_to_be_between": aggregate_measure(aggregates.deviation),
    "expect_column_median_to_be_between": aggregates.median,
    "expect_column_unique_value_count_to_be_between": aggregate_measure(aggregates.distinct_count),
    "expect_column_proportion_of_unique_values_to_be_between": aggregate_measure(
        aggregates.distinct_share
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": aggregates.non_null_share,
    "expect_column_distinct_values_to_be_in_set": distinct_measure(no_other=True, no_missing=False),
    "expect_column_distinct_values_to_contain_set": distinct_measure(
        no_other=False, no_missing=True
    ),
    "expect_column_distinct_values_to_equal_set": distinct_measure(no_other=True, no_missing=True),
    "expect_column_most_common_value_to_be_in_set": aggregates.most_common,
    "expect_column_quantile_values_to_be_between": aggregates.quantiles,
    "expect_column_kl_divergence_to_be_less_than": aggregates.divergence,
    # the table
    "expect_table_row_count_to_be_between": aggregates.row_count,
    "expect_table_row_count_to_equal": aggregates.row_count,
    "expect_table_row_count_to_equal_other_table": aggregates.other_row_count,
    IS_FRESH: aggregates.freshness,
    FOLLOWS_HISTORY: aggregates.followed,
    "unexpected_rows_expectation": aggregates.rows_query,
    # the metadata
    "expect_column_to_exist": schema_measure(schema_checks.column_exists),
    "expect_column_type_to_be": schema_measure(schema_checks.of_type),
    "expect_column_values_to_be_of_type": schema_measure(schema_checks.of_type),
    "expect_column_values_to_be_in_type_list": schema_measure(schema_checks.in_type_list),
    "expect_table_column_count_to_be_between": schema_measure(of_rows.column_count),
    "expect_table_column_count_to_equal": schema_measure(of_rows.column_count),
    SAME_SCHEMA: schema_measure(schema_checks.same_schema),
    "expect_table_columns_to_match_ordered_list": schema_measure(schema_checks.columns_in_order),
    "expect_table_columns_to_match_set": schema_measure(schema_checks.columns_in_set),
}
"""What is not here can't be part of a suite over a table: lint and a run say so."""

_ORDER = "a table's rows have no order: write a model that ends with order by"
_PYTHON = "BigQuery has no function for it: use a regex, or write a model that returns the rows"
_METRIC = "use expect_column_mean_to_be_between or a similar one, or write a model"
_INSTEAD = {
    "expect_column_values_to_be_increasing": _ORDER,
    "expect_column_values_to_be_decreasing": _ORDER,
    "expect_column_values_to_match_strftime_format": _PYTHON,
    "expect_column_values_to_be_dateutil_parseable": _PYTHON,
    "expect_column_values_to_match_json_schema": _PYTHON,
    OURS: _METRIC,
    NO_FAILING_ROWS: "write the query of failing rows as a model",
    "expect_query_results_to_match_comparison": "write a model that reads both tables",
}


def refusal_of(type_: str) -> tuple[str, str]:
    """Why ``type_`` can't be part of a suite over a table, and what to use in its place."""
    if type_ in _INSTEAD:
        return f"{type_} can't be part of a suite over a table", _INSTEAD[type_]
    near = get_close_matches(type_, (*MEASURES, *_INSTEAD), n=1, cutoff=0.8)
    return (
        f"there is no expectation {type_!r} for suites over a table",
        f"did you mean {near[0]!r}?" if near else "write a model that returns the rows",
    )
