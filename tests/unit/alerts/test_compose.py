"""Messages: who is told, in which order, and with what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plumbline.alerts.channels.message import Message
from plumbline.alerts.channels.wording import group_text, headline
from plumbline.alerts.compose import (
    MOST_GROUPS,
    RunFacts,
    SourceLinks,
    compose,
    message_id,
    runbook_link,
)
from plumbline.alerts.incidents.decide import decide
from plumbline.alerts.incidents.model import Change, Known
from plumbline.core.alert_policy import Policy
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, Outcome
from plumbline.core.revision import Revision
from plumbline.core.run import Run
from plumbline.core.status import Status
from plumbline.project.alerts import AlertsConfig, default_alerts, read_alerts
from support.documents import read_document

AT = datetime(2026, 2, 2, 12, tzinfo=UTC)
AT_ONCE = Policy(confirm_error=1)
FACTS = RunFacts(Run("run", "health_check", "bigquery", AT, Revision("abc", dirty=True)), AT)


def config(tmp_path: Path, text: str = "") -> AlertsConfig:
    file = tmp_path / "alerts.yml"
    if not text:
        return default_alerts()
    file.write_text(text)
    return read_alerts(read_document(file))


class Named:
    def __init__(self, name: str) -> None:
        self.name = name


def messages_of(
    *outcomes: Outcome, config: AlertsConfig, configured: tuple[str, ...] = ()
) -> dict[str, Message]:
    decision = decide(Known(), outcomes, AT, checkpoint="c", policy=AT_ONCE, mutes=())
    channels: Any = {name: Named(name) for name in configured or config.channels}
    composed = compose(
        decision.changes, decision.known, outcomes, FACTS, config=config, configured=channels
    )
    return {message.channel: message for message in composed.messages}


def outcome(status: Status, monitor: str = "a", **changes: Any) -> Outcome:
    return Outcome(monitor=monitor, status=status, summary="44.2 %", as_of=AT, **changes)


def group(number: int, observed: float) -> GroupOutcome:
    key = GroupKey.of({"system_id": f"s{number:03d}"})
    return GroupOutcome(key, Status.CRITICAL, observed, number, 100, 50.0, "%")


def test_each_status_goes_its_route_in_one_message(tmp_path: Path) -> None:
    found = messages_of(
        outcome(Status.WARNING, "w"),
        outcome(Status.CRITICAL, "c"),
        outcome(Status.ERROR, "e", reason="no table"),
        config=config(tmp_path),
    )
    assert {name: [item.monitor for item in one.items] for name, one in found.items()} == {
        "slack-error": ["c", "e"],
        "slack-warning": ["w"],
    }


def test_a_route_may_be_by_owner_or_monitor(tmp_path: Path) -> None:
    routed = config(
        tmp_path,
        "channels:\n  x: {type: slack, webhook: X}\n  y: {type: slack, webhook: Y}\n"
        "  z: {type: slack, webhook: Z}\n"
        "routes:\n  - {owner: ana, to: [x]}\n  - {monitor: b, to: [y, z]}\nfallback: z\n",
    )
    found = messages_of(
        outcome(Status.CRITICAL, "a", owner="ana"),
        outcome(Status.CRITICAL, "b"),
        outcome(Status.CRITICAL, "c"),
        config=routed,
    )
    assert {name: [item.monitor for item in one.items] for name, one in found.items()} == {
        "x": ["a"],
        "y": ["b"],
        "z": ["b", "c"],
    }


def test_where_neither_route_nor_fallback_names_anybody_that_is_known(tmp_path: Path) -> None:
    nobody = config(tmp_path, "channels:\n  x: {type: slack, webhook: X}\nroutes: []\n")
    decision = decide(
        Known(), [outcome(Status.CRITICAL)], AT, checkpoint="c", policy=AT_ONCE, mutes=()
    )
    composed = compose(decision.changes, decision.known, [], FACTS, config=nobody, configured={})
    assert composed.messages == ()
    assert len(composed.unrouted) == 1


def test_the_worst_groups_come_first_and_the_rest_are_counted(tmp_path: Path) -> None:
    groups = tuple(group(number, observed=number / 20) for number in range(500))
    (message,) = messages_of(
        outcome(Status.CRITICAL, groups=groups), config=config(tmp_path)
    ).values()
    (item,) = message.items
    assert [line.label for line in item.groups[:2]] == ["s000", "s001"]
    assert len(item.groups) == MOST_GROUPS
    assert item.more_groups == 500 - MOST_GROUPS


def test_an_error_proposes_no_repair_of_the_data(tmp_path: Path) -> None:
    error = outcome(Status.ERROR, reason="no table", action="run the backfill", runbook="r.md")
    (message,) = messages_of(error, config=config(tmp_path)).values()
    (item,) = message.items
    assert item.action is None
    assert item.reason_text == "no table"
    assert item.observed is None


def test_the_same_events_are_the_same_message() -> None:
    assert message_id("slack", ["b", "a"]) == message_id("slack", ["a", "b"])
    assert message_id("slack", ["a"]) != message_id("github", ["a"])


@pytest.mark.parametrize(
    ("runbook", "docs_url", "link"),
    [
        ("docs/a.md", "https://git.example/blob/main/", "https://git.example/blob/main/docs/a.md"),
        ("docs/a b.md", "https://git.example", "https://git.example/docs/a%20b.md"),
        ("https://wiki.example/a", "https://git.example", "https://wiki.example/a"),
        ("docs/a.md", None, "docs/a.md"),
        (None, "https://git.example", None),
    ],
)
def test_a_runbook_in_the_repository_is_a_link_where_that_can_be_read(
    runbook: str | None, docs_url: str | None, link: str | None
) -> None:
    assert runbook_link(runbook, docs_url) == link


def test_what_is_not_returned_is_told_as_no_rows_and_not_by_what_passes(tmp_path: Path) -> None:
    known = Known()
    changes: tuple[Change, ...] = ()
    last = outcome(Status.PASS)
    gone, there = group(1, 10.0), group(2, 90.0)
    for day, status, groups in ((0, Status.CRITICAL, (gone, there)), (2, Status.PASS, (there,))):
        last = outcome(
            status,
            observed=90.0,
            thresholds="critical < 50",
            groups=tuple(
                replace(one, status=Status.CRITICAL if one is gone else Status.PASS)
                for one in groups
            ),
            judged=tuple(one.key for one in groups),
        )
        last = replace(last, as_of=AT + timedelta(days=day))
        decision = decide(known, [last], last.as_of, checkpoint="c", policy=AT_ONCE, mutes=())
        known, changes = decision.known, decision.changes
    routes = config(tmp_path)
    channels: Any = {name: Named(name) for name in routes.channels}
    composed = compose(changes, known, [last], FACTS, config=routes, configured=channels)
    (item,) = composed.messages[0].items
    assert (str(item.event), item.status, item.observed) == ("reminded", Status.CRITICAL, None)
    assert headline(item).startswith("CRITICAL a (still): no longer returned: s001, since ")
    assert [group_text(line) for line in item.groups] == ["s001: no rows"]


LINKS = SourceLinks(
    "https://git.example/acme/data/blob/abc/",
    {"coverage": "models/coverage.sql"},
    {"a": "expectations/coverage.json"},
)


@pytest.mark.parametrize(
    ("runbook", "url"),
    [
        ("docs/a.md#fix", "https://git.example/acme/data/blob/abc/docs/a.md#fix"),
        ("https://wiki.example/a", "https://wiki.example/a"),
        (None, None),
    ],
)
def test_runbook_sql_and_suite_are_linked_at_the_revision_that_ran(
    tmp_path: Path, runbook: str | None, url: str | None
) -> None:
    found = outcome(Status.CRITICAL, model="coverage", runbook=runbook)
    decision = decide(Known(), [found], AT, checkpoint="c", policy=AT_ONCE, mutes=())
    alerts = config(tmp_path)
    channels: Any = {name: Named(name) for name in alerts.channels}
    facts = replace(FACTS, source=lambda: LINKS)
    composed = compose(
        decision.changes, decision.known, [found], facts, config=alerts, configured=channels
    )
    (item,) = composed.messages[0].items
    assert item.runbook == url
    assert item.sql_url == "https://git.example/acme/data/blob/abc/models/coverage.sql"
    assert item.suite_url == "https://git.example/acme/data/blob/abc/expectations/coverage.json"
    assert item.ack_command == f"plumbline alerts ack {item.incident} --target bigquery"
