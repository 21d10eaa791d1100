"""``checkpoints/alerts.yml``: channels, routes, and how often reminders are sent.

Secrets are in the environment; the file names their variables. A project without the file has
`DEFAULT`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from plumbline.core.alert_policy import Policy
from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.core.status import FAILING, Status
from plumbline.net.transport import why_unfit
from plumbline.project.document import Document, KeyPath
from plumbline.project.entry import Entry
from plumbline.project.parsing import (
    UnfitValueError,
    ValueFault,
    ValueFaultKind,
    find_unknown_names,
    find_value_faults,
    refuse_faults,
    wrong_value,
)

SECRET_KEYS = (
    "webhook", "token", "routing_key", "url", "signing_key", "username", "password",
)  # fmt: skip
"""Keys of channels that name an environment variable."""

_NO_SECRET = "a secret must not be in a file"
_NO_SECRET_FIX = (
    "put the secret into an environment variable and write the variable's name here; then replace "
    "the secret, because this one is exposed"
)

DURATION = r"^[1-9][0-9]{0,5}[smhd]$"
_DURATIONS: tuple[KeyPath, ...] = (
    *(("remind_after", status) for status in ("critical", "warning", "error")),
    ("flapping", "within"),
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
_URL = r"^https?://\S+$"
_URL_KEYS = ("api_url", "docs_url")
_TOKEN = re.compile(
    r"xox[a-z]-|xapp-|gh[a-z]_[A-Za-z0-9]|github_pat_|hooks\.slack\.com/(services|workflows)/"
    r"|^https?://[^/]*@",
    re.IGNORECASE,
)
_KEY_LIKE = re.compile(r"(?=.*\d)[A-Za-z0-9]{20,}")
"""PagerDuty's routing keys have no prefix by which they can be recognized."""

_Text = Annotated[str, StringConstraints(min_length=1)]
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=60)]
_Variable = Annotated[str, StringConstraints(pattern=_VARIABLE)]
_Url = Annotated[str, StringConstraints(pattern=_URL)]


def _check_api_url(value: str) -> str:
    if why := why_unfit(value):
        raise UnfitValueError(why)
    return value


_ApiUrl = Annotated[_Url, AfterValidator(_check_api_url)]
"""Gets the channel's token."""


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _one_or_more(shape: Mapping[str, Any]) -> tuple[BeforeValidator, WithJsonSchema]:
    """A value may stand for a list of one."""
    either = {"anyOf": [dict(shape), {"type": "array", "items": dict(shape), "minItems": 1}]}
    return BeforeValidator(_listed), WithJsonSchema(either)


_STATUS_TEXT, _STATUS_SHAPE = _one_or_more({"enum": [str(status) for status in FAILING]})
_NAME_TEXT, _NAME_SHAPE = _one_or_more({"type": "string", "minLength": 1})

_Statuses = Annotated[
    list[Literal["CRITICAL", "ERROR", "WARNING"]], Field(min_length=1), _STATUS_TEXT, _STATUS_SHAPE
]
_Names = Annotated[list[_Text], Field(min_length=1), _NAME_TEXT, _NAME_SHAPE]
_ADDRESS = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$"
_ADDRESS_TEXT, _ADDRESS_SHAPE = _one_or_more({"type": "string", "pattern": _ADDRESS})
_Address = Annotated[str, StringConstraints(pattern=_ADDRESS)]
_Addresses = Annotated[list[_Address], Field(min_length=1), _ADDRESS_TEXT, _ADDRESS_SHAPE]
_Duration = Annotated[
    str,
    Field(
        json_schema_extra={
            "pattern": DURATION,
            "patternErrorMessage": 'Write a number with s, m, h or d, for example "24h".',
        }
    ),
]


_SlackId = Annotated[str, StringConstraints(pattern=r"^[USW][A-Z0-9]{5,20}$")]
_Runs = Annotated[int, Field(ge=1, le=10)]


def _variable(what: str, example: str) -> Any:
    return Field(
        description=f"The name of the environment variable that holds {what}; its value may be "
        "`sm://PROJECT/SECRET` of Secret Manager.",
        examples=[example],
    )


def _optional_variable(what: str, example: str) -> Any:
    return Field(
        None,
        description=f"The name of the environment variable that holds {what}.",
        examples=[example],
    )


def _api_url(default: str) -> Any:
    return Field(
        None,
        description=f"Another URL of the API instead of `{default}`, such as a proxy.",
        examples=[default],
    )


class _Channel(Entry):
    """What every channel may have."""

    renamed_from: _Names | None = Field(
        None,
        description="Earlier names of the channel, so that open incidents and waiting messages "
        "keep it.",
        examples=["slack-alerts"],
    )

    @property
    def variables(self) -> dict[str, str]:
        """By key (``webhook``): the name of the environment variable."""
        return self.model_dump(include=set(SECRET_KEYS), exclude_none=True)


class SlackEntry(_Channel):
    """A Slack channel, by an incoming webhook or by a bot."""

    type: Literal["slack"] = Field(description="Slack.")
    webhook: _Variable | None = _optional_variable(
        "the URL of the incoming webhook", "SLACK_WEBHOOK_URL"
    )
    token: _Variable | None = _optional_variable("the bot's token", "SLACK_BOT_TOKEN")
    channel: _Text | None = Field(
        None,
        description="With `token`: the Slack channel, by name or id.",
        examples=["#data-quality", "C0123456789"],
    )
    api_url: _ApiUrl | None = _api_url("https://slack.com/api/")


class GithubEntry(_Channel):
    """Issues of a repository on GitHub, one an incident."""

    type: Literal["github"] = Field(description="Issues on GitHub.")
    token: _Variable = _variable("a token with permission to write issues", "GITHUB_TOKEN")
    repository: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$")] = (
        Field(description="Repository for the issues.", examples=["my-org/my-repository"])
    )
    api_url: _ApiUrl | None = _api_url("https://api.github.com")


class PagerdutyEntry(_Channel):
    """A service of PagerDuty."""

    type: Literal["pagerduty"] = Field(description="PagerDuty.")
    routing_key: _Variable = _variable(
        "the integration key of the service (Events API v2)", "PAGERDUTY_ROUTING_KEY"
    )
    api_url: _ApiUrl | None = _api_url("https://events.pagerduty.com")


class WebhookEntry(_Channel):
    """Any receiver of JSON."""

    type: Literal["webhook"] = Field(description="Any receiver of JSON by HTTP POST.")
    url: _Variable = _variable("the receiver's URL", "ALERTS_WEBHOOK_URL")
    signing_key: _Variable | None = _optional_variable(
        "the key that signs messages", "ALERTS_SIGNING_KEY"
    )


class TeamsEntry(_Channel):
    """A channel or chat of Microsoft Teams."""

    type: Literal["teams"] = Field(description="Microsoft Teams.")
    webhook: _Variable = _variable("the URL of the workflow's webhook", "TEAMS_WEBHOOK_URL")


class GoogleChatEntry(_Channel):
    """A space of Google Chat."""

    type: Literal["googlechat"] = Field(description="Google Chat.")
    webhook: _Variable = _variable("the URL of the space's webhook", "GOOGLE_CHAT_WEBHOOK_URL")


class EmailEntry(_Channel):
    """Recipients of e-mail."""

    type: Literal["email"] = Field(description="E-mail by SMTP.")
    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+$")] = Field(
        description="The SMTP server.", examples=["smtp.example.com"]
    )
    port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Its port; default: 587 for starttls, 465 for tls, 25 for none.",
        examples=[587],
    )
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="Encryption of the connection.", examples=["starttls"]
    )
    username: _Variable | None = _optional_variable("the user name", "SMTP_USERNAME")
    password: _Variable | None = _optional_variable("the password", "SMTP_PASSWORD")
    sender: _Address = Field(
        alias="from", description="The sender's address.", examples=["plumbline@example.com"]
    )
    to: _Addresses = Field(
        description="The recipients' addresses.", examples=[["data-team@example.com"]]
    )


AnyChannelEntry: TypeAlias = (
    SlackEntry
    | GithubEntry
    | PagerdutyEntry
    | WebhookEntry
    | TeamsEntry
    | GoogleChatEntry
    | EmailEntry
)
ChannelEntry = Annotated[AnyChannelEntry, Field(discriminator="type")]
CHANNEL_ENTRIES: Mapping[str, type[AnyChannelEntry]] = {
    "slack": SlackEntry,
    "github": GithubEntry,
    "pagerduty": PagerdutyEntry,
    "webhook": WebhookEntry,
    "teams": TeamsEntry,
    "googlechat": GoogleChatEntry,
    "email": EmailEntry,
}


class EscalateEntry(Entry):
    """``escalate`` of a route."""

    after: Annotated[str, StringConstraints(pattern=DURATION)] = Field(
        description="Time to acknowledge the incident; checked by each run.", examples=["30m"]
    )
    to: list[_Text] = Field(min_length=1, description="Channels to notify.", examples=[["pager"]])


class OwnerEntry(Entry):
    """One of ``owners``."""

    slack: Annotated[list[_SlackId], Field(min_length=1)] = Field(
        description="Ids of Slack users (U...) and user groups (S...) to mention.",
        examples=[["U012AB3CD", "S0614TZR7"]],
    )


class RouteEntry(Entry):
    """One of ``routes``."""

    status: _Statuses | None = Field(
        None,
        description="Match only these statuses; default: all.",
        examples=["CRITICAL", ["CRITICAL", "ERROR"]],
    )
    monitor: _Names | None = Field(
        None,
        description="Match only these monitors; default: all.",
        examples=["line_coverage", ["line_coverage", "bdb_coverage"]],
    )
    owner: _Names | None = Field(
        None,
        description="Match only monitors of these owners (`meta.monitor.owner` of the suite); "
        "default: all.",
        examples=["ml-platform"],
    )
    checkpoint: _Names | None = Field(
        None,
        description="Match only monitors of these checkpoints; default: all.",
        examples=["health_check_full"],
    )
    target: _Names | None = Field(
        None, description="Match only these targets; default: all.", examples=["bigquery"]
    )
    tag: _Names | None = Field(
        None,
        description="Match only monitors with one of these tags (`meta.monitor.tags` of the "
        "suite); default: all.",
        examples=["finance"],
    )
    to: list[_Text] = Field(
        min_length=1, description="Channels to notify.", examples=[["slack-error"]]
    )
    escalate: EscalateEntry | None = Field(
        None,
        description="Channels to notify too if nobody acknowledges the incident.",
        examples=[{"after": "30m", "to": ["pager"]}],
    )


class RemindEntry(Entry):
    """``remind_after``."""

    critical: _Duration = Field("72h", description="While CRITICAL.", examples=["72h"])
    warning: _Duration = Field("168h", description="While WARNING.", examples=["168h"])
    error: _Duration = Field("24h", description="While ERROR.", examples=["24h"])


class ConfirmEntry(Entry):
    """``confirm_after``."""

    critical: _Runs = Field(1, description="Runs in a row that are CRITICAL.", examples=[1])
    warning: _Runs = Field(1, description="Runs in a row that are WARNING.", examples=[1])
    error: _Runs = Field(2, description="Runs in a row that are ERROR.", examples=[2])


class FlappingEntry(Entry):
    """``flapping``."""

    openings: int = Field(
        3, ge=2, le=100, description="Number of openings that count as flapping.", examples=[3]
    )
    within: _Duration = Field(
        "36h",
        description="Time in which the openings occur, and time for which the monitor must be "
        "healthy before flapping ends.",
        examples=["36h"],
    )


class AlertsEntry(Entry):
    """The whole file."""

    channels: dict[_Name, ChannelEntry] = Field(
        min_length=1,
        description="Channels, each under a name of your choice. Secrets are in environment "
        "variables; this file holds only the variables' names.",
        examples=[{"slack": {"type": "slack", "webhook": "SLACK_WEBHOOK_URL"}}],
    )
    routes: list[RouteEntry] = Field(
        description="Routes of notifications. The first matching route is used; without a "
        "match, the fallback.",
        examples=[[{"status": "CRITICAL", "to": ["slack"]}]],
    )
    fallback: _Text | None = Field(
        None,
        description="Channel to use if another one is not configured or rejects a message.",
        examples=["slack"],
    )
    remind_after: RemindEntry = Field(
        default_factory=RemindEntry,
        description="Time between reminders while a monitor is failing.",
        examples=[{"critical": "72h", "warning": "168h", "error": "24h"}],
    )
    confirm_after: ConfirmEntry = Field(
        default_factory=ConfirmEntry,
        description="Number of runs in a row that must find a status before it is notified.",
        examples=[{"critical": 1, "warning": 1, "error": 2}],
    )
    flapping: FlappingEntry = Field(
        default_factory=FlappingEntry,
        description="When a monitor that fails and recovers repeatedly is notified only once.",
        examples=[{"openings": 3, "within": "36h"}],
    )
    owners: dict[_Text, OwnerEntry] = Field(
        default_factory=dict,
        description="Who to mention when an incident of an owner's monitor opens or escalates.",
        examples=[{"ml-platform": {"slack": ["U012AB3CD", "S0614TZR7"]}}],
    )
    recorded: list[_Name] = Field(
        default_factory=list,
        description="Names under which results of another tool are recorded (`plumbline record dbt "
        "--as NAME`): routes and mutes may then name its monitors, owners and tags.",
        examples=[["dbt"]],
    )
    docs_url: _Url | None = Field(
        None,
        description="URL of the repository for links to runbooks in messages.",
        examples=["https://github.com/my-org/my-repository/blob/main"],
    )


@dataclass(frozen=True)
class Route:
    """One route, checked; an empty tuple fits everything."""

    to: tuple[str, ...]
    statuses: tuple[Status, ...] = ()
    monitors: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    checkpoints: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    escalate_after: timedelta | None = None
    """How long people have to acknowledge an incident; None: for ever."""
    escalate_to: tuple[str, ...] = ()
    """Who is notified too if nobody does."""

    @property
    def channels(self) -> tuple[str, ...]:
        """All that may be notified."""
        return (*self.to, *self.escalate_to)

    def fits(
        self,
        *,
        status: Status,
        monitor: str,
        owner: str | None,
        checkpoint: str = "",
        tags: Collection[str] = (),
    ) -> bool:
        """Whether the route applies to a message of an incident with these."""
        return (
            (not self.statuses or status in self.statuses)
            and (not self.monitors or monitor in self.monitors)
            and (not self.owners or owner in self.owners)
            and (not self.checkpoints or checkpoint in self.checkpoints)
            and (not self.tags or any(tag in self.tags for tag in tags))
        )


@dataclass(frozen=True)
class AlertsConfig:
    """The whole file, checked."""

    channels: Mapping[str, AnyChannelEntry]
    routes: tuple[Route, ...]
    fallback: str | None = None
    policy: Policy = field(default_factory=Policy)
    docs_url: str | None = None
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By owner: the Slack ids to mention."""

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that channels read."""
        channels = self.channels.values()
        return tuple(sorted({name for one in channels for name in one.variables.values()}))

    def for_target(self, target: str) -> AlertsConfig:
        """The same with the routes of ``target`` only."""
        routes = tuple(one for one in self.routes if not one.targets or target in one.targets)
        return replace(self, routes=routes)


DEFAULT: Mapping[str, Any] = {
    "channels": {
        "slack-warning": {"type": "slack", "webhook": "SLACK_WEBHOOK_URL_WARNING"},
        "slack-error": {"type": "slack", "webhook": "SLACK_WEBHOOK_URL_ERROR"},
        "slack": {"type": "slack", "webhook": "SLACK_WEBHOOK_URL"},
    },
    "routes": [
        {"status": "ERROR", "to": ["slack-error"]},
        {"status": "CRITICAL", "to": ["slack-error"]},
        {"status": "WARNING", "to": ["slack-warning"]},
    ],
    "fallback": "slack",
}
"""The configuration of a project without the file; the shipped file says the same."""


def default_alerts() -> AlertsConfig:
    """The configuration of a project without ``alerts.yml``."""
    return _config(AlertsEntry.model_validate(DEFAULT))


def read_alerts(document: Document) -> AlertsConfig:
    """The configuration in ``checkpoints/alerts.yml``.

    Raises:
        ConfigError: not YAML, an unknown or missing key, a wrong value, a secret, a channel that
            does not exist: with file, key and fix.
    """
    raw = document.mapping_or_raise(error=ConfigError, what="the configuration of alerts")
    refuse_faults(find_alerts_faults(document), file=document.file, error=ConfigError)
    return _config(AlertsEntry.model_validate(raw))


def read_duration(text: str, *, key: str) -> timedelta:
    """``30m``, ``24h``, ``2d``.

    Raises:
        ConfigError: the text is not a duration.
    """
    if not re.fullmatch(DURATION, text):
        what, fix = duration_fault(text)
        raise ConfigError(what, key=key, fix=fix)
    return to_duration(text)


def to_duration(text: str) -> timedelta:
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def find_alerts_faults(document: Document) -> Iterator[ValueFault]:
    """Everything that is wrong with ``alerts.yml``.

    Where it holds a secret, only that: what is said of a wrong value shows the value.
    """
    secrets = [
        ValueFault(ValueFaultKind.SECRET, path, _NO_SECRET, _NO_SECRET_FIX)
        for path in _find_secrets(document.value)
    ]
    if secrets:
        yield from secrets
        return
    yield from _shape_faults(document.mapping())
    yield from _duration_faults(document)
    channels = document.mapping("channels")
    for name, channel in channels.items():
        kind = channel.get("type") if isinstance(channel, dict) else None
        if kind == "slack":
            yield from _slack_faults(name, channel)
        elif kind == "email":
            yield from _email_faults(name, channel)
    yield from _taken_name_faults(document)
    yield from find_unknown_names(
        ValueFaultKind.UNKNOWN_CHANNEL, named_channels(document), channels
    )


def named_channels(document: Document) -> Iterator[tuple[KeyPath, str]]:
    """Each channel that a route or the fallback names, with its path."""
    for path, _ in document.entries("routes"):
        yield from document.texts(*path, "to")
        yield from document.texts(*path, "escalate", "to")
    fallback = document.text("fallback")
    if fallback is not None:
        yield ("fallback",), fallback


def _find_secrets(raw: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Where something stands that looks like a secret, or not like the name of a variable."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            yield from _find_secrets(value, (*path, key))
    elif isinstance(raw, list):
        for index, value in enumerate(raw):
            yield from _find_secrets(value, (*path, index))
    elif isinstance(raw, str) and path and _is_secret(raw, path):
        yield path


def _is_secret(text: str, path: tuple[str | int, ...]) -> bool:
    if _TOKEN.search(text):
        return True
    if path[0] != "channels" or path[-1] in _URL_KEYS:
        return False
    if "://" in text:
        return True
    if path[-1] not in SECRET_KEYS:
        return False
    return bool(_KEY_LIKE.fullmatch(text)) or not re.match(_VARIABLE, text)


def _shape_faults(raw: Mapping[str, Any]) -> Iterator[ValueFault]:
    """What is wrong with keys and values: of each channel by itself, as only its type says which
    keys it has, then of the rest."""
    channels = raw.get("channels")
    checked: set[KeyPath] = set()
    for name, one in channels.items() if isinstance(channels, dict) else ():
        if not isinstance(one, dict):
            continue
        at: KeyPath = ("channels", name)
        checked.add(at)
        kind = one.get("type")
        if isinstance(kind, str) and kind in CHANNEL_ENTRIES:
            for fault in find_value_faults(CHANNEL_ENTRIES[kind], one):
                yield fault.below(at)
            continue
        is_missing = kind is None
        yield ValueFault(
            ValueFaultKind.MISSING_KEY if is_missing else ValueFaultKind.WRONG_VALUE,
            (*at, "type"),
            "key 'type' is missing" if is_missing else f"there is no channel type {kind!r}",
            f"add it: {', '.join(CHANNEL_ENTRIES)}"
            if is_missing
            else did_you_mean(str(kind), CHANNEL_ENTRIES),
        )
    for fault in find_value_faults(AlertsEntry, raw):
        if fault.path[:2] not in checked or fault.is_of_key:
            yield fault


def _slack_faults(name: str, given: Mapping[str, Any]) -> Iterator[ValueFault]:
    """What is wrong with the keys of a Slack channel, where each by itself is right."""
    has = {key for key in ("webhook", "token", "channel") if given.get(key) is not None}
    if "webhook" in has and given.get("api_url") is not None:
        yield wrong_value(
            ("channels", name),
            "api_url is for a bot; a webhook's URL is already complete",
            "remove api_url",
        )
    elif has not in ({"webhook"}, {"token", "channel"}):
        yield wrong_value(
            ("channels", name),
            "a Slack channel has either webhook, or token and channel",
            "write {type: slack, webhook: VARIABLE}, or "
            '{type: slack, token: VARIABLE, channel: "#name"}',
        )


def _email_faults(name: str, given: Mapping[str, Any]) -> Iterator[ValueFault]:
    """What is wrong with the keys of an e-mail channel, where each by itself is right."""
    has = {key for key in ("username", "password") if given.get(key) is not None}
    if len(has) == 1:
        yield wrong_value(
            ("channels", name),
            "an e-mail channel has both username and password, or neither",
            "add the other one, or remove it",
        )
    elif has and given.get("security") == "none":
        yield wrong_value(
            ("channels", name, "security"),
            "a password is not sent over an unencrypted connection",
            "use starttls or tls, or remove username and password",
        )


def _taken_name_faults(document: Document) -> Iterator[ValueFault]:
    """An earlier name of a channel that is also a name of another."""
    channels = document.mapping("channels")
    taken = {name: name for name in channels}
    for name in channels:
        for path, old in document.texts("channels", name, "renamed_from"):
            if old in taken:
                yield wrong_value(
                    path,
                    f"{old!r} is also a name of channel {taken[old]!r}",
                    "list a name that no other channel has or had",
                )
            taken[old] = name


def _duration_faults(document: Document) -> Iterator[ValueFault]:
    for path in _DURATIONS:
        text = document.get(*path)
        if isinstance(text, str) and not re.fullmatch(DURATION, text):
            yield wrong_value(path, *duration_fault(text))


def duration_fault(text: str) -> tuple[str, str]:
    return (
        f"{text!r} is not a valid duration",
        "write a number with s, m, h or d, for example 24h",
    )


def _config(entry: AlertsEntry) -> AlertsConfig:
    return AlertsConfig(
        channels=entry.channels,
        routes=tuple(map(_route, entry.routes)),
        fallback=entry.fallback,
        policy=_policy(entry),
        docs_url=entry.docs_url,
        owners={name: tuple(one.slack) for name, one in entry.owners.items()},
    )


def _route(entry: RouteEntry) -> Route:
    escalate = entry.escalate
    return Route(
        to=tuple(dict.fromkeys(entry.to)),
        statuses=tuple(map(Status, entry.status or ())),
        monitors=tuple(entry.monitor or ()),
        owners=tuple(entry.owner or ()),
        checkpoints=tuple(entry.checkpoint or ()),
        targets=tuple(entry.target or ()),
        tags=tuple(entry.tag or ()),
        escalate_after=None if escalate is None else to_duration(escalate.after),
        escalate_to=() if escalate is None else tuple(dict.fromkeys(escalate.to)),
    )


def _policy(entry: AlertsEntry) -> Policy:
    remind, flapping, confirm = entry.remind_after, entry.flapping, entry.confirm_after
    return Policy(
        remind_critical=to_duration(remind.critical),
        remind_warning=to_duration(remind.warning),
        remind_error=to_duration(remind.error),
        confirm_critical=confirm.critical,
        confirm_warning=confirm.warning,
        confirm_error=confirm.error,
        flapping_openings=flapping.openings,
        flapping_window=to_duration(flapping.within),
    )
