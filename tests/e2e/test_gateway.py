"""A gateway before another mail server, installed by `segl install`: who may send, and where each mail goes."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from world.ca import TestCA
from world.host import Host
from world.peers import SmtpPeer
from world.postfix import wait_until
from world.signed import SignedDns, SignedTree

pytestmark = pytest.mark.world

CPR = "150689-1234"
BEHIND, WORLD, CLIENT, STRANGER = "127.0.0.31", "127.0.0.32", "127.0.0.41", "10.9.9.9"
GATEWAY = f"""
[postfix.gateway]
deliver_to = "[{BEHIND}]:2525"
deliver_tls = "encrypt"
clients = ["127.0.0.0/8"]
relayhost = "[{WORLD}]:2525"
"""


@pytest.fixture
def host(empty_network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("gateway")
    signed = SignedDns(folder / "dns", SignedTree(folder / "zones", []))
    with signed as dns, dns.become_the_hosts(folder), Host() as host:
        host.postconf("-e", "mydestination=localhost")
        # Of old, and stronger than a service's own level: neither on the ways inside nor to the server behind.
        host.postconf(
            "-e", f"smtp_tls_per_site=inline:{{127.0.0.1=MUST, {BEHIND}=NONE, [{BEHIND}]:2525=NONE}}"
        )
        yield host


def submit(recipient: str, text: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "anna@nordby.example", recipient, "Sag"
    message.set_content(text)
    with smtplib.SMTP("127.0.0.1", 25, local_hostname="mail.bag.example", timeout=60) as smtp:
        smtp.send_message(message, "anna@nordby.example", [recipient])


def test_a_gateway_from_the_question_to_mail(host: Host, tmp_path_factory: pytest.TempPathFactory) -> None:
    asked = host.segl("install", "--yes", code=1)
    assert "Is it" in asked
    assert "[postfix.gateway]" in asked
    before = host.snapshot()
    text = host.settings_file.read_text("utf-8").replace("[detection]", "subdomains = true\n\n[detection]")
    host.settings_file.write_text(text + GATEWAY, "utf-8")
    assert "segl.toml says that this is a gateway" in host.segl("install", "--as", "beside", code=1)
    assert host.snapshot() == before
    done = host.segl("install", "--as", "gateway", "--yes")
    assert f"a gateway before [{BEHIND}]:2525" in done
    assert "send all mail to other domains through mail.nordby.example" in done

    ca = TestCA(tmp_path_factory.mktemp("ca"))
    behind = SmtpPeer(BEHIND, 2525, tls=ca.issue(["mail.bag.example"]).server_context())
    world = SmtpPeer(WORLD, 2525)
    with behind, world:
        host.start_all()
        submit("bo@andre.example", "Skal vi mødes på torsdag?")
        wait_until(lambda: bool(world.received), 60, lambda: host.log[-4000:])
        assert "bo@andre.example" in world.received[0].recipients, "plain: by the relayhost"
        submit("kollega@nordby.example", "Frokost?")
        wait_until(lambda: bool(behind.received), 60, lambda: host.log[-4000:])
        assert behind.received[0].tls, "to the server behind, in TLS"
        submit("laerer@skole.nordby.example", f"Elev {CPR}")
        wait_until(lambda: len(behind.received) > 1, 60, lambda: host.log[-4000:])
        assert behind.received[1].tls, "own by its domain: there, too, and not where DNS says"
        submit("bo@andre.example", f"CPR {CPR}")
        wait_until(lambda: len(world.received) > 1, 60, lambda: host.log[-4000:])
        assert CPR.encode() not in bytes(world.clear), "sensitive: sealed, and only the notice goes out"
        assert CPR.encode() not in bytes(behind.clear)
        checks = host.segl("doctor", "--canary", "--all", code=None)
        assert "canary.own" in checks
        assert "arrived after" in checks
    host.segl("install", "--undo", "--yes", "--reload")
    assert host.snapshot()["/etc/postfix/main.cf"] == before["/etc/postfix/main.cf"]
