"""duplicate_rows, as the definitions have it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import Case, Interview
from definitions.tables import day, grade, prediction, world

MONITOR = "duplicate_rows"
DAYS = {"days": 3}
PREDICTIONS, GRADES = "player_prop_predictions", "prediction_accuracy"


def judged(table: str, anchor: str, pct: float, repeated: int, rows: int) -> dict[str, Any]:
    """A table with rows."""
    return {
        "verdict": "judge",
        "reason": None,
        "anchor_date": day(anchor),
        "table_name": table,
        "duplicate_pct": pct,
        "numerator": repeated,
        "denominator": rows,
    }


def empty(table: str, anchor: str, dates: str) -> dict[str, Any]:
    """A table without rows."""
    return {
        "verdict": "skip",
        "reason": f"no rows in {table} {dates}",
        "anchor_date": day(anchor),
        "table_name": table,
        **dict.fromkeys(("duplicate_pct", "numerator", "denominator")),
    }


# For a bare date D: predictions of D-3 to D, grades of D-4 to D-1.
TABLES = world(
    # the first and the last date of the window, and those beyond
    prediction("a", "2026-01-29"),
    prediction("a", "2026-01-29"),
    prediction("a", "2026-01-30"),
    prediction("a", "2026-02-02"),
    prediction("a", "2026-02-03"),
    prediction("a", "2026-02-03"),
    grade("a", "2026-01-28"),
    grade("a", "2026-01-28"),
    grade("a", "2026-01-29"),
    grade("a", "2026-01-29"),
    grade("a", "2026-01-29"),
    grade("a", "2026-02-01"),
    grade("a", "2026-02-02"),
    grade("a", "2026-02-02"),
)

KEYS = world(
    # system, date, game and player make the key; nothing else does
    prediction("a", "2025-12-10", "p1", "g1"),
    prediction("b", "2025-12-10", "p1", "g1"),
    prediction("a", "2025-12-11", "p1", "g1"),
    prediction("a", "2025-12-10", "p2", "g1"),
    prediction("a", "2025-12-10", "p1", "g2"),
    prediction("a", "2025-12-10", "p1", "g1", line="NO_PROP_LINE", arrived="2025-12-09 12:00"),
    # voided grades repeat too; three of one key are two too many
    grade("a", "2025-12-10", voided=True),
    grade("a", "2025-12-10"),
    grade("a", "2025-12-10"),
    grade("a", "2025-12-10", "p2"),
)

ARRIVALS = world(
    prediction("a", "2026-01-10", arrived=None),
    prediction("a", "2026-01-10", arrived="2026-01-10 12:00"),
    prediction("a", "2026-01-10", arrived="2026-01-10 12:00:01"),
    # another key, the later of its rows stored first
    prediction("a", "2026-01-10", "p2", arrived="2026-01-10 12:00:02"),
    prediction("a", "2026-01-10", "p2", arrived="2026-01-10 12:00"),
)

CASES = [
    Case(
        "four dates up to the anchor of each table's own kind of data",
        TABLES,
        "2026-02-02",
        [
            judged(PREDICTIONS, "2026-02-02", 0.0, 0, 2),
            judged(GRADES, "2026-02-01", 50.0, 2, 4),
        ],
        DAYS,
    ),
    Case(
        "predictions of a date are due at 10:00, grades the next day at 15:00",
        TABLES,
        "2026-02-03 15:00",
        [
            judged(PREDICTIONS, "2026-02-03", 100 / 3, 1, 3),
            judged(GRADES, "2026-02-02", 100 / 3, 1, 3),
        ],
        DAYS,
    ),
    Case(
        "and not a second before",
        TABLES,
        "2026-02-03 09:59:59",
        [
            judged(PREDICTIONS, "2026-02-02", 0.0, 0, 2),
            judged(GRADES, "2026-02-01", 50.0, 2, 4),
        ],
        DAYS,
    ),
    Case(
        "a key is system, date, game and player",
        KEYS,
        "2025-12-11",
        [
            judged(PREDICTIONS, "2025-12-11", 100 / 6, 1, 6),
            judged(GRADES, "2025-12-10", 50.0, 2, 4),
        ],
        DAYS,
    ),
    Case(
        "what arrives after the instant is not seen; a table without rows is skipped",
        ARRIVALS,
        "2026-01-10 11:59",
        [
            judged(PREDICTIONS, "2026-01-10", 0.0, 0, 1),
            empty(GRADES, "2026-01-08", "2026-01-05 to 2026-01-08"),
        ],
        DAYS,
    ),
    Case(
        "what arrives at the instant is seen",
        ARRIVALS,
        "2026-01-10 12:00",
        [
            judged(PREDICTIONS, "2026-01-10", 100 / 3, 1, 3),
            empty(GRADES, "2026-01-08", "2026-01-05 to 2026-01-08"),
        ],
        DAYS,
    ),
    Case(
        "no rows anywhere",
        ARRIVALS,
        "2026-02-10",
        [
            empty(PREDICTIONS, "2026-02-10", "2026-02-07 to 2026-02-10"),
            empty(GRADES, "2026-02-09", "2026-02-06 to 2026-02-09"),
        ],
        DAYS,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
