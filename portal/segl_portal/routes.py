"""Asking for a code, giving it, leaving.

    GET  /m/{rid}         explains; one button              POST /m/{rid}/code   promises a code
    GET  /m/{rid}/code    the field for the code            POST /m/{rid}/open   opens the message
                                                            POST /m/{rid}/leave  closes it in this browser

A GET changes nothing: link scanners and previews may fetch all of them. Every POST is answered by a redirection (303)
to a page that may be fetched again, so that neither "reload" nor "back" sends a form twice. Whether a message exists
shows nowhere: the same pages, texts and codes for every id (:mod:`segl_portal.visits.service` sees to the same timing).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from segl.sealed.directory import is_id
from segl.sealed.keys import SECRET_LENGTH
from segl.sealed.storage import StorageAway
from segl_portal.forms import (
    browser_of,
    forget_reading,
    form_of,
    keep,
    keep_reading,
    place_in,
    secret_in,
    sure_browser,
    tells_where_from,
    wants_json,
)
from segl_portal.guard import Refusal, Trouble
from segl_portal.pages import LANGUAGE_COOKIE, Pages, Shown
from segl_portal.security_headers import YEAR, Kind
from segl_portal.visits.browser import Browser
from segl_portal.visits.codes import LONGEST
from segl_portal.visits.service import CodePromised, Denied, Opened, VisitService

# Seconds in which a browser follows us to the next page, and nobody carries its address to another.
_AT_ONCE: Final = 5
_TOLD: Final = ("left", "again", "new")
# Asked for by the form of the page that says so: a second time without a cookie is no other browser.
_AGAIN: Final = "2"


@dataclass(frozen=True, slots=True)
class _Standing:
    """How far a browser has come: what it was promised last, and whether it has the message open."""

    asked: CodePromised | None = None
    is_open: bool = False

    @property
    def waits_for_code(self) -> bool:
        return self.asked is not None and self.asked.is_out and not self.is_open


_STRANGER: Final = _Standing()


class VisitRoutes:
    """The handlers. ``visits`` blocks and is asked in threads; so is *check*, which raises when the store is away."""

    def __init__(self, pages: Pages, visits: VisitService, check: Callable[[], None]) -> None:
        self._pages = pages
        self._visits = visits
        self._check = check

    async def landing(self, request: Request) -> Response:
        rid = id_in(request, "rid")
        browser = browser_of(request)
        standing = await run_in_threadpool(self._standing, browser, rid) if browser else _STRANGER
        if wants_json(request):
            return self._pages.json({"open": standing.is_open, "code": standing.waits_for_code})
        now = request.query_params.get("now", "")
        shown = self._pages.shown(request)
        apart = browser is None and request.headers.get("sec-fetch-site") == "cross-site"
        if browser is not None and standing.waits_for_code and now not in _TOLD:
            # by the link once more, with the code in hand: a new one would end it
            return first_page(request, lambda _: self._code(shown, rid, browser, standing, is_back=True))
        return first_page(
            request,
            lambda asking: self._landing(
                shown, rid, asking, standing, now=now if now in _TOLD else "", apart=apart
            ),
        )

    def _landing(
        self,
        shown: Shown,
        rid: str,
        browser: Browser | None,
        standing: _Standing = _STRANGER,
        *,
        now: str = "",
        apart: bool = False,
        error: str = "",
    ) -> Response:
        """*apart*: by a link of another site, with which a browser keeps its cookie back. The page's script asks how
        far it has come."""
        return self._pages.page(
            shown,
            "landing.html",
            here=f"{self._pages.prefix}/m/{rid}",
            csrf=browser.csrf(rid) if browser else "",
            now=now,
            is_open=standing.is_open,
            is_known=standing.asked is not None,
            code_is_out=standing.waits_for_code,
            apart=apart,
            error=error,
            switch=not error,
        )

    def _standing(self, browser: Browser, rid: str) -> _Standing:
        asked = self._visits.pending(browser, rid)
        try:
            opened = self._visits.visit(browser, rid)
        except StorageAway:
            return _Standing(asked, is_open=True)
        if opened is not None:
            opened.content.close()
        return _Standing(asked, is_open=opened is not None)

    async def ask(self, request: Request) -> Response:
        """Link in the body → a code is on its way, if the link is right. Who has the message open already needs none:
        a link in a web mail does not tell us so, since a strict cookie stays behind."""
        rid = id_in(request, "rid")
        fields = await form_of(request)
        browser = browser_of(request)
        if browser is None and fields.get("csrf"):
            raise Refusal(Trouble.COOKIES)  # we gave one, and it did not come back
        if browser is None:
            if not tells_where_from(request):
                raise Refusal(Trouble.COOKIES)
            browser = Browser.new()  # the guard has seen that the form is our own
        elif fields.get("csrf"):
            sure_browser(request, rid, fields)
        elif not tells_where_from(request):
            raise Refusal(Trouble.OTHER_SITE)
        shown = self._pages.shown(request)
        link = secret_in(fields.get("link", ""))
        if link and len(link) != SECRET_LENGTH:
            return keep(self._landing(shown, rid, browser, error=shown.texts.paste_incomplete), browser)
        rid = place_in(fields.get("link", ""), rid)
        if (await run_in_threadpool(self._standing, browser, rid)).is_open:
            return keep(self._pages.to(f"/m/{rid}/message"), browser)
        await run_in_threadpool(self._visits.visitors.asked, *request.scope["segl.visitor"])
        asked = await run_in_threadpool(
            self._visits.ask,
            browser,
            rid,
            link,
            network=client_of(request),
            language=shown.texts.language,
            phrase=fields.get("phrase", "")[:200],
        )
        why = "" if isinstance(asked, CodePromised) else f"&why={asked.value}"
        times = _AGAIN if fields.get("again") else "1"
        to = f"/m/{rid}/code?asked={times}&at={int(time.time())}{why}"
        return keep(self._pages.to(to), browser, self._visits.longest)

    async def code(self, request: Request) -> Response:
        rid = id_in(request, "rid")
        browser = browser_of(request)
        if browser is None and _keeps_no_cookie(request):
            raise Refusal(Trouble.COOKIES)
        standing = await run_in_threadpool(self._standing, browser, rid) if browser else _STRANGER
        why = _denied(request.query_params.get("why", ""))
        shown = self._pages.shown(request)
        if browser is None or (standing.asked is None and why is None):
            return self._pages.again(rid)
        if standing.asked is None:
            # too much was asked for before a first code was promised
            return self._landing(shown, rid, browser, error=_words(shown, why))
        if why is None and not standing.asked.is_out and not standing.is_open:
            why = Denied.EXPIRED
        return self._code(shown, rid, browser, standing, error=_words(shown, why, standing.asked.reference))

    def _code(
        self,
        shown: Shown,
        rid: str,
        browser: Browser,
        standing: _Standing,
        *,
        is_back: bool = False,
        error: str = "",
    ) -> Response:
        """*is_back*: she opened the link once more."""
        return self._pages.page(
            shown,
            "code.html",
            here=f"{self._pages.prefix}/m/{rid}",
            csrf=browser.csrf(rid),
            asked=standing.asked,
            is_open=standing.is_open,
            is_back=is_back,
            error=error,
        )

    async def open(self, request: Request) -> Response:
        """Code in the body → the message, when it is right."""
        rid = id_in(request, "rid")
        fields = await form_of(request)
        browser = sure_browser(request, rid, fields)
        code = fields.get("code", "")[: LONGEST + 1]
        given = await run_in_threadpool(self._visits.give, browser, rid, code, network=client_of(request))
        if isinstance(given, Opened):
            given.content.close()
            to = self._pages.to(f"/m/{rid}/message")
            keep(to, browser, self._visits.longest)  # counted from now: it is not to end before the visit
            return keep_reading(to, browser, rid, f"{self._pages.prefix}/m/{rid}")
        return self._pages.to(f"/m/{rid}/code?why={given.value}")

    async def leave(self, request: Request) -> Response:
        rid = id_in(request, "rid")
        browser = sure_browser(request, rid, await form_of(request))
        await run_in_threadpool(self._visits.leave, browser, rid)
        left = keep(self._pages.to(f"/m/{rid}?now=left"), browser)
        return forget_reading(left, f"{self._pages.prefix}/m/{rid}")

    async def static(self, request: Request) -> Response:
        answer = self._pages.static(request.path_params["name"])
        if answer is None:
            raise Refusal(Trouble.NOT_FOUND)
        return answer

    async def health(self, _request: Request) -> Response:
        """200 when the store answers: what a load balancer asks."""
        await run_in_threadpool(self._check)
        return PlainTextResponse("ok\n", headers=dict(self._pages.headers.of(Kind.FILE)))


def first_page(request: Request, page: Callable[[Browser | None], Response]) -> Response:
    """What a link from a mail leads to. A browser that does not tell where its requests come from gets its cookie with
    it, and must bring it back with the form. One that it has stays as it is: it may have to outlive the browser."""
    known = browser_of(request)
    browser = known or (None if tells_where_from(request) else Browser.new())
    answer = page(browser)
    return remember_language(
        request, answer if browser is known or browser is None else keep(answer, browser)
    )


def remember_language(request: Request, answer: Response) -> Response:
    """Somebody used the switch: keep it for the pages after this one. It names nobody."""
    if (wanted := request.query_params.get("lang")) in ("da", "en"):
        answer.set_cookie(
            LANGUAGE_COOKIE, wanted, max_age=YEAR, path="/", secure=True, httponly=True, samesite="lax"
        )
    return answer


def id_in(request: Request, name: str) -> str:
    """The id in the path. What cannot be an id is a link that was cut off or mistyped. Raises :class:`Refusal`."""
    text = str(request.path_params[name])
    if not is_id(text):
        raise Refusal(Trouble.NOT_FOUND)
    return text


def client_of(request: Request) -> str:
    return request.client.host if request.client else ""


def _keeps_no_cookie(request: Request) -> bool:
    """Whether a request without our cookie comes from the browser that was given it with the promise of a code, a
    moment ago; any other, in which the page's address was opened anew, may keep them."""
    asked, at = request.query_params.get("asked"), request.query_params.get("at", "")
    if not asked:
        return False
    now = int(time.time())
    return same_site(request) or asked == _AGAIN or at in {str(now - s) for s in range(-1, _AT_ONCE)}


def same_site(request: Request) -> bool:
    """Whether the browser should have sent a cookie that it has. After a form Firefox says "none", as for an address
    that was typed into another browser: what is said there names both."""
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _denied(text: str) -> Denied | None:
    return Denied(text) if text in {denied.value for denied in Denied} else None


def _words(shown: Shown, why: Denied | None, reference: str = "") -> str:
    """*reference*: of the code that this browser was promised last. The newest mail may have another's: of a colleague
    who reads the same mailbox, or of a program that tries links."""
    t = shown.texts
    words = {
        Denied.WRONG: t.wrong.format(reference=reference),
        Denied.EXPIRED: t.expired,
        Denied.TOO_MANY: t.too_many,
        Denied.ENOUGH: t.enough.format(reference=reference) if reference else t.enough_elsewhere,
        Denied.BUSY: t.busy,
    }
    return words[why] if why is not None else ""
