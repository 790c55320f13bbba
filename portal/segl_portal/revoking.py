"""The sender's page on which he takes his message back.

    GET  /r/{mid}          asks                             POST /r/{mid}       takes it back

A GET changes nothing, nor does a button alone: programs that look at mail open the link of a receipt in a browser and
press the first button that they find, and what is taken back is lost. The link's secret is what counts; a page for an
id that does not exist looks the same as any other.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from segl.events import Events
from segl.sealed import life
from segl.sealed.belonging import storage_of
from segl.sealed.directory import is_id
from segl.sealed.keys import SECRET_LENGTH
from segl.sealed.revocation import revocation_hash
from segl.settings.document import Settings
from segl.store.engine import transaction
from segl.tables.sealed import sealed_message, sealed_recipient
from segl_portal.forms import browser_of, form_of, secret_in, sure_browser, tells_where_from
from segl_portal.pages import Pages, Shown
from segl_portal.routes import first_page, id_in
from segl_portal.visits.browser import Browser


class RevokeService:
    """Blocking; called from threads. Raises :class:`~segl.errors.StoreError` when the store cannot be reached."""

    def __init__(
        self, settings: Settings, engine: Engine, events: Events, clock: Callable[[], float] = time.time
    ) -> None:
        self._engine = engine
        self._directory = storage_of(settings.portal, engine)
        self._events = events
        self._clock = clock

    def revoke(self, message_id: str, secret: str) -> bool:
        """By the sender's link. False when that is not right, or the message has expired. One that was revoked before
        is: a form is sent twice (two presses without a script, "reload", a line that broke after the first), and who
        was told then that nothing is taken back would believe that it can be read still."""
        given = revocation_hash(secret)
        query = sa.select(sealed_message.c.revoke_hash, sealed_message.c.sender)
        with transaction(self._engine) as connection:
            row = connection.execute(query.where(sealed_message.c.id == message_id[:64])).one_or_none()
        kept = bytes(row.revoke_hash) if row is not None and row.revoke_hash is not None else os.urandom(32)
        if not hmac.compare_digest(kept, given) or row is None or not is_id(message_id):
            return False
        gone = life.revoke(self._engine, self._directory, message_id, self._clock(), actor=row.sender)
        for one in gone:
            self._events.sealed_revoked(one, "sender's link")
        return bool(gone) or self._was_revoked(message_id)

    def _was_revoked(self, message_id: str) -> bool:
        row = sealed_recipient.c
        revoked = sa.select(row.id).where(row.message_id == message_id, row.revoked_at.is_not(None)).limit(1)
        with transaction(self._engine) as connection:
            return connection.scalar(revoked) is not None


class RevokeRoutes:
    """The handlers."""

    def __init__(self, pages: Pages, service: RevokeService) -> None:
        self._pages = pages
        self._service = service

    async def ask(self, request: Request) -> Response:
        mid = id_in(request, "mid")
        return first_page(request, lambda browser: self._page(self._pages.shown(request), mid, browser))

    async def revoke(self, request: Request) -> Response:
        """The secret is what counts: no cookie is needed, and none is given."""
        mid = id_in(request, "mid")
        fields = await form_of(request)
        if not tells_where_from(request):
            sure_browser(request, mid, fields)
        shown = self._pages.shown(request)
        secret = secret_in(fields.get("link", ""))
        if len(secret) != SECRET_LENGTH:
            return self._page(shown, mid, browser_of(request), shown.texts.paste_incomplete)
        if fields.get("sure") != "1":
            return self._page(shown, mid, browser_of(request), shown.texts.revoke_unsure)
        gone = await run_in_threadpool(self._service.revoke, mid, secret)
        t = shown.texts
        title, text = (t.revoked_title, t.revoked_text) if gone else (t.not_revoked_title, t.not_revoked_text)
        return self._pages.page(shown, "told.html", title=title, text=text, switch=False)

    def _page(self, shown: Shown, mid: str, browser: Browser | None, error: str = "") -> Response:
        return self._pages.page(
            shown,
            "revoke.html",
            here=f"{self._pages.prefix}/r/{mid}",
            csrf=browser.csrf(mid) if browser else "",
            error=error,
            switch=not error,
        )
