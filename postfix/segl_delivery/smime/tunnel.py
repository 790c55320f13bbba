"""The agent behind the transport ``segl-tunnel``: encrypts to a domain's certificates and hands the result on.

All recipients of one domain share one encrypted message and one hand-over; the domains of a message are
served side by side, and what goes wrong with one is answered to its recipients alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from segl.errors import SmtpReply
from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.vocabulary import Way
from segl_delivery.agent import Delivery, by_domain
from segl_delivery.smime.certificates import Finder, TunnelCertificate
from segl_delivery.smime.encrypting import Encryption
from segl_delivery.smime.outbound import Outbound


@dataclass(frozen=True, slots=True)
class TunnelAgent:
    """See :class:`segl_delivery.agent.Agent`."""

    certificates: Finder
    return_port: ReturnPort
    events: Events
    outbound: Outbound
    threads: Executor

    @property
    def way(self) -> Way:
        return Way.TUNNEL

    async def deliver(self, delivery: Delivery) -> dict[str, SmtpReply]:
        groups = by_domain(delivery.recipients)
        answers = await asyncio.gather(
            *(self._deliver_domain(delivery, domain, group) for domain, group in groups.items())
        )
        return {recipient: reply for answer in answers for recipient, reply in answer.items()}

    async def _deliver_domain(
        self, delivery: Delivery, domain: str, recipients: Sequence[str]
    ) -> dict[str, SmtpReply]:
        async def find() -> list[TunnelCertificate]:
            return self.certificates.find(domain)

        encryption = Encryption(self.way, self.return_port, self.events, self.outbound, self.threads)
        return await encryption.deliver(
            delivery, domain, recipients, find, partial(self.events.tunnelled, domain)
        )
