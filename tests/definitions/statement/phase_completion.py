"""phase_completion: whether each expected processor has finished the date ``A``."""

from __future__ import annotations

from definitions.statement.games import game_days, no_game
from definitions.statement.said import Said, judged
from definitions.statement.seen import Seen


def phase_completion(seen: Seen) -> list[Said]:
    """A row an expected processor."""
    anchor = seen.anchor("phase")
    if anchor not in game_days(seen):
        return [no_game(seen, anchor, [anchor])]
    finished = {
        row["processor_name"]
        for row in seen.rows("nba_orchestration.phase_completions", arrival="completed_at")
        if row["phase"] == seen.var("phase")
        and row["game_date"] == anchor
        and row["status"] == "success"
    }
    return [
        judged(
            anchor,
            processor_name=processor,
            complete=int(processor in finished),
            numerator=int(processor in finished),
            denominator=1,
        )
        for processor in set(seen.var("expected_processors"))
    ]
