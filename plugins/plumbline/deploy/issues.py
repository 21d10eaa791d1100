"""Keeps one GitHub issue per drifted service: opened, commented on a change, closed.

Uses the GitHub channel of alerts, which finds a service's issue by its marker and never repeats a
comment. Used by ``plumbline deploy drift --issues``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from plumbline.alerts.channels.base import Channel
from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.incidents.model import Reason
from plumbline.core.alert_line import Event
from plumbline.core.errors import ConfigError
from plumbline.core.status import Status
from plumbline.deploy.drift import Drift, DriftReport
from plumbline.deploy.wording import missing_commits, summary
from plumbline.net.receipt import DeliveryStatus

TOKEN_VARIABLE = "GITHUB_TOKEN"
API_VARIABLE = "GITHUB_API_URL"


def open_issues(repository: str, environment: Mapping[str, str]) -> Channel:
    """The issues of a repository of GitHub (``OWNER/NAME``).

    Raises:
        ConfigError: there is no token.
    """
    from plumbline.alerts.channels.github.channel import BASE_URL, GitHubChannel
    from plumbline.net.secrets import read_secret

    token = read_secret(TOKEN_VARIABLE, environment)
    if token is None:
        raise ConfigError(
            f"{TOKEN_VARIABLE} is not set; issues can't be written without it",
            key="--issues",
            fix="set it to a token with the permission Issues: read and write",
        )
    base_url = environment.get(API_VARIABLE) or BASE_URL
    return GitHubChannel("issues", repository, token, base_url=base_url)


def update_issues(
    report: DriftReport, channel: Channel, *, timeout_seconds: float = 60.0
) -> DriftReport:
    """Open, update and close the issues; the report, with a failure where that did not work.

    The issue of a service whose drift is not known is left as it is. ``timeout_seconds`` is for all
    of them together.
    """
    message = _message(report, channel.name)
    receipt = channel.deliver(message, timeout_seconds=timeout_seconds)
    if receipt.verdict is DeliveryStatus.DELIVERED:
        return report
    return report.with_failure(f"The issues could not be updated: {receipt.detail}.")


def preview_issues(report: DriftReport) -> list[str]:
    """The issue of each drifted service as `update_issues` opens it: title, labels, Markdown."""
    from plumbline.alerts.channels.github.rendering import issue_body, labels, title

    message = _message(report, "issues")
    issues = []
    for item in message.items:
        if not item.event.is_end:
            head = f"# {title(item, message)}\nLabels: {', '.join(labels(item))}"
            issues.append(f"{head}\n\n{issue_body(item, message)}")
    return issues


def _message(report: DriftReport, channel: str) -> Message:
    return Message(
        id=f"drift-{report.at:%Y%m%dt%H%M%S}",
        channel=channel,
        run_id="deploy drift",
        checkpoint="deploy drift",
        target="",
        as_of=report.at,
        created_at=report.at,
        items=tuple(_item(drift, report) for drift in report.drifts if drift.is_known),
    )


def _item(drift: Drift, report: DriftReport) -> Item:
    behind, entry = drift.behind, drift.service.entry
    assert behind is not None
    status = drift.status(report.limits)
    state = f"{drift.deployed.commit if drift.deployed else ''} {behind.own} {status}"
    digest = hashlib.sha256(state.encode()).hexdigest()[:12]
    return Item(
        incident=f"drift-{drift.service.name}",
        event_id=f"drift-{drift.service.name}-{digest}",
        event=Event.OPENED if drift.is_drifted else Event.RESOLVED,
        reason=Reason.FIRST_FAILURE if drift.is_drifted else Reason.RECOVERED,
        kind="data",
        monitor=f"{drift.service.name} is behind",
        # A young drift is within the limits, but the issue lists it.
        status=Status.WARNING if status is Status.PASS else status,
        since=behind.oldest_at or report.at - timedelta(),
        at=report.at,
        summary=summary(drift),
        observed=behind.own,
        unit="commits",
        expectations=tuple(missing_commits(drift)),
        owner=entry.owner,
        runbook=entry.runbook,
        action=f"plumbline deploy check {drift.service.name}",
        impact="Merged commits are not deployed.",
    )
