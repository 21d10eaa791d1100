"""The actions of GX's checkpoints as channels and routes of ``checkpoints/alerts.yml``.

A secret is never copied: where GX reads an environment variable, the channel names the same; where
a secret is written in a file, the channel names a variable that the person has to set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from plumbline.project.alerts import CHANNEL_ENTRIES
from plumbline.project.checkpoints import ALERTS_ACTION, DOCS_ACTION
from plumbline.project.parsing import find_value_faults
from plumbline.scaffold.import_gx.gx_project import Checkpoint, Variables
from plumbline.scaffold.import_gx.report import NotConvertedError, Report

_STATUSES: Mapping[str, tuple[str, ...]] = {
    "all": ("CRITICAL", "ERROR", "WARNING"),
    "failure": ("CRITICAL", "ERROR", "WARNING"),
    "critical": ("CRITICAL", "ERROR"),
    "warning": ("WARNING",),
}
"""By GX's ``notify_on``. What could not be checked is, in GX, a failure of its severity."""
_NOT_NOTIFIED = {
    "success": "plumbline sends no message about a run without failures",
    "info": "plumbline sends no message about expectations of severity info",
}
_SECRET_STORE = re.compile(r"secret\|projects/([^/]+)/secrets/([^/|]+)")


@dataclass
class Alerts:
    """Channels and routes, filled checkpoint by checkpoint."""

    variables: Variables
    report: Report
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    routes: list[dict[str, Any]] = field(default_factory=list)
    secrets: dict[str, object] = field(default_factory=dict, repr=False)
    """By the name of an environment variable, its value where it is known."""

    def actions(self, checkpoint: Checkpoint, name: str) -> list[dict[str, str]]:
        """The actions of ``checkpoint``, which is ``name`` in plumbline."""
        has_docs, notified = False, dict[str, list[str]]()
        for action in checkpoint.actions:
            type_ = str(action.get("type"))
            if type_ == "update_data_docs":
                has_docs = True
                continue
            called = f"action {action.get('name') or type_!r} of checkpoint {checkpoint.name!r}"
            try:
                statuses = _statuses(action)
                channel = self._channel(type_, action)
                for status in statuses:
                    notified.setdefault(status, []).append(channel)
            except NotConvertedError as fault:
                self.report.leave(called, fault.why, fault.fix)
        if notified:  # a check that failed to run is told to somebody
            notified.setdefault("ERROR", [one for to in notified.values() for one in to])
        by_channels: dict[tuple[str, ...], list[str]] = {}
        for status, channels in notified.items():
            by_channels.setdefault(tuple(dict.fromkeys(channels)), []).append(status)
        for to, listed in by_channels.items():
            is_every = len(listed) == len(_STATUSES["all"])
            which = {} if is_every else {"status": listed}
            self.routes.append({"checkpoint": name, **which, "to": list(to)})
        found = [{"name": "alerts", "type": ALERTS_ACTION}] if notified else []
        return [*found, {"name": "docs", "type": DOCS_ACTION}] if has_docs else found

    def _channel(self, type_: str, action: Mapping[str, Any]) -> str:
        """The name of the channel of an action; the same for the same receiver."""
        make = _CHANNELS.get(type_)
        if make is None:
            raise NotConvertedError(
                f"plumbline has no channel of GX's type {type_!r}",
                f"use another one, for example a webhook: {', '.join(CHANNEL_ENTRIES)}",
            )
        channel = make(self, action)
        for fault in find_value_faults(CHANNEL_ENTRIES[channel["type"]], channel):
            raise NotConvertedError(
                f"{'.'.join(map(str, fault.path))}: {fault.what}",
                "add the channel to checkpoints/alerts.yml by hand",
            )
        for name, known in self.channels.items():
            if known == channel:
                return name
        base = re.sub(r"[^A-Za-z0-9_-]+", "-", str(action.get("name") or type_)).strip("-_")
        base = base if base[:1].isalpha() else f"{channel['type']}-{base}"
        name, number = base[:50], 2
        while name in self.channels:
            name, number = f"{base[:50]}-{number}", number + 1
        self.channels[name] = channel
        return name

    def secret(self, action: Mapping[str, Any], key: str, usual: str) -> str:
        """The environment variable of a secret, by default ``usual``."""
        name, written = self.variables.named(_given(action, key))
        if name is not None and written is None:
            return name
        if name is None:  # two receivers must not become one
            names = chain([usual], (f"{usual}_{number}" for number in count(2)))
            name = next(one for one in names if self.secrets.setdefault(one, written) == written)
        stored = _SECRET_STORE.match(str(written))
        if stored is not None:
            self.report.ask(f"set {name}=sm://{stored[1]}/{stored[2]}")
        else:
            self.report.ask(f"set {name} to the value that the GX project has in a file")
        return name

    def plain(self, action: Mapping[str, Any], key: str) -> str:
        """A value that is no secret."""
        value = _given(action, key)
        return str(self.variables.fill_in(value) if isinstance(value, str) else value)

    # One channel a type of action

    def slack(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """By a webhook, or by a bot."""
        if action.get("slack_webhook"):
            webhook = self.secret(action, "slack_webhook", "SLACK_WEBHOOK_URL")
            return {"type": "slack", "webhook": webhook}
        return {
            "type": "slack",
            "token": self.secret(action, "slack_token", "SLACK_BOT_TOKEN"),
            "channel": self.plain(action, "slack_channel"),
        }

    def pagerduty(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """A service of PagerDuty."""
        key = self.secret(action, "routing_key", "PAGERDUTY_ROUTING_KEY")
        return {"type": "pagerduty", "routing_key": key}

    def teams(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """A webhook of Microsoft Teams."""
        is_old = bool(action.get("microsoft_teams_webhook"))
        key = "microsoft_teams_webhook" if is_old else "teams_webhook"
        return {"type": "teams", "webhook": self.secret(action, key, "TEAMS_WEBHOOK_URL")}

    def email(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Recipients of e-mail."""
        sender = "sender_alias" if action.get("sender_alias") else "sender_login"
        to = [one.strip() for one in self.plain(action, "receiver_emails").split(",")]
        security = "starttls" if action.get("use_tls") else "none"
        found: dict[str, Any] = {
            "type": "email",
            "host": self.plain(action, "smtp_address"),
            "port": _port(self.plain(action, "smtp_port")),
            "security": "tls" if action.get("use_ssl") else security,
            "from": self.plain(action, sender),
            "to": to,
        }
        if action.get("sender_password"):
            if found["security"] == "none":
                raise NotConvertedError(
                    "it sends a password over an unencrypted connection",
                    "set use_tls or use_ssl of the action in GX",
                )
            found["username"] = self.secret(action, "sender_login", "SMTP_USERNAME")
            found["password"] = self.secret(action, "sender_password", "SMTP_PASSWORD")
        return found


_CHANNELS: Mapping[str, Callable[[Alerts, Mapping[str, Any]], dict[str, Any]]] = {
    "slack": Alerts.slack,
    "pagerduty": Alerts.pagerduty,
    "microsoft": Alerts.teams,
    "email": Alerts.email,
}


def _statuses(action: Mapping[str, Any]) -> tuple[str, ...]:
    notify_on = str(action.get("notify_on") or "all")
    if notify_on in _NOT_NOTIFIED:
        raise NotConvertedError(
            _NOT_NOTIFIED[notify_on],
            "use `plumbline run --format json` in a script, if you need it",
        )
    return _STATUSES.get(notify_on, _STATUSES["all"])


def _given(action: Mapping[str, Any], key: str) -> object:
    value = action.get(key)
    if value is None or value == "":
        raise NotConvertedError(f"the action has no {key}", f"write {key} of the action in GX")
    return value


def _port(text: str) -> int | str:
    return int(text) if text.isdecimal() else text
