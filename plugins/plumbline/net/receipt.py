"""What came of one attempt to deliver something over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class DeliveryStatus(StrEnum):
    """What came of one attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    """A timeout, a refused or broken connection, 5xx, 429: it may work later."""
    REFUSED = "refused"
    """400, 401, 403, 404, 410 and their like: it will never work as it is."""


@dataclass(frozen=True)
class Receipt:
    """What the receiver said."""

    verdict: DeliveryStatus
    detail: str = ""
    """One line for people; never a URL, a token or anything else that is secret."""
    status_code: int | None = None
    retry_after: float | None = None
    """Seconds that the receiver asked us to wait."""
    references: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By incident: what the channel wants to be given at the next message about it."""
