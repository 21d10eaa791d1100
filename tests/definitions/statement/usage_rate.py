"""usage_rate: the share of feature rows of ``A`` with a usage rate."""

from __future__ import annotations

from definitions.statement.games import game_days, no_game
from definitions.statement.said import Said, Why, judged, skipped, unknown
from definitions.statement.seen import Seen


def usage_rate(seen: Seen) -> list[Said]:
    """One row; nothing is checked where the element is not known. A vector that is too short to
    have the element has no usage rate.
    """
    anchor, element = seen.anchor("features"), seen.var("usage_rate_feature")
    if element < 0:
        return [skipped(anchor, Why.NO_ELEMENT)]
    if anchor not in game_days(seen):
        return [no_game(seen, anchor, [anchor])]
    vectors = [
        row["features"]
        for row in seen.rows("nba_predictions.ml_feature_store_v2", arrival="created_at")
        if row["game_date"] == anchor
        and row["features"] is not None
        and len(row["features"]) >= seen.var("minimum_features")
    ]
    rates = [vector[element] for vector in vectors if len(vector) > element]
    if not rates:
        return [unknown(anchor, Why.NO_FEATURES)]
    with_rate = sum(rate > 0 for rate in rates)
    return [
        judged(
            anchor,
            usage_rate_pct=100 * with_rate / len(vectors),
            numerator=with_rate,
            denominator=len(vectors),
        )
    ]
