"""grading_completeness: per system, the share of its gradable predictions that are graded."""

from __future__ import annotations

from definitions.statement.finals import Slate, slate
from definitions.statement.keys import grades, keys, predictions
from definitions.statement.said import Said, Why, judged, skipped
from definitions.statement.seen import DAY, Seen, dates


def grading_completeness(seen: Seen) -> list[Said]:
    """A row a system with something gradable on the final games of ``A - days + 1 .. A``."""
    anchor = seen.anchor("grades")
    found = slate(seen, anchor, dates(anchor - (seen.var("days") - 1) * DAY, anchor))
    if not isinstance(found, Slate):
        return [found]
    sources = seen.var("gradable_line_sources")
    final = {(game.game_date, game.game_id) for game in found.final}
    gradable = {
        key
        for key in keys(row for row in predictions(seen) if row["line_source"] in sources)
        if (key.game_date, key.game_id) in final
        # a game without an id is nobody's, and NULL is no system
        and key.game_id is not None
        and key.system_id is not None
    }
    if not gradable:
        return [skipped(anchor, Why.NOTHING_GRADABLE)]
    graded = {key for key in gradable & set(keys(grades(seen))) if key.is_whole}
    said = []
    for system in {key.system_id for key in gradable}:
        of = [key for key in gradable if key.system_id == system]
        done = [key for key in graded if key.system_id == system]
        said.append(
            judged(
                anchor,
                found.why,
                system_id=system,
                graded_pct=100 * len(done) / len(of),
                not_final_games=found.not_final,
                games=found.games,
                left_out_games=found.left_out,
                numerator=len(done),
                denominator=len(of),
            )
        )
    return said
