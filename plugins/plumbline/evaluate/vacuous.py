"""Expectations whose arguments let everything pass: to judge nothing is not a success.

Read by lint, and by a run before it evaluates anything, so that both say the same. Needs no Great
Expectations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from plumbline.core.expectation_types import SAME_SCHEMA
from plumbline.project.parameters import is_parameter
from plumbline.project.suites import MAX_UNEXPECTED

_WITHOUT_BOUNDS = frozenset(
    {
        "expect_column_max_to_be_between",
        "expect_column_mean_to_be_between",
        "expect_column_median_to_be_between",
        "expect_column_min_to_be_between",
        "expect_column_proportion_of_non_null_values_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
        "expect_column_stdev_to_be_between",
        "expect_column_sum_to_be_between",
        "expect_column_unique_value_count_to_be_between",
        "expect_column_value_lengths_to_be_between",
        "expect_column_values_to_be_between",
        "expect_table_column_count_to_be_between",
        "expect_table_row_count_to_be_between",
    }
)
_NEEDED = {
    "expect_column_distinct_values_to_be_in_set": "value_set",
    "expect_column_distinct_values_to_contain_set": "value_set",
    "expect_column_distinct_values_to_equal_set": "value_set",
    "expect_column_kl_divergence_to_be_less_than": "threshold",
    "expect_column_most_common_value_to_be_in_set": "value_set",
    "expect_column_pair_values_to_be_in_set": "value_pairs_set",
    "expect_column_quantile_values_to_be_between": "quantile_ranges",
    "expect_column_type_to_be": "type_",
    "expect_column_values_to_be_in_set": "value_set",
    "expect_column_values_to_be_in_type_list": "type_list",
    "expect_column_values_to_be_of_type": "type_",
    "expect_column_values_to_match_like_pattern_list": "like_pattern_list",
    "expect_column_values_to_match_regex": "regex",
    "expect_column_values_to_match_regex_list": "regex_list",
    "expect_column_values_to_not_be_in_set": "value_set",
    "expect_column_values_to_not_match_like_pattern_list": "like_pattern_list",
    "expect_column_values_to_not_match_regex_list": "regex_list",
    "expect_table_columns_to_match_ordered_list": "column_list",
    "expect_table_columns_to_match_set": "column_set",
}
"""Arguments that GX lets be left out, and then passes."""

_MATCH_EVERYTHING: Mapping[str, tuple[str, frozenset[str]]] = {
    "expect_column_values_to_match_regex": ("regex", frozenset({"", "^", "$", ".*", "(.*)"})),
    "expect_column_values_to_match_like_pattern": ("like_pattern", frozenset({"%"})),
}
"""Arguments and values of theirs that every text matches."""

_CONTAIN_SET = "expect_column_distinct_values_to_contain_set"

WHEN_NO_ROWS = "when_no_rows"
"""In an expectation's ``meta``: what becomes of it where it looks at nothing."""
SKIP = "skip"


@dataclass(frozen=True)
class Vacuous:
    """An argument that lets everything pass."""

    argument: str
    what: str
    fix: str


def find_vacuous(
    kind: str, kwargs: Mapping[str, Any], *, monitor: str = "MONITOR"
) -> Vacuous | None:
    """Why an expectation of type ``kind`` would pass whatever the data is; None where it judges.

    Args:
        kind: GX's type.
        kwargs: its arguments as the suite has them.
        monitor: whose suite it is, for the fix.
    """
    mostly = kwargs.get("mostly")
    if isinstance(mostly, int | float) and mostly <= 0:  # false is 0 to GX
        return Vacuous("mostly", "with mostly: 0, any values pass", "write a share above 0")
    if kind in _WITHOUT_BOUNDS and _lacks(kwargs, "min_value") and _lacks(kwargs, "max_value"):
        return Vacuous(
            "min_value",
            "there is neither min_value nor max_value, so nothing can fail",
            "write one of them",
        )
    argument, everything = _MATCH_EVERYTHING.get(kind, ("", frozenset()))
    pattern = kwargs.get(argument)
    if isinstance(pattern, str) and pattern in everything:
        return Vacuous(
            argument,
            f"{pattern!r} matches every text",
            "write a pattern that some texts don't match",
        )
    if kind == SAME_SCHEMA and not kwargs.get("columns"):
        return Vacuous("columns", "no columns are accepted yet", f"run plumbline accept {monitor}")
    needed = _NEEDED.get(kind)
    if needed is None:
        return None
    value = kwargs.get(needed)
    if is_parameter(value):
        return None
    if value is None:
        return Vacuous(needed, f"there is no {needed}, so nothing can fail", f"write {needed}")
    if isinstance(value, list | tuple) and not value:
        return Vacuous(needed, f"{needed} is empty", "write at least one entry")
    if kind == _CONTAIN_SET and isinstance(value, list | tuple) and all(v is None for v in value):
        return Vacuous(
            needed,
            f"{needed} holds NULL only, which is skipped",
            "write the values that must occur",
        )
    if needed == "quantile_ranges" and _is_open(value):
        return Vacuous(
            "quantile_ranges.value_ranges",
            "a range has neither a lower nor an upper bound, so nothing can fail",
            "write one of them",
        )
    return None


def may_look_at_nothing(meta: Mapping[str, Any] | None) -> bool:
    """Whether an expectation is skipped where it looks at nothing, instead of being ERROR."""
    return (meta or {}).get(WHEN_NO_ROWS) == SKIP


def allowed_failures(meta: Mapping[str, Any] | None) -> int:
    """How many values or rows of an expectation may fail."""
    return int((meta or {}).get(MAX_UNEXPECTED, 0))


def fault_of_meta(meta: Mapping[str, Any] | None) -> Vacuous | None:
    """The key of an expectation's ``meta`` that plumbline would not read as it is meant; None
    where there is none."""
    known = (WHEN_NO_ROWS, MAX_UNEXPECTED)
    for name in meta or ():
        near = get_close_matches(name, known, cutoff=0.8)
        if name not in known and near:
            return Vacuous(name, f"meta has the key {name!r}", f"did you mean {near[0]!r}?")
    skip, most = (meta or {}).get(WHEN_NO_ROWS, SKIP), (meta or {}).get(MAX_UNEXPECTED, 1)
    if skip != SKIP:
        what = f"{WHEN_NO_ROWS} is {skip!r}, and can only be {SKIP!r}"
        return Vacuous(WHEN_NO_ROWS, what, f"write {SKIP!r}, or remove the key")
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        what = f"{MAX_UNEXPECTED} is {most!r}, and can only be a whole number above 0"
        return Vacuous(MAX_UNEXPECTED, what, "write how many values may fail, or remove the key")
    return None


def _lacks(kwargs: Mapping[str, Any], name: str) -> bool:
    return kwargs.get(name) is None


def _is_open(ranges: object) -> bool:
    pairs = ranges.get("value_ranges") if isinstance(ranges, Mapping) else None
    if not isinstance(pairs, Sequence) or not pairs:
        return True
    return any(
        isinstance(pair, Sequence)
        and not isinstance(pair, str)
        and not any(v is not None for v in pair)
        for pair in pairs
    )
