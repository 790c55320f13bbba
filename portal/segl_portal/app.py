"""The portal as one ASGI application: which address is answered by what, behind the guard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from segl.events import Events
from segl.settings.document import Settings
from segl_portal.answer_routes import AnswerRoutes
from segl_portal.answering import AnswerService
from segl_portal.bent_links import straight
from segl_portal.feedback import FeedbackRoutes, FeedbackService
from segl_portal.guard import Guard, Misdirected, Refusal, Trouble
from segl_portal.look import load_looks
from segl_portal.opened_routes import OpenedRoutes
from segl_portal.pages import Pages
from segl_portal.reader import Reader
from segl_portal.revoking import RevokeRoutes, RevokeService
from segl_portal.routes import VisitRoutes
from segl_portal.visits.service import VisitService

Handler = Callable[[Request], Awaitable[Response]]
# What an answer's form has beside text and files, and what more is read and thrown away: a browser shows a refusal
# when it got rid of what it was sending.
_FORM_ROOM = 64 * 1024 * 1024


def build_app(
    settings: Settings,
    visits: VisitService,
    answers: AnswerService,
    reader: Reader,
    events: Events,
    check: Callable[[], None],
    feedback: FeedbackService,
    revoking: RevokeService,
) -> ASGIApp:
    """The application for *settings*. Raises :class:`~segl.errors.SettingsError` when a look cannot be used."""
    base = settings.portal.base
    pages = Pages(base, load_looks(settings), settings.organisation.language)
    visit_routes = VisitRoutes(pages, visits, check)
    opened = OpenedRoutes(pages, visits, answers, reader)
    answering = AnswerRoutes(pages, visits, answers, opened, events)
    said = FeedbackRoutes(pages, feedback)
    taken_back = RevokeRoutes(pages, revoking)

    def at(path: str, page: str, get: Handler | None = None, post: Handler | None = None) -> BaseRoute:
        by_method = {"GET": get, "HEAD": get, "POST": post}
        return Route(pages.prefix + path, _Endpoint(page, {m: h for m, h in by_method.items() if h}))

    routes = [
        at("/m/{rid}", "landing", visit_routes.landing),
        at("/m/{rid}/code", "code", visit_routes.code, visit_routes.ask),
        at("/m/{rid}/open", "open", post=visit_routes.open),
        at("/m/{rid}/message", "message", opened.message),
        at("/m/{rid}/body", "body", opened.body),
        at("/m/{rid}/picture/{n}", "picture", opened.picture),
        at("/m/{rid}/file/{n}", "file", opened.file),
        at("/m/{rid}/preview/{n}", "preview", opened.preview),
        at("/m/{rid}/message.eml", "whole", opened.whole),
        at("/m/{rid}/message.pdf", "pdf", opened.pdf),
        at("/m/{rid}/answer", "answer", post=answering.answer),
        at("/m/{rid}/answer/{answer}", "answer", post=answering.again),
        at("/m/{rid}/leave", "leave", post=visit_routes.leave),
        at("/r/{mid}", "revoke", taken_back.ask, taken_back.revoke),
        at("/f/{name}", "feedback", said.ask, said.say),
        at("/static/{name}", "static", visit_routes.static),
        at("/healthz", "healthz", visit_routes.health),
    ]
    router = Router(routes, redirect_slashes=False, default=_not_found)
    terms = settings.portal.answers

    def fault_page(request: Request, trouble: Trouble, error: Exception) -> ASGIApp:
        if trouble is Trouble.NOT_FOUND and request.method != "POST":
            meant = straight(request.url.path.removeprefix(pages.prefix))
            if meant is not None:
                return pages.to(meant)
        return pages.misdirected() if isinstance(error, Misdirected) else pages.fault(request, trouble)

    return Guard(
        router,
        fault_page,
        events,
        base=base,
        web=settings.portal.web,
        body_bytes=terms.bytes + terms.text_bytes + _FORM_ROOM,
    )


class _Endpoint:
    """One address: a handler for each method. ``segl.page`` is what metrics and log call it."""

    def __init__(self, page: str, handlers: Mapping[str, Handler]) -> None:
        self._page = page
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["segl.page"] = self._page
        handler = self._handlers.get(scope["method"])
        if handler is None:
            raise Refusal(Trouble.NOT_ALLOWED)
        response = await handler(Request(scope, receive, send))
        await response(scope, receive, send)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    raise Refusal(Trouble.NOT_FOUND)


@dataclass(slots=True, eq=False)
class _Served:
    app: ASGIApp
    close: Callable[[], None]
    requests: int = 0


class Swapped:
    """The application that is in force now: a reload puts another in its place, between two requests. The one before
    goes on with those that it has in hand, and is closed, in a thread, when the last of them is answered."""

    def __init__(self, app: ASGIApp, close: Callable[[], None]) -> None:
        self._now = _Served(app, close)

    def swap(self, app: ASGIApp, close: Callable[[], None]) -> None:
        """*app* takes the requests from now on; *close* lets what it has begun end, and may block. Called in the event
        loop."""
        before, self._now = self._now, _Served(app, close)
        self._close_if_left(before)

    def close(self) -> None:
        """The loop has ended, and waited for those before."""
        self._now.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        served = self._now
        served.requests += 1
        try:
            await served.app(scope, receive, send)
        finally:
            served.requests -= 1
            self._close_if_left(served)

    def _close_if_left(self, served: _Served) -> None:
        if served is not self._now and not served.requests:
            asyncio.get_running_loop().run_in_executor(None, served.close)
