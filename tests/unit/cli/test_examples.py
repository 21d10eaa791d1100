"""Each example in a help is typed for real; those that need a warehouse, among the stories."""

from __future__ import annotations

import re
import signal

import pytest

from plumbline.cli.commands import Command, Group
from plumbline.project import Project
from support.each import for_each
from support.examples import CHEAP, ROOT, Shown, Terminal, commands, examples

pytestmark = pytest.mark.slow

EXAMPLES = examples()
OFFLINE = [
    shown
    for shown in EXAMPLES
    if shown.is_cheap
    and not (shown.asks_bigquery or shown.asks_gcloud or shown.is_endless or shown.installs)
]
INSTALLS = [shown for shown in EXAMPLES if shown.installs and not shown.asks_bigquery]
ENDLESS = [shown for shown in EXAMPLES if shown.is_endless]
GCLOUD = [shown for shown in EXAMPLES if shown.asks_gcloud]
BIGQUERY = [shown for shown in EXAMPLES if shown.asks_bigquery]


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    return Terminal.open(tmp_path_factory.mktemp("examples"))


def test_every_command_has_an_example_of_its_own() -> None:
    def has_one(found: tuple[tuple[str, ...], Command | Group]) -> None:
        path, command = found
        words = [shown.line.split()[1 : len(path) + 1] for shown in command.examples]
        assert [*path] in words, "give it an Example"
        assert [shown.line for shown in command.examples if not shown.why] == []

    for_each(commands(), has_one, name=lambda found: " ".join(("plumbline", *found[0])))


def test_an_example_is_of_the_command_in_whose_help_it_stands() -> None:
    def is_so(shown: Shown) -> None:
        assert shown.line.split()[: len(shown.path) + 1] == ["plumbline", *shown.path]

    for_each(EXAMPLES, is_so)


@pytest.mark.parametrize("shown", OFFLINE, ids=str)
def test_an_example_that_needs_no_warehouse_works(terminal: Terminal, shown: Shown) -> None:
    done = terminal.type(shown.typed, SLACK_WEBHOOK_URL="https://hooks.example.com/services/T/B/X")
    assert (done.returncode, "error:" in done.stderr) == (0, False), done.stderr
    assert done.stdout


@pytest.mark.parametrize("shown", INSTALLS, ids=str)
def test_an_example_that_installs_plumbline_refuses_sources_that_are_elsewhere(
    terminal: Terminal, shown: Shown
) -> None:
    done = terminal.type(shown.typed)
    assert done.returncode == 64
    assert "give --requirements FILE" in done.stderr


@pytest.mark.parametrize("shown", ENDLESS, ids=str)
def test_an_example_that_runs_on_stops_when_it_is_told_to(terminal: Terminal, shown: Shown) -> None:
    done = terminal.type_and_stop(shown.typed, signal.SIGTERM)
    assert (done.returncode, "error:" in done.stderr) == (0, False), done.stderr
    assert done.stderr.splitlines()[-1].endswith(" stopped")


@pytest.mark.parametrize("shown", BIGQUERY, ids=str)
def test_an_example_for_bigquery_gets_as_far_as_the_missing_credentials(
    terminal: Terminal, shown: Shown
) -> None:
    done = terminal.type(shown.typed, PLUMBLINE_PROJECT="some-project")
    assert done.returncode in shown.exit_codes - {0, 70}
    assert "gcloud auth application-default login" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("shown", GCLOUD, ids=str)
def test_an_example_for_google_cloud_gets_as_far_as_the_missing_account(
    terminal: Terminal, shown: Shown
) -> None:
    webhook = "https://hooks.slack.com/services/T/B/X"
    terminal.commit("What other examples wrote")
    file = terminal.project / "webhook.txt"
    if file.name in shown.line:  # an image is only built of a clean working tree
        file.write_text(f"{webhook}\n")
    done = terminal.type(shown.typed, SLACK_WEBHOOK_URL_ERROR=webhook)
    file.unlink(missing_ok=True)
    assert done.returncode == 3, done.stderr
    assert "gcloud auth login" in done.stderr
    assert webhook not in done.stdout + done.stderr


def test_what_is_called_cheap_is_a_command() -> None:
    assert set(CHEAP) <= {path[0] for path, _ in commands() if path}


def test_examples_with_names_of_the_demo_project_say_so() -> None:
    demo = Project(ROOT)
    names = {*demo.monitor_names(), *demo.checkpoint_names()}
    names |= {service.name for service in demo.services}
    lines = {
        example.line: example.is_of_demo
        for _, command in commands()
        for example in command.examples
    }
    named = {
        line: bool((names - {"health_check"}) & set(re.findall(r"[\w-]+", line)) or "nba_" in line)
        for line in lines
    }
    assert lines == named
