"""A worker's own things: its connection to the store, its threads, the application; made anew at a reload."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from socket import socket

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from starlette.types import ASGIApp

from segl import metrics
from segl.certificate_ends import first_end
from segl.errors import SeglError
from segl.events import Events
from segl.settings import Settings
from segl.settings_trail import note_quietly
from segl.store import open_store, transaction
from segl.tables import meta
from segl_portal.answering import AnswerDesk
from segl_portal.app import Swapped, build_app
from segl_portal.checked import checked_settings
from segl_portal.desk import Desk
from segl_portal.feedback import FeedbackDesk
from segl_portal.posting import Posting
from segl_portal.reader import Reader
from segl_portal.reading.workshop import Workshop
from segl_portal.serving import serve, tls_context


def run_worker(
    file: Path,
    settings: Settings,
    events: Events,
    listening: socket,
    workshop: Workshop,
    *,
    lifeline: int,
    beat: int,
) -> None:
    """Serve until told to stop; codes that were promised go out before it returns. Raises :class:`SeglError`."""
    with ExitStack() as closing:
        engine = open_store(settings.store.url)
        closing.callback(engine.dispose)
        posting = Posting(events)
        closing.callback(posting.close)
        web = settings.portal.web
        tls = tls_context(web)
        if web.certificate is not None:
            metrics.CERTIFICATE_END.labels("portal").set(first_end([web.certificate]))
        reader = Reader(workshop)
        app = Swapped(_app(settings, engine, events, posting, reader, closing))
        note_quietly(engine, settings, file, events, "segl-portal")

        def reload() -> None:
            try:
                fresh = checked_settings(file)
                app.app = _app(fresh, engine, events, posting, reader, closing)
                _renew(tls, fresh)
                note_quietly(engine, fresh, file, events, "segl-portal")
            except (SeglError, OSError) as error:  # the parent has read the same file a moment ago
                events.failed("reload", error)

        serving = serve(app, listening, web, tls, reload=reload, lifeline=lifeline, beat=beat)
        asyncio.run(serving)


def _app(
    settings: Settings,
    engine: Engine,
    events: Events,
    posting: Posting,
    reader: Reader,
    closing: ExitStack,
) -> ASGIApp:
    """The application for *settings*; what it holds is closed with the worker: requests of before a reload may still
    use it."""
    answers = AnswerDesk(settings, engine, events)
    closing.callback(answers.close)
    desk = Desk(settings, engine, events, posting)
    return build_app(
        settings, desk, answers, reader, events, store_check(engine), FeedbackDesk(settings, engine)
    )


def store_check(engine: Engine) -> Callable[[], None]:
    """Raises :class:`~segl.errors.StoreError` when the store does not answer."""

    def check() -> None:
        with transaction(engine) as connection:
            connection.execute(sa.select(meta.c.value).limit(1)).all()

    return check


def _renew(tls: ssl.SSLContext | None, settings: Settings) -> None:
    """A renewed certificate is used from the next connection on."""
    web = settings.portal.web
    if tls is not None and web.certificate is not None:
        tls.load_cert_chain(web.certificate, web.key)
        metrics.CERTIFICATE_END.labels("portal").set(first_end([web.certificate]))
