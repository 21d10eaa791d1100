"""Why an expectation could not be evaluated."""

from __future__ import annotations

NOTHING_CHECKED = "nothing was checked: "
"""How the reason of an expectation that looked at nothing begins."""
WHEN_EXPECTED = 'if that may happen, write "meta": {"when_no_rows": "skip"} in the expectation'


class EvaluationError(Exception):
    """An expectation that can't be evaluated on these rows: ``what is wrong; the fix``."""

    @property
    def what(self) -> str:
        """What is wrong."""
        return str(self).partition("; ")[0]

    @property
    def fix(self) -> str:
        """What to do; empty where nothing is said."""
        return str(self).partition("; ")[2]


class NothingCheckedError(EvaluationError):
    """An expectation that looked at no value, so that its success would say nothing."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{NOTHING_CHECKED}{why}; {WHEN_EXPECTED}")
