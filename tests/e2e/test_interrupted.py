"""segl-deliver killed at chosen points of a hand-over, between two real Postfixes: nothing is lost, nothing goes in
clear, and at worst something comes twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from world.estate import build_house
from world.house import House
from world.interrupter import Interrupter, Point
from world.letters import BARE, COLLEAGUE, CPR, PARTNER, SENDER, letter
from world.oracle import Identity, openssl
from world.partners import Partner, rsa_key
from world.postfix import wait_until
from world.street import Street

pytestmark = pytest.mark.world

SECRET = f"Lejeren har CPR-nummer {CPR}."


@dataclass
class Desk:
    """A house with a partner and a key of its own; its segl-deliver can be killed."""

    house: House
    street: Street
    interrupter: Interrupter
    partner: Partner
    own: Identity

    def send(self, point: Point, message: bytes, sender: str, *recipients: str) -> None:
        """Hand in, see the process die at *point*, start it again, and wait until all have their mail."""
        self.street.forget()
        self.interrupter.arm(point)
        self.house.submit(message, sender, recipients)
        assert self.interrupter.struck.wait(60), self.house.log[-6000:]
        self.house.deliver.start()
        wait_until(
            lambda: all(self.street.mail_for(one) for one in recipients) and not self.house.queued,
            90,
            lambda: self.house.log[-8000:],
        )


@pytest.fixture(scope="module")
def desk(street: Street) -> Iterator[Desk]:
    with TemporaryDirectory(prefix="kill-") as folder, ExitStack() as running:
        directory = Path(folder)
        house = build_house(street, directory, settings_text="[inbound]\non = true\n")
        text = house.settings_file.read_text("utf-8")
        house.settings_file.write_text(
            text.replace("[delivery]", '[delivery]\nreinject = "127.0.0.1:10127"'), "utf-8"
        )
        partner = Partner.new(house.tunnel, PARTNER.partition("@")[2], directory, rsa_key())
        own = Identity.new(directory, "own", rsa_key(2048, 1))
        for name, data in (("key", own.key_file.read_bytes()), ("crt", own.cert_file.read_bytes())):
            (house.keys / f"own.{name}.pem").write_bytes(data)
            (house.keys / f"own.{name}.pem").chmod(0o600)
        interrupter = running.enter_context(Interrupter(10127, 10027, lambda: house.deliver))
        running.callback(house.stop)
        house.start()
        yield Desk(house, street, interrupter, partner, own)


@pytest.mark.parametrize("point", Point)
def test_what_goes_out_is_encrypted_or_sealed_whenever_it_dies(desk: Desk, point: Point) -> None:
    desk.send(point, letter("", (PARTNER, BARE), "Flytning", SECRET).content, SENDER, PARTNER, BARE)
    for mail in desk.street.mail_for(PARTNER):
        assert SECRET.encode() in desk.partner.decrypt(mail.content)
    assert all(b"https://sikker." in mail.content for mail in desk.street.mail_for(BARE))
    assert CPR.encode() not in desk.street.seen_in_clear()
    came = [len(desk.street.mail_for(one)) for one in (PARTNER, BARE)]
    assert max(came) <= 2
    # Then the return port has it, and the secure instance, too.
    assert point is not Point.REPLIED or max(came) == 2


@pytest.mark.parametrize("point", Point)
def test_what_comes_in_is_opened_whenever_it_dies(desk: Desk, point: Point) -> None:
    entity = f"Content-Type: text/plain\r\n\r\n{SECRET}\r\n".encode()
    made = openssl("cms", "-encrypt", "-binary", "-aes256", desk.own.cert_file, given=entity)
    desk.send(point, f"From: {BARE}\r\nSubject: x\r\n".encode() + made, BARE, COLLEAGUE)
    mails = desk.street.mail_for(COLLEAGUE)
    assert all(SECRET.encode() in mail.content and b"Segl-Opened: yes" in mail.content for mail in mails)
    assert len(mails) == 2 if point is Point.REPLIED else len(mails) <= 2
    assert desk.street.mail_for(BARE) == []
    assert CPR.encode() not in desk.street.seen_in_clear()
