"""Cron in plain numbers, and what has none."""

from __future__ import annotations

import pytest

from plumbline.core.errors import ConfigError
from plumbline.schedule.export.files import Scope, unit_names
from plumbline.schedule.export.plain import (
    ALL_DAYS,
    ALL_WEEKDAYS,
    plain_cron,
    plain_times,
    refuse_two_kinds_of_days,
)
from unit.schedule.conftest import schedule


@pytest.mark.parametrize(
    ("cron", "written"),
    [
        ("0 */6 * * *", "0 */6 * * *"),
        ("0,30 6-18/2 1-5 */2 0-6", "0,30 6-18/2 1-5 */2 0-6"),
        ("30 7 * * MON-FRI", "30 7 * * 1-5"),
        ("30 7 * jan,jul sun", "30 7 * 1,7 0"),
        ("5/20 7 * * *", "5,25,45 7 * * *"),  # Debian's cron refuses a step after a number
        ("30 7 * * 7", "30 7 * * 7"),
    ],
)
def test_it_stands_as_every_cron_reads_it(cron: str, written: str) -> None:
    assert plain_cron(schedule(cron), scheduler="cron") == written


@pytest.mark.parametrize(
    "cron", ["0 6 L * *", "0 6 LW * *", "0 6 * * 5L", "0 6 * * MON#2", "0 6 1,L * *"]
)
def test_what_only_ours_knows_is_refused(cron: str) -> None:
    with pytest.raises(
        ConfigError, match="systemd does not know the last day of a month"
    ) as refused:
        plain_times(schedule(cron), scheduler="systemd")
    assert (refused.value.key, bool(refused.value.fix)) == ("cron", True)


@pytest.mark.parametrize("cron", ["0 6 * JUL *", "0 6 * * *", "0 6 * APR,JUL MON-FRI"])
def test_a_name_with_an_l_is_no_last_day(cron: str) -> None:
    assert plain_times(schedule(cron), scheduler="cron").hours == (6,)


@pytest.mark.parametrize(
    ("cron", "either"),
    [
        ("0 6 1,15 * 1", True),
        ("0 6 */2 * 1", False),  # a field that begins with a star: both must fit
        ("0 6 1 * *", False),
        ("0 6 * * 1", False),
    ],
)
def test_two_kinds_of_days_are_one_or_the_other(cron: str, either: bool) -> None:
    assert plain_times(schedule(cron), scheduler="cron").any_day_fits is either


def test_either_every_day_or_some_days_is_every_day() -> None:
    times = plain_times(schedule("0 6 1-31 * 1"), scheduler="cron")
    assert (times.days, times.weekdays, times.any_day_fits) == (ALL_DAYS, ALL_WEEKDAYS, False)


@pytest.mark.parametrize("cron", ["0 6 1 * 1", "0 6 */2 * 1"])
def test_where_crons_differ_it_is_refused(cron: str) -> None:
    one = schedule(cron)
    with pytest.raises(ConfigError, match="differently from cron"):
        refuse_two_kinds_of_days(one, plain_times(one, scheduler="x"), scheduler="Cloud Scheduler")


def test_a_job_s_name_is_one_that_all_schedulers_take() -> None:
    assert unit_names([schedule(name="Health_Check.v2")]) == {
        "Health_Check.v2": "plumbline-health-check-v2"
    }


def test_the_names_of_two_projects_or_targets_differ() -> None:
    scopes = [Scope("shop", "prod"), Scope("shop", "staging"), Scope("Ads_2", "prod")]
    assert [unit_names([schedule()], scope)["health_check"] for scope in scopes] == [
        "plumbline-shop-prod-health-check",
        "plumbline-shop-staging-health-check",
        "plumbline-ads-2-prod-health-check",
    ]


def test_a_project_whose_name_leaves_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="can't form the name of a job"):
        unit_names([schedule()], Scope("ü", "prod"))


@pytest.mark.parametrize(
    "names", [("a.b", "a_b"), ("ü",), ("x" * 60,)], ids=["alike", "nothing left", "too long"]
)
def test_names_that_would_clash_or_fail_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as refused:
        unit_names([schedule(name=name) for name in names])
    assert refused.value.fix
