"""What goes to the fallback channel, each event once; pure.

A message goes there when its own channel refuses it or is not configured. While a channel fails for
longer than `BACKED_UP_AFTER`, the fallback gets a copy of each message that waits for it; the
original stays in the outbox and is delivered when the channel is back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from plumbline.alerts.channels.base import Channel
from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.channels.wording import moment
from plumbline.alerts.compose import message_id
from plumbline.alerts.incidents.model import Known
from plumbline.alerts.state import Outage, Pending
from plumbline.project.alerts import AlertsConfig

BACKED_UP_AFTER = timedelta(hours=1)
"""How long a channel may fail, or ask to wait, before the fallback is notified too."""


@dataclass(frozen=True)
class FallbackChannel:
    """The project's fallback channel.

    Args:
        channels: those that have what they need, by name.
        zone: the domain's, in which messages show times; None: as they come.
    """

    config: AlertsConfig
    channels: Mapping[str, Channel]
    zone: tzinfo | None = None

    def instead_of(self, channel: str) -> str | None:
        """Where messages of ``channel`` go instead; None where there is no other place."""
        fallback = self.config.fallback
        if fallback is None or fallback not in self.channels:
            return None
        name = self.channels[fallback].name  # of two names for one place, the first
        own = self.channels.get(channel)
        return None if name in (channel, own.name if own else None) else name

    def rerouted(self, pending: Pending, heard: Heard) -> Pending | None:
        """``pending``, or if its channel is not configured, what `diverted` makes of it."""
        channel = pending.message.channel
        if channel in self.channels or self.instead_of(channel) is None:
            return pending
        return self.diverted(pending, "it is not configured", heard)

    def diverted(self, pending: Pending, why: str, heard: Heard) -> Pending | None:
        """In place of a refused message: what the fallback is not notified of yet.

        None where it is notified of everything, or where there is no other place.
        """
        note = f"{pending.message.channel} refused this message: {why}"
        return self.copied(pending, note, heard)

    def covered(self, message: Message, messages: Sequence[Message]) -> tuple[str, ...]:
        """Ids of the events of ``message`` that another of ``messages`` brings to the fallback."""
        fallback = self.instead_of(message.channel)
        there = {
            event for other in messages if other.channel == fallback for event in _events(other)
        }
        return tuple(event for event in _events(message) if event in there)

    def backed_up(
        self,
        outbox: Sequence[Pending],
        outages: Mapping[str, Outage],
        now: datetime,
        heard: Heard,
        *,
        at_once: bool = False,
        except_for: Collection[str] = (),
    ) -> tuple[Pending, ...]:
        """``outbox`` with a copy for the fallback of what waits for a channel that fails for long.

        Args:
            outbox: the oldest first.
            outages: by channel.
            heard: what the fallback is notified of already.
            at_once: whether a channel that fails at all is backed up.
            except_for: channels that are still to be tried.
        """
        found: list[Pending] = []
        for pending in outbox:
            outage = outages.get(pending.message.channel)
            if outage is None or pending.message.channel in except_for:
                found.append(pending)
            elif at_once or _is_long(outage, now):
                found += self._with_copy(pending, outage, heard)
            else:
                found.append(pending)
        return tuple(_each_once(found))

    def _with_copy(self, pending: Pending, outage: Outage, heard: Heard) -> Iterator[Pending]:
        """The copy comes after it, so before what is newer."""
        copy = self.copied(pending, self._outage_note(pending, outage), heard)
        if copy is None:
            yield pending
        else:
            yield replace(pending, covered=_events(pending.message))
            yield copy

    def _outage_note(self, pending: Pending, outage: Outage) -> str:
        since = outage.since if self.zone is None else outage.since.astimezone(self.zone)
        detail = f": {outage.detail}" if outage.detail else ""
        return f"Channel {pending.message.channel} has failed since {moment(since)}{detail}"

    def copied(self, pending: Pending, note: str, heard: Heard) -> Pending | None:
        """`diverted`, with a note of what happened."""
        name = self.instead_of(pending.message.channel)
        if name is None:
            return None
        items = pending.message.items
        rest = heard.news(name, [item for item in items if item.event_id not in pending.covered])
        if not rest:
            return None
        return Pending(_to(name, replace(pending.message, items=rest), note), since=pending.since)


@dataclass
class Heard:
    """What each channel is notified of: by channel and incident, until when.

    What is older is not news there, and would come after what is newer.
    """

    through: dict[tuple[str, str], datetime]

    @classmethod
    def of(cls, known: Known) -> Heard:
        """What messages have brought so far, those that wait included."""
        return cls(
            {
                (channel, incident.id): at
                for incident in known.incidents
                for channel, at in incident.notified_through.items()
            }
        )

    def news(self, channel: str, items: Sequence[Item]) -> tuple[Item, ...]:
        """Those of ``items`` that are news for ``channel``; from now on it knows them."""
        found = []
        for item in items:
            key = (channel, item.incident)
            if key not in self.through or item.at > self.through[key]:
                self.through[key] = item.at
                found.append(item)
        return tuple(found)


def _is_long(outage: Outage, now: datetime) -> bool:
    failed_for, asked_for = now - outage.since, outage.until - outage.since
    return failed_for >= BACKED_UP_AFTER or asked_for > BACKED_UP_AFTER


def _to(channel: str, message: Message, note: str) -> Message:
    return replace(
        message,
        id=message_id(channel, _events(message)),
        channel=channel,
        notes=(*message.notes, note),
        references={},
    )


def _events(message: Message) -> tuple[str, ...]:
    return tuple(item.event_id for item in message.items)


def _each_once(outbox: Sequence[Pending]) -> Iterator[Pending]:
    seen: set[str] = set()
    for pending in outbox:
        if pending.message.id not in seen:
            seen.add(pending.message.id)
            yield pending
