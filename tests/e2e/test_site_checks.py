"""What a site says of mail that leaves, of another host with its mailboxes and of its clients holds for those, and not
between Segl's parts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from segl.postfix.edit import parameters_of
from segl.sealed.phrase import is_phrase
from segl.store.engine import open_store, transaction
from segl.tables.sealed import sealed_recipient
from world import odd_shapes, raw_smtp
from world.estate import standing_house
from world.house import House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, SENDER, letter
from world.postfix import wait_until, with_parameters
from world.receipts import receipts_for
from world.street import Street

pytestmark = pytest.mark.world

# As one writes it who wants no program's private header fields to leave the house.
CHECKS = "regexp:{{/^X-/ IGNORE}}"
# As one writes it who wants no reports of anything (postconf(5), smtpd_command_filter).
SILENCE = "regexp:{{/^(RCPT TO:<[^ ]*>)( .*)?$$/ $$1 NOTIFY=NEVER}}"
# As one writes it who wants to hear at once of what another server would take later.
IMPATIENCE = "regexp:{{/^4(.*)$$/ 5$$1}}"
TALKATIVE = 2505  # an entrance beside it at which clients may ask for reports


@pytest.fixture(scope="module")
def house(street: Street) -> Iterator[House]:
    def with_checks(house: House) -> None:
        verdicts = parameters_of(house.front.main_cf)["milter_header_checks"]
        house.front.main_cf = with_parameters(
            house.front.main_cf,
            smtp_header_checks=CHECKS,
            milter_header_checks=f"{verdicts}, {CHECKS}",  # no field of a spam filter's either
            lmtp_tls_security_level="encrypt",  # to the mailboxes, which Dovecot has on another host
            lmtp_sasl_auth_enable="yes",
            smtpd_command_filter=SILENCE,
            default_delivery_status_filter=IMPATIENCE,
            smtp_never_send_ehlo="yes",  # for an old fire wall's sake
        )
        patient = "\nsmtp unix - - n - - smtp\n  -o smtp_delivery_status_filter=\n"  # with its own mailboxes
        house.front.master_cf = house.front.master_cf.replace("\nsmtp unix - - n - - smtp\n", patient)
        house.front.master_cf += f"127.0.0.1:{TALKATIVE} inet n - n - - smtpd -o smtpd_command_filter=\n"

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


def test_a_colleague_who_cannot_be_reached_is_told_of_though_the_site_asks_for_no_reports(
    house: House, street: Street
) -> None:
    """The copy comes back through the return port, which goes by what the secure instance asks."""
    street.forget()
    street.store.rcpt_replies[COLLEAGUE] = "550 5.1.1 no such user"
    try:
        house.submit(
            letter("", (GOOD, COLLEAGUE), "Sag", f"CPR-nr. {CPR}\n").content, SENDER, [GOOD, COLLEAGUE]
        )
        wait_until(lambda: COLLEAGUE in said(street), 60, lambda: house.log[-6000:])
    finally:
        street.store.rcpt_replies.clear()
    assert said(street)[COLLEAGUE] == "failed"


def test_a_report_of_the_front_reaches_segl_deliver_though_lmtp_to_the_mailboxes_is_by_tls(
    house: House, street: Street
) -> None:
    street.forget()
    content = odd_shapes.nested(1_003, "<dyb@nordby-vand.example>")
    raw_smtp.submit(TALKATIVE, content, [f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{GOOD}>"])
    wait_until(lambda: bool(said(street)), 60, lambda: house.log[-6000:])
    assert said(street) == {GOOD: "failed"}


def test_what_is_to_wait_at_strangers_not_at_all_waits_for_the_secure_instance(
    house: House, street: Street
) -> None:
    street.forget()
    house.secure.stop()
    try:
        house.submit(letter("", (GOOD,), "Sag", f"CPR-nr. {CPR}\n").content, SENDER, [GOOD])
        house.front.wait_for_log(
            rf"to=<{GOOD}>, .*connect to 127.0.0.1\[127.0.0.1\]:10026: Connection refused"
        )
    finally:
        house.secure.start()
    wait_until(lambda: bool(street.mail_for(GOOD)), 60, lambda: house.log[-6000:])
    wait_until(lambda: bool(said(street)), 60, lambda: house.log[-6000:])
    assert said(street) == {GOOD: "sent"}


@pytest.mark.parametrize("text", ["Vi ses til te. " * 300, f"CPR-nr. {CPR}. " + "Vi ses til te. " * 300])
def test_a_line_is_not_broken_on_its_way_to_a_colleague(house: House, street: Street, text: str) -> None:
    """What waits for the mailboxes is as it was written; local(8) would put it there as it is."""
    street.forget()
    content = letter("", (COLLEAGUE,), "Te", "her\n").content.replace(b"her", text.encode())
    street.store.rcpt_replies[COLLEAGUE] = "450 4.2.1 later"
    try:
        house.submit(content, SENDER, [COLLEAGUE, GOOD] if CPR in text else [COLLEAGUE])
        wait_until(lambda: bool(deferred(house)), 60, lambda: house.log[-6000:])
        waiting = house.front.run("postcat", "-b", "-q", deferred(house)[0])
    finally:
        street.store.rcpt_replies.clear()
        house.front.run("postsuper", "-d", "ALL")
    assert text in waiting


def deferred(house: House) -> list[str]:
    return [each["queue_id"] for each in house.front.queue() if each["queue_name"] == "deferred"]


def said(street: Street) -> dict[str, str]:
    return {name: state for one in receipts_for(street, SENDER) for name, state in one.states.items()}
