"""The instants that a soak judges."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from soak.instants import FILLING, STEP, instants_until

LAST = datetime(2026, 2, 3, tzinfo=ZoneInfo("America/New_York"))


def test_the_second_half_goes_as_the_schedule_and_the_first_fills_sixty_days() -> None:
    found = instants_until(LAST, 200)
    in_utc = [instant.astimezone(UTC) for instant in found]
    gaps = [later - earlier for earlier, later in pairwise(in_utc)]
    assert found[-1] == LAST
    assert gaps == [FILLING] * 99 + [STEP] * 100
    assert found[100] - found[0] >= timedelta(days=60)
