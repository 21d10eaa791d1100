"""The words that every channel shares."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf, nan

import pytest
from pydantic import TypeAdapter

from plumbline.alerts.channels import wording
from plumbline.alerts.channels.message import GroupLine, Item, Message
from plumbline.core.alert_line import Event
from plumbline.core.status import Status
from plumbline.core.text import local_moment
from support.slack_messages import (
    AT,
    HOSTILE,
    NEW_YORK,
    failed_check,
    grading,
    hostile,
    line_coverage,
    many_groups,
    message,
)

WAS_WARNING = {"previous_status": Status.WARNING}
PHASES = {
    "observed": 2,
    "unit": "processors",
    "thresholds": "sum of complete: warning < 5 processors, critical < 3 processors",
}


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (
            line_coverage(),
            "CRITICAL line_coverage: 44.2 % (critical if mean of coverage_pct < 50 %), since 26 Jan 07:00 EST",
        ),
        (
            line_coverage(Event.CHANGED),
            "CRITICAL line_coverage (1 new): 44.2 % (critical if mean of coverage_pct < 50 %), since 26 Jan 07:00 EST",
        ),
        (
            line_coverage(Event.CHANGED, groups=()),
            "CRITICAL line_coverage (changed): 44.2 % (critical if mean of coverage_pct < 50 %), since 26 Jan 07:00 EST",
        ),
        (
            line_coverage(Event.ESCALATED, **WAS_WARNING),
            "CRITICAL line_coverage (was WARNING): 44.2 % (critical if mean of coverage_pct < 50 %), since 26 Jan 07:00 EST",
        ),
        (
            line_coverage(Event.REMINDED),
            "CRITICAL line_coverage (still): 44.2 % (critical if mean of coverage_pct < 50 %), since 26 Jan 07:00 EST",
        ),
        (
            line_coverage(Event.FLAPPING),
            "CRITICAL line_coverage (flapping): 44.2 % (critical if mean of coverage_pct < 50 %), since 26 Jan 07:00 EST",
        ),
        (
            line_coverage(Event.RESOLVED, observed=85.1),
            "RESOLVED line_coverage: 85.1 %, was CRITICAL for 8 d 6 h",
        ),
        (
            line_coverage(Event.RESOLVED, observed=None),
            "RESOLVED line_coverage: was CRITICAL for 8 d 6 h",
        ),
        (
            line_coverage(Event.EXPIRED),
            "EXPIRED line_coverage: aged out without a fix, was CRITICAL for 8 d 6 h",
        ),
        (
            line_coverage(Event.CLOSED, closed_by="ana", close_reason="feed retired"),
            "CLOSED line_coverage: by ana: feed retired, was CRITICAL for 8 d 6 h",
        ),
        (
            line_coverage(Event.MONITOR_REMOVED),
            "MONITOR REMOVED line_coverage: the project no longer has it, was CRITICAL for 8 d 6 h",
        ),
        (
            line_coverage(Event.THRESHOLD_CHANGED),
            "THRESHOLD CHANGED line_coverage: passes after a change of the suite, was CRITICAL for "
            "8 d 6 h",
        ),
        (
            failed_check(Event.RESOLVED, at=AT + timedelta(hours=6)),
            "RESOLVED line_coverage: can be checked again, was ERROR for 6 h",
        ),
        (
            failed_check(),
            "ERROR line_coverage: not checked: no answer within the deadline of 60 s; narrow the "
            "window (--var days=N), since 3 Feb 13:00 EST",
        ),
        (
            grading(),
            "CRITICAL grading_completeness: 6 of 7 systems with graded_pct below 50 %, worst 0 %, "
            "since 3 Feb 13:00 EST",
        ),
        (
            line_coverage(summary="2 of 5 processors", groups=(), **PHASES),
            "CRITICAL line_coverage: 2 of 5 processors (critical if sum of complete < 3 "
            "processors), since 26 Jan 07:00 EST",
        ),
        (
            line_coverage(observed=49.97),
            "CRITICAL line_coverage: 49.97 % (critical if mean of coverage_pct < 50 %), since 26 Jan 07:00 EST",
        ),
        (
            line_coverage(thresholds="sum of lines: warning < 80, critical: usually 92 ± 4"),
            "CRITICAL line_coverage: 44.2 % (sum of lines usually 92 ± 4), since 26 Jan 07:00 EST",
        ),
        (
            line_coverage(
                observed=None,
                summary="3 of 5 expectations pass",
                thresholds="row count: critical < 1",
                expectations=("id must be unique: 3 of 9 rows (33.3 %) fail: 1", "x must be 1"),
            ),
            "CRITICAL line_coverage: id must be unique: 3 of 9 rows (33.3 %) fail: 1 and 1 more, "
            "since 26 Jan 07:00 EST",
        ),
        (
            line_coverage(observed=0.0, thresholds=""),
            "CRITICAL line_coverage: 0 %, since 26 Jan 07:00 EST",
        ),
        (
            line_coverage(observed=None, summary="", thresholds=""),
            "CRITICAL line_coverage: no value, since 26 Jan 07:00 EST",
        ),
    ],
)
def test_a_headline_is_status_monitor_number_and_since_when(item: Item, line: str) -> None:
    assert wording.headline(item) == line


@pytest.mark.parametrize("name", HOSTILE)
def test_a_headline_is_one_short_line_that_keeps_status_and_since(name: str) -> None:
    line = wording.headline(hostile(name))

    assert len(line) <= 150
    assert line.isprintable()
    assert line.startswith("CRITICAL ")
    assert line.endswith("since 3 Feb 13:00 EST")


def test_an_error_is_never_a_percentage() -> None:
    item = failed_check(event=Event.OPENED)
    item = replace(item, observed=0.0, numerator=0, denominator=10)

    assert "%" not in wording.headline(item)
    assert "%" not in wording.found(item)
    assert wording.group_text(GroupLine("a", Status.ERROR, 0.0, unit="%")) == "a: not checked"


@pytest.mark.parametrize("count", [1, 2, 60, 1000])
def test_the_subject_counts_the_others(count: int) -> None:
    line = wording.subject(message(*[hostile("x" * 500)] * count))

    assert len(line) <= 150
    assert line.startswith(f"{count} with new groups: " if count > 1 else "CRITICAL ")
    assert line.endswith("EST")


def test_the_subject_counts_what_is_new_what_goes_on_and_what_ended() -> None:
    warning = {"status": Status.WARNING}
    items = [
        *[line_coverage()] * 2,
        line_coverage(Event.OPENED, **warning),
        line_coverage(Event.ESCALATED, **WAS_WARNING),
        line_coverage(Event.CHANGED),
        line_coverage(Event.REMINDED),
        line_coverage(Event.DOWNGRADED),
        line_coverage(Event.RESOLVED),
    ]
    assert wording.counts(items) == (
        "2 new CRITICAL, 1 new WARNING, 1 escalated, 1 with new groups, 2 ongoing, 1 ended"
    )
    assert wording.subject(message(*items)).startswith("2 new CRITICAL, 1 new WARNING, ")


def test_a_sample_says_so_first() -> None:
    assert wording.subject(message(line_coverage(), is_sample=True)).startswith("SAMPLE CRITICAL")
    assert wording.SAMPLE in wording.plain_text(
        message(line_coverage(), is_sample=True), limit=5000
    )


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ((), ""),
        ((None, None), ""),
        ((1.0,), ""),
        ((5.0, 5.0), "▄▄"),
        ((0.0, 100.0), "▁█"),
        ((0.0, None, nan, inf, 100.0), "▁–––█"),
        (tuple(float(n) for n in range(40)), None),
        ((-1.7e308, 1.7e308), "▁█"),
    ],
)
def test_a_sparkline_is_short_and_shows_gaps(
    values: tuple[float | None, ...], line: str | None
) -> None:
    shown = wording.sparkline(values)

    assert len(shown) <= 28
    if line is not None:
        assert shown == line


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (GroupLine("a", Status.CRITICAL, 21.5, 52, 242, 50, "%"), "a: 21.5 %, 52 of 242"),
        (GroupLine("a", Status.CRITICAL, 0.0, 0, 10, 50, "%"), "a: 0 %, 0 of 10"),
        (GroupLine("a", Status.WARNING, 70.0, is_new=True), "a: 70, WARNING, new"),
        (GroupLine("a", Status.CRITICAL, None), "a: no value"),
        (
            GroupLine("a", Status.CRITICAL, 70.0, threshold=88, unit="%", usual="usually 92 ± 4"),
            "a: 70 %, usually 92 ± 4",
        ),
        (GroupLine("a", Status.CRITICAL, 70.0, unit="%", is_missing=True), "a: no rows"),
        (GroupLine("a\nb", Status.CRITICAL, 1.0, unit="rows"), r"a\nb: 1 row"),
        (GroupLine("", Status.CRITICAL, 1.0), "'': 1"),
    ],
)
def test_a_group_is_its_number_and_counts(line: GroupLine, text: str) -> None:
    assert wording.group_text(line, status=Status.CRITICAL) == text


@pytest.mark.parametrize(
    ("text", "is_link"),
    [
        ("https://a.example/b", True),
        ("http://a.example", True),
        ("docs/runbooks/a.md", False),
        ("javascript:alert(1)", False),
        ("ftp://a.example", False),
        ("https://", False),
        ("https://a.example/ b", False),
        ("https://a.example/|x>", False),
        ("https://[", False),
        ("https://ä.example", False),
        ("", False),
    ],
)
def test_a_link_is_http_and_nothing_else(text: str, is_link: bool) -> None:
    assert wording.is_link(text) is is_link


def test_an_instant_that_was_json_is_told_in_the_domains_zone() -> None:
    kept = TypeAdapter(Message)
    read = kept.validate_json(kept.dump_json(message(line_coverage())))
    summer = replace(read.items[0], last_good_at=None, since=datetime(2026, 7, 1, 12, tzinfo=UTC))

    assert wording.moment(read.as_of) == "3 Feb 13:00 UTC-05:00"
    moved = wording.in_zone(replace(read, items=(read.items[0], summer)), NEW_YORK)
    assert wording.moment(moved.as_of) == "3 Feb 13:00 EST"
    assert wording.moment(moved.items[1].since) == "1 Jul 08:00 EDT"


def test_what_comes_late_says_so() -> None:
    told = message(line_coverage())

    assert wording.late(told, AT + timedelta(minutes=1)) == ""
    assert wording.late(told, None) == ""
    assert wording.late(told, AT + timedelta(hours=2)) == (
        "Sent 2 h late: created 3 Feb 13:00 EST."
    )


def test_plain_text_tells_all_in_the_order_of_need() -> None:
    text = wording.plain_text(message(line_coverage(), grading()), limit=10_000)

    order = [
        "2 new CRITICAL: CRITICAL line_coverage: 44.2 % (critical if mean of coverage_pct < 50 %), since 26 Jan 07:00 EST",
        "44.2 % (mean of coverage_pct: warning < 80 %, critical < 50 %)",
        "2026-02-02: 40.7 %, 61 of 150",
        "The prediction systems score players",
        "gcloud run services describe",
        "line_coverage-3f9c2a1b",
        "6 of 7 systems with graded_pct below 50 %, worst 0 %",
        "WARNING accuracy: 51.3 %",
        "health_check · target prod",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


@pytest.mark.parametrize("limit", [0, 1, 50, 151, 400, 1000, 3000, 65_000])
def test_plain_text_never_exceeds_its_limit(limit: int) -> None:
    told = message(*map(hostile, HOSTILE), *[many_groups(50)] * 30)

    assert len(wording.plain_text(told, limit=limit)) <= limit


def test_plain_text_counts_what_has_no_room() -> None:
    assert "\nand 28 more\n" in wording.plain_text(message(*[line_coverage()] * 30), limit=1800)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (line_coverage(Event.RESOLVED, recovered=("a", "b")), "2 recovered: a, b"),
        (line_coverage(Event.EXPIRED, left=tuple("abcdefg")), "a, b, c, d, e and 2 more"),
        (line_coverage(Event.FLAPPING), "Flapping: no more messages until it is stable"),
        (line_coverage(groups=(), expectations=("x must be 1",)), "fails     x must be 1"),
        (line_coverage(expectations=("x must be 1",)), "fails     x must be 1\n  where"),
        (line_coverage(expectations=("x",) * 12), "            x\n            and 2 more"),
        (line_coverage(more_groups=7), "and 7 more"),
        (grading(children=grading().children * 8), "and 3 more"),
        (line_coverage(last_good=None), "last good 26 Jan 01:00 EST"),
        (failed_check(), "the data may be right or wrong"),
    ],
)
def test_plain_text_says_what_happened(item: Item, text: str) -> None:
    assert text in wording.plain_text(message(item), limit=10_000)


def test_a_message_without_items_has_a_subject() -> None:
    assert wording.subject(message()) == "health_check: nothing to report"


@pytest.mark.parametrize(
    ("before", "line"),
    [
        (
            "critical < 70",
            "The suite's thresholds or groups changed: critical < 70 before, critical < 50 now.",
        ),
        ("critical < 50", "The suite's thresholds or groups changed."),
    ],
)
def test_an_edited_suite_is_said_with_both_thresholds(before: str, line: str) -> None:
    item = line_coverage(
        Event.THRESHOLD_CHANGED,
        thresholds="critical < 50",
        thresholds_before=before,
        groups=(),
        recovered=(),
        excused=("2026-02-01",),
    )
    assert wording.what_changed(item) == [line, "1 pass only because of that: 2026-02-01"]


@pytest.mark.parametrize(
    ("observed", "numerator", "denominator", "text"),
    [
        (
            45.7,
            240,
            525,
            "45.7 %, 240 of 525 (mean of coverage_pct: warning < 80 %, critical < 50 %)",
        ),
        (20.9, 73, 145, "20.9 % (mean of coverage_pct: warning < 80 %, critical < 50 %)"),
    ],
)
def test_counts_are_shown_only_where_they_make_the_number(
    observed: float, numerator: int, denominator: int, text: str
) -> None:
    item = line_coverage(observed=observed, numerator=numerator, denominator=denominator)
    assert wording.found(item) == text


def test_groups_beyond_their_threshold_are_said_with_metric_bound_and_worst() -> None:
    item = grading(crossed="1 of 7 services more than 72 h behind, worst 158 h")
    assert wording.headline(item) == (
        "CRITICAL grading_completeness: 1 of 7 services more than 72 h behind, worst 158 h, since "
        "3 Feb 13:00 EST"
    )
    assert wording.found(item) == "1 of 7 services more than 72 h behind, worst 158 h"


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (line_coverage(expectations=("x must be 1",)), ""),
        (
            line_coverage(),
            "44.2 % (mean of coverage_pct: warning < 80 %, critical < 50 %)",
        ),
        (
            line_coverage(observed=45.7, numerator=240, expectations=("x must be 1",)),
            "45.7 %, 240 of 525 (mean of coverage_pct: warning < 80 %, critical < 50 %)",
        ),
        (grading(), ""),
        (failed_check(), ""),
    ],
)
def test_below_the_headline_only_what_it_leaves_out_is_found(item: Item, text: str) -> None:
    assert wording.news(item) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("2026-02-03T00:00", "end of 2 Feb EST"),
        ("2026-02-03T00:01", "3 Feb 00:01 EST"),
        ("2026-02-02T15:00", "2 Feb 15:00 EST"),
    ],
)
def test_midnight_is_the_end_of_a_day_as_in_reports(at: str, text: str) -> None:
    instant = datetime.fromisoformat(at).replace(tzinfo=NEW_YORK)
    assert wording.data_moment(instant) == text
    days = local_moment(instant).startswith("end of ")
    assert days == text.startswith("end of ")


def test_the_headline_of_one_incident_is_said_once() -> None:
    text = wording.plain_text(message(line_coverage()), limit=4000)
    assert text.count(wording.headline(line_coverage())) == 1
    two = wording.plain_text(message(line_coverage(), grading()), limit=4000)
    assert two.count(wording.headline(grading())) == 1
