"""The milter's modes, the subject tag and own domains, on a real Postfix."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest

from world.house import House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, SENDER, letter
from world.postfix import wait_until
from world.street import Street

pytestmark = pytest.mark.world

ORDINARY = "Hej\n\nSkal vi mødes på torsdag kl. 10?\n"
SENSITIVE = f"Hej\n\nCPR-nummer {CPR}\n"


def arrives(house: House, street: Street, recipient: str) -> bytes:
    wait_until(lambda: bool(street.mail_for(recipient)), 30, lambda: house.log[-6000:])
    return street.mail_for(recipient)[0].content


def test_ordinary_mail_goes_as_without_segl(house: House, street: Street) -> None:
    house.submit(letter("", (BARE,), "Møde", ORDINARY).content, SENDER, [BARE])
    content = arrives(house, street, BARE)
    assert "Skal vi mødes på torsdag".encode() in content
    assert b"x-segl" not in content.lower()
    assert not street.mail_for(SENDER), "a plain message asks for no delivery report"


def test_the_subject_tag_asks_for_the_secure_way(house: House, street: Street) -> None:
    house.submit(letter("", (BARE,), "SV: Sikker: tilbud", ORDINARY).content, SENDER, [BARE])
    content = arrives(house, street, BARE)
    assert "Skal vi mødes".encode() not in content
    assert '"requested"' in house.milter.log


def test_mail_to_colleagues_stays_plain(house: House, street: Street) -> None:
    house.submit(letter("", (COLLEAGUE,), "Kort", SENSITIVE).content, SENDER, [COLLEAGUE])
    assert CPR.encode() in arrives(house, street, COLLEAGUE)
    assert "classified" in house.milter.log
    # What stands in the secure instance's queue may be a report of the test before.
    assert not re.search(r"segl/smtpd\[\d+\]: \w+: client", house.secure.log)


@contextlib.contextmanager
def in_mode(house: House, mode: str) -> Iterator[None]:
    """The house's milter runs in *mode*, and then in the usual one again."""
    usual = house.mode
    try:
        _change(house, mode)
        yield
    finally:
        _change(house, usual)


def _change(house: House, mode: str) -> None:
    house.mode = mode
    house.write_settings()
    house.milter.stop()
    house.milter.start()


def test_always_sends_ordinary_mail_securely(house: House, street: Street) -> None:
    with in_mode(house, "always"):
        house.submit(letter("", (BARE, GOOD), "Møde", ORDINARY).content, SENDER, [BARE, GOOD])
        assert "Skal vi mødes".encode() not in arrives(house, street, BARE)
        arrives(house, street, GOOD)
        assert street.mail_for(GOOD)[0].tls


def test_shadow_changes_nothing_and_tells_what_it_would_have_done(house: House, street: Street) -> None:
    with in_mode(house, "shadow"):
        house.submit(letter("", (BARE,), "Kort", SENSITIVE).content, SENDER, [BARE])
        assert CPR.encode() in arrives(house, street, BARE)
        assert '"decision": "secure"' in house.milter.log


def test_what_waits_keeps_the_decision_of_the_day_it_came(house: House, street: Street) -> None:
    """docs/operations.md, "What waits already": two messages that mode `shadow` let out, and one is taken back."""
    house.front.run("postconf", "-e", "defer_transports=smtp")
    house.front.reload()
    try:
        with in_mode(house, "shadow"):
            for subject in ("Den ene", "Den anden"):
                house.submit(letter("", (BARE,), subject, SENSITIVE).content, SENDER, [BARE])
            ids: list[str] = []

            def both_wait() -> bool:
                ids[:] = deferred(house)
                return len(ids) == 2

            wait_until(both_wait, 30, lambda: house.log[-4000:])
        house.front.requeue(ids[0])
    finally:
        house.front.run("postconf", "-e", "defer_transports=")
        house.front.reload()

    def both() -> bool:
        house.front.flush()
        return len(street.mail_for(BARE)) == 2

    wait_until(both, 60, lambda: house.log[-6000:])
    contents = sorted((mail.content for mail in street.mail_for(BARE)), key=lambda one: CPR.encode() in one)
    assert b"https://sikker.nordby-vand.example/m/" in contents[0]
    assert CPR.encode() not in contents[0]
    assert CPR.encode() in contents[1]


def deferred(house: House) -> list[str]:
    """Those of the front's messages that wait; who is being tried again is not among them."""
    return [one["queue_id"] for one in house.front.queue() if one["queue_name"] == "deferred"]
