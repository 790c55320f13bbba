"""Text messages through a gateway: one HTTPS request, made from the templates in the settings (``[portal.sms]``).

Providers differ in the names of three or four values and in how they want their key; that is what the templates are
for. The gateway's certificate must be in its name, redirects are not followed (the code would go to wherever they
lead), and what it answers is neither kept nor logged: many repeat the number or the text.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import quote, quote_plus, urlsplit

from segl.errors import Fault, SeglError
from segl.settings.document import Settings
from segl.settings.portal import Sms

_CREDENTIAL: Final = "segl-sms"
_LONGEST_ANSWER: Final = 65536
_LONGEST_SECRET: Final = 4096
_TYPES: Final = {"json": "application/json", "form": "application/x-www-form-urlencoded; charset=utf-8"}


class SmsNotSent(SeglError):
    """The gateway did not take it, or cannot be reached."""

    def __init__(self, private: str, hint: str = "") -> None:
        super().__init__("the text message could not be sent", f"text message: {private}", hint)


class SmsGateway:
    """Blocking; used by several threads at once. The secret is read anew each time, so that it can be changed."""

    def __init__(self, settings: Sms) -> None:
        self._settings = settings
        self._parts = urlsplit(settings.url)
        self._context = ssl.create_default_context(cafile=settings.ca_file)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2

    def send(self, number: str, text: str) -> None:
        """Hand *text* over for *number* (E.164). Takes ``seconds`` at most, twice over when the gateway dawdles.
        Raises :class:`SmsNotSent`."""
        request = self._request(number, text)
        status = self._exchange(request)
        if not 200 <= status < 300:
            hint = "redirects are not followed: name the place itself" if 300 <= status < 400 else ""
            raise SmsNotSent(f"the gateway answered {status}", hint)

    def check(self) -> None:
        """Whether a request can be made; none is sent. Raises :class:`SmsNotSent`."""
        self._request("+4500000000", "")

    def _request(self, number: str, text: str) -> _Request:
        values = {
            "number": number,
            "digits": number.lstrip("+"),
            "text": text,
            "sender": self._settings.sender,
            "secret": self._secret(),
        }
        form = self._settings.form
        body = _filled(self._settings.body, values, _in_json if form == "json" else quote_plus)
        headers = {name: _filled(value, values, _in_header) for name, value in self._settings.headers.items()}
        path = _filled(self._parts.path or "/", values, _in_url)
        query = f"?{_filled(self._parts.query, values, _in_url)}" if self._parts.query else ""
        return _Request(path + query, {"Content-Type": _TYPES[form], **headers}, body.encode("utf-8"))

    def _exchange(self, request: _Request) -> int:
        """The status of the answer."""
        settings, is_over = self._settings, threading.Event()
        connection = HTTPSConnection(
            self._parts.hostname or "",
            self._parts.port or 443,
            timeout=settings.seconds,
            context=self._context,
        )
        try:
            connection.connect()
            # each read has its time-out; this ends a gateway that sends a byte now and then
            end = threading.Timer(settings.seconds, _hang_up, (connection.sock, is_over))
            end.daemon = True
            end.start()
            try:
                connection.request(settings.method, request.path, request.body, request.headers)
                with connection.getresponse() as answer:
                    answer.read(_LONGEST_ANSWER)
                if is_over.is_set():  # http.client takes a header that was cut off for a whole one
                    raise TimeoutError
                return answer.status
            finally:
                end.cancel()
        except (OSError, HTTPException, ValueError) as error:
            if is_over.is_set() or isinstance(error, TimeoutError):
                raise SmsNotSent(f"the gateway gave no answer within {settings.seconds:g} seconds") from None
            raise SmsNotSent(f"the gateway cannot be reached: {_kind(error)}") from None
        finally:
            connection.close()

    def _secret(self) -> str:
        file = self._settings.secret_file
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if file is None and folder and (Path(folder) / _CREDENTIAL).exists():
            file = Path(folder) / _CREDENTIAL
        if file is None:
            return ""
        try:
            with file.open("rb") as opened:
                secret = opened.read(_LONGEST_SECRET).decode("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            kind = error.strerror if isinstance(error, OSError) else "is not text"
            raise SmsNotSent(f"portal.sms.secret_file {file}: {kind}") from None
        if not secret.isprintable():
            raise SmsNotSent(f"portal.sms.secret_file {file}: holds more than one line")
        return secret


def sms_faults(settings: Settings, file: Path) -> Iterator[Fault]:
    """What of ``[portal.sms]`` could not be used: told at the start rather than at the first code."""
    if not settings.portal.sms.url:
        return
    try:
        gateway = SmsGateway(settings.portal.sms)
    except (OSError, ValueError) as error:
        problem = "holds no certificate" if isinstance(error, ssl.SSLError) else str(error)
        yield Fault(file, "portal.sms.ca_file", problem)
        return
    try:
        gateway.check()
    except SmsNotSent as error:
        yield Fault(file, "portal.sms", error.private.removeprefix("text message: "), error.hint)


class _Request:
    """Holds the secret and the code: not to be printed."""

    __slots__ = ("body", "headers", "path")

    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path, self.headers, self.body = path, headers, body


def _filled(template: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    return Template(template).substitute({name: escape(value) for name, value in values.items()})


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _in_url(text: str) -> str:
    return quote(text, safe="")


def _in_header(text: str) -> str:
    """On one line, and in the characters that a field may have (RFC 9110 §5.5)."""
    return " ".join(text.split()).encode("latin-1", "replace").decode("latin-1")


def _hang_up(sock: socket.socket, is_over: threading.Event) -> None:
    """Below TLS: that of :mod:`ssl` makes it a plain socket first, while another thread reads and writes there."""
    is_over.set()
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _kind(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate: {error.verify_message}"
    return getattr(error, "strerror", None) or type(error).__name__
