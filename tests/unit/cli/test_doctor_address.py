"""What `segl doctor` says of the portal's address, asked of web servers that are well and of some that are not."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from segl.cli.doctor_address import address_check
from segl.postfix.check import State
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from world.ca import TestCA
from world.ports import free_port


def at(url: str) -> Settings:
    return parse_settings({"organisation": {"name": "x", "domains": ["x.dk"]}, "portal": {"url": url}})


@contextmanager
def web_server(context: ssl.SSLContext | None, status: int, said: bytes) -> Iterator[str]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/post/healthz" else 404)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            """Nowhere."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who is refused hangs up
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"https://localhost:{server.server_port}/post/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> TestCA:
    return TestCA(tmp_path_factory.mktemp("ca"))


WELL = (200, b"ok\n")


@pytest.mark.parametrize(
    ("certificate", "answer", "state", "words"),
    [
        (
            {"days": 90},
            WELL,
            State.OK,
            "localhost answers; the certificate of localhost is valid for 89 days",
        ),
        ({"days": 5}, WELL, State.OK, "valid for 4 days"),
        ({"days": 500}, WELL, State.OK, "valid for 499 days"),
        ({"expired": True}, WELL, State.FAIL, "certificate has expired"),
        ({"early": True}, WELL, State.FAIL, "certificate is not yet valid"),
        ({"names": ["sikker.x.dk"]}, WELL, State.FAIL, "not valid for 'localhost'"),
        ({"self_signed": True}, WELL, State.WARN, "self-signed certificate"),
        ({}, (502, b""), State.FAIL, "the web server does not reach segl-portal"),
        ({}, (404, b""), State.FAIL, "answers 404, and not as segl-portal does"),
        ({}, (200, b"<html>"), State.FAIL, "answers 200, and not as segl-portal does"),
        (None, WELL, State.FAIL, "speaks no TLS"),
    ],
)
def test_what_a_browser_would_meet_is_told(
    ca: TestCA, certificate: dict[str, Any] | None, answer: tuple[int, bytes], state: State, words: str
) -> None:
    context = None
    if certificate is not None:
        context = ca.issue(**{"names": ["localhost"], **certificate}).server_context()
    with web_server(context, *answer) as url:
        check = address_check(at(url), ssl.create_default_context(cafile=ca.file))
    assert check is not None
    assert (check.state, words in check.found) == (state, True), check.found


def test_one_that_nobody_renews_is_told_before_it_ends(ca: TestCA, monkeypatch: pytest.MonkeyPatch) -> None:
    import segl.cli.doctor_address as module

    with web_server(ca.issue(["localhost"], days=90).server_context(), *WELL) as url:
        trusts = ssl.create_default_context(cafile=ca.file)
        monkeypatch.setattr(module, "_SOON", 90 * 86400.0)
        monkeypatch.setattr(module, "_LATE", 2)  # it began 90 days ago
        check = address_check(at(url), trusts)
    assert check is not None
    assert check.state is State.WARN


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://localhost:{port}/", "nobody listens on localhost port"),
        ("https://192.0.2.1:{port}/", None),
        ("https://sikker.nordby.example/", None),
        ("http://sikker.x.dk/", None),
    ],
)
def test_what_cannot_be_reached_is_judged_on_this_host_alone(
    url: str, words: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segl.cli.doctor_address._SECONDS", 0.05)
    check = address_check(at(url.format(port=free_port())))
    assert (check is None) == (words is None)
    assert words is None or (check is not None and check.state is State.FAIL and words in check.found)
