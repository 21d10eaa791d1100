"""What the pages say can be typed, read and followed."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
import yaml

from plumbline.cli.commands import Example
from plumbline.cli.main import build_root
from plumbline.project import Project
from plumbline.project.suites import ExpectationEntry, read_suite
from plumbline.scaffold.project import EXAMPLE
from support.documents import read_document
from support.each import for_each
from support.pages import ROOT, Block, Page, blocks, pages


def by_place(block: Block) -> str:
    return block.where


def test_every_link_leads_somewhere() -> None:
    def leads_somewhere(at: tuple[Page, str]) -> None:
        page, link = at
        parts = urlsplit(link)
        if not parts.scheme and parts.path:
            assert (page.path.parent / parts.path).exists()

    links = [(page, link) for page in pages() for link in page.links()]
    for_each(links, leads_somewhere, name=lambda at: f"{at[0].name} links to {at[1]}")


@pytest.mark.parametrize("block", blocks("json"), ids=by_place)
def test_json_is_json_and_a_suite_is_a_suite(block: Block, tmp_path: Path) -> None:
    content = json.loads(block.text)
    if block.file and block.file.startswith("expectations/"):
        file = tmp_path / Path(block.file).name
        file.write_text(block.text)
        assert read_suite(read_document(file)).declared == len(content["expectations"])
    elif "kwargs" in content:
        ExpectationEntry.model_validate(content)


def test_the_settings_of_an_editor_are_this_repositorys_own() -> None:
    (settings,) = Page("docs/editors.md").blocks("json")[:1]
    assert settings.text == (ROOT / str(settings.file)).read_text()


@pytest.mark.parametrize("block", blocks("yaml"), ids=by_place)
def test_yaml_is_yaml(block: Block) -> None:
    assert isinstance(yaml.safe_load(block.text), dict)


@pytest.mark.parametrize("block", blocks("python"), ids=by_place)
def test_python_is_python(block: Block) -> None:
    compile(block.text, block.where, "exec")


def commands() -> list[tuple[str, str]]:
    """Each command line of the pages, with its place."""
    return [
        (f"{block.where} {line}", line)
        for block in blocks("sh", "console")
        for line in block.text.splitlines()
        if line and not line.startswith("#")
    ]


DEMO = "of the demo project, a clone of plumbline's repository"
OF_THE_REPOSITORY = frozenset({"README.md", "CONTRIBUTING.md", "docs/anomalies.md",
                               "docs/benchmarks.md", "docs/detection-time.md",
                               "docs/message-volume.md", "docs/soak.md"})  # fmt: skip
"""Pages that lead through the demo, or that are about this repository or the demo season."""
NAMING = frozenset({"checkpoint", "monitor", "monitors", "select", "exclude", "incident",
                    "services", "name", "suite"})  # fmt: skip
"""Parameters of commands that name something of a project."""
MAKES = (("new", "monitor"), ("new", "table"), ("init",), ("record", "dbt"))
"""Commands whose parameters name what they make."""
OF_INIT = frozenset({EXAMPLE, "health_check"})
"""What `plumbline init` makes."""
OF_CALLERS = frozenset({"dbt_tests", "slack-error"})
"""What `plumbline import dbt` makes, and channels, which the page shows how to declare."""


def names_of(line: str) -> set[str]:
    """The monitors, checkpoints, services and files of a project that a command line names."""
    words = shlex.split(re.split(r"\b2?>|[|<>;&]", line)[0], comments=True)
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words.pop(0)
    command, arguments, context = resolve(words[1:])
    path = words[1 : len(words) - len(arguments)]
    if isinstance(command, click.Group) or {"--help", "--version"} & {*arguments}:
        return set()
    if tuple(path) in MAKES:
        return set()
    given = command.make_context("plumbline", list(arguments), parent=context).params
    found = set[str]()
    for name in NAMING & given.keys():
        value = given[name]
        found.update([value] if isinstance(value, str) else map(str, value or ()))
    files = {word for word in arguments if (ROOT / word).is_file()}
    return {name for name in found if ":" not in name} | files


def made_on(page: Page) -> set[str]:
    """The monitors, checkpoints and files that the page writes, or has a command write."""
    files = {block.file for block in page.blocks() if block.file}
    made = set(re.findall(r"plumbline new monitor (\w+)", page.text))
    made |= {name for _, name in re.findall(r"plumbline new table (\w+\.)?(\w+)", page.text)}
    return made | files | {Path(file).stem for file in files}


def of_demo() -> set[str]:
    """The names of the demo project's monitors, checkpoints and services."""
    demo = Project(ROOT)
    services = {service.name for service in demo.services}
    return {*demo.monitor_names(), *demo.checkpoint_names(), *services} - OF_INIT


def faults_outside_of_the_demo(page: Page) -> list[str]:
    """The command lines that name what a project of `plumbline init` doesn't have."""
    says_so = DEMO in page.text or page.name in OF_THE_REPOSITORY
    own = OF_INIT | OF_CALLERS | made_on(page)
    demo = of_demo()
    faults = []
    for block in page.blocks():
        if block.language not in ("sh", "bash", "console"):
            continue
        for line in block.text.splitlines():
            if not re.match(r"(?:[A-Z_]+=\S* )*(?:\.venv/bin/)?plumbline ", line):
                continue
            names = names_of(line)
            if not says_so and (names & demo - own or Example(line, "").is_of_demo):
                faults.append(f"{block.where} {line}: say that it is {DEMO}")
            elif unknown := {
                name for name in names - own - demo if not (says_so and (ROOT / name).is_file())
            }:
                faults.append(f"{block.where} {line}: nothing makes {', '.join(sorted(unknown))}")
    return faults


def test_examples_work_outside_of_the_demo_or_their_page_says_that_they_need_it() -> None:
    apart = ("docs/runbooks/", "docs/decisions/", "docs/commands/")
    told = [page for page in pages() if not page.name.startswith(apart)]
    assert [fault for page in told for fault in faults_outside_of_the_demo(page)] == []


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ("plumbline compile line_coverage", True),
        ("plumbline run health_check_full", True),
        ("plumbline deploy check prediction-worker", True),
        ("plumbline lint models/schema.yml", True),
        ("plumbline accept invented", True),
        ("plumbline import gx ../quality --table orders=nba_predictions.grades", True),
        ("plumbline compile orders_with_email", False),
        ("plumbline run health_check", False),
        ("plumbline run -s owner:ana", False),
        ("plumbline new monitor mine --table shop.orders\nplumbline compile mine", False),
    ],
)
def test_an_example_that_names_what_a_new_project_lacks_is_found(
    line: str, is_fault: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Page, "text", f"# A page\n\n```sh\n{line}\n```\n")
    assert bool(faults_outside_of_the_demo(Page("docs/new.md"))) == is_fault


def test_a_command_is_one_that_is_there() -> None:
    for_each(commands(), lambda at: check_command(at[1]), name=lambda at: at[0])


def check_command(line: str) -> None:
    """What it starts is there: our commands, targets of make, scripts."""
    words = shlex.split(re.split(r"\b2?>|[|<>;&]", line)[0], comments=True)
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words.pop(0)
    program, *arguments = words
    program = program.removeprefix(".venv/bin/")
    if program == "plumbline":
        check_plumbline(arguments)
    elif program == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert {word for word in arguments if "=" not in word} <= set(targets)
    elif program in ("python", "bash"):
        assert (ROOT / arguments[0]).exists(), arguments[0]


PINNED = re.compile(r"gcloud run services update-traffic (\S+) .*--to-(?:revisions|tags)=")
LET_GO = re.compile(r"gcloud run services update-traffic (\S+) .*--to-latest$", re.MULTILINE)


@pytest.mark.parametrize(
    "page", [page for page in pages() if PINNED.search(page.text)], ids=lambda page: page.name
)
def test_a_page_that_pins_traffic_says_how_later_deployments_get_it_again(page: Page) -> None:
    assert set(PINNED.findall(page.text)) == set(LET_GO.findall(page.text))


def check_plumbline(arguments: list[str]) -> None:
    """The command, its options and the number of its arguments exist."""
    command, arguments, context = resolve(arguments)
    if not {"--help", "--version"} & {*arguments} and not isinstance(command, click.Group):
        command.make_context("plumbline", list(arguments), parent=context)


def resolve(arguments: list[str]) -> tuple[click.Command, list[str], click.Context]:
    """The command, the arguments that are left for it, and the context of its groups."""
    command: click.Command = build_root()
    # With its settings: click keeps the help option that it makes for the first context it sees.
    context = click.Context(command, info_name="plumbline", **command.context_settings)
    while isinstance(command, click.Group) and arguments:
        if arguments[0].startswith("-"):
            break
        found = command.get_command(context, arguments[0])
        assert found is not None, f"there is no command {arguments[0]!r}"
        command = found
        arguments = arguments[1:]
    return command, arguments, context


def test_every_runbook_that_a_suite_or_a_service_names_is_there_and_the_other_way_round() -> None:
    named = {
        read_suite(read_document(file)).monitor.runbook
        for file in (ROOT / "expectations").glob("*.json")
    } - {None}
    named |= {service.entry.runbook for service in Project(ROOT).services}
    there = {str(file.relative_to(ROOT)) for file in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert named == there - {"docs/runbooks/TEMPLATE.md"}
