"""The schedule of receipts on a Monday morning, and what it sends."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message

from sqlalchemy.engine import Engine

from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.receipts import records
from segl.receipts.facts import Facts
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import transaction
from segl.vocabulary import Way
from segl_delivery.receipts.schedule import ReceiptSchedule
from segl_delivery.receipts.writer import ReceiptWriter
from world.peers import SmtpPeer

NOW = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)  # a Monday
ANNA, JOURNAL, POSTMASTER = "anna@nordby.example", "journal@nordby.example", "postmaster@nordby.example"
DAILY = {"send": "daily", "report_to": POSTMASTER}


def settings(**tables: object) -> Settings:
    organisation = {"name": "Nordby", "domains": ["nordby.example"]}
    return parse_settings({"organisation": organisation, **tables})


def heard(number: int, at: float = NOW.timestamp(), state: State = State.SENT) -> Heard:
    address = f"bo@x{number % 3}.example"
    news = News(address, address, Stage.SECURE, state, at, way=Way.TLS)
    return Heard(f"{number:064}", ANNA, f"<{number}@x>", at, Facts(at, ("cpr",), (address,)), (news,))


def schedule(engine: Engine, peer: SmtpPeer, chosen: Settings) -> ReceiptSchedule:
    """Of a process whose store has known the schedule for a week."""
    writer = ReceiptWriter.of(chosen, ReturnPort("127.0.0.1", peer.port), lambda _: None)
    found = ReceiptSchedule(engine, lambda: writer, Events("test"))
    found.look(NOW - timedelta(days=7))
    return found


def write_down(engine: Engine, chosen: Settings, *numbers: int, at: float = NOW.timestamp()) -> None:
    with transaction(engine) as connection:
        for number in numbers:
            records.hear(connection, heard(number, at), chosen.receipt_terms, NOW.timestamp())


def messages_in(mail: bytes) -> list[str]:
    return [one["message_id"] for one in form_of(message_from_bytes(mail))["messages"]]


def form_of(mail: Message) -> dict[str, list[dict[str, str]]]:
    for part in mail.walk():
        if part.get_content_type() == "application/json":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            found: dict[str, list[dict[str, str]]] = json.loads(payload)
            return found
    raise AssertionError
