"""``segl-map`` as a process: what Postfix's own client gets from it, start, reload, stop, restart.

``postmap -q`` is the lookup code of Postfix itself, so these are the answers as Postfix reads them.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from segl_routing.netstring import encode
from world.ca import TestCA
from world.dns import MX, NULL_MX, DnsServer, Fault
from world.lists import Publisher, entry, listed
from world.outside import Outside, free_port, host
from world.peers import SmtpPeer
from world.postfix import base_main_cf, wait_until
from world.process import Daemon

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("postmap", path="/usr/sbin:/usr/bin") is None, reason="needs Postfix's postmap"
    ),
]

SETTINGS = """\
[organisation]
name = "Nordby Vandværk"
domains = ["nordby-vand.example"]

[routing]
socket = "{directory}/map.sock"
socket_mode = "0600"
nameservers = ["{nameserver}"]
smtp_port = {port}
tls_ca_file = "{ca_file}"
answer_seconds = 1.0
probe_seconds = 1.0
{routing}

[delivery]
tunnel_socket = "/run/segl/tunnel.sock"
portal_socket = "/run/segl/portal.sock"
certificates = "{directory}/tunnel.d"
tunnel_lists = "{directory}/lists"

[store]
url = "sqlite:///{directory}/segl.db"

[log]
level = "debug"

{more}
"""


@dataclass
class Map:
    """The process, its settings file, and Postfix's client to ask it."""

    directory: Path
    outside: Outside
    dns: DnsServer

    def __post_init__(self) -> None:
        (self.directory / "tunnel.d").mkdir()
        (self.directory / "main.cf").write_text(base_main_cf(self.directory, "mail.nordby-vand.example"))
        self.file = self.directory / "segl.toml"
        self.socket = self.directory / "map.sock"
        self.daemon = Daemon("segl-map", "--settings", str(self.file), directory=self.directory)
        self.write()

    def write(self, more: str = "", routing: str = "", ca_file: Path | None = None) -> None:
        text = SETTINGS.format(
            directory=self.directory,
            nameserver=self.dns.nameserver,
            port=self.outside.port,
            ca_file=ca_file or self.outside.ca.file,
            routing=routing,
            more=more,
        )
        self.file.write_text(text, "utf-8")

    def ask(self, key: str, table: str = "transport") -> str:
        """What Postfix is told; ``""`` for NOTFOUND, ``TEMP …`` or ``PERM …`` as it stands in its log."""
        done = subprocess.run(
            ["postmap", "-c", str(self.directory), "-q", key, f"socketmap:unix:{self.socket}:{table}"],
            capture_output=True,
            text=True,
            timeout=30,
        )
        trouble = re.search(r"server (temporary|permanent) error: (.*)", done.stderr)
        if trouble:
            return f"{trouble[1][:4].upper()} {trouble[2]}"
        assert not done.stderr, done.stderr
        return done.stdout.strip()

    def aged(self, domain: str, seconds: float) -> bool:
        """Make what is stored of *domain* older; whether something is."""
        with closing(sqlite3.connect(self.directory / "segl.db")) as store, store:
            row = store.execute(
                "SELECT evidence FROM domain_knowledge WHERE domain = ?", (domain,)
            ).fetchone()
            if row is None:
                return False
            evidence = [
                {
                    key: value - seconds if key in ("checked_at", "ends", "unknown_since") else value
                    for key, value in proof.items()
                }
                for proof in json.loads(row[0])
            ]
            store.execute(
                "UPDATE domain_knowledge SET checked_at = checked_at - :s, expires_at = expires_at - :s, "
                "evidence = :e WHERE domain = :d",
                {"s": seconds, "d": domain, "e": json.dumps(evidence)},
            )
        return True

    def reload(self) -> None:
        before = self.daemon.log.count("reload")
        self.daemon.signal(signal.SIGHUP)
        wait_until(lambda: self.daemon.log.count("reload") > before, 5, lambda: self.daemon.log)


@pytest.fixture(scope="module")
def good(outside: Outside) -> SmtpPeer:
    return outside.good("mx.boligforening.example")


@pytest.fixture(scope="module")
def dns(outside: Outside, good: SmtpPeer) -> DnsServer:
    return outside.dns(
        {
            "boligforening.example": [MX(10, "mx.boligforening.example")],
            "mx.boligforening.example": host(good),
            "klartekst.example": host(outside.peer()),
            "post.example": [NULL_MX],
            "ill.example": Fault.SERVFAIL,
            "mute.example": Fault.SILENT,
        }
    )


@pytest.fixture
def map_(tmp_path: Path, outside: Outside, dns: DnsServer) -> Iterator[Map]:
    running = Map(tmp_path, outside, dns)
    running.daemon.start()
    yield running
    running.daemon.kill()


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory, outside: Outside, dns: DnsServer) -> Iterator[Map]:
    """One process for tests that only ask."""
    running = Map(tmp_path_factory.mktemp("map"), outside, dns)
    partner = outside.ca.issue(["tunnel@kommune.example"], key="rsa")
    shutil.copy(partner.cert, running.directory / "tunnel.d" / "kommune.example.pem")
    running.write('[[domain]]\nname = "hop.example"\nway = "tls"\nnext_hop = "[mail.hop.example]:25"\n')
    running.daemon.start()
    yield running
    assert running.daemon.stop() == 0


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
def test_transport(steady: Map, key: str, answer: str) -> None:
    assert steady.ask(key) == answer.format(port=steady.outside.port)


def test_tlspolicy(steady: Map) -> None:
    verify = "verify servername=hostname protocols=>=TLSv1.2"
    next_hop = f"boligforening.example:{steady.outside.port}"
    steady.ask("bo@boligforening.example")
    assert steady.ask(next_hop, "tlspolicy") == verify
    assert steady.ask("[mail.hop.example]:25", "tlspolicy") == verify
    assert steady.ask("klartekst.example", "tlspolicy") == ""
    assert steady.ask("never-asked.example", "tlspolicy") == ""


def test_no_such_map(steady: Map) -> None:
    assert steady.ask("bo@kommune.example", "aliases") == "PERM there is no such map"


def test_what_is_known_is_not_looked_up_again(steady: Map, good: SmtpPeer) -> None:
    steady.ask("bo@boligforening.example")
    good.forget()
    for number in range(5):
        steady.ask(f"bo{number}@boligforening.example")
    assert good.connections == 0


def test_the_log_tells_each_route_once(steady: Map) -> None:
    for _ in range(3):
        steady.ask("once@boligforening.example")
    told = [line for line in steady.daemon.log.splitlines() if "once@boligforening" in line]
    assert [('"level": "info"' in line) for line in told] == [True, False, False]


def test_policies_of_mta_sts_are_renewed_without_being_asked_for(map_: Map) -> None:
    """Whoever has been written to lately: here with a web server that is gone, which is told."""
    assert map_.daemon.stop() == 0
    long_ago = time.time() - 2 * 86400
    policy = "version: STSv1\nmode: enforce\nmx: mx.post.example\nmax_age: 604800\n"
    with closing(sqlite3.connect(map_.directory / "segl.db")) as store, store:
        store.execute(
            "INSERT INTO domain_knowledge VALUES ('post.example', '[]', ?, ?)", (long_ago, long_ago)
        )
        store.execute(
            "INSERT INTO mta_sts_policy VALUES ('post.example', '1', ?, 604800, ?)", (long_ago, policy)
        )
    map_.daemon.start()

    def told() -> list[tuple[str, str]]:
        events = map_.daemon.events
        return [(told["domain"], told["result"]) for told in events if told["event"] == "sts_not_renewed"]

    wait_until(lambda: told() == [("post.example", "no-host")], 20, lambda: map_.daemon.log)


def test_the_socket_has_its_mode_and_takes_no_second_server(map_: Map) -> None:
    assert map_.socket.stat().st_mode & 0o777 == 0o600
    second = subprocess.run(map_.daemon.command, capture_output=True, text=True, timeout=20)
    assert second.returncode == 2
    assert "in use by another instance" in second.stderr
    assert map_.ask("anna@nordby-vand.example").startswith("segl-internal:")


def test_a_killed_process_leaves_nothing_in_the_way(map_: Map) -> None:
    map_.daemon.kill()
    assert map_.socket.exists()
    map_.daemon.start()
    assert map_.ask("anna@nordby-vand.example").startswith("segl-internal:")


def test_knowledge_survives_a_kill(map_: Map, good: SmtpPeer) -> None:
    way = map_.ask("bo@boligforening.example")
    assert way.startswith("segl-tls:")
    time.sleep(0.2)
    map_.daemon.kill()
    good.forget()
    map_.daemon.start()
    assert map_.ask("bo@boligforening.example") == way
    assert good.connections == 0


def test_stopping_answers_and_goes(map_: Map) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(map_.socket))
        client.sendall(encode(b"transport bo@mute.example"))
        time.sleep(0.2)
        map_.daemon.signal(signal.SIGTERM)
        client.settimeout(5)
        assert b"TEMP mute.example: still looking" in client.recv(1000)
        assert client.recv(1000) == b""
    wait_until(lambda: not map_.daemon.running(), 5, lambda: map_.daemon.log)
    assert map_.daemon.stop() == 0
    assert not map_.socket.exists()
    assert "Traceback" not in map_.daemon.log


def test_reload_takes_new_settings_and_drops_no_connection(map_: Map) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(map_.socket))
        client.sendall(encode(b"transport bo@klartekst.example"))
        assert b"segl-portal:" in client.recv(1000)
        map_.write('[[domain]]\nname = "klartekst.example"\nway = "tunnel"\n')
        map_.reload()
        client.sendall(encode(b"transport bo@klartekst.example"))
        assert b"segl-tunnel:" in client.recv(1000)


def test_a_reload_with_bad_settings_keeps_the_old_ones(map_: Map) -> None:
    before = map_.ask("bo@klartekst.example")
    for bad, named in (
        ("[[domain]]\nname = 'x.example'\nway = 'plain'\n", "domain.1.way"),
        ("[[domain]]\nname = 'x.example'\nway = 'tls'\nmatch = ['a b']\n", "domain.1.match.1"),
        ("[[domain]]\nname = 'x.example'\nway = 'tls'\nnext_hop = '[192.0.2.1]'\n", "without match"),
        ("this is not TOML", "not TOML"),
    ):
        map_.write(bad)
        map_.reload()
        last = map_.daemon.log.splitlines()[-1]
        assert "reload_refused" in last
        assert named in last
        assert map_.ask("bo@klartekst.example") == before


def test_other_certificates_make_old_findings_void(map_: Map, tmp_path: Path) -> None:
    assert map_.ask("bo@boligforening.example").startswith("segl-tls:")
    map_.write(ca_file=TestCA(tmp_path / "other", "Another root").file)
    map_.reload()
    assert map_.ask("bo@boligforening.example").startswith("segl-portal:")


def test_policies_that_https_proved_stay_until_the_certificates_change(map_: Map, tmp_path: Path) -> None:
    """RFC 8461 §3.3: whoever can answer for DNS must not get rid of a policy by it."""

    def kept() -> int:
        with closing(sqlite3.connect(map_.directory / "segl.db")) as store:
            return int(store.execute("SELECT count(*) FROM mta_sts_policy").fetchone()[0])

    with closing(sqlite3.connect(map_.directory / "segl.db")) as store, store:
        policy = "version: STSv1\nmode: enforce\nmx: mx.post.example\nmax_age: 604800\n"
        store.execute(
            "INSERT INTO mta_sts_policy VALUES ('post.example', '1', ?, 604800, ?)", (time.time(), policy)
        )
    file = map_.directory / "segl.toml"
    text = file.read_text("utf-8")
    assert "nameservers = [" in text
    file.write_text(text.replace("nameservers = [", 'nameservers = ["127.0.0.1:9", '), "utf-8")
    map_.reload()
    assert map_.daemon.events[-1]["forgot"] is True  # what was found out about domains; not the policies
    assert kept() == 1
    map_.write(ca_file=TestCA(tmp_path / "other", "Another root").file)
    map_.reload()
    wait_until(lambda: kept() == 0, 10, lambda: map_.daemon.log)


def test_a_domain_long_in_doubt_takes_the_portal(map_: Map) -> None:
    """TEMP at first; after ``undecided_seconds`` the next way, counted over restarts."""
    assert map_.ask("bo@ill.example").startswith("TEMP ")
    wait_until(lambda: map_.aged("ill.example", 0), 5, lambda: "nothing is stored")
    for minutes, answer in ((10, "TEMP "), (5, "segl-portal:unix:/run/segl/portal.sock")):
        map_.daemon.kill()
        assert map_.aged("ill.example", minutes * 60)
        map_.daemon.start()
        wait_until(
            lambda answer=answer: map_.ask("bo@ill.example").startswith(answer),  # type: ignore[misc]
            5,
            lambda: map_.daemon.log,
        )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ca_file": Path("/nowhere/ca.pem")}, "routing.tls_ca_file: /nowhere/ca.pem cannot be used"),
        ({"ca_file": Path("/etc/hostname")}, "holds no certificates"),
        ({"more": "[stroe]\nurl = 'x'\n"}, "stroe: is not a known key"),
        (
            {"routing": 'trust_anchors = "/nowhere/root.key"'},
            "routing.trust_anchors: /nowhere/root.key cannot",
        ),
        (
            {"routing": 'trust_anchors = "/etc/hostname"'},
            "routing.trust_anchors: /etc/hostname cannot be used",
        ),
        ({"routing": "typo = 1"}, "routing.typo: is not a known key"),
    ],
)
def test_what_it_refuses_to_start_with(
    tmp_path: Path, outside: Outside, dns: DnsServer, change: dict[str, Path | str], named: str
) -> None:
    broken = Map(tmp_path, outside, dns)
    broken.write(**change)  # type: ignore[arg-type]
    done = subprocess.run(broken.daemon.command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert not broken.socket.exists()


def test_metrics_are_served_and_a_taken_port_is_named(
    tmp_path: Path, outside: Outside, dns: DnsServer
) -> None:

    running = Map(tmp_path, outside, dns)
    port = free_port()
    running.write(more=f"[metrics]\nmap_port = {port}\n")
    running.daemon.start()
    try:
        running.ask("anna@nordby-vand.example")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        assert 'segl_map_requests_total{answer="ok",map="transport"} 1.0' in text
        assert 'segl_routes_total{way="internal"} 1.0' in text
    finally:
        running.daemon.kill()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = subprocess.run(running.daemon.command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "metrics.map_port" in done.stderr


def segl_tunnel(map_: Map, *arguments: str) -> None:
    """The command line as the timer runs it, beside the running process."""
    command = [sys.executable, "-m", "segl.cli", "tunnel", *arguments, "--settings", str(map_.file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_domain_new_in_a_list_takes_the_tunnel_without_restart(map_: Map) -> None:
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
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        told = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line[0] != "#")
    assert told['segl_tunnel_list_domains{list="forening"}'] == "1.0"
    assert 0 <= float(told['segl_tunnel_list_age_seconds{list="forening"}']) < 60
    assert 13 < float(told['segl_tunnel_list_expires_in_seconds{list="forening"}']) / 86400 < 14
    assert 88 < float(told['segl_tunnel_list_certificate_days{list="forening"}']) < 90
    map_.write(f"[metrics]\nmap_port = {port}\n")
    map_.reload()
    assert map_.ask("bo@partner.example").startswith("error:5.1.2")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert b'list="forening"' not in answer.read()


def test_hundreds_of_hostile_clients_do_not_disturb_postfix(map_: Map) -> None:
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
            client.settimeout(2)
            client.sendall(encode(b"transport anna@nordby-vand.example"))
            assert b"segl-internal:" in client.recv(1000)
    finally:
        for client in hostile:
            client.close()
    assert map_.daemon.running()
    wait_until(lambda: len(list(open_files.iterdir())) < 40, 5, lambda: "connections are left open")
