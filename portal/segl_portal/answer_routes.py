"""Answering an open message.

    POST /m/{rid}/answer      an answer, with files         POST /m/{rid}/answer/{id}  sends one that was kept

Whatever becomes of it, what was written is not lost: it is sent, or kept, or given back with the page that says why.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from segl.errors import SeglError
from segl.events import Events
from segl_portal.answering import AnswerRefused, AnswerService, Taken, Why, new_once
from segl_portal.forms import browser_of, form_of, sure_browser, wants_json
from segl_portal.guard import Refusal
from segl_portal.opened_routes import OpenedRoutes, Told
from segl_portal.pages import Pages
from segl_portal.routes import id_in
from segl_portal.visits.service import VisitService


class AnswerRoutes:
    """The handlers. *opened* shows the message's page, on which is told what became of the answer."""

    def __init__(
        self, pages: Pages, visits: VisitService, answers: AnswerService, opened: OpenedRoutes, events: Events
    ) -> None:
        self._pages = pages
        self._visits = visits
        self._answers = answers
        self._opened = opened
        self._events = events

    async def answer(self, request: Request) -> Response:
        """An answer comes in. A script is told in JSON, a form gets a page."""
        rid = id_in(request, "rid")
        return await self._told(request, rid, await self._taken(request, rid))

    async def _taken(self, request: Request, rid: str) -> Taken | AnswerRefused:
        browser, body, kind = browser_of(request), _body(request), _kind(request)
        if browser is None:  # its cookie was deleted: telephones do so with what was not used for a while
            return await self._answers.refuse(Why.GONE, body, kind)
        try:
            opened = await run_in_threadpool(self._visits.visit, browser, rid)
        except SeglError as error:  # the store, or the message's file
            self._events.failed("answer", error)
            return await self._answers.refuse(Why.BUSY, body, kind)
        if opened is None:
            return await self._answers.refuse(Why.GONE, body, kind)
        with closing(opened.content):
            return await self._answers.take_answer(
                opened, body, kind, lambda text: browser.is_csrf(rid, text), _length(request)
            )

    async def again(self, request: Request) -> Response:
        """One that was kept is sent."""
        rid, answer_id = id_in(request, "rid"), id_in(request, "answer")
        browser = sure_browser(request, rid, await form_of(request))
        opened = await run_in_threadpool(self._visits.visit, browser, rid)
        if opened is None:
            return self._pages.again(rid)
        with closing(opened.content):
            taken = await self._answers.send_again(opened, answer_id)
        return await self._told(request, rid, taken)

    async def _told(self, request: Request, rid: str, taken: Taken | AnswerRefused) -> Response:
        in_json = wants_json(request)
        if isinstance(taken, AnswerRefused):
            return (
                self._refused_in_json(request, rid, taken)
                if in_json
                else await self._refused(request, rid, taken)
            )
        # no names stand in an address: it stays in a browser's history, and in a web server's log
        next_ = f"/m/{rid}/message?answered={taken.answer_id}{'&partly' if taken.not_to else ''}"
        return (
            self._pages.json({"next": f"{self._pages.prefix}{next_}"}) if in_json else self._pages.to(next_)
        )

    def _refused_in_json(self, request: Request, rid: str, refused: AnswerRefused) -> Response:
        is_kept = refused.why is Why.NOT_SENT
        kept = f"{self._pages.prefix}/m/{rid}/message?answered={refused.answer_id}" if is_kept else ""
        again = f"{self._pages.prefix}/m/{rid}?now=again" if refused.why is Why.GONE else ""
        return self._pages.json({"told": self._words(request, refused), "kept": kept, "again": again}, 422)

    async def _refused(self, request: Request, rid: str, refused: AnswerRefused) -> Response:
        """The message's page with what was written; where that cannot be shown now, a page with it alone."""
        told = Told(error=self._words(request, refused), text=refused.text, everyone=refused.everyone)
        try:
            page = await self._opened.page(request, rid, told)
        except Refusal:  # no turn to read it
            return self._given_back(request, rid, refused)
        except SeglError as error:
            self._events.failed("answer", error)
            return self._given_back(request, rid, refused)
        if page is None and refused.text:
            return self._given_back(request, rid, replace(refused, why=Why.GONE))
        return page or self._pages.again(rid)

    def _given_back(self, request: Request, rid: str, refused: AnswerRefused) -> Response:
        """With a form to send it again, but for whoever has to open the message first, or whose answer is kept."""
        shown, here = self._pages.shown(request), f"{self._pages.prefix}/m/{rid}"
        browser, t = browser_of(request), shown.texts
        form = None
        if browser is not None and refused.why is not Why.GONE and not refused.answer_id:
            form = {"action": f"{here}/answer", "csrf": browser.csrf(rid), "once": new_once()}
        title = t.again_title if refused.why is Why.GONE else t.answer_not_sent
        return self._pages.page(
            shown,
            "given_back.html",
            switch=False,
            error=title,
            title=title,
            text=self._words(request, refused),
            written=refused.text,
            everyone=refused.everyone,
            form=form,
            back=f"{here}/message" if refused.answer_id else "",
        )

    def _words(self, request: Request, refused: AnswerRefused) -> str:
        return self._pages.shown(request).texts.answer_refused[refused.why.value].format(file=refused.file)


def _length(request: Request) -> int | None:
    text = request.headers.get("content-length", "")
    return int(text) if text.isdecimal() and len(text) < 20 else None


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "")[:500]


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for piece in request.stream():
        yield piece
