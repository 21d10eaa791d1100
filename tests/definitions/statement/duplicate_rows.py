"""duplicate_rows: per table, the share of rows of ``A - days .. A`` that repeat a key."""

from __future__ import annotations

from collections.abc import Sequence

from definitions.statement.keys import grades, keys, predictions
from definitions.statement.said import Said, Why, judged, skipped
from definitions.statement.seen import DAY, Seen, dates
from definitions.tables import Row


def duplicate_rows(seen: Seen) -> list[Said]:
    """A row a table, each with the anchor of its own kind of data."""
    return [
        _table(seen, "player_prop_predictions", "predictions", predictions(seen)),
        _table(seen, "prediction_accuracy", "grades", grades(seen)),
    ]


def _table(seen: Seen, name: str, kind: str, rows: Sequence[Row]) -> Said:
    anchor = seen.anchor(kind)
    window = dates(anchor - seen.var("days") * DAY, anchor)
    stored = keys(row for row in rows if row["game_date"] in window)
    if not stored:
        return skipped(anchor, Why.NO_ROWS, table_name=name)
    repeated = len(stored) - len(set(stored))
    return judged(
        anchor,
        table_name=name,
        duplicate_pct=100 * repeated / len(stored),
        numerator=repeated,
        denominator=len(stored),
    )
