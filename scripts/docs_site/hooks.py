"""What mkdocs calls while it builds the site, so that pages that are written for GitHub fit in it.

- ``FOLDER/*.md`` in the navigation stands for the folder's pages.
- Links to files of the repository outside ``docs/`` lead to copies of these files in the site,
  because the repository has no address that everybody can read.
- Markdown that Python-Markdown reads differently than GitHub is adapted.
- Pages with a drawing load mermaid from the site; the theme alone would load it from a CDN.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

ROOT = Path(__file__).resolve().parents[2]

COPIES = "repository"
"""The folder of the site with copies of the repository's files."""

MERMAID = "assets/mermaid/mermaid.tiny.js"
"""``dist/mermaid.tiny.js`` of the npm package @mermaid-js/tiny 11.17.2, unchanged."""

_FENCE = re.compile(r"^( *)(```+|~~~+)[^\n]*\n.*?^\1\2 *$\n?", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()([^)\s#]+)(#[^)\s]*)?(?=\))")
_TABLE = re.compile(r"<(table|tr|td)>")
_ROW = re.compile(r"^\|.*$", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]+`")
_LANGUAGES = {".sql": "sql", ".yml": "yaml"}
_SHOWN = {".json", ".md", ".sql", ".yml"}
"""Files that a folder's page links to; of the code, only what pages name is in the site."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Expand patterns in the navigation."""
    config.nav = [*_expanded(config.nav or [], Path(config.docs_dir))]
    return config


def _expanded(entries: Iterable[Any], docs: Path) -> Iterator[Any]:
    for entry in entries:
        if isinstance(entry, dict):
            for title, inner in entry.items():
                yield {title: [*_expanded(inner, docs)] if isinstance(inner, list) else inner}
        elif "*" in entry:
            found = [path.relative_to(docs).as_posix() for path in docs.glob(entry)]
            yield from sorted(found, key=lambda name: (not name.endswith("README.md"), name))
        else:
            yield entry


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the files of the repository that pages link to, and what these link to."""
    waiting = [file.src_uri for file in files.documentation_pages()]
    while waiting:
        source = waiting.pop()
        text = files.src_uris[source].content_string
        for place in _linked(text, source):
            copy = _copy(place)
            if copy in files.src_uris or not (ROOT / place).exists():
                continue
            made = File.generated(
                config, copy, content=_text(place), inclusion=InclusionLevel.NOT_IN_NAV
            )
            files.append(made)
            waiting.append(copy)
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """The page's text as Python-Markdown needs it."""
    source = page.file.src_uri

    def adapted(text: str) -> str:
        text = _ROW.sub(_bare_pipes, text)
        text = _TABLE.sub(r'<\1 markdown="block">', text)
        return _LINK.sub(lambda link: _link(link, source), text)

    # A comment before the heading would hide it: mkdocs takes the title from a first line.
    return _outside_fences(re.sub(r"\A<!--.*?-->\s*", "", markdown), adapted)


def on_page_content(html: str, *, page: Page, **_: object) -> str:
    """The page's content, with mermaid before its drawings."""
    if '<pre class="mermaid">' not in html:
        return html
    return f'<script src="{get_relative_url(MERMAID, page.url)}"></script>\n{html}'


def on_post_page(output: str, **_: object) -> str:
    """The page with a name for the search dialog, which screen readers need."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')


def _bare_pipes(row: re.Match[str]) -> str:
    """A table's row, without the backslashes before pipes in code, which only GitHub needs."""
    return _CODE.sub(lambda code: code[0].replace("\\|", "|"), row[0])


def _linked(text: str, source: str) -> Iterator[str]:
    """The places in the repository that a page links to and that are not in the site."""
    for link in _LINK.finditer(_FENCE.sub("", text)):
        place = _place(link[1], source)
        if place is not None and not _is_of_the_site(place):
            yield place


def _link(link: re.Match[str], source: str) -> str:
    """A link as it leads to the same in the site."""
    place = _place(link[1], source)
    if place is None:
        return link[0]
    target = place.removeprefix("docs/") if _is_of_the_site(place) else _copy(place)
    return posixpath.relpath(target, posixpath.dirname(source)) + (link[2] or "")


def _place(link: str, source: str) -> str | None:
    """What a link leads to, below the repository's root; None for an address."""
    if re.match(r"[a-z]+:", link):
        return None
    at = PurePosixPath(source)
    folder = at.parent.relative_to(COPIES) if at.parts[0] == COPIES else "docs" / at.parent
    return posixpath.normpath(posixpath.join(folder, link))


def _is_of_the_site(place: str) -> bool:
    return place.startswith("docs/") and place.endswith((".md", ".png"))


def _copy(place: str) -> str:
    """The page of the site that shows a file or a folder of the repository."""
    return f"{COPIES}/{place}" if place.endswith(".md") else f"{COPIES}/{place}.md"


def _text(place: str) -> str:
    """A page with a file's content, or with a folder's files."""
    path = ROOT / place
    hidden = "---\nsearch:\n  exclude: true\n---\n"
    if path.is_dir():
        body = "\n".join(
            f"- [{one.name}]({path.name}/{one.name})" if one.suffix in _SHOWN else f"- {one.name}"
            for one in sorted(path.iterdir())
            if not one.name.startswith(("_", "."))
        )
        return f"{hidden}# {place}\n\n{body}\n"
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    language = _LANGUAGES.get(path.suffix, "text")
    return f"{hidden}# {place}\n\n~~~~~~{language}\n{text}\n~~~~~~\n"


def _outside_fences(text: str, change: Any) -> str:
    parts, end = [], 0
    for fence in _FENCE.finditer(text):
        parts += [change(text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, change(text[end:])])
