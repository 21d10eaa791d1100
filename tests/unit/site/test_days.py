"""What a run changed since the one before, and which earlier days a day's page needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from plumbline.core.outcome import ThresholdLine
from plumbline.core.status import RunStatus, Status
from plumbline.site.days import DAY, MOST_UNSEEN_DAYS, DayArchives, DayRun, changes, failing_after
from plumbline.site.history_cache import HistoryCache
from plumbline.site.rows import Row, RunRow
from support.site_records import LINES, at

AT = at("2026-02-02")
UPPER = (ThresholdLine("critical", 6.0, "above"),)


def row(status: Status, observed: float | None = None, **more: object) -> Row:
    return Row(AT, status, observed, **more)  # type: ignore[arg-type]


PASS, SKIPPED, ERROR = row(Status.PASS, 90.0), row(Status.SKIPPED), row(Status.ERROR)
WARNING, CRITICAL = row(Status.WARNING, 60.0, lines=LINES), row(Status.CRITICAL, 40.0, lines=LINES)


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        (PASS, PASS, None),
        (None, PASS, None),
        (PASS, WARNING, "new failing"),
        (SKIPPED, CRITICAL, "new failing"),
        (ERROR, CRITICAL, "new failing"),
        (None, CRITICAL, "new failing"),
        (PASS, ERROR, "new error"),
        (CRITICAL, ERROR, "new error"),
        (ERROR, ERROR, None),
        (WARNING, CRITICAL, "worse"),
        (CRITICAL, WARNING, "better"),
        (CRITICAL, row(Status.CRITICAL, 30.0, lines=LINES), "worse"),
        (CRITICAL, row(Status.CRITICAL, 45.0, lines=LINES), "better"),
        (row(Status.CRITICAL, 40.0, unit="%"), row(Status.CRITICAL, 40.001, unit="%"), None),
        (row(Status.CRITICAL, 7.0, lines=UPPER), row(Status.CRITICAL, 9.0, lines=UPPER), "worse"),
        (row(Status.CRITICAL, 2.0), row(Status.CRITICAL, 3.0), "worse"),  # failing groups
        (WARNING, PASS, "recovered"),
        (ERROR, PASS, "recovered"),
        (CRITICAL, SKIPPED, None),
        (SKIPPED, PASS, None),
    ],
)
def test_what_changed_since_the_run_before(
    before: Row | None, now: Row, change: str | None
) -> None:
    found = changes({"m": now}, {} if before is None else {"m": before})
    assert found == ({} if change is None else {"m": change})


@pytest.mark.parametrize(
    ("earlier", "now", "change"),
    [
        ((CRITICAL, SKIPPED), CRITICAL, "still failing"),
        ((CRITICAL, SKIPPED, SKIPPED), WARNING, "still failing"),
        ((CRITICAL, ERROR), CRITICAL, "still failing"),
        ((WARNING, SKIPPED), PASS, "recovered"),
        ((CRITICAL, PASS, SKIPPED), CRITICAL, "new failing"),
        ((PASS, SKIPPED), CRITICAL, "new failing"),
        ((PASS, SKIPPED), PASS, None),
        ((ERROR, SKIPPED), ERROR, "new error"),
    ],
)
def test_a_run_that_did_not_see_the_data_ends_no_failure(
    earlier: tuple[Row, ...], now: Row, change: str | None
) -> None:
    failing: frozenset[str] = frozenset()
    for one in earlier:
        failing = failing_after(failing, {"m": one})
    found = changes({"m": now}, {"m": earlier[-1]}, failing)
    assert found == ({} if change is None else {"m": change})


TODAY = date(2026, 2, 2)


class Archives:
    """The archives of a site's days, which are read one by one.

    Args:
        days: how many days before `TODAY` the runs were: of each, its checkpoint and the status of
            its one monitor.
    """

    def __init__(self, days: Mapping[int, Sequence[tuple[str, Row]]]) -> None:
        self.runs = {TODAY - timedelta(days=ago): of_day(ago, runs) for ago, runs in days.items()}
        self.read: list[int] = []
        """How many days before `TODAY` those were that were read."""

    def before_today(self) -> list[int]:
        """The days, as numbers before `TODAY`, that the page of `TODAY` looks at."""
        known = {day: tuple(one.anchor for one in self.runs[day]) for day in sorted(self.runs)}
        archives = DayArchives(
            HistoryCache(days=known),
            self._read,
            rows={},
            zone=ZoneInfo("UTC"),
            oldest=date.min,
            without=(),
        )
        found = archives.before(TODAY)
        return [(TODAY - runs[0].run.as_of.date()).days for runs in found]

    def _read(self, day: date) -> DAY:
        self.read.append((TODAY - day).days)
        return self.runs[day]


def of_day(ago: int, runs: Sequence[tuple[str, Row]]) -> DAY:
    return tuple(
        DayRun(
            RunRow(
                run_id=f"{ago}-{hour}",
                checkpoint=checkpoint,
                as_of=datetime.combine(TODAY - timedelta(days=ago), time(hour), UTC),
                status=RunStatus.OK,
                score=None,
            ),
            {"m": found},
        )
        for hour, (checkpoint, found) in enumerate(runs)
    )


@pytest.mark.parametrize(
    ("days", "looked_at"),
    [
        ({0: [("a", PASS)]}, []),
        ({0: [("a", SKIPPED), ("a", PASS)]}, []),
        ({0: [("a", PASS)], 1: [("a", CRITICAL)], 2: [("a", PASS)]}, [1]),
        ({0: [("a", SKIPPED)], 1: [("a", SKIPPED)], 2: [("a", CRITICAL)]}, [1]),
        ({0: [("a", PASS)], 1: [("a", ERROR)], 2: [("a", CRITICAL)], 3: [("a", PASS)]}, [1, 2]),
        ({0: [("a", ERROR), ("a", PASS)], 1: [("a", CRITICAL)], 2: [("a", PASS)]}, [1]),
        ({0: [("a", PASS)], 1: [("a", CRITICAL), ("a", SKIPPED)], 2: [("a", PASS)]}, [1]),
        ({0: [("a", PASS), ("b", PASS)], 1: [("a", PASS)], 3: [("b", PASS)]}, [1, 3]),
        (
            {
                0: [("a", PASS), ("b", CRITICAL)],
                1: [("b", SKIPPED)],
                2: [("b", PASS)],
                3: [("a", PASS), ("b", CRITICAL)],
                4: [("b", PASS)],
            },
            [1, 2, 3],
        ),
    ],
)
def test_a_day_looks_back_until_all_it_judged_had_been_judged_before(
    days: Mapping[int, Sequence[tuple[str, Row]]], looked_at: list[int]
) -> None:
    assert Archives(days).before_today() == looked_at


def test_what_was_never_judged_is_looked_for_on_a_bounded_number_of_days() -> None:
    skipped = {ago: [("a", SKIPPED)] for ago in range(1, 400)}
    archives = Archives({0: [("a", PASS)], **skipped})
    assert archives.before_today() == [*range(1, MOST_UNSEEN_DAYS + 1)]
    assert sorted(set(archives.read)) == [*range(MOST_UNSEEN_DAYS + 1)]


def test_the_first_day_of_a_checkpoint_reads_no_other_day() -> None:
    others = {ago: [("b", PASS)] for ago in range(1, 400)}
    archives = Archives({0: [("a", SKIPPED), ("a", PASS)], **others})
    archives.before_today()
    assert archives.read == [0]
