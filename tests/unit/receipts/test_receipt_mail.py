"""Receipts as mails: signed, threaded, harmless; digests and the weekly report."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy.engine import Engine

from segl.events import Events
from segl.language import Language
from segl.mail.return_port import ReturnPort
from segl.receipts import records
from segl.receipts.facts import Facts
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.settings import Settings
from segl.settings_file import parse_settings
from segl.store import open_store, transaction
from segl.vocabulary import Way
from segl_delivery.cms.signed import Signer
from segl_delivery.receipts.calendar import Calendar
from segl_delivery.receipts.desk import Office
from segl_delivery.receipts.mail import Receipt
from segl_delivery.receipts.plot import HEIGHT, WIDTH, bars
from segl_delivery.receipts.templates_of import sample, shipped
from segl_delivery.receipts.texts import Kind
from segl_delivery.receipts.weekly import COLOURS, WAYS, Volumes, volumes_in, weekly_report
from world.desk import free_port
from world.oracle import Identity
from world.partners import rsa_key
from world.peers import SmtpPeer

NOW = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)  # a Monday
ANNA = "anna@nordby.example"


def receipt(**more: object) -> Receipt:
    given: dict[str, object] = {
        "organisation": "Nordby Vandværk",
        "address": "kvittering@nordby.example",
        "recipient": ANNA,
        "language": "da",
        "subject": "Kvittering",
        "name": "receipt.1",
        "about": "<1@nordby.example>",
        "text": "æøå\n",
        "html": "<p>æøå</p>",
        "form": {"schema": "segl-receipt/1"},
        **more,
    }
    return Receipt(**given)  # type: ignore[arg-type]


def test_a_signed_receipt_is_verified_by_openssl(tmp_path: Path) -> None:
    own = Identity.new(tmp_path, "kvittering", rsa_key(2048, 0))
    raw = receipt().message(NOW, Signer(own.key, own.certificate, ()))
    file = tmp_path / "signed.eml"
    file.write_bytes(raw)
    command = [
        "openssl",
        "cms",
        "-verify",
        "-in",
        str(file),
        "-CAfile",
        str(own.cert_file),
        "-purpose",
        "any",
    ]
    done = subprocess.run([*command, "-out", str(tmp_path / "out")], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"segl-receipt.json" in (tmp_path / "out").read_bytes()
    assert raw.isascii()


@pytest.mark.parametrize(
    "about", ["", "no brackets", "<a@b>\r\nBcc: eva@evil.example", "<æ@b>", "<" + "a" * 600 + ">"]
)
def test_a_message_id_from_outside_makes_no_header_of_its_own(about: str) -> None:
    mail = message_from_bytes(receipt(about=about).message(NOW))
    assert mail["In-Reply-To"] is None
    assert mail["Bcc"] is None
    assert mail.get_content_type() == "multipart/mixed"


def settings(**tables: object) -> Settings:
    organisation = {"name": "Nordby", "domains": ["nordby.example"]}
    return parse_settings({"organisation": organisation, **tables})


def heard(number: int, state: State = State.SENT, way: Way = Way.TLS, at: float = NOW.timestamp()) -> Heard:
    address = f"bo@x{number % 3}.example"
    news = News(address, address, Stage.SECURE, state, at, way=way, status="5.1.1")
    return Heard(f"{number:064}", ANNA, f"<{number}@x>", at, Facts(at, ("cpr",), (address,)), (news,))


def calendar(engine: Engine, peer: SmtpPeer, chosen: Settings) -> Calendar:
    office = Office.of(chosen, ReturnPort("127.0.0.1", peer.port), lambda _: None)
    return Calendar(engine, lambda: office, Events("test"))


def test_a_digest_once_a_day_and_the_report_once_a_week(tmp_path: Path) -> None:
    chosen = settings(receipts={"send": "daily", "report_to": "postmaster@nordby.example"})
    engine = open_store(f"sqlite:///{tmp_path}/segl.db")
    with SmtpPeer("127.0.0.1", free_port()) as peer:
        days = calendar(engine, peer, chosen)
        days.look(NOW.replace(day=23))  # the first ever: nothing to tell
        with transaction(engine) as connection:
            for number in range(5):
                yesterday = NOW.timestamp() - 86400
                records.hear(connection, heard(number, at=yesterday), chosen.receipt_terms, NOW.timestamp())
        days.look(NOW.replace(hour=6))  # too early
        assert peer.received == []
        for _ in range(3):
            days.look(NOW)
        digest, report = (message_from_bytes(mail.content) for mail in peer.received)
        assert digest["To"] == f"<{ANNA}>"
        assert [one["message_id"] for one in form_of(digest)["messages"]] == [f"<{n}@x>" for n in range(5)]
        assert report["To"] == "<postmaster@nordby.example>"
        days.look(NOW.replace(month=12, day=1))
        assert len(peer.received) == 2
    engine.dispose()


def test_a_digest_that_is_refused_for_now_stands_in_tomorrows(tmp_path: Path) -> None:
    chosen = settings(receipts={"send": "daily"})
    engine = open_store(f"sqlite:///{tmp_path}/segl.db")
    with SmtpPeer("127.0.0.1", free_port()) as peer:
        days = calendar(engine, peer, chosen)
        days.look(NOW.replace(day=23))
        with transaction(engine) as connection:
            records.hear(connection, heard(1), chosen.receipt_terms, NOW.timestamp())
        peer.rcpt_replies[ANNA] = "451 4.3.0 temporary lookup failure"
        days.look(NOW)
        peer.rcpt_replies.clear()
        days.look(NOW.replace(month=12, day=1))
        [digest] = peer.received
        assert digest.recipients == (ANNA,)
    engine.dispose()


def form_of(mail: Message) -> dict[str, list[dict[str, str]]]:
    for part in mail.walk():
        if part.get_content_type() == "application/json":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            found: dict[str, list[dict[str, str]]] = json.loads(payload)
            return found
    raise AssertionError


def test_the_week_is_counted_by_day_and_way(tmp_path: Path) -> None:
    chosen = settings()
    engine = open_store(f"sqlite:///{tmp_path}/segl.db")
    midnight = NOW.replace(hour=0, minute=0).timestamp()
    with transaction(engine) as connection:
        for number, (state, way, days) in enumerate(
            [
                (State.SENT, Way.TLS, 0.1),
                (State.SENT, Way.TUNNEL, 6.9),
                (State.SEALED, Way.PORTAL, 2.5),
                (State.SEALED, Way.PORTAL, 2.6),
                (State.FAILED, Way.TLS, 1.5),
                (State.SENT, Way.TLS, 8.0),  # the week before
                (State.SENT, Way.INTERNAL, 1.0),
                (State.SENT, Way.TLS, -0.1),  # today: next week's
            ]
        ):
            one = heard(number, state, way, midnight - days * 86400)
            records.hear(connection, one, chosen.receipt_terms, NOW.timestamp())
        volumes = volumes_in(connection, NOW)
    engine.dispose()
    assert volumes.total == Counter({Way.PORTAL: 2, Way.TLS: 1, Way.TUNNEL: 1})
    assert (volumes.days[0][Way.TUNNEL], volumes.days[-1][Way.TLS], volumes.days[4][Way.PORTAL]) == (1, 1, 2)
    assert volumes.before == Counter({Way.TLS: 1})
    assert sum(volumes.failed.values()) == 1
    assert sum(volumes.sealed.values()) == 2


def test_the_report_says_the_numbers_in_words_and_in_one_plot(tmp_path: Path) -> None:
    partners = tmp_path / "tunnel.d"
    partners.mkdir()
    ending = Identity.new(partners, "kommune.example", rsa_key(2048, 0))  # test certificates last a day or so
    (partners / "kommune.example.pem").write_bytes(ending.cert_file.read_bytes())
    chosen = settings(delivery={"certificates": str(partners), "keys": str(tmp_path)})
    days = tuple(Counter({Way.TLS: n, Way.PORTAL: 1}) for n in range(7))
    volumes = Volumes(days, Counter(), Counter({"y.example": 7}), Counter())
    mail = message_from_bytes(weekly_report(chosen, volumes, datetime.now(UTC)).message(NOW))
    parts = {part.get_content_type(): part.get_payload(decode=True) for part in mail.walk()}
    text = str(parts["text/plain"], "utf-8")  # type: ignore[arg-type]
    assert "25% (7 af 28)" in text
    assert "y.example: 7" in text
    assert "kommune.example: " in text
    assert b'<img src="cid:' in parts["text/html"]
    with Image.open(BytesIO(parts["image/png"])) as picture:  # type: ignore[arg-type]
        assert picture.size == (WIDTH, HEIGHT)


def test_the_bars_are_as_high_as_the_numbers() -> None:
    with Image.open(BytesIO(bars([[0] * len(WAYS), [3, 0, 0, 0], [0, 0, 0, 6]], COLOURS))) as picture:
        pixels = Counter(picture.convert("RGB").get_flattened_data())
    blue, orange = (tuple(bytes.fromhex(colour[1:])) for colour in (COLOURS[0], COLOURS[3]))
    assert pixels[orange] == pytest.approx(2 * pixels[blue], rel=0.05)


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_html_that_a_screen_reader_can_read(kind: Kind, language: Language) -> None:
    _, page = shipped().render(sample(kind, language))
    command = ["tidy", "-quiet", "-errors", "-utf8", "--accessibility-check", "1", "--show-info", "no"]
    done = subprocess.run(command, input=page.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_what_stands_in_a_receipt_from_outside_is_text_and_no_html() -> None:
    view = sample(Kind.FAILED, "da")
    evil = replace(
        view, rows=(replace(view.rows[0], recipient="<b>bo</b>@x.example", said="<script>x</script>"),)
    )
    _, page = shipped().render(evil)
    assert "<script" not in page
    assert "<b>" not in page
