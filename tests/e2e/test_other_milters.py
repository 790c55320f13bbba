"""What a message becomes in the front, by another milter before ours and by copies for an archive outside
(``organisation.copies_to``): Segl reads what becomes of it, its word alone is Segl's, and no copy leaves more in clear
than mail to outside would, of what own people write to each other either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import pytest

from world.estate import standing_house
from world.house import DOMAIN, HOSTNAME, House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, SENDER, letter
from world.other_milter import (
    Fields,
    OtherMilter,
    added_recipient,
    changed_field,
    changed_sender,
    inserted_field,
    replaced_body,
)
from world.postfix import wait_until, with_parameters
from world.receipts import receipts_for
from world.street import Street

pytestmark = pytest.mark.world

NUMBER = f"CPR-nr. {CPR}".encode()
# Without TLS; with a good certificate.
ARCHIVE, JOURNAL = "arkiv@klartekst.example", "journal@boligforening.example"
USER, TAGGED = f"mette@{HOSTNAME}", f"prvs=0123456789=mette@{DOMAIN}"
FILTER = "smtp:[127.0.0.23]:25"  # the server of BARE and ARCHIVE
HEAD, CLERK = f"leder@{DOMAIN}", f"sekretaer@{DOMAIN}"  # of whose mail, and of mail to whom, copies are made


@pytest.fixture(scope="module")
def pair(street: Street) -> Iterator[tuple[House, OtherMilter]]:
    milters: list[OtherMilter] = []

    def prepare(house: House) -> None:
        milters.append(OtherMilter(house.run / "other.sock"))
        ours = re.findall(r"^smtpd_milters = (.*)$", house.front.main_cf, re.MULTILINE)[-1]
        both = f"unix:{house.run}/other.sock, {ours}"
        house.front.main_cf = with_parameters(
            house.front.main_cf,
            smtpd_milters=both,
            sender_bcc_maps=f"inline:{{ {{ {HEAD} = {ARCHIVE} }} }}",
            recipient_bcc_maps=f"inline:{{ {{ {CLERK} = {JOURNAL} }} }}",
            sender_canonical_maps=f"inline:{{ {{ {USER} = {SENDER} }} }}",
            header_checks=f"regexp:{{{{/^X-Copy: yes/ BCC {ARCHIVE}}} {{/^X-Other: yes/ FILTER {FILTER}}}}}",
        )
        milters[0].__enter__()

    try:
        with standing_house(street, prepare, copies_to=(ARCHIVE, JOURNAL)) as house:
            yield house, milters[0]
    finally:
        for milter in milters:
            milter.__exit__()


def carried_over(fields: Fields) -> list[bytes]:
    """Every field written anew, as by one that folds them."""
    return [changed_field(name, value) for name, value in fields]


@pytest.mark.parametrize(
    "edits",
    [
        lambda _: [replaced_body(NUMBER + b"\r\n")],
        lambda _: [replaced_body(NUMBER[:12], NUMBER[12:] + b"\r\n" + b"ord ord\r\n" * 9_000)],
        lambda _: [changed_field(b"Subject", NUMBER)],
        lambda _: [inserted_field(b"X-Note", NUMBER)],
    ],
    ids=["body", "body in pieces", "subject", "a field before all"],
)
def test_what_it_writes_into_a_message_is_read(
    pair: tuple[House, OtherMilter], street: Street, edits: Callable[[Fields], Sequence[bytes]]
) -> None:
    house, other = pair
    street.forget()
    other.edits = edits
    house.submit(letter("", (BARE,), "Te", "Vi ses kl. 15\n").content, SENDER, [BARE])
    wait_until(lambda: bool(street.mail_for(BARE)), 60, lambda: house.log[-4000:])
    assert CPR.encode() not in street.seen_in_clear()
    assert house.milter.events[-1]["decision"] == "secure"


@pytest.mark.parametrize("field", [b"X-Segl-Route: plain", b"X-Segl-Id: 1\r\nX-Segl-Route: plain"])
def test_a_verdict_of_the_senders_own_that_it_carries_over_is_none(
    pair: tuple[House, OtherMilter], street: Street, field: bytes
) -> None:
    house, other = pair
    street.forget()
    other.edits = carried_over
    content = letter("", (BARE, GOOD), "Sag", f"{NUMBER.decode()}\n").content
    house.submit(field + b"\r\n" + content, SENDER, [BARE, GOOD])
    for one in (BARE, GOOD):
        wait_until(lambda one=one: bool(street.mail_for(one)), 60, lambda: house.log[-4000:])  # type: ignore[misc]
    assert CPR.encode() not in street.seen_in_clear()
    assert b"x-segl-" not in (street.mail_for(BARE)[0].content + street.mail_for(GOOD)[0].content).lower()


def test_harmless_mail_goes_as_ever(pair: tuple[House, OtherMilter], street: Street) -> None:
    house, other = pair
    street.forget()
    other.edits = carried_over
    content = b"X-Segl-Id: 1\r\n" + letter("", (BARE,), "Te", "Vi ses kl. 15\n").content
    house.submit(content, SENDER, [BARE])
    wait_until(lambda: bool(street.mail_for(BARE)), 60, lambda: house.log[-4000:])
    assert b"Vi ses kl. 15" in street.mail_for(BARE)[0].content


def test_the_verdict_comes_after_a_filter_of_a_table(pair: tuple[House, OtherMilter], street: Street) -> None:
    house, other = pair
    street.forget()
    other.edits = lambda _: ()
    for text in (NUMBER, b"Vi ses kl. 15."):
        send(house, text, SENDER, (GOOD,), X_Other="yes")
    wait_until(lambda: len(street.mail_for(GOOD)) == 2, 60, lambda: house.log[-4000:])
    assert not street.bare.received


def arrived(house: House, street: Street, *recipients: str) -> None:
    def missing() -> list[str]:
        return [one for one in recipients if not street.mail_for(one)]

    wait_until(lambda: not missing(), 60, lambda: f"{missing()}\n{house.log[-6000:]}")


def send(house: House, text: bytes, sender: str, recipients: tuple[str, ...], **fields: str) -> None:
    headers = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    content = letter("", recipients, "Sag", f"{text.decode()}\n", headers=headers).content
    house.submit(content, sender, recipients)


@pytest.mark.parametrize(
    ("text", "sender", "milter_says", "leaves_as"),
    [
        (b"Vi ses kl. 15.", SENDER, TAGGED, TAGGED),
        (NUMBER, SENDER, TAGGED, SENDER),  # we cannot know of it: docs/operations.md
        (b"Vi ses kl. 15.", USER, "", SENDER),
        (NUMBER, USER, "", SENDER),
    ],
    ids=["milter, plain", "milter, secure", "table, plain", "table, secure"],
)
def test_as_whose_mail_it_leaves(
    pair: tuple[House, OtherMilter],
    street: Street,
    text: bytes,
    sender: str,
    milter_says: str,
    leaves_as: str,
) -> None:
    house, other = pair
    street.forget()
    other.edits = lambda _: [changed_sender(milter_says)] if milter_says else []
    send(house, text, sender, (GOOD,))
    arrived(house, street, GOOD)
    assert [mail.sender for mail in street.mail_for(GOOD)] == [leaves_as]


COPIES = {
    "of a sender's mail": (HEAD, COLLEAGUE, "", ARCHIVE),
    "of a recipient's": (SENDER, CLERK, "", JOURNAL),
    "of nobody's": ("", COLLEAGUE, "yes", ARCHIVE),
    "of a program's": (f"www-data@web.{DOMAIN}", COLLEAGUE, "yes", ARCHIVE),
    "by a table": (SENDER, COLLEAGUE, "yes", ARCHIVE),
    "by a milter": (SENDER, COLLEAGUE, "by milter", ARCHIVE),
}


def copied(fields: Fields) -> list[bytes]:
    return [added_recipient(ARCHIVE)] if (b"X-Copy", b"by milter") in fields else []


@pytest.mark.parametrize(("sender", "recipient", "wish", "archive"), COPIES.values(), ids=COPIES)
def test_no_copy_of_mail_between_colleagues_leaves_in_clear(
    pair: tuple[House, OtherMilter], street: Street, sender: str, recipient: str, wish: str, archive: str
) -> None:
    house, other = pair
    street.forget()
    other.edits = copied
    send(house, NUMBER, sender, (recipient,), X_Copy=wish)
    arrived(house, street, recipient, archive)
    assert CPR.encode() not in street.seen_in_clear()
    assert NUMBER in street.mail_for(recipient)[0].content, "the colleague has it as it is"
    [copy] = street.mail_for(archive)
    assert (b"/m/" in copy.content, copy.tls is not None) == (archive == ARCHIVE, archive == JOURNAL)


@pytest.mark.parametrize(
    ("text", "sender"),
    [(b"Vi ses kl. 15.", HEAD), (NUMBER, GOOD)],
    ids=["harmless", "what comes in from outside"],
)
def test_other_mail_is_copied_as_it_is(
    pair: tuple[House, OtherMilter], street: Street, text: bytes, sender: str
) -> None:
    house, other = pair
    street.forget()
    other.edits = copied
    send(house, text, sender, (CLERK,))
    arrived(house, street, CLERK, JOURNAL)
    assert text in street.mail_for(CLERK)[0].content
    assert text in street.mail_for(JOURNAL)[0].content
    assert house.milter.events[-1]["decision"] == "plain"


def test_mail_to_outside_and_its_copy_go_each_its_own_way(
    pair: tuple[House, OtherMilter], street: Street
) -> None:
    house, other = pair
    street.forget()
    other.edits = copied
    send(house, NUMBER, HEAD, (GOOD, BARE))
    arrived(house, street, GOOD, BARE, ARCHIVE)
    assert CPR.encode() not in street.seen_in_clear()
    wait_until(lambda: bool(receipts_for(street, HEAD)), 60, lambda: house.log[-6000:])
    [receipt] = receipts_for(street, HEAD)
    assert receipt.states == {GOOD: "sent", BARE: "sealed"}
    assert ARCHIVE.encode() not in receipt.mail.content


def receipts_told(house: House) -> list[str]:
    """The kinds of those to the head."""
    told = [one for one in house.deliver.events if one["event"] == "receipt_sent"]
    return [one["kind"] for one in told if one["sender"] == HEAD]


@pytest.mark.parametrize(
    ("recipients", "reply", "kinds"),
    [
        ((COLLEAGUE,), "", []),
        ((COLLEAGUE, ARCHIVE), "", ["sent"]),
        ((COLLEAGUE,), "550 5.1.1 gone", ["failed"]),
    ],
    ids=["a copy", "named by the sender", "a copy that failed"],
)
def test_its_sender_hears_of_a_copy_that_he_did_not_ask_for_only_when_it_fails(
    pair: tuple[House, OtherMilter], street: Street, recipients: tuple[str, ...], reply: str, kinds: list[str]
) -> None:
    house, other = pair
    street.forget()
    other.edits = copied
    before = len(receipts_told(house))
    if reply:
        street.bare.rcpt_replies[ARCHIVE] = reply
    try:
        send(house, NUMBER, HEAD, recipients)
        arrived(house, street, COLLEAGUE)
        # What follows is told of later: then there is nothing more to be told of this.
        send(house, NUMBER, SENDER, (GOOD,))
        wait_until(lambda: bool(receipts_for(street, SENDER)), 60, lambda: house.log[-6000:])
        wait_until(lambda: not house.queued, 60, lambda: house.log[-6000:])
        wait_until(lambda: len(receipts_told(house)) >= before + len(kinds), 60, lambda: house.log[-6000:])
    finally:
        street.bare.rcpt_replies.clear()
    assert receipts_told(house)[before:] == kinds
