"""How the reports tell times and tables; nothing from data breaks out of a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from plumbline.backtest.findings import NO_ALARM
from plumbline.backtest.messages import SentMessage, count_messages
from plumbline.backtest.reports.backtest import false_alarms_section, verdict
from plumbline.report.page import Items, Section, Table
from plumbline.report.terminal import as_text
from plumbline.report.writers import as_markdown

HOSTILE = Section(
    "a | b",
    (
        "<img> @ann",
        Table(("x", "y"), (("1 | 2", "\x1b[31mred"),)),
        Items(("[l](u)",)),
    ),
)


def test_in_markdown_data_can_not_break_a_table_or_call_a_person() -> None:
    page = as_markdown([HOSTILE])
    assert "| 1 &#124; 2 | \\\\x1b\\[31mred |".replace("\\\\x", "&#92;x") in page
    assert "&lt;img" in page
    assert "@ann" not in page
    assert "- \\[l\\](u)" in page


def test_in_text_columns_are_aligned_and_no_control_character_is_left() -> None:
    text = as_text([HOSTILE])
    assert "\x1b" not in text
    first, second = text.splitlines()[2:4]
    assert first.index("y") == second.index("\\x1b")


def test_items_are_one_list() -> None:
    page = as_markdown([Section("t", (Items(("a", "b")), "end"))])
    assert "- a\n- b\n\nend\n" in page


def test_labelled_incidents_and_alarms_are_different_words() -> None:
    at = datetime(2026, 1, 26, tzinfo=UTC)
    sent = [SentMessage(at, "slack", ("a-1",))] * 3 + [SentMessage(at, "pager", ("a-1", "a-2"))]
    score = SimpleNamespace(
        count=lambda result: 12 if result == "found" else 0,
        found_within=11,
        within=timedelta(hours=6),
        false_alarms=(),
        precision=None,
        alarm=NO_ALARM,
        messages=count_messages(sent),
        alerts=5,
        alerts_per_week=2.5,
    )
    backtest: Any = SimpleNamespace(score=score, labelled=True, jobs=15, seconds=20.0)
    assert verdict(backtest) == (
        "12 of 12 labelled incidents found, 11 within 6 h of being due · 0 false alarms",
        "4 messages for 2 alarms: 2.0 each on average, at most 3 about one alarm in one channel "
        "· 5 alerts, 2.5 a week · 15 jobs · 20.0 s",
    )


def test_each_alarm_without_a_label_says_whether_it_is_false_or_an_error() -> None:
    def past(monitor: str) -> Any:
        opened = datetime(2026, 1, 26, tzinfo=UTC)
        incident = SimpleNamespace(
            monitor=monitor, opened_at=opened, closed_at=None, worst="CRITICAL"
        )
        return SimpleNamespace(incident=incident, told=1, summary="42 %")

    score = SimpleNamespace(false_alarms=(past("coverage"),), unchecked=(past("freshness"),))
    backtest: Any = SimpleNamespace(score=score, zone=UTC)
    (table,) = false_alarms_section(backtest).blocks
    assert isinstance(table, Table)
    assert [row[:2] for row in table.rows] == [
        ("coverage", "false alarm"),
        ("freshness", "could not be checked"),
    ]
