"""The shipped monitors, and every case that is told of one of them."""

from __future__ import annotations

from collections.abc import Iterator

from definitions import (
    test_bdb_coverage,
    test_box_score_coverage,
    test_duplicate_rows,
    test_feature_quality,
    test_game_status_lag,
    test_grading_completeness,
    test_line_coverage,
    test_phase_completion,
    test_player_coverage,
    test_prediction_freshness,
    test_processor_success,
    test_recent_predictions,
    test_usage_rate,
)
from definitions.cases import Case

_MODULES = (
    test_bdb_coverage,
    test_box_score_coverage,
    test_duplicate_rows,
    test_feature_quality,
    test_game_status_lag,
    test_grading_completeness,
    test_line_coverage,
    test_phase_completion,
    test_player_coverage,
    test_prediction_freshness,
    test_processor_success,
    test_recent_predictions,
    test_usage_rate,
)

MONITORS = tuple(module.MONITOR for module in _MODULES)


def told() -> Iterator[tuple[str, Case]]:
    """Each monitor with each of its cases."""
    for module in _MODULES:
        for case in module.CASES:
            yield module.MONITOR, case
