"""Statistics where several organisations share an installation: each sees its own mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from segl.cli.status_store import sent_lines
from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.receipts import records
from segl.receipts.facts import Facts
from segl.receipts.of_owner import messages_of
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.receipts.statistics import DomainTraffic, traffic_since
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.settings.organisation import Owner
from segl.store.engine import open_store, transaction
from segl.vocabulary import Way
from segl_delivery.receipts.schedule import ReceiptSchedule
from segl_delivery.receipts.texts import ReceiptKind
from segl_delivery.receipts.writer import ReceiptWriter
from world.peers import SmtpPeer
from world.ports import free_port

NOW = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)  # a Monday
TABLES: dict[str, Any] = {
    "organisation": {"name": "Hosting", "domains": ["hosting.example"], "subdomains": True},
    "tenant": [
        {
            "name": "Skolen",
            "domains": ["skole.example", "skole.hosting.example"],
            "language": "en",
            "report_to": "kontor@skole.example",
            "feedback": "hjaelp@skole.example",
        }
    ],
    "receipts": {"report_to": "drift@hosting.example", "feedback": "hjaelp@hosting.example"},
}


@pytest.fixture
def settings(tmp_path: Path, store_url: str) -> Settings:
    store = {"url": store_url}
    folders = {"keys": str(tmp_path), "certificates": str(tmp_path)}
    return parse_settings({**TABLES, "store": store, "delivery": folders})


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = open_store(settings.store.url)
    yield engine
    engine.dispose()


def sent(number: int, sender: str, to: str, way: Way, at: float, state: State = State.SENT) -> Heard:
    news = News(to, to, Stage.SECURE, state, at, way=way)
    reasons = ("policy.ledelse", "cpr")
    return Heard(f"{number:064}", sender, f"<{number}@x>", at, Facts(at, reasons, (to,)), (news,))


def fill(engine: Engine, settings: Settings, at: float) -> None:
    mail = [
        ("a@skole.example", "bo@kommune.example", Way.TLS, State.SENT),
        ("a@skole.example", "bo@kommune.example", Way.TLS, State.SENT),
        ("b@skole.hosting.example", "bo@klient.example", Way.PORTAL, State.SEALED),
        ("a@skole.example", "bo@klient.example", Way.TLS, State.FAILED),
        ("a@skole.example", "c@hosting.example", Way.INTERNAL, State.SENT),
        ("x@hosting.example", "bo@andre.example", Way.TUNNEL, State.SENT),
        ("x@drift.hosting.example", "bo@andre.example", Way.TUNNEL, State.SENT),
    ]
    with transaction(engine) as connection:
        for number, (sender, to, way, state) in enumerate(mail):
            records.hear(connection, sent(number, sender, to, way, at, state), settings.receipt_terms, at)


def test_traffic_is_that_of_the_organisations_own_senders(engine: Engine, settings: Settings) -> None:
    fill(engine, settings, NOW.timestamp())
    hosting, school = settings.owners.every
    with transaction(engine) as connection:

        def traffic_of(owner: Owner, since: float = 0) -> list[DomainTraffic]:
            return traffic_since(connection, since, messages_of(connection, owner, settings.owners))

        of_school, of_hosting = traffic_of(school), traffic_of(hosting)
        assert traffic_of(school, NOW.timestamp() + 1) == []
    assert {one.domain: one.recipients for one in of_school} == {
        "kommune.example": {Way.TLS: 2},
        "klient.example": {Way.PORTAL: 1},
    }
    assert {one.domain: one.recipients for one in of_hosting} == {"andre.example": {Way.TUNNEL: 2}}


def test_status_has_a_line_for_each(engine: Engine, settings: Settings) -> None:
    import time

    assert [(line.name, line.good) for line in sent_lines(settings)] == [
        ("sent Hosting", True),
        ("sent Skolen", True),
    ]
    fill(engine, settings, time.time())
    lines = {line.name: line.text for line in sent_lines(settings)}
    assert lines == {
        "sent Hosting": "2 recipients outside in 7 days, 0 by the portal",
        "sent Skolen": "3 recipients outside in 7 days, 1 by the portal",
    }
    alone = parse_settings({"organisation": TABLES["organisation"]})
    assert list(sent_lines(alone)) == []


def test_each_gets_the_report_of_its_own_week_and_who_runs_it_that_of_all(
    engine: Engine, settings: Settings
) -> None:
    fill(engine, settings, NOW.timestamp() - 86400)
    with SmtpPeer("127.0.0.1", free_port()) as peer:
        writer = ReceiptWriter.of(settings, ReturnPort("127.0.0.1", peer.port), lambda _: None)
        days = ReceiptSchedule(engine, lambda: writer, Events("test"))
        days.look(NOW.replace(day=23))
        days.look(NOW)
        mails = {mail.recipients[0]: message_from_bytes(mail.content) for mail in peer.received}
    assert set(mails) == {"drift@hosting.example", "kontor@skole.example"}
    texts = {}
    for to, mail in mails.items():
        [text] = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
        content = text.get_payload(decode=True)
        assert isinstance(content, bytes)
        texts[to] = content.decode()
    assert "(1 of 3)" in texts["kontor@skole.example"], "in its language, its own numbers"
    assert "hjaelp@skole.example" in texts["kontor@skole.example"]
    assert "hosting" not in texts["kontor@skole.example"].lower()
    assert "(1 af 5)" in texts["drift@hosting.example"]
    assert mails["kontor@skole.example"]["From"] == '"Skolen" <kvittering@skole.example>'


def test_a_receipt_is_its_own_organisations_and_names_the_policy(engine: Engine, settings: Settings) -> None:
    fill(engine, settings, NOW.timestamp())
    writer = ReceiptWriter.of(settings, ReturnPort("127.0.0.1", 1), lambda _: None)
    with transaction(engine) as connection:
        message = records.read(connection, f"{0:064}")
    assert message is not None
    terms = settings.receipt_terms(message.domain, message.sender)
    made = writer.write(terms, message, ReceiptKind.SENT, {}, lambda _: "", number=1)
    assert (made.organisation, made.address) == ("Skolen", "kvittering@skole.example")
    assert (
        "your organisation's own policy “ledelse” asks for it; it contains a Danish personal number"
        in made.text
    )
    assert "hjaelp@skole.example" in made.text
    assert "Hosting" not in made.text
