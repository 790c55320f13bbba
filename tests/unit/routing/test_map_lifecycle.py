"""``segl-map`` as a process: start, reload, stop, kill, and what it knows afterwards."""

from __future__ import annotations

import signal
import socket
import sqlite3
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from segl.events import configure_log
from segl.settings.file import load_settings
from segl_routing.daemon import main
from segl_routing.netstring import encode
from segl_routing.proofs.checking import CheckedWith
from world.ca import TestCA
from world.dns import DnsServer
from world.mapprocess import MapProcess
from world.needs import POSTFIX
from world.outside import Outside
from world.peers import SmtpPeer
from world.ports import free_port
from world.postfix import wait_until

pytestmark = [
    pytest.mark.slow,
    POSTFIX,
]


def test_the_socket_has_its_mode_and_takes_no_second_server(map_: MapProcess) -> None:
    assert map_.socket.stat().st_mode & 0o777 == 0o600
    second = map_.daemon.again()
    assert second.returncode == 78
    assert "in use by another instance" in second.stderr
    assert map_.ask("anna@nordby-vand.example").startswith("segl-internal:")


def test_a_killed_process_leaves_nothing_in_the_way(map_: MapProcess) -> None:
    map_.daemon.kill()
    assert map_.socket.exists()
    map_.daemon.start()
    assert map_.ask("anna@nordby-vand.example").startswith("segl-internal:")


def test_knowledge_survives_a_kill(map_: MapProcess, good: SmtpPeer) -> None:
    way = map_.ask("bo@boligforening.example")
    assert way.startswith("segl-tls:")
    wait_until(lambda: map_.aged("boligforening.example", 0), 30, lambda: "nothing is stored")
    map_.daemon.kill()
    good.forget()
    map_.daemon.start()
    assert map_.ask("bo@boligforening.example") == way
    assert good.connections == 0


def test_stopping_answers_and_goes(map_: MapProcess) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(map_.socket))
        client.sendall(encode(b"transport bo@mute.example"))
        # It has read what came before.
        assert map_.ask("anna@nordby-vand.example").startswith("segl-internal:")
        map_.daemon.signal(signal.SIGTERM)
        client.settimeout(30)
        assert b"TEMP mute.example: still looking" in client.recv(1000)
        assert client.recv(1000) == b""
    wait_until(lambda: not map_.daemon.running(), 30, lambda: map_.daemon.log)
    assert map_.daemon.stop() == 0
    assert not map_.socket.exists()
    assert "Traceback" not in map_.daemon.log


def test_reload_takes_new_settings_and_drops_no_connection(map_: MapProcess) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(map_.socket))
        client.sendall(encode(b"transport bo@klartekst.example"))
        assert b"segl-portal:" in client.recv(1000)
        map_.write('[[domain]]\nname = "klartekst.example"\nway = "tunnel"\n')
        map_.reload()
        client.sendall(encode(b"transport bo@klartekst.example"))
        assert b"segl-tunnel:" in client.recv(1000)


def test_a_reload_with_bad_settings_keeps_the_old_ones(map_: MapProcess) -> None:
    before = map_.ask("bo@klartekst.example")
    for bad, named in (
        ("[[domain]]\nname = 'x.example'\nway = 'plain'\n", "domain.1.way"),
        ("[[domain]]\nname = 'x.example'\nway = 'tls'\nmatch = ['a b']\n", "domain.1.match.1"),
        ("[[domain]]\nname = 'x.example'\nway = 'tls'\nnext_hop = '[192.0.2.1]'\n", "without match"),
        ("this is not TOML", "not TOML"),
    ):
        map_.write(bad)
        map_.reload()
        last = [line for line in map_.daemon.log.splitlines() if '"probed"' not in line][-1]
        assert "reload_refused" in last
        assert named in last
        assert map_.ask("bo@klartekst.example") == before


@pytest.mark.parametrize("in_place", [False, True])
def test_other_certificates_make_old_findings_void(map_: MapProcess, tmp_path: Path, in_place: bool) -> None:
    """Whether the settings name another file, or other certificates stand in the one they name."""
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(map_.outside.ca.file.read_bytes())
    map_.write(ca_file=trusted)
    map_.reload()
    assert map_.ask("bo@boligforening.example").startswith("segl-tls:")
    other = TestCA(tmp_path / "other", "Another root").file
    if in_place:
        trusted.write_bytes(other.read_bytes())
    map_.write(ca_file=trusted if in_place else other)
    map_.reload()
    assert map_.ask("bo@boligforening.example").startswith("segl-portal:")


def test_policies_that_https_proved_stay_until_the_certificates_change(
    map_: MapProcess, tmp_path: Path
) -> None:
    """RFC 8461 §3.3: whoever can answer for DNS must not get rid of a policy by it."""
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(map_.outside.ca.file.read_bytes())
    map_.write(ca_file=trusted)
    map_.reload()
    with closing(sqlite3.connect(map_.directory / "segl.db")) as store, store:
        policy = "version: STSv1\nmode: enforce\nmx: mx.elsewhere.example\nmax_age: 604800\n"
        store.execute(
            "INSERT INTO mta_sts_policy VALUES ('boligforening.example', '1', ?, 604800, ?, ?)",
            (time.time(), policy, CheckedWith.of(load_settings(map_.file)).authorities),
        )
    assert map_.ask("bo@boligforening.example").startswith("segl-portal:"), "not the host that was promised"
    text = map_.file.read_text("utf-8")
    asked = f'nameservers = ["{map_.dns.nameserver}"'
    assert asked in text
    map_.file.write_text(text.replace(asked, f'{asked}, "127.0.0.1:9"'), "utf-8")
    assert map_.reload()["forgot"] is True  # what was found out about domains; not the policies
    assert map_.ask("bo@boligforening.example").startswith("segl-portal:")
    map_.file.write_text(text, "utf-8")
    trusted.write_bytes(trusted.read_bytes() + TestCA(tmp_path / "other", "Another root").file.read_bytes())
    map_.reload()
    assert map_.ask("bo@boligforening.example").startswith("segl-tls:")


def test_a_domain_long_in_doubt_takes_the_portal(map_: MapProcess) -> None:
    """TEMP at first; after ``undecided_seconds`` the next way, counted over restarts."""
    assert map_.ask("bo@ill.example").startswith("TEMP ")
    wait_until(lambda: map_.aged("ill.example", 0), 30, lambda: "nothing is stored")
    for minutes, answer in ((10, "TEMP "), (5, "segl-portal:unix:/run/segl/portal.sock")):
        map_.daemon.kill()
        assert map_.aged("ill.example", minutes * 60)
        map_.daemon.start()
        wait_until(
            lambda answer=answer: map_.ask("bo@ill.example").startswith(answer),  # type: ignore[misc]
            30,
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
    tmp_path: Path,
    outside: Outside,
    dns: DnsServer,
    change: dict[str, Path | str],
    named: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In this process: such a start ends at once."""
    broken = MapProcess(tmp_path, outside, dns)
    broken.write(**change)  # type: ignore[arg-type]
    try:
        assert main(["--settings", str(broken.file)]) == 78
    finally:
        configure_log()
    assert named in capsys.readouterr().err
    assert not broken.socket.exists()


def test_metrics_are_served_and_a_taken_port_is_named(
    tmp_path: Path, outside: Outside, dns: DnsServer
) -> None:

    running = MapProcess(tmp_path, outside, dns)
    port = free_port()
    running.write(more=f"[metrics]\nmap_port = {port}\n")
    running.daemon.start()
    try:
        running.ask("anna@nordby-vand.example")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        assert 'segl_map_requests_total{answer="ok",map="transport"} 1.0' in text
        assert 'segl_routes_total{way="internal"} 1.0' in text
    finally:
        running.daemon.kill()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = running.daemon.again()
    assert done.returncode == 78
    assert "metrics.map_port: 127.0.0.1:" in done.stderr
    assert "ss -ltnp" in done.stderr, "the hint"
    assert "Traceback" not in done.stderr
