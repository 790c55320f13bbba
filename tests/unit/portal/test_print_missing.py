"""A message that cannot be made a PDF of, because that takes longer than it may, is to be had all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

from segl_portal.answering import AnswerService
from segl_portal.look import load_looks
from segl_portal.opened_routes import OpenedRoutes
from segl_portal.pages import Pages
from segl_portal.reader import Reader
from world.counter import Counter
from world.requests import asking


class Unprinting:
    """A reader for whom every print takes too long."""

    def pdf(self, *_what: object) -> None:
        return None


def test_its_reader_is_told_and_shown_the_way_to_the_whole_of_it(tmp_path: Path) -> None:
    with Counter(tmp_path) as counter:
        letter = counter.seal()
        browser, _ = counter.open(letter)
        pages = Pages(counter.settings.portal.base, load_looks(counter.settings), "da")
        routes = OpenedRoutes(pages, counter.desk, cast("AnswerService", None), cast("Reader", Unprinting()))
        answer = asyncio.run(routes.pdf(asking(letter, browser)))
    told = bytes(answer.body).decode()
    assert answer.status_code == 200, "a server between us may put a page of its own in the place of a fault"
    assert "Content-Disposition" not in answer.headers
    assert "<h1>Beskeden kunne ikke gemmes som PDF</h1>" in told
    for way in ("message.eml", "message"):
        assert f'href="/m/{letter.recipient_id}/{way}"' in told
