"""Own addresses that lead outside (``organisation.forwarded``): what a colleague writes to them is read, and leaves no
more in clear than what goes outside at once. There are two kinds: an alias that the front follows, and one that is
followed behind it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from world.estate import standing_house
from world.house import DOMAIN, MAIL_STORE, House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, SENDER, letter
from world.peers import ReceivedMail
from world.postfix import wait_until, with_parameters
from world.receipts import receipts_for
from world.street import Street

pytestmark = pytest.mark.world

CHAIR, TREASURER = f"formand@{DOMAIN}", f"kasserer@{DOMAIN}"
UNNAMED = f"konsulent@{DOMAIN}"  # leads outside, too, and nobody has said so
STRANGER = "eva@boligforening.example"
# By a database, as of those who serve mailboxes for many: on leave, with a program that answers; a tenant of another
# domain; both the board's, of whom one leads outside, and somebody outside.
ABSENT, HOSTED, BOARD, LODGER = (f"{name}@{DOMAIN}" for name in ("ferie", "vaert", "bestyrelse", "logerende"))
TENANT, ANSWERER = "anna@hostet.example", f"ferie#{DOMAIN}@autoreply.{DOMAIN}"
ROWS = {
    "alias": [
        (ABSENT, f"{ABSENT},{ANSWERER}"),
        (HOSTED, TENANT),
        (BOARD, f"{COLLEAGUE},{TREASURER}"),
        (LODGER, BARE),
    ],
    "domain": [("hostet.example", "1"), (DOMAIN, "1"), (BARE, "an address, as in a directory of people")],
    "transport": [(f"autoreply.{DOMAIN}", "absence:")],
}


def name_alias(house: House) -> None:
    """The treasurer's mail is forwarded by the mail store."""
    asked = {name: f"sqlite:{house.directory}/{name}.cf" for name in ROWS}
    with sqlite3.connect(house.directory / "tables.db") as base:
        base.execute("CREATE TABLE said (name TEXT, key TEXT, value TEXT)")
        for name, rows in ROWS.items():
            base.executemany("INSERT INTO said VALUES (?, ?, ?)", [(name, *row) for row in rows])
            (house.directory / f"{name}.cf").write_text(
                f"dbpath = {house.directory}/tables.db\ntable = said\nselect_field = value\nwhere_field = key\n"
                f"additional_conditions = AND name = '{name}'\n",
                "utf-8",
            )
    aliases = f"inline:{{ {{ {CHAIR} = {BARE} }}, {{ {UNNAMED} = {BARE} }} }}"
    [ways] = [
        line.partition(" = ")[2]
        for line in house.front.main_cf.splitlines()
        if line.startswith("transport_maps")
    ]
    house.front.main_cf = with_parameters(
        house.front.main_cf,
        relay_domains="",
        virtual_alias_maps=f"{aliases}, {asked['alias']}",
        virtual_mailbox_domains=f"proxy:{asked['domain']}",
        virtual_transport=f"smtp:[{MAIL_STORE}]:25",
        transport_maps=f"{ways}, {asked['transport']}",
        header_checks=f"regexp:{{{{/^Subject: Kopi/ BCC {GOOD}}}}}",
    )
    house.front.master_cf += "absence unix - n n - - pipe user=nobody argv=/bin/cat\n"
    house.front.write()
    house.ask_tables()


@pytest.fixture(scope="module")
def house(street: Street) -> Iterator[House]:
    with standing_house(street, prepare=name_alias, forwarded=(CHAIR, TREASURER)) as house:
        yield house


@pytest.fixture(autouse=True)
def nothing_before(street: Street) -> None:
    street.forget()


def sent(
    house: House, street: Street, text: str, recipient: str, arrives_at: str, sender: str = SENDER
) -> ReceivedMail:
    """What arrived there of a message from *sender* with *text*."""
    house.submit(letter("", (recipient,), "Hej", text).content, sender, [recipient])
    wait_until(lambda: bool(street.mail_for(arrives_at)), 60, lambda: house.log[-6000:])
    [mail] = street.mail_for(arrives_at)
    return mail


@pytest.mark.parametrize(("recipient", "arrives_at"), [(CHAIR, BARE), (TREASURER, TREASURER)])
def test_a_number_waits_where_a_link_leads(
    house: House, street: Street, recipient: str, arrives_at: str
) -> None:
    mail = sent(house, street, f"Lejeren har CPR-nr. {CPR}.\n", recipient, arrives_at)
    assert b"/m/" in mail.content
    assert CPR.encode() not in mail.content
    wait_until(lambda: bool(receipts_for(street, SENDER)), 60, lambda: house.log[-6000:])
    [receipt] = receipts_for(street, SENDER)
    assert set(receipt.states.values()) == {"sealed"}
    assert CPR.encode() not in street.seen_in_clear()


@pytest.mark.parametrize(
    ("recipient", "arrives_at"), [(CHAIR, BARE), (TREASURER, TREASURER), (COLLEAGUE, COLLEAGUE)]
)
def test_other_mail_arrives_as_it_is(house: House, street: Street, recipient: str, arrives_at: str) -> None:
    assert b"Vi ses kl. 15." in sent(house, street, "Vi ses kl. 15.\n", recipient, arrives_at).content


@pytest.mark.parametrize(
    ("sender", "recipient", "arrives_at"),
    [(STRANGER, CHAIR, BARE), (STRANGER, UNNAMED, BARE), (SENDER, COLLEAGUE, COLLEAGUE)],
    ids=["what comes in", "what comes in for an alias that nobody named", "to a colleague"],
)
def test_what_is_not_read_as_ever(
    house: House, street: Street, sender: str, recipient: str, arrives_at: str
) -> None:
    assert CPR.encode() in sent(house, street, f"CPR-nr. {CPR}\n", recipient, arrives_at, sender).content


@pytest.mark.parametrize("sender", [SENDER, "", f"www-data@web.{DOMAIN}"])
def test_what_nobody_has_read_does_not_leave_by_an_alias_that_nobody_named(
    house: House, street: Street, sender: str
) -> None:
    mail = sent(house, street, f"CPR-nr. {CPR}\n", UNNAMED, BARE, sender)
    assert b"/m/" in mail.content
    assert CPR.encode() not in street.seen_in_clear()


@pytest.mark.parametrize(
    ("recipient", "arrives_at", "log"),
    [(ABSENT, ABSENT, f"to=<{ANSWERER}>, .*relay=absence.*sent"), (HOSTED, TENANT, f"to=<{TENANT}>, .*sent")],
    ids=["somebody on leave", "a domain that is served here"],
)
def test_what_a_database_says_is_of_the_house_stays_in_it(
    house: House, street: Street, recipient: str, arrives_at: str, log: str
) -> None:
    house.submit(letter("", (recipient,), "Hej", f"CPR-nr. {CPR}\n").content, SENDER, [recipient])
    house.front.wait_for_log(log)
    wait_until(lambda: not house.queued, 60, lambda: house.log[-6000:])
    [mail] = street.store.received
    assert mail.recipients == (arrives_at,), "and its sender is told nothing"
    assert CPR.encode() in mail.content


@pytest.mark.parametrize(("recipient", "arrives_at"), [(LODGER, BARE), (BOARD, TREASURER)])
def test_what_it_says_leads_outside_does_not_leave_unread(
    house: House, street: Street, recipient: str, arrives_at: str
) -> None:
    """The treasurer is at a domain that the database has, too."""
    assert b"/m/" in sent(house, street, f"CPR-nr. {CPR}\n", recipient, arrives_at).content
    assert CPR.encode() not in street.seen_in_clear()


def test_nor_by_a_copy_that_nobody_named(house: House, street: Street) -> None:
    """The colleague has it as it is, and so has who gets the copy, by TLS that is proven."""
    content = letter("", (COLLEAGUE,), "Kopi", f"CPR-nr. {CPR}\n").content
    house.submit(content, SENDER, [COLLEAGUE])
    for one in (COLLEAGUE, GOOD):
        wait_until(lambda one=one: bool(street.mail_for(one)), 60, lambda: house.log[-6000:])  # type: ignore[misc]
        [mail] = street.mail_for(one)
        assert CPR.encode() in mail.content
        assert b"x-segl-" not in mail.content.lower()
    assert street.mail_for(GOOD)[0].tls
    assert CPR.encode() not in street.seen_in_clear()
    wait_until(lambda: not house.queued, 60, lambda: house.log[-6000:])
    assert [one for one in street.store.received if SENDER in one.recipients] == [], "nobody is told"


def test_what_comes_back_unread_does_not_go_on_outside(house: House, street: Street) -> None:
    """Her colleague's mailbox refuses it. The report goes where her own address leads."""
    street.store.rcpt_replies[COLLEAGUE] = "552 5.2.2 mailbox full"
    try:
        mail = sent(house, street, f"CPR-nr. {CPR}\n", COLLEAGUE, BARE, CHAIR)
    finally:
        del street.store.rcpt_replies[COLLEAGUE]
    assert b"mailbox full" in mail.content
    assert CPR.encode() not in mail.content
