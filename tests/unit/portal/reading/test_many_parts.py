"""A message of very many parts: its page comes all the same, with as much as a page holds, and says if there is more.

Each part may take its time and its room; who sends fifty or a thousand of them would keep the reader waiting for
minutes, and the web server between her and us has given up by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import pytest

from corpus.letters import PNG, file, message, multipart, text
from corpus.papers import pdf
from segl.sealed.content import SealedContent
from segl_portal.reader import Reader
from segl_portal.reading.renderer import Renderer
from segl_portal.reading.sanitise import Clean
from segl_portal.reading.source import BytesSource
from segl_portal.reading.view import MessageView, Note, read_message
from segl_portal.texts_da import DANISH

LONG = "Kære Anna. " * 60_000  # 660,000 characters
MANY = 40


@dataclass
class Dawdler(Renderer):
    """Takes so many seconds for each thing it is asked, by a clock of its own."""

    seconds: float
    now: float = 0.0
    asked: list[str] = field(default_factory=list)

    def sanitise(self, html: str, pictures: Mapping[str, str]) -> Clean | None:
        self._spend("sanitise")
        return Clean(html)

    def count_pages(self, data: bytes, seconds: float = 10.0) -> int:
        self._spend("count")
        assert seconds > 0
        return 3

    def _spend(self, what: str) -> None:
        self.now += self.seconds
        self.asked.append(what)

    def reader(self) -> Reader:
        return Reader(self, lambda: self.now)


def read(reader: Reader, raw: bytes) -> tuple[MessageView, Mapping[int, int]]:
    content = cast("SealedContent", BytesSource(raw))
    view = reader.read(content, DANISH)
    return view, reader.preview_pages(content, view)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_many_long_texts_are_shown_as_far_as_a_page_holds_and_it_says_so(kind: str) -> None:
    raw = message(multipart("mixed", *[text(LONG, kind)] * MANY))
    seen = read_message(BytesSource(raw), lambda html, _: Clean(html))
    assert LONG[:1000] in seen.html
    assert len(seen.html) < 6_000_000
    assert Note.SHORTENED in seen.notes


def test_many_short_texts_are_all_shown_and_nothing_is_said() -> None:
    raw = message(multipart("mixed", *(text(f"Linje {number}") for number in range(MANY))))
    seen = read_message(BytesSource(raw), lambda html, _: Clean(html))
    assert [f"Linje {number}" in seen.html for number in range(MANY)] == [True] * MANY
    assert Note.SHORTENED not in seen.notes


@pytest.mark.slow
def test_a_long_text_that_shows_nothing_takes_no_room_from_the_one_beside_it() -> None:
    empty = text("<p> </p>" * 700_000, "html")
    raw = message(multipart("alternative", text("Kære Anna"), empty))
    seen = read_message(BytesSource(raw), lambda _html, _: Clean("<p></p>"))
    assert "Kære Anna" in seen.html


def test_html_that_takes_long_part_by_part_is_shown_as_words_from_some_part_on() -> None:
    dawdler = Dawdler(seconds=1.9)
    view, _ = read(dawdler.reader(), message(multipart("mixed", *[text("<b>Kære Anna</b>", "html")] * MANY)))
    assert len(dawdler.asked) < 8
    assert view.html.count("<b>Kære Anna</b>") == len(dawdler.asked)
    assert view.html.count("Kære Anna") == MANY
    assert Note.SIMPLIFIED in view.notes


def test_of_many_files_the_pages_are_counted_for_some_seconds_and_of_the_rest_one_is_offered() -> None:
    dawdler = Dawdler(seconds=0.9)
    paper = file(pdf("Kaere Anna"), "application/pdf", "brev.pdf")
    _, pages = read(dawdler.reader(), message(multipart("mixed", text("Hej"), *[paper] * MANY)))
    counted = dawdler.asked.count("count")
    assert counted < 8
    assert list(pages.values()) == [3] * counted + [1] * (MANY - counted)


def test_a_picture_is_offered_without_looking_into_it() -> None:
    dawdler = Dawdler(seconds=9.0)
    _, pages = read(
        dawdler.reader(), message(multipart("mixed", text("Hej"), file(PNG, "image/png", "a.png")))
    )
    assert (pages, dawdler.asked) == ({2: 1}, [])
