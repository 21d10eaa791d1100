"""How many runs a checkpoint's schedules make in a month. Pure.

Used wherever a cost is carried over to a month.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from plumbline.project.due import due_between
from plumbline.project.schedule import Schedule

MONTH = timedelta(days=30)

_COUNTED = 1500
"""Of a schedule that runs more often than every half an hour, the rest is carried over."""


def runs_per_month(schedules: Sequence[Schedule], checkpoint: str, *, now: datetime) -> float:
    """Runs in the thirty days after ``now``; 0 where no schedule names the checkpoint."""
    return sum(_runs(one, now) for one in schedules if one.checkpoint == checkpoint)


def _runs(schedule: Schedule, now: datetime) -> float:
    due = list(islice(due_between(schedule, now, now + MONTH), _COUNTED))
    if len(due) < _COUNTED:
        return len(due)
    return len(due) * (MONTH / (due[-1] - now))
