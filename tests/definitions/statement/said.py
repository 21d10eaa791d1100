"""What a monitor can say of an instant: rows, and the kinds of reasons that rows can have.

A row names only what it knows; a column that it leaves out is NULL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Any

Said = dict[str, Any]


class Why(Enum):
    """The kinds of reasons, each with the words that the SQL uses for it."""

    OFF_SEASON = r"no games .* \(off-season\)"
    BREAK = r"no games .* \((?!off-season|day off).*\)"
    DAY_OFF = r"no games .* \(day off\)"
    CALENDAR_KNOWS_NOTHING = r"no games .*, and none in the calendar after: it is empty or stale"
    FEW_FINAL = r"only \d+ of \d+ games final .*"
    ALL_POSTPONED = r"every game .* is postponed"
    LEFT_OUT = r"not counted: (\d+ of \d+ games not final|.*postponed)"
    NOTHING_GRADABLE = r"nothing gradable on the final games .* not final\)"
    LISTED_AS_POSTPONED = r"postponed: .* is not final"
    ARRIVED_UNTIMED = r".* has rows for .* without created_at"
    NO_ROWS = r"no rows in .*"
    NO_FEATURES = r"no feature rows .*"
    NO_ELEMENT = r"the variable usage_rate_feature names no element"
    FEW_SCORED = r"only \d+ of \d+ feature rows .* have a quality score"
    UNSCORED = r"not counted: \d+ of \d+ feature rows without a quality score"
    NO_RUNS = r"no runs recorded for .*"
    NOT_COMPLETED = r".* has not completed .*"
    NO_COUNT = r".* recorded no number of rows for .*"
    TOO_MANY_ROWS = r"\d+ rows for \d+ games of .*, more than \d+ a game"

    @classmethod
    def of(cls, reason: str | None) -> Why | None:
        """The kind of a reason in words."""
        if reason is None:
            return None
        (found,) = [why for why in cls if re.fullmatch(why.value, reason)]
        return found


def judged(anchor: date, why: Why | None = None, /, **columns: Any) -> Said:
    """There is something to judge."""
    return {"verdict": "judge", "reason": why, "anchor_date": anchor, **columns}


def skipped(anchor: date, why: Why, /, **columns: Any) -> Said:
    """Nothing was expected."""
    return {"verdict": "skip", "reason": why, "anchor_date": anchor, **columns}


def unknown(anchor: date, why: Why, /) -> Said:
    """Nobody can know."""
    return {"verdict": "unknown", "reason": why, "anchor_date": anchor}


def comparable(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a statement or of a witness, so that the same ones are equal."""
    told = [
        {
            name: Why.of(value) if name == "reason" and isinstance(value, str) else value
            for name, value in sorted(row.items())
            if value is not None and name != "as_of"
        }
        for row in rows
    ]
    return sorted(told, key=repr)
