"""``as_of`` and its dates: set by plumbline for every run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from plumbline.models import VariableError

SQL = (
    "select '{{ var(\"first_date\") }}', '{{ var(\"last_date\") }}' from unnest({{ var('as_of') }})"
)


def values(model: Any) -> dict[str, Any]:
    return {parameter.name: parameter.value for parameter in model.parameters}


def test_as_of_is_a_list_of_instants_in_utc(project: Any) -> None:
    tokyo = datetime(2026, 2, 3, 14, tzinfo=timezone(timedelta(hours=9)))
    model = project(SQL).compile(as_of=(tokyo,))
    parameter = next(p for p in model.parameters if p.name == "as_of")
    assert parameter.type == "ARRAY<TIMESTAMP>"
    assert parameter.element_type == "TIMESTAMP"
    assert parameter.value == (datetime(2026, 2, 3, 5, tzinfo=UTC),)


def test_the_same_instant_twice_is_asked_for_once(project: Any) -> None:
    instant = datetime(2026, 2, 3, 5, tzinfo=UTC)
    again = instant.astimezone(timezone(timedelta(hours=-5)))
    assert values(project(SQL).compile(as_of=(instant, again)))["as_of"] == (instant,)


def test_first_and_last_date_are_dates_of_the_domain(project: Any) -> None:
    before_midnight = datetime(2026, 2, 3, 4, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 2, 5, 5, tzinfo=UTC)
    found = values(project(SQL).compile(as_of=(midnight, before_midnight)))
    assert found["first_date"] == date(2026, 2, 2)
    assert found["last_date"] == date(2026, 2, 5)


def test_another_zone_moves_the_dates_too(project: Any) -> None:
    instant = datetime(2026, 2, 3, 4, 59, 59, tzinfo=UTC)
    found = values(project(SQL).compile(as_of=(instant,), timezone="Europe/Berlin"))
    assert found["first_date"] == date(2026, 2, 3)


def test_an_unknown_zone_is_refused(project: Any) -> None:
    with pytest.raises(VariableError, match="no time zone 'Mars/Base'"):
        project(SQL).compile(timezone="Mars/Base")


def test_a_model_without_as_of_is_a_monitor_that_can_not_be_backtested(project: Any) -> None:
    assert not project("select 1 as n").compile().set_oriented
    assert project(SQL).compile().set_oriented


@pytest.mark.parametrize("as_of", [(), (datetime(2026, 2, 3, 5),)])  # noqa: DTZ001 - the fault
def test_no_instant_or_one_without_a_zone_is_a_fault_of_the_caller(
    project: Any, as_of: Any
) -> None:
    with pytest.raises(ValueError, match="as_of needs at least one instant"):
        project(SQL).compile(as_of=as_of)
