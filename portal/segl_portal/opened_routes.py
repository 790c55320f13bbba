"""What can be had of an open message: its page, its text in a frame, pictures, files, the whole of it.

    GET /m/{rid}/message      the page                 GET /m/{rid}/body          the text, for the frame
    GET /m/{rid}/picture/{n}  a picture in the text    GET /m/{rid}/file/{n}      an attached file, to be saved
    GET /m/{rid}/preview/{n}  a page of a file         GET /m/{rid}/message.pdf   and .eml, all of it, to be saved

All of them need the browser that gave the right code (:meth:`segl_portal.visits.service.VisitService.visit`); any
other is sent back to the beginning. What is saved is written into the audit trail before it goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from segl_portal.answering import AnswerService, AnswerView, Why
from segl_portal.answering.draft import draft_key
from segl_portal.forms import browser_of
from segl_portal.guard import Refusal, Trouble
from segl_portal.message_page import ShownAnswer, answer_box, shown_message, without_signature
from segl_portal.pages import Pages, Shown
from segl_portal.ranges import Span, span_of
from segl_portal.reader import Reader
from segl_portal.reading.files import open_file, open_picture
from segl_portal.reading.frame import frame_document
from segl_portal.routes import id_in
from segl_portal.security_headers import Kind
from segl_portal.turns import FOR_PRINTS, Turns
from segl_portal.visits.browser import Browser
from segl_portal.visits.service import Opened, VisitService

_OCTETS: Final = "application/octet-stream"
_THREAD: Final = 50  # answers that are shown


@dataclass(frozen=True, slots=True)
class Told:
    """What the page says of an answer that was just sent, or was not; then it has what was filled in."""

    answer_id: str = ""
    is_partly: bool = False
    error: str = ""
    text: str = ""
    everyone: bool = False


class OpenedRoutes:
    """The handlers. Everything that reads a message blocks, and is done in threads."""

    def __init__(self, pages: Pages, visits: VisitService, answers: AnswerService, reader: Reader) -> None:
        self._pages = pages
        self._visits = visits
        self._answers = answers
        self._reader = reader
        self._turns = Turns()
        # A print takes longest, and one process makes one at a time: nobody is to have more than one in the line.
        self._prints = Turns(for_all=FOR_PRINTS, for_one=1)

    async def message(self, request: Request) -> Response:
        rid = id_in(request, "rid")
        asked = request.query_params
        told = Told(answer_id=asked.get("answered", ""), is_partly="partly" in asked)
        return await self.page(request, rid, told) or self._pages.again(rid)

    async def page(self, request: Request, rid: str, told: Told) -> Response | None:
        """The message, and what is *told* of an answer to it; ``None`` where this browser does not have it open."""
        browser = browser_of(request)
        if browser is None:
            return None
        return await self._with_opened(
            browser, rid, lambda opened: self._page(request, browser, opened, told), self._turns
        )

    def _page(self, request: Request, browser: Browser, opened: Opened, told: Told) -> Response:
        shown = self._pages.shown(request, self._pages.looks.of_sender(opened.sender))
        t = shown.texts
        view = self._reader.read(opened.content, t)
        answers = self._answers.thread(opened)
        # the address stays when the page is loaded again, or another answer was tried since: the row says how it is
        is_sent = next((one.sent for one in answers if one.id == told.answer_id), None)
        done = t.answer_partly if told.is_partly else t.answer_done
        return self._pages.page(
            shown,
            "message.html",
            here=f"{self._pages.prefix}/m/{opened.recipient_id}",
            csrf=browser.csrf(opened.recipient_id),
            message=shown_message(
                view,
                t,
                created_at=opened.created_at,
                expires_at=opened.expires_at,
                pages=self._reader.preview_pages(opened.content, view),
            ),
            answers=[self._answer(opened, shown, each) for each in answers[-_THREAD:]],
            box=answer_box(self._answers.form(opened), t),
            draft=draft_key(opened.answers),
            until=int(opened.expires_at),
            error=told.error or (t.answer_refused[Why.NOT_SENT] if is_sent is False else ""),
            written=told.text,
            everyone=told.everyone,
            done=done if is_sent else "",
            switch=request.method != "POST",
        )

    def _answer(self, opened: Opened, shown: Shown, answer: AnswerView) -> ShownAnswer:
        content = self._answers.content(opened, answer.id)
        time = shown.texts.time(datetime.fromtimestamp(answer.written_at).astimezone())
        if content is None:
            return ShownAnswer(answer.id, time, "", (), answer.sent)
        with content:
            view = self._reader.read(content, shown.texts)
        files = tuple(file.name for file in view.files)
        return ShownAnswer(answer.id, time, without_signature(view.text), files, answer.sent)

    async def body(self, request: Request) -> Response:
        shown = self._pages.shown(request)

        def make(opened: Opened) -> Response:
            view = self._reader.read(opened.content, shown.texts)
            document = frame_document(view.html, title=shown.texts.body, language=shown.texts.language)
            return Response(document, media_type="text/html", headers=self._headers(Kind.MESSAGE_BODY))

        return await self._made(request, make)

    async def picture(self, request: Request) -> Response:
        number = _number(request)

        def make(opened: Opened) -> Response:
            picture = open_picture(opened.content, number)
            if picture is None:
                raise Refusal(Trouble.NOT_FOUND)
            headers = self._headers(Kind.PICTURE)
            return Download(opened, picture.chunks(), picture.size, headers, picture.content_type)

        return await self._made(request, make)

    async def file(self, request: Request) -> Response:
        number = _number(request)

        def make(opened: Opened) -> Response:
            found = open_file(opened.content, number)
            if found is None:
                raise Refusal(Trouble.NOT_FOUND)
            headers = self._attachment(found.file.name)
            if request.method == "GET":
                self._visits.downloaded(opened, "file")
            return self._saved(request, opened, found.chunks(), found.file.size, headers)

        return await self._made(request, make)

    async def preview(self, request: Request) -> Response:
        number, page = _number(request), request.query_params.get("page", "1")
        if not page.isdecimal() or not 1 <= len(page) <= 4:
            raise Refusal(Trouble.NOT_FOUND)

        def make(opened: Opened) -> Response:
            image = self._reader.preview(opened.content, number, int(page))
            if image is None:
                raise Refusal(Trouble.NOT_FOUND)
            return Response(image, media_type="image/png", headers=self._headers(Kind.PICTURE))

        return await self._made(request, make)

    async def whole(self, request: Request) -> Response:
        """The message as its sender made it."""

        def make(opened: Opened) -> Response:
            headers = self._attachment(self._name(opened, request) + ".eml")
            if request.method == "GET":
                self._visits.downloaded(opened, "message")
            return self._saved(request, opened, opened.content.chunks(), opened.size, headers)

        return await self._made(request, make)

    async def pdf(self, request: Request) -> Response:
        shown = self._pages.shown(request)

        def make(opened: Opened) -> Response:
            look = self._pages.looks.of_sender(opened.sender)
            made = self._reader.pdf(opened.content, shown.texts, look.name)
            if made is None:
                return self._no_pdf(opened, shown)
            if request.method == "GET":
                self._visits.downloaded(opened, "pdf")
            headers = self._attachment(self._name(opened, request) + ".pdf")
            return Response(made, media_type=_OCTETS, headers=headers)

        return await self._made(request, make, self._prints)

    def _no_pdf(self, opened: Opened, shown: Shown) -> Response:
        """It takes more than a print may, and may do so each time: what can be had of it instead."""
        t, here = shown.texts, f"{self._pages.prefix}/m/{opened.recipient_id}"
        ways = ((f"{here}/message.eml", t.no_pdf_mail), (f"{here}/message", t.back))
        return self._pages.page(
            shown,
            "told.html",
            switch=False,
            error=t.no_pdf_title,
            title=t.no_pdf_title,
            text=t.no_pdf_text,
            ways=ways,
        )

    async def _made(
        self, request: Request, make: Callable[[Opened], Response], turns: Turns | None = None
    ) -> Response:
        rid = id_in(request, "rid")
        browser = browser_of(request)
        if browser is not None:
            made = await self._with_opened(browser, rid, make, turns or self._turns)
            if made is not None:
                return made
        return self._pages.again(rid)

    async def _with_opened(
        self, browser: Browser, rid: str, make: Callable[[Opened], Response], turns: Turns
    ) -> Response | None:
        """*make* of the open message, when it is its reader's turn; its file is closed unless what was made reads
        on."""
        opened = await run_in_threadpool(self._visits.visit, browser, rid)
        if opened is None:
            return None
        made: Response | None = None
        try:
            async with turns.of(rid):
                made = await run_in_threadpool(make, opened)
        finally:
            if not isinstance(made, Download):
                opened.content.close()
        return made

    def _saved(
        self,
        request: Request,
        opened: Opened,
        chunks: Iterator[bytes],
        size: int,
        headers: Mapping[str, str],
    ) -> Download:
        """The whole, or the rest of what broke off."""
        tag = f'"{opened.recipient_id}-{request.url.path.rpartition("/")[2]}"'
        span = span_of(request.headers, tag, size) if request.method == "GET" else Span(0, size, size)
        more = {**headers, **span.headers(tag)}
        return Download(opened, span.of(chunks), span.end - span.start, more, status=span.status)

    def _headers(self, kind: Kind) -> dict[str, str]:
        return dict(self._pages.headers.of(kind))

    def _attachment(self, name: str) -> dict[str, str]:
        """RFC 6266: a name for old programs, and the right one in UTF-8 (RFC 8187)."""
        plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-()") else "_" for c in name)
        disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
        return {**self._headers(Kind.FILE), "Content-Disposition": disposition}

    def _name(self, opened: Opened, request: Request) -> str:
        return self._reader.file_name(opened.content, self._pages.shown(request).texts)


class Download(StreamingResponse):
    """Bytes of an open message as they are decrypted, and its file closed however that ends."""

    def __init__(
        self,
        opened: Opened,
        chunks: Iterator[bytes],
        size: int,
        headers: Mapping[str, str],
        media_type: str = _OCTETS,
        *,
        status: int = 200,
    ) -> None:
        super().__init__(chunks, status, {**headers, "Content-Length": str(size)}, media_type)
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["method"] == "HEAD":
                await Response(headers=dict(self.headers), media_type=self.media_type)(scope, receive, send)
            else:
                await super().__call__(scope, receive, send)
        finally:
            self._opened.content.close()


def _number(request: Request) -> int:
    text = str(request.path_params["n"])
    if not text.isdecimal() or not text.isascii() or len(text) > 6:
        raise Refusal(Trouble.NOT_FOUND)
    return int(text)
