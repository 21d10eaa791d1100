"""``checkpoints/alerts.yml``: what is read of it, and how a fault in it is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from plumbline.core.alert_policy import Policy
from plumbline.core.errors import ConfigError
from plumbline.core.status import Status
from plumbline.project import Project
from plumbline.project.alerts import DEFAULT, default_alerts, read_alerts, read_duration
from support.documents import read_document

ROOT = Path(__file__).resolve().parents[3]

ALERTS = """
channels:
  bot: {type: slack, token: SLACK_BOT_TOKEN, channel: "#data-quality"}
  issues: {type: github, token: GITHUB_TOKEN, repository: some/where, api_url: http://localhost:1}
  pager: {type: pagerduty, routing_key: PAGERDUTY_ROUTING_KEY}
  hook: {type: webhook, url: HOOK_URL, signing_key: HOOK_KEY}
routes:
  - {status: [CRITICAL, ERROR], owner: ml-platform, to: [pager, bot, pager]}
  - {monitor: line_coverage, to: [issues]}
fallback: bot
remind_after: {critical: 90m, warning: 3d}
flapping: {openings: 5, within: 12h}
docs_url: https://example.com/blob/main
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "alerts.yml"


def refused(file: Path, text: str) -> ConfigError:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_alerts(read_document(file))
    assert caught.value.file == str(file)
    assert caught.value.fix
    return caught.value


def test_channels_keep_names_of_variables_apart_from_settings(file: Path) -> None:
    file.write_text(ALERTS)
    channels = read_alerts(read_document(file)).channels
    assert list(channels) == ["bot", "issues", "pager", "hook"]
    assert channels["bot"].variables == {"token": "SLACK_BOT_TOKEN"}
    assert channels["bot"].channel == "#data-quality"
    assert channels["issues"].repository == "some/where"
    assert channels["issues"].api_url == "http://localhost:1"
    assert channels["hook"].variables == {"url": "HOOK_URL", "signing_key": "HOOK_KEY"}
    assert [one.type for one in channels.values()] == ["slack", "github", "pagerduty", "webhook"]


def test_a_value_may_stand_for_a_list_of_one_and_a_channel_is_told_once(file: Path) -> None:
    file.write_text(ALERTS)
    first, second = read_alerts(read_document(file)).routes
    assert first.statuses == (Status.CRITICAL, Status.ERROR)
    assert first.owners == ("ml-platform",)
    assert first.to == ("pager", "bot")
    assert (second.statuses, second.monitors, second.owners) == ((), ("line_coverage",), ())


def test_intervals_are_the_decisions_policy(file: Path) -> None:
    file.write_text(ALERTS)
    config = read_alerts(read_document(file))
    policy = config.policy
    assert policy.remind_critical == timedelta(minutes=90)
    assert policy.remind_warning == timedelta(days=3)
    assert policy.remind_error == timedelta(hours=24)
    assert (policy.flapping_openings, policy.flapping_window) == (5, timedelta(hours=12))
    assert config.docs_url == "https://example.com/blob/main"


def test_the_shipped_file_says_what_holds_without_it(file: Path) -> None:
    assert Project(ROOT).alerts == default_alerts()
    assert Project(ROOT).mutes == ()
    assert "alerts" not in Project(ROOT).checkpoint_names()


def test_the_defaults_of_the_file_are_those_of_the_policy(file: Path) -> None:
    assert default_alerts().policy == Policy()


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("channels:", "channels: [", "line", "not YAML"),
        ("fallback: bot", "falback: bot", "falback", "did you mean 'fallback'?"),
        ("fallback: bot", "fallback: bott", "fallback", "did you mean 'bot'?"),
        ("pager, bot, pager", "pager, bto", "routes[0].to[1]", "did you mean 'bot'?"),
        ("type: pagerduty", "type: pager", "channels.pager.type", "did you mean 'pagerduty'?"),
        ("type: pagerduty", "type: [pagerduty]", "channels.pager.type", "no channel type"),
        ("type: pagerduty, ", "", "channels.pager.type", "'type' is missing"),
        ("routing_key:", "routingkey:", "channels.pager.routingkey", "mean 'routing_key'?"),
        ("repository: some/where", "repository: here", "channels.issues.repository", "'here'"),
        ("repository: some/where, ", "", "channels.issues.repository", "is missing"),
        (', channel: "#data-quality"', "", "channels.bot", "token and channel"),
        ("SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN, webhook: HOOK_URL", "channels.bot", "either webhook"),
        (
            'token: SLACK_BOT_TOKEN, channel: "#data-quality"',
            "webhook: HOOK_URL, api_url: http://localhost:1",
            "channels.bot",
            "remove api_url",
        ),
        ("  hook: {", "  2hook: {", "channels.2hook.[key]", "pattern"),
        (
            "  hook: {type: webhook, url: HOOK_URL, signing_key: HOOK_KEY}",
            "  hook: text",
            "hook",
            "",
        ),
        ("[CRITICAL, ERROR]", "[CRITICAL, PASS]", "routes[0].status[1]", "'PASS'"),
        ("[CRITICAL, ERROR]", "[]", "routes[0].status", "the list is empty"),
        ("to: [issues]", "to: []", "routes[1].to", "the list is empty"),
        ("monitor: line_coverage", "moniter: line_coverage", "routes[1].moniter", "'monitor'?"),
        ("warning: 3d", "warning: 3w", "remind_after.warning", "for example 24h"),
        ("within: 12h", "within: 0h", "flapping.within", "not a valid duration"),
        ("openings: 5", "openings: 1", "flapping.openings", "greater than or equal to 2"),
        ("docs_url: https://", "docs_url: ", "docs_url", "pattern"),
        ("http://localhost:1", "http://github.corp", "channels.issues.api_url", "with https://"),
        (
            "http://localhost:1",
            "https://u:p4ss@g.corp",
            "channels.issues.api_url",
            "must not be in a file",
        ),
    ],
)
def test_a_fault_is_refused_with_file_key_and_fix(
    file: Path, old: str, new: str, key: str, said: str
) -> None:
    assert old in ALERTS
    fault = refused(file, ALERTS.replace(old, new))
    assert key in (fault.key or "")
    assert said in f"{fault.what} {fault.fix}"


@pytest.mark.parametrize("text", ["", "channels: {}\nroutes: []", "routes: []", "- a"])
def test_a_file_without_channels_is_refused(file: Path, text: str) -> None:
    refused(file, text)


SECRETS = (
    "https://hooks.slack.com/services/T0/B0/abcdef",
    "http://user:password@localhost/hook",
    "xoxb-123-456-abcdef",
    "xapp-1-A0-abcdef",
    "ghp_abcdefghijklmnop",
    "github_pat_abcdefghijklmnop",
    "0123456789abcdef0123456789abcdef",
    "R0123456789ABCDEF0123456789ABCDE",
)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("variable", ["SLACK_BOT_TOKEN", "GITHUB_TOKEN", "HOOK_URL", "HOOK_KEY"])
def test_a_secret_in_the_file_is_refused_and_not_repeated(
    file: Path, variable: str, secret: str
) -> None:
    fault = refused(file, ALERTS.replace(variable, secret))
    assert "a secret must not be in a file" in fault.what
    assert "put the secret into an environment variable" in (fault.fix or "")
    assert secret not in f"{fault!s} {fault!r} {fault.one_line()} {fault.fix}"
    assert fault.__cause__ is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("type: webhook, url: HOOK_URL", "type: SECRET"),
        ("type: webhook, url: HOOK_URL", "type: webhook, urll: SECRET"),
        ('"#data-quality"', "SECRET"),
        ("{type: webhook, url: HOOK_URL, signing_key: HOOK_KEY}", "SECRET"),
        ("fallback: bot", "fallback: SECRET"),
        ("to: [issues]", "to: [SECRET]"),
    ],
)
def test_a_secret_in_a_wrong_place_is_not_repeated_either(file: Path, old: str, new: str) -> None:
    fault = refused(file, ALERTS.replace(old, new.replace("SECRET", SECRETS[0])))
    assert SECRETS[0] not in f"{fault!s} {fault.one_line()} {fault.fix}"


def test_names_of_variables_and_plain_addresses_are_no_secrets(file: Path) -> None:
    content: Any = yaml.safe_load(ALERTS)
    content["channels"]["hook"]["url"] = "MY_HOOK_2_URL_OF_THE_DATA_TEAM"
    content["channels"]["issues"]["api_url"] = "https://github.example.com/api/v3"
    file.write_text(yaml.safe_dump(content))
    assert (
        read_alerts(read_document(file)).channels["hook"].variables["url"]
        == "MY_HOOK_2_URL_OF_THE_DATA_TEAM"
    )
    assert DEFAULT["fallback"] == "slack"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", timedelta(seconds=30)),
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("2d", timedelta(days=2)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, expected: timedelta) -> None:
    assert read_duration(text, key="--for") == expected


@pytest.mark.parametrize("text", ["", "2", "0d", "-2d", "2 d", "2w", "1.5h", "2d\n", "9999999d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="not a valid duration"):
        read_duration(text, key="--for")


def test_a_channel_may_list_its_earlier_names(file: Path) -> None:
    file.write_text("channels:\n  a: {type: slack, webhook: X, renamed_from: b}\nroutes: []\n")
    assert read_alerts(read_document(file)).channels["a"].renamed_from == ["b"]


@pytest.mark.parametrize("other", ["renamed_from: old", "renamed_from: [older, old]"])
def test_an_earlier_name_belongs_to_one_channel(file: Path, other: str) -> None:
    channels = f"  old: {{type: slack, webhook: X}}\n  a: {{type: slack, webhook: Y, {other}}}"
    fault = refused(file, f"channels:\n{channels}\nroutes: []\n")
    assert fault.what == "'old' is also a name of channel 'old'"


def test_an_earlier_name_is_claimed_once(file: Path) -> None:
    channels = "".join(
        f"  {name}: {{type: slack, webhook: X, renamed_from: old}}\n" for name in ("a", "b")
    )
    fault = refused(file, f"channels:\n{channels}routes: []\n")
    assert (fault.what, fault.key) == (
        "'old' is also a name of channel 'a'",
        "channels.b.renamed_from",
    )


MAIL = "type: email, host: h.example, from: a@b.c, to: d@e.f"


@pytest.mark.parametrize(
    ("more", "key", "said"),
    [
        (", username: USER", "channels.mail", "both username and password"),
        (", password: KEY", "channels.mail", "both username and password"),
        (
            ", username: USER, password: KEY, security: none",
            "channels.mail.security",
            "not sent over an unencrypted connection",
        ),
    ],
)
def test_a_login_for_mail_is_whole_and_encrypted(
    file: Path, more: str, key: str, said: str
) -> None:
    fault = refused(file, f"channels:\n  mail: {{{MAIL}{more}}}\nroutes: []\n")
    assert fault.key == key
    assert said in fault.what


def test_an_email_channel_keeps_its_recipients_and_no_default_port(file: Path) -> None:
    file.write_text(f"channels:\n  mail: {{{MAIL}}}\nroutes: []\n")
    channel = read_alerts(read_document(file)).channels["mail"]
    assert (channel.sender, channel.to, channel.port) == ("a@b.c", ["d@e.f"], None)
