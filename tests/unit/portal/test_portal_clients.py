"""What segl-portal bears of its clients, slow, silent, greedy or broken, and whose word it takes on who they are."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from world.portal_site import HOST, PortalSite


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalSite]:
    """One that waits for nobody, and lets each network ask for one code an hour."""
    waits = "header_seconds = 1.0\nidle_seconds = 1.0\nbody_seconds = 2.0\nsend_seconds = 1.0\n"
    with PortalSite(
        tmp_path_factory.mktemp("impatient"),
        web=f'{waits}trusted_proxies = ["10.0.0.0/8"]',
        tables="[portal.limits]\nnetwork_codes_an_hour = 1\n",
    ) as site:
        yield site


def test_a_header_that_never_ends_is_hung_up_on(impatient: PortalSite) -> None:
    site = impatient
    with site.connected() as silent, site.connected() as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        for sock in (silent, slow):
            sock.settimeout(20)
            begun = time.monotonic()
            with suppress(ConnectionError, ssl.SSLError):  # reset: as good
                assert sock.recv(100) == b""
            assert time.monotonic() - begun < 15


def form_of(site: PortalSite, length: int) -> bytes:
    """The head of a form of so many bytes."""
    return (
        f"POST /m/{'0' * 32}/code HTTP/1.1\r\nHost: {HOST}:{site.web_port}\r\nSec-Fetch-Site: same-origin\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def test_a_body_that_never_comes_is_answered_and_hung_up_on(impatient: PortalSite) -> None:
    site = impatient
    with site.connected() as sock:
        sock.settimeout(20)
        sock.sendall(form_of(site, 100) + b"link=")
        answer = sock.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408 ")
        while sock.recv(65536):
            pass


def test_a_form_that_comes_in_drips_is_answered_and_hung_up_on(impatient: PortalSite) -> None:
    site = impatient
    with site.connected() as sock:
        sock.settimeout(0.25)
        sock.sendall(form_of(site, 10_000))
        begun, answer = time.monotonic(), b""
        while not answer and time.monotonic() - begun < 20:
            sock.sendall(b"a")
            with suppress(TimeoutError):
                answer = sock.recv(65536)
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_goes_on_after_its_answer_is_thrown_away_for_a_while_and_hung_up_on(
    impatient: PortalSite,
) -> None:
    site = impatient
    head = f"GET /m/{'0' * 32} HTTP/1.1\r\nHost: {HOST}:{site.web_port}\r\nTransfer-Encoding: chunked\r\n\r\n"
    with site.connected() as sock:
        sock.settimeout(20)
        sock.sendall(head.encode() + b"1\r\na\r\n")
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")
        begun, error = time.monotonic(), None
        while error is None and time.monotonic() - begun < 20:
            time.sleep(0.1)
            try:
                sock.sendall(b"1\r\na\r\n")
            except (ConnectionError, ssl.SSLError) as hung_up:
                error = hung_up
    assert error is not None


def test_who_asks_and_never_reads_is_hung_up_on(impatient: PortalSite) -> None:
    site = impatient
    page = f"GET /m/{'0' * 32} HTTP/1.1\r\nHost: {HOST}:{site.web_port}\r\n\r\n".encode()
    with site.connected() as sock:
        sock.settimeout(3)
        ends, error = time.monotonic() + 30, None
        while error is None and time.monotonic() < ends:
            try:
                sock.sendall(page * 100)
            except TimeoutError:
                continue
            except (ConnectionError, ssl.SSLError) as hung_up:
                error = hung_up
        assert error is not None
    assert site.client().get(f"/m/{'0' * 32}").status == 200


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01 nonsense\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    ],
    ids=["two hosts", "no host", "noise", "long", "two lengths", "negative length"],
)
def test_what_is_no_request_is_refused_and_the_rest_goes_on(impatient: PortalSite, request_: bytes) -> None:
    site = impatient
    with site.connected() as sock:
        sock.settimeout(20)
        with suppress(ConnectionError):  # it need not hear all of it
            sock.sendall(request_)
            assert sock.recv(65536).split(b"\r\n")[0].split()[1] in (b"400", b"421", b"431")
    assert site.client().get("/healthz").status == 200
    assert "Traceback" not in site.daemon.log


def test_over_its_own_port_nobody_is_believed_about_the_client(impatient: PortalSite) -> None:
    site = impatient
    letter = site.seal()
    seen = []
    for forwarded in ("192.0.2.1", "198.51.100.1"):
        path = f"/m/{letter.recipient_id}/code"
        answer = site.client().post(path, {"link": letter.link}, X_Forwarded_For=forwarded)
        seen.append("why=busy" in answer.headers["location"])
    assert seen == [False, True]


def test_behind_a_web_server_the_last_proxy_is_believed_about_the_client_and_nobody_else(
    tmp_path: Path,
) -> None:
    """Over a unix socket, with one code an hour for each network."""
    path = tmp_path / "web.sock"
    site = PortalSite(tmp_path, tables="[portal.limits]\nnetwork_codes_an_hour = 1\n")
    text = site.settings_file.read_text("utf-8")
    text = re.sub(r'listen = "[^"]*"\ncertificate = .*\nkey = .*\n', f'listen = "{path}"\n', text)
    site.settings_file.write_text(text, "utf-8")
    with site:
        assert path.stat().st_mode & 0o777 == 0o660
        letter = site.seal()

        def ask(forwarded: str) -> str:
            connection = _UnixConnection(path)
            body = f"link={letter.link}"
            connection.request(
                "POST",
                f"/m/{letter.recipient_id}/code",
                body,
                {
                    "Host": f"{HOST}:{site.web_port}",
                    "X-Forwarded-For": forwarded,
                    "Sec-Fetch-Site": "same-origin",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
            )
            answer = connection.getresponse()
            location = answer.getheader("location") or ""
            connection.close()
            return location.partition("why=")[2] or "asked"

        assert ask("192.0.2.1") == "asked"
        assert ask("192.0.2.9") == "busy"  # the same /24
        assert ask("198.51.100.1, 192.0.2.1") == "busy"  # what the client wrote himself stands before
        assert ask("192.0.2.1, 198.51.100.1") == "asked"
        assert ask("203.0.113.5, 127.0.0.1") == "asked"  # a trusted proxy before the last one
        assert ask("2001:db8::1") == "asked"
        assert ask("2001:db8:0:fff0::2") == "busy"  # the same /48
        assert ask("198.18.0.1:51234") == "asked"  # as IIS and Azure write it
        assert ask("198.18.0.2:51235, 127.0.0.1:443") == "busy"
        assert ask("[2001:db8:0:1::3]:51234") == "busy"
    assert not path.exists()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(str(self._path))


def test_on_all_addresses_it_answers_by_ipv4_too_and_knows_who_comes_so(tmp_path: Path) -> None:
    """``[::]``, with one code an hour for each network. Whoever comes by IPv4 is then called ``::ffff:127.0.0.1``."""
    site = PortalSite(tmp_path, tables="[portal.limits]\nnetwork_codes_an_hour = 1\n")
    text = site.settings_file.read_text("utf-8").replace('"127.0.0.1:', '"[::]:', 1)
    site.settings_file.write_text(text, "utf-8")
    with site:
        letter, busy = site.seal(), []
        for forwarded in ("192.0.2.1", "192.0.2.9", "::ffff:192.0.2.3", "198.51.100.1"):
            path = f"/m/{letter.recipient_id}/code"
            answer = site.client().post(path, {"link": letter.link}, X_Forwarded_For=forwarded)
            busy.append("why=busy" in answer.headers["location"])
    assert busy == [False, True, True, False], "127.0.0.1 is a trusted proxy"
