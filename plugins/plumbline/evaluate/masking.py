"""GX's results without the values of personal columns: after it has judged, before anyone reads.

GX quotes values in many places; where it says of which column, all are masked, elsewhere those that
the rows hold. A number that no column is named for (a count, a mean) is kept unless the expectation
names a personal column and some row holds the same number.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)

from plumbline.checks.bounds import PerUnit
from plumbline.checks.table_metrics import COUNTED
from plumbline.core.expectation_types import OURS
from plumbline.core.group_key import GroupKey
from plumbline.core.masking import Mask, domain_of

QUERY = "unexpected_rows_query"
"""The argument of an expectation that is a query itself."""

_LISTS = ("unexpected_list", "partial_unexpected_list", "missing_list", "partial_missing_list")
_COUNTS = "partial_unexpected_counts"
_ELSEWHERE = ("observed_value", "details", "unexpected_rows")
_INDICES = ("unexpected_index_list", "partial_unexpected_index_list")


def mask_result(result: ExpectationSuiteValidationResult, mask: Mask) -> None:
    """Replace in ``result`` what are values of personal columns, in place."""
    for entry in result.results if mask else ():
        _mask_entry(entry, mask)


def mask_arguments(result: ExpectationSuiteValidationResult, mask: Mask) -> None:
    """The same for a result of a suite that was not evaluated: only its arguments name persons."""
    for entry in result.results if mask else ():
        _mask_arguments(entry, mask)


def _mask_arguments(entry: ExpectationValidationResult, mask: Mask) -> None:
    shown = copy.deepcopy(entry.expectation_config)  # the suite's own goes on being judged with
    assert shown is not None
    shown.kwargs = mask.kwargs(shown.kwargs)
    entry.expectation_config = shown


def _mask_entry(entry: ExpectationValidationResult, mask: Mask) -> None:
    config = entry.expectation_config
    assert config is not None
    kwargs = config.kwargs
    touched = mask.touched(kwargs)
    _mask_arguments(entry, mask)
    # Ours quotes values of the metric only.
    quoted = touched & {kwargs.get("column")} if config.type == OURS else touched
    entry.exception_info = _exceptions(entry.exception_info, mask, quoted)
    if not entry.result:
        return
    of_groups = _groups(entry.result, kwargs, mask)
    entry.result = {
        **{
            key: _part(key, value, kwargs, mask)
            for key, value in entry.result.items()
            if key not in of_groups
        },
        **of_groups,
    }


def _part(key: str, value: Any, kwargs: Mapping[str, Any], mask: Mask) -> Any:
    domain = domain_of(kwargs)
    if key in _LISTS and isinstance(value, list):
        return [mask.entry(inner, domain) for inner in value]
    if key == _COUNTS and isinstance(value, list):
        return [
            {**count, "value": mask.entry(count["value"], domain)} if "value" in count else count
            for count in value
        ]
    if key in _INDICES and isinstance(value, list):
        return [_anything(index, mask, with_numbers=False) for index in value]
    if key == "details" and QUERY in kwargs:
        return _of_query(value, mask)
    if key in _ELSEWHERE:
        return _anything(value, mask, with_numbers=bool(mask.touched(kwargs)))
    return mask.text(value) if isinstance(value, str) else value


def _anything(value: Any, mask: Mask, *, with_numbers: bool) -> Any:
    if isinstance(value, Mapping):
        return {
            _anything(key, mask, with_numbers=False): (
                mask.value(inner)
                if key in mask.columns
                else _anything(inner, mask, with_numbers=with_numbers)
            )
            for key, inner in value.items()
        }
    if isinstance(value, pd.DataFrame):
        return [_anything(row, mask, with_numbers=with_numbers) for row in value.to_dict("records")]
    if isinstance(value, pd.Series):  # counts by value
        index = [_anything(inner, mask, with_numbers=with_numbers) for inner in value.index]
        return pd.Series(value.tolist(), index=index, name=value.name)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple | set):
        return [_anything(inner, mask, with_numbers=with_numbers) for inner in value]
    if isinstance(value, str):
        return mask.text(value)
    return mask.value(value) if with_numbers and mask.holds(value) else value


def _of_query(details: Any, mask: Mask) -> Any:
    """Rows of a query over the model's: it may give a name another column, or another form, so no
    text and no number that a personal column holds is kept."""
    return {
        **details,
        "unexpected_rows": [_of_cell(row, mask) for row in details["unexpected_rows"]],
    }


def _of_cell(value: Any, mask: Mask) -> Any:
    if isinstance(value, Mapping):
        return {
            name: mask.value(inner) if name in mask.columns else _of_cell(inner, mask)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_of_cell(inner, mask) for inner in value]
    if isinstance(value, str) or mask.holds(value):
        return mask.value(value)
    return _anything(value, mask, with_numbers=True)


def _groups(result: Mapping[str, Any], kwargs: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    """Names of groups by their columns; a number that is a value of a personal column is gone.

    Empty where nothing is judged by group.
    """
    details = result.get("details")
    if not isinstance(details, Mapping) or "groups" not in details:
        return {}
    found, labels = [], {}
    is_share = any(group.get("unit") == "%" for group in details["groups"])
    is_counted = is_share or kwargs.get("metric") in COUNTED
    column = None if is_counted else kwargs.get("column")
    per = PerUnit.of(kwargs.get("per"))
    for group in details["groups"]:
        masked = {**group, "key": mask.row(group["key"])}
        labels[GroupKey.of(group["key"]).label] = GroupKey.of(masked["key"]).label
        for name, column_of in (
            ("observed", column),
            ("numerator", "numerator"),
            ("denominator", "denominator"),
        ):
            if column_of in mask.columns and mask.holds(group[name]):
                masked[name] = None
                masked["masked"] = True
        if per is not None and per.column in mask.columns:
            masked |= {"units": None, "bounds": None, "threshold": None}
        found.append(masked)
    if mask.columns.intersection(mask.group_by(kwargs)):
        found.sort(key=lambda group: GroupKey.of(group["key"]).text)  # not in the names' order
    observed = result.get("observed_value")
    if column in mask.columns:
        observed = _numbers(observed, mask)
    if isinstance(observed, Mapping):
        observed = {labels.get(label, label): value for label, value in observed.items()}
    rest = {**details, "groups": found}
    if "unexpected_rows" in details:
        numbers = bool(mask.touched(kwargs))
        rest["unexpected_rows"] = _anything(rest["unexpected_rows"], mask, with_numbers=numbers)
    return {"observed_value": observed, "details": rest}


def _numbers(observed: Any, mask: Mask) -> Any:
    if isinstance(observed, Mapping):
        return {label: _numbers(value, mask) for label, value in observed.items()}
    if isinstance(observed, list):
        return [_numbers(value, mask) for value in observed]
    return mask.value(observed) if mask.holds(observed) else observed


def _exceptions(info: Any, mask: Mask, touched: frozenset[str]) -> Any:
    """What raised, without what it may quote: cut or run together, a name is not found again."""
    if not isinstance(info, Mapping):
        return info
    found = {}
    for key, value in info.items():
        if isinstance(value, Mapping):
            found[mask.text(str(key))] = _exceptions(value, mask, touched)
        elif key in ("exception_message", "exception_traceback") and value and mask.seen:
            found[key] = _withheld(touched) if touched else mask.text(str(value))
        else:
            found[key] = value
    return found


def _withheld(touched: frozenset[str]) -> str:
    columns = " and ".join(sorted(touched))
    return f"its error is withheld, because it may quote {columns}, tagged as personal"
