"""What the ways ``tunnel`` and ``certificate`` have in common: a message signed where there is a key for it,
encrypted and handed to the return port, and a reply for each recipient."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from segl.certificates.names import mail_key
from segl.errors import DeliveryError, NoCertificate, SmtpReply
from segl.events import Events
from segl.mail.handover import Handover, Refused, Step
from segl.mail.outgoing import Outgoing
from segl.mail.return_port import ReturnPort
from segl.vocabulary import Way
from segl_delivery.agent import Delivery, reply_to
from segl_delivery.cms.enveloped import EnvelopedData
from segl_delivery.cms.recipients import CannotEncrypt
from segl_delivery.smime.certificates import TunnelCertificate
from segl_delivery.smime.message import enveloped
from segl_delivery.smime.outbound import Outbound

THREADS: Final = 32


def encrypting_threads() -> Executor:
    """For the two ways, apart from all other work: most of that waits for the store, which may hang, and they do not
    need it once they have the certificates."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="encrypting")


class Tell(Protocol):
    """Logs that *recipients* were served."""

    def __call__(
        self,
        recipients: Sequence[str],
        *,
        certificates: Sequence[str],
        algorithm: str,
        signed_by: str,
        queued_as: str,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Encrypted:
    """A message ready to go, and what is worth telling of it: fingerprints of the certificates it is encrypted to,
    the cipher's name, the fingerprint of whose signature is inside (or ``""``)."""

    message: Outgoing = field(repr=False)
    smtputf8: bool
    certificates: tuple[str, ...]
    algorithm: str
    signed_by: str

    @property
    def evidence(self) -> str:
        more = f" and {len(self.certificates) - 1} more" if len(self.certificates) > 1 else ""
        signature = f", signed by sha256={self.signed_by[:16]}" if self.signed_by else ""
        return f"encrypted to sha256={self.certificates[0][:16]}{more} {self.algorithm}{signature}"


@dataclass(frozen=True, slots=True)
class Encryption:
    """Encrypts for one domain's, or one person's, certificates, in *threads*; without any in those that all share."""

    way: Way
    return_port: ReturnPort
    events: Events
    outbound: Outbound
    threads: Executor | None = None

    async def deliver(
        self,
        delivery: Delivery,
        domain: str,
        recipients: Sequence[str],
        find: Callable[[], Awaitable[Sequence[TunnelCertificate]]],
        tell: Tell,
    ) -> dict[str, SmtpReply]:
        """One encrypted message to *recipients*, all of *domain*, readable with the key of any certificate that
        *find* gives.

        Does not raise: what goes wrong here must not be the other recipients' loss.
        """
        try:
            certificates = await find()
            work = partial(self._encrypt_and_send, delivery, domain, recipients, certificates)
            sent = await asyncio.get_running_loop().run_in_executor(self.threads, work)
        except DeliveryError as error:
            self.events.not_delivered(self.way.value, recipients, error)
            return dict.fromkeys(recipients, error.reply)
        except Exception as error:
            self.events.failed(self.way.value, error)
            return dict.fromkeys(recipients, reply_to(error))
        return self._replies(recipients, *sent, tell)

    def _encrypt_and_send(
        self,
        delivery: Delivery,
        domain: str,
        recipients: Sequence[str],
        certificates: Sequence[TunnelCertificate],
    ) -> tuple[Encrypted, Handover]:
        delivery.check_time()
        holder = f"@{domain}" if self.way is Way.TUNNEL else mail_key(recipients[0])
        made = self.encrypted(delivery, domain, certificates, holder)
        sender = delivery.envelope.sender
        return made, self.return_port.send(
            sender, recipients, made.message, smtputf8=made.smtputf8, envelope_id=delivery.envelope_id
        )

    def encrypted(
        self, delivery: Delivery, domain: str, certificates: Sequence[TunnelCertificate], holder: str = ""
    ) -> Encrypted:
        """The message is encrypted while it is being sent: beside the original, little of it is in memory. *holder*:
        whose certificates they are, as :class:`~segl_delivery.smime.outbound.Outbound` names him."""
        terms = self.outbound.terms(domain)
        prepared = self.outbound.prepare(delivery, terms)
        keys = [entry.certificate for entry in certificates]
        choice = terms.choice(keys, partial(self.outbound.said, holder))
        try:
            envelope = EnvelopedData(prepared.entity.size, keys, choice)
        except CannotEncrypt as error:
            private = f"certificate {certificates[0].fingerprint[:16]}: {error}"
            raise NoCertificate("the certificate cannot be encrypted to", private) from None
        return Encrypted(
            message=enveloped(prepared.outside, prepared.entity, envelope),
            smtputf8=delivery.smtputf8 and not prepared.outside.isascii(),
            certificates=tuple(entry.fingerprint for entry in certificates),
            algorithm=choice.cipher.label,
            signed_by=prepared.signed_by,
        )

    def _replies(
        self, recipients: Sequence[str], sent: Encrypted, handover: Handover, tell: Tell
    ) -> dict[str, SmtpReply]:
        taken = SmtpReply(250, "2.0.0", f"{self.way}: {sent.evidence}, queued as {handover.queued_as}")
        if served := [recipient for recipient in recipients if recipient not in handover.refused]:
            tell(
                served,
                certificates=sent.certificates,
                algorithm=sent.algorithm,
                signed_by=sent.signed_by,
                queued_as=handover.queued_as,
            )
        for recipient, reply in handover.refused.items():
            refusal = Refused(reply, Step.RCPT, hop=handover.hop)
            self.events.not_delivered(self.way.value, [recipient], refusal)
        return {recipient: handover.refused.get(recipient, taken) for recipient in recipients}
