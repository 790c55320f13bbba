"""Text messages: what a gateway gets, over verified TLS, and what becomes of one that fails."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from segl.audit import entries
from segl.errors import SettingsError
from segl.sealed.phrase import hash_of
from segl.settings.file import parse_settings
from segl.settings.portal import Sms
from segl.store.engine import transaction
from segl.tables.sealed import sealed_recipient
from segl_portal.visits import service
from segl_portal.visits.browser import Browser
from segl_portal.visits.service import CodePromised, Denied, Opened
from segl_portal.visits.sms import SmsGateway, SmsNotSent, sms_faults
from world.ca import TestCA
from world.counter import Counter


class Gateway:
    """A real HTTPS server that notes what it is asked and answers as told."""

    def __init__(self, ca: TestCA, name: str = "localhost") -> None:
        self.status, self.requests = 200, list[tuple[str, str, dict[str, str], bytes]]()
        self.answers = threading.Event()
        self.answers.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.command, self.path, dict(self.headers.items()), body))
                outer.answers.wait(60)
                self.send_response(outer.status)
                if 300 <= outer.status < 400:
                    self.send_header("Location", f"https://localhost:{outer.port}/elsewhere")
                self.end_headers()
                self.wfile.write(b"0101701234 " * 1000)

            def do_PUT(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up are meant
        self.port: int = self._server.server_address[1]
        context = ca.issue([name]).server_context()
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> TestCA:
    return TestCA(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def running(ca: TestCA) -> Iterator[Gateway]:
    gateway = Gateway(ca)
    yield gateway
    gateway.stop()


@pytest.fixture
def gateway(running: Gateway) -> Gateway:
    running.status = 200
    running.answers.set()
    running.requests.clear()
    return running


@pytest.fixture
def settings(ca: TestCA, gateway: Gateway, tmp_path: Path) -> dict[str, Any]:
    secret = tmp_path / "secret"
    secret.write_text("n\u00f8gle-1\n")
    return {
        "url": f"https://localhost:{gateway.port}/v1/send",
        "ca_file": ca.file,
        "secret_file": secret,
        "seconds": 5.0,
    }


def test_the_usual_form_is_json_with_a_bearer_key(gateway: Gateway, settings: dict[str, Any]) -> None:
    SmsGateway(Sms(**settings)).send("+4512345678", 'Din "kode" \\ er 1\n\n@x #1')
    [(method, path, headers, body)] = gateway.requests
    assert (method, path) == ("POST", "/v1/send")
    assert headers["Content-Type"] == "application/json"
    assert headers["Authorization"] == "Bearer n\u00f8gle-1"
    assert json.loads(body) == {
        "to": "+4512345678",
        "from": "Sikker kode",
        "message": 'Din "kode" \\ er 1\n\n@x #1',
    }


def test_another_provider_wants_a_form_and_its_key_in_the_path(
    gateway: Gateway, settings: dict[str, Any]
) -> None:
    form = {
        "url": settings["url"] + "/$secret?to=$digits",
        "method": "PUT",
        "form": "form",
        "body": "msg=$text&price=$$1",
        "headers": {"X-Key": "$sender"},
        "sender": "Kode 1€",
    }
    settings["secret_file"].write_text("n\u00f8gle/1\n")
    SmsGateway(Sms(**settings | form)).send("+4512345678", "a&b=c \u00e6\n")
    [(method, path, headers, body)] = gateway.requests
    assert (method, path) == ("PUT", "/v1/send/n%C3%B8gle%2F1?to=4512345678")
    assert parse_qs(body.decode()) == {"msg": ["a&b=c \u00e6\n"], "price": ["$1"]}
    assert headers["X-Key"] == "Kode 1?"


@pytest.mark.parametrize("status", [400, 401, 500, 302, 204])
def test_only_a_2xx_is_a_yes_and_redirects_are_not_followed(
    gateway: Gateway, settings: dict[str, Any], status: int
) -> None:
    gateway.status = status
    if status == 204:
        SmsGateway(Sms(**settings)).send("+4512345678", "x")
        return
    with pytest.raises(SmsNotSent) as caught:
        SmsGateway(Sms(**settings)).send("+4512345678", "12345678")
    assert str(status) in caught.value.private
    assert "1234" not in caught.value.private
    assert "0101" not in caught.value.private
    assert len(gateway.requests) == 1


def test_a_gateway_with_another_name_or_of_unknown_authority_gets_nothing(
    ca: TestCA, gateway: Gateway, settings: dict[str, Any]
) -> None:
    other = Gateway(ca, name="other.example")
    try:
        with pytest.raises(SmsNotSent, match="text message") as caught:
            SmsGateway(Sms(**settings | {"url": f"https://localhost:{other.port}/"})).send("+4512345678", "x")
        assert "its certificate" in caught.value.private
    finally:
        other.stop()
    with pytest.raises(SmsNotSent):
        SmsGateway(Sms(**settings | {"ca_file": None})).send("+4512345678", "x")
    assert (gateway.requests, other.requests) == ([], [])


def test_a_gateway_that_dawdles_drips_or_is_away_costs_a_bounded_time(
    ca: TestCA, gateway: Gateway, settings: dict[str, Any]
) -> None:
    gateway.answers.clear()
    began = time.monotonic()
    with pytest.raises(SmsNotSent) as caught:
        SmsGateway(Sms(**settings | {"seconds": 0.3})).send("+4512345678", "x")
    gateway.answers.set()
    assert caught.value.private == "text message: the gateway gave no answer within 0.3 seconds"
    with socket.socket() as dripping:
        dripping.bind(("127.0.0.1", 0))
        dripping.listen()
        thread = threading.Thread(target=_drip, args=(dripping, ca.issue(["localhost"]).server_context()))
        thread.start()
        url = f"https://localhost:{dripping.getsockname()[1]}/"
        with pytest.raises(SmsNotSent) as caught:
            SmsGateway(Sms(**settings | {"url": url, "seconds": 0.8})).send("+4512345678", "x")
        thread.join()
    assert caught.value.private == "text message: the gateway gave no answer within 0.8 seconds"
    with pytest.raises(SmsNotSent):
        SmsGateway(Sms(**settings | {"url": url})).send("+4512345678", "x")
    assert time.monotonic() - began < 30


def _drip(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Send a header line, a byte at a time, for a minute or until the client hangs up."""
    try:
        client, _ = listener.accept()
        with context.wrap_socket(client, server_side=True) as tls:
            tls.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(1200):
                tls.sendall(b"x")
                time.sleep(0.05)
    except OSError:
        pass


def test_what_the_clock_cuts_off_is_no_answer_and_nothing_goes_in_clear(
    gateway: Gateway, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is up in the moment between two reads."""
    at_the_end: list[Callable[[], None]] = []
    socks: list[ssl.SSLSocket] = []

    class Timer:
        daemon = False

        def __init__(self, _seconds: float, end: Callable[..., None], args: tuple[Any, ...]) -> None:
            at_the_end.append(lambda: end(*args))
            socks.append(args[0])

        def start(self) -> None:
            pass

        def cancel(self) -> None:
            pass

    def read(_answer: HTTPResponse, _most: int) -> bytes:
        at_the_end.pop()()
        assert socks.pop().version() is not None, "still TLS, for whoever writes just now"
        return b""

    monkeypatch.setattr(threading, "Timer", Timer)
    monkeypatch.setattr(HTTPResponse, "read", read)
    with pytest.raises(SmsNotSent) as caught:
        SmsGateway(Sms(**settings)).send("+4512345678", "x")
    assert "no answer within 5 seconds" in caught.value.private


@pytest.mark.parametrize("content", [None, b"\xff", b"to\nlinjer"])
def test_a_secret_that_cannot_be_had_is_told(settings: dict[str, Any], content: bytes | None) -> None:
    file: Path = settings["secret_file"]
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(SmsNotSent, match="text message") as caught:
        SmsGateway(Sms(**settings)).send("+4512345678", "x")
    assert "secret_file" in caught.value.private


def test_a_byte_order_mark_is_no_part_of_the_secret(gateway: Gateway, settings: dict[str, Any]) -> None:
    settings["secret_file"].write_text("noegle-1\n", "utf-8-sig")
    SmsGateway(Sms(**settings)).send("+4512345678", "x")
    assert gateway.requests[0][2]["Authorization"] == "Bearer noegle-1"


def test_the_secret_may_be_a_credential(
    gateway: Gateway, settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "segl-sms").write_text("fra-systemd")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    SmsGateway(Sms(**settings | {"secret_file": None})).send("+4512345678", "x")
    assert gateway.requests[0][2]["Authorization"] == "Bearer fra-systemd"


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"body": "$nummer"}, "$nummer is not known"),
        ({"body": "koster $ 5"}, "begins no word"),
        ({"url": "http://sms.example/"}, "portal.sms.url"),
        ({"headers": {"X Y": "1"}}, "portal.sms.headers"),
        ({"country": "45"}, "portal.sms.country"),
    ],
)
def test_bad_templates_are_named(table: dict[str, Any], problem: str) -> None:
    organisation = {"name": "x", "domains": ["nordby.example"]}
    with pytest.raises(SettingsError) as caught:
        parse_settings({"organisation": organisation, "portal": {"sms": table}})
    assert problem in caught.value.private


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, ""),
        ({"url": ""}, ""),
        ({"ca_file": "/nowhere/ca.pem"}, "portal.sms.ca_file: [Errno 2]"),
        ({"ca_file": "/etc/hostname"}, "portal.sms.ca_file: holds no certificate"),
        ({"secret_file": "/nowhere/key"}, "portal.sms: portal.sms.secret_file /nowhere/key: No such file"),
    ],
)
def test_what_could_not_be_used_is_told_at_the_start(
    settings: dict[str, Any], gateway: Gateway, changed: dict[str, str], problem: str
) -> None:
    table = {name: str(value) if isinstance(value, Path) else value for name, value in settings.items()}
    organisation = {"name": "x", "domains": ["nordby.example"]}
    parsed = parse_settings({"organisation": organisation, "portal": {"sms": table | changed}})
    faults = "\n".join(map(str, sms_faults(parsed, Path("segl.toml"))))
    assert (problem in faults) if problem else faults == ""
    assert gateway.requests == []


@pytest.fixture
def counter(tmp_path: Path, settings: dict[str, Any]) -> Iterator[Counter]:
    texts = {name: str(value) if isinstance(value, Path) else value for name, value in settings.items()}
    with Counter(tmp_path, sms=texts) as counter:
        yield counter


def give_recipient(counter: Counter, **values: str) -> None:
    with transaction(counter.engine) as connection:
        connection.execute(sealed_recipient.update().values(**values))


def test_a_recipient_with_a_number_gets_her_code_there_and_no_mail(
    counter: Counter, gateway: Gateway
) -> None:
    letter, browser = counter.seal(), Browser.new()
    give_recipient(counter, phone="+4512345678")
    asked = counter.ask(browser, letter)
    assert isinstance(asked, CodePromised)
    [(_, _, _, body)] = gateway.requests
    text = json.loads(body)["message"]
    code = text[12:21]
    assert text.startswith(f"Din kode er {code} (reference {asked.reference}).")
    assert text.endswith(f"\n\n@sikker.nordby-vand.example #{code.replace(' ', '')}")
    assert isinstance(counter.give(browser, letter, code), Opened)
    assert counter.return_port.received == []
    [sent] = [entry for entry in entries(counter.engine) if entry.act == "code-sent"]
    assert sent.facts == {"by": "sms"}


def test_when_the_gateway_fails_the_code_does_not_go_by_mail_instead(
    counter: Counter, gateway: Gateway
) -> None:
    gateway.status = 500
    letter = counter.seal()
    give_recipient(counter, phone="+4512345678")
    assert isinstance(counter.ask(Browser.new(), letter), CodePromised)
    assert counter.return_port.received == []


def test_a_phrase_is_asked_for_besides_the_code(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "new_code", lambda: "12345678")  # what is guessed here is the right one
    letter, browser = counter.seal(), Browser.new()
    give_recipient(counter, phrase_hash=hash_of("Den r\u00f8de cykel"))
    for wrong in ("", "den bl\u00e5 cykel", "x" * 10_000):
        assert isinstance(counter.ask(browser, letter, phrase=wrong), CodePromised), "the same answer"
        assert counter.give(browser, letter, "12345678") is Denied.WRONG
    assert counter.return_port.received == []
    counter.ask(browser, letter, phrase=" den R\u00d8DE cykel ")
    assert isinstance(counter.give(browser, letter, counter.code()), Opened)


def test_a_phrase_that_nobody_asked_for_does_no_harm(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter, phrase="hvad som helst")
    assert isinstance(counter.give(browser, letter, counter.code()), Opened)
