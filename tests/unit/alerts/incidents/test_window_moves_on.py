"""An incident that lasts is no news each day: a date or a game that comes in the place of another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from plumbline.core.alert_policy import Policy
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome
from plumbline.core.status import Status
from support.incidents import History, at, outcome, told

STATUSES = {"C": Status.CRITICAL, "w": Status.WARNING, ".": Status.PASS}
NEW = ["coverage: changed, new member"]


def group(word: str) -> GroupOutcome:
    """``2C`` is a date that is CRITICAL, ``2bC`` the same of system b, ``bC`` a game."""
    key: dict[str, str] = {}
    if word[0].isdigit():
        key["game_date"] = f"2026-01-0{word[0]}"
    if word[-2].isalpha():
        key["game_id"] = word[-2]
    return GroupOutcome(GroupKey.of(key), STATUSES[word[-1]], 1.0)


def see(history: History, words: str, status: Status | None = None) -> list[str]:
    """What is notified of a run that judges these groups."""
    groups = tuple(map(group, words.split()))
    worst = max((one.status for one in groups), key=lambda one: one.severity)
    found = replace(
        outcome("coverage", status or worst, at(history.runs)),
        groups=groups,
        judged=tuple(one.key for one in groups),
    )
    return told(history.run(found))


@pytest.mark.parametrize(
    ("runs", "news"),
    [
        (["1C", "2C"], []),
        (["1C", "1C 2C"], []),
        (["1C", "2C", "3C"], []),
        (["1C", "1C 2C", "2C 3C", "3C 4C"], []),
        (["1C", "1C 3C 4C"], []),
        (["1w", "1w 2w 3C"], ["coverage: escalated, status rose"]),
        (["1C 2w", "2w 3C"], NEW),
        (["1C", "1C 2.", "1C 2. 3C"], NEW),
        (["1C", "1. 2C"], NEW),
        (["2C", "1C 2C"], NEW),
        (["1C 2.", "1C 2C"], NEW),
        (["1aC 1b.", "2aC 2b."], []),
        (["1aC 1b.", "1aC 1b. 2a. 2bC"], NEW),
        (["1aC 1b.", "2aC 2bC"], NEW),
        (["1aC 1bC", "2aC 2b.", "3aC 3bC"], NEW),
        (["1aC", "2aC 2bC"], NEW),
        (["a. b.", "aC b.", "cC d."], []),
        (["a. b.", "aC bC", "cC dC", "eC fC"], []),
        (["a. b.", "aC b.", "b. cC"], NEW),
        (["a. b.", "aw bC", "cC d."], []),
        (["aC", "bC"], NEW),
    ],
    ids=[
        "the next date",
        "both are in the window",
        "date after date",
        "a window of two dates",
        "two at once, after a day without games",
        "one that makes it worse is news",
        "one that is worse than the date before it is news",
        "after a date that was well",
        "the date before it has recovered",
        "an earlier date is news",
        "a date that was well when it was judged before",
        "the same system on the next date",
        "another system on the next date",
        "two systems, of which one was well",
        "a system that was well on the date between",
        "a system that was never judged",
        "the games of the next day",
        "a total outage, day after day",
        "a game, while one of the day before is still judged",
        "the worst of those that left counts",
        "rows that are only those that fail",
    ],
)
def test_what_is_news_when_the_window_moves_on(runs: Sequence[str], news: list[str]) -> None:
    history = History()
    for words in runs[:-1]:
        see(history, words)
    assert see(history, runs[-1]) == news


def test_of_more_groups_than_are_remembered_each_new_one_is_news(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("plumbline.alerts.incidents.window.MOST_ARRIVALS", 2)
    history = History()
    for words in ("a. b. c.", "a. bC c."):
        see(history, words)
    assert see(history, "a. c. dC") == NEW
    assert see(history, "1C 2. 3.") == NEW
    assert see(history, "1C 2. 4C") == NEW


def test_it_fails_since_the_first_of_them_did() -> None:
    history = History()
    for words in ("1C", "2C", "2C 3C"):
        see(history, words)
    members = history.open("coverage").members
    assert [json.loads(member.key)["game_date"] for member in members] == [
        "2026-01-02",
        "2026-01-03",
    ]
    assert {member.since for member in members} == {at(0)}


def test_an_incident_that_lasts_is_repeated_by_its_interval_alone() -> None:
    history = History(policy=Policy(remind_critical=timedelta(hours=72)))
    notified = [(day, see(history, f"{day}C")) for day in range(1, 10) for _ in range(4)]
    assert [(day, texts) for day, texts in notified if texts] == [
        (1, ["coverage: opened, first failure"]),
        (4, ["coverage: reminded, reminder due"]),
        (7, ["coverage: reminded, reminder due"]),
    ]


def test_an_acknowledgement_covers_the_dates_that_follow() -> None:
    history = History(policy=Policy(remind_critical=timedelta(hours=12)))
    see(history, "1C")
    history.acknowledge("coverage")
    assert [see(history, f"{day}C") for day in range(2, 8)] == [[]] * 6
    assert see(history, "7. 8C 8aC") == NEW
