"""How many messages a range would have brought: one is one post to one channel. Pure.

A run sends a channel one message, whatever it has to say. It counts once for the range, and once
for each incident that it is about. One that a message only names below another incident has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SentMessage:
    """One message."""

    at: datetime
    channel: str
    incidents: tuple[str, ...]
    """The ids of those that it is about."""


@dataclass(frozen=True)
class Spread:
    """Messages of one incident, or of one incident in one channel."""

    mean: float
    worst: int


@dataclass(frozen=True)
class MessageCounts:
    """The messages of a range."""

    total: int
    incidents: int
    """Those that have a message."""
    per_incident: Spread | None
    """In all channels together; None: there are no messages."""
    per_incident_and_channel: Spread | None

    @property
    def share(self) -> float | None:
        """Messages by incidents: one about two of them counts once."""
        return self.total / self.incidents if self.incidents else None


def count_messages(messages: Iterable[SentMessage]) -> MessageCounts:
    """The counts of ``messages``."""
    found = list(messages)
    of_incident = Counter(one for message in found for one in message.incidents)
    of_channel = Counter((one, message.channel) for message in found for one in message.incidents)
    return MessageCounts(
        len(found),
        len(of_incident),
        _spread([*of_incident.values()]),
        _spread([*of_channel.values()]),
    )


def _spread(counts: Sequence[int]) -> Spread | None:
    return Spread(sum(counts) / len(counts), max(counts)) if counts else None
