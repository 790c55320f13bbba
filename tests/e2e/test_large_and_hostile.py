"""Messages at and beyond the limits: served securely, nothing lost."""

from __future__ import annotations

import random

import pytest

from world.house import House
from world.letters import BARE, CPR, GOOD, PARTNER, SENDER, letter
from world.postfix import wait_until
from world.street import Street

pytestmark = [pytest.mark.world, pytest.mark.slow]
MODEL = True


def arrives(house: House, street: Street, recipient: str, seconds: float = 60) -> bytes:
    wait_until(lambda: bool(street.mail_for(recipient)), seconds, lambda: house.log[-6000:])
    return street.mail_for(recipient)[0].content


def test_fifty_megabytes_to_three_ways(steady_house: House, street: Street) -> None:
    street.forget()
    data = random.Random(1).randbytes(36_000_000)  # 50 MB as base64
    content = letter(
        "",
        (GOOD, PARTNER, BARE),
        "Stor",
        "Se bilag\n",
        attachment=("film.bin", "application/octet-stream", data),
    ).content
    assert len(content) > 49_000_000
    steady_house.submit(content, SENDER, [GOOD, PARTNER, BARE])
    assert len(arrives(steady_house, street, GOOD, 120)) > 49_000_000
    assert len(arrives(steady_house, street, PARTNER, 120)) > 49_000_000
    assert len(arrives(steady_house, street, BARE, 120)) < 50_000
    assert not street.seen_in_clear().count(data[:3000])


def test_ten_thousand_parts(steady_house: House, street: Street) -> None:
    street.forget()
    part = "--x\r\nContent-Type: text/plain\r\n\r\nhej\r\n"
    content = (
        f"From: {SENDER}\r\nTo: {BARE}\r\nSubject: Mange\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="x"\r\n\r\n' + part * 10_000 + "--x--\r\n"
    ).encode()
    steady_house.submit(content, SENDER, [BARE])
    assert b"https://sikker." in arrives(steady_house, street, BARE)
    assert "unreadable.too-many" in steady_house.milter.log


def test_a_header_of_a_megabyte(steady_house: House, street: Street) -> None:
    street.forget()
    field = "X-Lang: " + "\r\n ".join(["ord " * 200] * 1300)
    content = letter("", (GOOD,), "Kort", f"CPR {CPR}\n").content
    steady_house.submit(field.encode() + b"\r\n" + content, SENDER, [GOOD])
    assert CPR.encode() in arrives(steady_house, street, GOOD)
    assert street.mail_for(GOOD)[0].tls


def test_a_thousand_recipients(steady_house: House, street: Street) -> None:
    street.forget()
    recipients = [f"nr{number}@boligforening.example" for number in range(999)] + [BARE]
    content = letter("", (GOOD,), "Alle", f"CPR {CPR}\n").content
    steady_house.submit(content, SENDER, recipients)
    served: set[str] = set()

    def all_served() -> bool:
        served.update(r for mail in street.good.received for r in mail.recipients)
        return len(served) == 999 and bool(street.mail_for(BARE))

    wait_until(all_served, 120, lambda: f"{len(served)} served\n{steady_house.log[-4000:]}")
    assert all(mail.tls for mail in street.good.received)
