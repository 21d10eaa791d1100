"""How each expectation is evaluated: one entry a type of Great Expectations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from plumbline.evaluate import aggregates, column_values, schema_checks, several_columns
from plumbline.evaluate.aggregates import aggregate_check
from plumbline.evaluate.column_values import values_check
from plumbline.evaluate.domain import Kwargs
from plumbline.evaluate.found import Found
from plumbline.evaluate.several_columns import columns_check
from plumbline.evaluate.table import Table

Evaluate = Callable[[Table, Kwargs], Found]

EVALUATIONS: Mapping[str, Evaluate] = {
    # each value
    "expect_column_value_lengths_to_be_between": values_check(column_values.lengths_between),
    "expect_column_value_lengths_to_equal": values_check(column_values.lengths_equal),
    "expect_column_value_z_scores_to_be_less_than": values_check(column_values.z_scores),
    "expect_column_values_to_be_between": values_check(column_values.between),
    "expect_column_values_to_be_dateutil_parseable": values_check(column_values.dateutil_parseable),
    "expect_column_values_to_be_decreasing": values_check(column_values.decreasing),
    "expect_column_values_to_be_in_set": values_check(column_values.in_set),
    "expect_column_values_to_be_increasing": values_check(column_values.increasing),
    "expect_column_values_to_be_json_parseable": values_check(column_values.json_parseable),
    "expect_column_values_to_be_null": column_values.null,
    "expect_column_values_to_be_unique": values_check(column_values.unique),
    "expect_column_values_to_match_json_schema": values_check(column_values.json_schema),
    "expect_column_values_to_match_like_pattern": values_check(column_values.match_like),
    "expect_column_values_to_match_like_pattern_list": values_check(column_values.match_like_list),
    "expect_column_values_to_match_regex": values_check(column_values.match_regex),
    "expect_column_values_to_match_regex_list": values_check(column_values.match_regex_list),
    "expect_column_values_to_match_strftime_format": values_check(column_values.strftime_format),
    "expect_column_values_to_not_be_in_set": values_check(column_values.not_in_set),
    "expect_column_values_to_not_be_null": column_values.not_null,
    "expect_column_values_to_not_be_outliers": values_check(column_values.not_outliers),
    "expect_column_values_to_not_match_like_pattern": values_check(column_values.not_match_like),
    "expect_column_values_to_not_match_like_pattern_list": values_check(
        column_values.not_match_like_list
    ),
    "expect_column_values_to_not_match_regex": values_check(column_values.not_match_regex),
    "expect_column_values_to_not_match_regex_list": values_check(
        column_values.not_match_regex_list
    ),
    # each row
    "expect_column_pair_values_a_to_be_greater_than_b": columns_check(several_columns.pair_greater),
    "expect_column_pair_values_to_be_equal": columns_check(several_columns.pair_equal),
    "expect_column_pair_values_to_be_in_set": columns_check(several_columns.pair_in_set),
    "expect_compound_columns_to_be_unique": columns_check(several_columns.compound_unique),
    "expect_multicolumn_sum_to_equal": columns_check(several_columns.sum_equals),
    "expect_multicolumn_values_to_be_equal": columns_check(several_columns.all_equal),
    "expect_select_column_values_to_be_unique_within_record": columns_check(
        several_columns.unique_within_record
    ),
    # a column as a whole
    "expect_column_distinct_values_to_be_in_set": aggregates.distinct_in_set,
    "expect_column_distinct_values_to_contain_set": aggregates.distinct_contain_set,
    "expect_column_distinct_values_to_equal_set": aggregates.distinct_equal_set,
    "expect_column_max_to_be_between": aggregate_check(aggregates.maximum),
    "expect_column_mean_to_be_between": aggregate_check(aggregates.mean),
    "expect_column_median_to_be_between": aggregate_check(aggregates.median),
    "expect_column_min_to_be_between": aggregate_check(aggregates.minimum),
    "expect_column_most_common_value_to_be_in_set": aggregates.most_common,
    "expect_column_proportion_of_non_null_values_to_be_between": aggregates.non_null_share,
    "expect_column_proportion_of_unique_values_to_be_between": aggregate_check(
        aggregates.distinct_share
    ),
    "expect_column_quantile_values_to_be_between": aggregates.quantiles,
    "expect_column_stdev_to_be_between": aggregate_check(aggregates.deviation),
    "expect_column_sum_to_be_between": aggregate_check(aggregates.total),
    "expect_column_unique_value_count_to_be_between": aggregate_check(aggregates.distinct_count),
    # the table
    "expect_table_row_count_to_be_between": aggregates.row_count,
    "expect_table_row_count_to_equal": aggregates.row_count,
    # the schema
    "expect_column_to_exist": schema_checks.column_exists,
    "expect_column_type_to_be": schema_checks.of_type,
    "expect_column_values_to_be_in_type_list": schema_checks.in_type_list,
    "expect_column_values_to_be_of_type": schema_checks.of_type,
    "expect_table_column_count_to_be_between": aggregates.column_count,
    "expect_table_column_count_to_equal": aggregates.column_count,
    "expect_table_columns_to_match_ordered_list": schema_checks.columns_in_order,
    "expect_table_columns_to_match_set": schema_checks.columns_in_set,
}
"""By type. What is not here is evaluated by GX itself on a frame: plumbline's own expectations, the
Kullback-Leibler divergence, and those of a project's plugins."""
