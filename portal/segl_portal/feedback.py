"""The sender's page on which he says that his message was not sensitive, or that it was after all.

    GET  /f/{name}         asks                             POST /f/{name}       notes what he says

A GET changes nothing, nor does a button alone (:mod:`segl_portal.revoking`). The link's secret is what counts; a page
for an id that does not exist looks the same as any other. What is said may be said again, and changed a few times: the
latest word counts. Then it is fixed, and the page says what stands and whom to ask.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from segl.decisions import feedback
from segl.decisions.feedback import Heard
from segl.decisions.links import is_name, is_right
from segl.decisions.said import Says
from segl.metrics import FEEDBACK
from segl.sealed.keys import SECRET_LENGTH
from segl.sealed.revocation import house_secret
from segl.settings.document import Settings
from segl.store.engine import transaction
from segl.tables.receipts import sent_message
from segl_portal.forms import browser_of, form_of, secret_in, sure_browser, tells_where_from
from segl_portal.guard import Refusal, Trouble
from segl_portal.pages import Pages, Shown
from segl_portal.routes import first_page
from segl_portal.visits.browser import Browser


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of a word by the right link; ``stands`` is the one that holds now, ``None`` when its time is over.
    ``ask`` is who can still change it, an address."""

    heard: Heard
    stands: Says | None
    ask: str


class FeedbackService:
    """Blocking; called from threads. Raises :class:`~segl.errors.StoreError` when the store cannot be reached."""

    def __init__(self, settings: Settings, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._engine = engine
        self._clock = clock

    def say(self, name: str, secret: str, says: Says) -> Noted | None:
        """By the sender's link; ``None`` when it was not the right one."""
        if not is_right(house_secret(self._engine), name, secret):
            return None
        with transaction(self._engine) as connection:
            heard = feedback.say_by_link(connection, name, says, self._clock())
            stands = feedback.read(connection, name)
            ask = self._whom_to_ask(connection, name)
        if heard is Heard.NEW:
            FEEDBACK.labels(says.value).inc()
        return Noted(heard, stands.says if stands else None, ask)

    def _whom_to_ask(self, connection: Connection, name: str) -> str:
        """Those of the sender's own organisation; the installation's when nobody knows any more whose mail it was."""
        domain = connection.scalar(sa.select(sent_message.c.domain).where(sent_message.c.id == name))
        owner = self._settings.owner(domain or "")
        return owner.feedback or f"postmaster@{owner.domains[0]}"


class FeedbackRoutes:
    """The handlers."""

    def __init__(self, pages: Pages, service: FeedbackService) -> None:
        self._pages = pages
        self._service = service

    async def ask(self, request: Request) -> Response:
        name = _name_in(request)
        return first_page(request, lambda browser: self._page(self._pages.shown(request), name, browser))

    async def say(self, request: Request) -> Response:
        """No cookie is needed, and none is given."""
        name = _name_in(request)
        fields = await form_of(request)
        if not tells_where_from(request):
            sure_browser(request, name, fields)
        shown = self._pages.shown(request)
        secret, says = secret_in(fields.get("link", "")), fields.get("says", "")
        if says not in set(Says):
            raise Refusal(Trouble.BAD_REQUEST)
        if len(secret) != SECRET_LENGTH:
            return self._page(shown, name, browser_of(request), shown.texts.paste_incomplete)
        t = shown.texts
        noted = await run_in_threadpool(self._service.say, name, secret, Says(says))
        if noted is None:
            title, text = t.feedback_unknown_title, t.feedback_unknown_text
        elif noted.heard is Heard.FIXED:
            stands = {None: "–", Says.WRONG: t.feedback_wrong, Says.RIGHT: t.feedback_right}[noted.stands]
            title, text = t.feedback_fixed_title, t.feedback_fixed_text.format(stands=stands, ask=noted.ask)
        elif says == Says.WRONG:
            title, text = t.feedback_wrong_title, t.feedback_wrong_text
        else:
            title, text = t.feedback_right_title, t.feedback_right_text
        return self._pages.page(shown, "told.html", title=title, text=text, switch=False)

    def _page(self, shown: Shown, name: str, browser: Browser | None, error: str = "") -> Response:
        return self._pages.page(
            shown,
            "feedback.html",
            here=f"{self._pages.prefix}/f/{name}",
            csrf=browser.csrf(name) if browser else "",
            error=error,
            switch=not error,
        )


def _name_in(request: Request) -> str:
    name = str(request.path_params["name"])
    if not is_name(name):
        raise Refusal(Trouble.NOT_FOUND)
    return name
