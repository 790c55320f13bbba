"""How one message is sealed: what is taken off, how long it lives, how each recipient proves herself, spare keys."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.audit import Act, entries
from segl.errors import StoreError
from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.sealed import life
from segl.sealed.directory import SUFFIX, SealedDirectory
from segl.sealed.format import decrypt
from segl.sealed.keys import Secret, WrongSecret
from segl.sealed.phrase import is_phrase
from segl.sealed.records import SealedRecipient
from segl.sealed.revocation import house_secret, revocation_hash, revocation_link
from segl.sealed.spare import NoResendKey, load_resend_key, spare_content_key
from segl.store.engine import transaction
from segl.tables.sealed import sealed_message, sealed_recipient
from segl.vocabulary import Envelope
from segl.wishes import read_wishes, to_fields
from segl_delivery.agent import Delivery
from segl_delivery.sealing import seal as sealing
from segl_delivery.sealing.portal import PortalAgent
from segl_delivery.sealing.rows_in_hand import RowsInHand
from segl_delivery.sealing.seal import NumberUnclear, Sealed, Sealer
from world.peers import SmtpPeer
from world.ports import free_port
from world.sealing import BO, EVA, SENDER, content_of, letter, seal

SMS = {"url": "https://sms.example/send"}


def test_words_for_us_are_taken_off_before_it_is_sealed(sealer: Callable[..., Sealer]) -> None:
    desk = sealer(sms=SMS)
    second = b"Subject: [kodeord: den bl\xc3\xa5 cykel]\r\n"  # programs show the first
    sealed = seal(desk, letter("[sms:12345678] [kodeord: den røde cykel] Svar på brev", extra=second))
    assert content_of(desk, sealed) == letter("=?utf-8?q?Svar_p=C3=A5_brev?=", extra=second)
    row = sealed.addressees[0].row
    assert row.phone == "+4512345678"
    assert row.phrase_hash is not None
    assert row.phrase_hash.startswith("$argon2id$")
    assert is_phrase(row.phrase_hash, " DEN røde   cykel ")
    assert not is_phrase(row.phrase_hash, "den blå cykel")
    assert not is_phrase(row.phrase_hash, "")


def test_what_the_milter_took_off_is_passed_on_in_a_field(sealer: Callable[..., Sealer]) -> None:
    desk = sealer(sms=SMS, subject_shown=True)
    wishes = read_wishes("[sms:12345678] [kodeord: den r\u00f8de cykel] Svar", "+45")
    field = "".join(f"X-Segl-Wishes: {value}\r\n" for value in to_fields(wishes)).encode()
    odd = "=?utf-8?q?Svar?="  # as its sender wrote it
    sealed = seal(desk, letter(odd, extra=field))
    assert content_of(desk, sealed) == letter(odd)
    assert sealed.subject == "Svar"
    row = sealed.addressees[0].row
    assert (row.phone, is_phrase(row.phrase_hash, "den r\u00f8de cykel")) == ("+4512345678", True)
    rewritten = seal(desk, letter("Svar", extra=field), sender="SRS0=x=nordby.example=anna@andet.example")
    assert is_phrase(rewritten.addressees[0].row.phrase_hash, "den r\u00f8de cykel"), "it was an own sender's"
    forged = seal(desk, letter("Svar", extra=b"X-Segl-Wishes: hvad som helst\r\n"))
    assert (forged.addressees[0].row.phone, forged.addressees[0].row.phrase_hash) == (None, None)


def test_a_message_without_them_is_sealed_byte_for_byte(sealer: Callable[..., Sealer]) -> None:
    desk = sealer(sms=SMS)
    odd = b"Subject:  =?utf-8?q?x?=\n\ty\r\nbroken\r\n\x00\xff"
    for content in (odd, b"", letter("Svar  [sms:12]"), letter("x" * 5000)):
        assert content_of(desk, seal(desk, content)) == content


def phones(sealed: Sealed) -> dict[str, str | None]:
    return {one.row.address: one.row.phone for one in sealed.addressees} | dict.fromkeys(sealed.refused, "?")


def test_a_number_for_nobody_in_particular_is_for_nobody_among_several(
    sealer: Callable[..., Sealer],
) -> None:
    """Their codes would go to the mailboxes that the sender did not want to trust: they are refused, and he is told."""
    desk = sealer(sms=SMS)
    for to, recipients in (
        (f"{BO}, {EVA}", (BO, EVA)),
        (f"{BO}, {EVA}", (BO,)),  # Postfix may hand over one recipient at a time
        (f"{BO}, Eva {EVA}", (BO,)),  # without the brackets
    ):
        with pytest.raises(NumberUnclear) as caught:
            seal(desk, letter("[sms:12345678] x", to=to), *recipients)
        assert not caught.value.reply.temporary
    inside = seal(desk, letter("[sms:12345678] x", to=f"{BO}, chefen@nordby.example"), BO)
    assert phones(inside) == {BO: "+4512345678"}
    named = seal(desk, letter(f"[sms:{EVA}=12345678] x", to=f"{BO}, {EVA}"), BO, EVA)
    assert phones(named) == {BO: None, EVA: "+4512345678"}
    both = seal(desk, letter(f"[sms:{EVA}=12345678] [sms:87654321] x", to=f"{BO}, {EVA}"), BO, EVA)
    assert phones(both) == {BO: "+4587654321", EVA: "+4512345678"}
    with_book = seal(
        sealer({BO: "+4511111111"}, sms=SMS), letter("[sms:12345678] x", to=f"{BO}, {EVA}"), BO, EVA
    )
    assert phones(with_book) == {BO: "+4511111111", EVA: "?"}


@pytest.mark.parametrize("to", [BO, "alle@nordby.example", "undisclosed-recipients:;", ""])
def test_a_number_without_a_name_is_not_anothers(sealer: Callable[..., Sealer], to: str) -> None:
    """Eva stands in Bcc, or behind a list: her codes must not go to the telephone of whom the sender meant."""
    with pytest.raises(NumberUnclear):
        seal(sealer(sms=SMS), letter("[sms:12345678] x", to=to), EVA)
    assert phones(seal(sealer(sms=SMS), letter(f"[sms:{EVA}=12345678] x", to=to), EVA)) == {
        EVA: "+4512345678"
    }


def test_a_number_with_a_name_that_nobody_has_is_a_slip(sealer: Callable[..., Sealer]) -> None:
    desk = sealer(sms=SMS)
    with pytest.raises(NumberUnclear):
        seal(desk, letter("[sms:bo.hansen@vestby.example=12345678] x"), BO)
    elsewhere = seal(desk, letter(f"[sms:{EVA}=12345678] x", to=f"{BO}, {EVA}"), BO)
    assert phones(elsewhere) == {BO: None}, "Eva's turn comes, or hers goes another way"


def test_who_has_no_certain_number_is_refused_and_the_others_are_not(
    sealer: Callable[..., Sealer],
) -> None:
    content = letter("[sms:12345678] x", to=f"{BO}, {EVA}")
    with SmtpPeer("127.0.0.1", free_port()) as peer:
        agent = PortalAgent(
            sealer({BO: "+4511111111"}, sms=SMS), ReturnPort("127.0.0.1", peer.port), Events("test")
        )
        replies = asyncio.run(agent.deliver(Delivery(Envelope(SENDER, (EVA, BO), "Q1"), content)))
    assert {who: (reply.code, reply.enhanced) for who, reply in replies.items()} == {
        BO: (250, "2.0.0"),
        EVA: (550, "5.6.0"),
    }
    assert [mail.recipients for mail in peer.received] == [(BO,)]


@pytest.mark.parametrize(
    "to",
    [
        f'"Hansen, Bo" <{BO}>',
        f"=?utf-8?Q?Hansen=2C_B=C3=B8?= <{BO}>",
        f"=?iso-8859-1?Q?Hansen=2C_B=F8?= <{BO}>",
        f"=?utf-8?Q?eva=40vestby=2Eexample=2C?= <{BO}>",
        f"'{BO}' <{BO}>",
        f"{BO} <{BO}>",
        f"{BO} (Bo (Hansen))",
        f"Kunder: {BO};",
        f"<{BO}>, {BO.upper()}",
        f"{BO}\r\nCc: 'kim@nordby.example' <kim@nordby.example>",
        f"{BO}\r\nCc: Hele huset, <alle@nordby.example>",
    ],
)
def test_whose_a_number_is_does_not_depend_on_how_the_name_is_written(
    sealer: Callable[..., Sealer], to: str
) -> None:
    assert phones(seal(sealer(sms=SMS), letter("[sms:12345678] x", to=to), BO)) == {BO: "+4512345678"}


def test_a_strangers_subject_asks_nothing(sealer: Callable[..., Sealer]) -> None:
    """It is passed on here: nobody in the house gave the recipient a phrase."""
    content = letter("[kodeord: hemmelig] [sms:12345678] Svar")
    desk = sealer(sms=SMS, subject_shown=True)
    sealed = seal(desk, content, sender="x@andet.example")
    assert (sealed.addressees[0].row.phone, sealed.addressees[0].row.phrase_hash) == (None, None)
    assert content_of(desk, sealed) == content
    assert sealed.subject == "Svar", "told as any subject is"


def test_the_address_book_gives_numbers_and_the_subject_beats_it(sealer: Callable[..., Sealer]) -> None:
    desk = sealer({BO: "+4511111111", EVA: "+4522222222"}, sms=SMS)
    sealed = seal(desk, letter(f"[sms:{EVA}=33333333] x"), BO, EVA)
    assert [one.row.phone for one in sealed.addressees] == ["+4511111111", "+4533333333"]
    assert [one.row.phone for one in seal(sealer({BO: "+4511111111"}), letter("x")).addressees] == [None]


def test_expiry_is_the_sending_domains(sealer: Callable[..., Sealer]) -> None:
    desk = sealer(expiry_days=30, look=[{"domains": ["skolen.example"], "expiry_days": 10}])
    month, ten = seal(desk, letter("x")), seal(desk, letter("x"), sender="rektor@skolen.example")
    assert (month.until.date() - month.sealed_at.date()).days == 30
    assert (ten.until.date() - ten.sealed_at.date()).days == 10
    assert (ten.until.hour, ten.until.minute, ten.until.second) == (23, 59, 59)


@pytest.mark.parametrize(
    ("shown", "subject", "told"),
    [
        (False, "Indkaldelse", ""),
        (True, "Indkaldelse", "Indkaldelse"),
        (True, "Om 010190-1234 og mere", "Om 0101xx-xxxx og mere"),
        (True, "Vedr. 01_01_90_1234 Hansen", "Vedr. 01_01_xx_xxxx Hansen"),
        (True, "010190  -  1234", "0101xx - xxxx"),
        (True, "⁰¹⁰¹⁹⁰-⁴²⁸⁵", ""),
        # in words, which the detector reads
        (True, "CPR nul et nul et halvfems tolv fireogtredive", ""),
        (True, "Møde d. 3. april kl. 10.30, sag 26-117", "Møde d. 3. april kl. 10.30, sag 26-117"),
        (True, "=?utf-8?b?U8O4ZyBuw6U=?=", "Søg nå"),
        (True, "[kodeord: hemmeligt] Svar", "Svar"),
        (True, "a\u2028b\x07c", "a b c"),
        (True, "ord " * 100, "ord " * 29 + "ord…"),
    ],
)
def test_the_subject_is_told_only_if_the_house_wants_it(
    sealer: Callable[..., Sealer], shown: bool, subject: str, told: str
) -> None:
    assert seal(sealer(subject_shown=shown), letter(subject)).subject == told


def test_receipts_find_it_and_the_senders_link_revokes(sealer: Callable[..., Sealer], engine: Engine) -> None:
    desk = sealer()
    segl_id = "0123456789abcdef" * 2
    sealed = seal(desk, letter("x", extra=f"X-Segl-Id: {segl_id}\r\n".encode()))
    with transaction(engine) as connection:
        row = connection.execute(
            sealed_message.select().where(sealed_message.c.id == sealed.message.id)
        ).one()
    assert row.envelope_id == segl_id
    link = revocation_link(house_secret(engine), desk.settings.portal.base, sealed.message.id)
    base, _, secret = link.partition("#")
    assert base == f"https://sikker.nordby.example/post/r/{sealed.message.id}"
    assert revocation_hash(secret) == row.revoke_hash
    other = revocation_link(house_secret(engine), "", seal(desk, letter("y")).message.id)
    assert other.partition("#")[2] != secret
    assert b"X-Segl" not in content_of(desk, sealed)


def test_of_what_cannot_be_written_down_nothing_is_left(
    sealer: Callable[..., Sealer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its file nor a hold on its rows, which nobody would ever let go."""
    desk, rows, ids = sealer(), RowsInHand(), list[str]()

    def fails(_engine: Engine, _message: object, written: Sequence[SealedRecipient], _spare: object) -> None:
        ids.extend(one.id for one in written)
        assert not any(map(rows.take, ids)), "they are in hand before another try can see them"
        raise StoreError("the store cannot be reached", "store: database is locked")

    monkeypatch.setattr(sealing, "ROWS_IN_HAND", rows)
    monkeypatch.setattr(sealing, "record", fails)
    with pytest.raises(StoreError):
        seal(desk, letter("Svar"), BO, EVA)
    assert [rows.take(one) for one in ids] == [True, True]
    assert not list(desk.settings.portal.sealed.rglob(f"*{SUFFIX}"))


def test_it_is_in_the_trail(sealer: Callable[..., Sealer], engine: Engine) -> None:
    sealed = seal(sealer(), letter("x"), BO, EVA)
    [entry] = entries(engine, subject=sealed.message.id)
    assert (entry.act, entry.actor) == (Act.CREATED, SENDER)
    assert entry.facts == {"recipients": 2, "size": len(letter("x")), "spare": False}


def key_file(folder: Path, content: bytes = b"k" * 32, mode: int = 0o600) -> Path:
    file = folder / "resend.key"
    file.write_bytes(content)
    file.chmod(mode)
    return file


def test_with_a_resend_key_the_content_key_is_kept_a_second_time_and_goes_with_the_message(
    sealer: Callable[..., Sealer], engine: Engine, tmp_path: Path
) -> None:
    file = key_file(tmp_path)
    desk = sealer(resend_key=str(file))
    sealed = seal(desk, letter("x"))
    key = load_resend_key(file)
    content_key = spare_content_key(engine, key, sealed.message.id)
    assert content_key is not None
    assert isinstance(desk.directory, SealedDirectory)
    with desk.directory.open(sealed.message.id) as sealed_file:
        plain = b"".join(decrypt(sealed_file, content_key.reveal(), bytes.fromhex(sealed.message.id)))
    assert plain == letter("x")
    with pytest.raises(WrongSecret):
        spare_content_key(engine, Secret(b"o" * 32), sealed.message.id)
    life.revoke(engine, desk.directory, sealed.message.id, 1.0, actor="test")
    assert spare_content_key(engine, key, sealed.message.id) is None


def test_without_one_nothing_is_kept(sealer: Callable[..., Sealer], engine: Engine) -> None:
    assert spare_content_key(engine, Secret(b"k" * 32), seal(sealer(), letter("x")).message.id) is None


@pytest.mark.parametrize(
    ("content", "mode", "problem"),
    [
        (b"k" * 31, 0o600, "has 31 bytes"),
        (b"k" * 32, 0o640, "may be read by others"),
        (None, 0, "cannot be read"),
    ],
)
def test_a_resend_key_that_is_short_or_open_is_refused_and_nothing_is_sealed(
    sealer: Callable[..., Sealer],
    engine: Engine,
    tmp_path: Path,
    content: bytes | None,
    mode: int,
    problem: str,
) -> None:
    file = key_file(tmp_path, content, mode) if content is not None else tmp_path / "none"
    desk = sealer(resend_key=str(file))
    with pytest.raises(NoResendKey) as caught:
        seal(desk, letter("x"))
    assert problem in caught.value.private
    with transaction(engine) as connection:
        assert connection.execute(sealed_recipient.select()).all() == []
    assert isinstance(desk.directory, SealedDirectory)
    assert [name for _, _, files in os.walk(desk.directory.root) for name in files] == []
