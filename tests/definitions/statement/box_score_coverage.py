"""box_score_coverage: rows that the box scores' processor wrote for ``A``, against its final games."""

from __future__ import annotations

from definitions.statement.finals import Slate, slate
from definitions.statement.said import Said, Why, judged, skipped, unknown
from definitions.statement.seen import Seen
from definitions.tables import Row, at

LONG_AGO = at("1970-01-01")


def box_score_coverage(seen: Seen) -> list[Said]:
    """One row: of the latest successful run."""
    anchor = seen.anchor("phase")
    found = slate(seen, anchor, [anchor])
    if not isinstance(found, Slate):
        return [found]
    processor, a_game = seen.var("box_score_processor"), seen.var("box_scores_a_game")
    completions = [
        row
        for row in seen.rows("nba_orchestration.phase_completions", arrival="completed_at")
        if row["phase"] == seen.var("phase")
        and row["processor_name"] == processor
        and row["game_date"] == anchor
        and row["status"] == "success"
    ]
    if not completions:
        is_reported = processor in seen.var("expected_processors")
        return [(skipped if is_reported else unknown)(anchor, Why.NOT_COMPLETED)]
    records = max(completions, key=_lateness)["record_count"]
    if records is None:
        return [unknown(anchor, Why.NO_COUNT)]
    if records > a_game * (found.games + found.postponed):
        return [unknown(anchor, Why.TOO_MANY_ROWS)]
    expected = a_game * len(found.final)
    return [
        judged(
            anchor,
            found.why,
            coverage_pct=min(100 * records / expected, 100.0),
            numerator=records,
            denominator=expected,
        )
    ]


def _lateness(row: Row) -> tuple[object, int]:
    """Later runs are greater; of two at one instant, the one with more rows."""
    count = row["record_count"]
    return row["completed_at"] or LONG_AGO, -1 if count is None else count
