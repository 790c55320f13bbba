"""segl-deliver is killed while it seals, under a real Postfix that tries again: one sealed message, one link."""

from __future__ import annotations

import email
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from email import policy

import pytest

from world.estate import standing_house
from world.house import DOMAIN, House
from world.letters import BARE, CPR, SENDER, letter
from world.postfix import wait_until
from world.street import Street

pytestmark = pytest.mark.world

LINK = re.compile(rf"https://sikker\.{re.escape(DOMAIN)}/m/[0-9a-f]{{32}}#[\w-]{{43}}")


@pytest.fixture(scope="module")
def house(street: Street) -> Iterator[House]:
    with standing_house(street) as house:
        yield house


def notices(street: Street) -> list[tuple[str, str]]:
    """Name and link of each that came."""
    found = []
    for one in street.mail_for(BARE):
        mail = email.message_from_bytes(one.content, policy=policy.default)
        words = mail.get_body(("plain",))
        assert words is not None
        link = LINK.search(words.get_content())
        assert link is not None
        found.append((str(mail["Message-ID"]), link[0]))
    return found


def rows(house: House) -> int:
    with closing(sqlite3.connect(house.state / "segl.db")) as store:
        return int(store.execute("SELECT count(*) FROM sealed_recipient").fetchone()[0])


def settled(house: House, street: Street) -> None:
    wait_until(lambda: bool(street.mail_for(BARE)), 120, lambda: house.log[-6000:])
    wait_until(lambda: house.queued == 0, 60, lambda: house.log[-6000:])


@pytest.mark.parametrize("pause", [0.0, 0.01, 0.03])
def test_a_kill_at_any_moment_leaves_one_sealed_message_and_one_link(
    house: House, street: Street, pause: float
) -> None:
    street.forget()
    before, text = rows(house), f"Hej\n\nCPR-nummer {CPR}.\n"
    house.submit(letter("", (BARE,), "Sag", text).content, SENDER, [BARE])
    wait_until(lambda: rows(house) > before, 60, lambda: house.log[-6000:])
    time.sleep(pause)
    house.deliver.kill()
    house.deliver.start()
    house.secure.flush()
    settled(house, street)
    assert rows(house) == before + 1, "one copy, however often it was handed over"
    [(name, link)] = set(notices(street))
    assert name
    assert link
