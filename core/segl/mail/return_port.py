"""Hands a finished message to the next Postfix, by SMTP (:mod:`segl.mail.smtp_client`).

Mostly that is the front's return port, which takes what is safe to travel now: ciphertext and notices. The same is done
at the port for Segl's own mail (:mod:`segl.mail.own_mail`), at the secure instance, and at the server that
``inbound.hand_to`` names (:class:`~segl.mail.handover.NextHop`).

Its 250 means that the message is in that Postfix's queue, on disk; only then does the LMTP client hear 250 from us.
Every other answer is passed back for the recipient it was given for.
"""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from segl.addresses import domain_of
from segl.errors import DeliveryError, SmtpReply
from segl.mail.handover import Handover, NextHop, NotThere, Refused, Step, Unreachable
from segl.mail.outgoing import Outgoing
from segl.mail.port_owner import Listener, Owned, listeners, owner_of
from segl.mail.smtp_client import SmtpClient, Transaction, kind_of, takes_nothing
from segl.vocabulary import Known

CONNECT_SECONDS: Final = 10.0
_OUR_NAME: Final = "segl-deliver.invalid"
_NO_TEXT: Final = SmtpReply(553, "5.1.3", "the address has bytes that are no UTF-8")  # RFC 3463 §3.2
_INSTALL: Final = "run: segl install"
_UNSEEN: Final = (
    "Postfix must run on this host, its master as a root that Segl sees (no other user namespace)"
)


class MailPort(Protocol):
    """What :class:`ReturnPort` does, and :class:`~segl.mail.own_mail.OwnMail`."""

    def send(
        self,
        sender: str,
        recipients: Sequence[str],
        message: bytes | Outgoing,
        *,
        smtputf8: bool,
        envelope_id: str = "",
        together: bool = False,
    ) -> Handover:
        """See :meth:`ReturnPort.send`."""

    def size_limit(self) -> int | None:
        """See :meth:`ReturnPort.size_limit`."""


def send_to_one(
    port: MailPort, sender: str, recipient: str, message: bytes, *, envelope_id: str = "", named: bool = False
) -> str:
    """One mail of ours, in ASCII, to one person; the queue id it was taken as. Blocking.

    Raises as :meth:`ReturnPort.send` does, and :class:`~segl.mail.handover.Refused` where *recipient* is not taken.
    *named*: the address stands in that error, for a log whose line has it nowhere else.
    """
    handover = port.send(sender, [recipient], message, smtputf8=False, envelope_id=envelope_id)
    if refusal := handover.refused.get(recipient):
        raise Refused(refusal, Step.RCPT, hop=handover.hop, recipient=recipient if named else "")
    return handover.queued_as


@dataclass(frozen=True, slots=True)
class ReturnPort:
    """Where finished messages go; ``hop`` says whose port it is. ``reply_seconds`` is the patience for one reply; that
    to the final dot may take as long as is left of the whole."""

    host: str
    port: int
    reply_seconds: float = 60.0
    # From the message's envelope id and the recipients' domain to the name it goes on by (segl.receipts.key).
    onward: Callable[[str, str], str] = field(default=lambda envelope_id, _: envelope_id, compare=False)
    # A word that its greeting holds, at a port of this host that is Postfix's or nobody's: whoever greets without it
    # gets nothing, nor does who is not seen to be root (NotThere).
    greeting: str = ""
    hop: NextHop = NextHop.RETURN_PORT

    @classmethod
    def at(
        cls,
        host_port: str,
        reply_seconds: float,
        onward: Callable[[str, str], str] | None = None,
        *,
        hop: NextHop = NextHop.RETURN_PORT,
    ) -> ReturnPort:
        host, _, port = host_port.rpartition(":")
        found = cls(host.strip("[]"), int(port), reply_seconds, hop=hop)
        return found if onward is None else replace(found, onward=onward)

    def send(
        self,
        sender: str,
        recipients: Sequence[str],
        message: bytes | Outgoing,
        *,
        smtputf8: bool,
        envelope_id: str = "",
        together: bool = False,
    ) -> Handover:
        """Blocking. *message* has CR LF line ends; *recipients* are without doubles. *envelope_id*, ASCII, is the
        message's; what reports of what becomes of it bear (ENVID) is made of it and the domain, which all share then.
        *together*: as long as one of them is refused for now nobody gets it (:class:`Refused`), for a caller that
        cannot try again for some alone.

        Raises :class:`DeliveryError` when no copy was taken for a reason common to all recipients, its
        subclass :class:`OutcomeUnknown` when that cannot be said.
        """
        outgoing = Outgoing.of(message) if isinstance(message, bytes) else message
        if not all(map(_is_text, (sender, *recipients))):
            raise Refused(_NO_TEXT, Step.ADDRESS, hop=self.hop)
        client = self._connect()
        try:
            smtputf8 = smtputf8 or not all(address.isascii() for address in (sender, *recipients))
            name = self.onward(envelope_id, domain_of(recipients[0])) if envelope_id and recipients else ""
            transaction = Transaction(client, self.hop, self.reply_seconds, smtputf8, name)
            return transaction.run(sender, recipients, outgoing, together=together)
        except (smtplib.SMTPException, OSError) as error:
            raise self._broke(error) from None
        finally:
            client.close()

    def size_limit(self) -> int | None:
        """The largest message it takes, in bytes (RFC 1870 §4); ``None`` when it names none. Blocking. Raises
        :class:`DeliveryError`."""
        client = self._connect()
        try:
            code, text = client.ehlo()
            named = client.esmtp_features.get("size", "").strip()
            with suppress(smtplib.SMTPException, OSError):
                client.putcmd("QUIT")
        except (smtplib.SMTPException, OSError) as error:
            raise self._broke(error) from None
        finally:
            client.close()
        if code != 250:
            raise takes_nothing(self.hop, code, text, Step.EHLO)
        return int(named) or None if named.isdecimal() and len(named) < 20 else None

    def _connect(self) -> SmtpClient:
        before = listeners(self.port) if self.greeting else frozenset()
        owned = owner_of(self.host, before, before)
        if before and owned.known is Known.NO:
            raise self._somebody_elses(owned)  # unasked, so that he cannot keep us waiting either
        client = SmtpClient(local_hostname=_OUR_NAME, timeout=min(CONNECT_SECONDS, self.reply_seconds))
        try:
            code, text = client.connect(self.host, self.port)
        except (OSError, smtplib.SMTPException) as error:
            client.close()
            kind = NotThere if isinstance(error, ConnectionRefusedError) else Unreachable
            hint = _INSTALL if self.greeting and kind is NotThere else self.hop.if_down
            raise kind(f"the {self.hop.called} does not answer", f"{self}: {kind_of(error)}", hint) from None
        if client.sock is not None:
            # A message goes out in pieces. Held back until the one before is acknowledged, each costs 40 ms.
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if code != 220:
            client.close()
            raise takes_nothing(self.hop, code, text)
        if self.greeting:
            self._see_whose(client, text, before)
        return client

    def _see_whose(self, client: SmtpClient, said: bytes, before: frozenset[Listener]) -> None:
        """Raises :class:`NotThere`, and closes *client*, unless it is our Postfix for sure that greeted it with *said*.
        *before*: who listened when it was not connected yet."""
        owned = owner_of(client.reached, before, listeners(self.port))
        if self.greeting.encode() not in said:
            owned = Owned(Known.NO, "greets as none of ours")
        elif owned.known is Known.YES:
            return
        client.close()
        raise self._somebody_elses(owned)

    def _somebody_elses(self, owned: Owned) -> NotThere:
        hint = _INSTALL if owned.known is Known.NO else _UNSEEN
        return NotThere("the port is somebody else's", f"{self}: {owned.reason}", hint)

    def _broke(self, error: BaseException) -> DeliveryError:
        return DeliveryError(f"the connection to the {self.hop.called} broke", f"{self}: {kind_of(error)}")

    def __str__(self) -> str:
        return f"{self.hop.called} {self.host}:{self.port}"


def _is_text(address: str) -> bool:
    """Whether it can be sent: programs give the bytes of a broken address as halves of surrogate pairs (PEP 383)."""
    return not any("\ud800" <= char <= "\udfff" for char in address)
