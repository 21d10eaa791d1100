"""Messages as runs make them, with the figures of the demo season's day, for the channels' tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plumbline.alerts.channels.message import Child, GroupLine, Item, Message
from plumbline.alerts.incidents.model import Reason
from plumbline.core.alert_line import Event
from plumbline.core.status import RunStatus, Status

NEW_YORK = ZoneInfo("America/New_York")
AT = datetime(2026, 2, 3, 13, 0, tzinfo=NEW_YORK)
SINCE = datetime(2026, 1, 26, 7, 0, tzinfo=NEW_YORK)

HOSTILE = (
    "<!channel>",
    "<@U024BE7LH> *bold* _italic_ ~gone~ `code`",
    "```\n<!here>",
    "a\nCRITICAL forged: line\r\n",
    "\u202egnp.exe\u200b",
    "nul\x00 bell\x07 esc\x1b[31m",
    "🏀 :skull: @here",
    "<https://evil.example|Runbook>",
    "x" * 10_000,
    "&lt;" * 3_000,
)


def line_coverage(event: Event = Event.OPENED, **changes: object) -> Item:
    """44.2 %, 240 of 525: two days, both critical."""
    item = Item(
        incident="line_coverage-3f9c2a1b",
        event_id=f"line_coverage-3f9c2a1b-0001-{event}",
        event=event,
        reason=Reason.FIRST_FAILURE,
        kind="data",
        monitor="line_coverage",
        status=Status.CRITICAL,
        since=SINCE,
        at=AT,
        summary="44.2 %; mean of coverage_pct must be at least 50 %: 2026-02-01 47.7 %, 2026-02-02 40.7 %",
        observed=44.2,
        unit="%",
        thresholds="mean of coverage_pct: warning < 80 %, critical < 50 %",
        numerator=240,
        denominator=525,
        groups=(
            GroupLine("2026-02-02", Status.CRITICAL, 40.7, 61, 150, 50, "%", is_new=True),
            GroupLine("2026-02-01", Status.CRITICAL, 47.7, 179, 375, 50, "%"),
        ),
        last_good=92.1,
        last_good_at=datetime(2026, 1, 26, 1, 0, tzinfo=NEW_YORK),
        trend=(93.0, 92.4, None, 92.1, 71.0, 52.3, 47.7, 44.2),
        impact="The prediction systems score players without the Vegas points line, so their "
        "predictions are worse than they look.",
        action="gcloud run services describe nba-phase4-precompute-processors",
        owner="ml-platform",
        runbook="docs/runbooks/line_coverage.md",
        docs_url="https://dq.example/monitors/line_coverage.html",
    )
    return replace(item, **changes)  # type: ignore[arg-type]


def grading(event: Event = Event.OPENED, **changes: object) -> Item:
    """6 of 7 systems."""
    systems = (
        ("moving_average", 0.0, 0, 243),
        ("ensemble_v1", 4.9, 12, 244),
        ("zone_matchup_v1", 8.6, 21, 243),
        ("similarity_balanced_v1", 10.2, 25, 246),
        ("catboost_v8", 21.5, 52, 242),
        ("ensemble_v1_1", 26.4, 63, 239),
    )
    item = Item(
        incident="grading_completeness-81c0ffee",
        event_id=f"grading_completeness-81c0ffee-0001-{event}",
        event=event,
        reason=Reason.FIRST_FAILURE,
        kind="data",
        monitor="grading_completeness",
        status=Status.CRITICAL,
        since=AT,
        at=AT,
        summary="6 of 7 systems critical; graded_pct of each system_id must be at least 50 %: moving_average 0.0 %",
        observed=6,
        unit="systems",
        thresholds="graded_pct by system_id: warning < 80 %, critical < 50 %",
        crossed="6 of 7 systems with graded_pct below 50 %, worst 0 %",
        numerator=339,
        denominator=1675,
        groups=(
            *(GroupLine(n, Status.CRITICAL, o, a, b, 50, "%") for n, o, a, b in systems),
            GroupLine("catboost_v9", Status.WARNING, 76.1, 166, 218, 80, "%"),
        ),
        impact="Accuracy of the listed prediction systems is unknown.",
        action="gcloud run services logs read nba-grading-service --limit=100",
        owner="ml-platform",
        runbook="https://git.example/docs/runbooks/grading_completeness.md",
        notes=("not counted: 1 game postponed",),
        children=(
            Child(
                "accuracy",
                "accuracy-0badcafe",
                Status.WARNING,
                "51.3 %; mean of accuracy_pct must be at least 53 %",
            ),
        ),
    )
    return replace(item, **changes)  # type: ignore[arg-type]


def failed_check(event: Event = Event.OPENED, **changes: object) -> Item:
    """A check that could not be made."""
    return line_coverage(
        event,
        kind="error",
        incident="line_coverage-e77077e7",
        status=Status.ERROR,
        since=AT,
        summary="no answer within the deadline of 60 s",
        reason_text="no answer within the deadline of 60 s; narrow the window (--var days=N)",
        observed=None,
        numerator=None,
        denominator=None,
        groups=(),
        action=None,
        **changes,
    )


def many_groups(count: int = 500) -> Item:
    """As many failing groups as a bad day has, with the worst first."""
    return grading(
        summary=f"{count} of {count} systems critical; graded_pct of each system_id must be at least 50 %",
        observed=count,
        crossed=f"{count} of {count} systems with graded_pct below 50 %, worst 0 %",
        groups=tuple(
            GroupLine(f"system_{n:03d}", Status.CRITICAL, n / 10, n, 1000, 50, "%")
            for n in range(count)
        ),
        children=(),
    )


def hostile(name: str) -> Item:
    """An item with ``name`` wherever data or files can put a text."""
    return grading(
        Event.CHANGED,
        monitor=name,
        incident=name,
        summary=name,
        observed=None,
        thresholds=name,
        crossed="",
        groups=(GroupLine(name, Status.CRITICAL, 1.0, 1, 100, 50, name, is_new=True),) * 60,
        more_groups=7,
        recovered=(name,) * 60,
        left=(name,) * 60,
        expectations=(name,) * 60,
        impact=name,
        action=name,
        owner=name,
        runbook=name,
        docs_url=name,
        acked_by=name,
        notes=(name,) * 20,
        children=(Child(name, name, Status.CRITICAL, name),) * 20,
    )


def message(*items: Item, **changes: object) -> Message:
    """What one channel is told of one run."""
    made = Message(
        id="m-0123456789abcdef",
        channel="slack",
        run_id="20260203T180000Z-1a2b",
        checkpoint="health_check",
        target="prod",
        as_of=AT,
        created_at=AT,
        items=items,
        run_status=RunStatus.CRITICAL,
        score=60,
        revision="39b53895a695",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def stories() -> dict[str, Message]:
    """By name: what the golden files hold."""
    ended = {"observed": 85.1, "numerator": 447, "denominator": 525, "groups": ()}
    days = ("2026-02-01", "2026-02-02")
    return {
        "opened": message(line_coverage(), grading()),
        "opened_alone": message(line_coverage()),
        "error": message(failed_check()),
        "changed": message(line_coverage(Event.CHANGED, recovered=("2026-01-31",))),
        "escalated": message(line_coverage(Event.ESCALATED, previous_status=Status.WARNING)),
        "downgraded": message(
            line_coverage(
                Event.DOWNGRADED,
                status=Status.WARNING,
                previous_status=Status.CRITICAL,
                observed=71.0,
                numerator=373,
                groups=(GroupLine("2026-02-02", Status.WARNING, 71.0, 373, 525, 80, "%"),),
            )
        ),
        "reminded": message(line_coverage(Event.REMINDED, acked_by="Kim")),
        "resolved": message(line_coverage(Event.RESOLVED, recovered=days, **ended)),
        "expired": message(line_coverage(Event.EXPIRED, left=days, **ended)),
        "flapping": message(line_coverage(Event.FLAPPING)),
        "sample": message(line_coverage(), is_sample=True),
        "late": message(line_coverage(), created_at=AT - timedelta(hours=2, minutes=5)),
        "many_groups": message(many_groups()),
        "many_items": message(*[many_groups(20)] * 60),
        "hostile": message(*map(hostile, HOSTILE)),
    }
