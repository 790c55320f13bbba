"""The agent behind the transport ``segl-certificate``: encrypts to each recipient's own certificate.

``segl-map`` found and judged the certificates, and named this way; they are taken from the store, never from
the net. Here they are judged once more, for what the time since may have changed: the validity, and how long
the authority's word on revocation may be relied on. Without a good one the recipient waits, and the route is
decided anew.

Every recipient gets a message of his own: the keys that could open it say who else got it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime

from segl.addresses import domain_of
from segl.certificates.names import mail_key
from segl.certificates.recipient import load_der, unfit
from segl.certificates.records import CertificateRecords, CertificateRow, Revocation
from segl.errors import NoCertificate, SmtpReply, StoreError
from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.settings.certificates import Certificates, RevocationUnknown
from segl.vocabulary import Way
from segl_delivery.agent import Delivery
from segl_delivery.smime.certificates import Finder, TunnelCertificate
from segl_delivery.smime.encrypting import Encryption
from segl_delivery.smime.outbound import Outbound

AT_ONCE = 8  # recipients of one message who are served side by side


@dataclass(frozen=True, slots=True)
class RecipientCertificates:
    """What the store holds for recipients, as far as it may be encrypted to now."""

    records: CertificateRecords
    settings: Certificates
    clock: Callable[[], float] = time.time

    def find(self, recipient: str) -> list[TunnelCertificate]:
        """The certificates to use, the newest first; blocking. Raises :class:`NoCertificate`."""
        if not self.settings.on:
            raise NoCertificate("recipients' certificates are not used", "certificates.sources is empty")
        try:
            rows = self.records.found(mail_key(recipient))
        except StoreError as error:
            raise NoCertificate(error.public, error.private) from None
        good: list[TunnelCertificate] = []
        faults: list[str] = []
        for row in rows:
            certificate, fault = self._judged(row, recipient)
            if certificate is None:
                faults.append(f"{row.fingerprint[:16]}: {fault}")
            else:
                good.append(certificate)
        if not good:
            why = "; ".join(faults) or "the store has none"
            raise NoCertificate("no certificate to encrypt to for this recipient", why)
        good.sort(key=lambda entry: entry.certificate.not_valid_before_utc, reverse=True)
        return good if self.settings.all_keys else good[:1]

    def _judged(self, row: CertificateRow, recipient: str) -> tuple[TunnelCertificate | None, str]:
        now = self.clock()
        refuse = self.settings.revocation_unknown is not RevocationUnknown.USE
        good = row.standing is Revocation.GOOD or (row.standing is Revocation.UNKNOWN and not refuse)
        if not good:
            return None, f"its revocation is {row.standing}"
        if now >= row.good_until:
            return None, "what is known of its revocation has run out"
        try:
            certificate = load_der(row.der)
        except ValueError as error:
            return None, str(error)
        fault = unfit(
            certificate, recipient, datetime.fromtimestamp(now, UTC), bound=row.bound or row.vouched
        )
        return (None, fault) if fault else (TunnelCertificate.of(certificate), "")


@dataclass(frozen=True, slots=True)
class CertificateAgent:
    """See :class:`segl_delivery.agent.Agent`."""

    certificates: Finder
    return_port: ReturnPort
    events: Events
    outbound: Outbound
    threads: Executor

    @property
    def way(self) -> Way:
        return Way.CERTIFICATE

    async def deliver(self, delivery: Delivery) -> dict[str, SmtpReply]:
        places = asyncio.Semaphore(AT_ONCE)

        async def one(recipient: str) -> dict[str, SmtpReply]:
            async with places:
                return await self._deliver_one(delivery, recipient)

        answers = await asyncio.gather(*(one(recipient) for recipient in delivery.recipients))
        return {recipient: reply for answer in answers for recipient, reply in answer.items()}

    async def _deliver_one(self, delivery: Delivery, recipient: str) -> dict[str, SmtpReply]:
        async def find() -> list[TunnelCertificate]:
            return await asyncio.to_thread(self.certificates.find, recipient)

        encryption = Encryption(self.way, self.return_port, self.events, self.outbound, self.threads)
        return await encryption.deliver(
            delivery, domain_of(recipient), [recipient], find, self.events.encrypted
        )
