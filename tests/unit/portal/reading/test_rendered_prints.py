"""A message as a PDF file, made in a process that is shut in: with its pictures, bounded, and nothing fetched."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, cast

import pypdfium2
import pytest

from corpus.letters import PNG, file, message, multipart, text
from corpus.papers import LETTER, words_of_pdf
from segl_portal.reader import Reader
from segl_portal.reading.making import message_pdf
from segl_portal.reading.paper import print_document
from segl_portal.reading.renderer import Renderer
from segl_portal.reading.sanitise import sanitise
from segl_portal.reading.source import BytesSource
from segl_portal.reading.view import Note, read_message
from segl_portal.texts_da import DANISH

if TYPE_CHECKING:
    from segl.sealed.content import SealedContent


# PDF


def test_a_message_is_printed_with_its_pictures(workshop: Renderer) -> None:
    source = BytesSource(LETTER)
    seen = read_message(source, workshop.sanitise)
    made = message_pdf(
        source, seen, workshop, rows=[("Fra", "Søren <s@vand.example>"), ("Dato", "25. november 2026")],
        title=seen.subject, language="da", notes=DANISH.notes,
    )  # fmt: skip
    assert made is not None
    words = words_of_pdf(made)
    for expected in ("Svar på sagen", "Fra", "Søren <s@vand.example>", "Kære Anna", "1 / 1"):
        assert expected in words
    with pypdfium2.PdfDocument(made) as document:
        assert any(item.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE for item in document[0].get_objects())


def test_a_picture_that_is_mentioned_many_times_does_not_grow_the_print_without_bound() -> None:
    """Five megabytes of HTML name a picture 290,000 times; the document is made before a worker has its limits."""
    logo = PNG + bytes(200_000)
    html = text('<img src="cid:a" alt="logo">' * 400 + '<img src="cid:b">', "html")
    pictures = [
        file(data, "image/png", more=f"Content-ID: <{name}>\r\n") for name, data in (("a", logo), ("b", PNG))
    ]
    source = BytesSource(message(multipart("related", html, *pictures)))
    printed: list[str] = []

    class Printer:
        def as_pdf(self, document: str, seconds: float) -> bytes:
            printed.append(document)
            return b"%PDF-"

    seen = read_message(source, sanitise)
    message_pdf(source, seen, cast("Renderer", Printer()), rows=[], title="x", language="da", notes={})
    [document] = printed
    assert 20_000_000 < len(document) < 30_000_000
    assert document.count("<img") == 401
    assert document.count('<img alt="logo">') == 400 - 20 * 1024 * 1024 // len(logo)
    assert document.rstrip().endswith('"></div></body></html>')


def test_printing_fetches_nothing(workshop: Renderer, tmp_path: object) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        body = (
            f'<img src="{url}"><link rel=stylesheet href="{url}">'
            f'<style>@import "{url}";p{{background:url({url})}}</style>'
            f'<p>Hej</p><img src="file:///etc/passwd"><object data="{url}"></object><iframe src="{url}"></iframe>'
        )
        made = workshop.as_pdf(print_document("x", [], body, "da"))
        assert made is not None
        assert "Hej" in words_of_pdf(made)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "around",
    [
        '<div style="width:3000px;text-align:right">{}</div>',
        '<div style="width:2900px;text-indent:2800px;max-width:none">{}</div>',
    ],
)
def test_where_a_link_leads_stands_on_the_printed_page(workshop: Renderer, around: str) -> None:
    link = '<a href="https://ond.example/x" style="float:left">www.bank.example</a>'
    body = sanitise(around.format(link), {}).html
    made = workshop.as_pdf(print_document("x", [], body, "da"))
    assert made is not None
    with pypdfium2.PdfDocument(made) as document:
        text = document[0].get_textpage()
        found = text.search("[ond.example]").get_next()
        assert found is not None
        left, _, _, _ = text.get_charbox(found[0])
        _, _, right, _ = text.get_charbox(found[0] + found[1] - 1)
        assert 0 < left < right < document[0].get_width()


def test_what_stands_in_a_field_is_no_markup(workshop: Renderer) -> None:
    made = workshop.as_pdf(print_document("<b>x</b>", [("<i>", "</dl><script>")], "<p>Hej</p>", "da"))
    assert made is not None
    assert "</dl><script>" in words_of_pdf(made)


def test_a_layout_beyond_measure_is_printed_as_words(
    workshop: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segl_portal.reading.renderer.PRINT_SECONDS", 2.0)
    monkeypatch.setattr(Renderer.as_pdf, "__defaults__", (2.0,))
    source = BytesSource(message(text("<table><tr>" + "<td><b>Kære</b> Anna <br>" * 2_000, "html")))
    seen = read_message(source, sanitise)
    made = message_pdf(
        source, seen, workshop, rows=[], title="x", language="da", notes=DANISH.notes, seconds=0.5
    )
    assert made is not None
    words = on_one_line(made)
    assert "Kære Anna" in words
    assert DANISH.notes[Note.SIMPLIFIED] in words
    assert DANISH.notes[Note.SHORTENED] not in words


def test_a_print_that_lacks_the_end_of_a_text_says_so(
    workshop: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever kept it would learn when the message itself is deleted that it was half a message."""
    monkeypatch.setattr("segl_portal.reading.making._WORDS", 40)
    source = BytesSource(
        message(text("Kære Anna, her er begyndelsen. " + "<td>x<br>" * 4_000 + "Slutning.", "html"))
    )
    seen = read_message(source, sanitise)
    made = message_pdf(
        source, seen, workshop, rows=[], title="x", language="da", notes=DANISH.notes, seconds=0.01
    )
    assert made is not None
    words = on_one_line(made)
    assert "begyndelsen" in words
    assert "Slutning" not in words
    assert DANISH.notes[Note.SHORTENED] in words


def on_one_line(made: bytes) -> str:
    return " ".join(words_of_pdf(made).split())


def test_a_message_of_thousands_of_files_is_printed_with_the_first_of_them(workshop: Renderer) -> None:
    files = "".join(
        f"--x\r\nContent-Type: application/pdf; name=bilag-{number}.pdf\r\n\r\nx\r\n"
        for number in range(3_000)
    )
    letter = f"Subject: Bilag\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n{files}--x--\r\n"
    content = cast("SealedContent", BytesSource(letter.encode()))
    made = Reader(workshop).pdf(content, DANISH, "Vandværket")
    assert made is not None
    words = words_of_pdf(made)
    assert "bilag-99.pdf (+ " in words.replace("\r\n", " ").replace("\n", " ")
    assert "bilag-100.pdf" not in words
