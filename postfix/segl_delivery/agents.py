"""Builds the delivery agents from the settings. A reload builds them anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from sqlalchemy.engine import Engine

from segl.canary.way_key import WayKey
from segl.certificates.records import CertificateRecords
from segl.events import Events
from segl.mail.handover import NextHop
from segl.mail.own_mail import OwnMail
from segl.mail.return_port import ReturnPort
from segl.receipts.key import ReceiptKey
from segl.sealed.belonging import storage_of
from segl.settings.document import Settings
from segl.vocabulary import CanaryOutcome, Way
from segl.wishes import read_numbers
from segl_delivery.agent import Agent
from segl_delivery.canary import CanaryAgent, CanaryReports
from segl_delivery.canary_ways import WaySinks, WithCanary
from segl_delivery.inbound.agent import OpeningAgent
from segl_delivery.inbound.build import opening_agent
from segl_delivery.incoming import Incoming
from segl_delivery.keyring import KeyRing
from segl_delivery.own_keys.signing import Signing
from segl_delivery.receipts.agent import ReceiptAgent
from segl_delivery.receipts.build import receipt_key
from segl_delivery.receipts.report_writer import ReportWriter
from segl_delivery.receipts.writer import ReceiptWriter
from segl_delivery.sealing.news import Owed, SealedNews
from segl_delivery.sealing.portal import PortalAgent
from segl_delivery.sealing.seal import Sealer
from segl_delivery.sealing.storage_threads import StorageThreads
from segl_delivery.smime.certificate import CertificateAgent, RecipientCertificates
from segl_delivery.smime.certificates import CertificateDirectory
from segl_delivery.smime.encrypting import encrypting_threads
from segl_delivery.smime.outbound import Outbound
from segl_delivery.smime.said import said_in_mail
from segl_delivery.smime.tunnel import TunnelAgent


@dataclass(frozen=True, slots=True)
class Agents:
    """The agents of one set of settings; a reload puts new ones in their place."""

    tunnel: TunnelAgent
    certificate: CertificateAgent
    portal: PortalAgent
    keys: KeyRing
    opening: OpeningAgent
    news: SealedNews
    receipt: ReceiptAgent
    canary: CanaryAgent
    canary_clear: CanaryAgent
    receipts: ReceiptWriter

    def of_way(self, way: Way | Incoming) -> Agent:
        """Raises :class:`ValueError` for a way that has no agent."""
        match way:
            case Way.TUNNEL:
                return self.tunnel
            case Way.CERTIFICATE:
                return self.certificate
            case Way.INTERNAL:
                return self.opening
            case Incoming.REPORT:
                return self.receipt
            case Incoming.CANARY:
                return self.canary
            case Incoming.CANARY_CLEAR:
                return self.canary_clear
            case Way.PORTAL:
                return self.portal
            case Way.PLAIN | Way.TLS:
                raise ValueError(f"Postfix itself delivers by {way}")
            case _:
                assert_never(way)

    @classmethod
    def of(
        cls,
        settings: Settings,
        engine: Engine,
        events: Events,
        report_writer: ReportWriter,
        storage: StorageThreads,
        owed: Owed,
    ) -> Agents:
        """*report_writer* and *owed* outlive a reload. Blocking. Raises :class:`~segl.errors.SeglError`."""
        keys, key = key_ring(settings, events), receipt_key(settings, events)
        signing, way_key = Signing(keys, settings), WayKey.of_house(engine)
        onward = key.onward_id if key is not None else None
        return_port = ReturnPort.at(settings.reinject, settings.delivery.reinject_seconds, onward)
        own_mail = OwnMail.of(settings, return_port, events.own_port_missing)
        outbound = Outbound(settings, signing.signer_for, said_in_mail(settings, engine, events))
        threads = encrypting_threads()
        partners = WithCanary(CertificateDirectory(settings, events), way_key)
        people = WithCanary(RecipientCertificates(CertificateRecords(engine), settings.certificates), way_key)
        sinks = WaySinks(settings, key, way_key, engine) if key is not None else None
        return cls(
            tunnel=TunnelAgent(partners, return_port, events, outbound, threads),
            certificate=CertificateAgent(people, return_port, events, outbound, threads),
            portal=PortalAgent(sealer_of(settings, engine, events), return_port, events, storage),
            news=SealedNews(settings, engine, own_mail, events, owed),
            keys=keys,
            opening=opening_agent(settings, engine, events, keys, return_port),
            receipt=receipt_agent(settings, engine, events, key, report_writer, return_port),
            canary=CanaryAgent(CanaryOutcome.SECURE, key, engine, events),
            canary_clear=CanaryAgent(CanaryOutcome.CLEAR, key, engine, events, sinks),
            receipts=ReceiptWriter.of(settings, own_mail, signing.signer_for, events.template_unfit),
        )


def receipt_agent(
    settings: Settings,
    engine: Engine,
    events: Events,
    key: ReceiptKey | None,
    report_writer: ReportWriter,
    return_port: ReturnPort,
) -> ReceiptAgent:
    entrance = ReturnPort.at(
        settings.postfix.secure_port, settings.delivery.reinject_seconds, hop=NextHop.SECURE
    )
    inside = OwnMail.of(settings, entrance, events.own_port_missing, lambda _: True)
    canaries = CanaryReports(settings, key, engine, events)
    return ReceiptAgent(settings, key, report_writer, inside, return_port, entrance, events, canaries)


def sealer_of(settings: Settings, engine: Engine, events: Events) -> Sealer:
    sms = settings.portal.sms
    numbers = read_numbers(sms.numbers, sms.country) if sms.numbers is not None else {}
    return Sealer(engine, storage_of(settings.portal, engine), settings, events, numbers)


def key_ring(settings: Settings, events: Events) -> KeyRing:
    return KeyRing(settings.delivery.keys, settings.delivery.keys_passphrase, events.own_key_refused)
