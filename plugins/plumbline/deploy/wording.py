"""One drift in words: how far a service is behind, and what it does not run."""

from __future__ import annotations

from plumbline.core.safe_text import one_line
from plumbline.core.text import capped, count, span
from plumbline.deploy.drift import Drift
from plumbline.deploy.gitlog import Commit

SHOWN = 10
"""Lines about a service's commits."""


def summary(drift: Drift) -> str:
    """``77 of 598 commits touch its own paths and are not deployed, the oldest for 6.2 days``."""
    if drift.behind is None:
        return f"unknown: {one_line(drift.reason or '')}"
    behind = drift.behind
    branch, commits = drift.service.entry.branch, count(behind.commits, "commits")
    if behind.own:
        verbs = "touches its own paths and is" if behind.own == 1 else "touch its own paths and are"
        return f"{behind.own} of {commits} {verbs} not deployed, the oldest for {span(drift.age)}"
    if behind.commits == 0:
        return f"runs the newest commit of {branch}"
    text = f"has all of its own commits; {commits} to other paths behind {branch}"
    if behind.cancelled:
        text += f" ({behind.cancelled} to its own paths cancel each other out)"
    return text


def missing_commits(drift: Drift) -> list[str]:
    """What it does not run, newest first, in at most `SHOWN` lines; the last is the oldest."""
    behind = drift.behind
    if behind is None or not behind.own:
        return []
    found = [_line(one) for one in behind.what]
    if behind.own <= SHOWN or behind.oldest is None:
        return capped(found, SHOWN, total=behind.own)
    shown = found[: SHOWN - 2]
    return [*shown, f"and {behind.own - len(shown):,} more, the oldest:", _line(behind.oldest)]


def _line(commit: Commit) -> str:
    return f"{commit.sha[:12]} {commit.at:%Y-%m-%d} {commit.subject} ({commit.author})"
