"""The agent behind the transport ``segl-receipt``: takes delivery reports of our own Postfix instances.

The socket is reached by reports alone, and by those that a bounce(8) of ours wrote: the secure instance sends all of
its own here, the front those that bear one of our envelope ids. Still nothing is believed that does not bear the name
of a message of ours, made with our key, and go to the sender of that message. Whatever else comes is ordinary mail: it
is handed to the secure instance's entrance and goes where it would have gone without us.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from segl.addresses import domain_of
from segl.errors import SmtpReply
from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.metrics import REPORTS
from segl.receipts.facts import Facts
from segl.receipts.key import ReceiptKey
from segl.settings import Settings
from segl.settings_receipts import Receipts
from segl_delivery.agent import Delivery, Incoming
from segl_delivery.canary import CanaryReports
from segl_delivery.receipts.ledger import Ledger
from segl_delivery.receipts.news import first_news, heard_of
from segl_delivery.receipts.report import Report, parse_report, without_our_fields

_TAKEN = SmtpReply(250, "2.0.0", "report taken")
_HANDED_ON = SmtpReply(250, "2.0.0", "handed on")


@dataclass(frozen=True, slots=True)
class ReceiptAgent:
    """See :class:`segl_delivery.agent.Agent`. *entrance* is the secure instance's."""

    settings: Settings
    key: ReceiptKey | None
    ledger: Ledger
    entrance: ReturnPort
    events: Events
    canaries: CanaryReports

    @property
    def way(self) -> Incoming:
        return Incoming.REPORT

    async def deliver(self, delivery: Delivery) -> dict[str, SmtpReply]:
        recipients = delivery.recipients
        report = self._genuine(delivery)
        if report is not None and await asyncio.to_thread(self._is_of_canary, report, recipients[0]):
            REPORTS.labels("canary").inc()
            return dict.fromkeys(recipients, _TAKEN)
        if report is not None and await self._hear(report, recipients[0]):
            REPORTS.labels("taken").inc()
            if self._is_for_the_sender(report, recipients[0]):
                return await self._hand_on(delivery)
            return dict.fromkeys(recipients, _TAKEN)
        REPORTS.labels("ordinary").inc()
        self.events.report_not_ours(recipients)
        return await self._hand_on(delivery)

    def _genuine(self, delivery: Delivery) -> Report | None:
        if self.key is None or delivery.envelope.sender or len(delivery.recipients) != 1:
            return None
        report = parse_report(delivery.content)
        return report if report is not None and self.key.is_genuine(report.envelope_id) else None

    async def _hear(self, report: Report, sender: str) -> bool:
        assert self.key is not None  # noqa: S101 - the report is genuine
        facts = Facts.from_bytes(self.key.unseal(report.envelope_id, report.facts)) if report.facts else None
        heard = heard_of(report, sender, facts, self.settings.takes, self.settings.portal.relay.host)
        return await self.ledger.hear(heard)

    def _is_of_canary(self, report: Report, sender: str) -> bool:
        if sender.lower() != self.settings.canary_sender.lower():
            return False
        return self.canaries.take(
            report, first_news(report, self.settings.takes, self.settings.portal.relay.host)
        )

    def _is_for_the_sender(self, report: Report, sender: str) -> bool:
        """Whether this sender gets Postfix's own notices, in place of receipts."""
        if self.settings.receipt_terms(domain_of(sender), sender).send is not Receipts.NONE:
            return False
        return any(result.action in ("failed", "delayed") for result in report.results)

    async def _hand_on(self, delivery: Delivery) -> dict[str, SmtpReply]:
        content = without_our_fields(delivery.content)
        handover = await asyncio.to_thread(
            self.entrance.send, "", delivery.recipients, content, smtputf8=delivery.smtputf8
        )
        return {one: handover.refused.get(one, _HANDED_ON) for one in delivery.recipients}
