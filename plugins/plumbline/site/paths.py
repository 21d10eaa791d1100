"""The path of each page in the site, and relative links between pages."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

OVERVIEW = "index.html"
INCIDENTS = "incidents/index.html"
COSTS = "costs.html"
COVERAGE = "coverage.html"
SUITES = "expectations/index.html"
GLOSSARY = "glossary.html"
STATIC = "static/"
"""Styles and scripts; see `plumbline.site.pages.layout`."""

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_TAKEN = re.compile(r"index|con|prn|aux|nul|com\d|lpt\d|\d{4}-\d{2}")


def file_name(name: str) -> str:
    """A unique file name that is valid on every system.

    Plain names stay as they are. Other names become a readable part and a hash.
    """
    if _PLAIN.fullmatch(name) and not _TAKEN.fullmatch(name):
        return name
    readable = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")[:40] or "page"
    return f"{readable}.{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def monitor(name: str) -> str:
    return f"monitors/{file_name(name)}.html"


def monitor_month(name: str, month: str) -> str:
    """The page of a monitor's older runs."""
    return f"monitors/{file_name(name)}/{month}.html"


def incident(incident_id: str) -> str:
    return f"incidents/{file_name(incident_id)}.html"


def incident_month(month: str) -> str:
    return f"incidents/{month}.html"


def day(day: date) -> str:
    """The page of a day's runs."""
    return f"days/{day}.html"


def day_archive(day: date) -> str:
    """What the runs of a day found."""
    return f"data/days/{day}.json"


HISTORY_CACHE = "data/book.json"
"""What a build begins with; see `plumbline.site.history_cache`."""


def month_archive(name: str, month: str) -> str:
    """The rows of a monitor's month that is over."""
    return f"data/{file_name(name)}/{month}.json"


def month_series(name: str, month: str) -> str:
    """What a monitor's chart loads of a month that is over."""
    return f"data/{file_name(name)}/{month}.js"


def incident_archive(month: str) -> str:
    """The incidents of a month that are over."""
    return f"data/{month}.json"


def gx_suite(name: str) -> str:
    return f"expectations/{file_name(name)}.html"


def gx_result(key: Sequence[str]) -> str:
    """GX's page of one stored result: the key begins with its suite.

    The name of the run alone would not do: a user of GX may give all runs the same.
    """
    suite, *rest = key
    return f"validations/{file_name(suite)}/{file_name('-'.join(rest))}.html"


def relative(from_page: str, to_page: str) -> str:
    """The link from one page to another; both relative to the site's folder."""
    return _relative(posixpath.dirname(from_page) or ".", to_page)


@lru_cache(maxsize=4096)
def _relative(from_folder: str, to_page: str) -> str:
    return posixpath.relpath(to_page, from_folder)
