"""One issue of GitHub a drifted service: opened, commented when something changed, closed.

The channel that tells incidents does it: it finds the issue of a service by its marker, and says
nothing twice. Used by ``plumbline deploy drift --issues``.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from plumbline.alerts.channels.base import Channel, Receipt
from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.incidents.model import Event, Reason
from plumbline.core.status import Status
from plumbline.deploy.drift import Drift, DriftReport
from plumbline.deploy.report import commits, said


def tell_issues(report: DriftReport, channel: Channel, *, timeout_seconds: float = 60.0) -> Receipt:
    """Bring the issues up to date; of a service of which nothing is known none is touched.

    Args:
        report: what was found.
        channel: of GitHub.
        timeout_seconds: for all of them together.
    """
    items = [_item(drift, report) for drift in report.drifts if drift.is_known]
    message = Message(
        id=f"drift-{report.at:%Y%m%dt%H%M%S}",
        channel=channel.name,
        run_id="deploy drift",
        checkpoint="deploy drift",
        target="",
        as_of=report.at,
        created_at=report.at,
        items=tuple(items),
    )
    return channel.deliver(message, timeout_seconds=timeout_seconds)


def _item(drift: Drift, report: DriftReport) -> Item:
    behind, entry = drift.behind, drift.service.entry
    assert behind is not None
    status = drift.status(report.limits)
    state = f"{drift.deployed.commit if drift.deployed else ''} {behind.own} {status}"
    digest = hashlib.sha256(state.encode()).hexdigest()[:12]
    return Item(
        incident=f"drift-{drift.service.name}",
        event_id=f"drift-{drift.service.name}-{digest}",
        event=Event.CHANGED if drift.is_drifted else Event.RESOLVED,
        reason=Reason.FIRST_FAILURE if drift.is_drifted else Reason.RECOVERED,
        kind="data",
        monitor=f"{drift.service.name} is behind",
        # A young drift is no alarm yet, but it is a drift: the issue says so.
        status=Status.WARNING if status is Status.PASS else status,
        since=behind.oldest_at or report.at - timedelta(),
        at=report.at,
        summary=said(drift),
        observed=behind.own,
        unit="commits",
        expectations=tuple(commits(drift)),
        owner=entry.owner,
        runbook=entry.runbook,
        action=f"plumbline deploy check {drift.service.name}",
        impact="What is merged does not run.",
    )
