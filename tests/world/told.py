"""What a sender is told: receipts as the desk sends them, beside a log that is read as far as the test says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from sqlalchemy.engine import Engine

from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.receipts import protection, records
from segl.receipts.facts import Facts
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import transaction
from segl.vocabulary import Way
from segl_delivery.receipts.dispatch import ReceiptDispatcher
from segl_delivery.receipts.writer import ReceiptWriter
from world.peers import SmtpPeer
from world.receipts import ReadReceipt, read_receipts

ANNA, BOARD, JOURNAL = "anna@nordby.example", "bestyrelsen@forening.example", "journal@nordby.example"
NOW = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)  # a Monday
NAME, QUEUE = "ab" * 32, "4jZ1"


def settings(*rules: dict[str, object], **receipts: object) -> Settings:
    organisation = {"name": "Nordby", "domains": ["nordby.example"]}
    portal = {"url": "https://sikker.nordby.example"}
    entries = [{"domain": "nordby.example", **rule} for rule in rules]
    return parse_settings(
        {"organisation": organisation, "portal": portal, "receipts": receipts, "receipt": entries}
    )


class Told:
    """A desk whose log is read until ``read_until``; what it sent, and what its templates were found to lack."""

    def __init__(self, engine: Engine, peer: SmtpPeer, chosen: Settings) -> None:
        self.read_until, self.peer, self.engine, self.settings = 0.0, peer, engine, chosen
        self.message_id = "<1@x>"
        self.logged = True  # its log names the queue id of what is heard
        self.unfit: list[tuple[str, str]] = []
        port = ReturnPort("127.0.0.1", peer.port)
        writer = ReceiptWriter.of(chosen, port, lambda _: None, lambda *words: self.unfit.append(words))
        self.desk = ReceiptDispatcher(
            engine, lambda: writer, Events("test"), asyncio.Event(), lambda: True, lambda: self.read_until
        )

    def hear(
        self,
        *news: News,
        at: float,
        expected: tuple[str, ...] = (BOARD,),
        reasons: tuple[str, ...] = ("cpr",),
    ) -> None:
        heard = Heard(NAME, ANNA, self.message_id, at, Facts(at, reasons, expected), news)
        with transaction(self.engine) as connection:
            records.hear(connection, heard, self.settings.receipt_terms, at)
            if self.logged:
                protection.keep_logged(connection, {QUEUE: at})

    def tell(self) -> list[ReadReceipt]:
        self.desk.tell(NAME)
        return read_receipts(self.peer)


def copy_of(recipient: str, original: str, state: State = State.SENT, at: float = 0.0, **more: str) -> News:
    given: dict[str, object] = {"way": Way.TUNNEL, "queue_id": QUEUE, **more}
    return News(recipient, original, Stage.SECURE, state, at, **given)  # type: ignore[arg-type]
