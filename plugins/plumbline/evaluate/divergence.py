"""The Kullback-Leibler divergence of values that were counted elsewhere, by Great Expectations.

Used for suites over tables, where BigQuery counts. Great Expectations is imported when it computes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plumbline.evaluate.domain import Kwargs
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.found import ValueFound

_OF_ROWS = ("row_condition", "condition_parser")


def judge_divergence(
    kwargs: Kwargs,
    count: int,
    *,
    by_value: Mapping[Any, int] | None = None,
    histogram: Sequence[int] = (),
    tails: tuple[int, int] = (0, 0),
) -> ValueFound:
    """What `expect_column_kl_divergence_to_be_less_than` finds.

    Args:
        kwargs: of the expectation.
        count: values that are not NULL.
        by_value: how many there are of each, for a partition of values.
        histogram: how many there are in each bin, for a partition of bins.
        tails: how many there are below and above the bins.

    Raises:
        EvaluationError: the partition is none, or does not go with the other arguments.
    """
    import pandas as pd
    from great_expectations.expectations.core.expect_column_kl_divergence_to_be_less_than import (
        ExpectColumnKLDivergenceToBeLessThan,
    )

    metrics: dict[str, Any] = {
        "column_values.nonnull.count": count,
        "column.histogram": list(histogram),
        "below_partition": tails[0],
        "above_partition": tails[1],
    }
    if by_value is not None:
        counts = pd.Series(list(by_value.values()), index=list(by_value), name="count")
        metrics["column.value_counts"] = counts
    known = {name: value for name, value in kwargs.items() if name not in _OF_ROWS}
    try:
        judged = ExpectColumnKLDivergenceToBeLessThan(**known)._validate(metrics)
    except (ValueError, TypeError) as fault:
        raise EvaluationError(f"partition_object: {fault}") from None
    return ValueFound(bool(judged["success"]), judged["result"])
