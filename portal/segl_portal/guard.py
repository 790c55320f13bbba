"""What every request passes before a page is asked: an ASGI middleware (asgi.readthedocs.io, HTTP 2.x).

* the method is GET, HEAD or POST, and the host is ours (RFC 9110 §7.4: 421 for another);
* a POST comes from a page of ours. ``Sec-Fetch-Site`` (Fetch Metadata) tells in all browsers since 2023; an ``Origin``
  that names another site is refused too. ``Origin: null`` says nothing: with ``Referrer-Policy: no-referrer`` browsers
  send it from our own forms. The forms' hidden field (:meth:`segl_portal.visits.browser.Browser.csrf`) stands behind
  this;
* a page that a browser fetches ahead (``Sec-Purpose: prefetch``) is not given;
* a body has its most bytes, and comes in time;
* what goes wrong inside becomes a page without a word of why; the log gets the kind of fault.

It also measures, and finds out the address a browser asks from.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from enum import StrEnum
from ipaddress import ip_network
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segl import metrics
from segl.errors import StoreError
from segl.events import Events
from segl.metric_labels import HttpAnswer, VisitorAddress
from segl.sealed.storage import StorageAway
from segl.settings.web import Web
from segl_portal.visits.limits import unmapped

FORM_BYTES: Final = 16 * 1024
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class Trouble(StrEnum):
    """Why a request gets an error page; its words are in the catalogue (``faults``)."""

    NOT_FOUND = "not-found"
    NOT_ALLOWED = "not-allowed"
    COOKIES = "cookies"
    OTHER_SITE = "other-site"
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    BAD_REQUEST = "bad-request"
    BUSY = "busy"
    FAULT = "fault"

    @property
    def status(self) -> int:
        return _STATUS[self]


_STATUS: Final = {
    Trouble.NOT_FOUND: 404,
    Trouble.NOT_ALLOWED: 405,
    Trouble.COOKIES: 403,
    Trouble.OTHER_SITE: 403,
    Trouble.TOO_LARGE: 413,
    Trouble.TOO_SLOW: 408,
    Trouble.BAD_REQUEST: 400,
    Trouble.BUSY: 503,
    Trouble.FAULT: 500,
}


class Refusal(Exception):
    """The request gets this error page."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


# Makes the error page for a request.
FaultPage = Callable[[Request, Trouble, Exception], ASGIApp]


class Guard:
    """The middleware. *base* is the portal's URL; *body_bytes* the most that an answer's body may have."""

    def __init__(
        self, app: ASGIApp, fault_page: FaultPage, events: Events, *, base: str, web: Web, body_bytes: int
    ) -> None:
        self._app = app
        self._fault_page = fault_page
        self._events = events
        url = urlsplit(base)
        self._origin = f"{url.scheme}://{url.netloc}".lower().removesuffix(_DEFAULT_PORTS[url.scheme])
        self._host = self._origin.partition("://")[2]
        self._default_port = _DEFAULT_PORTS[url.scheme]
        self._web = web
        self._proxies = [ip_network(text) for text in web.trusted_proxies]
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        told: list[int] = []

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                told.append(message["status"])
            await send(message)

        headers = Headers(scope=scope)
        peer = str(scope["client"][0]) if scope.get("client") else ""
        client, address = self._client(peer, headers)
        scope["client"], scope["segl.visitor"] = (client, 0), (address, peer)
        try:
            self._check(scope, headers)
            await self._app(scope, self._bounded(scope, headers, receive), counted)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            trouble = self._trouble(scope, error)
            if told:
                raise BrokenOff from None  # half an answer is out: the connection ends
            await self._fault_page(Request(scope), trouble, error)(scope, receive, counted)
        finally:
            page = scope.get("segl.page", "none")
            metrics.PORTAL_REQUESTS.labels(page, HttpAnswer.of(told[0] if told else None)).inc()
            metrics.PORTAL_SECONDS.labels(page).observe(time.perf_counter() - begun)

    def _check(self, scope: Scope, headers: Headers) -> None:
        if scope["method"] not in ("GET", "HEAD", "POST"):
            raise Refusal(Trouble.NOT_ALLOWED)
        if scope["path"].endswith("/healthz"):
            return
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower().removesuffix(self._default_port) != self._host:
            raise Misdirected(Trouble.BAD_REQUEST)
        purpose = headers.get("sec-purpose", "") + headers.get("purpose", "") + headers.get("x-moz", "")
        if "prefetch" in purpose.lower():
            raise Refusal(Trouble.BUSY)
        if scope["method"] == "POST":
            self._check_origin(headers)

    def _check_origin(self, headers: Headers) -> None:
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise Refusal(Trouble.OTHER_SITE)
        origin = headers.get("origin", "null").lower()
        if origin != "null" and origin.removesuffix(self._default_port) != self._origin:
            raise Refusal(Trouble.OTHER_SITE)

    def _bounded(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        """*receive* with the limits of size and time. Only an answer may be large; it has clocks and limits of its own
        (:mod:`segl_portal.answering.upload`), of which this is the outermost."""
        is_answer = scope["path"].endswith("/answer")
        most = self._body_bytes if is_answer else FORM_BYTES
        now = asyncio.get_running_loop().time()
        ends = None if is_answer else now + self._web.body_seconds  # for the whole: a drip would take days
        if _length(headers) > most and not is_answer:  # an answer's text is given back
            raise Refusal(Trouble.TOO_LARGE)
        taken, whole = 0, False

        async def bounded() -> Message:
            nonlocal taken, whole
            if whole:
                return await receive()  # it now waits for the browser to go away, as long as it likes
            try:
                async with asyncio.timeout_at(ends):
                    message = await receive()
            except TimeoutError:
                raise Refusal(Trouble.TOO_SLOW) from None
            taken += len(message.get("body", b""))
            if taken > most:
                raise Refusal(Trouble.TOO_LARGE)
            whole = not message.get("more_body", False)
            return message

        return bounded

    def _trouble(self, scope: Scope, error: Exception) -> Trouble:
        match error:
            case Refusal():
                return error.trouble
            case StoreError() | StorageAway():
                self._events.failed(scope.get("segl.page", "portal"), error)
                return Trouble.BUSY
            case _:
                self._events.failed(scope.get("segl.page", "portal"), error)
                return Trouble.FAULT

    def _client(self, peer: str, headers: Headers) -> tuple[str, VisitorAddress]:
        """The browser's address, and whether it is hers. What a trusted proxy wrote last into ``X-Forwarded-For`` is
        believed, and what stands before that only as far as trusted proxies wrote it: the rest anybody can invent. Who
        comes in clear by a port is a web server, for browsers come by https."""
        if peer and not self._is_proxy(peer):
            return peer, VisitorAddress.KNOWN if self._web.speaks_tls else VisitorAddress.UNTRUSTED
        told = [item.strip() for line in headers.getlist("x-forwarded-for") for item in line.split(",")]
        address = VisitorAddress.MISSING
        for named in map(_without_port, reversed(told[-20:])):
            if not _is_address(named):
                break
            peer = named
            address = VisitorAddress.MISSING if unmapped(named).is_loopback else VisitorAddress.KNOWN
            if not self._is_proxy(named):
                break
        return peer, address

    def _is_proxy(self, text: str) -> bool:
        return _is_address(text) and any(unmapped(text) in network for network in self._proxies)


class Misdirected(Refusal):
    """For another host than ours."""


class BrokenOff(Exception):
    """An answer could not be given to its end. Its text says nothing; the log has it already."""


def _without_port(text: str) -> str:
    """An address as some proxies write it, ``192.0.2.7:51234`` or ``[2001:db8::7]:443`` (IIS, Azure), by itself."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _is_address(text: str) -> bool:
    try:
        unmapped(text)
    except ValueError:
        return False
    return True


def _length(headers: Headers) -> int:
    """The length that a body claims; h11 has refused what is no number."""
    text = headers.get("content-length", "0")
    return int(text) if text.isdecimal() and len(text) < 20 else 0
