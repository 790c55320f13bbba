"""Attachments on their way through a running milter, and the process that reads them when it is killed."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from world.milterprocess import NewMilter, RunningMilter
from world.postfix import wait_until
from world.process import children_of, is_alive

pytestmark = pytest.mark.slow

FROM = "anna@nordby.example"
TO = ["bo@kunde.example"]


def letter(text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("brev.txt", text)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = FROM, TO[0], "Bilag"
    message.set_content("Se bilag.")
    message.add_attachment(file.getvalue(), maintype="application", subtype="zip", filename="bilag.zip")
    return message.as_bytes().replace(b"\n", b"\r\n")


def templates(milter: RunningMilter) -> list[int]:
    """The template processes that the milter's parent has started."""
    found = []
    for pid in children_of(milter.daemon.pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if b"segl.confined.template" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def route(milter: RunningMilter, message: bytes) -> str:
    with milter.client() as client:
        return client.message(FROM, TO, message).headers["X-Segl-Route"]


def test_attachments_are_read_and_the_template_is_there_before_the_first(new_milter: NewMilter) -> None:
    milter = new_milter(workers=2)
    assert len(templates(milter)) == 1
    for _ in range(4):
        assert route(milter, letter("Vi ses til te kl. 15.")) == "plain"
        assert route(milter, letter("Mit CPR-nummer er 010190-1233.")) == "secure"
    assert len(templates(milter)) == 1


def test_a_killed_template_is_replaced_by_the_parent(new_milter: NewMilter) -> None:
    milter = new_milter(workers=2)
    assert route(milter, letter("Vi ses til te kl. 15.")) == "plain"
    (first,) = templates(milter)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: templates(milter) not in ([], [first]), 30, lambda: "no new template")
    assert route(milter, letter("Vi ses til te kl. 16.")) == "plain"
    assert route(milter, letter("Mit CPR-nummer er 010190-1233.")) == "secure"


def test_a_reload_keeps_the_template_unless_its_limits_change(new_milter: NewMilter) -> None:
    milter = new_milter()
    before = templates(milter)
    os.kill(milter.daemon.pid, signal.SIGHUP)
    wait_until(lambda: bool(milter.events("reloaded")), 30, lambda: milter.daemon.log)
    assert templates(milter) == before
    milter.write("ocr = true")
    os.kill(milter.daemon.pid, signal.SIGHUP)
    wait_until(lambda: len(milter.events("reloaded")) == 2, 30, lambda: milter.daemon.log)
    wait_until(lambda: not is_alive(before[0]), 30, lambda: "the old template stays")
    assert route(milter, letter("Vi ses til te kl. 15.")) == "plain"
    assert len(templates(milter)) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_template_outlives_the_milter(new_milter: NewMilter, number: signal.Signals) -> None:
    milter = new_milter()
    assert route(milter, letter("Vi ses til te kl. 15.")) == "plain"
    (template,) = templates(milter)
    if number is signal.SIGKILL:
        milter.daemon.kill()
    else:
        milter.daemon.stop()
    wait_until(lambda: not is_alive(template), 30, lambda: "the template stays")
    milter.daemon.start()
