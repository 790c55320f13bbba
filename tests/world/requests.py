"""What a browser that has a letter open asks of the portal's handlers, for tests without a server."""

from __future__ import annotations

from starlette.requests import Request

from segl_portal.visits.browser import COOKIE, READING_COOKIE, Browser
from world.counter import Letter


def asking(letter: Letter, browser: Browser) -> Request:
    """A GET for any page of *letter*, or for its part 2, in Danish."""
    place = letter.recipient_id
    cookie = f"{COOKIE}={browser.cookie}; {READING_COOKIE}={browser.reading_cookie(place)}".encode()
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"cookie", cookie)],
    }
    return Request({**scope, "path_params": {"rid": place, "n": "2"}})
