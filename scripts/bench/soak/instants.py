"""The instants that the runs judge.

The data docs keep the worst run of each of the last sixty days, and an archive a monitor and month:
for so long a run has a little more to read and to draw than the one before, and memory rises with
it. That must not look like a leak: the first half of the runs fills both, first by a
day a run, then by six hours, as the schedule does; the second half, which is judged, goes on so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

FILLING = timedelta(days=1)
STEP = timedelta(hours=6)


def instants_until(last: datetime, runs: int) -> list[datetime]:
    """So many, oldest first, in the zone of ``last``, which is the last of them."""
    by_day = 3 * runs // 20
    back = [STEP] * (runs - by_day) + [FILLING] * by_day
    found = [last.astimezone(UTC)]
    while len(found) < runs:
        found.append(found[-1] - back[len(found) - 1])
    return [instant.astimezone(last.tzinfo) for instant in reversed(found)]
