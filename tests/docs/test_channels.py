"""The setup of each channel on docs/channels.md: what the test command prints is what it shows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from plumbline.cli.main import invoke
from support.fake_github import REPOSITORY, FakeGitHub
from support.fake_google_chat import FakeGoogleChat
from support.fake_receivers import FakeReceiver, Reply
from support.fake_slack import TOKEN, FakeSlack
from support.fake_smtp import PASSWORD, USERNAME, FakeSmtp, certificate
from support.fake_teams import FakeTeams
from support.pages import Page
from support.projects import make_project
from support.targets import embedded_target

PAGE = Page("docs/channels.md")


@dataclass(frozen=True)
class Place:
    """A local server in the place of a service."""

    variables: Mapping[str, str]
    settings: Mapping[str, object]
    """Keys of the channel that differ from those of the page."""
    host: str
    """The service's own, as the page shows it."""


@contextmanager
def slack() -> Iterator[Place]:
    with FakeSlack() as server:
        yield Place({"SLACK_BOT_TOKEN": TOKEN}, {"api_url": server.url}, "slack.com")


@contextmanager
def slack_webhook() -> Iterator[Place]:
    with FakeSlack() as server:
        yield Place({"SLACK_WEBHOOK_URL": server.webhook_url}, {}, "hooks.slack.com")


@contextmanager
def teams() -> Iterator[Place]:
    with FakeTeams() as server:
        host = "prod-00.westeurope.logic.azure.com"
        yield Place({"TEAMS_WEBHOOK_URL": server.webhook}, {}, host)


@contextmanager
def chat() -> Iterator[Place]:
    with FakeGoogleChat() as server:
        yield Place({"GOOGLE_CHAT_WEBHOOK_URL": server.webhook}, {}, "chat.googleapis.com")


@contextmanager
def email() -> Iterator[Place]:
    with FakeSmtp(tls=True, login=True) as server:
        variables = {
            "SMTP_USERNAME": USERNAME,
            "SMTP_PASSWORD": PASSWORD,
            "SSL_CERT_FILE": str(certificate()),
        }
        settings = {"host": server.host, "port": server.port}
        yield Place(variables, settings, "smtp.example.com")


@contextmanager
def pager() -> Iterator[Place]:
    with FakeReceiver() as server:
        server.answers(Reply(202, {"status": "success"}))
        settings = {"api_url": server.url}
        yield Place({"PAGERDUTY_ROUTING_KEY": "R" * 32}, settings, "events.pagerduty.com")


@contextmanager
def issues() -> Iterator[Place]:
    with FakeReceiver(FakeGitHub()) as server:
        settings = {"api_url": server.url, "repository": REPOSITORY.removeprefix("/repos/")}
        yield Place({"GITHUB_TOKEN": "github_pat_x"}, settings, "api.github.com")


SERVICES: dict[str, Callable[[], object]] = {
    "slack-bot": slack,
    "slack": slack_webhook,
    "teams": teams,
    "chat": chat,
    "mail": email,
    "pager": pager,
    "issues": issues,
}


def shown(name: str) -> str:
    """What the page shows after the test of a channel."""
    command = f"plumbline alerts test --channel {name}\n"
    blocks = PAGE.blocks()
    return next(
        after.text
        for block, after in itertools.pairwise(blocks)
        if (block.language, block.text, after.language) == ("sh", command, "text")
    )


def channels() -> dict[str, dict[str, object]]:
    """The channels that the page declares, by name."""
    found: dict[str, dict[str, object]] = {}
    for block in PAGE.blocks("yaml"):
        found |= yaml.safe_load(block.text).get("channels", {})
    return found


@pytest.mark.parametrize("name", SERVICES)
def test_a_setup_ends_with_what_the_test_command_prints(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(tmp_path / "state"))
    small = make_project(tmp_path / "project", embedded_target(tmp_path / "state"))
    with ExitStack() as stack:
        place = stack.enter_context(SERVICES[name]())  # type: ignore[arg-type]
        for variable, value in place.variables.items():
            monkeypatch.setenv(variable, value)
        alerts = {"channels": {name: channels()[name] | place.settings}, "routes": []}
        (small.root / "checkpoints").mkdir(exist_ok=True)
        (small.root / "checkpoints" / "alerts.yml").write_text(yaml.safe_dump(alerts))
        monkeypatch.chdir(small.root)
        code = invoke(["alerts", "test", "--channel", name])
    printed = capsys.readouterr().out
    assert code == 0, printed
    assert re.sub(r"127\.0\.0\.1", place.host, printed) == shown(name)
