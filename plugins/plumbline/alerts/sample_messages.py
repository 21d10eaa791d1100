"""Sample messages for ``plumbline alerts test``: one of each severity, marked as samples."""

from __future__ import annotations

from datetime import datetime, timedelta

from plumbline.alerts.channels.message import GroupLine, Item, Message
from plumbline.alerts.channels.wording import SAMPLE
from plumbline.alerts.compose import message_id
from plumbline.alerts.incidents.model import Reason
from plumbline.core.alert_line import Event
from plumbline.core.status import RunStatus, Status


def sample(channel: str, status: Status, *, target: str, now: datetime) -> Message:
    """A message as one of ``status`` looks, about a monitor that does not exist."""
    event_id = f"sample-{status.lower()}-{now:%Y%m%dT%H%M%S}"
    is_error = status is Status.ERROR
    observed = {Status.WARNING: 71.4, Status.CRITICAL: 44.2}.get(status)
    item = Item(
        incident=f"sample-{status.lower()}",
        event_id=event_id,
        event=Event.OPENED,
        reason=Reason.FIRST_FAILURE,
        kind="error" if is_error else "data",
        monitor="sample_monitor",
        status=status,
        since=now - timedelta(hours=6),
        at=now,
        summary=SAMPLE,
        observed=observed,
        unit="" if is_error else "%",
        thresholds="" if is_error else "mean of sample_pct: warning < 80 %, critical < 50 %",
        groups=()
        if is_error
        else (GroupLine(label="sample_group", status=status, observed=observed, unit="%"),),
        reason_text="the query failed: this is a sample" if is_error else None,
        impact="None: this is a sample.",
        action="plumbline alerts list",
        owner="the person who ran `plumbline alerts test`",
    )
    return Message(
        id=message_id(channel, [event_id]),
        channel=channel,
        run_id="sample",
        checkpoint="sample",
        target=target,
        as_of=now,
        created_at=now,
        items=(item,),
        run_status=RunStatus(status.value),
        is_sample=True,
    )
