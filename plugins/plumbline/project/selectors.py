"""``--select`` and ``--exclude``: a monitor's name, ``owner:NAME`` or ``tag:NAME``."""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence

from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.project.project import Project

METHODS = ("owner", "tag")
"""What a selector may name beside a monitor, before its colon."""


def known_words(method: str, word: str, known: Collection[str]) -> str:
    """The fix for an owner or a tag that no monitor has: the closest, or where to set one."""
    if known:
        return did_you_mean(word, known)
    return f"set meta.monitor.{'tags' if method == 'tag' else method} in a suite"


def split_selector(selector: str, monitors: Container[str]) -> tuple[str | None, str]:
    """Its method, or None for a name, and the value.

    Args:
        monitors: the names that are known; one of them may begin as an owner or a tag.
    """
    method, colon, value = selector.partition(":")
    is_name = selector in monitors or not colon or method not in METHODS
    return (None, selector) if is_name else (method, value)


def words_of(project: Project, monitor: str, method: str) -> Sequence[str] | None:
    """A monitor's owner or its tags; None where its files are invalid."""
    try:
        entry = project.suite_of(monitor).monitor
    except MonitorError:
        return None
    return entry.tags if method == "tag" else [entry.owner] if entry.owner else []
