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
OF_THE_DEMO = frozenset({"README.md", "docs/anomalies.md", "docs/benchmarks.md",
                         "docs/detection-time.md", "docs/embedded-warehouse.md", "docs/lint.md",
                         "docs/message-volume.md", "docs/soak.md", "CONTRIBUTING.md"})  # fmt: skip
"""Pages that are of the demo season or of the repository as a whole."""


def test_a_page_whose_commands_need_the_demo_project_says_so() -> None:
    lines: dict[str, list[str]] = {}
    for block in blocks("sh", "console"):
        name = block.where.partition(":")[0]
        lines.setdefault(name, []).extend(block.text.splitlines())
    needs = {
        name
        for name, typed in lines.items()
        if any(Example(line, "").is_of_demo for line in typed if line.startswith("plumbline"))
    }
    silent = {
        name
        for name in needs - OF_THE_DEMO
        if not name.startswith(("docs/runbooks/", "docs/decisions/", "docs/commands/"))
        and DEMO not in (ROOT / name).read_text()
    }
    assert silent == set()


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
    if not {"--help", "--version"} & {*arguments} and not isinstance(command, click.Group):
        command.make_context("plumbline", list(arguments), parent=context)


def test_every_runbook_that_a_suite_or_a_service_names_is_there_and_the_other_way_round() -> None:
    named = {
        read_suite(read_document(file)).monitor.runbook
        for file in (ROOT / "expectations").glob("*.json")
    } - {None}
    named |= {service.entry.runbook for service in Project(ROOT).services}
    there = {str(file.relative_to(ROOT)) for file in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert named == there - {"docs/runbooks/TEMPLATE.md"}
