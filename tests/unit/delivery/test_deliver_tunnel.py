"""A running segl-deliver, by the tunnel socket: a real client before it, a real server behind it, openssl
as partner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from segl.mail.fields import split_header
from world.desk import SENDER, Desk
from world.partners import Partner, certificate, ec_key, pem, rsa_key

MESSAGE = (
    b"From: Anna <anna@nordby-vand.example>\r\n"
    b"To: bo@kommune.example\r\n"
    b"Subject: 010190-1234 er syg\r\n"
    b"X-Segl-Id: 17\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n"
    b"\r\n"
    b"K\xc3\xa6re Bo\r\n.\r\n..prik\r\n" + b"x" * 5000 + b"\r\n"
)
BODY = MESSAGE.partition(b"\r\n\r\n")[2]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture
def desk(running: Desk) -> Iterator[Desk]:
    running.return_port.forget()
    yield running
    running.return_port.rcpt_replies.clear()
    running.return_port.data_reply = "250 2.0.0 Ok: queued as {number}"


@pytest.fixture(scope="module")
def kommune(running: Desk) -> Partner:
    return running.partner("kommune.example")


def test_the_partner_reads_what_was_sent_and_the_way_there_reads_nothing(
    desk: Desk, kommune: Partner
) -> None:
    [reply] = desk.tunnel(SENDER, ["bo@kommune.example"], MESSAGE)
    assert reply == (
        f"250 2.0.0 tunnel: encrypted to sha256={kommune.fingerprint[:16]} aes-256-cbc, queued as 1"
    )
    [mail] = desk.return_port.received
    assert (mail.sender, mail.recipients) == (SENDER, ("bo@kommune.example",))
    fields, body = split_header(kommune.decrypt(mail.content))
    assert body == BODY
    assert b"Subject: 010190-1234 er syg\r\n" in [field.raw for field in fields]
    for secret in (b"010190", b" er syg", b"X-Segl", b"prik"):  # three letters stand in base64 by chance
        assert secret not in desk.return_port.clear


def test_one_domain_is_one_message_and_each_recipient_has_a_reply(desk: Desk, kommune: Partner) -> None:
    recipients = ["bo@kommune.example", "eva@KOMMUNE.example", "bo@kommune.example"]
    replies = desk.tunnel(SENDER, recipients, MESSAGE)
    assert [reply[:3] for reply in replies] == ["250"] * 3
    [mail] = desk.return_port.received
    assert mail.recipients == ("bo@kommune.example", "eva@KOMMUNE.example")


def test_one_domains_trouble_is_not_the_others(desk: Desk, kommune: Partner) -> None:
    """No certificate, an expired one, a refused recipient, no domain: each has its own answer, Bo his
    message."""
    (desk.certificates / "udloebet.example.pem").write_bytes(
        pem(certificate("old", rsa_key(), begins=-10, ends=-1))
    )
    desk.return_port.rcpt_replies["vaek@kommune.example"] = "550 5.1.1 no such user"
    recipients = [
        "a@ukendt.example",
        "bo@kommune.example",
        "b@udloebet.example",
        "vaek@kommune.example",
        "x@[192.0.2.1]",
    ]
    replies = desk.tunnel(SENDER, recipients, MESSAGE)
    assert [reply[:9] for reply in replies] == [
        "451 4.7.5",
        "250 2.0.0",
        "451 4.7.5",
        "550 5.1.1",
        "451 4.7.5",
    ]
    assert [mail.recipients for mail in desk.return_port.received] == [("bo@kommune.example",)]
    assert "expired on" in desk.daemon.log


def test_two_domains_get_each_their_own(desk: Desk, kommune: Partner) -> None:
    region = desk.partner("region.example")
    replies = desk.tunnel(SENDER, ["bo@kommune.example", "eva@region.example"], MESSAGE)
    assert [reply[:3] for reply in replies] == ["250", "250"]
    by_domain = {mail.recipients[0].split("@")[1]: mail for mail in desk.return_port.received}
    for partner in (kommune, region):
        assert split_header(partner.decrypt(by_domain[partner.domain].content))[1] == BODY


@pytest.mark.parametrize("curve", [ec.SECP256R1, ec.SECP384R1, ec.SECP521R1])
def test_a_partner_may_have_a_key_on_an_elliptic_curve(desk: Desk, curve: type[ec.EllipticCurve]) -> None:
    partner = desk.partner("kurve.example", ec_key(curve))
    [reply] = desk.tunnel(SENDER, ["bo@kurve.example"], MESSAGE)
    assert reply.startswith(f"250 2.0.0 tunnel: encrypted to sha256={partner.fingerprint[:16]}")
    [mail] = desk.return_port.received
    assert split_header(partner.decrypt(mail.content))[1] == BODY


def test_what_the_next_postfix_says_is_passed_on(desk: Desk, kommune: Partner) -> None:
    desk.return_port.data_reply = "452 4.3.1 Insufficient system storage"
    assert desk.tunnel(SENDER, ["bo@kommune.example"], MESSAGE) == ["452 4.3.1 Insufficient system storage"]


def test_a_null_sender_and_a_bare_message(desk: Desk, kommune: Partner) -> None:
    assert desk.tunnel("", ["bo@kommune.example"], b"")[0].startswith("250")
    [mail] = desk.return_port.received
    assert mail.sender == "<>"
    assert split_header(kommune.decrypt(mail.content))[1] == b""


def test_addresses_in_utf8(desk: Desk, kommune: Partner) -> None:
    assert desk.tunnel(SENDER, ["ærø@kommune.example"], MESSAGE, "SMTPUTF8")[0].startswith("250")
    [mail] = desk.return_port.received
    assert mail.recipients == ("ærø@kommune.example",)
    assert "SMTPUTF8" in mail.mail_options


def test_twenty_messages_at_once(desk: Desk, kommune: Partner) -> None:
    clients = [desk.client("tunnel") for _ in range(20)]
    for number, client in enumerate(clients):
        client.envelope(SENDER, ["bo@kommune.example"])
        client.begin_data(b"Subject: %d\r\n\r\nbody %d\r\n" % (number, number))
    assert all(client.reply().startswith("250") for client in clients)
    for client in clients:
        client.close()
    bodies = {split_header(kommune.decrypt(mail.content))[1] for mail in desk.return_port.wait_for(20)}
    assert bodies == {b"body %d\r\n" % number for number in range(20)}


def test_no_file_of_ours_holds_the_content(desk: Desk, kommune: Partner) -> None:
    taken, refused = desk.tunnel(SENDER, ["bo@kommune.example", "x@ukendt.example"], MESSAGE)
    assert (taken[0], refused[0]) == ("2", "4")
    for path in desk.directory.rglob("*"):
        if path.is_file():
            assert b"010190" not in path.read_bytes(), path


def test_the_key_of_another_partner_does_not_open_it(desk: Desk, kommune: Partner, tmp_path: Path) -> None:
    desk.tunnel(SENDER, ["bo@kommune.example"], MESSAGE)
    other = Partner.new(tmp_path, "anden.example", tmp_path, rsa_key(3072))
    with pytest.raises(AssertionError):
        other.decrypt(desk.return_port.received[0].content)


def test_it_is_signed_once_there_is_a_key_of_ours_and_waits_while_keys_cannot_be_read(
    desk: Desk, kommune: Partner
) -> None:
    """What is laid down is seen at once; a directory that cannot be read is not taken for an empty one."""
    ours = certificate(SENDER, rsa_key(2048, 3))
    key = rsa_key(2048, 3).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    message = MESSAGE.replace(b"anna@nordby-vand.example", SENDER.encode())
    try:
        (desk.keys / "new.key.pem").write_bytes(key)
        (desk.keys / "new.key.pem").chmod(0o600)
        (desk.keys / "new.json").write_text(f'{{"domains": ["{SENDER.partition("@")[2]}"]}}')
        (desk.keys / "new.crt.pem").write_bytes(pem(ours))
        [reply] = desk.tunnel(SENDER, ["bo@kommune.example"], message)
        assert f"signed by sha256={ours.fingerprint(SHA256()).hex()[:16]}" in reply
        [mail] = desk.return_port.received
        assert b"multipart/signed" in kommune.decrypt(mail.content)
        desk.keys.rename(desk.directory / "away")
        desk.keys.write_text("")
        assert desk.tunnel(SENDER, ["bo@kommune.example"], message) == [
            "451 4.3.0 our keys cannot be read now"
        ]
        assert len(desk.return_port.received) == 1
    finally:
        desk.keys.unlink(missing_ok=True)
        desk.keys.mkdir(exist_ok=True)


def test_a_certificate_that_ended_since_the_route_was_chosen_means_waiting(desk: Desk) -> None:
    partner = desk.partner("slut.example")
    assert desk.tunnel(SENDER, ["bo@slut.example"], MESSAGE)[0].startswith("250")
    partner.file.write_bytes(pem(certificate("slut.example", rsa_key(), begins=-10, ends=-1)))
    assert desk.tunnel(SENDER, ["bo@slut.example"], MESSAGE) == [
        "451 4.7.5 no certificate to encrypt to for this domain"
    ]
    assert len(desk.return_port.received) == 1


def test_two_thousand_recipients_and_ten_thousand(desk: Desk, kommune: Partner) -> None:
    """As many as one transaction may name share one message; what is more is told to come again."""
    recipients = [f"r{number}@kommune.example" for number in range(10_000)]
    with desk.client("tunnel") as client:
        assert client.say(f"MAIL FROM:<{SENDER}>").startswith("250")
        client.send(b"".join(b"RCPT TO:<%s>\r\n" % one.encode() for one in recipients))
        answers = [client.reply()[:9] for _ in recipients]
        taken = answers.count("250 2.1.5")
        assert answers == ["250 2.1.5"] * taken + ["452 4.5.3"] * (len(recipients) - taken)
        client.begin_data(MESSAGE)
        assert {client.reply()[:3] for _ in range(taken)} == {"250"}
    [mail] = desk.return_port.received
    assert mail.recipients == tuple(recipients[:taken])


def test_what_goes_through_in_many_pieces_comes_out_whole(desk: Desk, kommune: Partner) -> None:
    """Five megabytes, in pieces of 64 KB to 256 KB; test_large_and_hostile.py sends fifty."""
    body = (b"0123456789" * 7 + b"\r\n") * 70_000
    assert desk.tunnel(SENDER, ["bo@kommune.example"], b"Subject: x\r\n\r\n" + body)[0].startswith("250")
    [mail] = desk.return_port.received
    assert split_header(kommune.decrypt(mail.content))[1] == body
