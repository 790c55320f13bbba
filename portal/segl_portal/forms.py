"""What browsers send us: the small forms, the cookie, the link in any form that a person pastes it in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from segl.sealed.keys import SECRET_LENGTH
from segl_portal.guard import Refusal, Trouble
from segl_portal.visits.browser import COOKIE, READING_COOKIE, Browser

_FIELDS: Final = 10
_PLACE: Final = re.compile(r"/m/([0-9a-f]{32})#")
_SECRET: Final = re.compile(rf"#([A-Za-z0-9_-]{{{SECRET_LENGTH}}})(?![A-Za-z0-9_-])")
_WRAPPINGS: Final = 3  # of a link in others
# Proofpoint's: "…/v3/__https://HOST/m/ID*SECRET__;Iw!!…$", and the older "…/v2/url?u=https-3A__HOST_m_ID-23SECRET&d=…"
_STARRED: Final = re.compile(rf"(/m/[0-9a-f]{{32}})\*([A-Za-z0-9_-]{{{SECRET_LENGTH}}})__;")
_DASHED: Final = re.compile(r"/v2/url\?u=([A-Za-z0-9_.-]+)")
_SIGNS: Final = str.maketrans("-_", "%/")


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a small form (``application/x-www-form-urlencoded``). Raises :class:`Refusal`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Refusal(Trouble.BAD_REQUEST)
    try:
        raw = await request.body()
        fields = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict"
        )
    except (ValueError, ClientDisconnect):
        raise Refusal(Trouble.BAD_REQUEST) from None
    if len({name for name, _ in fields}) != len(fields):
        raise Refusal(Trouble.BAD_REQUEST)
    return dict(fields)


def browser_of(request: Request) -> Browser | None:
    """The browser that sent our cookie."""
    cookies, place = request.cookies, str(request.path_params.get("rid", ""))
    return Browser.of_cookie(cookies.get(COOKIE), place, cookies.get(READING_COOKIE))


def sure_browser(request: Request, place: str, fields: Mapping[str, str]) -> Browser:
    """The browser, when the form is one that we gave it. Raises :class:`Refusal`."""
    browser = browser_of(request)
    if browser is None:
        raise Refusal(Trouble.COOKIES)
    if not browser.is_csrf(place, fields.get("csrf")):
        raise Refusal(Trouble.OTHER_SITE)
    return browser


def tells_where_from(request: Request) -> bool:
    """Whether the browser sends Fetch Metadata. One that does, and comes from another site (a link in a web mail),
    keeps our ``SameSite=Strict`` cookie back, so that it may have one though none came; a new one in its place would
    close what it has open. It gets its cookie with its first POST, which comes from our own page."""
    return "sec-fetch-site" in request.headers


def wants_json(request: Request) -> bool:
    """Whether a script of ours asks, and no browser that shows what comes."""
    return request.headers.get("accept", "") == "application/json"


def keep(response: Response, browser: Browser, seconds: float | None = None) -> Response:
    """Give the browser its cookie: for so many seconds, or until it is closed.

    A telephone closes its browser when the mail with the code needs the memory, a mail program its own when one goes
    back to the list of mails. Whoever comes back then needs this cookie, or the code is good for nothing. It outlives
    no message that is being read: by itself it opens none."""
    response.set_cookie(
        COOKIE,
        browser.cookie,
        max_age=None if seconds is None else int(seconds),
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )
    return response


def keep_reading(response: Response, browser: Browser, place: str, path: str) -> Response:
    """Give the browser what it reads the message at *place* with, for the pages below *path*, until it is closed."""
    cookie = browser.reading_cookie(place)
    response.set_cookie(READING_COOKIE, cookie, path=path, secure=True, httponly=True, samesite="strict")
    return response


def forget_reading(response: Response, path: str) -> Response:
    """Take that away again."""
    response.delete_cookie(READING_COOKIE, path=path, secure=True, httponly=True, samesite="strict")
    return response


def place_in(text: str, otherwise: str) -> str:
    """The recipient's id in a link that was pasted; *otherwise* where it holds none. Somebody with two mails takes the
    link of one to the page of the other."""
    found = _PLACE.search(_squeezed(_unwrapped(text)))
    return found[1] if found else otherwise


def secret_in(text: str) -> str:
    """The secret in what was typed or pasted: what stands behind ``#``, or the text itself; without the blanks,
    line ends and brackets that mail programs put around links."""
    text = _unwrapped(text)
    squeezed = _squeezed(text)
    if found := _SECRET.search(text) or _SECRET.search(squeezed):
        return found[1]
    return squeezed.strip("<>\"'.,").rpartition("#")[2][:100]


def _unwrapped(text: str) -> str:
    """A link that was put into another (``https://….safelinks.protection.outlook.com/?url=https%3A%2F%2F…%23…&data=…``)
    as it was. Mail systems do so to look at it before it is opened, once more when the mail is passed on; and that is
    what their users copy."""
    for _ in range(_WRAPPINGS):
        text = unquote(text)
        if found := _DASHED.search(text):
            text = unquote(found[1].translate(_SIGNS))
    return _STARRED.sub(r"\1#\2 ", text)


def _squeezed(text: str) -> str:
    return "".join(text.split())
