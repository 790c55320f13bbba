"""``segl status``: the counters of Segl's own processes are asked of this host, whatever the environment says."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from socket import AF_INET, AF_INET6
from socketserver import ThreadingTCPServer
from threading import Thread

import pytest

from segl.cli.status_faults import faults_line
from segl.cli.status_host import rules_line
from segl.settings.file import parse_settings


class Counters(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(
            b"segl_worker_deaths_total 2.0\nsegl_scan_failures_total 0.0\n"
            b'segl_reloads_total{result="ok"} 4.0\nsegl_reloads_total{result="refused"} 1.0\n'
        )

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=["127.0.0.1", "::1"])
def address(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    class Server(ThreadingTCPServer):
        address_family = AF_INET6 if ip_address(request.param).version == 6 else AF_INET

    with Server((request.param, 0), Counters) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield request.param, server.server_address[1]
        server.shutdown()
        thread.join()


def test_no_proxy_is_asked(address: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """/etc/environment of a house with a proxy reaches sudo, too."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setattr("segl.cli.status_faults.SECONDS", 30.0)  # of a busy machine
    host, port = address
    line = faults_line("segl-milter", host, port)
    assert (line.good, line.text) == (False, "2 worker deaths, 1 reloads refused")


def test_where_nobody_listens_it_is_not_known() -> None:
    assert faults_line("segl-milter", "127.0.0.1", 9).good is None


def test_without_descriptors_the_rules_are_not_known() -> None:
    """It said "0 rules", and that all was well."""
    settings = parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}})
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        line = rules_line(settings)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert line.good is None
    assert line.text.endswith("Too many open files")
    assert rules_line(settings).good
