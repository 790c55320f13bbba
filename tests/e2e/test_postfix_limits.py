"""Where Postfix cuts, mends, breaks or refuses, with the settings that both are shipped with: what Segl then reads, and
what arrives. The table in docs/operations.md ("Limits") says what is seen here."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage

import pytest

from world import odd_shapes, raw_smtp
from world.estate import standing_house
from world.house import House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, PARTNER, SELF_SIGNED, SENDER, letter
from world.peers import ReceivedMail
from world.postfix import wait_until
from world.street import Street

pytestmark = pytest.mark.world

# Entrances beside the front's own, each with a limit that is shorter to reach.
SMALL, FEW, FULL, HUGE = 2501, 2502, 2503, 2504
ENTRANCES = f"""\
127.0.0.1:{SMALL} inet n - n - - smtpd
  -o message_size_limit=102400
  -o cleanup_service_name=small
small unix n - n - 0 cleanup
  -o message_size_limit=102400
127.0.0.1:{FEW} inet n - n - - smtpd
  -o smtpd_recipient_limit=3
127.0.0.1:{FULL} inet n - n - - smtpd
  -o queue_minfree=1000000000000000
127.0.0.1:{HUGE} inet n - n - - smtpd
  -o message_size_limit=1000000000000000
"""
LARGEST = 400_000  # bytes that secure instance and return port take here, where 150 MB are shipped


@pytest.fixture(scope="module")
def office(street: Street) -> Iterator[House]:
    """A house of which some entrances take less. All else is as shipped, but for the sizes of messages."""

    def prepare(house: House) -> None:
        shipped = str(house.settings.delivery.message_bytes)
        assert house.front.master_cf.count(f"message_size_limit={shipped}")
        house.front.master_cf = ENTRANCES + house.front.master_cf.replace(shipped, str(LARGEST))
        house.secure.main_cf = house.secure.main_cf.replace(shipped, str(LARGEST))
        house.front.main_cf += "segl-secure_destination_recipient_limit = 2\n"

    with standing_house(street, prepare) as house:
        yield house


@pytest.fixture
def house(office: House, street: Street) -> Iterator[House]:
    street.forget()
    yield office
    assert CPR.encode() not in readable(street.seen_in_clear())


def readable(content: bytes) -> bytes:
    """*content* without line ends and the blank that Postfix puts behind them, and what stands between digits here."""
    return re.sub(rb"\r\n ?|(?<=\d)\0(?=\d)|(?<=\d) (?=\d)", b"", content)


def sent(content: bytes, *recipients: str, port: int = 25, mail: str = "") -> str:
    """The answer."""
    envelope = [f"MAIL FROM:<{SENDER}>{mail}", *[f"RCPT TO:<{one}>" for one in recipients]]
    return raw_smtp.submit(port, content, envelope)


def arrived(house: House, street: Street, recipient: str, number: int = 1) -> ReceivedMail:
    wait_until(lambda: len(street.mail_for(recipient)) >= number, 60, lambda: house.log[-6000:])
    return street.mail_for(recipient)[number - 1]


def case(name: str, *recipients: str, text: str = "") -> bytes:
    """A message with a CPR number, whose receipts are known by its *name*."""
    name = f"<{name}@nordby-vand.example>"
    return letter("", recipients, "Sag", f"CPR-nr. {CPR}\n{text}", headers=(("Message-ID", name),)).content


def receipt_of(house: House, street: Street, name: str) -> tuple[str, str]:
    """Subject and text of the receipt, and nothing of it waits."""
    found: list[EmailMessage] = []

    def is_told() -> bool:
        every = (email.message_from_bytes(m.content, policy=policy.default) for m in street.mail_for(SENDER))
        found[:] = [one for one in every if one["In-Reply-To"] == f"<{name}@nordby-vand.example>"]
        return bool(found)

    wait_until(is_told, 60, lambda: house.log[-6000:])
    text = found[0].get_body(("plain",))
    assert text is not None
    return found[0]["Subject"], text.get_content()


def comes_back(house: House, street: Street, name: str, *recipients: str) -> None:
    """The sender is told that nobody of *recipients* has the message, and it waits no more."""
    subject, text = receipt_of(house, street, name)
    assert subject.startswith("Ikke leveret: din sikre mail til ")
    assert all(one in text for one in recipients)
    assert not any(street.mail_for(one) for one in recipients)
    wait_until(lambda: not waiting(house), 30, lambda: house.log[-4000:])


def waiting(house: House) -> list[str]:
    """The sender's messages in the queues."""
    queues = (*house.front.queue(), *house.secure.queue())
    return [one["queue_id"] for one in queues if one["sender"] == SENDER]


# what is cut, mended and broken


@dataclass(frozen=True)
class Passed:
    """What became of a shape."""

    decision: str
    reasons: tuple[str, ...]
    content: bytes  # with a recipient of whom TLS is known
    clear: bytes  # what the server without TLS was sent of it


@pytest.fixture(scope="module")
def passed(office: House, street: Street) -> dict[str, Passed]:
    """All shapes at once, each to two recipients."""
    street.forget()
    ids = {}
    for name in odd_shapes.SHAPES:
        reply = sent(odd_shapes.message(name), GOOD, BARE)
        assert reply.startswith("250 2.0.0 Ok: queued as "), (name, reply)
        ids[reply.split()[-1]] = name

    def there() -> bool:
        return min(len(street.mail_for(one)) for one in (GOOD, BARE)) >= len(ids)

    wait_until(there, 60, lambda: f"{len(street.mail_for(GOOD))} of {len(ids)}\n{office.log[-6000:]}")
    got = {subject_of(mail): mail.content for mail in street.mail_for(GOOD)}
    clear = {subject_of(mail): mail.content for mail in street.mail_for(BARE)}
    said = {ids[e["queue_id"]]: e for e in office.milter.events if e.get("queue_id") in ids}
    return {
        name: Passed(e["decision"], tuple(e["reasons"]), got[name], clear.get(name, b""))
        for name, e in said.items()
    }


def subject_of(mail: ReceivedMail) -> str:
    found = re.search(rb"^Subject: ([^\r]*)", mail.content, re.MULTILINE)
    return found[1].decode() if found else ""


READ = [
    "a field of 59,000 bytes",
    "a name of 3,000 bytes",
    "a line of a header that is no field",
    "a NUL in the number",
    "a CR in the number",
    "a CR in a field",
    "a LF in the number",
    "lines that end in LF",
    "a line broken in the number",
    "a line of 300,000 bytes",
    "8 bits said to be 7",
]
CUT = [
    "a field of 61,000 bytes",
    "a folded field of 120,000 bytes",
    "a field of a part, of 61,000 bytes",
    "12,000 addresses in a field",
    "a NUL in a field, before it",
    "a number in Bcc",
]


@pytest.mark.parametrize("name", READ)
def test_what_postfix_mends_or_breaks_segl_has_read(passed: dict[str, Passed], name: str) -> None:
    one = passed[name]
    assert (one.decision, one.reasons, one.clear) == ("secure", ("cpr",), b"")
    assert CPR.encode() in readable(one.content)


@pytest.mark.parametrize("name", CUT)
def test_what_postfix_cuts_off_nobody_gets(passed: dict[str, Passed], name: str) -> None:
    """Neither Segl nor, in clear, the recipient."""
    one = passed[name]
    assert (one.decision, one.reasons) == ("plain", ())
    assert CPR.encode() not in readable(one.content)
    assert CPR.encode() not in readable(one.clear)
    assert one.clear
    assert len(one.content) < 68_000


def test_so_many_addresses_of_a_field_are_kept(passed: dict[str, Passed]) -> None:
    """Each is six words and signs."""
    assert passed["12,000 addresses in a field"].content.count(b"a@x.example,") == 10_240 // 6


def test_a_boundary_that_postfix_cuts_off_does_not_hide_the_part(passed: dict[str, Passed]) -> None:
    one = passed["a boundary behind 61,000 bytes"]
    assert (one.decision, one.clear) == ("secure", b"")
    assert "unreadable.too-large" in one.reasons
    assert b"boundary=b" not in one.content


def test_parts_as_deep_as_postfix_takes_go_securely(passed: dict[str, Passed]) -> None:
    one = passed["1,002 parts in parts"]
    assert (one.decision, one.reasons, one.clear) == ("secure", ("unreadable.too-deep",), b"")
    assert CPR.encode() in one.content


def test_every_shape_was_looked_at() -> None:
    assert {*READ, *CUT, "a boundary behind 61,000 bytes", "1,002 parts in parts"} == set(odd_shapes.SHAPES)


# what is refused, and what comes back


def test_a_message_that_is_too_large_is_refused(house: House) -> None:
    content = case("stor", GOOD, BARE, text="Ord ord ord ord ord ord\n" * 5_000)
    beyond = "552 5.3.4 Message size exceeds fixed limit"
    assert sent(content, GOOD, BARE, port=SMALL, mail=f" SIZE={len(content)}") == beyond
    assert sent(content, GOOD, BARE, port=SMALL) == "552 5.3.4 Error: message file too big"
    wait_until(lambda: not waiting(house), 30, lambda: house.log[-4000:])


def test_what_grows_too_large_by_what_segl_adds_is_refused(house: House) -> None:
    """It was read and decided on. With less content it is taken, with more it is not even read."""
    for lines in range(1_450, 1_400, -3):
        told = len(house.milter.events)
        reply = sent(case("fuld", GOOD, BARE, text=("x" * 68 + "\n") * lines), GOOD, BARE, port=SMALL)
        decided = [
            event["decision"] for event in house.milter.events[told:] if event["event"] == "classified"
        ]
        assert reply.startswith("552 5.3.4 ")
        if decided:
            break
    assert decided == ["secure"]
    wait_until(lambda: not waiting(house), 30, lambda: house.log[-4000:])


def test_parts_too_deep_for_postfix_come_back(house: House, street: Street) -> None:
    """The front does not look at parts where it has no checks for them; the secure instance does."""
    content = odd_shapes.nested(1_003, "<dyb@nordby-vand.example>")
    assert sent(content, GOOD, BARE).startswith("250 ")
    house.front.wait_for_log("status=bounced .* said: 550 5.6.0 MIME nesting exceeds safety limit")
    comes_back(house, street, "dyb", GOOD, BARE)


def test_parts_as_deep_reach_own_people_too(house: House, street: Street) -> None:
    """What goes securely and stays in the house passes the return port."""
    assert sent(odd_shapes.nested(1_002, "<dyb2@nordby-vand.example>"), GOOD, COLLEAGUE).startswith("250 ")
    for one in (GOOD, COLLEAGUE):
        assert CPR.encode() in arrived(house, street, one).content


def test_what_is_too_large_when_it_is_encrypted_comes_back(house: House, street: Street) -> None:
    content = case("halv", PARTNER, text="Ord ord ord\n" * 28_000)
    assert len(content) < LARGEST < len(content) * 4 / 3
    assert sent(content, PARTNER).startswith("250 ")
    comes_back(house, street, "halv", PARTNER)
    house.secure.wait_for_log(rf"segl-tunnel/lmtp.* to=<{PARTNER}>.*dsn=5.3.4, status=bounced")


def test_what_is_too_large_for_the_secure_instance_comes_back(house: House, street: Street) -> None:
    content = case("hel", GOOD, BARE, text="Ord ord ord\n" * 40_000)
    assert len(content) > LARGEST
    assert sent(content, GOOD, BARE).startswith("250 ")
    comes_back(house, street, "hel", GOOD, BARE)
    house.front.wait_for_log(r"dsn=5.3.4, status=bounced \(message size \d+ exceeds size limit \d+ of server")


@pytest.mark.parametrize(
    "port", [FULL, HUGE], ids=["queue_minfree", "half as much again as message_size_limit"]
)
def test_a_front_whose_disk_has_no_room_takes_nothing(house: House, port: int) -> None:
    assert sent(case("intet", GOOD), GOOD, port=port) == "452 4.3.1 Insufficient system storage"


def test_a_secure_instance_whose_disk_has_no_room_lets_the_front_wait(house: House, street: Street) -> None:
    house.secure.run("postconf", "-e", "queue_minfree=1000000000000000")
    house.secure.reload()
    try:
        content = case("venter", GOOD, BARE)
        secure_says(house, "452 4.3.1 Insufficient system storage")
        assert sent(content, GOOD, BARE).startswith("250 ")
        house.front.wait_for_log(r"status=deferred .* said: 452 4\.3\.1 Insufficient system storage")
        assert waiting(house)
    finally:
        house.secure.run("postconf", "-e", "queue_minfree=0")
        house.secure.reload()
    secure_says(house, "250 2.1.0 Ok")
    house.front.flush()
    for one in (GOOD, BARE):
        arrived(house, street, one)


def secure_says(house: House, reply: str) -> None:
    """To MAIL. A process goes by the settings that it was started with until it sees that it is to go."""
    lines = (b"EHLO desk.example", f"MAIL FROM:<{SENDER}>".encode())
    wait_until(lambda: raw_smtp.converse(10026, lines)[-1] == reply, 30, lambda: house.secure.log[-3000:])


# many recipients


def test_recipients_beyond_the_limit_are_handed_in_again(house: House, street: Street) -> None:
    recipients = [GOOD, BARE, PARTNER, SELF_SIGNED]
    assert sent(b"", *recipients, port=FEW) == "452 4.5.3 Error: too many recipients"
    content = case("mange", *recipients)
    assert sent(content, *recipients[:3], port=FEW).startswith("250 ")
    assert sent(content, *recipients[3:], port=FEW).startswith("250 ")
    for one in recipients:
        arrived(house, street, one)
    assert [len(street.mail_for(one)) for one in recipients] == [1, 1, 1, 1]


def test_a_hand_over_in_several_transactions_is_one_message(house: House, street: Street) -> None:
    """Two recipients each here, a thousand as shipped."""
    recipients = [GOOD, BARE, PARTNER, SELF_SIGNED]
    assert sent(case("delt", *recipients), *recipients).startswith("250 ")
    subject, text = receipt_of(house, street, "delt")
    assert subject == "Kvittering: sendt sikkert til 4 modtagere"
    assert all(one in text for one in recipients)
    assert [len(street.mail_for(one)) for one in recipients] == [1, 1, 1, 1]


# what is turned into something else on the way out


@pytest.fixture
def old_server(street: Street) -> Iterator[None]:
    """The server of GOOD knows ASCII alone. (Postfix takes one that knows SMTPUTF8 to know 8BITMIME as well.)"""
    street.good.announces_8bit = street.good.announces_utf8 = False
    yield
    street.good.announces_8bit = street.good.announces_utf8 = True


@pytest.mark.usefixtures("old_server")
def test_eight_bits_are_written_in_seven(house: House, street: Street) -> None:
    content = case("otte", GOOD, text="Blåbærgrød\n")
    assert b"Content-Transfer-Encoding: 8bit" in content
    assert sent(content, GOOD, mail=" BODY=8BITMIME").startswith("250 ")
    mail = arrived(house, street, GOOD)
    assert mail.tls
    assert mail.content.isascii()
    read = email.message_from_bytes(mail.content, policy=policy.default)
    assert read.get_content().splitlines() == [f"CPR-nr. {CPR}", "Blåbærgrød"]


@pytest.mark.usefixtures("old_server")
def test_an_address_beyond_ascii_comes_back(house: House, street: Street) -> None:
    recipient = "søren@boligforening.example"
    assert sent(case("soeren", GOOD), recipient, mail=" SMTPUTF8").startswith("250 ")
    comes_back(house, street, "soeren", recipient)
    house.secure.wait_for_log(r"dsn=5.6.7, status=bounced \(SMTPUTF8 is required, but was not offered")


def test_sendmails_long_field_is_cut_as_well(house: House, street: Street) -> None:
    house.front.sendmail(SENDER, [BARE], odd_shapes.message("a field of 61,000 bytes"))
    content = arrived(house, street, BARE).content
    assert b"X-A: yyy" in content
    assert CPR.encode() not in readable(content)
