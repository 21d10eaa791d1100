"""The actions that a checkpoint can name, and their keys, without importing Great Expectations.

A test compares the table with GX's registry. Other types are looked up in the project's plugins.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from plumbline.lint.known_types import ActionType
from plumbline.lint.plugins import Plugins
from plumbline.project.checkpoints import ALERTS_ACTION, DOCS_ACTION


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


class ActionTypes:
    """Every type of action that a checkpoint of this project may name."""

    def __init__(self, plugins: Plugins) -> None:
        self.plugins = plugins

    def find(self, name: str) -> ActionType | None:
        return KNOWN_ACTIONS.get(name) or self._registered.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple({*KNOWN_ACTIONS, *self._registered})

    @cached_property
    def _registered(self) -> Mapping[str, ActionType]:
        if not self.plugins.may_be_imported:
            return {}
        self.plugins.import_all()
        from plumbline.lint.registered import registered_actions

        return registered_actions()
