"""What a mail program asks to hear of (RFC 3461), and who stands behind an alias: nobody is lost over it, and the
sender hears of everybody."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from world.estate import standing_house
from world.house import House
from world.letters import BARE, CPR, GOOD, SENDER, letter
from world.postfix import wait_until, with_parameters
from world.receipts import receipts_for
from world.street import Street

pytestmark = pytest.mark.world

SALES, BOARD = "salg@nordby-vand.example", "bestyrelsen@nordby-vand.example"
MOVED, KEEPER = "jens@gammel.example", "arkivar@nordby-vand.example"
ALIASES = f"inline:{{ {{ {SALES} = {GOOD} }}, {{ {BOARD} = {KEEPER}, {GOOD} }} }}"
# Thunderbird asks for all three with ORCPT, Outlook and Exchange for the last two, bulk mailers for none.
EVERYTHING, FAILURES = "SUCCESS,FAILURE,DELAY", "FAILURE,DELAY"


@pytest.fixture(scope="module", params=["yes", "no"])
def office(street: Street, request: pytest.FixtureRequest) -> Iterator[House]:
    """A front with aliases; Postfix keeps the address that was written to, or (`no`) does not."""

    def prepare(house: House) -> None:
        house.front.main_cf = with_parameters(
            house.front.main_cf,
            enable_original_recipient=request.param,
            virtual_alias_maps=ALIASES,
            recipient_canonical_maps=f"inline:{{ {{ {MOVED} = {GOOD} }} }}",
        )

    with standing_house(street, prepare, receipts="wait_seconds = 60") as house:
        yield house


CASES = {
    f"<{number}@nordby-vand.example>": case
    for number, case in enumerate(
        itertools.product(
            [(SALES, [GOOD]), (BOARD, [KEEPER, GOOD]), (MOVED, [GOOD])],
            [EVERYTHING, FAILURES, "SUCCESS", "NEVER", ""],
            [True, False],
        )
    )
}


def test_whoever_stands_behind_an_alias_gets_it_whatever_was_asked_for(office: House, street: Street) -> None:
    """Each message goes to an alias, and to somebody beside it."""
    street.forget()
    with office.session() as smtp:
        smtp.ehlo()
        for name, ((alias, _), notify, named) in CASES.items():
            assert smtp.mail(SENDER, ["RET=FULL", "ENVID=7"])[0] == 250
            for recipient in (alias, BARE):
                asked = [f"NOTIFY={notify}"] * bool(notify) + [f"ORCPT=rfc822;{recipient}"] * named
                assert smtp.rcpt(recipient, asked)[0] == 250
            text = f"CPR-nr. {CPR}\n"
            mail = letter("", (alias, BARE), "Sag", text, headers=(("Message-ID", name),))
            assert smtp.data(mail.content)[0] == 250

    def told() -> dict[str, dict[str, str]]:
        return {one.form["message_id"]: one.states for one in receipts_for(street, SENDER)}

    wait_until(
        lambda: set(told()) >= set(CASES), 90, lambda: f"{CASES.keys() - told()}\n{office.log[-9000:]}"
    )
    states_of = told()
    for name, ((_, behind), notify, named) in CASES.items():
        for one in behind:
            arrived = [mail for mail in street.mail_for(one) if name.encode() in mail.content]
            assert len(arrived) == 1, (one, notify, named)
        assert states_of[name] == {BARE: "sealed"} | dict.fromkeys(behind, "sent"), (notify, named)
    assert len(street.mail_for(BARE)) == len(CASES)
    assert CPR.encode() not in street.seen_in_clear()
