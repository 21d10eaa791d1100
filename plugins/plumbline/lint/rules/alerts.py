"""Rules for alerts and mutes: every message reaches a channel, and no file holds a secret."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

from plumbline.core.status import FAILING
from plumbline.lint.context import LintContext
from plumbline.lint.facts import Facts
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.rules.document_shape import value_findings
from plumbline.project.alerts import find_alerts_faults, named_channels
from plumbline.project.document import Document
from plumbline.project.mutes import find_mute_faults, valid_mutes
from plumbline.project.parsing import ValueFaultKind

RULES = Rules()

SECRET = RULES.error(
    "alerts-secret-in-file",
    "A secret is in a file, where everyone with access to the repository can read it.",
    wrong="slack: {type: slack, webhook: https://hooks.slack.com/...}",
    right="slack: {type: slack, webhook: SLACK_WEBHOOK_URL}",
)
UNKNOWN_CHANNEL = RULES.error(
    "alerts-unknown-channel",
    "A route, the fallback or a schedule names a channel that doesn't exist, so no "
    "notification would be sent.",
    wrong="{status: CRITICAL, to: [slack-eror]}",
    right="{status: CRITICAL, to: [slack-error]}",
)
UNUSED_CHANNEL = RULES.warning(
    "alerts-unused-channel",
    "No route uses the channel, so it never receives notifications.",
    wrong="channels: {pager: {type: pagerduty, ...}} that no route names",
    right="{status: CRITICAL, to: [slack-error, pager]}",
)
UNREACHED_ROUTE = RULES.warning(
    "alerts-route-never-reached",
    "Earlier routes match everything that this route matches, so it is never used.",
    wrong="[{status: CRITICAL, to: [a]}, {status: CRITICAL, owner: ml-platform, to: [b]}]",
    right="[{status: CRITICAL, owner: ml-platform, to: [b]}, {status: CRITICAL, to: [a]}]",
)
UNKNOWN_IN_ROUTE = RULES.error(
    "alerts-route-unknown-name",
    "A route names something that doesn't exist: a monitor, checkpoint, owner or tag, so it "
    "matches nothing.",
    wrong="{monitor: line_coverge, to: [slack]}",
    right="{monitor: line_coverage, to: [slack]}",
)
NO_FALLBACK = RULES.warning(
    "alerts-no-fallback",
    "Without a fallback, notifications without a route or a configured channel are not sent.",
    wrong="routes: [...] without fallback",
    right="fallback: slack",
)
UNKNOWN_MUTED = RULES.error(
    "mute-unknown-monitor",
    "A mute names a monitor that doesn't exist, so runs report it.",
    wrong="- {monitor: bdb_coverge, ...}",
    right="- {monitor: bdb_coverage, ...}",
)
MUTE_OVER = RULES.warning(
    "mute-over",
    "The mute has ended and has no effect.",
    wrong="- {monitor: bdb_coverage, until: 2020-01-31, ...}",
    right="mutes: []",
)

_NAMES = ("monitor", "owner", "checkpoint", "target", "tag")
_KEYS = ("status", *_NAMES)
"""What a route may ask for."""

_BY_KIND = {
    ValueFaultKind.SECRET: SECRET,
    ValueFaultKind.UNKNOWN_CHANNEL: UNKNOWN_CHANNEL,
    ValueFaultKind.UNKNOWN_MONITOR: UNKNOWN_MUTED,
}


def check(context: LintContext) -> Iterator[Finding]:
    facts = context.facts
    if facts.documents.alerts is not None and facts.documents.alerts.is_readable:
        yield from _alerts(facts, facts.documents.alerts)
    if facts.documents.mutes is not None and facts.documents.mutes.is_readable:
        yield from _mutes(facts, facts.documents.mutes)


def _alerts(facts: Facts, alerts: Document) -> Iterator[Finding]:
    yield from value_findings(alerts, find_alerts_faults(alerts), _BY_KIND)
    yield from _unused_channels(facts, alerts)
    yield from _unknown_in_routes(facts, alerts)
    yield from _unreached(alerts)
    if not alerts.get("fallback"):
        yield NO_FALLBACK.at(
            alerts.place("fallback"),
            "there is no fallback",
            "name the channel to use in place of another: fallback: NAME",
        )


def _unused_channels(facts: Facts, alerts: Document) -> Iterator[Finding]:
    used = {name for _, name in named_channels(alerts)}
    if facts.documents.schedule is not None:
        for path, _ in facts.documents.schedule.entries("schedules"):
            used |= {name for _, name in facts.documents.schedule.texts(*path, "notify")}
    for name in alerts.mapping("channels"):
        if name not in used:
            yield UNUSED_CHANNEL.at(
                alerts.place("channels", name),
                f"no route uses channel {name!r}",
                "name it in a route's `to`, or remove it",
            )


def _unknown_in_routes(facts: Facts, alerts: Document) -> Iterator[Finding]:
    recorded = facts.documents.recorded
    known: dict[str, Collection[str]] = {
        "monitor": facts.documents.nameable,
        "checkpoint": {*facts.documents.checkpoints, *recorded},
    }
    if not recorded:  # the owners and tags of dbt's tests are in no file of the project
        owners = {suite.text("meta", "monitor", "owner") for suite in facts.suites.values()}
        known["owner"] = {owner for owner in owners if owner}
        known["tag"] = {
            tag
            for suite in facts.suites.values()
            for _, tag in suite.texts("meta", "monitor", "tags")
        }
    for path, _ in alerts.entries("routes"):
        for key, names in known.items():
            for at, name in alerts.texts(*path, key):
                if name not in names:
                    what = f"no suite with {key}" if key in ("owner", "tag") else f"no {key}"
                    yield UNKNOWN_IN_ROUTE.unknown(
                        alerts.place(*at), f"there is {what}", name, names
                    )


def _unreached(alerts: Document) -> Iterator[Finding]:
    """Routes of which every status is taken by one before that is as broad or broader."""
    before: list[Mapping[str, frozenset[str]]] = []
    for path, _ in alerts.entries("routes"):
        route = {key: frozenset(name for _, name in alerts.texts(*path, key)) for key in _KEYS}
        if all(
            any(_takes(earlier, status, route) for earlier in before)
            for status in route["status"] or map(str, FAILING)
        ):
            yield UNREACHED_ROUTE.at(
                alerts.place(*path),
                "this route is never reached: earlier routes match everything that it matches",
                "move it before the broader route, or remove it",
            )
        before.append(route)


def _takes(
    earlier: Mapping[str, frozenset[str]], status: str, route: Mapping[str, frozenset[str]]
) -> bool:
    if earlier["status"] and status not in earlier["status"]:
        return False
    return all(not earlier[key] or (route[key] and route[key] <= earlier[key]) for key in _NAMES)


def _mutes(facts: Facts, mutes: Document) -> Iterator[Finding]:
    faults = find_mute_faults(mutes, monitors=facts.documents.nameable)
    yield from value_findings(mutes, faults, _BY_KIND)
    now = datetime.now(UTC)
    for path, mute in valid_mutes(mutes, zone=facts.timezone):
        if mute.until <= now:
            yield MUTE_OVER.at(
                mutes.place(*path, "until"),
                f"the mute of {mute.monitor!r} has ended",
                "remove it, or give it a later end",
            )
