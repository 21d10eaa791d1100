"""Which rows made an expectation fail: positions among the rows that were judged.

Ours says it itself. GX's own say it of single values only where they are asked for all that they
know, so those that failed are asked again, of the same rows in memory: nothing else about their
results changes. Of aggregates of a column the bounds say it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.expectations.expectation import (
    ColumnMapExpectation,
    ColumnPairMapExpectation,
    MulticolumnMapExpectation,
)
from great_expectations.validator.v1_validator import Validator

from plumbline.expectations.bounds import Bounds, observe, to_blame
from plumbline.run.thresholds import FOLLOWS_HISTORY, OURS

logger = logging.getLogger(__name__)

_OF_VALUES = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)
_AGGREGATES = {
    "expect_column_max_to_be_between": "max",
    "expect_column_mean_to_be_between": "mean",
    "expect_column_median_to_be_between": "mean",  # the rows out of bounds, as for the mean
    "expect_column_min_to_be_between": "min",
    "expect_column_sum_to_be_between": "sum",
}


def failing_rows(
    suite: ExpectationSuite,
    result: ExpectationSuiteValidationResult,
    rows: Sequence[Mapping[str, Any]],
    *,
    again: Callable[[], Validator],
) -> dict[str, tuple[int, ...]]:
    """By the id of each expectation that failed, the positions of the rows to blame, worst first.

    Args:
        suite: whose expectations were evaluated.
        result: what GX found, as it gave it.
        rows: the judged rows.
        again: a validator over the same rows that reports everything.
    """
    built = {expectation.id: expectation for expectation in suite.expectations}
    validator: Validator | None = None
    found: dict[str, tuple[int, ...]] = {}
    for entry in result.results:
        config = entry.expectation_config
        if entry.success or config is None or config.id is None:
            continue
        expectation = built.get(config.id)
        if config.type in (OURS, FOLLOWS_HISTORY):
            positions = ((entry.result or {}).get("details") or {}).get("failing_rows") or ()
        elif config.type in _AGGREGATES:
            positions = _of_aggregate(entry, rows, _AGGREGATES[config.type])
        elif isinstance(expectation, _OF_VALUES):
            try:
                validator = validator or again()
                told = validator.validate_expectation(expectation)
            except Exception:  # a sample that can't be had must not cost the finding
                logger.debug("no rows of %s could be had", config.type, exc_info=True)
                continue
            positions = (told.result or {}).get("unexpected_index_list") or ()
        else:
            continue
        found[config.id] = tuple(position for position in positions if isinstance(position, int))
    return found


def _of_aggregate(
    entry: ExpectationValidationResult, rows: Sequence[Mapping[str, Any]], aggregate: str
) -> Sequence[int]:
    config = entry.expectation_config
    assert config is not None
    kwargs = config.kwargs
    bounds = Bounds(
        min_value=_number(kwargs.get("min_value")),
        max_value=_number(kwargs.get("max_value")),
        strict_min=bool(kwargs.get("strict_min")),
        strict_max=bool(kwargs.get("strict_max")),
    )
    # GX leaves NULLs out of an aggregate.
    positions = [at for at, row in enumerate(rows) if row.get(str(kwargs["column"])) is not None]
    columns = {name: [rows[at][name] for at in positions] for name in (rows[0] if rows else ())}
    try:
        groups = observe(columns, column=str(kwargs["column"]), aggregate=aggregate, group_by=())
    except (KeyError, TypeError):
        return ()  # a column of dates, say
    blamed = [row for group in groups for row in to_blame(group, bounds, aggregate)]
    return [positions[at] for _, at in sorted(blamed, key=lambda row: (-row[0], row[1]))]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
