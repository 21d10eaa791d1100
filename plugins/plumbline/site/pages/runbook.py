"""Markdown as HTML that is safe inside a page: of runbooks, and of the glossary."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_OUTSIDE = re.compile(r"https://", re.IGNORECASE)
_SHALLOWEST = 3


def render_runbook(markdown: str) -> Markup:
    """HTML of ``markdown``: its title left out, its headings below the page's own.

    HTML in it is text. Links that lead outside stay; those to other files of the repository, which
    are not in the site, become plain text, and so do pictures.
    """
    parser = _parser()
    tokens = _without_title(parser.parse(markdown))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + _SHALLOWEST - 2, 6)}"
        if token.type == "table_open":
            token.attrSet("class", "plain")
        if token.type == "th_open":
            token.attrSet("scope", "col")
        if token.children:
            token.children = _links_outside(token.children)
    html: str = parser.renderer.render(tokens, parser.options, {})
    # a wide table or query moves by itself, and by the keyboard, not with the page
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = html.replace(
        "<table", '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table'
    )
    return Markup(html.replace("</table>", "</table></div>"))


def render_sentences(markdown: str) -> Markup:
    """HTML of sentences of plumbline's own, without a paragraph around them."""
    return Markup(_parser().renderInline(markdown))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _without_title(tokens: list[Token]) -> list[Token]:
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        return tokens[3:]
    return tokens


def _links_outside(children: list[Token]) -> list[Token]:
    found = []
    kept: list[bool] = []
    for child in children:
        if child.type == "link_open":
            kept.append(bool(_OUTSIDE.match(str(child.attrGet("href")))))
            child.attrSet("rel", "noreferrer")
            if kept[-1]:
                found.append(child)
        elif child.type == "link_close":
            if kept.pop():
                found.append(child)
        else:
            found.append(child)
    return found
