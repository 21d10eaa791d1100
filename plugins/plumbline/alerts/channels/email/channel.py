"""The e-mail channel: a mail per message to fixed recipients, by SMTP.

Where the server refuses some recipients for now, the mail is sent again to these only: the others
are kept among the references until it is delivered. Who is refused for good is `Receipt.missed`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from plumbline.alerts.channels.base import TIMEOUT_SECONDS
from plumbline.alerts.channels.email.rendering import ROOT, mail_of, message_id
from plumbline.alerts.channels.email.transport import Handover, MailServer, send
from plumbline.alerts.channels.message import Message
from plumbline.net.receipt import DeliveryStatus, Receipt

_HAVE_IT = "have_it"
"""Among the references of an incident: the message, and who has it already."""


@dataclass(eq=False)
class EmailChannel:
    name: str
    server: MailServer
    sender: str
    """The address in ``From``."""
    recipients: Sequence[str]
    """The addresses in ``To``."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def deliver(self, message: Message, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Receipt:
        """One attempt, to the recipients that don't have the message yet."""
        have_it = _have_it(message)
        waiting = [address for address in self.recipients if address not in have_it]
        mail = mail_of(message, sender=self.sender, recipients=self.recipients, now=self.clock())
        done = send(self.server, mail, waiting, timeout_seconds=timeout_seconds)
        receipt = done.receipt
        if receipt.verdict is DeliveryStatus.REFUSED and done.refused and have_it:
            receipt = replace(receipt, verdict=DeliveryStatus.DELIVERED, missed=receipt.detail)
        if receipt.verdict is DeliveryStatus.DELIVERED:
            return replace(receipt, references=self._references(message))
        got = _got(done, waiting)
        if got or have_it:
            return replace(done.receipt, references=self._references(message, (*have_it, *got)))
        return done.receipt

    def _references(
        self, message: Message, have_it: Sequence[str] = ()
    ) -> Mapping[str, Mapping[str, str]]:
        """The first mail of each incident; of a mail that waits for some, who has it."""
        own = message_id(message, self.sender)
        more = {_HAVE_IT: " ".join((message.id, *have_it))} if have_it else {}
        return {
            item.incident: {
                ROOT: message.references.get(item.incident, {}).get(ROOT, own),
                **more,
            }
            for item in message.items
        }


def _have_it(message: Message) -> tuple[str, ...]:
    for references in message.references.values():
        kept, *addresses = references.get(_HAVE_IT, "").split(" ")
        if kept == message.id:
            return tuple(addresses)
    return ()


def _got(done: Handover, recipients: Sequence[str]) -> list[str]:
    """Who has the mail: it was accepted for some, and others are to be tried again."""
    return [one for one in recipients if one not in done.refused] if done.refused else []
