"""Puts the opening of inbound mail together from the settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from cryptography import x509
from sqlalchemy.engine import Engine

from segl.certificates.chain import Authorities
from segl.certificates.judgement import fingerprint
from segl.certificates.records import CertificateRecords
from segl.errors import NoCertificate, StoreError
from segl.events import Events
from segl.mail.handover import NextHop
from segl.mail.return_port import ReturnPort
from segl.places import DEFAULT_FILE
from segl.seen_capabilities import SeenCapabilities
from segl.settings.certificates import CertificateSource, RevocationUnknown
from segl.settings.document import Settings
from segl.signer_standings import SignerStandings
from segl_delivery.inbound.agent import OpeningAgent
from segl_delivery.inbound.judging import Judge, Judgement
from segl_delivery.inbound.standings import AskedStandings
from segl_delivery.keyring import KeyRing
from segl_delivery.smime.certificates import CertificateDirectory
from segl_routing.certificates.kept import harvest


def opening_agent(
    settings: Settings, engine: Engine, events: Events, ring: KeyRing, return_port: ReturnPort
) -> OpeningAgent:
    """Raises :class:`~segl.errors.SettingsError` when an authority's file cannot be used."""

    table, hand_to = settings.inbound, settings.inbound.hand_to
    inside = return_port
    if hand_to:
        inside = ReturnPort.at(hand_to, settings.delivery.reinject_seconds, hop=NextHop.HAND_TO)
    return OpeningAgent(
        settings=settings,
        ring=ring,
        judge=Judge(
            _authorities(settings),
            AskedStandings(SignerStandings(engine), events, table.revocation_seconds),
            _pinned(settings, events),
            use_unknown=table.revocation_unknown is RevocationUnknown.USE,
        ),
        inside=inside,
        return_port=return_port,
        events=events,
        keep=_keeper(settings, engine, events),
    )


def _authorities(settings: Settings) -> Authorities:
    if not settings.inbound.on:
        return Authorities(())
    table = settings.certificates
    return Authorities.read(table.trust, table.intermediates, DEFAULT_FILE)


def _pinned(settings: Settings, events: Events) -> Callable[[str], Sequence[x509.Certificate]]:
    directory = CertificateDirectory(settings, events)

    def find(domain: str) -> Sequence[x509.Certificate]:
        try:
            return [entry.certificate for entry in directory.find(domain)]
        except NoCertificate:
            return []

    return find


def _keeper(settings: Settings, engine: Engine, events: Events) -> Callable[[Judgement, str], None]:
    """Keeps what a verified signature brings: her certificate, and what she says she reads."""
    records, seen = CertificateRecords(engine), SeenCapabilities(engine)
    on = settings.inbound.harvest and CertificateSource.KEPT in settings.certificates.sources

    def keep(judgement: Judgement, author: str) -> None:
        if settings.encryption.learn:
            _learn(judgement, seen, events)
        if not on or judgement.certificate is None or judgement.identifier != author:
            return  # a domain's certificate is the tunnels' business
        try:
            why = harvest(judgement.certificate, author, judgement.chain, records)
        except StoreError as error:
            why = error.private
        events.harvested(author, fingerprint(judgement.certificate), why)

    return keep


def _learn(judgement: Judgement, seen: SeenCapabilities, events: Events) -> None:
    """Who says nothing any more has another program, and what the old one read counts no longer."""
    signature = judgement.signature
    if signature is None or signature.signed_at is None:
        return
    try:
        news = seen.keep(
            judgement.identifier, signature.capabilities, signature.signed_at.timestamp(), time.time()
        )
    except StoreError as error:
        events.failed("capabilities", error)
        return
    if news and signature.capabilities:
        events.capabilities_learnt(judgement.identifier, sorted(signature.capabilities))
