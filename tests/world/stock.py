"""Mail on a host with a stock Postfix, and what `segl doctor` says of it."""

from __future__ import annotations

import contextlib
import json
import smtplib
from collections.abc import Callable
from email.message import EmailMessage

from world.host import FRONT, Host
from world.postfix import wait_until

CPR = "150689-1234"
OWN = "anna@nordby.example"
OUTSIDE = "bo@andre.example"


def assert_only(host: Host, code: int, *ids: str) -> None:
    """Only these checks of the doctor are not ok."""
    found = [check for check in examine(host, code) if check["state"] != "ok"]
    assert {check["id"] for check in found} == set(ids), found


def examine(host: Host, code: int) -> list[dict[str, str]]:
    record = json.loads(host.segl("doctor", "--json", code=code))
    assert record["exit"] == code
    return list(record["checks"])


def state(host: Host, id_: str, code: int) -> set[str]:
    return {check["state"] for check in examine(host, code) if check["id"] == id_}


def submit(recipient: str, text: str, address: str = "127.0.0.1") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = OWN, recipient, "Sag"
    message["X-Segl-Route"] = "plain"
    message.set_content(text)
    with smtplib.SMTP(address, 25, local_hostname="desk.example", timeout=60) as smtp:
        smtp.send_message(message, OWN, [recipient])


def flush_until(host: Host, done: Callable[[], bool]) -> None:
    """A queue manager that is about to end because of a reload may hear of a flush and do nothing."""
    for _ in range(30):
        host.run("postqueue", "-c", str(FRONT), "-f")
        with contextlib.suppress(AssertionError):
            return wait_until(done, 2, lambda: "")
    raise AssertionError(host.log[-3000:])
