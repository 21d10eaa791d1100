"""How many runs in a row it takes until somebody is notified. Letters as in `test_stories`."""

from __future__ import annotations

import pytest

from plumbline.core.alert_policy import Policy
from support.incidents import History, told, written

STORIES: dict[str, tuple[Policy, str, dict[int, str]]] = {
    "one error notifies no one": (
        Policy(),
        ".E..",
        {1: "(suppressed, not confirmed yet)", 2: "(resolved, recovered)"},
    ),
    "the second error in a row is notified": (
        Policy(),
        ".EE.",
        {
            1: "(suppressed, not confirmed yet)",
            2: "opened, confirmed",
            3: "resolved, recovered",
        },
    ),
    "an error every other run is notified as flapping": (
        Policy(),
        "E.E.E",
        {
            0: "(suppressed, not confirmed yet)",
            1: "(resolved, recovered)",
            2: "(suppressed, not confirmed yet)",
            3: "(resolved, recovered)",
            4: "flapping, flapping",
        },
    ),
    "wrong data is notified at once": (
        Policy(),
        "C.w",
        {0: "opened, first failure", 1: "resolved, recovered", 2: "opened, first failure"},
    ),
    "a run without the monitor does not count": (
        Policy(),
        "E-E",
        {0: "(suppressed, not confirmed yet)", 2: "opened, confirmed"},
    ),
    "a critical that needs two runs": (
        Policy(confirm_critical=2),
        "CC",
        {0: "(suppressed, not confirmed yet)", 1: "opened, confirmed"},
    ),
    "a warning that becomes critical for one run": (
        Policy(confirm_critical=2),
        "wCw",
        {0: "opened, first failure", 1: "(suppressed, not confirmed yet)"},
    ),
    "a warning that becomes critical and stays": (
        Policy(confirm_critical=2),
        "wCC",
        {
            0: "opened, first failure",
            1: "(suppressed, not confirmed yet)",
            2: "escalated, status rose",
        },
    ),
    "three runs": (
        Policy(confirm_warning=3),
        "www",
        {0: "(suppressed, not confirmed yet)", 2: "opened, confirmed"},
    ),
}


@pytest.mark.parametrize(("policy", "runs", "expected"), STORIES.values(), ids=STORIES.keys())
def test_story(policy: Policy, runs: str, expected: dict[int, str]) -> None:
    history = History(policy)
    said = {}
    for run, letter in enumerate(runs):
        decision = history.step({"coverage": letter})
        if decision.changes:
            said[run] = written(decision.changes)
    assert said == expected


def test_a_parent_that_is_not_confirmed_does_not_silence_its_child() -> None:
    history = History(Policy())
    depends_on = {"child": ["parent"]}
    assert told(history.step({"parent": "E", "child": "w"}, depends_on)) == [
        "child: opened, first failure"
    ]
    assert told(history.step({"parent": "E", "child": "w"}, depends_on)) == [
        "parent: opened, confirmed"
    ]


def test_a_child_is_named_once_both_are_confirmed() -> None:
    history = History(Policy())
    depends_on = {"child": ["parent"]}
    history.step({"parent": "E", "child": "E"}, depends_on)
    (parent, child) = history.step({"parent": "E", "child": "E"}, depends_on).changes
    assert [one.incident.monitor for one in parent.children] == ["child"]
    assert child.inhibited_by == "parent"
