"""line_coverage: per game day of ``A - days .. A``, the share of feature rows with a line."""

from __future__ import annotations

from definitions.statement.games import game_days, no_game
from definitions.statement.said import Said, judged
from definitions.statement.seen import DAY, Seen, dates


def line_coverage(seen: Seen) -> list[Said]:
    """A row a game day; one without feature rows is 0 %."""
    anchor = seen.anchor("features")
    window = dates(anchor - seen.var("days") * DAY, anchor)
    days = [day for day in window if day in game_days(seen)]
    if not days:
        return [no_game(seen, anchor, window)]
    vectors = [
        (row["game_date"], row["features"])
        for row in seen.rows("nba_predictions.ml_feature_store_v2", arrival="created_at")
        if row["features"] is not None and len(row["features"]) >= seen.var("minimum_features")
    ]
    said = []
    for day in days:
        rows = [features for on, features in vectors if on == day]
        with_line = [features for features in rows if _line(seen, features) > 0]
        said.append(
            judged(
                anchor,
                game_date=day,
                coverage_pct=100 * len(with_line) / len(rows) if rows else 0.0,
                numerator=len(with_line),
                denominator=len(rows),
            )
        )
    return said


def _line(seen: Seen, features: list[float]) -> float:
    place = seen.var("line_feature")
    return features[place] if place < len(features) else 0.0
