"""From rows to a verdict: nothing that the contract forbids is passed over."""

from datetime import UTC, datetime
from typing import Any

import pytest

from plumbline.checks.verdict import sort_rows
from plumbline.core.errors import MonitorError

AS_OF = datetime(2026, 2, 3, 5, tzinfo=UTC)


def row(verdict: str = "judge", reason: str | None = None, **columns: Any) -> dict[str, Any]:
    return {"as_of": AS_OF, "verdict": verdict, "reason": reason, **columns}


def test_judge_rows_are_what_the_suite_sees() -> None:
    verdict = sort_rows([row(pct=1.0), row("skip", "no games")], as_of=AS_OF, model="m")
    assert [found["pct"] for found in verdict.judge] == [1.0]
    assert verdict.skipped == ("no games",)


def test_a_model_without_verdict_is_all_judge() -> None:
    verdict = sort_rows([{"pct": 1.0}, {"pct": None}], as_of=AS_OF, model="m")
    assert len(verdict.judge) == 2


def test_reasons_are_said_once_each_in_order() -> None:
    rows = [row("unknown", "b"), row("unknown", "a"), row("unknown", "b")]
    assert sort_rows(rows, as_of=AS_OF, model="m").unknown == ("b", "a")


def test_a_reason_on_a_judged_row_is_a_note() -> None:
    verdict = sort_rows([row(reason="1 of 9 not final")], as_of=AS_OF, model="m")
    assert verdict.notes == ("1 of 9 not final",)


def test_the_same_instant_in_another_zone_is_the_same_as_of() -> None:
    from zoneinfo import ZoneInfo

    there = AS_OF.astimezone(ZoneInfo("America/New_York"))
    assert sort_rows([row()], as_of=there, model="m").judge


def test_an_unknown_without_a_reason_says_that_it_gave_none() -> None:
    assert sort_rows([row("unknown")], as_of=AS_OF, model="m").unknown == (
        "model m gave no reason",
    )


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "find out why its tables have no rows for that time"),
        ([row("judged")], "did you mean 'judge'?"),
        ([row(None)], "verdict None"),  # type: ignore[arg-type]
        (
            [{**row(), "as_of": datetime(2026, 2, 2, 5, tzinfo=UTC)}],
            "instead of 2026-02-03T05:00:00",
        ),
        ([{**row(), "as_of": None}], "returned rows for as_of None"),
    ],
)
def test_rows_that_break_the_contract_are_a_fault_of_the_model(
    rows: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(MonitorError) as caught:
        sort_rows(rows, as_of=AS_OF, model="m")
    assert said in str(caught.value)
