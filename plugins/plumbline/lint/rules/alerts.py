"""Alerts and mutes: would each message reach somebody, and is no secret in the file?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.core.status import FAILING
from plumbline.lint.context import LintContext
from plumbline.lint.facts import Facts
from plumbline.lint.rule import Finding, error, warning
from plumbline.lint.rules.document_shape import check_shape, value_finding
from plumbline.lint.rules.files import WRONG_VALUE
from plumbline.project.alerts import (
    DEFAULT,
    NO_SECRET,
    NO_SECRET_FIX,
    find_alerts_faults,
    find_secrets,
    read_alerts,
)
from plumbline.project.document import Document, KeyPath
from plumbline.project.mutes import MutesEntry, read_mutes

SECRET = error(
    "alerts-secret-in-file",
    "A secret is in a file, where everyone with access to the repository can read it.",
    wrong="slack: {type: slack, webhook: https://hooks.slack.com/...}",
    right="slack: {type: slack, webhook: SLACK_WEBHOOK_URL}",
)
UNKNOWN_CHANNEL = error(
    "alerts-unknown-channel",
    "A route, the fallback or a schedule names a channel that doesn't exist, so no "
    "notification would be sent.",
    wrong="{status: CRITICAL, to: [slack-eror]}",
    right="{status: CRITICAL, to: [slack-error]}",
)
UNUSED_CHANNEL = warning(
    "alerts-unused-channel",
    "No route uses the channel, so it never receives notifications.",
    wrong="channels: {pager: {type: pagerduty, ...}} that no route names",
    right="{status: CRITICAL, to: [slack-error, pager]}",
)
UNREACHED_ROUTE = warning(
    "alerts-route-never-reached",
    "Earlier routes match everything that this route matches, so it is never used.",
    wrong="[{status: CRITICAL, to: [a]}, {status: CRITICAL, owner: ml-platform, to: [b]}]",
    right="[{status: CRITICAL, owner: ml-platform, to: [b]}, {status: CRITICAL, to: [a]}]",
)
UNKNOWN_IN_ROUTE = error(
    "alerts-route-unknown-name",
    "A route names a monitor that doesn't exist or an owner that no suite has, so it "
    "matches nothing.",
    wrong="{monitor: line_coverge, to: [slack]}",
    right="{monitor: line_coverage, to: [slack]}",
)
NO_FALLBACK = warning(
    "alerts-no-fallback",
    "Without a fallback, notifications without a route or a configured channel are not sent.",
    wrong="routes: [...] without fallback",
    right="fallback: slack",
)
UNKNOWN_MUTED = error(
    "mute-unknown-monitor",
    "A mute names a monitor that doesn't exist, so runs report it.",
    wrong="- {monitor: bdb_coverge, ...}",
    right="- {monitor: bdb_coverage, ...}",
)
MUTE_OVER = warning(
    "mute-over",
    "The mute has ended and has no effect.",
    wrong="- {monitor: bdb_coverage, until: 2020-01-31, ...}",
    right="mutes: []",
)

RULES = (
    SECRET,
    UNKNOWN_CHANNEL,
    UNUSED_CHANNEL,
    UNREACHED_ROUTE,
    UNKNOWN_IN_ROUTE,
    NO_FALLBACK,
    UNKNOWN_MUTED,
    MUTE_OVER,
)

_KEYS = ("status", "monitor", "owner")
"""What a route may ask for."""


def check(context: LintContext) -> Iterator[Finding]:
    """What is wrong with ``alerts.yml`` and ``mutes.yml``, and with whom a schedule tells."""
    facts = context.facts
    if facts.alerts is not None and facts.alerts.is_readable:
        yield from _alerts(facts, facts.alerts)
    if facts.mutes is not None and facts.mutes.is_readable:
        yield from _mutes(facts, facts.mutes)
    yield from _schedule(facts)


def _alerts(facts: Facts, alerts: Document) -> Iterator[Finding]:
    secrets = list(find_secrets(alerts.value))
    for path in secrets:
        yield SECRET.at(alerts.place(*path), NO_SECRET, NO_SECRET_FIX)
    if not secrets:  # what is said of a wrong value shows the value
        shape = [value_finding(alerts, fault) for fault in find_alerts_faults(alerts.value)]
        yield from shape
        unknown = list(_unknown_channels(alerts))
        yield from unknown
        if not shape and not unknown:
            yield from _as_read(alerts)
    yield from _unused_channels(facts, alerts)
    yield from _unknown_in_routes(facts, alerts)
    yield from _unreached(alerts)
    if not alerts.get("fallback"):
        yield NO_FALLBACK.at(
            alerts.place("fallback"),
            "there is no fallback",
            "name the channel that is told in place of another: fallback: NAME",
        )


def _as_read(alerts: Document) -> Iterator[Finding]:
    try:
        read_alerts(alerts)
    except ConfigError as fault:
        yield WRONG_VALUE.at(
            alerts.place_of_key(fault.key or ""), fault.what, fault.fix or "fix it"
        )


def _unknown_channels(alerts: Document) -> Iterator[Finding]:
    channels = alerts.mapping("channels")
    named: list[tuple[KeyPath, str]] = list(_told(alerts))
    fallback = alerts.text("fallback")
    if fallback is not None:
        named.append((("fallback",), fallback))
    for path, name in named:
        if name not in channels:
            yield _unknown_channel(alerts, path, name, channels)


def _unknown_channel(
    document: Document, path: KeyPath, name: str, channels: Collection[str]
) -> Finding:
    return UNKNOWN_CHANNEL.at(
        document.place(*path), f"there is no channel {name!r}", did_you_mean(name, channels)
    )


def _told(alerts: Document) -> Iterator[tuple[KeyPath, str]]:
    """Each channel that a route names."""
    for path, _ in alerts.entries("routes"):
        for index, name in _listed(alerts, (*path, "to")):
            yield (*path, "to", *index), name


def _listed(document: Document, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """The texts at ``path``, where one may stand for a list of one."""
    value = document.get(*path)
    if isinstance(value, str):
        yield (), value
    for index, one in enumerate(value if isinstance(value, list) else ()):
        if isinstance(one, str):
            yield (index,), one


def _unused_channels(facts: Facts, alerts: Document) -> Iterator[Finding]:
    used = {name for _, name in _told(alerts)} | {alerts.text("fallback")}
    used |= {name for _, name in _notified(facts)}
    for name in alerts.mapping("channels"):
        if name not in used:
            yield UNUSED_CHANNEL.at(
                alerts.place("channels", name),
                f"no route leads to channel {name!r}",
                "name it in a route's `to`, or take it away",
            )


def _unknown_in_routes(facts: Facts, alerts: Document) -> Iterator[Finding]:
    owners = {suite.text("meta", "monitor", "owner") for suite in facts.suites.values()}
    known: Mapping[str, Collection[str]] = {
        "monitor": facts.monitor_names,
        "owner": {owner for owner in owners if owner},
    }
    for path, _ in alerts.entries("routes"):
        for key, names in known.items():
            for index, name in _listed(alerts, (*path, key)):
                if name not in names:
                    what = "no monitor" if key == "monitor" else "no suite with owner"
                    yield UNKNOWN_IN_ROUTE.at(
                        alerts.place(*path, key, *index),
                        f"there is {what} {name!r}",
                        did_you_mean(name, names),
                    )


def _unreached(alerts: Document) -> Iterator[Finding]:
    """Routes of which every status is taken by one before that is as broad or broader."""
    before: list[Mapping[str, frozenset[str]]] = []
    for path, _ in alerts.entries("routes"):
        route = {key: frozenset(name for _, name in _listed(alerts, (*path, key))) for key in _KEYS}
        if all(
            any(_takes(earlier, status, route) for earlier in before)
            for status in route["status"] or map(str, FAILING)
        ):
            yield UNREACHED_ROUTE.at(
                alerts.place(*path),
                "this route is never reached: what fits it fits one before",
                "put it before the broader one, or take it away",
            )
        before.append(route)


def _takes(
    earlier: Mapping[str, frozenset[str]], status: str, route: Mapping[str, frozenset[str]]
) -> bool:
    if earlier["status"] and status not in earlier["status"]:
        return False
    return all(
        not earlier[key] or (route[key] and route[key] <= earlier[key])
        for key in ("monitor", "owner")
    )


def _mutes(facts: Facts, mutes: Document) -> Iterator[Finding]:
    shape = list(check_shape(mutes, (), MutesEntry))
    yield from shape
    for path, _ in mutes.entries("mutes"):
        name = mutes.text(*path, "monitor")
        if name is not None and name not in facts.monitor_names:
            yield UNKNOWN_MUTED.at(
                mutes.place(*path, "monitor"),
                f"there is no monitor {name!r}",
                did_you_mean(name, facts.monitor_names),
            )
    if shape:
        return
    try:
        found = read_mutes(mutes, zone=facts.timezone)
    except ConfigError as fault:
        yield WRONG_VALUE.at(mutes.place_of_key(fault.key or ""), fault.what, fault.fix or "fix it")
        return
    now = datetime.now(UTC)
    for (path, _), mute in zip(mutes.entries("mutes"), found, strict=True):
        if mute.until <= now:
            yield MUTE_OVER.at(
                mutes.place(*path, "until"),
                f"the mute of {mute.monitor!r} has ended",
                "take it away, or give it a later end",
            )


def _notified(facts: Facts) -> Iterator[tuple[KeyPath, str]]:
    """Each channel that a schedule names."""
    if facts.schedule is not None:
        for path, _ in facts.schedule.entries("schedules"):
            for index, name in _listed(facts.schedule, (*path, "notify")):
                yield (*path, "notify", *index), name


def _schedule(facts: Facts) -> Iterator[Finding]:
    if facts.schedule is None or (facts.alerts is not None and not facts.alerts.is_readable):
        return
    channels = DEFAULT["channels"] if facts.alerts is None else facts.alerts.mapping("channels")
    for path, name in _notified(facts):
        if name not in channels:
            yield _unknown_channel(facts.schedule, path, name, channels)
