"""Statuses, and what they add up to: a run's status, its score and its exit code.

The rules are the command line's contract, so that schedulers can rely on them.
"""

from __future__ import annotations

from collections.abc import Sequence
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


class RunStatus(StrEnum):
    """What a run ends in."""

    OK = "OK"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"
    ERROR = "ERROR"
    SKIPPED = "SKIPPED"


EXIT_OK = 0
EXIT_WARNING = 1
EXIT_CRITICAL = 2
EXIT_ERROR = 3
EXIT_USAGE = 64
EXIT_SOFTWARE = 70

_BY_WEIGHT = (
    (Status.CRITICAL, EXIT_CRITICAL),
    (Status.ERROR, EXIT_ERROR),
    (Status.WARNING, EXIT_WARNING),
)
_COUNTED: dict[FailOn, frozenset[Status]] = {
    "warning": frozenset({Status.CRITICAL, Status.ERROR, Status.WARNING}),
    "critical": frozenset({Status.CRITICAL, Status.ERROR}),
    "error": frozenset({Status.ERROR}),
    "never": frozenset(),
}


def run_status(statuses: Sequence[Status]) -> RunStatus:
    """CRITICAL before ERROR before WARNING; SKIPPED when nothing was checked; else OK."""
    for status, _ in _BY_WEIGHT:
        if status in statuses:
            return RunStatus(status.value)
    return RunStatus.OK if Status.PASS in statuses else RunStatus.SKIPPED


def score(statuses: Sequence[Status]) -> int | None:
    """``floor(100 * passed / counted)``; skipped monitors don't count; None when none counts."""
    counted = [status for status in statuses if status is not Status.SKIPPED]
    if not counted:
        return None
    return 100 * counted.count(Status.PASS) // len(counted)


def exit_code(statuses: Sequence[Status], fail_on: FailOn = "warning") -> int:
    """The code of the worst status that ``fail_on`` counts, as Nagios numbers them."""
    for status, code in _BY_WEIGHT:
        if status in statuses and status in _COUNTED[fail_on]:
            return code
    return EXIT_OK
