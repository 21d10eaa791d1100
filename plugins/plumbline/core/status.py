"""Statuses, which of two is worse, and what they add up to: a run's status, score and exit code.

The rules are the command line's contract, so that schedulers can rely on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Literal

FailOn = Literal["warning", "critical", "error", "never"]


class Status(StrEnum):
    """What a monitor ends in: exactly one of these."""

    PASS = "PASS"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"
    ERROR = "ERROR"
    SKIPPED = "SKIPPED"

    @property
    def is_failing(self) -> bool:
        """Whether somebody has to look: CRITICAL, ERROR or WARNING."""
        return self in FAILING

    @property
    def is_judged(self) -> bool:
        """Whether the data was held against the suite: neither ERROR nor SKIPPED."""
        return self not in (Status.ERROR, Status.SKIPPED)

    @property
    def severity(self) -> int:
        """How bad it is: from 0, where nothing is failing, to 3."""
        return len(FAILING) - FAILING.index(self) if self in FAILING else 0


WORST_FIRST = (Status.CRITICAL, Status.ERROR, Status.WARNING, Status.PASS, Status.SKIPPED)
"""The order of severity: wrong data before an unknown, an unknown before a doubt."""

FAILING = WORST_FIRST[:3]
"""The statuses that are notified."""

STATUS_OF_SEVERITY = {"critical": Status.CRITICAL, "warning": Status.WARNING}
"""By the severity of a failed expectation; ``info`` is shown and changes nothing."""


MEANINGS = {
    Status.CRITICAL: "An expectation of severity critical failed: the data is wrong.",
    Status.ERROR: "The check could not run. Nothing is known about the data.",
    Status.WARNING: "An expectation of severity warning failed.",
    Status.PASS: "The data meets the suite.",
    Status.SKIPPED: "Nothing was expected, for example on a day off. The reason is shown.",
}
"""What each status says, as in docs/glossary.md."""

IMPACT_OF_ERROR = "The check could not run: the data may be right or wrong."
"""In place of the suite's impact, which is that of wrong data."""


class RunStatus(StrEnum):
    """What a run ends in."""

    OK = "OK"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"
    ERROR = "ERROR"
    SKIPPED = "SKIPPED"


RUN_WORST_FIRST = (
    RunStatus.CRITICAL,
    RunStatus.ERROR,
    RunStatus.WARNING,
    RunStatus.OK,
    RunStatus.SKIPPED,
)
"""The order of `WORST_FIRST` for runs."""

EXIT_OK = 0
EXIT_WARNING = 1
EXIT_CRITICAL = 2
EXIT_ERROR = 3
EXIT_USAGE = 64
EXIT_SOFTWARE = 70

_EXIT_CODES = {
    Status.CRITICAL: EXIT_CRITICAL,
    Status.ERROR: EXIT_ERROR,
    Status.WARNING: EXIT_WARNING,
}
_COUNTED: dict[FailOn, tuple[Status, ...]] = {
    "warning": FAILING,
    "critical": FAILING[:2],
    "error": (Status.ERROR,),
    "never": (),
}


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of them, the first of equals; PASS where there is none."""
    return max(statuses, key=lambda status: status.severity, default=Status.PASS)


def status_of_severity(severity: str) -> Status:
    """What a failed expectation of GX severity ``severity`` makes of its monitor."""
    return STATUS_OF_SEVERITY.get(severity, Status.PASS)


def run_status(statuses: Sequence[Status]) -> RunStatus:
    """CRITICAL before ERROR before WARNING; SKIPPED when nothing was checked; else OK."""
    for status in FAILING:
        if status in statuses:
            return RunStatus(status.value)
    return RunStatus.OK if Status.PASS in statuses else RunStatus.SKIPPED


def counts(statuses: Sequence[Status]) -> dict[str, int]:
    """How many monitors ended in each status, by the keys of a run's JSON."""
    return {
        "passed": statuses.count(Status.PASS),
        "warning": statuses.count(Status.WARNING),
        "critical": statuses.count(Status.CRITICAL),
        "error": statuses.count(Status.ERROR),
        "skipped": statuses.count(Status.SKIPPED),
    }


def score(statuses: Sequence[Status]) -> int | None:
    """``floor(100 * passed / counted)``; skipped monitors don't count; None when none counts."""
    counted = [status for status in statuses if status is not Status.SKIPPED]
    if not counted:
        return None
    return 100 * counted.count(Status.PASS) // len(counted)


def exit_code(statuses: Sequence[Status], fail_on: FailOn = "warning") -> int:
    """The code of the worst status that ``fail_on`` counts, as Nagios numbers them."""
    for status in _COUNTED[fail_on]:
        if status in statuses:
            return _EXIT_CODES[status]
    return EXIT_OK
