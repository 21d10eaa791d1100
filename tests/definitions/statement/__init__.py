"""What each monitor measures, said once more in plain Python: the third witness.

Written from the definitions, not from the SQL, and as they are written there: one file a monitor,
sets and counts over a few rows, one instant at a time. `test_random_worlds.py` holds the SQL against
it, on the embedded BigQuery and on Google's evaluator.

Where the definitions are silent, the statement follows the SQL, and says so where it does:

- NULL equals nothing. A prediction without a player is gradable and never graded; a row without
  a system is no system's; a game without an id is a game, but no prediction is on it. Rows that lack
  the same part of a key do repeat each other.
- A game that stands twice in the calendar on one date is one game, final if it once is.
- A prediction that came nobody knows when has come, but makes no freshness: unknown, unless
  one beside it has a time.
- Where a window without games touches a break, the break is the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from definitions.statement.bdb_coverage import bdb_coverage
from definitions.statement.box_score_coverage import box_score_coverage
from definitions.statement.duplicate_rows import duplicate_rows
from definitions.statement.feature_quality import feature_quality
from definitions.statement.game_status_lag import game_status_lag
from definitions.statement.grading_completeness import grading_completeness
from definitions.statement.line_coverage import line_coverage
from definitions.statement.phase_completion import phase_completion
from definitions.statement.player_coverage import player_coverage
from definitions.statement.prediction_freshness import prediction_freshness
from definitions.statement.processor_success import processor_success
from definitions.statement.recent_predictions import recent_predictions
from definitions.statement.said import Said
from definitions.statement.seen import Seen
from definitions.statement.usage_rate import usage_rate
from definitions.tables import World

__all__ = ["STATEMENTS", "state"]

STATEMENTS: Mapping[str, Callable[[Seen], list[Said]]] = {
    each.__name__: each
    for each in (
        line_coverage,
        grading_completeness,
        phase_completion,
        recent_predictions,
        player_coverage,
        bdb_coverage,
        game_status_lag,
        prediction_freshness,
        duplicate_rows,
        usage_rate,
        feature_quality,
        processor_success,
        box_score_coverage,
    )
}


def state(monitor: str, world: World, as_of: datetime, given: Mapping[str, Any]) -> list[Said]:
    """The rows that the monitor must give at ``as_of``, by the definitions."""
    return STATEMENTS[monitor](Seen(world, as_of, given))
