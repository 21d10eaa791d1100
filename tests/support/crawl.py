"""Walks a data docs site in a folder as a careful reader would, and says what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath

from plumbline.site.pages.frame import CONTENT_SECURITY_POLICY

_LEADS = {"a": "href", "link": "href", "script": "src", "img": "src"}
_OF_THE_SITE = ("static/", "data/", "site.json")
"""What is no page: files that pages load, and what a build reads."""


@dataclass
class _Page(HTMLParser):
    """What a page leads to, and what in it its own policy would refuse."""

    links: list[tuple[str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    policies: list[str | None] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if name := values.get("id"):
            self.ids.add(name)
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(values.get("content"))
        if tag in _LEADS and (to := values.get(_LEADS[tag])):
            self.links.append((tag, to))
        if tag == "script" and "src" not in values and values.get("type") != "application/json":
            self.refused.append("a script in the page")
        if tag in ("style", "iframe", "object", "embed", "base", "form"):
            self.refused.append(f"<{tag}>")
        self.refused += [
            f"{name} of <{tag}>" for name in values if name == "style" or name.startswith("on")
        ]


@lru_cache(maxsize=1024)
def _read(text: str) -> _Page:
    """Cached, because most pages of a site are the same after its next build."""
    page = _Page()
    page.feed(text)
    return page


def crawl(site: Path, *, hidden: Iterable[str | Path] = ()) -> list[str]:
    """What is wrong with the site in a folder; nothing is, where the list is empty.

    Every link leads to a file, and to a place on it; every page is reached from the overview and has
    the policy; nothing is asked of a network but by a reader who follows a link; no file names a
    path of this machine or any of ``hidden``.
    """
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    pages = {}
    for path in sorted(files):
        if path.endswith(".html"):
            pages[path] = _read((site / path).read_text(encoding="utf-8"))
    faults = []
    reached, waiting = {"index.html"}, ["index.html"]
    while waiting:
        path = waiting.pop()
        if path not in pages:
            continue
        for tag, to in pages[path].links:
            if to.startswith("https://") and tag == "a":
                continue
            file, _, place = to.partition("#")
            target = normpath(join(dirname(path), file)) if file else path
            if target not in files:
                faults.append(f"{path}: {to} leads nowhere")
            elif place and target in pages and place not in pages[target].ids:
                faults.append(f"{path}: {to} leads to no place on the page")
            elif target not in reached:
                reached.add(target)
                waiting.append(target)
    for path, page in pages.items():
        faults += [f"{path}: {what}" for what in page.refused]
        if page.policies != [CONTENT_SECURITY_POLICY]:
            faults.append(f"{path}: its policy is {page.policies}")
    faults += [
        f"{path}: nothing leads to it"
        for path in sorted(files - reached)
        if not path.startswith(_OF_THE_SITE)
    ]
    local = {str(one) for one in (Path.home(), site, site.resolve(), *hidden)} - {"/"}
    for path in sorted(files):
        content = (site / path).read_bytes()
        faults += [f"{path}: names {one}" for one in sorted(local) if one.encode() in content]
    return faults
