"""The process segl-portal: how it starts, refuses to start, reloads, stops, and bears slow and many clients."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from segl.errors import SettingsError
from segl_portal.checked import checked_settings
from world.counter import Letter
from world.desk import DOMAIN
from world.peers import SmtpPeer
from world.portal_site import HOST, PortalSite
from world.ports import free_port
from world.postfix import wait_until
from world.process import is_alive

Open = Callable[..., PortalSite]


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalSite]:
    """One site for the tests that leave it as it was."""
    with PortalSite(tmp_path_factory.mktemp("portal")) as site:
        yield site


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


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """A site for this test alone."""
    sites: list[PortalSite] = []

    def opened(**options: Any) -> PortalSite:
        sites.append(PortalSite(tmp_path, **options).__enter__())
        return sites[-1]

    yield opened
    for site in sites:
        site.__exit__(None, None, None)


def refusal(site: PortalSite) -> str:
    """Start once more with the settings as they are now; it must refuse."""
    command = [*site.daemon.command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def raw(site: PortalSite) -> ssl.SSLSocket:
    """A connection on which nothing has been said yet."""
    context = ssl.create_default_context(cafile=site.ca.file)
    sock = socket.create_connection(("127.0.0.1", site.web_port), 30)
    return context.wrap_socket(sock, server_hostname=HOST)


def workers(site: PortalSite) -> list[int]:
    kinds = ("worker_started", "worker_died")
    events = [e for e in site.daemon.events if e["event"] in kinds and e["kind"] == "worker"]
    started = [e["pid"] for e in events if e["event"] == "worker_started"]
    died = {e["pid"] for e in events if e["event"] == "worker_died"}
    return [pid for pid in started if pid not in died]


def test_it_speaks_tls_1_2_and_better_and_forward_secret_ciphers_only(steady: PortalSite) -> None:
    with raw(steady) as sock:
        assert sock.version() == "TLSv1.3"
    for version, ciphers in (
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "AES128-SHA"),
    ):
        context = ssl.create_default_context(cafile=steady.ca.file)
        context.set_ciphers(ciphers)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the old version is the point here
            context.minimum_version = context.maximum_version = version
        with (
            socket.create_connection(("127.0.0.1", steady.web_port), 30) as plain,
            pytest.raises(ssl.SSLError),
        ):
            context.wrap_socket(plain, server_hostname=HOST)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("[portal.web]", "[portal.web]\nport = 8", "portal.web.port"),
        (f"https://{HOST}", "https://sikker.invalid", "portal.url: is not set"),
        (f"https://{HOST}", f"http://{HOST}", "is not https"),
        ("key = ", "# key = ", "only one of certificate and key"),
        (
            "certificate = ",
            'certificate = "/nowhere/a.pem" #',
            "portal.web.certificate: /nowhere/a.pem cannot be read",
        ),
        ("key = ", 'key = "/nowhere/a.key" #', "portal.web.key: /nowhere/a.key cannot be read"),
        ("certificate = ", 'certificate = "/etc/passwd" #', "portal.web.certificate: cannot be used"),
        ("[delivery]", '[[portal.look]]\ncolour = "#ffee00"\n[delivery]', "cannot be read on white"),
    ],
    ids=[
        "unknown key",
        "no address",
        "http",
        "half a key",
        "no certificate",
        "no key",
        "no PEM",
        "pale colour",
    ],
)
def test_what_cannot_be_used_is_named(steady: PortalSite, before: str, after: str, words: str) -> None:
    steady.write_settings()
    text = steady.settings_file.read_text("utf-8")
    assert before in text
    steady.settings_file.write_text(text.replace(before, after), "utf-8")
    with pytest.raises(SettingsError) as refused:
        checked_settings(steady.settings_file)
    assert words in refused.value.private


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (f"https://{HOST}", "https://sikker.invalid", "portal.url: is not set"),
        ("", "", "Address already in use"),
    ],
    ids=["no address", "port in use"],
)
def test_what_cannot_be_used_refuses_the_start(
    steady: PortalSite, before: str, after: str, words: str
) -> None:
    site = steady
    site.write_settings()
    text = site.settings_file.read_text("utf-8")
    site.settings_file.write_text(text.replace(before, after) if before else text, "utf-8")
    assert words in refusal(site)
    assert site.client().get("/healthz").status == 200  # the one that runs goes on


def test_a_reload_takes_a_new_look_and_a_new_certificate(steady: PortalSite) -> None:
    site = steady
    path = f"/m/{'0' * 32}"
    site.write_settings()
    assert "Nordby Vandværk" in site.client().get(path).text
    new = site.ca.issue([HOST])
    site.certificate.cert.write_bytes(new.cert.read_bytes())
    site.certificate.key.write_bytes(new.key.read_bytes())
    site.write_settings('[[portal.look]]\nname = "Syd Vand"\ncolour = "#7a1f5c"\n')
    site.daemon.signal(signal.SIGHUP)
    wait_until(lambda: "Syd Vand" in site.client().get(path).text, 20, lambda: site.daemon.log)

    def shown() -> str:
        with raw(site) as sock:
            certificate = sock.getpeercert(binary_form=True)
        assert certificate is not None
        return sha256(certificate).hexdigest()

    assert shown() == new.sha256
    site.write_settings()
    site.daemon.signal(signal.SIGHUP)
    wait_until(lambda: "Nordby Vandværk" in site.client().get(path).text, 20, lambda: site.daemon.log)


def test_a_reload_takes_up_another_return_port(opened: Open) -> None:
    site, port = opened(), free_port()
    with SmtpPeer("127.0.0.1", port) as moved:
        site.write_settings('[[portal.look]]\nname = "Syd Vand"\n')
        text = site.settings_file.read_text("utf-8").replace(f":{site.port}", f":{port}")
        site.settings_file.write_text(text, "utf-8")
        site.daemon.signal(signal.SIGHUP)
        letter = site.seal()
        path = f"/m/{letter.recipient_id}"
        wait_until(lambda: "Syd Vand" in site.client().get(path).text, 20, lambda: site.daemon.log)
        site.client().post(f"{path}/code", {"link": letter.link})
        wait_until(lambda: bool(moved.received), 20, lambda: site.daemon.log)
    assert site.return_port.received == []


def test_a_reload_that_cannot_be_used_changes_nothing(steady: PortalSite) -> None:
    site = steady
    site.write_settings('[[portal.look]]\nname = "Syd Vand"\nlogo = "/nowhere"\n')
    site.daemon.signal(signal.SIGHUP)
    wait_until(lambda: "reload_refused" in site.daemon.log, 20, lambda: site.daemon.log)
    assert "/nowhere" in site.daemon.log
    assert "Nordby Vandværk" in site.client().get(f"/m/{'0' * 32}").text


def test_a_worker_that_dies_is_replaced(steady: PortalSite) -> None:
    site = steady
    [pid] = workers(site)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: bool(workers(site)) and workers(site) != [pid], 20, lambda: site.daemon.log)
    assert site.client().get("/healthz").status == 200
    died = [event for event in site.daemon.events if event["event"] == "worker_died"]
    assert [event["status"] for event in died] == [-signal.SIGKILL]


def test_when_the_parent_is_killed_the_workers_end_too(opened: Open) -> None:
    site = opened()
    [pid] = workers(site)
    site.daemon.kill()
    wait_until(lambda: not is_alive(pid), 20, lambda: site.daemon.log)
    site.daemon.start()
    assert site.client().get("/healthz").status == 200


def test_several_workers_share_one_port_and_each_knows_every_visit(tmp_path: Path) -> None:
    site = PortalSite(tmp_path)
    site.settings_file.write_text(site.settings_file.read_text().replace("workers = 1", "workers = 3"))
    with site:
        letter = site.seal()
        client = site.client()
        page = client.get(f"/m/{letter.recipient_id}")
        client.post(f"/m/{letter.recipient_id}/code", {"link": letter.link})
        code = site.next_code(letter.recipient)
        page = client.get(f"/m/{letter.recipient_id}/code")
        found = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert found is not None
        client.post(f"/m/{letter.recipient_id}/open", {"csrf": found[1], "code": code})
        for _ in range(12):
            assert "Svar" in client.get(f"/m/{letter.recipient_id}/message").text
        assert len(workers(site)) == 3


def _opened_in(site: PortalSite, letter: Letter) -> Any:
    client = site.client()
    rid = letter.recipient_id
    client.post(f"/m/{rid}/code", {"link": letter.link})
    page = client.get(f"/m/{rid}/code")
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None
    client.post(f"/m/{rid}/open", {"csrf": found[1], "code": site.next_code(letter.recipient)})
    return client


def test_sigterm_lets_a_download_finish(opened: Open) -> None:
    site = opened()
    content = b"Subject: stor\r\n\r\n" + b"x" * 20_000_000
    letter = site.seal(content=content)
    client = _opened_in(site, letter)
    with raw(site) as sock:
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        sock.sendall(
            f"GET /m/{letter.recipient_id}/message.eml HTTP/1.1\r\nHost: {HOST}:{site.web_port}\r\n"
            f"Cookie: {cookies}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = sock.recv(65536)
        site.daemon.signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in site.daemon.log, 20, lambda: site.daemon.log)
        wait_until(lambda: not _connects(site), 20, lambda: site.daemon.log)
        while piece := sock.recv(1 << 20):
            answer += piece
    assert answer.partition(b"\r\n\r\n")[2] == content


def _connects(site: PortalSite) -> bool:
    try:
        socket.create_connection(("127.0.0.1", site.web_port), 5).close()
    except OSError:
        return False
    return True


def test_a_header_that_never_ends_is_hung_up_on(impatient: PortalSite) -> None:
    site = impatient
    with raw(site) as silent, raw(site) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        for sock in (silent, slow):
            sock.settimeout(20)
            begun = time.monotonic()
            with suppress(ConnectionError, ssl.SSLError):  # reset: as good
                assert sock.recv(100) == b""
            assert time.monotonic() - begun < 15


def test_a_body_that_never_comes_is_answered_and_hung_up_on(impatient: PortalSite) -> None:
    site = impatient
    with raw(site) as sock:
        sock.settimeout(20)
        sock.sendall(
            f"POST /m/{'0' * 32}/code HTTP/1.1\r\nHost: {HOST}:{site.web_port}\r\nSec-Fetch-Site: same-origin\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nlink=".encode()
        )
        answer = sock.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408 ")
        while sock.recv(65536):
            pass


def test_a_form_that_comes_in_drips_is_answered_and_hung_up_on(impatient: PortalSite) -> None:
    site = impatient
    with raw(site) as sock:
        sock.settimeout(0.25)
        sock.sendall(
            f"POST /m/{'0' * 32}/code HTTP/1.1\r\nHost: {HOST}:{site.web_port}\r\nSec-Fetch-Site: same-origin\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000\r\n\r\n".encode()
        )
        begun, answer = time.monotonic(), b""
        while not answer and time.monotonic() - begun < 20:
            sock.sendall(b"a")
            with suppress(TimeoutError):
                answer = sock.recv(65536)
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_who_asks_and_never_reads_is_hung_up_on(impatient: PortalSite) -> None:
    site = impatient
    page = f"GET /m/{'0' * 32} HTTP/1.1\r\nHost: {HOST}:{site.web_port}\r\n\r\n".encode()
    with raw(site) as sock:
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
def test_what_is_no_request_is_refused_and_the_rest_goes_on(steady: PortalSite, request_: bytes) -> None:
    site = steady
    with raw(site) as sock:
        sock.settimeout(20)
        with suppress(ConnectionError):  # it need not hear all of it
            sock.sendall(request_)
            assert sock.recv(65536).split(b"\r\n")[0].split()[1] in (b"400", b"421", b"431")
    assert site.client().get("/healthz").status == 200
    assert "Traceback" not in site.daemon.log


def test_without_its_store_it_says_so_and_keeps_its_reasons_to_itself(steady: PortalSite) -> None:
    site = steady
    with site.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE portal_count RENAME TO gone")
    answer = site.client().post(f"/m/{'0' * 32}/code", {"link": "A" * 43})
    with site.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO portal_count")
    assert answer.status == 503
    assert answer.headers["retry-after"] == "30"
    for word in ("portal_count", "sqlite", "Error", "Traceback"):
        assert word not in answer.text


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
        assert ask("2001:db8:0:ff::2") == "busy"  # the same /56
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


def test_over_its_own_port_nobody_is_believed_about_the_client(impatient: PortalSite) -> None:
    site = impatient
    letter = site.seal()
    seen = []
    for forwarded in ("192.0.2.1", "198.51.100.1"):
        path = f"/m/{letter.recipient_id}/code"
        answer = site.client().post(path, {"link": letter.link}, X_Forwarded_For=forwarded)
        seen.append("why=busy" in answer.headers["location"])
    assert seen == [False, True]


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


def test_the_metrics_port_that_is_taken_refuses_the_start(steady: PortalSite) -> None:
    site = steady
    site.write_settings()
    text = site.settings_file.read_text("utf-8").replace(f':{site.web_port}"', f':{free_port()}"')
    site.settings_file.write_text(text, "utf-8")
    assert "metrics.portal_port" in refusal(site)


def test_no_log_line_holds_more_than_an_event(steady: PortalSite) -> None:
    site = steady
    for path in (
        "/",
        "/m/x",
        f"/m/{'0' * 32}?lang=%00",
        "/static/../x",
        "/%2e%2e/",
        "/\u00e6".encode().decode("latin-1"),
    ):
        site.client().get(path.replace("\u00c3\u00a6", "%C3%A6"))
    assert all(line.startswith("{") for line in site.daemon.log.splitlines())
    assert DOMAIN not in site.daemon.log
