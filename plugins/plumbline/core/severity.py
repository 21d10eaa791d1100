"""Which status is worse: the order in which changes are told, and who may stand for whom."""

from __future__ import annotations

from plumbline.core.status import Status

SEVERITY = {
    Status.SKIPPED: 0,
    Status.PASS: 0,
    Status.WARNING: 1,
    Status.ERROR: 2,
    Status.CRITICAL: 3,
}
"""As a run's status weighs them: wrong data before an unknown, an unknown before a doubt."""


def worse(one: Status, other: Status) -> Status:
    """The worse of the two."""
    return max(one, other, key=SEVERITY.__getitem__)
