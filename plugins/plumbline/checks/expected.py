"""What an expectation requires, in words: the subject, the bound or set, the condition on rows.

Plain values, no Great Expectations: read by summaries, reports, messages and pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plumbline.checks.bounds import range_in_words
from plumbline.checks.check import Check, subject_of
from plumbline.core.cells import short, value_in_words
from plumbline.core.expectation_types import FOLLOWS_HISTORY, NO_FAILING_ROWS, OURS
from plumbline.core.masking import domain_of
from plumbline.core.text import listing, singular, with_unit

Kwargs = Mapping[str, Any]

MOST_VALUES = 20
"""Of a set that is named."""
_NOT_ARGUMENTS = frozenset({"batch_id", "column", "column_A", "column_B", "column_list",
                            "condition_parser", "meta", "mostly", "result_format",
                            "row_condition"})  # fmt: skip

_OF_A_COLUMN = {
    "column_max_to_be_between": "max of {column} must be {range}",
    "column_mean_to_be_between": "mean of {column} must be {range}",
    "column_median_to_be_between": "median of {column} must be {range}",
    "column_min_to_be_between": "min of {column} must be {range}",
    "column_proportion_of_non_null_values_to_be_between":
        "share of non-NULL values in {column} (0 to 1) must be {range}",
    "column_proportion_of_unique_values_to_be_between":
        "share of distinct values in {column} (0 to 1) must be {range}",
    "column_stdev_to_be_between": "standard deviation of {column} must be {range}",
    "column_sum_to_be_between": "sum of {column} must be {range}",
    "column_unique_value_count_to_be_between":
        "number of distinct values in {column} must be {range}",
    "column_value_lengths_to_be_between": "length of {column} must be {range}",
    "column_value_lengths_to_equal": "length of {column} must be {value}",
    "column_values_to_be_between": "{column} must be {range}",
    "column_values_to_be_dateutil_parseable": "{column} must be a date or time",
    "column_values_to_be_in_set": "{column} must be {one of value_set}",
    "column_values_to_be_json_parseable": "{column} must be valid JSON",
    "column_values_to_be_null": "{column} must be NULL",
    "column_values_to_be_of_type": "{column} must be of type {type_}",
    "column_type_to_be": "{column} must be of type {type_}",
    "column_values_to_be_in_type_list": "{column} must be of type {or type_list}",
    "column_values_to_be_unique": "{column} must be unique",
    "foreign_key_to_exist": "{column} must exist in {names to_table}.{names to_column}",
    "table_to_be_fresh": "newest {column} must be at most {max_hours} h old",
    "column_values_to_match_json_schema": "{column} must match the JSON schema {json_schema}",
    "column_values_to_match_like_pattern": "{column} must match the LIKE pattern {like_pattern}",
    "column_values_to_match_regex": "{column} must match the regex {regex}",
    "column_values_to_match_strftime_format":
        "{column} must match the strftime format {strftime_format}",
    "column_values_to_not_be_in_set": "{column} must not be {one of value_set}",
    "column_values_to_not_be_null": "{column} must not be NULL",
    "column_values_to_not_match_like_pattern":
        "{column} must not match the LIKE pattern {like_pattern}",
    "column_values_to_not_match_like_pattern_list":
        "{column} must match none of the LIKE patterns {like_pattern_list}",
    "column_values_to_not_match_regex": "{column} must not match the regex {regex}",
    "column_values_to_not_match_regex_list":
        "{column} must match none of the regexes {regex_list}",
    "column_distinct_values_to_be_in_set":
        "distinct values of {column} must all be among {value_set}",
    "column_distinct_values_to_contain_set": "distinct values of {column} must include {value_set}",
    "column_distinct_values_to_equal_set":
        "distinct values of {column} must be exactly {value_set}",
    "column_most_common_value_to_be_in_set":
        "most common value of {column} must be {one of value_set}",
    "column_kl_divergence_to_be_less_than": "KL divergence of {column} must be below {threshold}",
}  # fmt: skip
_OF_COLUMNS = {
    "column_pair_values_to_be_equal": "{column_A} must equal {column_B}",
    "column_pair_values_to_be_in_set": "{columns} must be {one of value_pairs_set}",
    "compound_columns_to_be_unique": "{columns} must be unique together",
    "multicolumn_sum_to_equal": "sum of {columns} must be {sum_total}",
    "multicolumn_values_to_be_equal": "{columns} must be equal in each row",
    "multicolumn_values_to_be_unique": "{columns} must differ from each other in each row",
    "select_column_values_to_be_unique_within_record":
        "{columns} must differ from each other in each row",
}  # fmt: skip
_OF_A_TABLE = {
    "table_column_count_to_be_between": "column count must be {range}",
    "table_column_count_to_equal": "column count must be {value}",
    "table_columns_to_match_ordered_list": "columns must be, in this order, {names column_list}",
    "schema_not_to_change": "columns must not change",
    "table_row_count_to_be_between": "row count must be {range}",
    "table_row_count_to_equal": "row count must be {value}",
    "table_row_count_to_equal_other_table": "row count must equal that of {names other_table_name}",
    "unexpected_rows_expectation": "the query of unexpected rows must return none",
}
_NULLS = ("expect_column_values_to_be_null", "expect_column_values_to_not_be_null")


def expected(kind: str, kwargs: Kwargs, unit: str = "") -> str:
    """``order_id must be unique``, ``mean of coverage_pct must be at least 50 %``.

    The condition on rows is not in it: see `condition`.

    Args:
        kwargs: its arguments, as they may be shown.
    """
    name = kind.removeprefix("expect_")
    if kind in (OURS, FOLLOWS_HISTORY):
        return _of_ours(kind, kwargs, unit)
    if kind == NO_FAILING_ROWS:
        return _of_failing_rows(Check(kind, "", kwargs), unit)
    if name in _SPECIAL:
        text = _SPECIAL[name](kwargs)
    elif name in _TEMPLATES:
        text = _filled(_TEMPLATES[name], kwargs, unit)
    else:
        text = _of_any(kind, kwargs)
    return text + _mostly(kind, kwargs)


def columns_of(kind: str, kwargs: Kwargs) -> tuple[str, ...]:
    """The columns whose values an expectation looks at; none where it is about the whole table."""
    return () if kind.startswith("expect_table_") else domain_of(kwargs)


def column_of(kind: str, kwargs: Kwargs) -> str | None:
    """The same, joined by ``, ``."""
    return ", ".join(columns_of(kind, kwargs)) or None


def condition(kwargs: Kwargs) -> str | None:
    """The ``row_condition`` as one line of text, whichever of GX's syntaxes it is in."""
    given = kwargs.get("row_condition")
    return _condition(given) if given else None


def range_of(kwargs: Kwargs, unit: str = "", group: str = "") -> str:
    """``at least 80 %``, ``between 1 and 6 h``: bounds of any type.

    Args:
        group: the label of the group that they are for, where units are known (`limit`).
    """
    (low, low_units), (high, high_units) = (
        limit(kwargs, name, group, short) for name in ("min_value", "max_value")
    )
    words = range_in_words(
        low,
        high,
        strict_min=bool(kwargs.get("strict_min")),
        strict_max=bool(kwargs.get("strict_max")),
    )
    last = low if high is None else high
    return f"{words} {singular(unit) if last == '1' else unit}".rstrip() + (low_units or high_units)


def limit(
    kwargs: Kwargs, side: str, group: str, show: Callable[[Any], str]
) -> tuple[str | None, str]:
    """One bound as it is to be read, and after its unit how it was made of units.

    ``100``; where it is per unit ``min(100, 12 * games)``; for four games ``48`` and
    `` (12 * 4 games)``; all with a multiplication sign.

    Args:
        side: ``min_value`` or ``max_value``.
        group: whose units; empty: the whole.
        show: how a bound is written.
    """
    fixed, per = kwargs.get(side), kwargs.get("per")
    rate = per.get(side) if isinstance(per, Mapping) else None
    if not isinstance(per, Mapping) or rate is None:
        return (None if fixed is None else show(fixed)), ""
    check, column = Check("", "", kwargs), str(per.get("column"))
    units = check.units.get(group)
    if units is None:
        of_units = f"{show(rate)} × {column}"
        least = "min" if side == "min_value" else "max"
        return (of_units if fixed is None else f"{least}({show(fixed)}, {of_units})"), ""
    value = getattr(check.bounds_for(group), side)
    if value == fixed:
        return show(fixed), ""
    return show(value), f" ({show(rate)} × {with_unit(show(units), column)})"


def _of_ours(kind: str, kwargs: Kwargs, unit: str) -> str:
    check = Check(kind, "", kwargs)
    what = subject_of(check.column, check.aggregate)
    if check.group_by:
        what += f" of each {' and '.join(check.group_by)}"
    if kind == FOLLOWS_HISTORY:  # it is held against a band, which each group has of its own
        return f"{what} must be as usual"
    text = f"{what} must be {range_of(kwargs, unit)}"
    others = [f"{group} {range_of(own, unit, group)}" for group, own in check.overridden.items()]
    return f"{text} ({listing(others)})" if others else text


def _of_failing_rows(check: Check, unit: str) -> str:
    each = f" of each {' and '.join(check.group_by)}" if check.group_by else ""
    most = check.bounds.max_value
    allowed = f"at most {with_unit(f'{most:g}', unit)}" if most else "none"
    return f"failing rows{each} must be {allowed}"


def _filled(template: str, kwargs: Kwargs, unit: str = "") -> str:
    """``template`` with each ``{...}`` filled in."""
    parts = template.split("{")
    text = parts[0]
    for part in parts[1:]:
        name, _, rest = part.partition("}")
        text += _field(name, kwargs, unit) + rest
    return text


def _field(name: str, kwargs: Kwargs, unit: str) -> str:
    if name == "range":
        return range_of(kwargs, unit)
    if name == "columns":
        return ", ".join(domain_of(kwargs))
    how, _, argument = name.rpartition(" ")
    given = kwargs.get(argument)
    values = list(given) if isinstance(given, list | tuple | set | frozenset) else [given]
    if how == "names" or argument.startswith("column") or argument == "type_":
        return listing([str(value) for value in values], MOST_VALUES)
    if how == "or":
        return " or ".join(map(str, values))
    shown = listing([value_in_words(value) for value in values], MOST_VALUES)
    return f"one of {shown}" if how == "one of" and len(values) != 1 else shown


def _of_any(kind: str, kwargs: Kwargs) -> str:
    """What of an expectation that is not known here: its type, columns and arguments."""
    column = column_of(kind, kwargs)
    text = f"{kind} on {column}" if column else kind
    arguments = [
        f"{name} {value_in_words(_plain(value))}"
        for name, value in kwargs.items()
        if name not in _NOT_ARGUMENTS and value is not None
    ]
    return f"{text} ({', '.join(arguments)})" if arguments else text


def _mostly(kind: str, kwargs: Kwargs) -> str:
    mostly = kwargs.get("mostly")
    if not isinstance(mostly, int | float) or mostly == 1:
        return ""
    what = "values" if "column" in kwargs and kind not in _NULLS else "rows"
    return f" in at least {100 * mostly:.10g} % of {what}"


def _greater(kwargs: Kwargs) -> str:
    than = "at least" if kwargs.get("or_equal") else "greater than"
    return _filled(f"{{column_A}} must be {than} {{column_B}}", kwargs)


def _matching(what: str, argument: str) -> Callable[[Kwargs], str]:
    def words(kwargs: Kwargs) -> str:
        how = "all" if kwargs.get("match_on") == "all" else "one"
        return _filled(f"{{column}} must match {how} of the {what} {{{argument}}}", kwargs)

    return words


def _monotonic(verb: str) -> Callable[[Kwargs], str]:
    def words(kwargs: Kwargs) -> str:
        strictly = " strictly" if kwargs.get("strictly") else ""
        return _filled(f"{{column}} must {verb}{strictly} from row to row", kwargs)

    return words


def _z_score(kwargs: Kwargs) -> str:
    what = "absolute z-score" if kwargs.get("double_sided") else "z-score"
    return _filled(f"{what} of {{column}} must be below {{threshold}}", kwargs)


def _exists(kwargs: Kwargs) -> str:
    index = kwargs.get("column_index")
    at = "" if index is None else f" at position {index} (from 0)"
    return _filled("column {column} must exist", kwargs) + at


def _column_set(kwargs: Kwargs) -> str:
    must = "include" if kwargs.get("exact_match") is False else "be"
    return _filled(f"columns must {must} {{names column_set}}", kwargs)


def _quantiles(kwargs: Kwargs) -> str:
    given = kwargs.get("quantile_ranges") or {}
    ranges = [
        f"{quantile} {range_of({'min_value': low, 'max_value': high})}"
        for quantile, (low, high) in zip(
            given.get("quantiles") or (), given.get("value_ranges") or (), strict=False
        )
    ]
    return _filled("quantiles of {column} must be: ", kwargs) + listing(ranges, MOST_VALUES)


def _outliers(kwargs: Kwargs) -> str:
    rule = " × ".join(
        str(kwargs[name]) for name in ("multiplier", "method") if kwargs.get(name) is not None
    )
    return _filled("{column} must hold no outliers", kwargs) + (f" ({rule})" if rule else "")


_TEMPLATES = {**_OF_A_COLUMN, **_OF_COLUMNS, **_OF_A_TABLE}
_SPECIAL: dict[str, Callable[[Kwargs], str]] = {
    "column_pair_values_a_to_be_greater_than_b": _greater,
    "column_quantile_values_to_be_between": _quantiles,
    "column_to_exist": _exists,
    "column_value_z_scores_to_be_less_than": _z_score,
    "column_values_to_be_decreasing": _monotonic("decrease"),
    "column_values_to_be_increasing": _monotonic("increase"),
    "column_values_to_match_like_pattern_list": _matching("LIKE patterns", "like_pattern_list"),
    "column_values_to_match_regex_list": _matching("regexes", "regex_list"),
    "column_values_to_not_be_outliers": _outliers,
    "table_columns_to_match_set": _column_set,
}


def _condition(given: object) -> str:
    if not isinstance(given, Mapping):
        return " ".join(str(given).split())
    kind = given.get("type")
    if kind == "pass_through":
        return _condition(given.get("pass_through_filter", ""))
    if kind in ("and", "or"):
        parts = [_inner(part) for part in given.get("conditions") or ()]
        return f" {kind} ".join(parts)
    column = (given.get("column") or {}).get("name", "")
    if kind == "nullity":
        return f"{column} is {'' if given.get('is_null') else 'not '}null"
    operator = str(given.get("operator", "")).replace("_", " ").lower()
    return f"{column} {operator} {value_in_words(_plain(given.get('parameter')))}"


def _inner(given: object) -> str:
    text = _condition(given)
    is_group = isinstance(given, Mapping) and given.get("type") in ("and", "or")
    return f"({text})" if is_group else text


def _plain(value: object) -> object:
    return sorted(value, key=str) if isinstance(value, set | frozenset) else value
