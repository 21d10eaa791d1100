"""Looks pinned packages up in PyPI's database of known vulnerabilities.

Three outcomes, as for a monitor: none is known, some are, or packages could not be looked up.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests

PYPI = "https://pypi.org"
_SECONDS = 20


@dataclass(frozen=True, order=True)
class Answer:
    """What the database says of one version of a package."""

    package: str
    vulnerabilities: tuple[str, ...] = ()
    """Each with the versions that fix it."""
    failure: str | None = None
    """Why there is no answer."""


def look_up(packages: Iterable[tuple[str, str]], *, url: str = PYPI) -> list[Answer]:
    """An answer for each name and version."""
    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda one: _look_up(*one, url=url), sorted(set(packages))))


def _look_up(name: str, version: str, *, url: str) -> Answer:
    package = f"{name} {version}"
    try:
        response = requests.get(f"{url}/pypi/{name}/{version}/json", timeout=_SECONDS)
        response.raise_for_status()
        known = response.json()["vulnerabilities"]
        return Answer(package, tuple(_text(one) for one in known if not one.get("withdrawn")))
    except (requests.RequestException, LookupError, TypeError) as error:
        return Answer(package, failure=f"{type(error).__name__}: {error}")


def _text(known: dict[str, list[str]]) -> str:
    ids = ", ".join([str(known["id"]), *known["aliases"]])
    return f"{ids}; fixed in {', '.join(known['fixed_in']) or 'no version'}"


def report(answers: list[Answer]) -> tuple[str, int]:
    """The text, and the exit code: 0 none is known, 2 some are, 3 not all could be looked up."""
    unknown = [one for one in answers if one.failure]
    lines = [f"{one.package}: {text}" for one in answers for text in one.vulnerabilities]
    is_vulnerable = bool(lines)
    if unknown:
        names = ", ".join(one.package for one in unknown)
        lines.append(f"SKIPPED, the database has no answer for: {names}")
        lines.append(f"the first failure: {unknown[0].failure}")
    looked_up = len(answers) - len(unknown)
    lines.append(
        f"{looked_up} of {len(answers)} packages looked up, "
        f"{sum(bool(one.vulnerabilities) for one in answers)} with known vulnerabilities"
    )
    code = 2 if is_vulnerable else 3 if unknown else 0
    return "\n".join(lines), code
