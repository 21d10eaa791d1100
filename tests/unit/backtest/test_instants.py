"""When the schedule would have run: by its cron or by steps, across daylight saving."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plumbline.backtest.instants import MOST_INSTANTS, Span, choose_span
from plumbline.core.errors import ConfigError
from plumbline.core.instants import in_utc
from plumbline.project import Project
from support.projects import SmallProject

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


def span(first: str, last: str, every: str | None, checkpoint: str = "health_check") -> Span:
    return choose_span(Project(ROOT), checkpoint, first=first, last=last, every=every, now=NOW)


def wall(found: Span) -> list[str]:
    return [f"{at.astimezone(found.zone):%d %H:%M}" for at in found.instants]


def test_without_a_step_the_checkpoints_own_schedule_says_when() -> None:
    found = span("2026-02-01", "2026-02-01", None, "health_check_full")
    assert found.how == "0 */6 * * * (America/Los_Angeles)"
    # six hours by the clock of Los Angeles, of a day of New York
    assert wall(found) == [
        "01 00:00", "01 06:00", "01 12:00", "01 18:00",
    ]  # fmt: skip


def test_without_a_checkpoint_every_schedule_is_replayed_on_its_own_cron_and_zone() -> None:
    found = choose_span(
        Project(ROOT), None, first="2026-02-01", last="2026-02-01", every=None, now=NOW
    )
    runs = [(f"{at.astimezone(NEW_YORK):%d %H:%M}", name) for at, name in found.runs]
    assert runs == [
        ("01 03:00", "health_check_full"),
        ("01 09:00", "health_check_full"),
        ("01 10:15", "daily_validation"),
        ("01 15:00", "health_check_full"),
        ("01 21:00", "health_check_full"),
    ]
    assert [one.how for one in found.schedules] == [
        "0 */6 * * * (America/Los_Angeles)",
        "15 10 * * * (America/New_York)",
    ]
    assert found.instants == tuple(at for at, _ in found.runs)


def test_a_step_without_a_checkpoint_is_that_of_all_scheduled_ones() -> None:
    found = choose_span(
        Project(ROOT), None, first="2026-02-01", last="2026-02-01", every="12h", now=NOW
    )
    assert found.checkpoints == ("health_check_full", "daily_validation")
    assert [name for _, name in found.runs] == 2 * ["health_check_full", "daily_validation"]
    assert found.how == "every 12h"


def test_without_schedules_a_step_is_of_the_default_checkpoint(small: SmallProject) -> None:
    days = {"first": "2026-02-01", "last": "2026-02-02", "now": NOW}
    found = choose_span(small.project, None, every="6h", **days)
    assert found.checkpoints == ("health_check",)
    with pytest.raises(ConfigError) as refused:
        choose_span(small.project, None, every=None, **days)
    assert refused.value.what == "the project has no schedule to replay"
    assert "--checkpoint health_check --every 6h" in str(refused.value.fix)


def test_two_schedules_of_a_checkpoint_run_it_once_at_an_instant(small: SmallProject) -> None:
    small.checkpoint(name="nightly")
    (small.root / "checkpoints" / "schedule.yml").write_text(
        "schedules:\n"
        "- {checkpoint: nightly, cron: 0 6 * * *, timezone: UTC, deadline: 1h, notify: [slack]}\n"
        "- {checkpoint: nightly, name: noon, cron: '0 6,12 * * *', timezone: UTC, deadline: 1h,"
        " notify: [slack]}\n"
        "- {checkpoint: gone, cron: 0 6 * * *, timezone: UTC, deadline: 1h, notify: [slack]}\n"
    )
    found = choose_span(
        Project(small.root), None, every=None, now=NOW,
        first="2026-02-01T00:00:00Z", last="2026-02-02T00:00:00Z",
    )  # fmt: skip
    assert [(at.hour, name) for at, name in found.runs] == [(6, "nightly"), (12, "nightly")]


def test_what_is_due_in_a_maintenance_window_is_not_replayed(small: SmallProject) -> None:
    small.checkpoint(name="nightly")
    (small.root / "checkpoints" / "schedule.yml").write_text(
        "schedules: [{checkpoint: nightly, cron: 0 */6 * * *, timezone: America/New_York,"
        " deadline: 1h, notify: [slack],"
        " maintenance: [{cron: 0 5 * * SUN, duration: 2h}]}]\n"
    )
    found = choose_span(
        Project(small.root), "nightly", first="2026-02-01", last="2026-02-02", every=None, now=NOW
    )
    assert wall(found)[:8] == [
        "01 00:00", "01 12:00", "01 18:00", "02 00:00",
        "02 06:00", "02 12:00", "02 18:00", "03 00:00",
    ]  # fmt: skip
    assert found.how == (
        "0 */6 * * * (America/New_York), not for 2 h from each `0 5 * * SUN` (America/New_York)"
    )


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("6h", ["01 00:00", "01 06:00", "01 12:00", "01 18:00", "02 00:00"]),
        ("12h", ["01 00:00", "01 12:00", "02 00:00"]),
        ("1d", ["01 00:00", "02 00:00"]),
        ("90m", [f"01 {at // 60:02}:{at % 60:02}" for at in range(0, 1440, 90)] + ["02 00:00"]),
        ("7h", ["01 00:00", "01 07:00", "01 14:00", "01 21:00"]),
    ],
)
def test_a_bare_date_is_the_whole_day(every: str, expected: list[str]) -> None:
    assert wall(span("2026-02-01", "2026-02-01", every)) == expected


@pytest.mark.parametrize(
    ("day", "hours", "apart"),
    [("2025-11-02", 25, timedelta(hours=7)), ("2026-03-08", 23, timedelta(hours=5))],
)
def test_runs_keep_to_the_wall_clock_when_clocks_change(
    day: str, hours: int, apart: timedelta
) -> None:
    found = span(day, day, "6h")
    assert [text[3:] for text in wall(found)] == ["00:00", "06:00", "12:00", "18:00", "00:00"]
    assert found.instants[1] - found.instants[0] == apart
    assert found.clock_changes == (f"{day} has {hours} hours in America/New_York",)
    assert in_utc(found.last) - in_utc(found.first) == timedelta(hours=hours)


def test_a_range_without_a_change_of_clocks_says_nothing_of_it() -> None:
    assert span("2026-01-01", "2026-01-31", "1d").clock_changes == ()


@pytest.mark.parametrize(
    ("first", "last", "every", "key", "says"),
    [
        ("2026-02-02", "2026-02-01", "6h", "--to", "is not after"),
        ("2026-02-01", "2026-09-01", "6h", "--to", "later than today"),
        ("2026-02-30", "2026-03-01", "6h", "--from", "no date"),
        ("yesterday", "2026-03-01", "6h", "--from", "neither a date nor an instant"),
        ("2026-02-01", "2026-02-02", "6", "--every", "not a length of time"),
        ("2026-02-01", "2026-02-02", "0h", "--every", "1 to 9999 minutes (m), hours (h) or days (d)"),
        ("2026-02-01", "2026-02-02", None, "--every", "no schedule to replay"),
        ("2025-02-01", "2026-02-01", "15m", "--every", f"2 jobs per monitor take {MOST_INSTANTS}"),
        ("2026-02-01T01:00:00-05:00", "2026-02-01T02:00:00-05:00", "6h", "--from", "nothing would have run"),
    ],
)  # fmt: skip
def test_a_range_that_can_not_be_is_refused_with_the_option_and_a_fix(
    first: str, last: str, every: str | None, key: str, says: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        span(first, last, every)
    assert refused.value.key == key
    assert says in refused.value.what
    assert refused.value.fix
