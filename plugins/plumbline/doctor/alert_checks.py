"""Checks of ``plumbline debug`` for alerts: which channels would be notified.

One line per channel, and one on who is notified of each status. Nothing is sent. Secret Manager is
read if a variable refers to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbline.core.errors import PlumblineError
from plumbline.core.status import FAILING, Status
from plumbline.doctor.diagnosis import Diagnosis, Level, fault

if TYPE_CHECKING:
    from plumbline.alerts.channels.factory import OpenedChannels
    from plumbline.project import Project
    from plumbline.project.alerts import AlertsConfig


def check_alerts(project: Project) -> Iterator[Diagnosis]:
    """One line per channel, who is notified, and the mutes of the file."""
    from plumbline.alerts.channels.factory import open_channels

    try:
        config = project.alerts
    except PlumblineError as error:
        yield fault("alerts", error)
    else:
        opened = open_channels(config, os.environ)
        for name in config.channels:
            yield _channel(config, name, opened)
        yield _routes(project, config, opened)
    try:
        mutes = project.mutes
    except PlumblineError as error:
        yield fault("mutes", error)
    else:
        stale = [line for line in project.stale_entries if "mutes.yml" in line]
        if stale:
            fix = "remove these entries; `plumbline lint` shows their lines"
            yield Diagnosis("mutes", Level.MISSING, " ".join(stale), fix)
        elif mutes:
            yield Diagnosis("mutes", Level.NOTE, "; ".join(mute.describe() for mute in mutes))


def _channel(config: AlertsConfig, name: str, opened: OpenedChannels) -> Diagnosis:
    from plumbline.alerts.routes import with_fallback

    what = f"channel {name}"
    if name in opened.channels:
        same = opened.channels[name].name
        place = "" if same == name else f", the same place as {same}"
        return Diagnosis(what, Level.OK, f"configured{place}")
    why = opened.missing[name]
    is_routed = any(name in route.channels for route in config.routes)
    instead = with_fallback(config, name, opened.channels)
    if instead is not None:
        said = f"{why}: its messages go to {instead}" if is_routed else f"{why}: no route names it"
        return Diagnosis(what, Level.NOTE, said)
    if not is_routed:
        return Diagnosis(what, Level.NOTE, f"{why}: no route names it, and it has no fallback")
    return Diagnosis(
        what,
        Level.MISSING,
        f"{why}: nobody gets its messages",
        _fix(config, name),
    )


def _fix(config: AlertsConfig, name: str) -> str:
    wanted = list(config.channels[name].variables.values())
    if config.fallback is not None and config.fallback != name:
        others = " and ".join(config.channels[config.fallback].variables.values())
        return f"set {' and '.join(wanted)}, or {others} of the fallback {config.fallback}"
    return f"set {' and '.join(wanted)}"


def _routes(project: Project, config: AlertsConfig, opened: OpenedChannels) -> Diagnosis:
    """Who is notified of each status; MISSING if no one is, even for a single monitor."""
    from plumbline.alerts.routes import channels_for, with_fallback

    owners = _owners(project)
    told: dict[Status, dict[str, None]] = {status: {} for status in FAILING}
    silent: dict[Status, list[str]] = {status: [] for status in FAILING}
    for status in FAILING:
        for monitor, owner in owners.items():
            wanted = channels_for(config, status=status, monitor=monitor, owner=owner)
            found = [with_fallback(config, name, opened.channels) for name in wanted]
            reached = [name for name in found if name is not None]
            told[status].update(dict.fromkeys(reached))
            if not reached:
                silent[status].append(monitor)
    lacking = [
        str(status) + ("" if len(monitors) == len(owners) else f" ({', '.join(monitors)})")
        for status, monitors in silent.items()
        if monitors
    ]
    if lacking:
        return Diagnosis(
            "routes",
            Level.MISSING,
            f"no channel is notified of {', '.join(lacking)}",
            "set the channels' variables, or fix checkpoints/alerts.yml; then run "
            "`plumbline alerts test`",
        )
    ways = [f"{status} to {', '.join(names)}" for status, names in told.items() if names]
    return Diagnosis("routes", Level.OK, "; ".join(ways) or "there are no monitors")


def _owners(project: Project) -> dict[str, str | None]:
    """By monitor; a suite that can't be read has no owner, as its ERROR has none."""
    found: dict[str, str | None] = dict.fromkeys(project.monitor_names())
    for name in found:
        try:
            found[name] = project.suite_of(name).monitor.owner
        except PlumblineError:
            continue
    return found
