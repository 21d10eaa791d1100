"""Styles and scripts, below a folder that is named after all that pages are made of.

A page leads to the styles that it was drawn with, never to newer or older ones of the same name:
so a site can be replaced file by file (`plumbline.site.bucket`), and a browser may keep them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from plumbline.site import paths

_PACKAGE = "plumbline.site"


@cache
def layout() -> str:
    """The hash of all that pages are made of besides data; see `Pages.layout`."""
    digest = hashlib.sha256()
    for folder in ("templates", "static"):
        for path, content in _read(resources.files(_PACKAGE) / folder):
            digest.update(f"{folder}/{path}\n{len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()[:16]


def static_path(name: str) -> str:
    """The path of a style or a script in the site."""
    return f"{paths.STATIC}{layout()}/{name}"


@cache
def static_files() -> Mapping[str, bytes]:
    """All of them, by path."""
    found = _read(resources.files(_PACKAGE) / "static")
    return {static_path(name): content for name, content in found}


def _read(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _read(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.read_bytes()
