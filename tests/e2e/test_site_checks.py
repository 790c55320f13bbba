"""The site's own checks of outgoing mail (smtp_header_checks): they hold for what leaves, not between Segl's parts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from segl.sealed.phrase import is_phrase
from segl.store.engine import open_store, transaction
from segl.tables.sealed import sealed_recipient
from world.estate import standing_house
from world.house import House
from world.letters import BARE, CPR, SENDER, letter
from world.postfix import wait_until, with_parameters
from world.receipts import receipts_for
from world.street import Street

pytestmark = pytest.mark.world

# As one writes it who wants no program's private header fields to leave the house.
CHECKS = "regexp:{{/^X-/ IGNORE}}"


@pytest.fixture(scope="module")
def house(street: Street) -> Iterator[House]:
    def with_checks(house: House) -> None:
        house.front.main_cf = with_parameters(house.front.main_cf, smtp_header_checks=CHECKS)

    with standing_house(street, prepare=with_checks) as house:
        yield house


def test_what_the_sender_asked_for_outlives_the_way_to_the_secure_instance(
    house: House, street: Street
) -> None:
    text = f"Hej\n\nLejeren har CPR-nummer {CPR}.\n"
    house.submit(letter("", (BARE,), "[kodeord: den gule stol] Flytning", text).content, SENDER, [BARE])
    wait_until(lambda: bool(street.mail_for(BARE)), 60, lambda: house.log[-6000:])
    engine = open_store(house.settings.store.url)
    with transaction(engine) as connection:
        [phrase] = connection.scalars(select(sealed_recipient.c.phrase_hash))
    engine.dispose()
    assert phrase, "it was sealed, and nobody is asked for the phrase"
    assert is_phrase(phrase, "Den gule stol")
    wait_until(lambda: bool(receipts_for(street, SENDER)), 60, lambda: house.log[-6000:])
    [receipt] = receipts_for(street, SENDER)
    assert receipt.states[BARE] == "sealed"
