"""Mails that are sealed, and what is in them again.

sealed = seal(sealer(), letter("Svar"), BO, EVA)  # the fixture of tests/unit/delivery
assert content_of(sealer(), sealed) == letter("Svar")
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import Engine

from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.sealed.directory import SealedDirectory
from segl.sealed.opening import open_sealed
from segl.settings.file import parse_settings
from segl.vocabulary import Envelope
from segl_delivery.agent import Delivery
from segl_delivery.sealing.portal import PortalAgent
from segl_delivery.sealing.seal import Sealed, Sealer

SENDER = "anna@nordby.example"
BO, EVA = "bo@vestby.example", "eva@vestby.example"


def letter(subject: str, to: str = BO, extra: bytes = b"") -> bytes:
    return f"From: {SENDER}\r\nTo: {to}\r\nSubject: {subject}\r\n".encode() + extra + b"\r\nHej\r\n"


def seal(sealer: Sealer, content: bytes, *recipients: str, sender: str = SENDER) -> Sealed:
    return sealer.seal(Delivery(Envelope(sender, recipients or (BO,), "Q1"), content))


def content_of(sealer: Sealer, sealed: Sealed, who: int = 0) -> bytes:
    one = sealed.addressees[who]
    return b"".join(open_sealed(sealer.engine, sealer.directory, one.row.id, one.link.text()))


def portal_agent(engine: Engine, folder: Path, port: int) -> PortalAgent:
    """The agent that seals messages into *folder* and hands their notices to this return *port*."""
    settings = parse_settings(
        {
            "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
            "portal": {"sealed": f"{folder}/sealed"},
        }
    )
    directory = SealedDirectory(settings.portal.sealed)
    directory.prepare()
    sealer = Sealer(engine, directory, settings, Events("test"), {})
    return PortalAgent(sealer, ReturnPort("127.0.0.1", port), Events("test"))
