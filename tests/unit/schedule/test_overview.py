"""What is scheduled, for people and machines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from plumbline.report.catalogue import one_line_of
from plumbline.report.terminal import as_text
from plumbline.schedule.last_runs import LastRun
from plumbline.schedule.overview import overview_dict, overview_page, read_overview
from unit.schedule.conftest import FALL, schedule, window

NOW = datetime(2026, 10, 31, 12, 30, tzinfo=UTC)
WEEKLY = schedule(
    "30 7 * * MON",
    name="weekly",
    checkpoint="health_check_full",
    timezone=ZoneInfo("UTC"),
    deadline=timedelta(hours=2),
    notify=("slack-error", "pager"),
)
LAST = LastRun(
    cron="0 */6 * * *",
    timezone="America/Los_Angeles",
    due=datetime(2026, 10, 31, 7, tzinfo=UTC),
    outcome="done",
    exit_code=3,
    ended_at=datetime(2026, 10, 31, 7, 0, 20, tzinfo=UTC),
)


def test_a_schedule_is_a_block_with_its_next_runs_by_both_clocks() -> None:
    views = read_overview([schedule(), WEEKLY], now=NOW, count=4, last_runs={"health_check": LAST})
    assert as_text(overview_page(views, now=NOW)) == (
        "health_check\n"
        "  checkpoint  health_check\n"
        "  when        0 */6 * * *  (At minute 0 past every sixth hour, America/Los_Angeles)\n"
        "  deadline    10m\n"
        "  notifies    slack-error\n"
        "  last run    Sat 2026-10-31 00:00 PDT  done, exit code 3\n"
        "  next runs   Sat 2026-10-31 06:00 PDT  2026-10-31 13:00 UTC  in 30 min\n"
        "              Sat 2026-10-31 12:00 PDT  2026-10-31 19:00 UTC  in 6 h 30 min\n"
        "              Sat 2026-10-31 18:00 PDT  2026-11-01 01:00 UTC  in 12 h 30 min\n"
        "              Sun 2026-11-01 00:00 PDT  2026-11-01 07:00 UTC  in 18 h 30 min\n"
        "\n"
        "weekly\n"
        "  checkpoint  health_check_full\n"
        "  when        30 7 * * MON  (At 07:30 on Monday, UTC)\n"
        "  deadline    2h\n"
        "  notifies    slack-error, pager\n"
        "  next runs   Mon 2026-11-02 07:30 UTC  2026-11-02 07:30 UTC  in 1 d 19 h\n"
        "              Mon 2026-11-09 07:30 UTC  2026-11-09 07:30 UTC  in 8 d 19 h\n"
        "              Mon 2026-11-16 07:30 UTC  2026-11-16 07:30 UTC  in 15 d 19 h\n"
        "              Mon 2026-11-23 07:30 UTC  2026-11-23 07:30 UTC  in 22 d 19 h\n"
    )


def test_two_hours_of_one_name_are_told_apart() -> None:
    views = read_overview([schedule("30 * * * *")], now=FALL[0], count=3, last_runs={})
    clocks = [
        line.split("  ") for line in as_text(overview_page(views, now=FALL[0])).splitlines()[-2:]
    ]
    assert ["2026-11-01 01:30 PDT" in str(clock) for clock in clocks] == [True, False]
    assert "Sun 2026-11-01 01:30 PST" in clocks[1]


def test_for_machines_each_run_is_an_instant() -> None:
    views = read_overview([schedule()], now=NOW, count=1, last_runs={"health_check": LAST})
    assert overview_dict(views, now=NOW) == {
        "schema_version": 1,
        "now": "2026-10-31T12:30:00Z",
        "schedules": [
            {
                "name": "health_check",
                "checkpoint": "health_check",
                "cron": "0 */6 * * *",
                "words": "At minute 0 past every sixth hour",
                "timezone": "America/Los_Angeles",
                "maintenance": [],
                "deadline_seconds": 600,
                "notify": ["slack-error"],
                "last": {
                    "due": "2026-10-31T07:00:00Z",
                    "outcome": "done",
                    "exit_code": 3,
                    "ended_at": "2026-10-31T07:00:20Z",
                },
                "next": [{"utc": "2026-10-31T13:00:00Z", "local": "2026-10-31T06:00:00-07:00"}],
            }
        ],
    }


def test_what_was_only_seen_is_no_last_run() -> None:
    seen = LastRun("0 */6 * * *", "America/Los_Angeles", NOW, "first seen")
    (view,) = read_overview([schedule()], now=NOW, count=1, last_runs={"health_check": seen})
    assert view.last is None


def test_without_any_schedule_it_says_so() -> None:
    assert "nothing is scheduled" in as_text(overview_page((), now=NOW))


def test_a_checkpoint_s_schedules_are_one_line() -> None:
    both = [schedule(), schedule("0 7 * * *", name="b"), WEEKLY]
    zone = "America/Los_Angeles"
    assert one_line_of(both, "health_check") == f"0 */6 * * * {zone}; 0 7 * * * {zone}"
    assert one_line_of(both, "other") is None


def test_maintenance_windows_are_shown_and_no_run_is_in_them() -> None:
    held = schedule(maintenance=(window("0 5 * * *", 8),))
    (view,) = views = read_overview([held], now=NOW, count=2, last_runs={})
    text = as_text(overview_page(views, now=NOW))
    assert "  no runs     for 8 h from each `0 5 * * *` (America/Los_Angeles)\n" in text
    assert [f"{due:%d %H:%M}" for due in view.following] == ["01 01:00", "01 07:00"]
    (entry,) = overview_dict(views, now=NOW)["schedules"]
    assert entry["maintenance"] == [
        {"cron": "0 5 * * *", "duration_seconds": 28800, "zone": "America/Los_Angeles"}
    ]
