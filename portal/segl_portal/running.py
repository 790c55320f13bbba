"""A worker's own things: its connection to the store, its threads, the application; made anew at a reload."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from socket import socket

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from starlette.types import ASGIApp

from segl import metrics
from segl.certificates.ends import end_of_page
from segl.events import Events
from segl.metric_labels import CertificateEnd
from segl.settings.document import Settings
from segl.settings.file import checked_settings
from segl.settings.trail import note_quietly
from segl.settings.web import Web
from segl.store.engine import open_store, transaction
from segl.store.told import tell_of_locks
from segl.tables import meta
from segl_portal.answering import AnswerService
from segl_portal.app import Swapped, build_app
from segl_portal.checked import start_faults
from segl_portal.feedback import FeedbackService
from segl_portal.reader import Reader
from segl_portal.reading.renderer import Renderer
from segl_portal.revoking import RevokeService
from segl_portal.serving import serve
from segl_portal.tls import tls_context
from segl_portal.visits.posting import Posting
from segl_portal.visits.service import VisitService


def run_worker(
    file: Path,
    started: Settings,
    settings: Settings,
    events: Events,
    listening: socket,
    renderer: Renderer,
    *,
    lifeline: int,
    beat: int,
) -> None:
    """Serve until told to stop; codes that were promised go out before it returns. Raises
    :class:`~segl.errors.SeglError`.

    *started* are the settings the process began with: they say where it listens, how long it waits and which store it
    has, until a restart. *settings* are those in force, of the last reload if there was one; all else is theirs."""
    with ExitStack() as closing:
        engine = open_store(started.store.url)
        closing.callback(engine.dispose)
        tell_of_locks(engine, events)
        posting = Posting(events)
        closing.callback(posting.close)
        web = served(started.portal.web, settings.portal.web)
        tls = tls_context(web)
        if web.certificate is not None:
            metrics.CERTIFICATE_END.labels(CertificateEnd.PORTAL).set(end_of_page(web.certificate))
        site = Site(file, settings, engine, events, posting, Reader(renderer), tls)
        closing.callback(site.app.close)
        note_quietly(engine, settings, file, events, "segl-portal")
        serving = serve(site.app, listening, web, tls, reload=site, lifeline=lifeline, beat=beat)
        asyncio.run(serving)


class Site:
    """What a worker shows, by the settings in force. Raises :class:`~segl.errors.SeglError` when it cannot be made of
    them."""

    def __init__(
        self,
        file: Path,
        settings: Settings,
        engine: Engine,
        events: Events,
        posting: Posting,
        reader: Reader,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._file = file
        self._engine = engine
        self._events = events
        self._posting = posting
        self._reader = reader
        self._tls = tls
        app, answers = self._made(settings)
        self.app = Swapped(app, answers.close)
        self._next: tuple[Settings, ASGIApp, AnswerService] | None = None

    def prepare(self) -> bool:
        """See :class:`segl_portal.serving.Reload`."""
        self.forget()
        try:
            # The parent has read the same file a moment ago.
            fresh = checked_settings(self._file, start_faults)
            if self._tls is not None:
                tls_context(fresh.portal.web)
            self._next = (fresh, *self._made(fresh))
        except Exception as error:
            self._events.failed("reload", error)
            return False
        return True

    def go_over(self) -> bool:
        """See :class:`segl_portal.serving.Reload`."""
        if self._next is None:  # forgotten, since this process was late
            return False
        (fresh, app, answers), self._next = self._next, None
        try:
            _renew(self._tls, fresh)
        except Exception as error:  # the file was there a moment ago
            self._events.failed("reload", error)
            answers.close()
            return False
        self.app.swap(app, answers.close)
        asyncio.get_running_loop().run_in_executor(
            None, note_quietly, self._engine, fresh, self._file, self._events, "segl-portal"
        )
        return True

    def forget(self) -> None:
        """See :class:`segl_portal.serving.Reload`."""
        if self._next is not None:
            self._next[-1].close()
            self._next = None

    def _made(self, settings: Settings) -> tuple[ASGIApp, AnswerService]:
        engine, events = self._engine, self._events
        answers = AnswerService(settings, engine, events)
        visits = VisitService(settings, engine, events, self._posting)
        feedback = FeedbackService(settings, engine)
        revoking = RevokeService(settings, engine, events)
        check = store_check(engine)
        app = build_app(settings, visits, answers, self._reader, events, check, feedback, revoking)
        return app, answers


def served(started: Web, now: Web) -> Web:
    """How a worker serves when the process began with *started* and the settings in force say *now*: as it began, with
    the certificate of *now*. Whether it speaks TLS at all stays as it was."""
    if started.speaks_tls and now.speaks_tls:
        return replace(started, certificate=now.certificate, key=now.key)
    return started


def store_check(engine: Engine) -> Callable[[], None]:
    """Raises :class:`~segl.errors.StoreError` when the store does not answer."""

    def check() -> None:
        with transaction(engine) as connection:
            connection.execute(sa.select(meta.c.value).limit(1)).all()

    return check


def _renew(tls: ssl.SSLContext | None, settings: Settings) -> None:
    """A renewed certificate is used from the next connection on. Raises :class:`OSError` and :class:`ValueError`."""
    web = settings.portal.web
    if tls is not None and web.certificate is not None:
        end = end_of_page(web.certificate)
        tls.load_cert_chain(web.certificate, web.key, password="")
        metrics.CERTIFICATE_END.labels(CertificateEnd.PORTAL).set(end)
