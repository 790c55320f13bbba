"""The portal behind the site's web server, by the examples of docs/operations.md: nginx, Apache."""

from __future__ import annotations

import http.client
import itertools
import re
import socket
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from segl.settings.web import Web
from world.counter import Letter
from world.forms import Form
from world.portal_site import Answer, Client
from world.postfix import wait_until
from world.web_servers import BehindServer, Kind, apache, nginx

MOST_CODES = 5  # that one network may ask for
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=[nginx, apache], ids=["nginx", "apache"])
def site(request: pytest.FixtureRequest, repository: Path) -> Iterator[BehindServer]:
    """Its folder is not pytest's, which is shut to the web server's own user."""
    kind: Kind = request.param
    page = (repository / "docs" / "operations.md").read_text("utf-8")
    limits = f"[portal.limits]\nnetwork_codes_an_hour = {MOST_CODES}\n"
    with tempfile.TemporaryDirectory(prefix="site-") as folder:
        Path(folder).chmod(0o755)
        with BehindServer(Path(folder), kind, page, limits) as site:
            yield site


@pytest.fixture
def letter(site: BehindServer) -> Letter:
    site.return_port.forget()
    return site.seal(f"bo{next(_numbers)}@vestby.example")


def read(site: BehindServer, client: Client, letter: Letter) -> Answer:
    """From the link to the open message."""
    opened = client.give(letter, client.ask(letter), site.next_code(letter.recipient))
    return client.get(opened.headers["location"])


def test_a_message_is_read_through_it(site: BehindServer, letter: Letter) -> None:
    client = site.client()
    page = read(site, client, letter)
    assert page.status == 200
    assert "Svar" in page.text
    assert page.headers["cache-control"] == "no-store"  # as segl-portal said it
    assert page.headers["content-security-policy"].count("default-src") == 1


def test_the_examples_wait_for_slow_lines_as_the_portal_does(repository: Path) -> None:
    """By its own default each hangs up after a minute, in which a line of 64 kbit/s brings half a megabyte: the kernel
    asks for no more of a file before a third of four has gone."""
    page, waits = (repository / "docs" / "operations.md").read_text("utf-8"), round(Web().send_seconds)
    assert waits * 8000 > 4_194_304 / 3
    assert f"send_timeout {waits}s;" in page
    assert f"TimeOut {waits}\n" in page


def test_its_access_log_tells_nothing_secret(site: BehindServer, letter: Letter) -> None:
    code = read(site, site.client(), letter)
    assert code.status == 200
    wait_until(lambda: f"/m/{letter.recipient_id}/message" in site.access_log, 30, lambda: site.access_log)
    assert letter.link not in site.access_log


def test_what_is_uploaded_goes_on_as_it_comes(site: BehindServer, letter: Letter) -> None:
    """Half of it sent: segl-portal is writing it sealed, and the web server keeps nothing of it on its disk."""
    client = site.client()
    page = read(site, client, letter)
    once = re.search(r'name="once"[^>]*value="([^"]*)"', page.text)
    assert once is not None
    form = Form(csrf=page.csrf, once=once[1]).with_file("brev.txt", b"Hej Anna\n" * 400_000)
    whole, before = form.whole(), set(site.directory.root.glob("*/*"))
    with begun(site, client, f"/m/{letter.recipient_id}/answer", form, len(whole)) as connection:
        connection.sendall(whole[:2_000_000])
        wait_until(lambda: bool(set(site.directory.root.glob("*/*")) - before), 30, lambda: site.daemon.log)
        assert not [path for path in site.kept.rglob("*") if path.is_file()]
        connection.sendall(whole[2_000_000:])
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 303"), answer
    [mail] = [each for each in site.return_port.received if b"brev.txt" in each.content]
    assert len(mail.content) > 3_600_000


def begun(site: BehindServer, client: Client, path: str, form: Form, length: int) -> ssl.SSLSocket:
    """A connection on which the header of an upload was sent."""
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: {site.host}:{site.web_port}",
        f"Cookie: {cookies}",
        "Sec-Fetch-Site: same-origin",
        f"Content-Type: {form.content_type}",
        f"Content-Length: {length}",
        "",
        "",
    )
    plain = socket.create_connection(("127.0.0.1", site.web_port), 30)
    connection = trusting(site).wrap_socket(plain, server_hostname=site.host)
    connection.sendall("\r\n".join(lines).encode())
    return connection


def trusting(site: BehindServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=site.ca.file)


def busy(site: BehindServer, letter: Letter, source: str, forwarded: str) -> bool:
    """Whether somebody at the address *source*, who says that she is at *forwarded*, has asked too often."""
    connection = http.client.HTTPSConnection(
        "127.0.0.1", site.web_port, timeout=30, context=loose(site), source_address=(source, 0)
    )
    headers = {
        "Host": f"{site.host}:{site.web_port}",
        "X-Forwarded-For": forwarded,
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        connection.request(
            "POST", f"/m/{letter.recipient_id}/code", urlencode({"link": letter.link}), headers
        )
        return "why=busy" in (connection.getresponse().headers["location"] or "")
    finally:
        connection.close()


def loose(site: BehindServer) -> ssl.SSLContext:
    context = trusting(site)
    context.check_hostname = False  # asked by address; the name is in the Host field
    return context


def test_a_browser_is_known_by_its_own_address_not_by_what_it_says(
    site: BehindServer, letter: Letter
) -> None:
    answers = [busy(site, letter, "127.0.0.1", f"192.0.{number}.1") for number in range(MOST_CODES + 1)]
    assert answers[-1], "each was believed to be somebody else"
    assert not busy(site, letter, "127.1.0.1", "192.0.2.1"), "all were taken for one"
