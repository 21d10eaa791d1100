"""The pages that people read, and what stands in them to be tried: fenced blocks and links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^`([\w./-]+)`:$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: str
    line: int
    language: str
    text: str
    file: str | None = None
    """What the line above says that it is the content of: a path in backticks and a colon."""

    @property
    def where(self) -> str:
        """For the test's name."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    """One page in Markdown, by its path in the project."""

    name: str

    @property
    def path(self) -> Path:
        """Where it is."""
        return ROOT / self.name

    @property
    def text(self) -> str:
        """Its content."""
        return self.path.read_text()

    def blocks(self, language: str | None = None) -> list[Block]:
        """Its fenced blocks, in order."""
        text = self.text
        found = []
        for match in _FENCE.finditer(text):
            above = text[: match.start()].rstrip().rsplit("\n", 1)[-1]
            named = _NAMED.match(above)
            found.append(
                Block(
                    page=self.name,
                    line=text.count("\n", 0, match.start()) + 1,
                    language=match[1],
                    text=match[2],
                    file=named[1] if named else None,
                )
            )
        return [block for block in found if language in (None, block.language)]

    def links(self) -> list[str]:
        """Where it leads to."""
        return _LINK.findall(_FENCE.sub("", self.text))


def pages() -> list[Page]:
    """Every page of the project that people read."""
    names = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"]
    names += sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))
    return [Page(name) for name in names]


def blocks(*languages: str) -> list[Block]:
    """The fenced blocks of all pages in these languages."""
    return [block for page in pages() for block in page.blocks() if block.language in languages]
