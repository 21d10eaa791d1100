"""What was found, in the shape of Great Expectations' results.

The four result formats are GX's: https://docs.greatexpectations.io/docs/core/trigger_actions_based_on_results/choose_a_result_format
"""

from __future__ import annotations

import base64
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from plumbline.core.group_key import canonical
from plumbline.evaluate.found import CountFound, MapFound
from plumbline.evaluate.table import Table
from plumbline.evaluate.values import key

DEFAULTS = {"result_format": "SUMMARY", "partial_unexpected_count": 20}


def read_format(written: Any) -> Mapping[str, Any]:
    """A result format as GX takes it: a name, or an object."""
    value = getattr(written, "value", written)
    found = dict(value) if isinstance(value, Mapping) else {"result_format": value or "SUMMARY"}
    name = found.get("result_format")
    return {**DEFAULTS, **found, "result_format": str(getattr(name, "value", name))}


def map_result(found: MapFound, table: Table, form: Mapping[str, Any]) -> dict[str, Any]:
    """The result of an expectation that judges each row: counts, and samples of what failed.

    Args:
        found: what failed.
        table: the rows.
        form: see `read_format`.
    """
    values = [_value(found, table, at) for at in found.unexpected]
    result = count_result(found, values, form)
    name, most = form["result_format"], int(form["partial_unexpected_count"])
    if name == "BOOLEAN_ONLY":
        return {}
    if form.get("include_unexpected_rows"):
        result["unexpected_rows"] = [dict(table.rows[at]) for at in found.unexpected[:most]]
    index_names = form.get("unexpected_index_column_names")
    if index_names:
        result["unexpected_index_column_names"] = index_names
    if name == "BASIC":
        return result
    index = _index(found, table, index_names)
    if most > 0:
        result["partial_unexpected_index_list"] = index[:most]
    if name == "COMPLETE":
        if not form.get("exclude_unexpected_values"):
            result["unexpected_list"] = values
        result["unexpected_index_list"] = index
    return result


def count_result(
    found: MapFound | CountFound, values: Sequence[Any], form: Mapping[str, Any]
) -> dict[str, Any]:
    """The counts, and values that failed, without the positions of their rows.

    Args:
        found: what failed.
        values: the values that failed, or the first of them.
        form: see `read_format`.
    """
    name, most = form["result_format"], int(form["partial_unexpected_count"])
    if name == "BOOLEAN_ONLY":
        return {}
    unexpected, judged = found.count, found.judged
    share = 100 * unexpected / judged
    result: dict[str, Any] = {
        "element_count": found.elements,
        "unexpected_count": unexpected,
        "unexpected_percent": share,
    }
    shows_values = not form.get("exclude_unexpected_values")
    if shows_values:
        result["partial_unexpected_list"] = list(values[:most])
    if found.missing is not None:
        result |= {
            "missing_count": found.missing,
            "missing_percent": 100 * found.missing / found.elements,
            "unexpected_percent_total": 100 * unexpected / found.elements,
            "unexpected_percent_nonmissing": share,
        }
    if name != "BASIC" and most > 0 and shows_values:
        result["partial_unexpected_counts"] = _counts(values, most)
    return result


def storable(value: Any) -> Any:
    """``value`` as JSON can hold it: no result of any type ends a run when it is stored.

    Days and instants are ISO 8601, NUMERIC is a number where a float holds it, else its digits.
    """
    if isinstance(value, Mapping):
        return {str(name): storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [storable(inner) for inner in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else canonical(value)
    if hasattr(value, "to_json"):  # a frame or a series of pandas: GX stores these itself
        return value
    if hasattr(value, "tolist"):  # NumPy's
        return storable(value.tolist())
    return canonical(value)


def _value(found: MapFound, table: Table, at: int) -> Any:
    """A failing value; of several columns by their names."""
    if len(found.columns) == 1:
        return table.rows[at][found.columns[0]]
    values = {name: table.rows[at][name] for name in found.columns}
    return values if len(found.columns) != 2 or found.is_list else tuple(values.values())


def _index(found: MapFound, table: Table, names: Any) -> list[Any]:
    if not names:
        return list(found.unexpected)
    listed = [names] if isinstance(names, str) else list(names)
    columns = [table.column(str(name)).name for name in listed]
    return [
        {name: table.rows[at][name] for name in (*found.columns, *columns)}
        for at in found.unexpected
    ]


def _counts(values: Sequence[Any], most: int) -> list[dict[str, Any]]:
    """The failing values that occur most often."""
    by_key: dict[Any, Any] = {}
    counts: Counter[Any] = Counter()
    try:
        for value in values:
            counts[key(value)] += 1
            by_key.setdefault(key(value), value)
    except TypeError:  # JSON may hold what has no hash
        return [{"error": "the values can't be counted"}]
    return [{"value": by_key[one], "count": count} for one, count in counts.most_common(most)]
