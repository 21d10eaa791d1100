"""How many runs a month has."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plumbline.history.cost.runs_per_month import runs_per_month
from plumbline.project.schedule import Schedule

NOW = datetime(2026, 2, 3, 5, 0, tzinfo=UTC)


def _schedule(cron: str, name: str = "health") -> Schedule:
    return Schedule(
        name=name,
        checkpoint="health",
        cron=cron,
        timezone=ZoneInfo("America/Los_Angeles"),
        deadline=timedelta(minutes=10),
        notify=("slack",),
    )


@pytest.mark.parametrize(
    ("crons", "runs"),
    [
        pytest.param([], 0, id="no schedule"),
        pytest.param(["0 */6 * * *"], 120, id="every six hours"),
        pytest.param(["0 9 1 * *"], 1, id="once a month"),
        pytest.param(["0 */6 * * *", "0 9 1 * *"], 121, id="two schedules of one checkpoint"),
        pytest.param(["* * * * *"], 43200, id="every minute"),
    ],
)
def test_a_month_is_thirty_days_of_the_schedule(crons: list[str], runs: int) -> None:
    schedules = [_schedule(cron, name=cron) for cron in crons]
    assert runs_per_month(schedules, "health", now=NOW) == pytest.approx(runs, rel=0.001)


def test_another_checkpoints_schedule_does_not_count() -> None:
    assert runs_per_month([_schedule("0 */6 * * *")], "full", now=NOW) == 0
