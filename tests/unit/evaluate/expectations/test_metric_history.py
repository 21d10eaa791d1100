"""``expect_metric_to_follow_history`` on rows and a past: groups that vanish, a new level that is
accepted, and what a person is shown of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import great_expectations  # noqa: F401 - it registers our expectations
import pytest

from plumbline.checks.baseline import WHOLE, Past, with_past
from plumbline.checks.bounds import observe
from plumbline.checks.judge import Evidence, judge
from plumbline.checks.judged import JudgedExpectation, JudgedGroup
from plumbline.checks.verdict import SortedRows
from plumbline.core.group_key import GroupKey
from plumbline.core.masking import Mask
from plumbline.core.outcome import Outcome, RunReport
from plumbline.evaluate.expectations.metric_between import METRIC
from plumbline.evaluate.expectations.metric_history import ExpectMetricToFollowHistory
from plumbline.project.suites import Suite, SuiteEntry
from support.reports import markdown_of, text_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BY_COUNTRY: dict[str, Any] = {
    "column": "orders",
    "group_by": ["country"],
    "min_value": 0,
    "max_value": 500,
    "minimum": 14,
}
WHOLLY: dict[str, Any] = {
    "column": "orders", "aggregate": "sum", "min_value": 0, "max_value": 500, "minimum": 14,
}  # fmt: skip


def key(**columns: Any) -> str:
    return GroupKey.of(columns).text


def days_ago(*days: int) -> list[datetime]:
    return [NOW - timedelta(days=day) for day in days]


def seen(**countries: Sequence[int]) -> Past:
    """Countries, and how many days ago each was there and well, with 90 to 94 orders."""
    points = {
        key(country=name): [(at, 90.0 + at.day % 5) for at in days_ago(*sorted(days, reverse=True))]
        for name, days in countries.items()
    }
    return Past(NOW, points, judged={name: [at for at, _ in of] for name, of in points.items()})


def level(*values: float) -> Past:
    """One a day, the last one yesterday."""
    days = days_ago(*range(len(values), 0, -1))
    return Past(NOW, {WHOLE: list(zip(days, values, strict=True))})


def evaluated(
    past: Past, rows: Sequence[Mapping[str, Any]], severity: str = "critical", **kwargs: Any
) -> JudgedExpectation:
    """The expectation as GX evaluates it."""
    expectation = ExpectMetricToFollowHistory(**kwargs)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    groups = observe(
        columns,
        column=kwargs["column"],
        aggregate=kwargs.get("aggregate"),
        group_by=kwargs.get("group_by") or (),
    )
    with with_past(past):
        found = expectation._validate({METRIC: groups})
    details = found["result"]["details"]
    usual = details.get("usual")
    return JudgedExpectation(
        type="expect_metric_to_follow_history",
        severity=severity,
        success=found["success"],
        kwargs=kwargs,
        observed=found["result"]["observed_value"],
        groups=tuple(map(JudgedGroup.of, details["groups"])),
        description=f"orders is {usual}" if usual else None,
    )


def outcome(result: JudgedExpectation, rows: Sequence[Mapping[str, Any]]) -> Outcome:
    raw = {
        "name": "shop",
        "meta": {
            "monitor": {
                "model": "shop",
                "observed": {"column": "orders", "aggregate": "sum", "unit": "orders"},
            }
        },
        "expectations": [
            {"type": result.type, "severity": result.severity, "kwargs": dict(result.kwargs)}
        ],
    }
    suite = Suite("shop", Path("shop.json"), SuiteEntry.model_validate(raw), raw)
    return judge(suite, SortedRows(tuple(rows), (), (), ()), [result], Evidence(as_of=NOW))


def countries(**orders: float | None) -> list[dict[str, Any]]:
    return [{"country": name, "orders": value} for name, value in orders.items()]


def statuses(past: Past, rows: list[dict[str, Any]], **changes: Any) -> dict[str, str]:
    found = outcome(evaluated(past, rows, **BY_COUNTRY | changes), rows)
    return {group.key.label: str(group.status) for group in found.groups}


MONTHS = range(1, 55)


def test_a_group_that_vanishes_fails_by_its_name() -> None:
    rows = countries(us=92)
    result = evaluated(seen(us=MONTHS, fr=MONTHS), rows, **BY_COUNTRY)
    assert result.observed == {"fr": None, "us": 92}
    found = outcome(result, rows)
    missing = next(group for group in found.groups if group.key.label == "fr")
    assert (str(found.status), str(missing.status)) == ("CRITICAL", "CRITICAL")
    assert (missing.observed, missing.is_missing) == (None, True)
    assert missing.key in found.judged
    assert (
        "orders of each country must be as usual: 1 of 2 groups (50 %) fails: fr no rows (usually 92 ± "
        in found.summary
    )


@pytest.mark.parametrize(
    ("fr", "changes", "status"),
    [
        (range(1, 15), {}, "CRITICAL"),  # minimum: 14 days of the last 28
        (range(1, 14), {}, None),
        (range(14, 29), {}, "CRITICAL"),  # gone for two weeks, and known by then
        (range(16, 55), {}, None),  # gone for longer than it was there, before this was looked at
        (range(1, 55, 2), {}, "CRITICAL"),  # every other day
        (range(1, 55, 3), {}, None),
        (range(1, 11), {"minimum": 5, "runs": 10}, "CRITICAL"),
        (range(7, 55, 7), {"same_weekday": True, "minimum": 5}, "CRITICAL"),
        (range(6, 55, 7), {"same_weekday": True, "minimum": 5}, None),
        (range(1, 55), {"since": "2026-02-26"}, None),  # four days ago
        (range(1, 55), {"retired": ["fr"]}, None),
        (range(1, 55), {"until_then": "error"}, "CRITICAL"),
    ],
)
def test_it_is_expected_where_it_was_on_enough_of_the_last_days(
    fr: range, changes: dict[str, Any], status: str | None
) -> None:
    if changes.get("since"):
        changes = {**changes, "until_then": "floor"}
    assert statuses(seen(us=MONTHS, fr=fr), countries(us=92), **changes).get("fr") == status


def test_its_absence_does_not_become_normal() -> None:
    # It is missing for as long as anything counts, and each day of that it was said.
    past = seen(us=MONTHS)
    gone = Past(
        NOW, past.points, judged={**past.judged, key(country="fr"): days_ago(*range(54, 0, -1))}
    )
    assert statuses(gone, countries(us=92)) == {"fr": "CRITICAL", "us": "PASS"}


def test_groups_that_leave_a_window_are_not_missed() -> None:
    days = {
        key(day=f"2026-02-{day:02}"): days_ago(29 - day, 28 - day, 27 - day) for day in range(1, 26)
    }
    past = Past(NOW, {}, judged=days)
    rows = [{"day": "2026-03-01", "orders": 90}]
    result = evaluated(past, rows, **BY_COUNTRY | {"group_by": ["day"]})
    assert [group.key.as_dict() for group in result.groups] == [{"day": "2026-03-01"}]


def test_a_group_of_which_the_model_says_that_nothing_was_expected_is_not_missed() -> None:
    skipped = [{"country": "fr", "orders": None, "verdict": "skip", "reason": "a holiday"}]
    past = replace(seen(us=MONTHS, fr=MONTHS, de=MONTHS), unjudged=skipped)
    assert statuses(past, countries(us=92)) == {"de": "CRITICAL", "us": "PASS"}


def test_groups_of_other_columns_are_not_missed() -> None:
    past = seen(us=MONTHS)
    other = {**past.judged, key(shop="a"): days_ago(*MONTHS)}
    assert statuses(Past(NOW, past.points, judged=other), countries(us=92)) == {"us": "PASS"}


def test_a_group_is_known_by_its_pseudonym_where_its_column_is_personal() -> None:
    mask = Mask(frozenset({"country"}), "key")
    plain = seen(us=MONTHS, fr=MONTHS)

    def named(known: GroupKey) -> GroupKey:
        return GroupKey.of(mask.row(known.as_dict()))

    def masked(of: Mapping[str, Any]) -> dict[str, Any]:
        return {key(country=mask.value(name)): of[key(country=name)] for name in ("us", "fr")}

    past = Past(NOW, masked(plain.points), judged=masked(plain.judged), named=named)
    rows = countries(us=20)
    result = evaluated(past, rows, **BY_COUNTRY)
    missing, there = sorted(result.groups, key=lambda group: group.rows or 0)
    assert missing.key.as_dict() == {"country": mask.value("fr")}
    assert named(missing.key) == missing.key
    assert (there.key.as_dict(), there.success) == ({"country": "us"}, False), "20 are not usual"
    assert evaluated(past, countries(us=92), **BY_COUNTRY | {"retired": ["fr"]}).success


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"retired": ["fra"]}, "retired names the group 'fra', which was in no run; did you mean 'fr'?"),
        ({"since": "2026-03-03"}, "since 2026-03-03 is after the evaluated day, 2026-03-02"),
        ({"since": "March"}, "since 'March' is not a date: write one such as 2026-01-31"),
        ({"since": "2026-02-30"}, "since '2026-02-30' is not a date"),
        ({"since": "20260230"}, "since '20260230' is not a date"),
        ({"retired": ["fr"], "group_by": None}, "retired needs group_by"),
        ({"retired": ["fr"], "overrides": {"fr": {"min_value": 1}}}, "'fr' is in retired and in overrides"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=".") as raised:
        evaluated(seen(us=MONTHS, fr=MONTHS), countries(us=92), **BY_COUNTRY | changes)
    assert said in str(raised.value)


def test_a_project_without_a_history_knows_no_group_that_is_retired() -> None:
    result = evaluated(Past(NOW), countries(us=92), **BY_COUNTRY | {"retired": ["fr"]})
    assert result.success


# A new level


def test_a_new_level_is_accepted_from_a_day_on() -> None:
    past = level(*[105.0] * 30, *[145.0] * 8)
    rows, asked = [{"orders": 146.0}], WHOLLY | {"minimum": 8}
    assert not evaluated(past, rows, **asked).success, "105 is usual still"
    accepted = evaluated(past, [{"orders": 105.0}], **asked | {"since": "2026-02-22"})
    assert not accepted.success
    assert accepted.description == (
        "orders is usually 145 ± 1 (median of 8 runs since 2026-02-22, spread 0; "
        "baseline since 2026-02-22)"
    )
    assert evaluated(past, rows, **asked | {"since": "2026-02-22"}).success


@pytest.mark.parametrize(
    ("until_then", "orders", "passes"), [("floor", 300, True), ("floor", 501, False)]
)
def test_until_there_are_enough_runs_of_it_the_bounds_are_held_alone(
    until_then: str, orders: float, passes: bool
) -> None:
    asked = WHOLLY | {"since": "2026-02-20", "until_then": until_then}
    found = evaluated(level(*[105.0] * 44), [{"orders": orders}], **asked)
    assert found.success is passes
    assert "10 of 14 comparable good runs so far since 2026-02-20" in str(found.description)


def test_or_it_is_an_error_until_then() -> None:
    asked = WHOLLY | {"since": "2026-02-20", "until_then": "error"}
    with pytest.raises(
        ValueError, match="there are 10 comparable good runs since 2026-02-20 before"
    ):
        evaluated(level(*[105.0] * 44), [{"orders": 105.0}], **asked)


# What a person is shown


def reports(found: Outcome) -> list[str]:
    report = RunReport("r", "shop", "local", NOW, None, NOW, 1.0, (found,))
    return [text_of(report), markdown_of(report)]


def test_the_band_that_judged_is_shown_and_not_the_bounds_beside_it() -> None:
    rows = [{"orders": 30.0}]
    found = outcome(evaluated(level(*[91.0, 92.0, 93.0] * 9), rows, **WHOLLY), rows)
    low, high = (line.value for line in found.lines)
    assert (round(low), round(high)) == (85, 99)
    assert found.thresholds == "sum of orders: critical: usually 92 ± 7.41 orders"
    for report in reports(found):
        assert "usually 92 ± 7.41" in report
        assert "500" not in report


def test_each_group_is_shown_with_its_own() -> None:
    past = seen(us=MONTHS, fr=MONTHS)
    more = [(at, value + 200) for at, value in past.points[key(country="us")]]
    past = Past(NOW, {**past.points, key(country="us"): more}, judged=past.judged)
    rows = countries(us=30, fr=31)
    found = outcome(evaluated(past, rows, **BY_COUNTRY), rows)
    assert {group.key.label: group.usual for group in found.groups} == {
        "us": "usually 292 ± 7.41",
        "fr": "usually 92 ± 7.41",
    }
    assert [round(line.value) for line in found.groups[0].lines] == [85, 99]
    assert found.thresholds == "orders by country: critical: groups not as usual"
    assert "us  30 orders, usually 292 ± 7.41" in reports(found)[0]
    for report in reports(found):
        assert "31 orders, usually 92 ± 7.41" in report
        assert "30 orders, usually 292 ± 7.41" in report
        assert "500" not in report


def test_where_what_is_usual_is_bad_all_the_same_the_bound_is_shown() -> None:
    asked = WHOLLY | {"min_value": 90}
    found = evaluated(level(*[91.0, 92.0, 93.0] * 9), [{"orders": 89.0}], **asked)
    assert not found.success
    assert found.groups[0].usual == ("usually 92 ± 7.41 and must be between 90 and 500 in any case")


def test_without_a_past_the_bounds_are_what_judged() -> None:
    rows = [{"orders": 501.0}]
    found = outcome(evaluated(Past(NOW), rows, **WHOLLY), rows)
    assert found.thresholds == (
        "sum of orders: critical: between 0 and 500 (0 of 14 comparable good runs so far)"
    )
    assert [line.value for line in found.lines] == [0, 500]
