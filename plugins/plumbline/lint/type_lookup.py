"""Types of expectations and of actions, with their arguments or keys, without importing GX.

Expectations are in a catalogue, which is generated from the registered classes; a test compares the
table of actions with GX's registry. What neither has may be defined by the project's plugins: only
then is GX imported.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.resources import files
from typing import Generic, TypeVar

from plumbline.lint.known_types import ActionType, ExpectationType
from plumbline.lint.plugins import Plugins
from plumbline.project.checkpoints import ALERTS_ACTION, DOCS_ACTION

T = TypeVar("T")


def _action(*required: str, optional: str = "") -> ActionType:
    return ActionType(frozenset({"name", *required}), frozenset(optional.split()))


KNOWN_ACTIONS: Mapping[str, ActionType] = {
    "api": _action("url"),
    "email": _action(
        "smtp_address",
        "smtp_port",
        "receiver_emails",
        optional="sender_login sender_password sender_alias use_tls use_ssl notify_on notify_with "
        "renderer",
    ),
    "microsoft": _action("teams_webhook", optional="notify_on renderer"),
    "opsgenie": _action("api_key", optional="region priority notify_on tags renderer"),
    "pagerduty": _action("api_key", "routing_key", optional="notify_on severity"),
    ALERTS_ACTION: _action(),
    DOCS_ACTION: _action(optional="site_names"),
    "slack": _action(
        optional="slack_webhook slack_token slack_channel notify_on notify_with "
        "show_failed_expectations renderer"
    ),
    "sns": _action("sns_topic_arn", optional="sns_message_subject"),
    "update_data_docs": _action(optional="site_names"),
}


class KnownTypes(Generic[T]):
    """Every type that files of this project may name."""

    def __init__(
        self,
        plugins: Plugins,
        read_known: Callable[[], Mapping[str, T]],
        read_registered: Callable[[], Mapping[str, T]],
    ) -> None:
        self._plugins = plugins
        self._read_known = read_known
        self._read_registered = read_registered

    @cached_property
    def known(self) -> Mapping[str, T]:
        """GX's own and plumbline's."""
        return self._read_known()

    def find(self, name: str) -> T | None:
        return self.known.get(name) or self._registered.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.known, *self._registered)))

    @cached_property
    def _registered(self) -> Mapping[str, T]:
        if not self._plugins.may_be_imported:
            return {}
        self._plugins.import_all()
        return self._read_registered()


def known_expectations(plugins: Plugins) -> KnownTypes[ExpectationType]:
    def read() -> Mapping[str, ExpectationType]:
        file = files("plumbline.evaluate.expectations").joinpath("catalogue.json")
        return {
            name: ExpectationType(name, entry["kwargs"], tuple(entry["required"]))
            for name, entry in json.loads(file.read_text("utf-8")).items()
        }

    def read_registered() -> Mapping[str, ExpectationType]:
        from plumbline.lint.registered import registered_types

        return {entry.name: entry for entry in registered_types()}

    return KnownTypes(plugins, read, read_registered)


def known_actions(plugins: Plugins) -> KnownTypes[ActionType]:
    def read_registered() -> Mapping[str, ActionType]:
        from plumbline.lint.registered import registered_actions

        return registered_actions()

    return KnownTypes(plugins, lambda: KNOWN_ACTIONS, read_registered)
