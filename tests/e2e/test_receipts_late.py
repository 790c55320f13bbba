"""Receipts whose news come late: waiting, refused where it was sent on, or with everything restarted in between."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segl.given_proofs import noted_between
from segl.store.engine import open_store, transaction
from world import template
from world.estate import build_house
from world.house import House
from world.letters import GOOD, PARTNER, SENDER
from world.postfix import wait_until, with_parameters
from world.receipts import ReadReceipt, other_reports, receipts_for, secret_letter
from world.street import Street

pytestmark = pytest.mark.world


@pytest.fixture
def impatient(street: Street, home: Path) -> Iterator[House]:
    """A house whose secure Postfix says after two seconds that something waits, and gives up after some more."""
    house = build_house(street, home)
    house.secure.main_cf = with_parameters(house.secure.main_cf, delay_warning_time="2s")
    try:
        house.start()
        yield house
    finally:
        for peer in (street.good, street.tunnel):
            peer.rcpt_replies.clear()
            peer.announces_dsn = False
        house.stop()


def test_waiting_and_failing_are_told_at_once_and_the_end_when_there_is_one(
    impatient: House, street: Street
) -> None:
    """One recipient is deferred and then served; one is refused where the ciphertext was sent on; one server says that
    it reports itself."""
    waits, colleague = f"venter@{GOOD.partition('@')[2]}", f"ukendt@{PARTNER.partition('@')[2]}"
    street.good.announces_dsn = True
    street.good.rcpt_replies[waits] = "450 4.2.0 come back later"
    street.tunnel.rcpt_replies[colleague] = "550 5.1.1 no such user here"
    everyone = (GOOD, waits, colleague)
    impatient.submit(secret_letter(*everyone, message_id="<2@desk.example>"), SENDER, everyone)
    told = wait_until_told(impatient, street, lambda one: one.states.get(colleague) == "failed")
    assert told.ways[colleague] == "tunnel"
    assert told.line(colleague)["detail"] == "no such user here"
    waiting = wait_until_told(impatient, street, lambda one: one.states.get(waits) == "delayed")
    assert "Venter, prøves igen til" in waiting.part("text/plain")
    assert not waiting.form["complete"]
    del street.good.rcpt_replies[waits]
    done = wait_until_told(impatient, street, lambda one: one.form["complete"])
    assert done.states == {GOOD: "sent", waits: "sent", colleague: "failed"}
    [mail] = street.mail_for(GOOD)
    assert not any("NOTIFY" in option for options in mail.rcpt_options for option in options)
    assert other_reports(street, SENDER) == []


def is_noted_until(house: House, moment: float) -> bool:
    """Whether all is written that segl-map gave before it."""
    engine = open_store(house.settings.store.url)
    with transaction(engine) as connection:
        found = bool(noted_between(connection, moment, moment))
    engine.dispose()
    return found


def test_whatever_is_restarted_between_delivery_and_receipt_the_receipt_comes(
    impatient: House, street: Street
) -> None:
    impatient.deliver.kill()
    impatient.submit(secret_letter(GOOD, message_id="<3@desk.example>"), SENDER, [GOOD])
    wait_until(lambda: bool(street.mail_for(GOOD)), 60, lambda: impatient.log[-6000:])
    impatient.secure.wait_for_log(r"segl-receipt/lmtp.*status=deferred")
    delivered = time.time()
    wait_until(lambda: is_noted_until(impatient, delivered + 1), 30, lambda: impatient.log[-6000:])
    for instance in (impatient.secure, impatient.front):
        instance.stop()
    for daemon in (impatient.map, impatient.milter):
        daemon.kill()
    impatient.start()
    told = wait_until_told(impatient, street, lambda one: one.form["message_id"] == "<3@desk.example>")
    assert told.states == {GOOD: "sent"}
    tls = told.line(GOOD)["tls"]
    assert tls["level"] == "verified"  # the log was read although nobody read it then
    assert tls["proof"] == "pkix"  # and what segl-map gave is known though it was killed
    found = segl(impatient, "receipt", "show", "<3@desk.example>", "--json")
    assert json.loads(found)["recipients"][0]["tls"]["version"] == "TLSv1.3"
    assert GOOD in segl(impatient, "receipt", "show", told.form["id"])
    # Else reports wait for less long than is said.
    assert "adjusting bounce_queue_lifetime" not in impatient.log


def wait_until_told(house: House, street: Street, wanted: Callable[[ReadReceipt], bool]) -> ReadReceipt:
    wait_until(lambda: any(map(wanted, receipts_for(street, SENDER))), 90, lambda: house.log[-9000:])
    return next(one for one in receipts_for(street, SENDER) if wanted(one))


def segl(house: House, *arguments: str) -> str:
    done = template.run("segl", *arguments, "--settings", str(house.settings_file))
    assert done.returncode == 0, done.stderr
    return done.stdout
