"""The sinks behind the ways: their key, the TLS server, and what is said of what comes back."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.engine import Engine

from segl.canary.letter import letter
from segl.canary.tls_sink import TlsSink
from segl.canary.token import Token
from segl.canary.way_key import WayKey
from segl.certificates.judgement import unusable
from segl.cli.doctor_ways import ways_open
from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.receipts.key import ReceiptKey
from segl.settings.canary import OWN_SINK, WAY_SINKS, is_own_sink, way_of_sink
from segl.settings.file import parse_settings
from segl.store.engine import open_store
from segl.vocabulary import CanaryOutcome, Envelope, Way
from segl_delivery.agent import Delivery
from segl_delivery.canary_ways import WaySinks, WithCanary
from segl_delivery.smime.certificates import CertificateDirectory
from segl_delivery.smime.encrypting import Encryption
from segl_delivery.smime.outbound import Outbound
from world.ports import free_port

KEY, HOUSE = ReceiptKey(b"k" * 32), WayKey(b"h" * 32)
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SETTINGS = parse_settings(
    {
        "organisation": {"name": "Nordby Vandværk", "domains": ["nordby.example"]},
        "portal": {"url": "https://sikker.nordby.example"},
    }
)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = open_store("sqlite://")
    yield engine
    engine.dispose()


def canary(way: Way, key: ReceiptKey = KEY) -> tuple[str, bytes]:
    """Its id, and the message as it is handed in."""
    sink = WAY_SINKS[way]
    token = Token.new(key, sink)
    content = letter(
        sender=SETTINGS.canary_sender,
        organisation="Nordby",
        recipient=sink,
        message_id=token.message_id,
        at=datetime.now().astimezone(),
    )
    return token.id, content


def encrypted(way: Way, content: bytes, key: WayKey = HOUSE) -> bytes:
    """As the agents of both ways encrypt it."""
    outbound = Outbound(SETTINGS, lambda _domain: None, lambda _holder: frozenset())
    port = ReturnPort.at("127.0.0.1:1", 1.0)  # nothing is sent
    encryption = Encryption(way, port, Events("test"), outbound)
    delivery = Delivery(Envelope(SETTINGS.canary_sender, (WAY_SINKS[way],), "Q1"), content)
    certificates = WithCanary(CertificateDirectory(SETTINGS, Events("test")), key).find(WAY_SINKS[way])
    made = encryption.encrypted(delivery, "canary.segl.invalid", certificates)
    return b"".join(made.message.stuffed())


@pytest.mark.parametrize("way", [Way.TUNNEL, Way.CERTIFICATE])
def test_what_was_encrypted_is_opened_again(engine: Engine, way: Way) -> None:
    sinks = WaySinks(SETTINGS, KEY, HOUSE, engine)
    ident, content = canary(way)
    seen = sinks.seen(way, encrypted(way, content), WAY_SINKS[way])
    assert seen is not None
    assert (seen.id, seen.came, seen.detail) == (ident, CanaryOutcome.SECURE, "opened again, not signed")


@pytest.mark.parametrize("way", WAY_SINKS)
def test_what_comes_as_it_was_handed_in_left_in_clear(engine: Engine, way: Way) -> None:
    ident, content = canary(way)
    seen = WaySinks(SETTINGS, KEY, HOUSE, engine).seen(way, content, WAY_SINKS[way])
    assert seen is not None
    assert (seen.id, seen.came) == (ident, CanaryOutcome.CLEAR)


def test_what_another_key_or_a_fault_made_of_it_did_not_go_as_it_must(engine: Engine) -> None:
    sinks, sink = WaySinks(SETTINGS, KEY, HOUSE, engine), WAY_SINKS[Way.TUNNEL]
    ident, content = canary(Way.TUNNEL)
    other = sinks.seen(Way.TUNNEL, encrypted(Way.TUNNEL, content, WayKey(b"o" * 32)), sink)
    assert other is not None
    assert (other.id, other.came) == (ident, CanaryOutcome.FAILED)
    without = content.replace(b"251248-9996", b"251248-xxxx")
    changed = sinks.seen(Way.TUNNEL, encrypted(Way.TUNNEL, without), sink)
    assert changed is not None
    assert (changed.came, changed.detail) == (CanaryOutcome.FAILED, "another text came out than was put in")


def test_nobody_elses_mail_is_a_canary(engine: Engine) -> None:
    sinks = WaySinks(SETTINGS, KEY, HOUSE, engine)
    for way, sink in WAY_SINKS.items():
        _, forged = canary(way, ReceiptKey(b"o" * 32))
        for content in (
            forged,
            encrypted(Way.TUNNEL, forged),
            b"",
            b"Subject: /m/" + b"a" * 32 + b"#x\r\n\r\n",
        ):
            assert sinks.seen(way, content, sink) is None, way
    link = b"Subject: x\r\n\r\nhttps://sikker.nordby.example/m/" + b"ab" * 16 + b"#" + b"A" * 43
    assert sinks.seen(Way.PORTAL, link, WAY_SINKS[Way.PORTAL]) is None


def test_the_key_is_the_houses_and_always_the_same(engine: Engine) -> None:
    first, again = WayKey.of_house(engine), WayKey.of_house(engine)
    assert first.pin == again.pin != HOUSE.pin
    one, two = first.certificate(NOW), again.certificate(NOW + timedelta(hours=9))
    assert (one.serial_number, one.subject) == (two.serial_number, two.subject), "ciphertext names these"
    assert unusable(one, NOW) == "", "as any partner's certificate is judged"
    public = one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert first.pin.replace(":", "").lower() == sha256(public).hexdigest()
    assert "hhhh" not in repr(HOUSE)


def test_the_sinks_are_known_by_address_alone() -> None:
    assert {way_of_sink(address.upper()) for address in WAY_SINKS.values()} == set(WAY_SINKS)
    assert all(map(is_own_sink, (OWN_SINK, *WAY_SINKS.values())))
    assert way_of_sink(OWN_SINK) is None
    assert not is_own_sink("tunnel@kommune.example")
    assert all(SETTINGS.canary.knows(address) for address in WAY_SINKS.values())


class Server:
    """A :class:`TlsSink` that remembers what came."""

    def __init__(self) -> None:
        self.place = f"127.0.0.1:{free_port()}"
        self.came: list[tuple[bytes, str]] = []
        self.known = True

    def take(self, content: bytes, protected: str) -> bool:
        self.came.append((content, protected))
        return self.known

    def client(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", int(self.place.rpartition(":")[2]), timeout=30)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    with TlsSink(server.place, HOUSE, server.take):
        yield server


def test_the_tls_server_takes_a_message_inside_tls_and_shows_the_key(server: Server) -> None:
    _, content = canary(Way.TLS)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with server.client() as smtp:
        smtp.ehlo()
        assert smtp.mail("anna@nordby.example") == (530, b"5.7.0 STARTTLS first")
        smtp.starttls(context=context)
        assert isinstance(smtp.sock, ssl.SSLSocket)
        shown = x509.load_der_x509_certificate(smtp.sock.getpeercert(binary_form=True) or b"")
        assert shown.public_key() == HOUSE.private.public_key()
        refused = smtp.sendmail(
            "anna@nordby.example", [WAY_SINKS[Way.TLS].upper()], content + b"\r\n..dot\r\n"
        )
        assert refused == {}
        smtp.mail("anna@nordby.example")
        assert smtp.rcpt("bo@kommune.example")[0] == 550
        server.known = False
        with pytest.raises(smtplib.SMTPDataError, match="nobody waits"):
            smtp.sendmail("anna@nordby.example", [WAY_SINKS[Way.TLS]], b"x")
    (came, protected), _ = server.came
    assert came == content + b"\r\n..dot\r\n"
    assert protected.startswith("TLSv1.3 TLS_")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"EHLO x\r\n",
        b"\xff" * 9000,
        b"STARTTLS\r\nMAIL FROM:<a@x>\r\n",
        b"STARTTLS\r\n\x16\x03",
        b"NOOP\r\n" * 5000,
    ],
)
def test_who_does_not_speak_smtp_is_sent_away_and_the_next_one_served(server: Server, said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", int(server.place.rpartition(":")[2])), 10) as sock:
        try:
            sock.sendall(said)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
        except OSError:
            pass
    with server.client() as smtp:
        assert smtp.noop()[0] == 250
    assert server.came == []


def test_a_port_that_is_taken_or_another_service_in_the_portals_place_is_told(
    engine: Engine, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        settings = parse_settings(
            {
                "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
                "portal": {"url": "https://x.example", "relay": {"next_hop": "[m.example]:25"}},
                "canary": {"tls_sink": place},
            }
        )
        with ways_open(settings, engine, KEY) as ways:
            assert [sink.name for sink in ways.sinks] == ["way-tunnel", "way-certificate"]
            told = {check.id: check.found for check in ways.untried}
    assert told["canary.way-tls"].startswith(f"not tried: {place} cannot be listened on: ")
    assert "[m.example]:25" in told["canary.way-portal"]
