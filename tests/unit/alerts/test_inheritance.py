"""Who goes on from a state that names no project: only who can show that it is its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from plumbline.alerts.incidents.model import Incident, Known, MonitorMemory
from plumbline.alerts.inheritance import Claimant, why_not_own
from plumbline.alerts.state import AlertState
from plumbline.core.status import Status
from plumbline.history.reader import UnclaimedOutcome

AT = datetime(2026, 2, 3, 5, tzinfo=UTC)
SHOP = Claimant(frozenset({"orders", "refunds"}), frozenset({"daily"}), "bigquery")


def state(*open_ones: str, remembered: tuple[str, ...] = ("orders",)) -> AlertState:
    incidents = tuple(
        Incident(
            id=f"{name}-1", monitor=name, kind="data", status=Status.CRITICAL,
            worst=Status.CRITICAL, opened_at=AT, last_seen=AT, checkpoint="daily",
        )
        for name in open_ones
    )  # fmt: skip
    return AlertState(
        known=Known(incidents, {name: MonitorMemory(name, AT) for name in remembered})
    )


def ran(run: str, *monitors: str, target: str = "bigquery", checkpoint: str = "daily"):  # type: ignore[no-untyped-def]
    return [UnclaimedOutcome(run, checkpoint, target, name, None) for name in monitors]


def in_turn(sql: str):  # type: ignore[no-untyped-def]
    """A run a letter, which names its SQL."""
    return [
        UnclaimedOutcome(str(run), "daily", "bigquery", "orders", None, letter)
        for run, letter in enumerate(sql)
    ]


CASES = {
    "all of it is its own": (state("orders"), ran("1", "orders", "refunds"), SHOP, None),
    "nothing was recorded, but remembered": (state(), [], SHOP, None),
    "a monitor was deleted lately": (state(), ran("1", "orders", "refunds", "gone"), SHOP, None),
    "runs of another target are the fewer": (
        state(), ran("1", "orders") + ran("2", "orders") + ran("3", "orders", target="dev"), SHOP, None),
    "an incident of another project is open": (state("payments"), ran("1", "orders"), SHOP, "incidents of payments"),
    "nothing of it is known": (state(remembered=("payments",)), [], SHOP, "none of its monitors"),
    "most runs are of another target": (state(), ran("1", "orders", target="dev"), SHOP, "target dev"),
    "another project ran too": (state(), ran("1", "orders") + ran("2", "payments"), SHOP, "have no monitor of this project"),
    "another checkpoint": (state(), ran("1", "orders", checkpoint="nightly"), SHOP, "checkpoint nightly"),
    "most monitors are another's": (
        state(), ran("1", "orders", "a", "b"), SHOP, "most of the recorded monitors"),
    "another repository": (
        state(), ran("1", "orders"), replace(SHOP, is_other_repository=True), "commits that this repository"),
    "two projects with the same monitors, without git": (
        state(), in_turn("ABABAB"), SHOP, "two projects wrote it (the SQL of orders"),
    "two projects with the same monitors, one of them in this repository": (
        state(), in_turn("ABABAB"), replace(SHOP, is_same_repository=True), None),
    "its SQL was changed, and back": (state(), in_turn("AABBAA"), SHOP, None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_who_can_show_that_a_state_is_its_own(case: str) -> None:
    left, recorded, claimant, expected = CASES[case]

    why_not = why_not_own(left, recorded, claimant)

    assert why_not is None if expected is None else expected in str(why_not)
