"""The instants that a soak judges."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bench.soak.instants import FILLING, STEP, instants_until

LAST = datetime(2026, 2, 3, tzinfo=ZoneInfo("America/New_York"))


def test_the_first_half_fills_sixty_days_and_a_month_and_then_all_goes_as_the_schedule() -> None:
    found = instants_until(LAST, 400)
    in_utc = [instant.astimezone(UTC) for instant in found]
    gaps = [later - earlier for earlier, later in pairwise(in_utc)]
    assert found[-1] == LAST
    assert gaps == [FILLING] * 59 + [STEP] * 340
    assert found[60] - found[0] >= timedelta(days=59)
    assert found[200] - found[60] >= timedelta(days=31)
