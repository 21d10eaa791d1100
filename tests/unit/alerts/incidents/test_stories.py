"""What is said of one monitor, run after run: a table that can be read without the code.

A story is a row of runs, six hours apart: ``w`` WARNING, ``C`` CRITICAL, ``.`` PASS, ``E`` ERROR,
``s`` SKIPPED, ``-`` a run without the monitor; ``A`` before one: acknowledged just before it.
Muted runs stand in brackets. What is not in the table of a story says nothing at all. What stands in
parentheses is recorded, and nobody is told.
"""

from __future__ import annotations

import pytest

from support.incidents import History, mute, written

STORIES: dict[str, tuple[str, dict[int, str]]] = {
    "all is well": ("....", {}),
    "one failure": (".w..", {1: "opened, first failure", 2: "resolved, recovered"}),
    "a failure that stays is told once": ("wwwwwww", {0: "opened, first failure"}),
    "a warning is told again after 72 hours": (
        "w" * 25,
        {0: "opened, first failure", 12: "reminded, reminder due", 24: "reminded, reminder due"},
    ),
    "a critical is told again after 24 hours": (
        "C" * 9,
        {0: "opened, first failure", 4: "reminded, reminder due", 8: "reminded, reminder due"},
    ),
    "a run in between changes no interval": (
        "CC--C",
        {0: "opened, first failure", 4: "reminded, reminder due"},
    ),
    "it gets worse": ("wC", {0: "opened, first failure", 1: "escalated, status rose"}),
    "it gets better and is not well": (
        "Cw.",
        {
            0: "opened, first failure",
            1: "downgraded, status fell",
            2: "resolved, recovered",
        },
    ),
    "an escalation starts the interval anew": (
        "wwwCCCCC",
        {
            0: "opened, first failure",
            3: "escalated, status rose",
            7: "reminded, reminder due",
        },
    ),
    "an error is told, told again after 24 hours, and ends": (
        "EEEEE.",
        {0: "opened, first failure", 4: "reminded, reminder due", 5: "resolved, recovered"},
    ),
    "an error ends although nothing was expected": (
        "Es",
        {0: "opened, first failure", 1: "resolved, recovered"},
    ),
    "an error neither ends a data incident nor reminds of it": (
        "CEEEEEC.",
        {
            0: "opened, first failure",
            1: "opened, first failure",
            5: "reminded, reminder due",
            6: "reminded, reminder due; resolved, recovered",
            7: "resolved, recovered",
        },
    ),
    "the data is wrong after an error": (
        "EC",
        {0: "opened, first failure", 1: "opened, first failure; resolved, recovered"},
    ),
    "the data is well after an error": (
        "CE.",
        {
            0: "opened, first failure",
            1: "opened, first failure",
            2: "resolved, recovered; resolved, recovered",
        },
    ),
    "days without games say nothing, and end nothing": (
        "Cssssssss.",
        {0: "opened, first failure", 9: "resolved, recovered"},
    ),
    "days without games do not restart the interval": (
        "CCssssssCCCCCC",
        {0: "opened, first failure", 8: "reminded, reminder due", 12: "reminded, reminder due"},
    ),
    "it gets worse over days without games": (
        "wssC",
        {0: "opened, first failure", 3: "escalated, status rose"},
    ),
    "muted from the start, and well before the mute ends": (
        "[www.]",
        {0: "(suppressed, muted)", 3: "(resolved, recovered)"},
    ),
    "muted from the start, and still wrong when the mute ends": (
        "[ww]w.",
        {
            0: "(suppressed, muted)",
            2: "opened, no longer suppressed",
            3: "resolved, recovered",
        },
    ),
    "muted while open, the mute ends before a reminder is due": (
        "C[CC]CCCC",
        {0: "opened, first failure", 4: "reminded, reminder due"},
    ),
    "muted while open, a reminder comes late": (
        "C[CCCCC]CC",
        {0: "opened, first failure", 4: "(suppressed, muted)", 6: "reminded, reminder due"},
    ),
    "it gets worse under a mute, and is told after it": (
        "w[CC]C",
        {0: "opened, first failure", 1: "(suppressed, muted)", 3: "escalated, status rose"},
    ),
    "it gets worse and better under a mute: there is nothing to report": (
        "w[Cw]ww",
        {0: "opened, first failure", 1: "(suppressed, muted)"},
    ),
    "held back again after a while in which nothing was": (
        "w[C]w[C]",
        {0: "opened, first failure", 1: "(suppressed, muted)", 3: "(suppressed, muted)"},
    ),
    "what was told ends aloud, muted or not": (
        "w[w.]",
        {0: "opened, first failure", 2: "resolved, recovered"},
    ),
    "acknowledged: no reminders": (
        "CACCCCCC.",
        {0: "opened, first failure", 4: "(suppressed, acknowledged)", 7: "resolved, recovered"},
    ),
    "acknowledged, and it gets worse: told, and the acknowledgement has ended": (
        "wAwCCCCC",
        {0: "opened, first failure", 2: "escalated, status rose", 6: "reminded, reminder due"},
    ),
    "acknowledged, worse, then as before: the acknowledgement does not come back": (
        "wAwCw" + "w" * 12,
        {
            0: "opened, first failure",
            2: "escalated, status rose",
            3: "downgraded, status fell",
            15: "reminded, reminder due",
        },
    ),
    "an acknowledged warning gets well, and the next one is another": (
        "wAw.w",
        {0: "opened, first failure", 2: "resolved, recovered", 3: "opened, first failure"},
    ),
    "acknowledged error": (
        "EAEEEEE.",
        {0: "opened, first failure", 4: "(suppressed, acknowledged)", 6: "resolved, recovered"},
    ),
    "the third opening within 48 hours is flapping, and is told once": (
        "w.w.w.w.w.........",
        {
            0: "opened, first failure",
            1: "resolved, recovered",
            2: "opened, first failure",
            3: "resolved, recovered",
            4: "flapping, flapping",
            6: "(suppressed, flapping)",
            17: "resolved, recovered",
        },
    ),
    "flapping, and worse than was told": (
        "w.w.w.C",
        {
            0: "opened, first failure",
            1: "resolved, recovered",
            2: "opened, first failure",
            3: "resolved, recovered",
            4: "flapping, flapping",
            6: "escalated, status rose",
        },
    ),
    "flapping between critical and warning is told as the worse": (
        "C.C.CwCw",
        {
            0: "opened, first failure",
            1: "resolved, recovered",
            2: "opened, first failure",
            3: "resolved, recovered",
            4: "flapping, flapping",
            5: "(suppressed, flapping)",
        },
    ),
    "flapping, and wrong for a day": (
        "C.C.CCCCC",
        {
            0: "opened, first failure",
            1: "resolved, recovered",
            2: "opened, first failure",
            3: "resolved, recovered",
            4: "flapping, flapping",
            8: "reminded, reminder due",
        },
    ),
    "days without games do not make it calm": (
        "w.w.w.ssssssss.",
        {
            0: "opened, first failure",
            1: "resolved, recovered",
            2: "opened, first failure",
            3: "resolved, recovered",
            4: "flapping, flapping",
            14: "resolved, recovered",
        },
    ),
    "three openings in more than 48 hours do not flap": (
        "w....w....w",
        {
            0: "opened, first failure",
            1: "resolved, recovered",
            5: "opened, first failure",
            6: "resolved, recovered",
            10: "opened, first failure",
        },
    ),
    "flapping under a mute is told as flapping after it": (
        "[w.w.w]w",
        {
            0: "(suppressed, muted)",
            1: "(resolved, recovered)",
            2: "(suppressed, muted)",
            3: "(resolved, recovered)",
            4: "(suppressed, muted)",
            5: "flapping, no longer suppressed",
        },
    ),
}


@pytest.mark.parametrize(("runs", "expected"), STORIES.values(), ids=STORIES.keys())
def test_story(runs: str, expected: dict[int, str]) -> None:
    history = History()
    said: dict[int, str] = {}
    is_muted = False
    for letter in runs:
        if letter in "[]":
            is_muted = letter == "["
        elif letter == "A":
            history.acknowledge("coverage", "data")
            history.acknowledge("coverage", "error")
        else:
            run = history.runs
            history.mutes = [mute("coverage", until=run + 1)] if is_muted else []
            decision = history.step({"coverage": letter})
            if decision.changes:
                said[run] = written(decision.changes)
    assert said == expected
