"""docs/troubleshooting.md shows what the programs say when something is wrong: each of its lines is seen here."""

from __future__ import annotations

import re
import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from world import template
from world.host import QUEUE, Host
from world.postfix import wait_until
from world.signed import SignedDns, SignedTree

pytestmark = pytest.mark.world

OWN, CPR = "anna@nordby.example", "150689-1234"
_BLOCK = re.compile(r"^ *```text\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def host(empty_network: None, tmp_path: Path) -> Iterator[Host]:
    folder = tmp_path / "zones"
    folder.mkdir()
    with (
        SignedDns(tmp_path / "dns", SignedTree(folder, [])) as dns,
        dns.become_the_hosts(tmp_path),
        Host() as host,
    ):
        host.segl("install", "--yes")
        host.start_all()
        yield host


def shown(page: str) -> list[str]:
    """Every line of output on the page, but for those of `segl route` (tests/unit/routing/test_route_command.py)."""
    blocks = [block for block in _BLOCK.findall(page) if "→" not in block]
    return [" ".join(line.split()) for block in blocks for line in block.splitlines() if line.strip()]


def said(line: str, output: str) -> bool:
    """Whether *line* stands in *output*; ``…`` is anything."""
    wanted = ".*".join(re.escape(part) for part in line.split("…"))
    return any(re.fullmatch(rf".*{wanted}", " ".join(each.split())) for each in output.splitlines())


def submit(recipient: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = OWN, recipient, "<1@nordby.example>"
    message.set_content(f"CPR {CPR}")
    with smtplib.SMTP("127.0.0.1", 25, local_hostname="desk.example", timeout=60) as smtp:
        smtp.send_message(message, OWN, [recipient])


def receipt(host: Host) -> str:
    """What is known of the message now."""
    words = ("receipt", "show", "<1@nordby.example>")
    return template.run("segl", *words, "--settings", str(host.settings_file)).stdout


def listens(path: Path) -> bool:
    """Whether somebody takes connections on a socket."""
    with socket.socket(socket.AF_UNIX) as asked:
        return asked.connect_ex(str(path)) == 0


def waits(host: Host, directory: Path, why: str) -> str:
    """What postqueue says once a message waits there because of *why*."""

    def queue() -> str:
        return host.run("postqueue", "-c", str(directory), "-p", check=False)

    wait_until(lambda: why in queue(), 60, lambda: queue() + host.log[-2000:])
    return queue()


def test_what_the_page_shows_is_what_the_programs_say(host: Host, repository: Path) -> None:
    milter, seglmap, deliver = (
        next(each for each in host.daemons if each.name == name)
        for name in ("segl-milter", "segl-map", "segl-deliver")
    )
    front = Path("/etc/postfix")

    submit("bo@andre.example")
    # That its notice came back may be heard before the report that bears its Message-ID.
    wait_until(lambda: "failed  portal" in receipt(host), 60, lambda: receipt(host) + host.log[-2000:])
    output = [receipt(host)]

    deliver.kill()
    submit("carl@andre.example")
    output.append(waits(host, host.secure, "Connection refused"))
    seglmap.kill()
    submit("dora@andre.example")
    output.append(waits(host, host.secure, "address resolver failure"))
    host.run("postfix", "-c", str(host.secure), "stop")
    submit("eva@andre.example")
    output.append(waits(host, front, "10026"))
    milter.kill()
    # Its workers learn that they have no parent any more, and until then they take what comes.
    wait_until(lambda: not listens(QUEUE / "segl" / "milter.sock"), 30, lambda: host.log[-2000:])
    with pytest.raises(smtplib.SMTPException, match=r"4\.7\.1 Service unavailable"):
        submit("finn@andre.example")
    output.append(host.segl("status", code=1))
    host.postconf("-e", "smtpd_milters=", "non_smtpd_milters=")
    output.append(host.segl("doctor", code=2))

    everything = "\n".join(output)
    lines = shown((repository / "docs" / "troubleshooting.md").read_text("utf-8"))
    assert len(lines) >= 8
    assert not [line for line in lines if not said(line, everything)], everything
