"""Whose claims may be taken over: those of dead runs, as far as a lock shows that they are dead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plumbline.alerts.claims import Claims
from plumbline.alerts.state import Pending
from support.alert_world import START
from support.channel_messages import message

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("one_at_a_time", "mine", "other", "is_alive"),
    [
        (False, "a", "b", True),
        (True, "a", "b", False),
        (True, "a@one", "b@one", False),
        (True, "a@one", "b@two", True),
        (True, "a@one", "a@one", False),
    ],
    ids=["no lock", "one lock", "the same machine", "another machine", "its own"],
)
def test_a_claim_of_another_run_holds_unless_a_lock_shows_that_it_died(
    one_at_a_time: bool, mine: str, other: str, is_alive: bool
) -> None:
    pending = Pending(message(), START, claimed_by=other, claimed_until=START + MINUTE)
    claims = Claims(mine, one_at_a_time=one_at_a_time)
    assert claims.is_anothers(pending, START) is is_alive
    assert not claims.is_anothers(pending, START + MINUTE)
