"""The result of one attempt to deliver something over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

UNRESOLVED = "its name cannot be resolved"


class DeliveryStatus(StrEnum):
    """Status of one attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    """A timeout, a refused or broken connection, 5xx, 429: a retry may work."""
    REFUSED = "refused"
    """400, 401, 403, 404, 410 and similar: a retry won't work."""


@dataclass(frozen=True)
class Receipt:
    """The receiver's answer."""

    verdict: DeliveryStatus
    detail: str = ""
    """One line for people, without URLs, tokens and other secrets."""
    status_code: int | None = None
    retry_after: float | None = None
    """Seconds that the receiver asked us to wait."""
    references: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By incident: what the channel needs for the next message about it."""
    missed: str = ""
    """Of what was delivered to some recipients: who was refused for good, and why."""

    @property
    def is_unresolved(self) -> bool:
        """Whether nobody was asked, because the receiver's name does not resolve."""
        return self.status_code is None and UNRESOLVED in self.detail

    def with_fix(self, fixes: Mapping[int, str]) -> Receipt:
        """With what to do about it, by the receiver's HTTP status; as it is if there is nothing."""
        fix = fixes.get(self.status_code or 0)
        if fix is None or self.verdict is DeliveryStatus.DELIVERED:
            return self
        return replace(self, detail=f"{self.detail}; {fix}")
