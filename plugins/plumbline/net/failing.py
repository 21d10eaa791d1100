"""Since when something has failed without a success, for patience that several calls share."""

from __future__ import annotations

import time

FORGOTTEN_SECONDS = 60.0
"""After so long without another failure, a failure begins anew."""


class Failing:
    """Since when, on the monotonic clock."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._latest = 0.0

    def note(self, began: float | None = None) -> None:
        """It has failed; ``began`` is when the attempt was made, where that is not now."""
        now = time.monotonic()
        if self._since is None or now - self._latest > FORGOTTEN_SECONDS:
            self._since = now if began is None else began
        self._latest = now

    def end(self) -> None:
        """It has worked."""
        self._since = None

    @property
    def seconds(self) -> float:
        """Since the first failure; 0 without one."""
        return 0.0 if self._since is None else time.monotonic() - self._since
