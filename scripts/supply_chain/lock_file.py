"""The lock files in ``requirements/``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ENTRY = re.compile(r"^(?P<pin>[^\s#].*?)\s*\\?$(?P<hashes>(?:\n\s+--hash=.*)*)", re.MULTILINE)


@dataclass(frozen=True)
class Pin:
    """A package that a lock file pins."""

    requirement: Requirement
    hashes: tuple[str, ...]
    """Of each file published for the version."""

    @property
    def name(self) -> str:
        """As PyPI spells it."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        """The one that is pinned."""
        (specifier,) = self.requirement.specifier
        return specifier.version

    @property
    def is_for_this_python(self) -> bool:
        """Whether pip installs it in this Python on this platform."""
        return self.requirement.marker is None or self.requirement.marker.evaluate()


def read_lock(text: str) -> Iterator[Pin]:
    """The pins of a file that `make lock` wrote."""
    for entry in _ENTRY.finditer(text):
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", entry["hashes"])
        yield Pin(Requirement(entry["pin"]), tuple(hashes))
