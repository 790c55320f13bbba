"""What inbound mail is handed on as, when the next server says no or our keys cannot be read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from segl.certificates.chain import Authorities
from segl.errors import SeglError, SmtpReply
from segl.events import Events
from segl.mail.handover import Handover, OutcomeUnknown, Refused, Step
from segl.mail.outgoing import Outgoing
from segl.mail.return_port import ReturnPort
from segl.settings.file import parse_settings
from segl.settings.inbound import KeysOpen
from segl.vocabulary import Envelope
from segl_delivery.agent import Delivery
from segl_delivery.cms.keys import DecryptionKeys
from segl_delivery.inbound.agent import OpeningAgent
from segl_delivery.inbound.judging import Judge
from segl_delivery.keyring import KeyRing
from segl_delivery.smime.unwrapping import unwrap
from segl_routing.certificates.standing import RevocationStanding
from world.oracle import Identity, openssl
from world.partners import certificate, ec_key, pem, rsa_key

OWN, OTHER, OUTSIDE, SENDER = (
    "bo@nordby.example",
    "eva@nordby.example",
    "x@kunde.example",
    "anna@kommune.example",
)
SECRET = b"hemmeligt"
NO = SmtpReply(554, "5.7.1", "virus")


@dataclass
class Port:
    """A next server; *refuse* says to whom what is refused."""

    refuse: Callable[[str, bytes], SmtpReply | None] = lambda _recipient, _message: None
    whole: bool = False  # refuses at the final dot, all recipients
    got: list[tuple[str, str, bytes]] = field(default_factory=list)
    events: Events = field(default_factory=lambda: Events("test"))

    def send(self, sender: str, recipients: Sequence[str], outgoing: Outgoing, *, smtputf8: bool) -> Handover:
        message = b"".join(outgoing.pieces)
        assert (len(message), message.isascii()) == (outgoing.size, outgoing.ascii)
        refused = {r: reply for r in recipients if (reply := self.refuse(r, message))}
        if refused and self.whole:
            raise Refused(next(iter(refused.values())), Step.DOT)
        self.got += [(sender, r, message) for r in recipients if r not in refused]
        return Handover("Q1", refused)


class Complaints(Events):
    """Why mail was not opened."""

    def __init__(self) -> None:
        super().__init__("test")
        self.reasons: list[str] = []

    def not_opened(self, recipients: Sequence[str], error: SeglError) -> None:
        self.reasons.append(error.private)


class Ring:
    """Opens for any domain."""

    def __init__(self, *own: Identity) -> None:
        self._opener = DecryptionKeys([one.own for one in own])

    def decryption_keys(self, domain: str = "", may: object = None) -> DecryptionKeys:
        return self._opener

    def locked(self) -> tuple[object, ...]:
        return ()


@pytest.fixture(scope="module")
def us(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.new(tmp_path_factory.mktemp("us"), "us", rsa_key())


@pytest.fixture(scope="module")
def message(us: Identity) -> bytes:
    entity = b"Content-Type: text/plain\r\n\r\n" + SECRET + b"\r\n"
    made = openssl("cms", "-encrypt", "-binary", "-aes256", us.cert_file, given=entity)
    return b"X-Segl-Open: yes\r\nFrom: anna@kommune.example\r\n" + made.replace(b"\n", b"\r\n")


def deliver(
    port: Port,
    ring: object,
    message: bytes,
    *recipients: str,
    out: Port | None = None,
    pinned: Sequence[x509.Certificate] = (),
    forwarded: Sequence[str] = (),
    **inbound: object,
) -> dict[str, int]:
    own = ["nordby.example", "sydby.example"]
    organisation = {"name": "Nordby", "domains": own, "forwarded": list(forwarded)}
    settings = parse_settings({"organisation": organisation, "inbound": {"on": True} | inbound})
    judge = Judge(Authorities(()), lambda _: RevocationStanding.unknown(""), lambda _: pinned)
    inside, outside = cast(ReturnPort, port), cast(ReturnPort, out or port)
    agent = OpeningAgent(settings, cast(KeyRing, ring), judge, inside, outside, port.events)
    delivery = Delivery(Envelope(SENDER, recipients or (OWN,)), message, client="mail.nordby.example")
    return {recipient: reply.code for recipient, reply in asyncio.run(agent.deliver(delivery)).items()}


def test_own_recipients_get_it_opened_and_others_as_it_came(us: Identity, message: bytes) -> None:
    port, out = Port(), Port()
    assert deliver(port, Ring(us), message, OWN, OUTSIDE, out=out) == {OWN: 250, OUTSIDE: 250}
    [(sender, recipient, opened)] = port.got
    assert (sender, recipient) == ("postmaster@nordby.example", OWN)
    assert SECRET in opened
    assert out.got == [(SENDER, OUTSIDE, message.removeprefix(b"X-Segl-Open: yes\r\n"))]


def test_who_is_forwarded_outside_gets_it_as_it_came(us: Identity, message: bytes) -> None:
    """Opened, it would go on in clear."""
    port, out, forwarded = Port(), Port(), "formand@nordby.example"
    assert deliver(port, Ring(us), message, OWN, forwarded, out=out, forwarded=(forwarded,)) == {
        OWN: 250,
        forwarded: 250,
    }
    assert [recipient for _, recipient, _ in port.got] == [OWN]
    assert out.got == [(SENDER, forwarded, message.removeprefix(b"X-Segl-Open: yes\r\n"))]


def test_turned_off_what_waited_for_our_keys_goes_on_as_it_came(tmp_path: Path, message: bytes) -> None:
    """The front's queue files name us whatever the settings are by now; that the keys could not be read is why."""
    file = tmp_path / "keys"
    file.write_bytes(b"")
    unreadable, port = KeyRing(file), Port()
    assert deliver(port, unreadable, message) == {OWN: 451}
    assert deliver(port, unreadable, message, OWN, OUTSIDE, on=False) == {OWN: 250, OUTSIDE: 250}
    as_it_came = message.removeprefix(b"X-Segl-Open: yes\r\n")
    assert port.got == [(SENDER, OWN, as_it_came), (SENDER, OUTSIDE, as_it_came)]


def test_a_signature_that_cannot_be_judged_is_told_of_inside_an_envelope_too(us: Identity) -> None:
    entity = (
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b\r\n\r\n'
        b"--b\r\n\r\nhej\r\n--b\r\n\r\nrubbish\r\n--b--\r\n"
    )
    made = openssl("cms", "-encrypt", "-binary", us.cert_file, given=entity).replace(b"\n", b"\r\n")
    port = Port()
    assert deliver(port, Ring(us), b"From: anna@kommune.example\r\n" + made) == {OWN: 250}
    assert b"smime=neutral" in port.got[0][2]


@pytest.mark.parametrize("whole", [False, True], ids=["at-rcpt", "at-the-dot"])
def test_what_is_refused_in_its_opened_form_is_handed_on_as_it_came(
    us: Identity, message: bytes, whole: bool
) -> None:
    port = Port(lambda _, data: NO if SECRET in data else None, whole)
    assert deliver(port, Ring(us), message) == {OWN: 250}
    [(sender, _, closed)] = port.got
    assert sender == "postmaster@nordby.example"
    assert b"Segl-Opened: no" in closed
    assert closed.endswith(message.partition(b"\r\n\r\n")[2])


def test_one_who_is_refused_for_good_does_not_hold_the_others(us: Identity, message: bytes) -> None:
    port = Port(lambda recipient, _: NO if recipient == OTHER else None)
    assert deliver(port, Ring(us), message, OWN, OTHER) == {OWN: 250, OTHER: 554}
    assert [recipient for _, recipient, _ in port.got] == [OWN]


@pytest.mark.parametrize("late", [False, True], ids=["not-answered", "too-late"])
def test_who_has_it_opened_does_not_get_it_again_because_another_s_second_try_fails(
    us: Identity, message: bytes, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    begun: list[str] = []

    def refuse(recipient: str, data: bytes) -> SmtpReply | None:
        if SECRET not in data:
            begun.append(recipient)
            raise OutcomeUnknown("no answer from the return port")
        if recipient == OTHER and late:
            monkeypatch.setattr("segl_delivery.agent.LATEST_START", -1.0)
        return NO if recipient == OTHER else None

    port = Port(refuse)
    assert deliver(port, Ring(us), message, OWN, OTHER) == {OWN: 250, OTHER: 451}
    assert [recipient for _, recipient, _ in port.got] == [OWN]
    assert begun == ([] if late else [OTHER])


def test_what_postfix_gives_up_while_it_is_opened_is_not_sent(
    us: Identity, message: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes again: each try that a store which hangs held up would bring one more."""

    def hangs(*given: Any) -> Any:
        monkeypatch.setattr("segl_delivery.agent.LATEST_START", -1.0)
        return unwrap(*given)

    port, out = Port(), Port()
    monkeypatch.setattr("segl_delivery.inbound.agent.unwrap", hangs)
    assert deliver(port, Ring(us), message) == {OWN: 451}
    assert deliver(port, Ring(us), message, OUTSIDE, out=out) == {OUTSIDE: 451}
    assert port.got == out.got == []


def test_a_refusal_for_now_is_waited_out(us: Identity, message: bytes) -> None:
    busy = SmtpReply(451, "4.3.0", "busy")
    port = Port(lambda _, data: busy if SECRET in data else None)
    assert deliver(port, Ring(us), message) == {OWN: 451}
    assert port.got == []


def test_opened_or_not_the_reply_and_the_sender_are_the_same(us: Identity, message: bytes) -> None:
    opened, closed = Port(), Port()
    assert deliver(opened, Ring(us), message) == deliver(closed, Ring(), message)
    assert opened.got[0][0] == closed.got[0][0] == "postmaster@nordby.example"
    assert b"Segl-Opened: no" in closed.got[0][2]


def called_signed(message: bytes, _: Identity) -> bytes:
    return message.replace(b"smime-type=enveloped-data", b"smime-type=signed-data")


def signed_once_more(message: bytes, stranger: Identity, *more: str) -> bytes:
    fields, _, entity = message.partition(b"MIME-Version")
    given = b"MIME-Version" + entity
    made = openssl(
        "cms",
        "-sign",
        "-binary",
        "-signer",
        stranger.cert_file,
        "-inkey",
        stranger.key_file,
        *more,
        given=given,
    )
    head, _, body = made.partition(b"\n\n")
    return fields + head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body


def signed_around(message: bytes, stranger: Identity) -> bytes:
    return signed_once_more(message, stranger, "-nodetach")


@pytest.mark.parametrize("dressed", [called_signed, signed_once_more, signed_around])
def test_ciphertext_dressed_up_as_signed_mail_tells_its_sender_nothing(
    us: Identity, message: bytes, dressed: Callable[[bytes, Identity], bytes], tmp_path: Path
) -> None:
    """An automatic answer, or a report of failure, that comes for one of the two alone says which it was: with CBC, and
    another's ciphertext altered again and again, that decrypts it."""
    sent = dressed(message, Identity.new(tmp_path, "stranger", rsa_key()))
    assert sent != message
    opened, closed = Port(), Port()
    assert deliver(opened, Ring(us), sent) == deliver(closed, Ring(), sent) == {OWN: 250}
    assert SECRET in opened.got[0][2]
    assert SECRET not in closed.got[0][2]
    assert opened.got[0][0] == closed.got[0][0] == "postmaster@nordby.example"


@pytest.mark.parametrize("dressed", [signed_once_more, signed_around])
def test_who_signs_another_s_ciphertext_did_not_write_what_is_inside(
    us: Identity, message: bytes, dressed: Callable[[bytes, Identity], bytes], tmp_path: Path
) -> None:
    """The signature holds, and its certificate is that of the domain in From."""
    partner = Identity.new(tmp_path, "partner", rsa_key())
    port = Port()
    assert deliver(port, Ring(us), dressed(message, partner), pinned=[partner.certificate]) == {OWN: 250}
    opened = port.got[0][2]
    assert SECRET in opened
    assert b"smime=policy" in opened
    assert b"around the encryption" in opened


def test_while_our_keys_cannot_be_read_the_mail_waits(tmp_path: Path, message: bytes) -> None:
    file = tmp_path / "keys"
    file.write_bytes(b"")
    port = Port()
    assert deliver(port, KeyRing(file), message) == {OWN: 451}
    assert port.got == []


def test_a_fault_of_ours_in_opening_does_not_hold_the_mail(message: bytes) -> None:
    class Broken:
        def decryption_keys(self, domain: str = "", may: object = None) -> object:
            return None

        def locked(self) -> tuple[object, ...]:
            return ()

    port = Port()
    assert deliver(port, Broken(), message) == {OWN: 250}
    assert b"Segl-Opened: no" in port.got[0][2]


@pytest.mark.parametrize("keys_open", list(KeysOpen))
def test_a_key_of_one_organisation_opens_no_mail_to_another(
    tmp_path: Path, us: Identity, message: bytes, keys_open: KeysOpen
) -> None:
    """In a house of several, somebody at one could else send himself what he has caught of another's mail."""
    for name, data in (("key", us.key_file.read_bytes()), ("crt", us.cert_file.read_bytes())):
        (tmp_path / f"nord.{name}.pem").write_bytes(data)
        (tmp_path / f"nord.{name}.pem").chmod(0o600)
    (tmp_path / "nord.json").write_text('{"domains": ["nordby.example"]}')
    told, thief = Complaints(), "tyv@sydby.example"
    port = Port(events=told)
    assert deliver(port, KeyRing(tmp_path), message, OWN, thief, OTHER, keys_open=keys_open) == dict.fromkeys(
        (OWN, OTHER, thief), 250
    )
    read = {recipient for _, recipient, data in port.got if SECRET in data}
    assert read == ({OWN, OTHER} if keys_open is KeysOpen.HOLDERS else {OWN, OTHER, thief})
    why = ["it names none of our keys; it is for nord, which is not for this domain"]
    assert told.reasons == (why if keys_open is KeysOpen.HOLDERS else [])


@pytest.mark.slow
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_header_longer_than_any_mail_has_is_not_read(us: Identity, message: bytes, end: bytes) -> None:
    """A field costs a hundred times its bytes. It goes on as it came, without the milter's marks: else it would come
    back."""
    filling = b"X-A: b" + end
    head = (
        b"X-Segl-Id: 0f" + end + filling * 3_000_000 + b"X-Segl-Open: a" + end + b" b" + end + b"X-B: c" + end
    )
    huge = head + message.replace(b"\r\n", end)
    told = Complaints()
    port = Port(events=told)
    begun = time.process_time()
    assert deliver(port, Ring(us), huge) == {OWN: 250}
    assert time.process_time() - begun < 5
    [(_, _, passed)] = port.got
    assert passed.startswith(
        b"Authentication-Results: mail.nordby.example;\r\n smime=none\r\nSegl-Opened: no\r\n"
    )
    _, _, rest = passed.partition(b"Segl-Opened: no\r\n")
    assert rest == filling * 3_000_000 + b"X-B: c" + end + message.removeprefix(
        b"X-Segl-Open: yes\r\n"
    ).replace(b"\r\n", end)
    assert told.reasons == ["its header is longer than we read"]


def test_a_header_without_end_inside_an_envelope_is_not_read(us: Identity) -> None:
    entity = b'Content-Type: text/plain; hp="cipher"\r\n' + b"Subject: a\r\n" * 1_000_000 + b"\r\nhej\r\n"
    made = openssl("cms", "-encrypt", "-binary", "-outform", "DER", us.cert_file, given=entity)
    head = b"From: a@b.example\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    port, begun = Port(), time.process_time()
    assert deliver(port, Ring(us), head + made) == {OWN: 250}
    assert time.process_time() - begun < 2
    assert b"Segl-Opened: no" in port.got[0][2]


def test_mail_to_a_key_of_ours_that_cannot_be_used_now_waits(tmp_path: Path) -> None:
    """Another passphrase, or a file that others may read: the key is ours all the same. What is encrypted to nobody
    here goes on as it came."""
    own, other = ec_key(number=1), ec_key(number=2)
    for name, key in (("own", own), ("strange", other)):
        (tmp_path / f"{name}.crt.pem").write_bytes(pem(certificate(name, key, key_id=True)))
    locked = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"one"))
    keys = tmp_path / "keys"
    keys.mkdir(0o700)
    (keys / "own.key.pem").touch(0o600)
    (keys / "own.key.pem").write_bytes(locked)
    (keys / "own.crt.pem").write_bytes((tmp_path / "own.crt.pem").read_bytes())
    secret = tmp_path / "passphrase"
    secret.touch(0o600)

    def sent_to(name: str) -> bytes:
        entity = b"Content-Type: text/plain\r\n\r\n" + SECRET + b"\r\n"
        made = openssl("cms", "-encrypt", "-binary", "-aes256", tmp_path / f"{name}.crt.pem", given=entity)
        return b"X-Segl-Open: yes\r\nFrom: anna@kommune.example\r\n" + made.replace(b"\n", b"\r\n")

    secret.write_bytes(b"another\n")
    port = Port()
    assert deliver(port, KeyRing(keys, secret), sent_to("own")) == {OWN: 451}
    assert port.got == []
    assert deliver(port, KeyRing(keys, secret), sent_to("strange")) == {OWN: 250}
    secret.write_bytes(b"one\n")
    assert deliver(port, KeyRing(keys, secret), sent_to("own")) == {OWN: 250}
    assert SECRET in port.got[-1][2]
    (keys / "own.key.pem").unlink()  # taken away on purpose: it will not come back
    assert deliver(port, KeyRing(keys, secret), sent_to("own")) == {OWN: 250}
