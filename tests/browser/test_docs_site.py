"""The documentation site: built strictly, complete, readable without a network, as GitHub shows it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from markdown_it import MarkdownIt

from generators.commands_docs import commands
from generators.files_docs import FILES, read_schema
from plumbline.alerts.incidents.model import REASONS_NOT_SENT
from plumbline.cli.main import build_root
from plumbline.core.alert_line import EVENT_MEANINGS, Event
from plumbline.core.status import MEANINGS, RunStatus, Status
from support.each import for_each
from support.pages import ROOT

from .conftest import OpenPage, complaints

DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))

WITHOUT_NEXT = ("decisions/0", "detection-time", "message-volume", "runbooks/", "soak")
"""Pages whose readers are in the middle of something, and those that a long measurement writes."""

OF_THE_THEME = ("landmark-unique", "scrollable-region-focusable")
"""What axe finds in the theme: a part of the navigation that has the name of the part around it, and
wide tables, which browsers let the keyboard scroll nevertheless."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as `make docs-site` builds it."""
    folder = tmp_path_factory.mktemp("docs-site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, f"mkdocs build --strict: {built.stderr}"
    return folder


def html_of(site: Path, page: str) -> str:
    """The built page of one in ``docs/``."""
    path = site / re.sub(r"README\.md$", "index.md", page)
    return path.with_suffix(".html").read_text()


class _Content(HTMLParser):
    """What a page says: its words, and how they are laid out."""

    LAYOUT = frozenset(
        [
            "h1",
            "h2",
            "h3",
            "h4",
            "ul",
            "ol",
            "li",
            "table",
            "tr",
            "td",
            "pre",
            "code",
            "strong",
            "em",
        ]
    )
    VOID = frozenset(["br", "hr", "img", "input", "link", "meta"])

    def __init__(self, *, article: bool) -> None:
        """``article``: leave out what is around the site's article."""
        super().__init__()
        self.open: list[tuple[str, bool]] = [("", not article)]
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.VOID:
            return
        inside = self.open[-1][1] or tag == "article"
        if tag in ("script", "style") or "headerlink" in (dict(attrs).get("class") or ""):
            inside = False
        self.open.append((tag, inside))
        if inside and tag in self.LAYOUT:
            self.found.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        while tag not in self.VOID and len(self.open) > 1 and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open[-1][1]:
            self.found.append("".join(data.split()))

    def text(self) -> str:
        return "".join(self.found)


def content(html: str, *, article: bool = False) -> str:
    parser = _Content(article=article)
    parser.feed(html)
    return parser.text()


def test_a_page_says_the_same_as_on_github(site: Path) -> None:
    github = MarkdownIt("commonmark").enable("table")

    def says_the_same(page: str) -> None:
        expected = content(github.render((DOCS / page).read_text()))
        copy = page.replace("../", "repository/")
        assert content(html_of(site, copy), article=True) == expected

    copies = ["../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md", "../SECURITY.md"]
    for_each([*PAGES, *copies], says_the_same, name=str)


REQUESTED = re.compile(
    r"<(?!a\b)[^<>]*?\s(?:href|src|srcset|data|poster)=[\"']?([^\"'\s>]+)"  # in a page
    r"|(?:url\(|@import )[\"']?([^\"')]+)"  # in a style sheet
)


def test_no_page_and_no_style_sheet_requests_anything_from_outside(site: Path) -> None:
    def is_self_contained(path: Path) -> None:
        urls = ["".join(found) for found in REQUESTED.findall(path.read_text())]
        assert [url for url in urls if urlsplit(url).netloc] == []

    assert REQUESTED.findall('<link rel="x" href="//a.b/c"><img src=d>') == [
        ("//a.b/c", ""),
        ("d", ""),
    ]
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    for_each(files, is_self_contained, name=lambda path: str(path.relative_to(site)))


def test_every_page_is_in_the_navigation(site: Path) -> None:
    from mkdocs.config import load_config

    def listed(entries: object) -> Iterator[str]:
        if isinstance(entries, str):
            yield entries
        elif isinstance(entries, dict):
            yield from listed([*entries.values()])
        elif isinstance(entries, list):
            for entry in entries:
                yield from listed(entry)

    config = load_config(str(ROOT / "mkdocs.yml"))
    config = config.plugins.on_config(config)
    assert sorted(listed(config.nav)) == PAGES, "add the page to nav in mkdocs.yml"


def test_every_page_ends_with_what_to_read_next() -> None:
    def says_what_is_next(page: str) -> None:
        last = (DOCS / page).read_text().rstrip().rpartition("\n\n")[2]
        assert re.fullmatch(r"(?s)Next: .*\]\(.*\.", last), "end with: Next: [page](page.md)."

    for_each(
        [page for page in PAGES if not page.startswith(WITHOUT_NEXT)], says_what_is_next, name=str
    )


def test_every_command_has_a_section() -> None:
    def has_a_section(path: tuple[str, ...]) -> None:
        text = (DOCS / "commands" / f"{path[1]}.md").read_text()
        assert re.search(rf"^#+ {re.escape(' '.join(path))}$", text, re.MULTILINE)

    for_each([path for path, _ in commands(build_root())], has_a_section, name=" ".join)
    folder = {page for page in PAGES if page.startswith("commands/")}
    assert folder == {f"commands/{path[1]}.md" for path, _ in commands(build_root())} | {
        "commands/README.md"
    }


def test_every_key_of_every_schema_is_described() -> None:
    names = {file.name.removesuffix(".schema.json") for file in (ROOT / "schemas").iterdir()}
    assert {file.schema for file in FILES} == names

    def describes_its_keys(name: str) -> None:
        text = (DOCS / "files" / f"{name}.md").read_text()
        for key in read_schema(name)["properties"]:
            assert re.search(rf"^\| `{re.escape(key)}`[^|]*\|[^|]+\| \S", text, re.MULTILINE), key
        assert not re.search(r"\|\s+\|$", text, re.MULTILINE), "a key has no description"

    for_each(sorted(names), describes_its_keys, name=str)


def test_the_glossary_has_every_status_and_every_event() -> None:
    text = (DOCS / "glossary.md").read_text()
    words = {*Status, *RunStatus, *Event}
    assert {word for word in words if f"| `{word}` |" not in text} == set()
    said = {str(word): meaning for word, meaning in {**MEANINGS, **EVENT_MEANINGS}.items()}
    assert {word for word in said if f"| `{word}` | {said[word]} |" not in text} == set()
    reasons = {one.text: meaning for one, meaning in REASONS_NOT_SENT.items()}
    assert {one for one in reasons if f"| {one} | {reasons[one]} |" not in text} == set()


@pytest.mark.parametrize(
    "path", ["index.html", "commands/alerts.html", "files/suite.html", "glossary.html"]
)
def test_a_phone_scrolls_in_one_direction(open_page: OpenPage, path: str) -> None:
    page = open_page(path, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("path", ["index.html", "files/suite.html"])
def test_axe_finds_no_violation(open_page: OpenPage, path: str) -> None:
    found = [one for one in complaints(open_page(path)) if one.split(": ")[1] not in OF_THE_THEME]
    assert found == []


def test_search_works_in_a_site_that_is_opened_as_a_file(open_page: OpenPage) -> None:
    page = open_page("index.html", now=None)
    page.get_by_role("textbox", name="Search").fill("confirm_after")
    page.locator(".md-search-result__link", has_text="confirm_after").first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_drawings_are_drawn_without_a_request_to_the_outside(
    open_page: OpenPage, scheme: Literal["light", "dark"]
) -> None:
    page = open_page("architecture.html", now=None, scheme=scheme)
    drawings = page.locator("div.mermaid")  # the theme puts it in the place of the source
    drawings.nth(1).wait_for()
    assert page.locator("pre.mermaid").count() == 0
    for number, height in ((0, 100), (1, 500)):
        box = drawings.nth(number).bounding_box()
        assert box is not None
        assert box["height"] > height


def test_the_search_index_holds_the_pages_and_no_copy_of_a_file(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text())
    places = {entry["location"].partition("#")[0] for entry in index["docs"]}
    assert "commands/run.html" in places
    assert "repository/schemas/suite.schema.json.html" not in places
