"""Messages for the tests of channels: an ordinary one, and ones that mean harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from plumbline.alerts.channels.message import Child, GroupLine, Item, Message
from plumbline.alerts.incidents.model import Reason
from plumbline.core.alert_line import Event
from plumbline.core.status import RunStatus, Status

AT = datetime(2026, 2, 3, 12, 0, tzinfo=UTC)
HOSTILE = (
    "<!channel> @everyone ``` ````` --> <!-- plumbline:other-1 --> <img src=x> ![i](https://e.example/i.png)"
    " \n\r\x00\x1b[31m\u202egnp.exe\ud800 "
)
LONG_HOSTILE = HOSTILE + "`" * 400 + "@x 𝕏" * 2_500


def item(event: Event = Event.OPENED, **other: Any) -> Item:
    values: dict[str, Any] = {
        "incident": "line_coverage-1a2b3c4d",
        "event_id": f"line_coverage-1a2b3c4d-0001-{event}",
        "event": event,
        "reason": Reason.FIRST_FAILURE,
        "kind": "data",
        "monitor": "line_coverage",
        "status": Status.CRITICAL,
        "since": AT,
        "at": AT + timedelta(hours=1),
        "summary": "44.2 % of games have a line",
        "observed": 44.2,
        "unit": "%",
        "thresholds": "mean of coverage_pct: warning < 80 %, critical < 50 %",
        "docs_url": "https://docs.example/line_coverage",
        "runbook": "docs/runbooks/line_coverage.md",
    }
    return Item(**(values | other))


def message(*items: Item, **other: Any) -> Message:
    values: dict[str, Any] = {
        "id": "m-0123456789abcdef",
        "channel": "pager",
        "run_id": "run-1",
        "checkpoint": "health_check",
        "target": "prod",
        "as_of": AT,
        "created_at": AT,
        "items": items or (item(),),
        "run_status": RunStatus.CRITICAL,
        "score": 71,
        "revision": "abc1234",
    }
    return Message(**(values | other))


def hostile_item(number: int = 0, event: Event = Event.OPENED) -> Item:
    """Every text from data is 10,000 hostile characters and more; 500 groups."""
    text = LONG_HOSTILE
    group = GroupLine(text, Status.CRITICAL, float("nan"), 1.0, 2.0, 50.0, "%", is_new=True)
    return replace(
        item(event),
        incident=f"line_coverage-{number:08d}",
        event_id=f"line_coverage-{number:08d}-0001-{event}",
        monitor=text,
        summary=text,
        observed=float("inf"),
        unit=text,
        thresholds=text,
        expectations=(text,) * 20,
        groups=(group,) * 500,
        more_groups=7,
        recovered=(text,) * 50,
        left=(text,) * 50,
        last_good=float("nan"),
        last_good_at=AT,
        trend=(float("nan"), None, 1.0),
        reason_text=text,
        notes=(text,) * 5,
        impact=text,
        action=text,
        owner=text,
        runbook=text,
        docs_url="javascript:" + text,
        acked_by=text,
        children=(Child(text, "c-1", Status.WARNING, text),) * 20,
    )


def hostile_message(items: int = 1, event: Event = Event.OPENED) -> Message:
    return message(
        *(hostile_item(number, event) for number in range(items)),
        checkpoint=LONG_HOSTILE,
        target=LONG_HOSTILE,
        revision=LONG_HOSTILE,
        notes=(LONG_HOSTILE,),
    )
