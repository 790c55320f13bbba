"""The portal notices where no web server says whose a visit is, and tells it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from segl.cli.doctor_portal import portal_checks, visitors_line
from segl.events import Events
from segl.metric_labels import VisitorAddress
from segl.postfix.check import State
from segl.settings.file import parse_settings
from segl.settings.web import Web
from segl.store.status import visitors_unnamed
from segl_portal.guard import Guard
from segl_portal.visits.unnamed import MOST, Visitors

KNOWN, MISSING, UNTRUSTED = VisitorAddress.KNOWN, VisitorAddress.MISSING, VisitorAddress.UNTRUSTED
SOCKET, TCP = "/run/segl-portal/web.sock", "10.0.0.5:8080"
NGINX = "10.0.0.9"
DAY = 86400


def seen(web: Web, peer: str, *forwarded: str) -> tuple[str, VisitorAddress]:
    """Whom the portal takes a visitor for who comes from *peer*."""
    told: list[Any] = []

    async def page(scope: Any, _receive: Any, send: Any) -> None:
        told.append((scope["client"][0], scope["segl.visitor"][0]))
        await send({"type": "http.response.start", "status": 200})

    async def nothing(*_: Any) -> Any:
        return {"type": "http.request"}

    headers = [(b"host", b"sikker.x.dk"), *((b"x-forwarded-for", one.encode()) for one in forwarded)]
    client = (peer, 0) if peer else None
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "client": client}
    guard = Guard(page, lambda *_: page, Events("test"), base="https://sikker.x.dk", web=web, body_bytes=9)
    asyncio.run(guard(scope, nothing, nothing))
    [one] = told
    return one  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("listen", "peer", "forwarded", "address", "known"),
    [
        (SOCKET, "", ["192.0.2.7"], "192.0.2.7", KNOWN),
        (SOCKET, "", ["198.51.100.1, 192.0.2.7"], "192.0.2.7", KNOWN),
        (SOCKET, "", [], "", MISSING),
        (SOCKET, "", ["unknown"], "", MISSING),
        (SOCKET, "", ["127.0.0.1"], "127.0.0.1", MISSING),  # another proxy before it, which says nothing
        (SOCKET, "", ["192.0.2.7, 127.0.0.1"], "192.0.2.7", KNOWN),
        (TCP, NGINX, ["192.0.2.7"], "192.0.2.7", KNOWN),
        (TCP, NGINX, [], NGINX, MISSING),
        (TCP, NGINX, ["10.0.0.8"], "10.0.0.8", KNOWN),  # somebody at home, where all of it is trusted
        (TCP, "172.16.0.9", ["192.0.2.7"], "172.16.0.9", UNTRUSTED),
    ],
)
def test_whose_a_visit_is(
    listen: str, peer: str, forwarded: Sequence[str], address: str, known: VisitorAddress
) -> None:
    web = Web(listen=listen, trusted_proxies=("127.0.0.1/32", "10.0.0.0/8"))
    assert seen(web, peer, *forwarded) == (address, known)


def test_who_comes_to_our_own_tls_is_who_he_is(tmp_path: Any) -> None:
    web = Web(listen="[::]:443", certificate=tmp_path / "page.pem", key=tmp_path / "page.key")
    assert seen(web, "192.0.2.7", "203.0.113.1") == ("192.0.2.7", KNOWN)


class Told(Events):
    """What of visitors without an address was told to the log."""

    def __init__(self) -> None:
        super().__init__("segl-portal")
        self.told: list[tuple[str, str]] = []

    def visitors_unnamed(self, address: str, client: str) -> None:
        self.told.append((address, client))


def test_codes_asked_for_so_are_counted_and_told_of_once_an_hour(engine: Engine) -> None:
    now, events = [time.time()], Told()
    visitors = Visitors(engine, events, lambda: now[0])
    url = engine.url.render_as_string(hide_password=False)
    settings = parse_settings(
        {"organisation": {"name": "N", "domains": ["x.dk"]}, "store": {"url": url}, "portal": {}}
    )

    def doctor() -> State:
        [check] = [check for check in portal_checks(settings) if check.id == "portal.visitors"]
        assert visitors_line(settings) == (check.state is State.OK, check.found), "segl status says it, too"
        return check.state

    visitors.asked(KNOWN, "")
    visitors.asked(MISSING, "")
    assert (visitors_unnamed(url, now[0]), doctor()) == (1, State.OK)
    for _ in range(MOST + 5):
        visitors.asked(MISSING, "")
    assert (visitors_unnamed(url, now[0]), doctor()) == (MOST, State.WARN)
    assert visitors_unnamed(url, now[0] + 2 * DAY) == 0
    for _ in range(MOST + 1):  # the web server was set right
        visitors.asked(KNOWN, "")
    assert (visitors_unnamed(url, now[0]), doctor()) == (0, State.OK)
    now[0] += 3600
    visitors.asked(UNTRUSTED, NGINX)
    assert events.told == [(MISSING, ""), (UNTRUSTED, NGINX)]
    now[0] -= 30 * DAY  # set right by a month
    visitors.asked(UNTRUSTED, NGINX)
    assert events.told[2:] == [(UNTRUSTED, NGINX)]


def test_the_doctor_names_a_proxy_that_is_everybody() -> None:
    web = {"trusted_proxies": ["0.0.0.0/0"]}
    given = {"organisation": {"name": "N", "domains": ["x.dk"]}, "portal": {"web": web}}
    [check] = [check for check in portal_checks(parse_settings(given)) if check.id == "portal.visitors"]
    assert (check.state, "0.0.0.0/0" in check.found) == (State.WARN, True)
