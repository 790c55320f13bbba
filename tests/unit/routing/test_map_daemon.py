"""``segl-map`` as a process: what Postfix's own client gets from it.

``postmap -q`` is the lookup code of Postfix itself, so these are the answers as Postfix reads them.
"""

from __future__ import annotations

import socket
import sqlite3
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from segl.settings.file import load_settings
from segl_routing.netstring import encode
from segl_routing.proofs.checking import CheckedWith
from world import template
from world.lists import Publisher, entry, listed
from world.mapprocess import MapProcess
from world.needs import POSTFIX
from world.peers import SmtpPeer
from world.ports import free_port
from world.postfix import wait_until

pytestmark = [
    pytest.mark.slow,
    POSTFIX,
]


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("anna@nordby-vand.example", "segl-internal:[127.0.0.1]:10027"),
        ("bo@kommune.example", "segl-tunnel:unix:/run/segl/tunnel.sock"),
        ("bo@boligforening.example", "segl-tls:boligforening.example:{port}"),
        ('"Bo B"+x@BOLIGFORENING.example', "segl-tls:boligforening.example:{port}"),
        ("bo@klartekst.example", "segl-portal:unix:/run/segl/portal.sock"),
        ("bo@hop.example", "segl-tls:[mail.hop.example]:25"),
        ("bo@post.example", "error:5.1.10 the recipient's domain takes no mail (null MX)"),
        ("bo@findes-ikke.example", "error:5.1.2 the recipient's domain does not exist"),
        ("bo@ærø.example", "error:5.1.2 the recipient's domain does not exist"),
        ("bo@[192.0.2.1]", "error:5.1.3 the address has no domain name that mail can be sent to"),
        ("bo@ill.example", "TEMP DNS MX ill.example: the name servers answer with an error"),
        ("bo@mute.example", "TEMP mute.example: still looking after 1.0 s"),
        ("*", ""),
        ("boligforening.example", ""),
        (".boligforening.example", ""),
    ],
)
def test_transport(steady: MapProcess, key: str, answer: str) -> None:
    assert steady.ask(key) == answer.format(port=steady.outside.port)


def test_tlspolicy(steady: MapProcess) -> None:
    verify = "verify servername=hostname protocols=>=TLSv1.2"
    next_hop = f"boligforening.example:{steady.outside.port}"
    steady.ask("bo@boligforening.example")
    assert steady.ask(next_hop, "tlspolicy") == verify
    assert steady.ask("[mail.hop.example]:25", "tlspolicy") == verify
    assert steady.ask("klartekst.example", "tlspolicy") == ""
    assert steady.ask("never-asked.example", "tlspolicy") == ""


def test_no_such_map(steady: MapProcess) -> None:
    assert steady.ask("bo@kommune.example", "aliases") == "PERM there is no such map"


def test_what_is_known_is_not_looked_up_again(steady: MapProcess, good: SmtpPeer) -> None:
    steady.ask("bo@boligforening.example")
    good.forget()
    for number in range(5):
        steady.ask(f"bo{number}@boligforening.example")
    assert good.connections == 0


def test_the_log_tells_each_route_once(steady: MapProcess) -> None:
    for _ in range(3):
        steady.ask("once@boligforening.example")
    told = [line for line in steady.daemon.log.splitlines() if "once@boligforening" in line]
    assert [('"level": "info"' in line) for line in told] == [True, False, False]


def test_policies_of_mta_sts_are_renewed_without_being_asked_for(map_: MapProcess) -> None:
    """Whoever has been written to lately: here with a web server that is gone, which is told."""
    assert map_.daemon.stop() == 0
    long_ago = time.time() - 2 * 86400
    policy = "version: STSv1\nmode: enforce\nmx: mx.post.example\nmax_age: 604800\n"
    with closing(sqlite3.connect(map_.directory / "segl.db")) as store, store:
        store.execute(
            "INSERT INTO domain_knowledge VALUES ('post.example', '[]', ?, ?, '')", (long_ago, long_ago)
        )
        proven_by = CheckedWith.of(load_settings(map_.file)).authorities
        store.execute(
            "INSERT INTO mta_sts_policy VALUES ('post.example', '1', ?, 604800, ?, ?)",
            (long_ago, policy, proven_by),
        )
    map_.daemon.start()

    def told() -> list[tuple[str, str]]:
        events = map_.daemon.events
        return [(told["domain"], told["result"]) for told in events if told["event"] == "sts_not_renewed"]

    wait_until(lambda: told() == [("post.example", "no-host")], 30, lambda: map_.daemon.log)


def segl_tunnel(map_: MapProcess, *arguments: str) -> None:
    """The command line as the timer runs it, beside the running process."""
    done = template.run("segl", "tunnel", *arguments, "--settings", str(map_.file))
    assert done.returncode == 0, done.stderr


def test_a_domain_new_in_a_list_takes_the_tunnel_without_restart(map_: MapProcess) -> None:
    """From the publisher's list to Postfix's answer; back, and forth again; the metrics tell of it."""
    publisher, port = Publisher(), free_port()
    file = map_.directory / "tunnel.p7m"
    file.write_bytes(publisher.signed(listed("partner.example", serial=1)))
    map_.write(
        f'[metrics]\nmap_port = {port}\n[[tunnel_list]]\nname = "forening"\nsource = "{file}"\n'
        f'signers = ["{publisher.pin}"]\n'
    )
    map_.daemon.kill()
    map_.daemon.start()
    tunnel = "segl-tunnel:unix:/run/segl/tunnel.sock"
    assert map_.ask("bo@partner.example").startswith("error:5.1.2")  # nobody knows it, DNS neither
    segl_tunnel(map_, "update")
    assert map_.ask("bo@partner.example") == tunnel
    assert map_.ask("bo@klartekst.example").startswith("segl-portal:")
    new = entry("klartekst.example", subdomains=True)
    file.write_bytes(publisher.signed(listed("partner.example", new, serial=2)))
    segl_tunnel(map_, "update")
    assert map_.ask("bo@klartekst.example") == tunnel
    assert map_.ask("bo@nord.klartekst.example") == tunnel
    segl_tunnel(map_, "rollback", "forening")
    assert map_.ask("bo@klartekst.example").startswith("segl-portal:")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        told = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line[0] != "#")
    assert told['segl_tunnel_list_domains{list="forening"}'] == "1.0"
    assert 0 <= float(told['segl_tunnel_list_age_seconds{list="forening"}']) < 60
    assert 13 < float(told['segl_tunnel_list_expires_in_seconds{list="forening"}']) / 86400 < 14
    assert 88 < float(told['segl_tunnel_list_certificate_days{list="forening"}']) < 90
    map_.write(f"[metrics]\nmap_port = {port}\n")
    map_.reload()
    assert map_.ask("bo@partner.example").startswith("error:5.1.2")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        assert b'list="forening"' not in answer.read()


def test_hundreds_of_hostile_clients_do_not_disturb_postfix(map_: MapProcess) -> None:
    manners = (b"", b"9999:transport x", b"\xff" * 10, encode(b"transport bo@mute.example"))
    open_files = Path(f"/proc/{map_.daemon.pid}/fd")
    hostile: list[socket.socket] = []
    for number in range(300):
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(map_.socket))
        client.sendall(manners[number % len(manners)])
        hostile.append(client)
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(map_.socket))
            client.settimeout(30)
            client.sendall(encode(b"transport anna@nordby-vand.example"))
            assert b"segl-internal:" in client.recv(1000)
    finally:
        for client in hostile:
            client.close()
    assert map_.daemon.running()
    wait_until(lambda: len(list(open_files.iterdir())) < 40, 30, lambda: "connections are left open")
