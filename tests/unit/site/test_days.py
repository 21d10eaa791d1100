"""What a run changed since the one before."""

from __future__ import annotations

import pytest

from plumbline.core.outcome import ThresholdLine
from plumbline.core.status import Status
from plumbline.site.days import changes, failing_after
from plumbline.site.rows import Row
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
