"""Another milter before ours: what it makes of a message is what Segl reads, and its word is not Segl's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import pytest

from world.estate import standing_house
from world.house import House
from world.letters import BARE, CPR, GOOD, SENDER, letter
from world.other_milter import Fields, OtherMilter, changed_field, inserted_field, replaced_body
from world.postfix import wait_until, with_parameters
from world.street import Street

pytestmark = pytest.mark.world

NUMBER = f"CPR-nr. {CPR}".encode()


@pytest.fixture(scope="module")
def pair(street: Street) -> Iterator[tuple[House, OtherMilter]]:
    milters: list[OtherMilter] = []

    def prepare(house: House) -> None:
        milters.append(OtherMilter(house.run / "other.sock"))
        ours = re.findall(r"^smtpd_milters = (.*)$", house.front.main_cf, re.MULTILINE)[-1]
        both = f"unix:{house.run}/other.sock, {ours}"
        house.front.main_cf = with_parameters(house.front.main_cf, smtpd_milters=both)
        milters[0].__enter__()

    try:
        with standing_house(street, prepare) as house:
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
