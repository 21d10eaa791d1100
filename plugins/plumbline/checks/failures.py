"""What failed, as every output says it: how many of how many, the share, values, bound, condition.

Made once from the evaluated expectations, with what is personal masked before. Read by reports,
messages, records of runs and pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from plumbline.checks.expected import (
    column_of,
    columns_of,
    condition,
    expected,
    on_rows,
    value_in_words,
)
from plumbline.checks.failing import Cell, cell
from plumbline.checks.judged import STATUS_OF_SEVERITY, JudgedExpectation
from plumbline.checks.thresholds import FOLLOWS_HISTORY, OURS, USUAL
from plumbline.core.group_key import GroupKey
from plumbline.core.status import Status
from plumbline.core.text import count, listing, number, plain, share, unit_of
from plumbline.project.suites import ObservedColumn, Suite

MOST_SAMPLES = 20
"""Unexpected values or rows that are kept of an expectation."""

_RANK = {"info": 0, "warning": 1, "critical": 2}
_SIDES = ("min_value", "max_value", "mostly", "overrides")
_LEVEL = frozenset({*_SIDES, "strict_min", "strict_max", "batch_id"})
"""Arguments in which the two levels of one check differ."""

Row = tuple[tuple[str, Cell], ...]
"""Columns and values, in an order that JSON keeps."""
Sample = Cell | Row


@dataclass(frozen=True)
class Failure:
    """One expectation that the data did not meet."""

    expectation: str
    """Its type."""
    severity: str
    expected: str
    """What was required, in words: the column or columns and the bound or set."""
    column: str | None = None
    """Several are joined by ``, ``; None: it is about the whole table."""
    description: str | None = None
    """The suite's own words for it."""
    row_condition: str | None = None
    counted: Literal["rows", "groups", "values", "columns"] = "rows"
    """What the counts are of: rows; groups of rows; distinct values; a table's columns."""
    unexpected_count: int | None = None
    """None where nothing was counted: an aggregate, ``BOOLEAN_ONLY``."""
    element_count: int | None = None
    """All that were looked at, NULLs among them."""
    missing_count: int | None = None
    """Of them, NULLs that were passed over."""
    unexpected_percent: float | None = None
    """0 to 100, of the elements that were not passed over as NULL."""
    observed: Cell = None
    """What was held against the bound, where it is one value."""
    samples: tuple[Sample, ...] = ()
    """Unexpected values; by column where the expectation is about several, or about groups."""
    absent: tuple[Sample, ...] = ()
    """Values or columns that should be there and are not."""
    absent_count: int = 0
    unit: str = ""
    """Of ``observed`` and of the groups' numbers."""
    threshold: float | None = None
    """The bound that failed, where it is one number."""
    is_covered: bool = False
    """Another level of the same check failed at a worse severity: people are told of that one."""

    @property
    def status(self) -> Status:
        """What it makes of its monitor; PASS for ``info``, which changes nothing."""
        return STATUS_OF_SEVERITY.get(self.severity, Status.PASS)

    @property
    def head(self) -> str:
        """What was required, and of which rows; the suite's own words lead."""
        required = on_rows(self.expected, self.row_condition)
        return f"{self.description.rstrip('.')} ({required})" if self.description else required

    def text(self, *, most: int = MOST_SAMPLES, longest_head: int | None = None) -> str:
        """All of it on one line.

        ``state must be one of 'paid', 'open': 3 of 1,204 rows (0.2 %) fail: 'x', 'y'``

        Args:
            most: values, rows or groups that are named.
            longest_head: characters of what was required, where room is scarce: the counts stay.
        """
        head = self.head
        if longest_head is not None and len(head) > longest_head:
            head = f"{head[: longest_head - 1].rstrip()}…"
        return f"{head}: {self.found(most=most)}"

    def found(self, *, most: int = MOST_SAMPLES) -> str:
        """The part of `text` after the colon: what the data is like instead."""
        counts, samples = self.counts, self._sampled(most)
        said = f"{counts}: {samples}" if samples else counts
        observed = "" if self.observed is None else f"observed {self._observed()}"
        if self._is_whole:
            said, observed = "", f"observed {self.sample_in_words(self.samples[0])}"
        names = list(map(self.sample_in_words, self.absent))
        missing = listing(names, most, total=self.absent_count)
        absent = f"missing {missing}" if self.absent and most else ""
        return "; ".join(part for part in (said, observed, absent) if part) or "not met"

    @property
    def counts(self) -> str:
        """``3 of 1,204 rows (0.2 %) fail``; empty where nothing was counted."""
        failing = self.unexpected_count
        if failing is None or (self.absent and not failing):
            return ""
        fail = "fails" if failing == 1 else "fail"
        if self.element_count is None:
            return f"{count(failing, self.counted)} {fail}" if failing else ""
        if not self.element_count:
            return f"there are no {self.counted}"
        return f"{failing:,} of {count(self.element_count, self.counted)}{self._share()} {fail}"

    @property
    def _is_whole(self) -> bool:
        """Whether it is about one number of all rows, which is a group without a name."""
        return self.counted == "groups" and any(not isinstance(one, tuple) for one in self.samples)

    def _share(self) -> str:
        if self.unexpected_percent is None:
            return ""
        known = (self.element_count or 0) - (self.missing_count or 0)
        shown = share(self.unexpected_count or 0, known, self.unexpected_percent)
        return f" ({shown} of {known:,} non-NULL)" if self.missing_count else f" ({shown})"

    def _observed(self) -> str:
        if isinstance(self.observed, bool) or not isinstance(self.observed, int | float):
            return str(self.observed)
        if self.expectation in (OURS, FOLLOWS_HISTORY):
            return number(self.observed, self.unit, against=self.threshold)
        if isinstance(self.observed, int):
            return str(self.observed)
        return plain(self.observed, against=self.threshold)

    def _sampled(self, most: int) -> str:
        """The samples, each once, and how many more fail."""
        words = [self.sample_in_words(sample) for sample in self.samples]
        if not most or all(sample is None for sample in self.samples):
            return ""
        distinct = list(dict.fromkeys(words))
        shown = distinct[:most]
        failing = self.unexpected_count or 0
        if len(words) < failing:
            more = failing - sum(word in shown for word in words)
        else:
            more = len(distinct) - len(shown)
        return ", ".join(shown) + (f" and {more:,} more" if more else "")

    def sample_in_words(self, sample: Sample) -> str:
        """``'x'``, ``(a=1, b=2)``; of a group its label and number: ``catboost_v8 21.5 %``."""
        if isinstance(sample, str) and self.column is None:
            return sample  # the name of a column
        if self.expectation not in (OURS, FOLLOWS_HISTORY):
            return value_in_words(plain_sample(sample))
        if not isinstance(sample, tuple):
            return self._figure(sample)
        has_usual = sample[-1][0] == USUAL
        *key, (_, observed) = sample[:-1] if has_usual else sample
        shown = f"{GroupKey.of(dict(key)).label} {self._figure(observed)}"
        return f"{shown} ({sample[-1][1]})" if has_usual else shown

    def _figure(self, value: Cell) -> str:
        if isinstance(value, str):  # "masked"
            return value
        return number(value, self.unit, against=self.threshold)


def plain_sample(sample: Sample) -> Cell | dict[str, Cell]:
    """A sample as JSON has it: a value, or an object of a row."""
    return dict(sample) if isinstance(sample, tuple) else sample


def failures_of(suite: Suite, results: Sequence[JudgedExpectation]) -> tuple[Failure, ...]:
    """What ``results`` failed of, in their order; what could not be evaluated is not among them."""
    failed = [result for result in results if result.error is None and not result.success]
    return tuple(_failure(suite, result, failed) for result in failed)


def reported(failures: Sequence[Failure]) -> list[Failure]:
    """Those that people are told of, the worst first: of the two levels of a check the worse."""
    shown = [failure for failure in failures if not failure.is_covered]
    return sorted(shown, key=lambda failure: -_RANK[failure.severity])


def _failure(
    suite: Suite, result: JudgedExpectation, failed: Sequence[JudgedExpectation]
) -> Failure:
    kwargs = result.kwargs
    common: dict[str, Any] = {
        "expectation": result.type,
        "severity": result.severity,
        "expected": expected(result.type, kwargs),
        "column": column_of(result.type, kwargs),
        "description": result.description,
        "row_condition": condition(kwargs),
        "is_covered": any(_is_worse_level(other, result) for other in failed),
    }
    if result.type in (OURS, FOLLOWS_HISTORY):
        return Failure(**common, **_of_ours(suite, result))
    if result.unexpected_count is None or result.element_count is None:
        return Failure(**common, **_of_a_whole(result))
    return Failure(
        **common,
        unexpected_count=result.unexpected_count,
        element_count=result.element_count,
        missing_count=result.missing_count,
        unexpected_percent=result.unexpected_percent,
        samples=_samples(result),
    )


def _of_a_whole(result: JudgedExpectation) -> dict[str, Any]:
    """Of an aggregate, a set of distinct values, a table: what was observed, what is missing."""
    samples, absent = _samples(result), tuple(map(_sample, result.absent[:MOST_SAMPLES]))
    common = {
        "unexpected_count": result.unexpected_count,
        "samples": samples,
        "absent": absent,
        "absent_count": max(len(result.absent), result.missing_count or 0) if absent else 0,
    }
    if result.type == "unexpected_rows_expectation":
        return {**common, "counted": "rows"}
    if result.type.startswith("expect_table_columns_") and (samples or absent):
        return {**common, **_of_columns(result)}
    is_set = bool(samples or absent or result.unexpected_count is not None)
    return {
        **common,
        "counted": "values",
        "observed": None if is_set else _observed(result.observed),
        "threshold": _threshold(result),
    }


def _of_columns(result: JudgedExpectation) -> dict[str, Any]:
    unexpected = len(result.unexpected)
    columns = len(result.observed) if isinstance(result.observed, list | tuple) else 0
    elements = max(unexpected, columns)
    return {
        "counted": "columns",
        "unexpected_count": unexpected,
        "element_count": elements,
        "unexpected_percent": 100 * unexpected / elements if elements else None,
    }


def _of_ours(suite: Suite, result: JudgedExpectation) -> dict[str, Any]:
    declared = suite.monitor.observed
    column = str(result.kwargs.get("column", ""))
    unit = unit_of(
        column,
        declared.column if isinstance(declared, ObservedColumn) else None,
        declared.unit if declared else "",
    )
    failing = sorted((one for one in result.groups if not one["success"]), key=_how_bad)
    thresholds = {one["threshold"] for one in failing}
    elements = len(result.groups)
    if not elements and result.element_count is None:  # BOOLEAN_ONLY
        return {"unit": unit}
    is_whole = (
        elements == 1 and not result.groups[0]["key"] and bool(result.kwargs.get("aggregate"))
    )
    return {
        "counted": "groups" if is_whole or _are_groups(result) else "rows",
        "unexpected_count": len(failing),
        "element_count": elements,
        "unexpected_percent": 100 * len(failing) / elements if elements else None,
        "samples": tuple(_group(one, column) for one in failing[:MOST_SAMPLES]),
        "unit": unit,
        "threshold": thresholds.pop() if len(thresholds) == 1 else None,
    }


def _are_groups(result: JudgedExpectation) -> bool:
    """Whether each group is judged once; without an aggregate it may be judged row by row."""
    keys = [GroupKey.of(one["key"]) for one in result.groups]
    return bool(result.kwargs.get("group_by")) and len(set(keys)) == len(keys)


def _how_bad(group: Mapping[str, Any]) -> tuple[bool, float]:
    """NULL first, then the farthest beyond its threshold."""
    observed, threshold = group["observed"], group["threshold"]
    if observed is None or threshold is None:
        return (observed is not None, 0.0)
    return (True, -abs(observed - threshold))


def _group(group: Mapping[str, Any], column: str) -> Sample:
    observed = "masked" if group.get("masked") else cell(group["observed"])
    if not group["key"]:
        return observed
    key = [(str(name), cell(value)) for name, value in group["key"].items()]
    if group.get("rows") == 0:
        observed = "no rows"
    usual = group.get("usual")
    return (*key, (column, observed), *([(USUAL, str(usual))] if usual else []))


def _samples(result: JudgedExpectation) -> tuple[Sample, ...]:
    columns = columns_of(result.type, result.kwargs)
    found: list[Sample] = []
    for value in result.unexpected[:MOST_SAMPLES]:
        if result.type == "expect_column_values_to_not_be_null":
            found.append(None)  # pandas has no NULL of its own, and gives NaN
        elif isinstance(value, list | tuple) and len(columns) == len(value) > 1:
            found.append(_sample(dict(zip(columns, value, strict=True))))
        elif len(columns) == 1 and isinstance(value, Mapping):
            found.append(cell(value))  # a STRUCT
        else:
            found.append(_sample(value))
    return tuple(found)


def _sample(value: object) -> Sample:
    if isinstance(value, Mapping):
        return tuple((str(name), cell(inner)) for name, inner in value.items())
    return cell(value)


def _observed(value: object) -> Cell:
    """One value as it is; several in words."""
    if isinstance(value, Mapping) and {"quantiles", "values"} <= value.keys():
        pairs = zip(value["quantiles"], value["values"], strict=False)
        return listing([f"{one} {value_in_words(seen)}" for one, seen in pairs], MOST_SAMPLES)
    if isinstance(value, Mapping):
        return value_in_words(value)
    if isinstance(value, list | tuple | set | frozenset):
        return listing([value_in_words(one) for one in value], MOST_SAMPLES)
    return cell(value)


def _threshold(result: JudgedExpectation) -> float | None:
    seen = result.observed
    if isinstance(seen, bool) or not isinstance(seen, int | float):
        return None
    return result.bounds.broken_by(float(seen))


def _is_worse_level(other: JudgedExpectation, result: JudgedExpectation) -> bool:
    """Whether both are levels of one check, bounds on the same side, and ``other`` is worse."""
    if _RANK[other.severity] <= _RANK[result.severity]:
        return False
    return (
        other.type == result.type
        and _apart_from_level(other) == _apart_from_level(result)
        and bool(_sides(other) & _sides(result))
    )


def _apart_from_level(result: JudgedExpectation) -> dict[str, Any]:
    return {
        name: value
        for name, value in result.kwargs.items()
        if name not in _LEVEL and value is not None
    }


def _sides(result: JudgedExpectation) -> set[str]:
    return {name for name in _SIDES if result.kwargs.get(name) is not None}
