"""feature_quality: the mean quality score of the feature rows of ``A``."""

from __future__ import annotations

from definitions.statement.games import game_days, no_game
from definitions.statement.said import Said, Why, judged, unknown
from definitions.statement.seen import Seen


def feature_quality(seen: Seen) -> list[Said]:
    """One row; rows without a score are left out, as long as at least half have one."""
    anchor = seen.anchor("features")
    if anchor not in game_days(seen):
        return [no_game(seen, anchor, [anchor])]
    scores = [
        row["feature_quality_score"]
        for row in seen.rows("nba_predictions.ml_feature_store_v2", arrival="created_at")
        if row["game_date"] == anchor
        and row["features"] is not None
        and len(row["features"]) >= seen.var("minimum_features")
    ]
    if not scores:
        return [unknown(anchor, Why.NO_FEATURES)]
    known = [score for score in scores if score is not None]
    if len(known) < len(scores) / 2:
        return [unknown(anchor, Why.FEW_SCORED)]
    total = float(sum(known))
    return [
        judged(
            anchor,
            Why.UNSCORED if len(known) < len(scores) else None,
            quality=total / len(known),
            without_score=len(scores) - len(known),
            numerator=total,
            denominator=len(known),
        )
    ]
