"""Forced TLS that held a moment ago fails at delivery: the recipients take the next way within a minute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from world.estate import standing_house
from world.house import House
from world.letters import BARE, CPR, GOOD, SENDER, letter
from world.postfix import wait_until
from world.street import Street

pytestmark = pytest.mark.world

NEIGHBOUR = "lone@boligforening.example"
SIGNED = "ib@signeret.example"
TEXT = f"Hej\n\nLejeren har CPR-nummer {CPR} og er flyttet.\n"


@pytest.fixture
def watched(street: Street) -> Iterator[House]:
    tls, takes = street.good.tls, street.signed.mail_reply
    try:
        with standing_house(street, prepare=watch_closely) as house:
            yield house
    finally:
        street.good.tls, street.good.tls_reply, street.signed.mail_reply = tls, "", takes


def watch_closely(house: House) -> None:
    # the same table twice is an error in TOML, so the key joins the house's own [routing]
    text = house.settings_file.read_text("utf-8")
    keys = "watch_seconds = 0.5\nfallback_later_seconds = 3\n"
    house.settings_file.write_text(text.replace("[routing]\n", f"[routing]\n{keys}"), "utf-8")


def submit(house: House, *recipients: str) -> None:
    house.submit(letter("", recipients, "Sag", TEXT).content, SENDER, recipients)


def test_a_server_that_loses_its_tls_falls_to_the_next_way(watched: House, street: Street) -> None:
    submit(watched, GOOD)
    wait_until(lambda: bool(street.mail_for(GOOD)), 30, lambda: watched.log[-4000:])
    assert street.mail_for(GOOD)[0].tls is not None

    street.good.tls = None
    street.forget()
    submit(watched, GOOD, NEIGHBOUR)
    watched.secure.wait_for_log(rf"to=<{GOOD}>.*status=deferred \(TLS is required, but was not offered")
    wait_until(
        lambda: all(street.mail_for(r) for r in (GOOD, NEIGHBOUR)) and not watched.queued,
        60,
        lambda: watched.log[-6000:],
    )
    for recipient in (GOOD, NEIGHBOUR):
        [notice] = street.mail_for(recipient)
        assert b"https://sikker.nordby-vand.example/m/" in notice.content
        assert CPR.encode() not in notice.content
    assert CPR.encode() not in street.seen_in_clear()

    [marked] = [event for event in watched.map.events if event["event"] == "domain_marked"]
    assert marked["domain"] == "boligforening.example"
    assert "TLS is required, but was not offered" in marked["reason"]

    # the mark outlives a restart, and concerns this domain alone
    street.good.tls = None
    watched.map.stop()
    watched.map.start()
    street.forget()
    submit(watched, GOOD, BARE)
    wait_until(lambda: bool(street.mail_for(GOOD)), 30, lambda: watched.log[-4000:])
    assert b"https://sikker" in street.mail_for(GOOD)[0].content
    routed = [e for e in watched.map.events if e["event"] == "routed" and e["recipient"] == GOOD]
    assert routed[-1]["way"] == "portal"


def test_a_server_that_refuses_to_start_tls_for_good_falls_to_the_next_way(
    watched: House, street: Street
) -> None:
    """Postfix by itself would give the message back. So does one that starts it and then puts off whatever comes."""
    submit(watched, GOOD)
    wait_until(lambda: bool(street.mail_for(GOOD)), 30, lambda: watched.log[-4000:])
    street.forget()
    street.good.tls_reply = "500 5.5.1 unrecognized command"
    takes, street.signed.mail_reply = street.signed.mail_reply, "454 4.7.0 TLS not available"
    submit(watched, NEIGHBOUR)
    submit(watched, SIGNED)
    wait_until(lambda: ways_of(watched, SIGNED)[-1:] == ["portal"], 60, lambda: watched.log[-6000:])
    assert ways_of(watched, SIGNED)[0] == "tls"
    street.signed.mail_reply = takes
    wait_until(
        lambda: all(map(street.mail_for, (NEIGHBOUR, SIGNED))) and not watched.queued,
        60,
        lambda: watched.log[-6000:],
    )
    for recipient in (NEIGHBOUR, SIGNED):
        assert b"https://sikker.nordby-vand.example/m/" in street.mail_for(recipient)[0].content
    assert CPR.encode() not in street.seen_in_clear()
    assert "status=bounced" not in watched.secure.log
    reasons = {e["domain"]: e["reason"] for e in watched.map.events if e["event"] == "domain_marked"}
    assert "said 454 (in reply to MAIL FROM command)" in reasons["signeret.example"]


def ways_of(house: House, recipient: str) -> list[str]:
    return [e["way"] for e in house.map.events if e["event"] == "routed" and e["recipient"] == recipient]
