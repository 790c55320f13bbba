"""A message with a mark, and where in the world it is: in clear, in a queue, with its recipient."""

from __future__ import annotations

import contextlib
import os
import signal
import smtplib

import pytest

from world.house import House
from world.letters import CPR, GOOD, SENDER, letter
from world.postfix import wait_until
from world.process import Daemon, children_of, is_alive
from world.street import Street

MARKER = "Kvitteringsmaerke-7731"
BODY = f"Hej\n\nCPR-nummer {CPR}, {MARKER}\n"


def message(*recipients: str, headers: tuple[tuple[str, str], ...] = (), body: str = BODY) -> bytes:
    return letter("", recipients, "Sag", body, headers=headers).content


def refuse_temporarily(house: House, recipients: tuple[str, ...], content: bytes) -> None:
    """The front must say 4xx, at whatever point of the session."""
    with pytest.raises((smtplib.SMTPException, OSError)) as caught:
        house.submit(content, SENDER, recipients)
    error = caught.value
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = {code for code, _ in error.recipients.values()}
        assert codes, error
        assert all(400 <= code < 500 for code in codes), error
    elif isinstance(error, smtplib.SMTPResponseException):
        assert 400 <= error.smtp_code < 500, error


def assert_nothing_in_clear(street: Street) -> None:
    assert MARKER.encode() not in street.seen_in_clear()
    assert CPR.encode() not in street.seen_in_clear()


def assert_nothing_was_taken(house: House, street: Street) -> None:
    # Postfix answers before it has taken away the file it had begun.
    wait_until(lambda: house.queued == 0, 30, lambda: house.log[-6000:])
    assert not street.mail_for(GOOD)
    assert_nothing_in_clear(street)


def assert_arrives_in_tls(house: House, street: Street, recipient: str = GOOD) -> None:
    wait_until(lambda: bool(street.mail_for(recipient)), 40, lambda: house.log[-6000:])
    assert all(mail.tls for mail in street.mail_for(recipient))
    assert MARKER.encode() in street.mail_for(recipient)[-1].content


def workers_of(milter: Daemon) -> list[int]:
    return children_of(milter.pid)


def kill(*pids: int) -> None:
    """All of them at once, and wait until they have ended: who looks next would take them for alive."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, pids)), 30, lambda: f"{pids} live on")
