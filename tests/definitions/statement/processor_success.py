"""processor_success: which runs of processors for ``A`` succeeded."""

from __future__ import annotations

from definitions.statement.games import game_days, no_game
from definitions.statement.said import Said, Why, judged, unknown
from definitions.statement.seen import Seen


def processor_success(seen: Seen) -> list[Said]:
    """A row a run. Rows of one run are told by its processor and id; without an id each is a run.

    A run that has begun by now is judged by all that is recorded of it.
    """
    anchor = seen.anchor("grades")
    if anchor not in game_days(seen):
        return [no_game(seen, anchor, [anchor])]
    table = "nba_reference.processor_run_history"
    begun = [row for row in seen.rows(table, arrival="started_at") if row["data_date"] == anchor]
    runs = [(row["processor_name"], [row]) for row in begun if row["run_id"] is None]
    for processor, run_id in {
        (row["processor_name"], row["run_id"]) for row in begun if row["run_id"] is not None
    }:
        rows = [
            row
            for row in seen.rows(table)
            if row["data_date"] == anchor
            and (row["processor_name"], row["run_id"]) == (processor, run_id)
        ]
        runs.append((processor, rows))
    if not runs:
        return [unknown(anchor, Why.NO_RUNS)]
    return [
        judged(
            anchor,
            processor_name=processor,
            success_pct=100.0 if succeeded else 0.0,
            numerator=int(succeeded),
            denominator=1,
        )
        for processor, rows in runs
        for succeeded in (any(row["status"] == "success" for row in rows),)
    ]
